"""What the two professionals of a referral do on its page: each POST acts once and leads back to a page.

A second tap finds the act done and is led to the same place. A fault shows the same page again, with what was typed.
"""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from rooms.errors import InvalidInputError, NotFoundError, WrongStateError
from rooms.followup import service as followup
from rooms.followup.views import Addressee
from rooms.ids import AccountId, ReferralId, VisitId
from rooms.people.roles import AccountRole
from rooms.people.views import AccountView
from rooms.referrals import service as referrals
from rooms.referrals.choices import ExitReason, Language
from rooms.referrals.errors import CaseloadFullError, ConsentMissingError, ReferralTakenError
from rooms.referrals.states import ENDED
from rooms.referrals.views import ReferralEnd
from rooms.roles import Composition, Role
from rooms.unit_of_work import UnitOfWork
from rooms.visits import schedule
from rooms.visits.errors import OverlapError
from web import keys
from web.faults import faults_in_words, missing
from web.forms import Form, read_form
from web.i18n import N_, gettext_of
from web.login import begin_as, require_account
from web.psychologist.desk import desk_page
from web.redirects import see_other
from web.referrals.page import EXTRA_ROLES, referral_id_of, referral_page, with_form
from web.visits.lines import AHEAD
from web.visits.rooms import close_rooms, window_rule

#: The domain's names of fields that are called otherwise here, where no two forms of the page share a field.
MESSAGE_FIELDS = {"text": "message"}
RECOMMENDATION_FIELDS = {"text": "recommendation"}
#: What one POST does, inside its unit of work.
Act = Callable[[UnitOfWork], Awaitable[None]]

ALREADY_TAKEN = N_("Another psychologist was faster. There may be other children who wait.")
CASELOAD_FULL = N_("You care for as many children as is fair. End or hand back one first, or ask your supervisor.")
OVERLAPS = N_("You have another visit at this time.")
NOT_CONSENTED = N_("The guardian's consent does not cover this.")


async def do_and_return(
    request: web.Request,
    account: AccountView,
    act: Act,
    *,
    form: Form,
    place: str,
    field_of: Mapping[str, str] | None = None,
) -> web.StreamResponse:
    """Do ``act`` in one unit of work and lead back to the page at ``place``; show faults beside their fields."""
    try:
        async with begin_as(request, account) as uow:
            await act(uow)
    except InvalidInputError as error:
        faults = faults_in_words(error, gettext_of(request), field_of=field_of)
        return await page_with_faults(request, account, form, faults)
    return see_other(f"/referrals/{referral_id_of(request)}#{place}")


async def page_with_faults(
    request: web.Request,
    account: AccountView,
    form: Form,
    faults: Mapping[str, str],
) -> web.Response:
    """Answer with the page again: what was typed stays, and each fault stands beside its field."""
    return await referral_page(request, account, with_form(**{form.name: form.with_faults(faults)}), status=422)


async def take(request: web.Request) -> web.StreamResponse:
    """Take an open referral. Somebody faster, or a full caseload, is told on the desk."""
    account = await require_account(request, AccountRole.PSYCHOLOGIST)
    referral_id = referral_id_of(request)
    try:
        async with begin_as(request, account) as uow:
            if not any(mine.id == referral_id for mine in await referrals.list_mine(uow)):
                await referrals.take_referral(uow, referral_id)
    except ReferralTakenError:
        return await desk_page(request, account, notice=gettext_of(request)(ALREADY_TAKEN), status=409)
    except CaseloadFullError:
        return await desk_page(request, account, notice=gettext_of(request)(CASELOAD_FULL), status=409)
    return see_other(f"/referrals/{referral_id}")


async def release(request: web.Request) -> web.StreamResponse:
    """Hand a referral back to the open list; its coming visits are cancelled and their rooms closed."""
    account = await require_account(request, AccountRole.PSYCHOLOGIST)
    referral_id = referral_id_of(request)
    async with begin_as(request, account) as uow:
        try:
            end = await referrals.release_referral(uow, referral_id)
        except NotFoundError:
            # A second tap: handed back already, and open to all.
            if not any(listed.id == referral_id for listed in await referrals.list_open(uow)):
                raise
            return see_other("/desk")
    close_rooms(request, end.cancelled_visits, "cancelled")
    return see_other("/desk")


async def write_message(request: web.Request) -> web.StreamResponse:
    """Write to the other professional. The same text twice in a row is a second tap."""
    account = await require_account(request, AccountRole.SOCIAL_WORKER, AccountRole.PSYCHOLOGIST)
    form = await read_form(request, "message")

    async def act(uow: UnitOfWork) -> None:
        earlier = await referrals.list_messages(uow, referral_id_of(request))
        if not (earlier and earlier[-1].mine and earlier[-1].text == form.text("message")):
            await referrals.write_message(uow, referral_id_of(request), form.text("message"))

    return await do_and_return(request, account, act, form=form, place="messages", field_of=MESSAGE_FIELDS)


