"""Measures whole calls on bad lines: the real server, three Chromiums, each behind its own line of ``tests/lab``.

    python -m bench.lines                     every case, then every fault
    python -m bench.lines edge outage-10      some of them
    python -m bench.lines --seconds 20 rural3g
    python -m bench.lines --tries 20          how often all pairs on three EDGE lines are connected within 25 s

Prints one JSON object on standard output, and the table for people on standard error. Needs root, Chromium and coturn.
A page presses its own buttons at once, so the times hold page, TLS, socket, ICE and DTLS, and nobody's hand. The
psychologist is signed in already and opens the visit; the others open their links. ``prepared`` is the same when each
browser has opened the page once before, on a good line, as the printed card asks for the day before.
``invented`` is the share of speech samples that the worst listener's browser had to make up, silence left out;
``uplink`` is the classroom's, whole page, at the IP layer. Each fault has its fault-free control in the same run, just
before it.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.lines_call import BACK_PATIENCE_S, Call, Figures, calling
from tests.lab.laboratory import missing_for_laboratory

SETTLE_S = 10.0
CONNECTED_WITHIN_S = 25.0
SILENCE_WATCHED_S = 25.0


@dataclass(frozen=True, kw_only=True)
class Case:
    """Three lines by role, whether the page was opened the day before, and what is asked for."""

    lines: tuple[str, str, str]
    prepared: bool = False
    first_sound_s: float | None = None
    invented_pct: float | None = None
    buffer_ms: float | None = None
    uplink_kbps: float | None = None


CASES: dict[str, Case] = {
    "fibre": Case(lines=("fibre", "fibre", "fibre"), first_sound_s=1.5),
    "rural3g": Case(lines=("rural3g", "rural3g", "rural3g"), first_sound_s=4, invented_pct=1, buffer_ms=300),
    "edge": Case(lines=("edge", "edge", "edge"), first_sound_s=9, invented_pct=3, buffer_ms=800, uplink_kbps=58),
    "fibre-prepared": Case(lines=("fibre", "fibre", "fibre"), prepared=True, first_sound_s=1.5),
    "rural3g-prepared": Case(lines=("rural3g", "rural3g", "rural3g"), prepared=True, first_sound_s=4),
    "edge-prepared": Case(lines=("edge", "edge", "edge"), prepared=True, first_sound_s=9, invented_pct=3),
    "edge-and-good": Case(lines=("edge", "fibre", "4g"), invented_pct=1, buffer_ms=800, uplink_kbps=58),
    "rural3g-and-good": Case(lines=("rural3g", "fibre", "4g"), invented_pct=2, buffer_ms=300),
    "lossy20-and-good": Case(lines=("lossy20", "fibre", "4g"), invented_pct=4),
    "satellite-and-good": Case(lines=("satellite", "fibre", "4g")),
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that happens to the classroom for ``seconds``, and within what time sound must be back afterwards."""

    seconds: float
    back_s: float


FAULTS = {
    "outage-10": Fault(seconds=10, back_s=1),
    "outage-30": Fault(seconds=30, back_s=2),
    "outage-300": Fault(seconds=300, back_s=5),
    "new-address": Fault(seconds=0, back_s=5.5),
    "udp-cut": Fault(seconds=0, back_s=8),
    "server-killed": Fault(seconds=3, back_s=1),
}


async def suffer(call: Call, name: str) -> Figures:
    """Let a fault happen to a call on good lines, and measure how sound and seats come back."""
    fault = FAULTS[name]
    control = await call.measure(10)
    since = {role: figures["now"] for role, figures in (await call.last()).items()}
    mend = _break(call, name)
    await asyncio.sleep(fault.seconds)
    mend()
    if fault.seconds:
        back = await call.time_to_sound()
    else:
        # What is under way still arrives: the longest silence that follows is what people hear.
        await asyncio.sleep(SILENCE_WATCHED_S)
        back = await call.longest_gap(since) if await call.time_to_sound() is not None else None
    result: Figures = {"bar": fault.back_s, "soundBackS": back, "controlInventedPct": control["inventedPct"]}
    if name == "server-killed":
        started = time.monotonic()
        while any(figures["signaling"] != "online" for figures in (await call.last()).values()):
            if time.monotonic() - started > BACK_PATIENCE_S:
                break
            await asyncio.sleep(0.1)
        result |= {"seatsBackS": round(time.monotonic() - started, 1), "mediaGapS": await call.longest_gap(since)}
    return result


