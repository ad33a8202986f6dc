"""The account page: who I am here, my language, where I am signed in, and signing out everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from rooms.people import service as people
from rooms.people.open_logins import OpenLogin, open_logins
from rooms.people.roles import PageLanguage
from rooms.visits import invitations
from web import keys
from web.account.fields import read_fields
from web.errors import MalformedRequestError
from web.i18n import gettext_of
from web.language import is_language, remember_language
from web.login import (
    begin_as,
    clear_login_cookie,
    current_account,
    login_secret,
    require_account,
    safe_next,
)
from web.redirects import see_other
from web.rendering import render
from web.words import words_for

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class AccountContext:
    """Context of ``account/account.html``. ``zone`` is the one in which times are shown."""

    role: str
    zone: str
    logins: Sequence[OpenLogin]


async def show_account(request: web.Request) -> web.StreamResponse:
    """Show the account of whoever is signed in."""
    account = await require_account(request)
    async with begin_as(request, account) as uow:
        logins = await open_logins(uow, login_secret(request) or "")
    return render(
        request,
        "account/account.html",
        AccountContext(words_for(account.role, gettext_of(request)), account.zone, logins),
    )


async def change_account(request: web.Request) -> web.StreamResponse:
    """Sign out everywhere, this browser included: a phone that is lost is out of every call too."""
    account = await require_account(request)
    await read_fields(request)
    async with begin_as(request, account) as uow:
        await people.sign_out_everywhere(uow)
        seats = await invitations.part_from_browsers(uow, account.id)
    for visit, participant in seats:
        request.app[keys.HUB].vacate(participant, visit)
    response = see_other("/sign-in")
    clear_login_cookie(response)
    return response


async def choose_language(request: web.Request) -> web.StreamResponse:
    """Keep a language for this browser and, for whoever is signed in, for their account."""
    fields = await read_fields(request, "language", optional=("next",))
    language = fields["language"]
    if not is_language(language):
        raise MalformedRequestError
    account = await current_account(request)
    if account is not None:
        async with begin_as(request, account) as uow:
            await people.set_language(uow, PageLanguage(language))
    response = see_other(safe_next(fields["next"] or "/account"))
    remember_language(request, response, language)
    return response


def add_routes(app: web.Application) -> None:
    """Add the account page."""
    app.router.add_get("/account", show_account)
    app.router.add_post("/account", change_account)
    app.router.add_post("/language", choose_language)
