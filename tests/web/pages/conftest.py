"""The real application on both databases, with one worker of each kind signed in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from rooms.people import service as people
from rooms.people.roles import AccountRole
from rooms.people.views import SchoolView
from rooms.unit_of_work import Store, UnitOfWork
from tests.support.fake_clock import FakeClock
from tests.support.people import SETUP, account_in, school_in
from tests.support.snapshots import made_once
from tests.support.staff import StaffBrowser
from web.app import create_app
from web.settings import Settings


@dataclass(frozen=True, slots=True)
class Site:
    """A running server and the browsers of those who use it."""

    worker: StaffBrowser
    psychologist: StaffBrowser
    other_worker: StaffBrowser
    other_psychologist: StaffBrowser
    admin: StaffBrowser
    nobody: StaffBrowser
    school: SchoolView
    app: web.Application
    store: Store
    clock: FakeClock


@pytest.fixture
async def site(
    store: Store,
    clock: FakeClock,
    tmp_path: Path,
    aiohttp_client: Callable[[web.Application], Awaitable[TestClient]],
) -> Site:
    app = create_app(Settings(data=tmp_path), store, clock)
    client = await aiohttp_client(app)

    browsers, school = await made_once(store, "staff", lambda: staff_and_school(store))
    signed_in = {name: StaffBrowser(client, secret, "en") for name, secret in browsers.items()}
    nobody = StaffBrowser(client, None, "en")
    return Site(**signed_in, nobody=nobody, school=school, app=app, store=store, clock=clock)


async def staff_and_school(store: Store) -> tuple[dict[str, str], SchoolView]:
    """Add one worker of each kind and a school; return the secrets of the workers' browsers, by their names here."""

    async def somebody(uow: UnitOfWork, role: AccountRole, name: str) -> str:
        account = await account_in(uow, role, email=f"{name.split(maxsplit=1)[0].lower()}@example.org", name=name)
        return await people.sign_in_without_password(uow, account.id)

    async with store.begin(SETUP) as uow:
        browsers = {
            "worker": await somebody(uow, AccountRole.SOCIAL_WORKER, "Salma Amrani"),
            "psychologist": await somebody(uow, AccountRole.PSYCHOLOGIST, "Youssef Alami"),
            "other_worker": await somebody(uow, AccountRole.SOCIAL_WORKER, "Hind Tazi"),
            "other_psychologist": await somebody(uow, AccountRole.PSYCHOLOGIST, "Omar Fassi"),
            "admin": await somebody(uow, AccountRole.ADMIN, "Karim Idrissi"),
        }
        return browsers, await school_in(uow)
