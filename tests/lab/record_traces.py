"""Record what three Chromiums measure on lines that change: the traces that the ladder is replayed over.

    python -m tests.lab.record_traces FOLDER [NAME ...]

Each trace is one browser's view, a sample a second, in the form that ``web/static/js/rtc/ladder.js`` reads. The page
holds one voice rung throughout, so a trace tells what the line does, not what the ladder did. Needs root, Chromium and
coturn (as STUN server), two to three minutes a trace.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from tests.lab.browsers import launch
from tests.lab.laboratory import SERVER_ADDRESS, Laboratory
from tests.lab.presets import Line
from tests.lab.speech import write_speech

WEB_PORT, STUN_PORT = 8000, 3478
ORIGIN = f"http://{SERVER_ADDRESS}:{WEB_PORT}"
FURTHER_ARGUMENTS = (f"--unsafely-treat-insecure-origin-as-secure={ORIGIN}",)
ROLES = ("classroom", "psychologist", "social_worker")
PAIRS = (("classroom", "psychologist"), ("classroom", "social_worker"), ("psychologist", "social_worker"))
VOICE_8 = {"bps": 8_000, "ptime": 60}
VOICE_24 = {"bps": 24_000, "ptime": 20}
#: How often a pair that does not stand is offered a restart of ICE, as the product does through signaling.
RESTART_EVERY_S = 6
#: The socket of a page counts as dead after this long without the line.
SOCKET_DEAD_S = 4


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Lines by role, and what happens to them; ``events`` are (second, role, line, or None for a cut)."""

    lines: tuple[str, str, str]
    seconds: int
    setting: dict[str, int] = field(default_factory=lambda: VOICE_24)
    events: tuple[tuple[float, str, Line | str | None], ...] = ()
    seen_by: str = "classroom"
    #: Events at which the role's public address changes too.
    new_address_at: tuple[float, ...] = ()


JAM = Line(down_kbit=110, up_kbit=50, rtt_ms=250, jitter_ms=60, loss=0.04)
FLAPS = tuple(
    event for start in (20, 40, 60, 80) for event in ((start, "classroom", None), (start + 7, "classroom", "4g"))
)
SCENARIOS: dict[str, Scenario] = {
    "edge-steady": Scenario(lines=("edge", "edge", "edge"), setting=VOICE_8, seconds=100),
    "edge-to-nothing-to-edge": Scenario(
        lines=("edge", "fibre", "4g"), setting=VOICE_8, seconds=170,
        events=((40, "classroom", None), (110, "classroom", "edge")),
    ),
    "rural3g-evening-jam": Scenario(
        lines=("rural3g", "fibre", "4g"), seconds=140,
        events=((50, "classroom", JAM), (95, "classroom", "rural3g")),
    ),
    "3g-to-4g-handover": Scenario(
        lines=("rural3g", "fibre", "4g"), seconds=100, events=((40, "classroom", "4g"),), new_address_at=(40,),
    ),
    "satellite": Scenario(lines=("satellite", "fibre", "4g"), seconds=100),
    "lossy20": Scenario(lines=("lossy20", "fibre", "4g"), seconds=100),
    "wifi-drop": Scenario(
        lines=("fibre", "fibre", "4g"), seconds=100,
        events=((40, "classroom", None), (50, "classroom", "fibre")),
    ),
    "one-weak-end-of-three": Scenario(
        lines=("fibre", "4g", "edge"), setting=VOICE_8, seconds=100, seen_by="psychologist",
    ),
    "flapping": Scenario(lines=("4g", "fibre", "4g"), seconds=120, events=FLAPS),
    "dead-uplink": Scenario(
        lines=("4g", "fibre", "4g"), seconds=110,
        events=((30, "classroom", Line(down_kbit=8_000, up_kbit=0.1, rtt_ms=60, queue_ms=1)), (80, "classroom", "4g")),
    ),
    "rural3g-three-ends": Scenario(lines=("rural3g", "rural3g", "rural3g"), seconds=100),
    "fibre-steady": Scenario(lines=("fibre", "fibre", "4g"), seconds=100),
}  # fmt: skip


