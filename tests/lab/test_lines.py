"""Whole calls on bad lines, short and with generous bounds: `bench/lines.py` prints the figures themselves.

Three EDGE lines take a minute, and a busy machine spoils one try in three: by hand.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
import pytest_asyncio

from bench.lines import CASES
from bench.lines_call import ROLES, Call, calling
from tests.lab.browsers import CHROMIUM
from tests.lab.laboratory import SERVER_ADDRESS, missing_for_laboratory
from tests.lab.presets import PRESETS
from tests.lab.tls_front import HAPROXY
from tests.support.coturn import coturn_is_here
from tests.support.firefox import missing_for_firefox

CALM = ("4g", "fibre", "4g")
OUTAGE_S = 10
#: The bars are 25 s until all are heard on EDGE, 1 s after an outage, and 8 s from UDP to TLS; a busy machine has more.
HEARD_WITHIN_S = 50
BACK_WITHIN_S = 6
TLS_WITHIN_S = 25
HELD_S = 9
OVERTAKEN_WITHIN_S = 20
SETTLES_S = 8

pytestmark = [pytest.mark.namespaces, pytest.mark.browser, pytest.mark.turn, pytest.mark.timeout(120)]
if (reason := missing_for_laboratory()) is not None:
    pytestmark.append(pytest.mark.skip(reason=reason))
elif not Path(CHROMIUM).exists():
    pytestmark.append(pytest.mark.skip(reason=f"no {CHROMIUM} (apt-get install chromium)"))
elif not coturn_is_here():
    pytestmark.append(pytest.mark.skip(reason="no turnserver (apt-get install coturn)"))
elif HAPROXY is None:
    pytestmark.append(pytest.mark.skip(reason="no haproxy (apt-get install haproxy)"))


@pytest.mark.by_hand
async def test_three_on_edge_hear_each_other_within_the_uplink_of_an_edge() -> None:
    async with calling(CASES["edge"].lines) as call:
        heard = (await call.join())[1]
        assert all(at is not None and at <= HEARD_WITHIN_S for at in heard.values()), heard
        measured = await call.measure(10)
    assert measured["inventedPct"] < 10
    assert measured["uplinkKbps"] <= PRESETS["edge"].up_kbit
    assert set(measured["rungs"].values()) <= {"voice-8", "voice-12"}


@pytest.mark.by_hand
@pytest.mark.skipif(bool(missing_for_firefox()), reason=str(missing_for_firefox()))
async def test_a_child_with_firefox_on_edge_leaves_room_for_its_socket_and_keeps_it() -> None:
    async with calling(CASES["edge"].lines, firefox="classroom") as call:
        assert all((await call.join())[1].values())
        await asyncio.sleep(SETTLES_S)
        measured = await call.measure(25)
        signaling = await call.pages["classroom"].evaluate("document.querySelector('#room').dataset.signaling")
    assert signaling == "online"
    assert measured["uplinkKbps"] < PRESETS["edge"].up_kbit


@pytest.mark.skipif(bool(missing_for_firefox()), reason=str(missing_for_firefox()))
@pytest.mark.parametrize("role", ["psychologist", pytest.param("classroom", marks=pytest.mark.by_hand)])
async def test_firefox_in_a_village_on_3g_hears_speech_twice_and_says_it_twice(role: str) -> None:
    async with calling(CASES["rural3g"].lines, firefox=role) as call:
        assert all((await call.join())[1].values())
        told = {listener: await call.formats(listener) for listener in ROLES}
        assert told == {listener: ["opus" if listener == role else "red"] * 2 for listener in ROLES}
        await asyncio.sleep(SETTLES_S)
        measured = await call.measure(10)
    legs = measured["inventedPctByLeg"]
    assert all(invented < 4 for leg, invented in legs.items() if role in leg), legs
    assert measured["uplinkKbps"] < PRESETS["rural3g"].up_kbit


async def calls_one_after_another() -> AsyncGenerator[Call]:
    """Yield a call that has not begun, again and again: server, lines and browsers take as long to make as a call."""
    async with calling(CALM) as call:
        yield call
        while True:
            call.lab.cut("classroom", False)
            call.lab.let_all_pass("classroom")
            set_lines(call, CALM)
            await call.start_over()
            yield call


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def calls() -> AsyncIterator[AsyncGenerator[Call]]:
    """What each test's call comes from."""
    async with aclosing(calls_one_after_another()) as one_after_another:
        yield one_after_another


