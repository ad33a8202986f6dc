"""Who is asking: the login cookie, the device cookie, and what a handler requires of them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from rooms.errors import NotAllowedError
from rooms.people import service as people
from rooms.unit_of_work import Actor
from web import keys
from web.errors import SignInNeededError

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from aiohttp import web

    from rooms.people.service import AccountRole, AccountView
    from rooms.unit_of_work import UnitOfWork

#: Browsers accept ``__Host-`` cookies over TLS, and from loopback without it.
LOGIN_COOKIE = "__Host-login"
DEVICE_COOKIE = "__Host-device"
#: A login's life; the server's own limits (12 h, 2 h idle) are in ``rooms.people``.
LOGIN_COOKIE_LIFE_S = 12 * 3600
#: The device cookie outlives every visit's window; each binding ends with its own visit.
DEVICE_COOKIE_LIFE_S = 90 * 24 * 3600
DEVICE_SECRET_BYTES = 32
#: Longer cookie values were not made by us and are not looked up.
SECRET_MAX_CHARS = 128

NOBODY = Actor.anonymous()


async def current_account(request: web.Request) -> AccountView | None:
    """Return the signed-in account, or None. Looks it up once for a request."""
    if keys.ACCOUNT not in request:
        secret = login_secret(request)
        request[keys.ACCOUNT] = None
        if secret is not None:
            async with request.app[keys.STORE].begin(NOBODY) as uow:
                request[keys.ACCOUNT] = await people.resolve_login(uow, secret)
    return request[keys.ACCOUNT]


async def require_account(request: web.Request, *roles: AccountRole) -> AccountView:
    """Return the signed-in account.

    Raises :class:`SignInNeededError` (a page answers it with a redirect to the sign-in page and back) when nobody is
    signed in, and ``NotAllowedError`` when ``roles`` are given and the account's is not among them.
    """
    account = await current_account(request)
    if account is None:
        raise SignInNeededError
    if roles and account.role not in roles:
        raise NotAllowedError
    return account


def begin_as(request: web.Request, account: AccountView) -> AbstractAsyncContextManager[UnitOfWork]:
    """Open a unit of work in which the signed-in account acts."""
    return request.app[keys.STORE].begin(Actor.account(account.id))


def begin_as_nobody(request: web.Request) -> AbstractAsyncContextManager[UnitOfWork]:
    """Open a unit of work for somebody who has not said who they are."""
    return request.app[keys.STORE].begin(NOBODY)


def login_secret(request: web.Request) -> str | None:
    """Return the login cookie's value, or None when it is absent or could not be ours."""
    return _plausible(request.cookies.get(LOGIN_COOKIE))


def device_secret(request: web.Request) -> str | None:
    """Return the device cookie's value, or None when it is absent or could not be ours."""
    return _plausible(request.cookies.get(DEVICE_COOKIE))


def new_device_secret() -> str:
    """Return a new value for the device cookie: 256 random bits."""
    return secrets.token_urlsafe(DEVICE_SECRET_BYTES)


def _plausible(value: str | None) -> str | None:
    return value if value is not None and 0 < len(value) <= SECRET_MAX_CHARS and value.isascii() else None


def set_login_cookie(response: web.StreamResponse, secret: str) -> None:
    """Sign this browser in."""
    _set_secret_cookie(response, LOGIN_COOKIE, secret, LOGIN_COOKIE_LIFE_S)


def set_device_cookie(response: web.StreamResponse, secret: str) -> None:
    """Let this browser be known again as the one that an invitation is bound to."""
    _set_secret_cookie(response, DEVICE_COOKIE, secret, DEVICE_COOKIE_LIFE_S)


def _set_secret_cookie(response: web.StreamResponse, name: str, secret: str, life_s: int) -> None:
    response.set_cookie(name, secret, max_age=life_s, path="/", secure=True, httponly=True, samesite="Lax")


def clear_login_cookie(response: web.StreamResponse) -> None:
    """Sign this browser out; the login itself is ended in the database."""
    response.del_cookie(LOGIN_COOKIE, path="/", secure=True, httponly=True, samesite="Lax")


def sign_in_address(request: web.Request) -> str:
    """Return the address of the sign-in page that leads back to where the request wanted to go."""
    return f"/sign-in?next={quote(request.path, safe='')}"


def safe_next(target: str) -> str:
    """Return ``target`` when it is a path on this server, else ``/desk``. Guards against open redirects."""
    parts = urlsplit(target)
    is_local = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return target if is_local and target.isprintable() and "\\" not in target else "/desk"