class Recording:
    """Three pages over one laboratory, one scenario at a time."""

    def __init__(self, laboratory: Laboratory, pages: dict[str, Page]) -> None:
        self._lab = laboratory
        self._pages = pages
        self._down: dict[str, float | None] = dict.fromkeys(ROLES)
        self._addresses = dict.fromkeys(ROLES, 1)

    async def record(self, scenario: Scenario) -> list[dict[str, Any]]:
        """Connect all pairs afresh, play the scenario, and return one sample a second."""
        for role, line in zip(ROLES, scenario.lines, strict=True):
            self._lab.cut(role, False)
            self._lab.set_line(role, line)
            self._down[role] = None
        for one, other in PAIRS:
            for here, there in ((one, other), (other, one)):
                servers = [{"urls": f"stun:{SERVER_ADDRESS}:{STUN_PORT}"}]
                await self._pages[here].evaluate(
                    "([id, setting, servers]) => make(id, setting, servers)", [there, scenario.setting, servers]
                )
        started = time.monotonic()
        ending = asyncio.Event()
        keepers = [asyncio.create_task(self._keep(pair, ending)) for pair in PAIRS]
        waiting = sorted(scenario.events, key=lambda event: event[0])
        samples: list[dict[str, Any]] = []
        for second in range(1, scenario.seconds + 1):
            await asyncio.sleep(max(0.0, started + second - time.monotonic()))
            while waiting and waiting[0][0] <= second:
                self._happen(*waiting.pop(0), scenario)
            measured = await asyncio.gather(*[self._pages[role].evaluate("measure()") for role in ROLES])
            samples.append(self._sample(scenario.seen_by, dict(zip(ROLES, measured, strict=True)), second))
        ending.set()
        await asyncio.gather(*keepers)
        return samples

    def _happen(self, second: float, role: str, line: Line | str | None, scenario: Scenario) -> None:
        if line is None:
            self._lab.cut(role)
            self._down[role] = time.monotonic()
            return
        self._lab.set_line(role, line)
        self._lab.cut(role, False)
        dead = not isinstance(line, str) and line.up_kbit < 1
        self._down[role] = time.monotonic() if dead else None
        if second in scenario.new_address_at:
            self._addresses[role] += 1
            self._lab.change_address(role, self._addresses[role])

    async def _keep(self, pair: tuple[str, str], ending: asyncio.Event) -> None:
        """Negotiate a pair, carry its candidates, and restart ICE where it does not stand and both have a line."""
        first, second = (self._pages[role] for role in pair)
        restarted = time.monotonic()
        offer = await first.evaluate("id => offer(id, false)", pair[1])
        while not ending.is_set():
            if offer:
                answer = await second.evaluate("([id, sdp]) => answer(id, sdp)", [pair[0], offer])
                await first.evaluate("([id, sdp]) => accept(id, sdp)", [pair[1], answer])
                offer = None
            for near, far, near_id, far_id in (
                (first, second, pair[0], pair[1]), (second, first, pair[1], pair[0]),
            ):  # fmt: skip
                candidates = await near.evaluate("id => take(id)", far_id)
                if candidates:
                    await far.evaluate("([id, candidates]) => give(id, candidates)", [near_id, candidates])
            state = await first.evaluate("id => connectionOf(id)", pair[1])
            troubled = state in {"disconnected", "failed"} and not any(self._down[role] for role in pair)
            if troubled and time.monotonic() - restarted > RESTART_EVERY_S:
                restarted = time.monotonic()
                offer = await first.evaluate("id => offer(id, true)", pair[1])
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), 0.3)

    def _sample(self, role: str, measured: dict[str, dict[str, Any]], second: int) -> dict[str, Any]:
        legs = []
        for peer in (other for other in ROLES if other != role):
            mine, theirs = measured[role][peer], measured[peer][role]
            # What the other end measures comes over this very connection: a dead one brings nothing.
            reported = mine["connection"] == "connected" and mine["packets"] > 0
            ends = ("inventedPct", "lossPct", "bufferMs", "packets")
            legs.append(
                {
                    "peer": peer,
                    "role": peer,
                    "connection": mine["connection"],
                    "rttMs": mine["rttMs"],
                    "here": {name: mine[name] for name in ends},
                    "there": {name: theirs[name] for name in ends} if reported else None,
                }
            )
        down = self._down[role]
        online = down is None or time.monotonic() - down < SOCKET_DEAD_S
        return {"at": second * 1000, "online": online, "legs": legs}


