"""The clock and the time-zone policy of the process.

Wall time plus zone is what people agree on and what is stored; UTC is derived. Python's ``zoneinfo`` asks the system's
data before the ``tzdata`` package, and the system's may be stale (Morocco left UTC+1 in September 2026, tz 2026c), so
:func:`use_packaged_zones` empties the search path before any zone is read.
"""

import zoneinfo
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Protocol

#: The first release of the ``tzdata`` package whose data has Africa/Casablanca on permanent UTC+0.
OLDEST_TZDATA = (2026, 3)


class Clock(Protocol):
    """Gives the present instant. Injected everywhere; tests move it."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)


def use_packaged_zones() -> None:
    """Make ``zoneinfo`` read the ``tzdata`` package only. Call once, before any zone is looked up."""
    zoneinfo.reset_tzpath(to=[])
    zoneinfo.ZoneInfo.clear_cache()


def tzdata_version() -> str:
    """Return the version of the installed ``tzdata`` package, such as ``2026.6``."""
    return version("tzdata")


def zones_are_current() -> bool:
    """Say whether the zones in use know that Casablanca stays on UTC+0 (facts: tz 2026c)."""
    probe = datetime(2026, 10, 5, 10, tzinfo=zoneinfo.ZoneInfo("Africa/Casablanca"))
    release = tuple(int(part) for part in tzdata_version().split(".")[:2])
    return release >= OLDEST_TZDATA and probe.utcoffset() == timedelta(0)


def to_utc(wall: datetime, zone: str) -> datetime:
    """Return the instant of a wall time (naive) in the named zone.

    A skipped hour is read with the offset before the change, a repeated hour as its first passing (PEP 495, fold 0).
    Raises ``ValueError`` when ``wall`` is aware and ``zoneinfo.ZoneInfoNotFoundError`` when the zone is unknown.
    """
    if wall.tzinfo is not None:
        raise ValueError("a wall time has no zone of its own")
    return wall.replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=0).astimezone(UTC)


def to_wall(instant: datetime, zone: str) -> datetime:
    """Return the wall time (naive) that clocks in the named zone show at an instant."""
    return instant.astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None)
