"""The real application on both databases, with one worker of each kind signed in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from rooms.people.roles import AccountRole
from rooms.people.views import SchoolView
from rooms.unit_of_work import Store
from tests.support.fake_clock import FakeClock
from tests.support.people import add_account, add_school
from tests.support.staff import StaffBrowser, browser_of
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
    school = await add_school(store)

    async def somebody(role: AccountRole, name: str) -> StaffBrowser:
        account = await add_account(store, role, email=f"{name.split(maxsplit=1)[0].lower()}@example.org", name=name)
        return await browser_of(client, store, account)

    return Site(
        worker=await somebody(AccountRole.SOCIAL_WORKER, "Salma Amrani"),
        psychologist=await somebody(AccountRole.PSYCHOLOGIST, "Youssef Alami"),
        other_worker=await somebody(AccountRole.SOCIAL_WORKER, "Hind Tazi"),
        other_psychologist=await somebody(AccountRole.PSYCHOLOGIST, "Omar Fassi"),
        admin=await somebody(AccountRole.ADMIN, "Karim Idrissi"),
        nobody=StaffBrowser(client, None, "en"),
        school=school,
        app=app,
        clock=clock,
    )
