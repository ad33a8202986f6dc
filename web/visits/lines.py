"""From a visit as the domain knows it to the line that a page shows."""

from datetime import datetime

from aiohttp import web

from rooms.visits.states import VisitState
from rooms.visits.views import VisitView
from web.i18n import gettext_of, translations_of
from web.moments import moment, offset_words, starts_in
from web.visits.contexts import VisitLine
from web.words import words_for

#: The states in which a visit may still take place.
AHEAD = frozenset({VisitState.SCHEDULED, VisitState.OPEN})
#: The lengths that are offered, in minutes.
LENGTHS = (20, 30, 45, 60, 90)


def visit_line(request: web.Request, visit: VisitView, now: datetime) -> VisitLine:
    """Return a visit as a line in the language of the request, on the clock that was agreed."""
    translate = gettext_of(request)
    is_ahead = visit.state in AHEAD and now < visit.closes_at
    return VisitLine(
        id=visit.id,
        child=visit.pseudonym,
        state=words_for(visit.state, translate),
        countdown=starts_in(request, visit.starts_at, visit.closes_at, now) if is_ahead else "",
        starts=moment(request, visit.starts_at, visit.zone),
        composition=words_for(visit.composition, translate),
        length=length_words(request, visit.minutes),
        may_join=is_ahead and visit.opens_at <= now,
        is_ahead=is_ahead,
    )


def length_words(request: web.Request, minutes: int) -> str:
    """Return a length of time in words, such as "45 minutes"."""
    return translations_of(request).ungettext("%(num)d minute", "%(num)d minutes", minutes) % {"num": minutes}


def length_choices(request: web.Request, *also: int) -> tuple[tuple[str, str], ...]:
    """Return the lengths that a form offers, shortest first, ``also`` among them."""
    return tuple((str(minutes), length_words(request, minutes)) for minutes in sorted({*LENGTHS, *also}))


def zone_choices(now: datetime, *zones: str) -> tuple[tuple[str, str], ...]:
    """Return the zones that a form offers, each once, with its offset now. The names are those of the tz database."""
    return tuple((zone, f"{zone.replace('_', ' ')} ({offset_words(now, zone)})") for zone in dict.fromkeys(zones))
