"""What the wire is told of this process's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signaling.link_check.settings import LinkCheckSettings
from signaling.settings import SignalingSettings
from web.settings import turn_settings

if TYPE_CHECKING:
    from web.settings import Settings


def signaling_settings(settings: Settings) -> SignalingSettings:
    """Return the wire's settings: one allowed Origin, and the relays where they are set."""
    return SignalingSettings(allowed_origins=frozenset({settings.origin}), turn=turn_settings(settings))


def link_check_settings(settings: Settings) -> LinkCheckSettings:
    """Return the settings of line checks: the same Origin, the same relays."""
    return LinkCheckSettings(allowed_origins=frozenset({settings.origin}), turn=turn_settings(settings))