@pytest_asyncio.fixture(loop_scope="module")
async def call(calls: AsyncGenerator[Call]) -> Call:
    """A call that has not begun: its pages and its server's process are new, its lines are good."""
    return await anext(calls)


def set_lines(call: Call, lines: tuple[str, str, str]) -> None:
    """Give each role its line."""
    for role, line in zip(ROLES, lines, strict=True):
        call.lab.set_line(role, line)


def connections_to_the_server(call: Call) -> list[str]:
    """Return the TCP connections that stand between the proxy and the browsers."""
    source = ("src", SERVER_ADDRESS, "and", "sport", "=", ":443")
    return call.lab.inside(call.lab.internet, "ss", "-Htn", "state", "established", *source).splitlines()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_village_on_3g_is_heard_and_comes_back_after_an_outage(call: Call) -> None:
    set_lines(call, CASES["rural3g"].lines)
    assert all((await call.join())[1].values())
    # The socket carries voices until connections do.
    assert all((await call.seconds_to("overSocket")).values())
    # The page, its requests and its socket: one connection for each of the three browsers.
    assert len(connections_to_the_server(call)) == len(ROLES)
    measured = await call.measure(10)
    assert measured["inventedPct"] < 8
    assert measured["uplinkKbps"] < PRESETS["rural3g"].up_kbit
    cut_at = {role: figures["now"] for role, figures in (await call.last()).items()}
    call.lab.cut("classroom")
    await asyncio.sleep(OUTAGE_S)
    assert await call.longest_gap(cut_at) >= OUTAGE_S - 3
    call.lab.cut("classroom", False)
    back_s = await call.time_to_sound()
    assert back_s is not None
    assert back_s <= BACK_WITHIN_S


@pytest.mark.asyncio(loop_scope="module")
async def test_a_handshake_that_hangs_is_overtaken_by_a_new_connection(call: Call) -> None:
    call.lab.hold_handshakes("social_worker")
    asyncio.get_running_loop().call_later(HELD_S, call.lab.let_all_pass, "social_worker")
    heard = (await call.join())[1]
    # The child's connections go through a relay: they were not held.
    assert heard["classroom"] is not None
    assert heard["classroom"] < HELD_S
    assert min(heard[role] or 0 for role in ("psychologist", "social_worker")) > HELD_S - 2
    # Meanwhile these two have heard each other over the socket.
    over_socket = await call.seconds_to("overSocket")
    assert max(over_socket[role] or HELD_S for role in ("psychologist", "social_worker")) < HELD_S
    begun = time.monotonic()
    # The page's first two connections have the numbers 0 and 1.
    while not any(
        leg["from"] == "social_worker" and leg["id"] > 1 for leg in (await call.last())["psychologist"]["legs"]
    ):
        assert time.monotonic() - begun < OVERTAKEN_WITHIN_S
        await asyncio.sleep(0.2)
    assert (await call.time_to_sound()) is not None


@pytest.mark.asyncio(loop_scope="module")
async def test_where_only_https_passes_sound_goes_by_tls(call: Call) -> None:
    assert all((await call.join())[1].values())
    assert "tls" not in await call.relays("classroom")
    call.lab.allow_only_https("classroom")
    walled = time.monotonic()
    while await call.relays("classroom") != ["tls", "tls"]:
        assert time.monotonic() - walled < TLS_WITHIN_S
        await asyncio.sleep(0.5)
    back_s = await call.time_to_sound()
    assert back_s is not None
    assert back_s <= BACK_WITHIN_S
