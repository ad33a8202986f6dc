"""When a visit is: from the agreed wall time to the four instants, and where an instant lies in the window. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfoNotFoundError

from rooms.clock import to_utc, to_wall
from rooms.errors import InvalidInputError
from rooms.visits.views import WindowRule

MIN_MINUTES = 15
MAX_MINUTES = 120
#: A booking may lie this far back: help that is needed now starts on the minute that has just passed.
GRACE = timedelta(minutes=15)
#: Nobody books further ahead than this; beyond it, zone rules are guesses.
MAX_AHEAD = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instants:
    """The derived instants of a visit (UTC): links work from ``opens_at`` (inclusive) to ``closes_at`` (exclusive)."""

    opens_at: datetime
    starts_at: datetime
    ends_at: datetime
    closes_at: datetime


def instants_of(wall_start: datetime, zone: str, minutes: int, window: WindowRule) -> Instants:
    """Return the instants that a wall time (naive) in a zone has under the time-zone data of this process."""
    starts_at = to_utc(wall_start, zone)
    ends_at = starts_at + timedelta(minutes=minutes)
    return Instants(
        opens_at=starts_at - timedelta(seconds=window.before_s),
        starts_at=starts_at,
        ends_at=ends_at,
        closes_at=ends_at + timedelta(seconds=window.after_s),
    )


def check_booking(wall_start: datetime, zone: str, minutes: int, window: WindowRule, now: datetime) -> Instants:
    """Return the instants of a visit that may be booked at ``now``.

    Raises :class:`InvalidInputError` with the fault of each field: ``zone`` unknown; ``minutes`` out-of-range;
    ``wall_start`` not-a-wall-time, skipped-hour (clocks never show it), past or too-far.
    """
    faults: dict[str, str] = {}
    if not MIN_MINUTES <= minutes <= MAX_MINUTES:
        faults["minutes"] = "out-of-range"
    if wall_start.tzinfo is not None:
        faults["wall_start"] = "not-a-wall-time"
    try:
        to_wall(now, zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        faults["zone"] = "unknown"
    if faults:
        raise InvalidInputError(faults)
    try:
        instants = instants_of(wall_start, zone, minutes, window)
        shown = to_wall(instants.starts_at, zone)
    except OverflowError:
        raise InvalidInputError({"wall_start": "too-far"}) from None
    if shown != wall_start:
        raise InvalidInputError({"wall_start": "skipped-hour"})
    if instants.starts_at < now - GRACE:
        raise InvalidInputError({"wall_start": "past"})
    if instants.starts_at > now + MAX_AHEAD:
        raise InvalidInputError({"wall_start": "too-far"})
    return instants
