"""The social worker's short form: the child, the need, strengths and wish, the guardian's consent."""

from collections.abc import Mapping
from datetime import timedelta

from aiohttp import web

from rooms.clock import to_wall
from rooms.errors import InvalidInputError
from rooms.ids import ReferralId, SchoolId, is_id
from rooms.people import service as people
from rooms.people.access import lock_account
from rooms.people.roles import AccountRole
from rooms.people.views import AccountView
from rooms.referrals import service as referrals
from rooms.referrals.choices import AgeBand, ConsentRelation, ConsentScope, Language, Need, Urgency
from rooms.referrals.texts import tidy
from rooms.referrals.views import ConsentForm, ReferralForm
from rooms.unit_of_work import UnitOfWork
from web.faults import faults_in_words, missing
from web.forms import Form, read_form
from web.i18n import N_, gettext_of
from web.login import begin_as, require_account
from web.redirects import see_other
from web.referrals.contexts import Options
from web.rendering import render
from web.words import Translate, options
from web.worker.contexts import NewReferralPage

#: The version of the consent text in ``worker/new_referral.html`` and its translations; a changed text is a new one.
CONSENT_TEXT_VERSION = "2026-11.1"
#: The same form again within this time is a second tap, not a second child.
SAME_TAP = timedelta(minutes=10)
CHOOSE = N_("Choose…")
#: The fields in the order in which they stand on the page.
FIELDS = (
    "pseudonym",
    "age_band",
    "languages",
    "school_id",
    "need",
    "urgency",
    "tried",
    "strengths",
    "wish",
    "relation",
    "given_on",
    "consent_language",
    "scope",
)


async def show_form(request: web.Request) -> web.Response:
    """Answer with the empty form."""
    account = await require_account(request, AccountRole.SOCIAL_WORKER)
    return await form_page(request, account, Form())


async def form_page(request: web.Request, account: AccountView, form: Form, status: int = 200) -> web.Response:
    """Answer with the form as it was filled in."""
    async with begin_as(request, account) as uow:
        schools = await people.list_schools(uow)
        today = to_wall(uow.now, account.zone).date()
    translate = gettext_of(request)
    context = NewReferralPage(
        form=form,
        schools=chosen_first(tuple((school.id, school.name) for school in schools), translate),
        age_bands=options(AgeBand, translate),
        spoken_languages=options(Language, translate),
        needs=options(Need, translate),
        urgencies=options(Urgency, translate),
        consent_languages=chosen_first(options(Language, translate), translate),
        relations=options(ConsentRelation, translate),
        scopes=options(ConsentScope, translate),
        consent_version=CONSENT_TEXT_VERSION,
        today=today.isoformat(),
    )
    return render(request, "worker/new_referral.html", context, status=status)


def chosen_first(choices: Options, translate: Translate) -> Options:
    """Return the choices of a list that begins with none chosen, unless there is only one, or none to choose from."""
    return choices if len(choices) < 2 else (("", translate(CHOOSE)), *choices)  # noqa: PLR2004


async def file_referral(request: web.Request) -> web.StreamResponse:
    """File what was filled in and lead to the referral's page; with a fault, show the form again as it was."""
    account = await require_account(request, AccountRole.SOCIAL_WORKER)
    form = await read_form(request, "referral")
    filled = referral_form(form)
    if isinstance(filled, dict):
        return await form_with_faults(request, account, form, filled)
    try:
        async with begin_as(request, account) as uow:
            referral_id = await file_once(uow, account, filled)
    except InvalidInputError as error:
        return await form_with_faults(request, account, form, error.fields)
    return see_other(f"/referrals/{referral_id}")


async def form_with_faults(
    request: web.Request,
    account: AccountView,
    form: Form,
    codes: Mapping[str, str],
) -> web.Response:
    """Answer with the form as it was filled in, the faults in the order of the page."""
    faults = faults_in_words(codes, gettext_of(request))
    ordered = {field: faults[field] for field in FIELDS if field in faults}
    return await form_page(request, account, form.with_faults(ordered), status=422)


def referral_form(form: Form) -> ReferralForm | dict[str, str]:
    """Return the assessment that was filled in, or the code of the fault of each field that has none."""
    age_band, need = form.chosen("age_band", AgeBand), form.chosen("need", Need)
    urgency, relation = form.chosen("urgency", Urgency), form.chosen("relation", ConsentRelation)
    given_on = form.day("given_on")
    language, school_id = form.chosen("consent_language", Language), form.text("school_id")
    if (
        age_band is None
        or need is None
        or urgency is None
        or relation is None
        or given_on is None
        or language is None
        or not is_id(school_id)
    ):
        return missing(
            age_band=age_band,
            need=need,
            urgency=urgency,
            relation=relation,
            given_on=given_on,
            consent_language=language,
            school_id=school_id if is_id(school_id) else None,
            # What the domain would find missing too, so that all is told at once.
            pseudonym=form.text("pseudonym") or None,
            languages=form.ticked("languages", Language) or None,
        )
    return ReferralForm(
        pseudonym=form.text("pseudonym"),
        age_band=age_band,
        languages=form.ticked("languages", Language),
        school_id=SchoolId(school_id),
        need=need,
        urgency=urgency,
        tried=form.text("tried"),
        strengths=form.text("strengths"),
        wish=form.text("wish"),
        consent=ConsentForm(
            relation=relation,
            given_on=given_on,
            text_version=CONSENT_TEXT_VERSION,
            scope=form.ticked("scope", ConsentScope),
            language=language,
        ),
    )


async def file_once(uow: UnitOfWork, account: AccountView, form: ReferralForm) -> ReferralId:
    """File a referral, or return the one that the same tap has filed a moment ago."""
    # Two taps at once would both find nothing filed yet.
    await lock_account(uow, account.id)
    for filed in await referrals.list_mine(uow):
        same = (filed.pseudonym, filed.age_band, filed.need, filed.urgency) == (
            tidy(form.pseudonym),
            form.age_band,
            form.need,
            form.urgency,
        )
        if same and uow.now - filed.filed_at < SAME_TAP:
            return filed.id
    return await referrals.file_referral(uow, form)


def add_routes(app: web.Application) -> None:
    """Add the form. It comes before ``/referrals/{id}``, whose pattern it would match."""
    app.router.add_get("/referrals/new", show_form)
    app.router.add_post("/referrals/new", file_referral)
