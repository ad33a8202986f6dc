"""Measures whole calls on bad lines: the real server, three browsers, each behind its own line of ``tests/lab``.

    python -m bench.lines                     every case, then every fault
    python -m bench.lines edge outage-10      some of them
    python -m bench.lines --seconds 20 rural3g
    python -m bench.lines --seconds 600 cpu-6x
    python -m bench.lines rural3g --firefox   the psychologist has Firefox, the others Chromium
    python -m bench.lines rural3g --firefox classroom
    python -m bench.lines --tries 20          how often all pairs on three EDGE lines are connected within 25 s

Prints one JSON object on standard output, and the table for people on standard error. Needs root, Chromium, coturn and
HAProxy, and Firefox ESR and PulseAudio for ``--firefox``.
A page presses its own buttons the moment they can be pressed, so the times hold page, TLS, socket, ICE and DTLS, and
nobody's hand. The psychologist is signed in already and opens the visit; the others open their links. ``prepared`` is
the same when each browser has opened the page once before, on a good line, as the printed card asks for the day before.

``first sound`` is when the last of the three listeners has first heard anybody, in seconds since it opened its page, by
whatever way: over the socket while no connection stands, or over a connection. The bar is on this one. ``direct`` is
the same over connections alone; ``all connected`` is when the last of them had both connections, which ``--tries``
counts and its bar is on, ``all heard`` when the last of them has heard both others over connections. What comes over
the socket counts from when it is put on the loudspeaker, silence left out.
``invented`` is the share of speech samples that the worst listener's browser had to make up, silence left out;
``uplink`` is the classroom's, whole page, at the IP layer; ``fps``, ``width`` and ``frozen`` are of the classroom's
picture as the psychologist sees it; ``fps third`` is the social worker's. ``cpu-6x`` slows the main thread of the
classroom's page down, as a browser's own tools do; sound and pictures are coded on other threads. ``edge-nothing-edge``
tells what each person had of the others in each stretch of 30 s, or what the page said to them instead; ``--seconds``
makes it longer than three stretches. Each fault has its fault-free control in the same run, just before it.
``udp-cut`` leaves the classroom nothing but TCP to port 443; the result names the protocol to the relay.
``turn-killed`` ends the relay of a call that has no other way, and starts it again after five seconds.

A Firefox is asked the same; its microphone is given the speech that Chromium's plays, and a sound server takes what it
plays. The JSON's ``bufferMsByListener`` tells whose buffer is the longest. A figure that a browser does not have is
null; where the energy of sound is not told, ``first sound`` is its first packet. ``cpu-6x`` needs a classroom in
Chromium.
"""

import argparse
import asyncio
import json
import signal
import sys
from dataclasses import dataclass

from bench.lines_call import ROLES, Figures, calling, worst
from bench.lines_faults import FAULTS, SETTLE_S, STRETCH_S, measure_coming_and_going, measure_fault
from tests.lab.laboratory import missing_for_laboratory
from tests.lab.tls_front import HAPROXY
from tests.support.firefox import missing_for_firefox

CONNECTED_WITHIN_S = 25.0
#: A line that comes and goes: there, gone, and there again, or more of that.
COMING_AND_GOING, STRETCHES_MIN = "edge-nothing-edge", 3


@dataclass(frozen=True, kw_only=True)
class Case:
    """Three lines by role, what else is special, and what is asked for.

    ``prepared``: the page was opened the day before. ``slower``: how many times slower the classroom's machine is.
    ``seen``: measured from when the ladder has earned the classroom's picture, which takes a minute on a thin line.
    """

    lines: tuple[str, str, str]
    prepared: bool = False
    slower: float = 1
    seen: bool = False
    first_sound_s: float | None = None
    invented_pct: float | None = None
    buffer_ms: float | None = None
    uplink_kbps: float | None = None
    fps: float | None = None
    frozen_pct: float | None = None


