"""Accounts: who may sign in, invited by a one-time link that is shown once."""

from aiohttp import web

from rooms.errors import InvalidInputError, NotFoundError, WrongStateError
from rooms.ids import AccountId, is_id
from rooms.people import service as people
from rooms.people.errors import LastAdminError
from rooms.people.roles import AccountRole, PageLanguage
from rooms.people.views import AccountView
from rooms.visits import invitations
from web import keys
from web.admin.contexts import PeoplePage, PersonLine, WelcomeLink
from web.faults import faults_in_words, missing
from web.forms import Form, read_form
from web.i18n import LANGUAGES, N_, gettext_of
from web.login import begin_as, require_account
from web.redirects import see_other
from web.rendering import render
from web.words import options, words_for

PAGE_SIZE = 50
LAST_ADMIN = N_("This is the only administrator. Invite another one first; else nobody could let anybody in again.")
ALREADY_INVITED = N_("This account is closed; a new link can not be made.")


async def show_people(request: web.Request) -> web.Response:
    """Answer with the list of accounts and the form that invites."""
    account = await require_account(request, AccountRole.ADMIN)
    return await people_page(request, account)


async def people_page(
    request: web.Request,
    account: AccountView,
    *,
    form: Form | None = None,
    welcome: WelcomeLink | None = None,
    notice: str | None = None,
    status: int = 200,
) -> web.Response:
    """Answer with the page; ``welcome`` is a link that was made just now."""
    asked = request.query.get("page", "0")
    page = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < len("10000") else 0
    async with begin_as(request, account) as uow:
        accounts = await people.list_accounts(uow, page=page)
    translate = gettext_of(request)
    context = PeoplePage(
        people=tuple(person_line(request, account, person) for person in accounts),
        welcome=welcome,
        notice=notice,
        form=form or Form(),
        roles=options(AccountRole, translate),
        page_languages=tuple(LANGUAGES.items()),
        zone=account.zone,
        earlier=page - 1 if page else None,
        later=page + 1 if len(accounts) == PAGE_SIZE else None,
    )
    return render(request, "admin/people.html", context, status=status)


def person_line(request: web.Request, reader: AccountView, person: AccountView) -> PersonLine:
    """Return one account as a line."""
    return PersonLine(
        id=person.id,
        name=person.name,
        role=words_for(person.role, gettext_of(request)),
        active=person.active,
        is_you=person.id == reader.id,
    )


async def invite(request: web.Request) -> web.StreamResponse:
    """Add an account and show its one-time link, this once."""
    account = await require_account(request, AccountRole.ADMIN)
    form = await read_form(request, "invite")
    role, language = form.chosen("role", AccountRole), form.chosen("language", PageLanguage)
    if role is None or language is None:
        faulty = form.with_faults(faults_in_words(missing(role=role, language=language), gettext_of(request)))
        return await people_page(request, account, form=faulty, status=422)
    try:
        async with begin_as(request, account) as uow:
            person = await people.create_account(
                uow,
                role=role,
                email=form.text("email"),
                name=form.text("name"),
                language=language,
                zone=form.text("zone"),
            )
            secret = await people.issue_welcome(uow, person.id)
    except InvalidInputError as error:
        faulty = form.with_faults(faults_in_words(error, gettext_of(request)))
        return await people_page(request, account, form=faulty, status=422)
    # Not led elsewhere: the secret is in no address and is stored nowhere, so this answer is the one time it is seen.
    # A second tap finds the address in use, and a new link can be made in the list.
    return await people_page(request, account, welcome=welcome_link(request, person, secret), status=201)


async def renew_welcome(request: web.Request) -> web.StreamResponse:
    """Make a new one-time link for somebody who lost theirs, or their password."""
    account = await require_account(request, AccountRole.ADMIN)
    try:
        async with begin_as(request, account) as uow:
            person = await people.get_account(uow, account_id_of(request))
            secret = await people.issue_welcome(uow, person.id)
    except WrongStateError:
        return await people_page(request, account, notice=gettext_of(request)(ALREADY_INVITED), status=409)
    return await people_page(request, account, welcome=welcome_link(request, person, secret), status=201)


async def disable(request: web.Request) -> web.StreamResponse:
    """Close an account: its owner is signed out and leaves every open room. A second tap changes nothing."""
    account = await require_account(request, AccountRole.ADMIN)
    try:
        async with begin_as(request, account) as uow:
            person = await people.disable_account(uow, account_id_of(request))
            seats = await invitations.revoke_seats_of(uow, person.id)
    except LastAdminError:
        return await people_page(request, account, notice=gettext_of(request)(LAST_ADMIN), status=409)
    for visit, participant in seats:
        request.app[keys.HUB].revoke(participant, visit)
    return see_other("/admin/people")


def welcome_link(request: web.Request, person: AccountView, secret: str) -> WelcomeLink:
    """Return the link that lets somebody choose their password; its secret stands in the fragment."""
    return WelcomeLink(person.name, f"{request.app[keys.SETTINGS].url}/welcome#{secret}")


def account_id_of(request: web.Request) -> AccountId:
    """Return the account that the address names. Raises ``NotFoundError`` for what can not be an id."""
    text = request.match_info["id"]
    if not is_id(text):
        raise NotFoundError
    return AccountId(text)


def add_routes(app: web.Application) -> None:
    """Add the page of people."""
    app.router.add_get("/admin/people", show_people)
    app.router.add_post("/admin/people", invite)
    app.router.add_post("/admin/people/{id}/welcome", renew_welcome)
    app.router.add_post("/admin/people/{id}/disable", disable)
