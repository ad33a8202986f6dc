"""The psychologist's desk: today's and the next visits, then what waits for a step, then the children who wait."""

from datetime import datetime

from aiohttp import web

from rooms.people.views import AccountView
from rooms.referrals import service as referrals
from rooms.referrals.choices import Urgency
from rooms.referrals.states import ENDED
from rooms.referrals.views import MyReferral, OpenReferral
from rooms.visits import schedule
from web import keys
from web.i18n import N_, gettext_of
from web.login import begin_as
from web.moments import waiting_since, zone_words
from web.psychologist.contexts import CaseLine, OpenLine, PsychologistDesk
from web.referrals.status import step_needed
from web.rendering import render
from web.visits.lines import visit_line
from web.words import words_for

NOTHING_NEEDED = N_("A visit is booked.")
ENDED_WORDS = N_("Nothing more to do.")


async def desk_page(
    request: web.Request,
    account: AccountView,
    *,
    notice: str | None = None,
    status: int = 200,
) -> web.Response:
    """Answer with the desk; ``notice`` tells why what was asked just now could not be done."""
    async with begin_as(request, account) as uow:
        upcoming = await schedule.upcoming(uow)
        mine = await referrals.list_mine(uow)
        waiting = await referrals.list_open(uow)
        now = uow.now
    booked = {visit.referral for visit in upcoming}
    steps = {referral.id: step_needed(referral, has_visit=referral.id in booked) for referral in mine}
    context = PsychologistDesk(
        visits=tuple(visit_line(request, visit, now) for visit in upcoming),
        to_do=tuple(case_line(request, case, steps[case.id]) for case in mine if steps[case.id]),
        others=tuple(case_line(request, case, None) for case in mine if not steps[case.id]),
        open_referrals=tuple(open_line(request, referral, now) for referral in waiting),
        notice=notice,
    )
    return render(request, "psychologist/desk.html", context, status=status)


def case_line(request: web.Request, case: MyReferral, step: str | None) -> CaseLine:
    """Return one of the psychologist's own referrals as a line."""
    translate = gettext_of(request)
    return CaseLine(
        id=case.id,
        child=case.pseudonym,
        age=words_for(case.age_band, translate),
        need=words_for(case.need, translate),
        state=words_for(case.state, translate),
        status=translate(step or (ENDED_WORDS if case.state in ENDED else NOTHING_NEEDED)),
    )


def open_line(request: web.Request, referral: OpenReferral, now: datetime) -> OpenLine:
    """Return a referral that waits for a psychologist as a line."""
    translate = gettext_of(request)
    return OpenLine(
        id=referral.id,
        need=words_for(referral.need, translate),
        urgency=words_for(referral.urgency, translate),
        is_urgent=referral.urgency is Urgency.URGENT,
        waiting=waiting_since(request, referral.filed_at, now),
        age=words_for(referral.age_band, translate),
        spoken=tuple(words_for(language, translate) for language in sorted(referral.languages)),
        zone=zone_words(now, referral.school_zone, request[keys.LANGUAGE]),
    )