CASES: dict[str, Case] = {
    "fibre": Case(lines=("fibre", "fibre", "fibre"), first_sound_s=1.5),
    "rural3g": Case(lines=("rural3g", "rural3g", "rural3g"), first_sound_s=4, invented_pct=1, buffer_ms=300),
    "edge": Case(lines=("edge", "edge", "edge"), first_sound_s=9, invented_pct=3, buffer_ms=800, uplink_kbps=58),
    "fibre-prepared": Case(lines=("fibre", "fibre", "fibre"), prepared=True, first_sound_s=1.5),
    "rural3g-prepared": Case(lines=("rural3g", "rural3g", "rural3g"), prepared=True, first_sound_s=4),
    "edge-prepared": Case(lines=("edge", "edge", "edge"), prepared=True, first_sound_s=9, invented_pct=3),
    "edge-and-good": Case(lines=("edge", "fibre", "4g"), invented_pct=1, buffer_ms=800, uplink_kbps=58),
    "rural3g-and-good": Case(
        lines=("rural3g", "fibre", "4g"), seen=True, invented_pct=2, buffer_ms=300, fps=8, frozen_pct=5
    ),
    "lossy20-and-good": Case(lines=("lossy20", "fibre", "4g"), invented_pct=4),
    "satellite-and-good": Case(lines=("satellite", "fibre", "4g")),
    "cpu-6x": Case(lines=("4g", "4g", "4g"), slower=6, invented_pct=1),
}


async def measure_case(case: Case, seconds: float, firefox: str | None = None) -> Figures:
    """Join on the case's lines and measure the call; the role ``firefox`` has that browser."""
    async with calling(case.lines, prepared=case.prepared, firefox=firefox) as call:
        if case.slower > 1:
            await call.slow_down("classroom", case.slower)
        anybody, everybody = await call.join()
        direct = await call.seconds_to("firstDirect")
        connected = await call.seconds_to("connected")
        picture_after_s = await call.time_to_picture() if case.seen else None
        await asyncio.sleep(SETTLE_S)
        measured = await call.measure(seconds)
        rungs = await call.rungs_so_far()
    return {
        "firstSoundS": worst(list(anybody.values())),
        "allHeardS": worst(list(everybody.values())),
        "firstSoundByRole": anybody,
        "firstDirectS": worst(list(direct.values())),
        "firstDirectByRole": direct,
        "allConnectedS": worst(list(connected.values())),
        "allHeardByRole": everybody,
        "pictureAfterS": picture_after_s,
        **measured,
        "rungsSoFar": rungs,
    }


async def count_connected(tries: int, firefox: str | None = None) -> Figures:
    """Join on three EDGE lines again and again, each time without anything kept, and count."""
    first: list[float | None] = []
    direct: list[float | None] = []
    connected: list[float | None] = []
    times: list[float | None] = []
    async with calling(CASES["edge"].lines, firefox=firefox) as call:
        for _ in range(tries):
            if times:
                await call.start_over()
            anybody, everybody = await call.join()
            first.append(worst(list(anybody.values())))
            direct.append(worst(list((await call.seconds_to("firstDirect")).values())))
            connected.append(worst(list((await call.seconds_to("connected")).values())))
            times.append(worst(list(everybody.values())))
            print(
                f"try {len(times)}: first {first[-1]} s, direct {direct[-1]} s, "
                f"all connected {connected[-1]} s, all heard {times[-1]} s",
                file=sys.stderr,
                flush=True,
            )
    return {
        "firefox": firefox,
        "tries": tries,
        "within25s": sum(at is not None and at <= CONNECTED_WITHIN_S for at in connected),
        "heardWithin25s": sum(at is not None and at <= CONNECTED_WITHIN_S for at in times),
        "firstSoundS": first,
        "firstDirectS": direct,
        "allConnectedS": connected,
        "allHeardS": times,
    }