def _serve(laboratory: Laboratory, folder: Path) -> list[subprocess.Popen[bytes]]:
    """Start what gives out the page, and what answers STUN."""
    page_folder = str(Path(__file__).parent)
    commands = (
        (sys.executable, "-m", "http.server", str(WEB_PORT), "--bind", SERVER_ADDRESS, "-d", page_folder),
        ("turnserver", "-n", "--stun-only", "-L", SERVER_ADDRESS, "-p", str(STUN_PORT), "--no-tls", "--no-dtls",
         "--no-cli", "--pidfile", str(folder / "stun.pid"), "--log-file", str(folder / "stun.log"), "--simple-log"),
    )  # fmt: skip
    with (folder / "servers.log").open("ab") as log:
        return [
            subprocess.Popen(laboratory.command_inside(laboratory.internet, *command), stdout=log, stderr=log)
            for command in commands
        ]


@contextlib.asynccontextmanager
async def three_pages(laboratory: Laboratory, folder: Path) -> AsyncIterator[dict[str, Page]]:
    """Yield a page for each role, each browser in a namespace of its own behind its own line."""
    write_speech(folder / "speech.wav")
    servers = _serve(laboratory, folder)
    try:
        async with async_playwright() as playwright:
            pages: dict[str, Page] = {}
            for role in ROLES:
                home = laboratory.add_participant(role, "fibre")
                browser = await launch(playwright, laboratory, home, folder / "speech.wav", FURTHER_ARGUMENTS)
                pages[role] = await (await browser.new_context()).new_page()
                await pages[role].goto(f"{ORIGIN}/recording_page.html")
                await pages[role].evaluate("start()")
            yield pages
    finally:
        for server in servers:
            server.kill()
            server.wait()


async def main(target: Path, names: list[str]) -> None:
    """Record the named scenarios, or all, each into a file of its own."""
    with tempfile.TemporaryDirectory() as folder, Laboratory() as laboratory:
        async with three_pages(laboratory, Path(folder)) as pages:
            recording = Recording(laboratory, pages)
            for name in names or list(SCENARIOS):
                scenario = SCENARIOS[name]
                samples = await recording.record(scenario)
                events = [
                    {"second": second, "role": role, "line": str(line) if isinstance(line, Line) else line}
                    for second, role, line in scenario.events
                ]
                trace = {
                    "name": name,
                    "source": "recorded: three Chromiums over tests/lab, one voice rung held",
                    "lines": dict(zip(ROLES, scenario.lines, strict=True)),
                    "sent": scenario.setting,
                    "seenBy": scenario.seen_by,
                    "events": events,
                }
                lines = ",\n".join(json.dumps(sample, separators=(",", ":")) for sample in samples)
                head = json.dumps(trace, indent=1)[:-2]
                (target / f"{name}.json").write_text(f'{head},\n "samples": [\n{lines}\n]\n}}\n')
                print(name, len(samples), flush=True)  # noqa: T201  a command's own progress


if __name__ == "__main__":
    chosen = Path(sys.argv[1]).absolute()
    chosen.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(chosen, sys.argv[2:]))
