"""An instant as a page shows it: day and time on a named clock, that clock's offset, and how far away it is.

How far away it is comes from the server's clock. Babel has no relative-time words for Amazigh: the sentences are ours.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web
from babel.dates import get_timezone_location

from web import dates, keys
from web.i18n import translations_of

MINUTE_S = 60
HOUR_S = 60 * MINUTE_S
DAY_S = 24 * HOUR_S
#: Below this many hours, minutes are said too.
HOURS_WITH_MINUTES = 6
#: From this many hours on, days are counted.
HOURS_UNTIL_DAYS = 48


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant in words. ``iso`` is for machines; ``zone`` is clock and offset, such as "Morocco Time, UTC+0"."""

    iso: str
    text: str
    zone: str


def moment(request: web.Request, instant: datetime, zone: str) -> Moment:
    """Return an aware instant as clocks in ``zone`` show it, in the language of the request."""
    language = request[keys.LANGUAGE]
    return Moment(
        iso=instant.isoformat(timespec="minutes"),
        text=dates.wall(instant, zone, language=language),
        zone=zone_words(instant, zone, language),
    )


def zone_words(instant: datetime, zone: str, language: str) -> str:
    """Return the name of a zone in a language and its offset at an instant, such as "Morocco Time, UTC+0"."""
    location = get_timezone_location(ZoneInfo(zone), locale=dates.locale_of(language))
    return f"{location}{dates.comma_of(language)} {offset_words(instant, zone)}"


def offset_words(instant: datetime, zone: str) -> str:
    """Return the offset of a zone at an instant, such as "UTC+0" or "UTC+5:30"."""
    offset = instant.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // MINUTE_S
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


def starts_in(request: web.Request, starts_at: datetime, ends_at: datetime, now: datetime) -> str:
    """Return in words how far away a visit is: "Starts in 3 hours", "It is time now", "Past"."""
    translate = translations_of(request)
    if now >= ends_at:
        return translate.ugettext("Past")
    if now >= starts_at:
        return translate.ugettext("It is time now")
    left_s = (starts_at - now).total_seconds()
    minutes = int(-(-left_s // MINUTE_S))
    hours, rest = divmod(minutes, 60)
    if not hours:
        return translate.ungettext("Starts in %(num)d minute", "Starts in %(num)d minutes", minutes) % {"num": minutes}
    if hours >= HOURS_UNTIL_DAYS:
        days = round(left_s / DAY_S)
        return translate.ungettext("Starts in %(num)d day", "Starts in %(num)d days", days) % {"num": days}
    if rest and hours < HOURS_WITH_MINUTES:
        return translate.ungettext(
            "Starts in %(num)d hour and %(minutes)d min",
            "Starts in %(num)d hours and %(minutes)d min",
            hours,
        ) % {"num": hours, "minutes": rest}
    return translate.ungettext("Starts in %(num)d hour", "Starts in %(num)d hours", hours) % {"num": hours}


def waiting_since(request: web.Request, instant: datetime, now: datetime) -> str:
    """Return in words how long something has waited: "since today", "for 3 days"."""
    translate = translations_of(request)
    days = (now - instant).days
    if not days:
        return translate.ugettext("since today")
    return translate.ungettext("for %(num)d day", "for %(num)d days", days) % {"num": days}
