"""The social worker's desk: the next visits with the way in, and where each request stands."""

from aiohttp import web

from rooms.people.views import AccountView
from rooms.referrals import service as referrals
from rooms.referrals.views import MyReferral
from rooms.visits import schedule
from web.i18n import N_, gettext_of
from web.login import begin_as
from web.referrals.status import status_line
from web.rendering import render
from web.visits.lines import visit_line
from web.words import words_for
from web.worker.contexts import ReferralLine, WorkerDesk

UNANSWERED = N_("A message waits for your answer.")


async def desk_page(request: web.Request, account: AccountView) -> web.Response:
    """Answer with the desk."""
    async with begin_as(request, account) as uow:
        upcoming = await schedule.upcoming(uow)
        mine = await referrals.list_mine(uow)
        now = uow.now
    context = WorkerDesk(
        visits=tuple(visit_line(request, visit, now) for visit in upcoming),
        referrals=tuple(referral_line(request, referral) for referral in mine),
    )
    return render(request, "worker/desk.html", context)


def referral_line(request: web.Request, referral: MyReferral) -> ReferralLine:
    """Return one of the social worker's own referrals as a line; an unanswered message comes first."""
    translate = gettext_of(request)
    status = (
        translate(UNANSWERED) if referral.unanswered else status_line(referral.state, translate, for_psychologist=False)
    )
    return ReferralLine(referral.id, referral.pseudonym, words_for(referral.state, translate), status)
