"""Dates and times in words, made by the server: browsers know no Amazigh dates, and a phone's zones may be stale."""

from __future__ import annotations

from datetime import UTC, date, datetime

from babel.dates import format_date, format_datetime, format_time

from rooms.clock import to_wall

#: Morocco names its months otherwise than the Arabic of the east does, and writes digits as Europe does.
LOCALES = {"ar": "ar_MA"}
COMMAS = {"ar": "،"}


def wall(instant: datetime, zone: str, *, language: str) -> str:
    """Return day and time of an aware instant as clocks in ``zone`` show it, such as "Monday 5 October 2026, 10:00"."""
    shown = to_wall(instant, zone).replace(tzinfo=UTC)
    return format_datetime(shown, f"EEEE d MMMM y{comma_of(language)} HH:mm", locale=locale_of(language))


def day(instant: datetime, zone: str, *, language: str) -> str:
    """Return the day of an aware instant in ``zone``, such as "Monday 5 October 2026"."""
    return format_date(to_wall(instant, zone), "EEEE d MMMM y", locale=locale_of(language))


def clock(instant: datetime, zone: str, *, language: str) -> str:
    """Return the time of day of an aware instant in ``zone``, such as "10:00"."""
    return format_time(to_wall(instant, zone).replace(tzinfo=UTC), "HH:mm", locale=locale_of(language))


def calendar_day(shown: date, *, language: str) -> str:
    """Return a day of the calendar, such as "Monday 5 October 2026"."""
    return format_date(shown, "EEEE d MMMM y", locale=locale_of(language))


def comma_of(language: str) -> str:
    """Return the comma of a language's script."""
    return COMMAS.get(language, ",")


def locale_of(language: str) -> str:
    """Return Babel's name for the locale in which a language of the pages is written here."""
    return LOCALES.get(language, language)