def _break(call: Call, name: str) -> Callable[[], None]:
    if name == "server-killed":
        call.server.kill()
        return call.server.start
    if name == "new-address":
        call.lab.change_address("classroom", 2)
    elif name == "udp-cut":
        call.lab.block_udp("classroom")
    else:
        call.lab.cut("classroom")
        return lambda: call.lab.cut("classroom", False)
    return lambda: None


async def measure_case(case: Case, seconds: float) -> Figures:
    """Join on the case's lines and measure the call."""
    async with calling(case.lines, prepared=case.prepared) as call:
        first = await call.join()
        await asyncio.sleep(SETTLE_S)
        measured = await call.measure(seconds)
    times = list(first.values())
    return {"firstSoundS": None if None in times else max(times), "firstSoundByRole": first, **measured}


async def count_connected(tries: int) -> Figures:
    """Join on three EDGE lines again and again, each time without anything kept, and count."""
    times: list[float | None] = []
    async with calling(CASES["edge"].lines) as call:
        for _ in range(tries):
            if times:
                await call.start_over()
            first = list((await call.join()).values())
            times.append(None if None in first else max(first))
            print(f"try {len(times)}: {times[-1]} s", file=sys.stderr, flush=True)
    return {
        "tries": tries,
        "within25s": sum(at is not None and at <= CONNECTED_WITHIN_S for at in times),
        "firstSoundS": times,
    }


async def measure_fault(name: str) -> Figures:
    """Join on good lines, and let the fault happen."""
    async with calling(("4g", "fibre", "4g")) as call:
        await call.join()
        await asyncio.sleep(SETTLE_S)
        return await suffer(call, name)


def table(results: dict[str, Figures]) -> str:
    """Return the issue's table: what was reached, beside its bar."""
    rows = []
    for name, got in results.items():
        if name in FAULTS:
            rows.append(
                f"{name:20} sound back {got['soundBackS']} s (bar {got['bar']:g})  "
                + str({key: got[key] for key in ("seatsBackS", "mediaGapS") if key in got} or "")
            )
            continue
        case = CASES[name]
        cells = (
            ("first sound s", got["firstSoundS"], case.first_sound_s),
            ("invented %", got["inventedPct"], case.invented_pct),
            ("buffer ms", got["bufferMs"], case.buffer_ms), ("uplink kbit/s", got["uplinkKbps"], case.uplink_kbps),
            ("fps", min(got["fps"], default=None), None), ("frozen %", got["frozenPct"], None),
        )  # fmt: skip
        rows.append(
            f"{name:20} "
            + "  ".join(f"{title} {value}" + (f" (bar {bar:g})" if bar else "") for title, value, bar in cells)
        )
    return "\n".join(rows)


async def main(names: list[str], seconds: float) -> None:
    """Measure the named cases and faults, or all."""
    results: dict[str, Figures] = {}
    for name in names or [*CASES, *FAULTS]:
        results[name] = await (measure_case(CASES[name], seconds) if name in CASES else measure_fault(name))
        print(table({name: results[name]}), file=sys.stderr, flush=True)
    print(json.dumps(results))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.lines", description="Measures whole calls on bad lines.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join([*CASES, *FAULTS]))
    parser.add_argument("--seconds", type=float, default=40, help="how long each case is measured")
    parser.add_argument("--tries", type=int, default=0, help="count tries on EDGE instead")
    options = parser.parse_args()
    if missing := missing_for_laboratory():
        sys.exit(f"no laboratory can be made here: {missing}")
    if options.tries:
        print(json.dumps(asyncio.run(count_connected(options.tries))))
    else:
        asyncio.run(main(options.names, options.seconds))