def table(results: dict[str, Figures]) -> str:
    """Return the issue's table: what was reached, beside its bar."""
    rows = []
    for name, got in results.items():
        if name in FAULTS:
            bar = f" (bar {got['bar']:g})" if got["bar"] is not None else ""
            further = {key: got[key] for key in ("seatsBackS", "mediaGapS", "classroomRelays") if key in got}
            rows.append(f"{name:20} sound back {got['soundBackS']} s{bar}  {further or ''}")
        elif name == COMING_AND_GOING:
            rows.append(f"{name:20} people left without a word in a stretch: {got['empty']} (bar 0)")
            for number, stretch in enumerate(got["stretches"], 1):
                for role, carried in stretch["carried"].items():
                    rows.append(f"  {number} {stretch['line']:8} {role:14} {carried}")
        else:
            rows.append(_case_row(name, got))
    return "\n".join(rows)


def _case_row(name: str, got: Figures) -> str:
    case = CASES[name]
    cells = (
        ("first sound s", got["firstSoundS"], case.first_sound_s), ("direct s", got["firstDirectS"], None),
        ("all connected s", got["allConnectedS"], None), ("all heard s", got["allHeardS"], None),
        ("invented %", got["inventedPct"], case.invented_pct),
        ("buffer ms", got["bufferMs"], case.buffer_ms), ("uplink kbit/s", got["uplinkKbps"], case.uplink_kbps),
        ("fps", got["classroomFps"], case.fps), ("fps third", got["classroomFpsThird"], None),
        ("width", got["classroomWidth"], None),
        ("frozen %", got["classroomFrozenPct"], case.frozen_pct), ("picture after s", got["pictureAfterS"], None),
    )  # fmt: skip
    told = [
        f"{title} {value}" + (f" (bar {bar:g})" if bar else "")
        for title, value, bar in cells
        if value is not None or bar
    ]
    return f"{name:20} " + "  ".join(told) + (f"  (Firefox: {got['firefox']})" if got["firefox"] else "")


def can_be_measured(name: str, firefox: str | None) -> bool:
    """Say whether a case can be had with this role in Firefox, whose main thread nothing slows down."""
    return firefox != "classroom" or name not in CASES or CASES[name].slower <= 1


async def _measure(name: str, seconds: float, firefox: str | None) -> Figures:
    if name == COMING_AND_GOING:
        return await measure_coming_and_going(max(STRETCHES_MIN, round(seconds / STRETCH_S)), firefox)
    return await (measure_case(CASES[name], seconds, firefox) if name in CASES else measure_fault(name, firefox))


async def main(names: list[str], seconds: float, firefox: str | None) -> None:
    """Measure the named cases and faults."""
    # Whoever ends the measurement takes the laboratory down with it.
    measuring = asyncio.current_task()
    assert measuring is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, measuring.cancel)
    results: dict[str, Figures] = {}
    for name in names:
        results[name] = {"firefox": firefox, **await _measure(name, seconds, firefox)}
        print(table({name: results[name]}), file=sys.stderr, flush=True)
    print(json.dumps(results))


if __name__ == "__main__":
    every = [*CASES, COMING_AND_GOING, *FAULTS]
    parser = argparse.ArgumentParser(prog="python -m bench.lines", description="Measures whole calls on bad lines.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(every))
    parser.add_argument("--seconds", type=float, default=40, help="how long each case is measured")
    parser.add_argument("--tries", type=int, default=0, help="count tries on EDGE instead")
    parser.add_argument(
        "--firefox",
        nargs="?",
        const="psychologist",
        choices=ROLES,
        help="who has Firefox; the psychologist, unless told",
    )
    options = parser.parse_args()
    chosen = options.names or [name for name in every if can_be_measured(name, options.firefox)]
    if cannot := [name for name in chosen if not can_be_measured(name, options.firefox)]:
        parser.error(f"no Firefox can be slowed down: {', '.join(cannot)}")
    if options.firefox and (missing := missing_for_firefox()):
        sys.exit(missing)
    if HAPROXY is None:
        sys.exit("HAProxy is not installed (apt-get install haproxy)")
    if missing := missing_for_laboratory():
        sys.exit(f"no laboratory can be made here: {missing}")
    if options.tries:
        print(json.dumps(asyncio.run(count_connected(options.tries, options.firefox))))
    else:
        asyncio.run(main(chosen, options.seconds, options.firefox))
