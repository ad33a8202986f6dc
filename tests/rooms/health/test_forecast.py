"""What a check has measured becomes one instruction, a rung and megabytes: by table."""

import re
from pathlib import Path as File

import pytest

from rooms.health.forecast import COSTS, Device, Instruction, LineReading, Path, forecast, megabytes, rung_for
from rooms.health.samples import RUNG_ORDER, Rung

RUNGS_JS = File(__file__).parents[3] / "web/static/js/rtc/rungs.js"


def line(
    up: float | None,
    down: float | None = None,
    *,
    path: Path = Path.DIRECT,
    loss: float = 0.0,
    rtt: float | None = 50.0,
) -> LineReading:
    return LineReading(
        path=path, up_kbps=up, down_kbps=up if down is None else down, rtt_ms=rtt, loss_up_pct=loss, loss_down_pct=loss
    )


@pytest.mark.parametrize(
    ("reading", "rung"),
    [
        (line(20_000), Rung.VIDEO),  # fibre
        (line(2_000, 8_000), Rung.VIDEO),  # 4g
        (line(250, 500, loss=2, rtt=150), Rung.SMALL_VIDEO),  # rural3g
        (line(55, 110, loss=5, rtt=400), Rung.VOICE_12),  # edge
        (line(45, 110, loss=5, rtt=500), Rung.VOICE_8),  # edge, measured low
        (line(900, 900, loss=20), Rung.VOICE_24),  # lossy20
        (line(180), Rung.STILLS),
        (line(125), Rung.VOICE_24),
        (line(66), Rung.VOICE_16),
        (line(30), Rung.CLIPS),
        (line(4), Rung.TEXT),
        (line(0), Rung.PHONE),
        (line(None, None, rtt=None), Rung.PHONE),
        (line(None, None, rtt=900), Rung.TEXT),  # an answer came, too little to tell a rate
        (line(20_000, 50), Rung.VOICE_8),  # the narrower way decides
        (line(20_000, path=Path.RELAY_TLS), Rung.VIDEO),
        (line(20_000, path=Path.BLOCKED), Rung.CLIPS),
        (line(20_000, path=Path.UNKNOWN), Rung.VIDEO),
        (line(20_000, loss=35), Rung.CLIPS),
        (line(20_000, rtt=3_000), Rung.CLIPS),
    ],
)
def test_the_best_rung_that_the_line_holds(reading: LineReading, rung: Rung) -> None:
    assert rung_for(reading) is rung


GOOD = {"camera": Device.WORKS, "microphone": Device.WORKS, "speaker": Device.WORKS}


@pytest.mark.parametrize(
    ("reading", "devices", "instruction"),
    [
        (line(20_000), {}, Instruction.READY),
        (line(None, None, rtt=None), {"microphone": Device.MISSING}, Instruction.NO_LINE),
        (line(20_000), {"microphone": Device.REFUSED, "camera": Device.REFUSED}, Instruction.ALLOW_MICROPHONE),
        (line(20_000), {"microphone": Device.MISSING}, Instruction.PLUG_MICROPHONE),
        (line(20_000), {"microphone": Device.SILENT, "speaker": Device.SILENT}, Instruction.RAISE_MICROPHONE),
        (line(20_000), {"speaker": Device.SILENT}, Instruction.RAISE_SOUND),
        (line(20_000), {"speaker": Device.SKIPPED}, Instruction.READY),
        (line(20_000, path=Path.BLOCKED), {}, Instruction.OTHER_NETWORK),
        (line(20_000, loss=12), {}, Instruction.MOVE_CLOSER),
        (line(55, loss=2), {}, Instruction.FREE_THE_LINE),
        (line(20_000), {"camera": Device.REFUSED}, Instruction.ALLOW_CAMERA),
        (line(20_000), {"camera": Device.MISSING}, Instruction.PLUG_CAMERA),
        (line(130), {"camera": Device.MISSING}, Instruction.VOICE_FIRST),  # a camera would not help
        (line(5_000, rtt=900), {}, Instruction.LET_FINISH),
        (line(130), {}, Instruction.VOICE_FIRST),
    ],
)
def test_one_instruction_and_the_most_pressing(reading: LineReading, devices: dict, instruction: Instruction) -> None:
    assert forecast(reading, **(GOOD | devices)).instruction is instruction


def test_without_a_camera_sound_is_expected_and_less_data() -> None:
    told = forecast(line(20_000), **(GOOD | {"camera": Device.SKIPPED}))
    assert (told.rung, told.megabytes) == (Rung.VOICE_24, megabytes(Rung.VOICE_24))
    assert told.megabytes < forecast(line(20_000), **GOOD).megabytes


@pytest.mark.parametrize(
    ("rung", "cost"),
    # 45 minutes, both ways: 2 x 2 streams of (2 x 8 + 9) kbit/s are 100 kbit/s, 33.75 MB.
    [
        (Rung.VOICE_8, 34),
        (Rung.VOICE_16, 56),
        (Rung.VOICE_24, 102),
        (Rung.SMALL_VIDEO, 142),
        (Rung.VIDEO, 439),
        (Rung.PHONE, 0),
    ],
)
def test_what_45_minutes_cost(rung: Rung, cost: int) -> None:
    assert megabytes(rung) == cost


def test_each_rung_down_needs_less_and_costs_no_more() -> None:
    needs = [COSTS[rung].needed_kbps for rung in RUNG_ORDER]
    costs = [megabytes(rung) for rung in RUNG_ORDER]
    assert needs == sorted(needs, reverse=True)
    assert costs == sorted(costs, reverse=True)


def test_the_rates_are_those_of_the_page() -> None:
    source = RUNGS_JS.read_text()
    for rung in (Rung.VOICE_16, Rung.VOICE_12, Rung.VOICE_8):
        found = re.search(rf'"{rung}": rung\("voice", sound\(([\d_]+), (\d+)\)\)', source)
        assert found, rung
        assert (int(found[1]) / 1000, int(found[2])) == (COSTS[rung].payload_kbps, COSTS[rung].packet_ms)
    for rung in (Rung.VIDEO, Rung.SMALL_VIDEO):
        found = re.search(rf'"?{rung}"?: rung\("{rung}", FULL, {{[^}}]*bps: ([\d_]+)', source)
        assert found, rung
        assert int(found[1]) / 1000 == COSTS[rung].picture_kbps
