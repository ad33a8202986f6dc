"""The log and the metrics hold no name, address, secret or path of anybody."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from rooms.roles import Role
from rooms.visits import invitations
from tests.support.cases import add_taken_case
from tests.support.people import PASSWORD
from tests.web.conftest import SAME_ORIGIN, Server
from web.logging import FIELDS, set_up_logging


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the server writes while a test runs, from debug on."""
    written = io.StringIO()
    root, handlers, level = logging.getLogger(), logging.getLogger().handlers, logging.getLogger().level
    configured = structlog.get_config()
    monkeypatch.setattr("sys.stderr", written)
    set_up_logging("debug", "json")
    yield written
    root.handlers = handlers
    root.setLevel(level)
    logging.getLogger("aiohttp.access").disabled = False
    structlog.configure(**configured)


def lines(log: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


async def test_a_whole_visit_leaves_no_canary_in_the_log_or_the_metrics(server: Server, log: io.StringIO) -> None:
    case = await add_taken_case(server.store)
    visit = await case.books(in_minutes=0)
    async with case.as_social_worker() as uow:
        card = await invitations.card(uow, visit.id, Role.CLASSROOM)
    agent = {"User-Agent": "Canary-Agent", "Referer": "https://canary.example/referer"}
    await server.client.get(f"/j?lang=en&canary={card.secret}", headers=agent)
    await server.posts_json("/api/join/code", {"code": card.spoken_code}, **agent)
    await server.posts_json("/api/join/exchange", {"secret": card.secret}, **agent)
    status, entered = await server.posts_json(f"/api/visits/{visit.id}/ticket", {})
    assert status == 200
    guess = {"email": "canary@example.org", "password": PASSWORD}
    await server.client.post("/sign-in", data=guess, headers=SAME_ORIGIN)
    await server.client.get(f"/nothing/{card.secret}")
    metrics = await (await server.client.get("/metrics")).text()
    device = server.client.session.cookie_jar.filter_cookies(server.client.make_url("/"))
    canaries = [
        card.secret, card.spoken_code, entered["ticket"], "canary", "Canary", PASSWORD,
        "Nour", "Amina", "Fatima", "127.0.0.1",
        *(cookie.value for cookie in device.values() if len(cookie.value) > 8),
    ]  # fmt: skip
    assert len(lines(log)) >= 6
    for canary in canaries:
        assert canary not in log.getvalue(), canary
        assert canary not in metrics, canary


def test_only_known_fields_are_written(log: io.StringIO) -> None:
    structlog.get_logger("test").info("something", code="not-found", email="x@example.org", name="Nour", body={"a": 1})
    (line,) = lines(log)
    assert set(line) <= FIELDS
    assert line["code"] == "not-found"
    assert "Nour" not in log.getvalue()


@pytest.mark.parametrize(
    "secret",
    [
        "nour@example.org",
        "192.0.2.17",
        "2001:db8:0:1:2:3:4:5",
        "http://x/j#pNEuAyzeUiLIyFmUs_b0ppSuSsYIlllZrZ2omSWI5tQ",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
        "pNEuAyzeUiLIyFmUs_b0ppSuSsYIlllZrZ2omSWI5tQ",
    ],
)
def test_what_looks_like_a_secret_is_blacked_out_wherever_it_stands(log: io.StringIO, secret: str) -> None:
    structlog.get_logger("test").info(f"oh {secret}", reason=f"because {secret} was there", old=[secret])
    assert secret.rsplit("#", maxsplit=1)[-1] not in log.getvalue()


def test_an_exception_is_told_by_its_place_and_never_by_its_words(log: io.StringIO) -> None:
    try:
        int("Nour phoned +212661223344")
    except ValueError:
        structlog.get_logger("test").exception("failed")
        logging.getLogger("library").exception("Error handling request from %s", "192.0.2.17")
    first, second = lines(log)
    assert (first["error"], second["error"]) == ("ValueError", "ValueError")
    assert "test_logging.py" in str(first["places"])
    assert second["event"] == "Error handling request from %s"
    assert "Nour" not in log.getvalue()
    assert "192.0.2.17" not in log.getvalue()


def test_an_id_stays_readable(log: io.StringIO) -> None:
    structlog.get_logger("test").info("visit opened", visit="33e35ceeee49979177682f0a0b316218")
    assert lines(log)[0]["visit"] == "33e35ceeee49979177682f0a0b316218"


def test_a_line_break_can_not_forge_a_line(log: io.StringIO) -> None:
    structlog.get_logger("test").info("a\nb", reason="c\r\nd")
    assert len(log.getvalue().splitlines()) == 1
