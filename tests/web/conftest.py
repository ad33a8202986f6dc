"""The real application over a real HTTP connection, on an SQLite database of its own."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient

from rooms.unit_of_work import Store
from tests.support.fake_clock import FakeClock
from web import assets
from web.app import create_app
from web.settings import Settings

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, and what a test needs beside it."""

    client: TestClient
    app: web.Application
    store: Store
    clock: FakeClock

    async def posts_json(self, path: str, body: object, **headers: str) -> tuple[int, dict]:
        """Post JSON as a page of ours does; return status and answer."""
        async with self.client.post(path, json=body, headers=SAME_ORIGIN | headers) as response:
            return response.status, await response.json()


@pytest.fixture(scope="session", autouse=True)
def quick_compression() -> Iterator[None]:
    """Scripts are compressed as always, but quickly: what they weigh is measured on servers of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assets, "BROTLI_QUALITY", 1)
        yield


@pytest.fixture
async def server(
    sqlite_store: Store,
    clock: FakeClock,
    tmp_path: Path,
    aiohttp_client: Callable[..., Awaitable[TestClient]],
) -> Server:
    app = create_app(Settings(data=tmp_path), sqlite_store, clock)
    client = await aiohttp_client(app, cookie_jar=CookieJar(unsafe=True, treat_as_secure_origin="http://127.0.0.1"))
    client.session.cookie_jar._treat_as_secure_origin = [client.make_url("/").origin()]
    return Server(client, app, sqlite_store, clock)
