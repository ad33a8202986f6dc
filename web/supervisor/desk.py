"""The supervisor's desk: the visits into which psychologists have asked them, and the way to the open rooms."""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from rooms.ids import VisitId
from rooms.people.views import AccountView
from rooms.visits.supervision import supervised_visits
from rooms.visits.views import SupervisedVisit
from web.i18n import gettext_of
from web.login import begin_as
from web.moments import Moment, moment, starts_in
from web.rendering import render
from web.visits.lines import length_words
from web.words import words_for


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisedLine:
    """A visit as its supervisor sees it: nothing of the child. ``may_join`` says that its room can be entered now."""

    id: VisitId
    psychologist: str
    state: str
    countdown: str
    starts: Moment
    composition: str
    length: str
    may_join: bool


@dataclass(frozen=True, slots=True)
class SupervisorDesk:
    """Context of ``supervisor/desk.html``."""

    visits: tuple[SupervisedLine, ...]


async def desk_page(request: web.Request, account: AccountView) -> web.Response:
    """Answer with the desk."""
    async with begin_as(request, account) as uow:
        visits = await supervised_visits(uow)
        now = uow.now
    context = SupervisorDesk(tuple(supervised_line(request, visit, now) for visit in visits))
    return render(request, "supervisor/desk.html", context)


def supervised_line(request: web.Request, visit: SupervisedVisit, now: datetime) -> SupervisedLine:
    """Return a visit as a line in the language of the request, on the clock that was agreed."""
    translate = gettext_of(request)
    return SupervisedLine(
        id=visit.id,
        psychologist=visit.psychologist_name,
        state=words_for(visit.state, translate),
        countdown=starts_in(request, visit.starts_at, visit.closes_at, now),
        starts=moment(request, visit.starts_at, visit.zone),
        composition=words_for(visit.composition, translate),
        length=length_words(request, visit.minutes),
        may_join=visit.opens_at <= now,
    )
