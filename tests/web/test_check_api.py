"""Who may measure a line, how often, and what is told of the numbers."""

import re
from pathlib import Path as File

from rooms.health.forecast import Instruction, Path
from rooms.health.samples import Rung
from tests.support.cases import add_taken_case
from tests.web.conftest import SAME_ORIGIN, Server
from web.join.check_strings import CHECK
from web.login import DEVICE_COOKIE

BEGIN, FORECAST = "/api/check/begin", "/api/check/forecast"
SCRIPT = File(__file__).parents[2] / "web/static/js/pages/check.js"


async def test_strangers_get_no_permit_and_no_relay(server: Server) -> None:
    for body in ({}, {"secret": "x" * 43}, {"secret": "short"}):
        status, problem = await server.posts_json(BEGIN, body)
        assert (status, problem["code"]) == (404, "invitation-not-valid")
        assert "permit" not in problem
    status, _ = await server.posts_json(BEGIN, {}, Cookie=f"{DEVICE_COOKIE}={'x' * 43}")
    assert status == 404


async def test_a_link_checks_the_day_before_and_is_not_spent(server: Server) -> None:
    case = await add_taken_case(server.store)
    visit = await case.books(in_minutes=24 * 60)
    secret = await case.link(visit.id)
    status, told = await server.posts_json(BEGIN, {"secret": secret})
    assert status == 200
    assert told["permit"]
    assert told["iceServers"] == []
    assert DEVICE_COOKIE not in server.client.session.cookie_jar.filter_cookies(server.client.make_url("/"))
    server.clock.advance(24 * 3600)
    status, taken = await server.posts_json("/api/join/exchange", {"secret": secret})
    assert (status, taken["outcome"]) == (200, "bound")


async def test_a_link_of_a_visit_that_is_over_checks_nothing(server: Server) -> None:
    case = await add_taken_case(server.store)
    secret = await case.link((await case.books(in_minutes=0)).id)
    server.clock.advance(3 * 3600)
    status, _ = await server.posts_json(BEGIN, {"secret": secret})
    assert status == 404


async def test_the_browser_that_holds_a_seat_needs_no_link(server: Server) -> None:
    case = await add_taken_case(server.store)
    visit = await case.books(in_minutes=0)
    await server.posts_json("/api/join/exchange", {"secret": await case.link(visit.id)})
    status, told = await server.posts_json(BEGIN, {})
    assert (status, bool(told["permit"])) == (200, True)


async def test_one_browser_checks_eight_times_in_ten_minutes(server: Server) -> None:
    case = await add_taken_case(server.store)
    secret = await case.link((await case.books(in_minutes=60)).id)
    answers = [await server.posts_json(BEGIN, {"secret": secret}) for _ in range(9)]
    assert [status for status, _ in answers] == [200] * 8 + [429]
    assert answers[-1][1]["code"] == "too-many-tries"


async def test_numbers_become_one_instruction(server: Server) -> None:
    devices = {"camera": "works", "microphone": "works", "speaker": "works"}
    numbers = {"path": "direct", "upKbps": 56, "downKbps": 110, "rttMs": 430}
    status, told = await server.posts_json(FORECAST, devices | numbers)
    assert (status, told) == (200, {"instruction": "free-the-line", "rung": "voice-12", "megabytes": 45})
    for wrong in ({"path": "direct"}, devices | {"path": "somewhere"}, devices | {"path": "direct", "upKbps": -1}):
        status, problem = await server.posts_json(FORECAST, wrong)
        assert (status, problem["code"]) == (400, "malformed-request")


async def test_the_page_may_use_camera_and_microphone_and_reads_nothing(server: Server) -> None:
    async with server.client.get("/check?lang=en", headers=SAME_ORIGIN) as response:
        assert response.status == 200
        assert "camera=(self), microphone=(self)" in response.headers["Permissions-Policy"]
        assert "Is everything ready for the visit?" in await response.text()


def test_every_sentence_of_the_script_exists_and_is_asked_for() -> None:
    source = SCRIPT.read_text()
    asked = set(re.findall(r'\bsay\("([\w-]+)"', source))
    assert asked - set(CHECK) == set()
    put_together = {f"do-{each}" for each in Instruction} | {f"path-{each}" for each in Path}
    put_together |= {f"rung-{each}" for each in Rung}
    outcomes = ("works", "refused", "missing")
    put_together |= {f"{device}-{outcome}" for device in ("camera", "microphone") for outcome in outcomes}
    assert put_together - set(CHECK) == set()
    assert {key for key in CHECK if f'"{key}"' not in source} - put_together == set()