async def book(request: web.Request) -> web.StreamResponse:
    """Book a visit and lead to its page, where the cards are."""
    account = await require_account(request, AccountRole.PSYCHOLOGIST)
    form = await read_form(request, "booking")
    translate = gettext_of(request)
    wall_start, minutes = form.wall_time("wall_start"), form.number("minutes")
    composition = form.chosen("composition", Composition)
    if wall_start is None or minutes is None or composition is None:
        codes = missing(wall_start=wall_start, minutes=minutes, composition=composition)
        return await page_with_faults(request, account, form, faults_in_words(codes, translate))
    try:
        async with begin_as(request, account) as uow:
            for booked in await schedule.list_visits(uow, referral_id_of(request)):
                same_time = (booked.wall_start, booked.zone) == (wall_start, form.text("zone"))
                if same_time and booked.state in AHEAD:
                    return see_other(f"/visits/{booked.id}")
            visit = await schedule.book_visit(
                uow,
                referral_id_of(request),
                wall_start=wall_start,
                zone=form.text("zone"),
                minutes=minutes,
                composition=composition,
                supervisor=AccountId(form.text("supervisor")) if form.text("supervisor") else None,
                extra_roles=form.ticked("extra_roles", Role) & frozenset(EXTRA_ROLES),
                window=window_rule(request.app[keys.SETTINGS]),
            )
    except InvalidInputError as error:
        return await page_with_faults(request, account, form, faults_in_words(error, translate))
    except OverlapError:
        return await page_with_faults(request, account, form, {"wall_start": translate(OVERLAPS)})
    except ConsentMissingError:
        return await page_with_faults(request, account, form, {"composition": translate(NOT_CONSENTED)})
    return see_other(f"/visits/{visit.id}")


async def recommend(request: web.Request) -> web.StreamResponse:
    """Share a recommendation. The same text for the same people is a second tap."""
    account = await require_account(request, AccountRole.PSYCHOLOGIST)
    form = await read_form(request, "recommendation")
    addressee, language = form.chosen("addressee", Addressee), form.chosen("language", Language)
    if addressee is None or language is None:
        codes = missing(addressee=addressee, language=language)
        return await page_with_faults(request, account, form, faults_in_words(codes, gettext_of(request)))
    text = form.text("recommendation")

    async def act(uow: UnitOfWork) -> None:
        for earlier in await followup.list_recommendations(uow, referral_id_of(request)):
            if (earlier.addressee, earlier.language, earlier.text) == (addressee, language, text):
                return
        await followup.write_recommendation(
            uow,
            referral_id_of(request),
            addressee=addressee,
            language=language,
            text=text,
            visit_id=None,
        )

    try:
        return await do_and_return(
            request,
            account,
            act,
            form=form,
            place="recommendations",
            field_of=RECOMMENDATION_FIELDS,
        )
    except ConsentMissingError:
        return await page_with_faults(request, account, form, {"addressee": gettext_of(request)(NOT_CONSENTED)})


async def withdraw(request: web.Request) -> web.StreamResponse:
    """Write down that the guardian took the consent back; coming visits die at once."""
    account = await require_account(request, AccountRole.SOCIAL_WORKER, AccountRole.PSYCHOLOGIST)
    referral_id = referral_id_of(request)
    async with begin_as(request, account) as uow:
        cancelled = await ended_once(uow, referrals.withdraw_consent(uow, referral_id), referral_id)
    close_rooms(request, cancelled, "withdrawn")
    return see_other(f"/referrals/{referral_id}#consent")


async def close(request: web.Request) -> web.StreamResponse:
    """Lead the path to its exit point, with its reason."""
    account = await require_account(request, AccountRole.SOCIAL_WORKER, AccountRole.PSYCHOLOGIST)
    form, referral_id = await read_form(request, "closing"), referral_id_of(request)
    translate = gettext_of(request)
    reason = form.chosen("reason", ExitReason)
    if reason is None:
        return await page_with_faults(request, account, form, faults_in_words({"reason": "missing"}, translate))
    try:
        async with begin_as(request, account) as uow:
            closing = referrals.close_referral(uow, referral_id, reason, form.text("next_contact"))
            cancelled = await ended_once(uow, closing, referral_id)
    except InvalidInputError as error:
        return await page_with_faults(request, account, form, faults_in_words(error, translate))
    close_rooms(request, cancelled, "cancelled")
    return see_other(f"/referrals/{referral_id}#exit")


async def ended_once(uow: UnitOfWork, ending: Awaitable[ReferralEnd], referral_id: ReferralId) -> tuple[VisitId, ...]:
    """Await the ending of a referral and return the visits it cancelled; none where it had ended already."""
    try:
        return (await ending).cancelled_visits
    except WrongStateError:
        if (await referrals.get_referral(uow, referral_id)).state not in ENDED:
            raise
        return ()


def add_routes(app: web.Application) -> None:
    """Add what can be done on a referral's page."""
    app.router.add_post("/referrals/{id}/take", take)
    app.router.add_post("/referrals/{id}/release", release)
    app.router.add_post("/referrals/{id}/messages", write_message)
    app.router.add_post("/referrals/{id}/visits", book)
    app.router.add_post("/referrals/{id}/recommendations", recommend)
    app.router.add_post("/referrals/{id}/withdraw", withdraw)
    app.router.add_post("/referrals/{id}/close", close)
