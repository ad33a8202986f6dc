"""Whole calls on bad lines, short and with generous bounds: `bench/lines.py` prints the figures themselves."""

import asyncio
from pathlib import Path

import pytest

from bench.lines import CASES, measure_case
from bench.lines_faults import measure_fault
from tests.lab.browsers import CHROMIUM
from tests.lab.laboratory import missing_for_laboratory

pytestmark = [pytest.mark.namespaces, pytest.mark.browser, pytest.mark.timeout(240)]
if (reason := missing_for_laboratory()) is not None:
    pytestmark.append(pytest.mark.skip(reason=reason))
elif not Path(CHROMIUM).exists():
    pytestmark.append(pytest.mark.skip(reason=f"no {CHROMIUM} (apt-get install chromium)"))


def test_three_on_edge_hear_each_other_within_the_uplink_of_an_edge() -> None:
    measured = asyncio.run(measure_case(CASES["edge"], 15))
    assert measured["allHeardS"] is not None
    assert measured["inventedPct"] < 10
    assert measured["uplinkKbps"] <= 60
    assert set(measured["rungs"].values()) <= {"voice-8", "voice-12"}


def test_a_village_on_3g_is_heard_well() -> None:
    measured = asyncio.run(measure_case(CASES["rural3g"], 15))
    assert measured["allHeardS"] is not None
    assert measured["inventedPct"] < 5
    assert measured["bufferMs"] < 600


@pytest.mark.parametrize(("fault", "back_s"), [("outage-10", 4), ("new-address", 15)])
def test_sound_comes_back_by_itself(fault: str, back_s: float) -> None:
    measured = asyncio.run(measure_fault(fault))
    assert measured["soundBackS"] is not None
    assert measured["soundBackS"] < back_s
