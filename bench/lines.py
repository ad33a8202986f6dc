"""Measures whole calls on bad lines: the real server, three Chromiums, each behind its own line of ``tests/lab``.

    python -m bench.lines                     every case, then every fault
    python -m bench.lines edge outage-10      some of them
    python -m bench.lines --seconds 20 rural3g

Prints one JSON object on standard output, and the table for people on standard error. Needs root, Chromium and coturn.
A page presses its own buttons at once, so the times hold page, TLS, socket, ICE and DTLS, and nobody's hand.
``invented`` is the share of speech samples that the worst listener's browser had to make up, silence left out;
``uplink`` is the classroom's, whole page, at the IP layer. Each fault has its fault-free control in the same run, just
before it.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, async_playwright

from tests.lab.browsers import launch
from tests.lab.laboratory import SERVER_ADDRESS, TURN_ADDRESS, Laboratory, missing_for_laboratory
from tests.lab.speech import write_speech
from tests.support.coturn import Coturn, Network, running_coturn
from tests.support.demo_server import free_port

ROLES = ("classroom", "psychologist", "social_worker")
TLS_PORT = 443
URL = f"https://{SERVER_ADDRESS}"
WATCH = Path(__file__).with_name("lines_watch.js")
JOIN_PATIENCE_S = 90.0
SETTLE_S = 10.0
ADDRESSES_SETTLE_S = 3.0
BACK_PATIENCE_S = 60.0
SILENCE_WATCHED_S = 25.0
Figures = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Case:
    """Three lines by role, and what the issue asks for on them."""

    lines: tuple[str, str, str]
    first_sound_s: float | None = None
    invented_pct: float | None = None
    buffer_ms: float | None = None
    uplink_kbps: float | None = None


CASES: dict[str, Case] = {
    "fibre": Case(lines=("fibre", "fibre", "fibre"), first_sound_s=1.5),
    "rural3g": Case(lines=("rural3g", "rural3g", "rural3g"), first_sound_s=4, invented_pct=1, buffer_ms=300),
    "edge": Case(lines=("edge", "edge", "edge"), first_sound_s=9, invented_pct=3, buffer_ms=800, uplink_kbps=58),
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


class Server:
    """The real demonstration behind TLS, in the laboratory's internet; it can be killed and started again."""

    def __init__(self, laboratory: Laboratory, folder: Path, coturn: Coturn) -> None:
        self._lab, self._folder = laboratory, folder
        self._port = free_port()
        self._environment = {
            **os.environ,
            # By TCP too: where UDP is cut, nothing else is left.
            "WASL_TURN_URLS": ",".join([*coturn.settings.urls, f"turn:{coturn.address}:{coturn.port}?transport=tcp"]),
            "WASL_TURN_SECRET": coturn.settings.secrets[0],
        }
        self._demo: subprocess.Popen[str] | None = None
        self._front: subprocess.Popen[str] | None = None
        self.links: dict[str, str] = {}

    def start(self) -> None:
        """Start the demonstration, and the TLS front where it does not run yet; read the links."""
        wasl = str(Path(sys.executable).with_name("wasl"))
        with (self._folder / "server.log").open("a") as log:
            self._demo = subprocess.Popen(
                self._lab.command_inside(
                    self._lab.internet, wasl, "demo", "--json", "--port", str(self._port),
                    "--data", str(self._folder / "demo"), "--public-url", URL,
                ),
                stdout=subprocess.PIPE, stderr=log, text=True, env=self._environment,
            )  # fmt: skip
        assert self._demo.stdout is not None
        told = self._demo.stdout.readline()
        if not told:
            raise RuntimeError((self._folder / "server.log").read_text()[-2000:])
        self.links = json.loads(told)["links"]
        if self._front is None:
            arguments = (SERVER_ADDRESS, str(TLS_PORT), str(self._port), str(self._folder))
            self._front = subprocess.Popen(
                self._lab.command_inside(self._lab.internet, sys.executable, "-m", "tests.lab.tls_front", *arguments),
                stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            assert self._front.stdout is not None
            self._front.stdout.readline()

    def kill(self) -> None:
        """End the demonstration as a crash would."""
        if self._demo is not None:
            self._demo.send_signal(signal.SIGKILL)
            self._demo.wait()

    def close(self) -> None:
        """End both."""
        self.kill()
        if self._front is not None:
            self._front.kill()
            self._front.wait()


class Call:
    """Three pages on the demonstration's visit, as they are measured from outside."""

    def __init__(self, laboratory: Laboratory, pages: dict[str, Page], server: Server) -> None:
        self.lab, self.pages, self.server = laboratory, pages, server

    async def join(self) -> Figures:
        """Open the three links at once and wait until everybody hears everybody; seconds since each page's start."""
        await asyncio.gather(
            *[page.goto(self.server.links[role], wait_until="commit") for role, page in self.pages.items()]
        )
        first: dict[str, float | None] = {}
        until = time.monotonic() + JOIN_PATIENCE_S
        while time.monotonic() < until:
            # A professional's link signs in first and goes on to the call by itself; nothing can be asked meanwhile.
            with contextlib.suppress(PlaywrightError):
                first = {
                    role: await page.evaluate("window.watched?.firstSound ?? null") for role, page in self.pages.items()
                }
            if first and all(first.values()):
                break
            await asyncio.sleep(0.2)
        return {role: None if at is None else round(at / 1000, 1) for role, at in first.items()}

    async def last(self) -> dict[str, Figures]:
        """Return each page's newest figures."""
        return {role: await page.evaluate("window.watched.series.at(-1)") for role, page in self.pages.items()}

    async def measure(self, seconds: float) -> Figures:
        """Measure a stretch of the call: the worst of all listeners, and the classroom's uplink."""
        self.lab.count("classroom")
        before, started = await self.last(), time.monotonic()
        await asyncio.sleep(seconds)
        after, stretch = await self.last(), time.monotonic() - started
        counted = self.lab.count("classroom")
        invented, buffers, fps, frozen = [], [], [], []
        for role in ROLES:
            for old, new in zip(before[role]["legs"], after[role]["legs"], strict=False):
                grown = {name: new[name] - old[name] for name in new}
                invented.append(100 * grown["invented"] / grown["samples"] if grown["samples"] > 0 else 100.0)
                buffers.append(1000 * grown["delay"] / grown["emitted"] if grown["emitted"] > 0 else 0.0)
                fps.append(round(grown["frames"] / stretch, 1))
                frozen.append(round(100 * grown["frozen"] / stretch, 1))
        return {
            "inventedPct": round(max(invented, default=100.0), 2),
            "bufferMs": round(max(buffers, default=0.0)),
            "uplinkKbps": round(counted["up"]["bytes"] * 8 / stretch / 1000, 1),
            "fps": fps,
            "frozenPct": max(frozen, default=0.0),
            "rungs": {role: after[role]["rung"] for role in ROLES},
        }

    async def time_to_sound(self) -> float | None:
        """Return the seconds from now until everybody hears everybody again; None: not within a minute."""
        marks = await self.last()
        started = time.monotonic()
        while time.monotonic() - started < BACK_PATIENCE_S:
            now = await self.last()
            back = [_growing(marks[role]["legs"], now[role]["legs"]) for role in ROLES]
            if all(count >= len(ROLES) - 1 for count in back):
                return round(time.monotonic() - started, 1)
            await asyncio.sleep(0.1)
        return None

    async def longest_gap(self, since_ms: dict[str, float]) -> float:
        """Return the longest time, in seconds, that any connection brought no packet since the pages' times."""
        gaps = [0.0]
        for role, page in self.pages.items():
            series = await page.evaluate(
                "since => window.watched.series.filter(({now}) => now > since)", since_ms[role]
            )
            for leg in range(len(ROLES) - 1):
                points = [(entry["now"], entry["legs"][leg]["packets"]) for entry in series if len(entry["legs"]) > leg]
                last = points[0] if points else (0, 0)
                for now, packets in points:
                    if packets != last[1]:
                        last = (now, packets)
                    gaps.append((now - last[0]) / 1000)
        return round(max(gaps), 1)

    async def suffer(self, name: str, fault: Fault) -> Figures:
        """Let a fault happen to a call on good lines, and measure how sound and seats come back."""
        control = await self.measure(10)
        since = {role: figures["now"] for role, figures in (await self.last()).items()}
        mend = self._break(name)
        await asyncio.sleep(fault.seconds)
        mend()
        if fault.seconds:
            back = await self.time_to_sound()
        else:
            # What is under way still arrives: the longest silence that follows is what people hear.
            await asyncio.sleep(SILENCE_WATCHED_S)
            back = await self.longest_gap(since) if await self.time_to_sound() is not None else None
        result: Figures = {"bar": fault.back_s, "soundBackS": back, "controlInventedPct": control["inventedPct"]}
        if name == "server-killed":
            started = time.monotonic()
            while any(figures["signaling"] != "online" for figures in (await self.last()).values()):
                if time.monotonic() - started > BACK_PATIENCE_S:
                    break
                await asyncio.sleep(0.1)
            result |= {"seatsBackS": round(time.monotonic() - started, 1), "mediaGapS": await self.longest_gap(since)}
        return result

    def _break(self, name: str) -> Callable[[], None]:
        if name == "server-killed":
            self.server.kill()
            return self.server.start
        if name == "new-address":
            self.lab.change_address("classroom", 2)
        elif name == "udp-cut":
            self.lab.block_udp("classroom")
        else:
            self.lab.cut("classroom")
            return lambda: self.lab.cut("classroom", False)
        return lambda: None


def _growing(old: list[Figures], new: list[Figures]) -> int:
    """Count the connections that have brought packets since; a connection that counts anew is a new one."""
    before = [leg["packets"] for leg in old] + [0] * len(new)
    return sum(leg["packets"] > (mark if leg["packets"] >= mark else 0) for leg, mark in zip(new, before, strict=False))


@contextlib.asynccontextmanager
async def calling(lines: tuple[str, str, str]) -> AsyncIterator[Call]:
    """Yield a call that has not begun: server, lines and empty pages."""
    with (
        tempfile.TemporaryDirectory(prefix="wasl-lines-") as name,
        Laboratory() as laboratory,
        running_coturn(
            network=Network(laboratory.internet), address=TURN_ADDRESS, site_ranges=(f"{TURN_ADDRESS}/32",)
        ) as coturn,
    ):
        folder = Path(name)
        write_speech(folder / "speech.wav")
        server = Server(laboratory, folder, coturn)
        try:
            server.start()
            homes = {role: laboratory.add_participant(role, "fibre") for role in ROLES}
            # A device that has just come up takes another address a moment later, which ends what Chromium is loading.
            await asyncio.sleep(ADDRESSES_SETTLE_S)
            async with async_playwright() as playwright:
                pages: dict[str, Page] = {}
                for role, home in homes.items():
                    browser = await launch(playwright, laboratory, home, folder / "speech.wav")
                    context = await browser.new_context(ignore_https_errors=True, locale="fr")
                    await context.add_init_script(path=WATCH)
                    pages[role] = await context.new_page()
                await asyncio.sleep(ADDRESSES_SETTLE_S)
                for role, line in zip(ROLES, lines, strict=True):
                    laboratory.set_line(role, line)
                yield Call(laboratory, pages, server)
        finally:
            server.close()


async def measure_case(case: Case, seconds: float) -> Figures:
    """Join on the case's lines and measure the call."""
    async with calling(case.lines) as call:
        first = await call.join()
        await asyncio.sleep(SETTLE_S)
        measured = await call.measure(seconds)
    times = list(first.values())
    return {"firstSoundS": None if None in times else max(times), "firstSoundByRole": first, **measured}


async def measure_fault(name: str) -> Figures:
    """Join on good lines, and let the fault happen."""
    async with calling(("4g", "fibre", "4g")) as call:
        await call.join()
        await asyncio.sleep(SETTLE_S)
        return await call.suffer(name, FAULTS[name])


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
    options = parser.parse_args()
    if missing := missing_for_laboratory():
        sys.exit(f"no laboratory can be made here: {missing}")
    asyncio.run(main(options.names, options.seconds))
