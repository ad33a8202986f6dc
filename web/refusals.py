"""Why a server must not start: each reason as one line that says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rooms.clock import tzdata_version, zones_are_current
from web.settings import is_loopback_host

if TYPE_CHECKING:
    from collections.abc import Iterator

    from web.settings import Settings


def zone_fault() -> str | None:
    """Return why the time-zone data can not be used, or None."""
    if zones_are_current():
        return None
    stale = f"time-zone data {tzdata_version()} is older than Morocco's change of September 2026"
    return f"{stale}; run: pip install -U tzdata"


def refusals(settings: Settings) -> Iterator[str]:
    """Yield every reason for which neither demo nor serve may start with these settings."""
    if fault := zone_fault():
        yield fault
    if settings.demo:
        yield from _demo_refusals(settings)
    else:
        yield from _serve_refusals(settings)


def _demo_refusals(settings: Settings) -> Iterator[str]:
    if not is_loopback_host(settings.host):
        yield (
            f"the demo has sign-in links without passwords and listens on this machine only, not on {settings.host}; "
            "leave --host out, or run: wasl serve"
        )


def _serve_refusals(settings: Settings) -> Iterator[str]:
    is_public = not is_loopback_host(settings.host)
    if is_public and not (settings.is_https and settings.trusted_proxies):
        yield (
            f"{settings.host} is open to the network without TLS; put a TLS proxy in front and set public_url to its "
            "https:// address and trusted_proxies to its network, or set host to 127.0.0.1"
        )
    host = urlsplit(settings.public_url).hostname
    if host and not settings.is_https and not is_loopback_host(host):
        yield f"public_url {settings.url} is not https; browsers give camera and microphone to https pages only"
