"""Signing in and out, and the one-time link by which an account gets its password."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from rooms.errors import InvalidInputError
from rooms.people import service as people
from rooms.people.errors import SignInRefusedError, WelcomeNotValidError
from rooms.people.passwords import SHORTEST
from web import keys
from web.account.fields import read_fields
from web.error_answers import ANSWERS
from web.i18n import N_, gettext_of
from web.language import remember_language
from web.login import (
    begin_as_nobody,
    clear_login_cookie,
    current_account,
    login_secret,
    safe_next,
    set_login_cookie,
)
from web.rate_limits import LINKS, SIGN_INS, address_of
from web.redirects import see_other
from web.rendering import render

PASSWORD_FAULTS = {
    "too-short": N_(
        "Use at least 15 characters. Four or five words that belong together only for you are easy to keep."
    ),
    "too-long": N_("This is longer than we can take."),
    "too-simple": N_("This one is easy to guess. Choose a few words of your own."),
}


@dataclass(frozen=True, slots=True)
class SignInContext:
    """Context of ``account/sign_in.html``. ``fault`` is a finished sentence, or None."""

    email: str
    next: str
    fault: str | None


@dataclass(frozen=True, slots=True)
class WelcomeContext:
    """Context of ``account/welcome.html``. ``secret`` is what was posted, kept in the form after a fault."""

    secret: str
    min_length: int
    fault: str | None


async def show_sign_in(request: web.Request) -> web.StreamResponse:
    """Ask for e-mail and password; who is signed in already goes on."""
    target = safe_next(request.query.get("next", ""))
    if await current_account(request) is not None:
        return see_other(target)
    return render(request, "account/sign_in.html", SignInContext("", target, None))


async def sign_in(request: web.Request) -> web.StreamResponse:
    """Sign in; every refusal reads the same and takes the same time."""
    fields = await read_fields(request, "email", "password", optional=("next",))
    target, address = safe_next(fields["next"]), address_of(request)
    limits, outcomes = request.app[keys.RATE_LIMITS], request.app[keys.METRICS].sign_ins
    limits.check(SIGN_INS, address)
    try:
        async with begin_as_nobody(request) as uow:
            secret, account = await people.sign_in(uow, fields["email"], fields["password"])
    except SignInRefusedError as error:
        limits.count_failure(SIGN_INS, address)
        outcomes.labels("refused").inc()
        fault = gettext_of(request)(ANSWERS[error.code].title)
        context = SignInContext(fields["email"], target, fault)
        return render(request, "account/sign_in.html", context, status=ANSWERS[error.code].status)
    outcomes.labels("signed-in").inc()
    response = see_other(target)
    set_login_cookie(response, secret)
    remember_language(request, response, account.language)
    return response


async def sign_out(request: web.Request) -> web.StreamResponse:
    """End this browser's login, and leave nothing of it in the browser's memory."""
    secret = login_secret(request)
    if secret is not None:
        async with begin_as_nobody(request) as uow:
            await people.sign_out(uow, secret)
    response = see_other("/")
    clear_login_cookie(response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


async def show_welcome(request: web.Request) -> web.StreamResponse:
    """Ask for a password. The secret is in the fragment, which only the page's script sees: opening spends nothing."""
    return render(request, "account/welcome.html", WelcomeContext("", SHORTEST, None))


async def accept_welcome(request: web.Request) -> web.StreamResponse:
    """Spend the one-time link: set the password. Signing in with it comes next."""
    fields = await read_fields(request, "secret", "password")
    limits, address = request.app[keys.RATE_LIMITS], address_of(request)
    try:
        async with begin_as_nobody(request) as uow:
            account = await people.accept_welcome(uow, fields["secret"], fields["password"])
    except WelcomeNotValidError:
        limits.check(LINKS, address)
        limits.count_failure(LINKS, address)
        raise
    except InvalidInputError as error:
        fault = PASSWORD_FAULTS.get(error.fields.get("password", ""), PASSWORD_FAULTS["too-short"])
        context = WelcomeContext(fields["secret"], SHORTEST, gettext_of(request)(fault))
        return render(request, "account/welcome.html", context, status=422)
    response = see_other("/sign-in")
    remember_language(request, response, account.language)
    return response


def add_routes(app: web.Application) -> None:
    """Add the pages of signing in."""
    app.router.add_get("/sign-in", show_sign_in)
    app.router.add_post("/sign-in", sign_in)
    app.router.add_post("/sign-out", sign_out)
    app.router.add_get("/welcome", show_welcome)
    app.router.add_post("/welcome", accept_welcome)
