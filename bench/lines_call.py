"""A whole call in the laboratory, as `bench/lines.py` measures it: the real server behind TLS, and three Chromiums."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from playwright.async_api import Error as PlaywrightError

from tests.lab.browsers import launch
from tests.lab.laboratory import SERVER_ADDRESS, TURN_ADDRESS, Laboratory
from tests.lab.speech import write_speech
from tests.support.coturn import Coturn, Network, running_coturn
from tests.support.demo_server import free_port

ROLES = ("classroom", "psychologist", "social_worker")
TLS_PORT = 443
URL = f"https://{SERVER_ADDRESS}"
WATCH = Path(__file__).with_name("lines_watch.js")
JOIN_PATIENCE_S = 90.0
ADDRESSES_SETTLE_S = 3.0
BACK_PATIENCE_S = 60.0
Figures = dict[str, Any]


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
        self.visit = ""

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
        self.links, self.visit = json.loads(told)["links"], json.loads(told)["visit"]
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

    def __init__(self, laboratory: Laboratory, browsers: dict[str, Browser], server: Server) -> None:
        self.lab, self.server = laboratory, server
        self._browsers = browsers
        self.pages: dict[str, Page] = {}

    async def open_pages(self, *, prepared: bool = False) -> None:
        """Give every role an empty page in a profile that knows nothing, or only what ``prepared`` means."""
        for role, browser in self._browsers.items():
            workers: Literal["allow", "block"] = "allow" if prepared else "block"
            context = await browser.new_context(ignore_https_errors=True, locale="fr", service_workers=workers)
            if role == "psychologist":
                await sign_in(context, self.server.links[role])
            if prepared:
                await keep_page(context)
            await context.add_init_script(path=WATCH)
            self.pages[role] = await context.new_page()

    async def start_over(self) -> None:
        """Leave, as if only the seats had been taken: no page, no connection, nothing kept is left."""
        for role, old in self.pages.items():
            self.pages[role] = page = await old.context.new_page()
            await old.close()
            devtools = await page.context.new_cdp_session(page)
            await devtools.send("Network.clearBrowserCache")
        self.server.kill()
        self.server.start()

    async def join(self) -> Figures:
        """Open the three links at once and wait until everybody hears everybody; seconds since each page's start."""
        links = {**self.server.links, "psychologist": f"{URL}/call/{self.server.visit}"}
        await asyncio.gather(*[page.goto(links[role], wait_until="commit") for role, page in self.pages.items()])
        first: dict[str, float | None] = {}
        until = time.monotonic() + JOIN_PATIENCE_S
        while time.monotonic() < until:
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


def _growing(old: list[Figures], new: list[Figures]) -> int:
    """Count the connections that have brought packets since; a connection that counts anew is a new one."""
    before = [leg["packets"] for leg in old] + [0] * len(new)
    return sum(leg["packets"] > (mark if leg["packets"] >= mark else 0) for leg, mark in zip(new, before, strict=False))


async def sign_in(context: BrowserContext, link: str) -> None:
    """Open a professional's link as far as the cookie; the call's page behind it stays unopened."""
    page = await context.new_page()
    await page.route("**/call/*", lambda route: route.abort())
    with contextlib.suppress(PlaywrightError):
        await page.goto(link)
    await page.close()


async def keep_page(context: BrowserContext) -> None:
    """Open the call's page without pressing anything, until the browser has kept all of it."""
    page = await context.new_page()
    await page.goto(f"{URL}/j")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.close()


@contextlib.asynccontextmanager
async def calling(lines: tuple[str, str, str], *, prepared: bool = False) -> AsyncIterator[Call]:
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
                browsers = {
                    role: await launch(playwright, laboratory, home, folder / "speech.wav")
                    for role, home in homes.items()
                }
                call = Call(laboratory, browsers, server)
                await call.open_pages(prepared=prepared)
                await asyncio.sleep(ADDRESSES_SETTLE_S)
                for role, line in zip(ROLES, lines, strict=True):
                    laboratory.set_line(role, line)
                yield call
        finally:
            server.close()
