"""The first administrator: a one-time link, printed until somebody has used it. There is never a default password."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rooms.people import service as people
from rooms.people.roles import AccountRole, PageLanguage
from rooms.unit_of_work import Actor
from web import keys
from web.accounts_by_role import every_account
from web.i18n import DEFAULT_LANGUAGE
from web.settings import is_loopback_host
from web.terminal import tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from rooms.unit_of_work import Store

ADMIN_NAME = "Administrator"
HOME_ZONE = "Africa/Casablanca"


async def prepare(app: web.Application) -> Callable[[], None]:
    """Make sure that an administrator can get in; return what says so once the server answers."""
    settings = app[keys.SETTINGS]
    async with app[keys.STORE].begin(Actor.system("first-admin")) as uow:
        admins = [account for account in await every_account(uow) if account.role is AccountRole.ADMIN]
        if any(admin.welcomed for admin in admins):
            return lambda: tell(f"Wasl is serving {settings.url}")
        email = default_email(settings.url)
        waiting = next((admin for admin in admins if admin.active), None) or await people.create_account(
            uow,
            role=AccountRole.ADMIN,
            email=email,
            name=ADMIN_NAME,
            language=PageLanguage(DEFAULT_LANGUAGE),
            zone=HOME_ZONE,
        )
        secret = await people.issue_welcome(uow, waiting.id)
        by_hand = bool(admins)

    def greet() -> None:
        tell(f"Wasl is serving {settings.url}")
        tell("No administrator has signed in yet. This link works once, for 7 days; a new start replaces it:")
        tell(f"  {welcome_link(settings.url, secret)}")
        if not by_hand:
            tell(f"  E-mail to sign in with afterwards: {email}")

    return greet


async def create_admin(store: Store, *, email: str, name: str, language: str, zone: str) -> str:
    """Add an administrator; return the secret of their one-time link. Raises ``InvalidInputError``."""
    async with store.begin(Actor.system("admin-create")) as uow:
        account = await people.create_account(
            uow, role=AccountRole.ADMIN, email=email, name=name, language=PageLanguage(language), zone=zone
        )
        return await people.issue_welcome(uow, account.id)


def welcome_link(url: str, secret: str) -> str:
    """Return the address of a one-time link."""
    return f"{url}/welcome#{secret}"


def default_email(url: str) -> str:
    """Return the address that the first administrator signs in with until they make an account of their own."""
    host = urlsplit(url).hostname or "localhost"
    return "admin@wasl.example" if is_loopback_host(host) or "." not in host else f"admin@{host}"
