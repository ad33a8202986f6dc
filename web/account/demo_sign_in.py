"""Sign-in links without a password: in demo mode only, for made-up people on a server that listens on loopback."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from aiohttp import web

from rooms.people import service as people
from rooms.people.errors import WelcomeNotValidError
from rooms.unit_of_work import Actor
from web import keys
from web.account.fields import read_fields
from web.login import set_login_cookie
from web.redirects import see_other
from web.rendering import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rooms.ids import AccountId


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """Whom a link signs in, and the path on which they land."""

    account: AccountId
    lands_on: str


#: By the hash of the link's secret. Only a demo has any.
DEMO_SIGN_INS: web.AppKey[Mapping[str, DemoSignIn]] = web.AppKey("demo-sign-ins")


def demo_secret(key: bytes, name: str) -> str:
    """Return the secret of a sign-in link, the same at every start, so that links that were kept go on working."""
    return hmac.digest(key, f"demo-sign-in\0{name}".encode(), sha256).hex()


def secret_hash(secret: str) -> str:
    """Return what a link's secret is looked up by."""
    return sha256(secret.encode()).hexdigest()


async def show_demo(request: web.Request) -> web.StreamResponse:
    """Open the page that posts the fragment; the GET itself signs nobody in."""
    return render(request, "account/demo.html")


async def sign_in_demo(request: web.Request) -> web.StreamResponse:
    """Sign in as one of the made-up people."""
    fields = await read_fields(request, "secret")
    found = request.app[DEMO_SIGN_INS].get(secret_hash(fields["secret"]))
    if found is None:
        raise WelcomeNotValidError
    async with request.app[keys.STORE].begin(Actor.system("demo")) as uow:
        login = await people.sign_in_without_password(uow, found.account)
    response = see_other(found.lands_on)
    set_login_cookie(response, login)
    return response


def add_routes(app: web.Application) -> None:
    """Add the demo's sign-in links, in demo mode and never otherwise."""
    if app[keys.SETTINGS].demo:
        app[DEMO_SIGN_INS] = {}
        app.router.add_get("/demo", show_demo)
        app.router.add_post("/demo", sign_in_demo)
