"""Dates and times in words, made by the server: browsers know no Amazigh dates, and a phone's zones may be stale."""

from __future__ import annotations

from datetime import UTC, datetime

from babel.dates import format_date, format_datetime, format_time

from rooms.clock import to_wall


def wall(instant: datetime, zone: str, *, language: str) -> str:
    """Return day and time of an aware instant as clocks in ``zone`` show it, such as "Monday 5 October 2026, 10:00"."""
    shown = to_wall(instant, zone).replace(tzinfo=UTC)
    return format_datetime(shown, "EEEE d MMMM y, HH:mm", locale=language)


def day(instant: datetime, zone: str, *, language: str) -> str:
    """Return the day of an aware instant in ``zone``, such as "Monday 5 October 2026"."""
    return format_date(to_wall(instant, zone), "EEEE d MMMM y", locale=language)


def clock(instant: datetime, zone: str, *, language: str) -> str:
    """Return the time of day of an aware instant in ``zone``, such as "10:00"."""
    return format_time(to_wall(instant, zone).replace(tzinfo=UTC), "HH:mm", locale=language)
