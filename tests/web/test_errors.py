"""Every error of the domain has its answer, in words that say what to do."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from aiohttp import web

import rooms
from rooms.errors import RoomError
from tests.web.conftest import Server
from web.app import create_app
from web.error_answers import ANSWERS
from web.settings import Settings

for module in pkgutil.walk_packages(rooms.__path__, "rooms."):
    if ".migrations." not in module.name:
        importlib.import_module(module.name)

#: Answered on the socket alone (signaling/errors.py); over HTTP their parents' words are enough.
OF_THE_SOCKET = {
    "door-not-knocked", "not-admitted", "not-connected", "not-waiting", "seat-unknown", "ticket-spent",
}  # fmt: skip


def kinds_of(kind: type[RoomError]) -> Iterator[type[RoomError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from kinds_of(child)


KINDS = sorted(set(kinds_of(RoomError)), key=lambda kind: kind.code)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_every_error_of_the_domain_has_an_answer_of_its_own(kind: type[RoomError]) -> None:
    assert kind.code in ANSWERS or kind.code in OF_THE_SOCKET


@pytest.mark.parametrize(("code", "answer"), ANSWERS.items(), ids=ANSWERS)
def test_every_answer_says_what_is_the_matter_and_what_to_do(code: str, answer: object) -> None:
    assert 400 <= answer.status < 600
    assert answer.title.endswith(".")
    assert answer.advice.endswith(".")
    assert answer.title != answer.advice


async def test_an_error_page_speaks_the_language_of_the_browser(server: Server) -> None:
    async with server.client.get("/nothing", headers={"Accept-Language": "en-GB,fr;q=0.5"}) as response:
        text = await response.text()
        assert response.status == 404
        assert '<html lang="en" dir="ltr">' in text
        assert "There is nothing here." in text
        assert response.headers["X-Request-Id"] in text
    async with server.client.get("/nothing?lang=ar") as response:
        assert '<html lang="ar" dir="rtl">' in await response.text()
        assert response.cookies["lang"].value == "ar"


async def test_a_page_that_needs_somebody_leads_to_signing_in_and_back(server: Server) -> None:
    async with server.client.get("/account", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (303, "/sign-in?next=%2Faccount")


async def test_what_nobody_foresaw_is_answered_in_general_words(
    sqlite_store: object, clock: object, tmp_path: object, aiohttp_client: object
) -> None:
    async def break_down(_request: web.Request) -> web.Response:
        raise LookupError("Nour, 10 years, +212661223344")

    app = create_app(Settings(data=tmp_path), sqlite_store, clock)
    app.router.add_get("/broken", break_down)
    app.router.add_get("/api/broken", break_down)
    client = await aiohttp_client(app)
    for path in ("/broken", "/api/broken"):
        async with client.get(path) as response:
            assert response.status == 500
            assert "Nour" not in await response.text()
    assert (await client.get("/healthz")).status == 200
