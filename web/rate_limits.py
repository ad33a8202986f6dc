"""Limits on failed tries. A valid link always gets in; codes and passwords wait once there were too many failures.

Addresses are counted in memory under a keyed hash and leave no trace; behind a trusted proxy the forwarded address
counts. A whole school may sit behind one address, so an address may fail a few times before it has to wait.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from web import keys
from web.errors import TooManyTriesError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiohttp import web


@dataclass(frozen=True, slots=True)
class FailureLimit:
    """How many failures are borne from one address and from everywhere, before the next try has to wait."""

    name: str
    per_address: RateLimitItem
    everywhere: RateLimitItem
    retry_after_s: int


#: Eight digits, a visit's window, and at most 600 wrong tries an hour from everywhere: one in 166,000 that any hits.
CODES = FailureLimit("code", parse("10/5 minutes"), parse("600/hour"), 300)
#: Links carry 256 bits: the limit only keeps a flood from costing database time.
LINKS = FailureLimit("link", parse("60/minute"), parse("6000/minute"), 60)
SIGN_INS = FailureLimit("sign-in", parse("20/15 minutes"), parse("1000/hour"), 300)


class RateLimits:
    """The counters of this process."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._key = secrets.token_bytes(32)
        #: Tries whose outcome is not known yet, by limit and pseudonym.
        self._under_way: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def trying(self, limit: FailureLimit, address: str) -> Iterator[None]:
        """Hold a place for one try while it is under way: tries sent all at once are no more than one by one.

        Raises :class:`TooManyTriesError` when there would be too many failures if all that are under way fail.
        """
        places = ((limit.name, self._pseudonym(address)), (limit.name, "everywhere"))
        items = (limit.per_address, limit.everywhere)
        if not all(
            self._limiter.test(item, *place, cost=self._under_way[place] + 1)
            for item, place in zip(items, places, strict=True)
        ):
            raise TooManyTriesError(retry_after_s=limit.retry_after_s)
        self._under_way.update(places)
        try:
            yield
        finally:
            self._under_way.subtract(places)
            # Addresses come and go; a place without a try would stay for ever.
            for place in places:
                if not self._under_way[place]:
                    del self._under_way[place]

    def check(self, limit: FailureLimit, address: str) -> None:
        """Raise :class:`TooManyTriesError` when one more failure would be too many."""
        if not self.has_room(limit, address):
            raise TooManyTriesError(retry_after_s=limit.retry_after_s)

    def has_room(self, limit: FailureLimit, address: str) -> bool:
        """Say whether another failure would still be borne."""
        return self._limiter.test(limit.per_address, limit.name, self._pseudonym(address)) and self._limiter.test(
            limit.everywhere,
            limit.name,
            "everywhere",
        )

    def count_failure(self, limit: FailureLimit, address: str) -> None:
        """Count one failure."""
        self._limiter.hit(limit.per_address, limit.name, self._pseudonym(address))
        self._limiter.hit(limit.everywhere, limit.name, "everywhere")

    def _pseudonym(self, address: str) -> str:
        return hmac.digest(self._key, address.encode(), hashlib.sha256).hex()


def address_of(request: web.Request) -> str:
    """Return the client's address, for counting only: an IPv6 client is its /64.

    ``X-Forwarded-For`` is believed from listed proxies only, and read from the right: what a client wrote itself stands
    further left.
    """
    trusted = request.app[keys.SETTINGS].trusted_proxies
    address = request.remote or "unknown"
    if trusted and _is_in(address, trusted):
        for hop in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
            forwarded = hop.strip()
            if not forwarded:
                break
            address = forwarded
            if not _is_in(forwarded, trusted):
                break
    return _network(address)


def _is_in(address: str, networks: tuple[str, ...]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in ipaddress.ip_network(network, strict=False) for network in networks)


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
