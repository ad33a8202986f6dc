"""Whole calls on bad lines, short and with generous bounds: `bench/lines.py` prints the figures themselves.

Three EDGE lines take a minute, and a busy machine spoils one try in three: by hand.
"""

import asyncio
import time
from pathlib import Path

import pytest

from bench.lines import CASES
from bench.lines_call import calling
from tests.lab.browsers import CHROMIUM
from tests.lab.laboratory import missing_for_laboratory
from tests.lab.presets import PRESETS
from tests.support.coturn import coturn_is_here

OUTAGE_S = 10
#: The bars are 25 s until all are heard on EDGE, 1 s after an outage, and 8 s from UDP to TLS; a busy machine has more.
HEARD_WITHIN_S = 50
BACK_WITHIN_S = 6
TLS_WITHIN_S = 25

pytestmark = [pytest.mark.namespaces, pytest.mark.browser, pytest.mark.turn, pytest.mark.timeout(120)]
if (reason := missing_for_laboratory()) is not None:
    pytestmark.append(pytest.mark.skip(reason=reason))
elif not Path(CHROMIUM).exists():
    pytestmark.append(pytest.mark.skip(reason=f"no {CHROMIUM} (apt-get install chromium)"))
elif not coturn_is_here():
    pytestmark.append(pytest.mark.skip(reason="no turnserver (apt-get install coturn)"))


@pytest.mark.by_hand
async def test_three_on_edge_hear_each_other_within_the_uplink_of_an_edge() -> None:
    async with calling(CASES["edge"].lines) as call:
        heard = (await call.join())[1]
        assert all(at is not None and at <= HEARD_WITHIN_S for at in heard.values()), heard
        measured = await call.measure(10)
    assert measured["inventedPct"] < 10
    assert measured["uplinkKbps"] <= PRESETS["edge"].up_kbit
    assert set(measured["rungs"].values()) <= {"voice-8", "voice-12"}


async def test_a_village_on_3g_is_heard_and_comes_back_after_an_outage() -> None:
    async with calling(CASES["rural3g"].lines) as call:
        assert all((await call.join())[1].values())
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


async def test_where_only_https_passes_sound_goes_by_tls() -> None:
    async with calling(("4g", "fibre", "4g")) as call:
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
