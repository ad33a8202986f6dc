"""A whole call in the laboratory, as `bench/lines.py` measures it: three Chromiums, each behind a line of its own."""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser, BrowserContext, CDPSession, Page, async_playwright
from playwright.async_api import Error as PlaywrightError

from bench.lines_server import URL, Server
from tests.lab.browsers import launch
from tests.lab.laboratory import TURN_ADDRESS, Laboratory, Nat
from tests.lab.speech import write_speech
from tests.lab.tls_front import key_pin, make_certificate
from tests.support.coturn import Coturn, Tls, running_coturn
from tests.support.network import Network

ROLES = ("classroom", "psychologist", "social_worker")
TURN_TLS_PORT = 443
WATCH = Path(__file__).with_name("lines_watch.js")
JOIN_PATIENCE_S = 90.0
ADDRESSES_SETTLE_S = 3.0
BACK_PATIENCE_S = 60.0
PICTURE_PATIENCE_S = 100.0
COUNTERS = ("packets", "samples", "concealed", "invented", "delay", "emitted", "energy", "frames", "frozen")
Figures = dict[str, Any]
Seconds = dict[str, float | None]


class Call:
    """Three pages on the demonstration's visit, as they are measured from outside."""

    def __init__(self, laboratory: Laboratory, browsers: dict[str, Browser], server: Server, coturn: Coturn) -> None:
        self.lab, self.server, self.coturn = laboratory, server, coturn
        self._browsers = browsers
        self._slowing: CDPSession | None = None
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

    async def slow_down(self, role: str, times: float) -> None:
        """Make the main thread of a page as slow as that of a machine so many times slower."""
        page = self.pages[role]
        self._slowing = await page.context.new_cdp_session(page)
        await self._slowing.send("Emulation.setCPUThrottlingRate", {"rate": times})

    async def join(self) -> tuple[Seconds, Seconds]:
        """Open the three links at once and wait until everybody hears everybody.

        Returns, in seconds since each page's start, when it first heard anybody and when it first had heard all.
        """
        links = {**self.server.links, "psychologist": f"{URL}/call/{self.server.visit}"}
        await asyncio.gather(*[page.goto(links[role], wait_until="commit") for role, page in self.pages.items()])
        until = time.monotonic() + JOIN_PATIENCE_S
        anybody: Seconds = {}
        everybody: Seconds = {}
        while time.monotonic() < until and not (everybody and all(everybody.values())):
            with contextlib.suppress(PlaywrightError):
                anybody, everybody = await self._seconds_to("firstSound"), await self._seconds_to("everybody")
            await asyncio.sleep(0.2)
        return anybody, everybody

    async def _seconds_to(self, moment: str) -> Seconds:
        found: Seconds = {}
        for role, page in self.pages.items():
            at = await page.evaluate("moment => window.watched?.[moment] ?? null", moment)
            found[role] = None if at is None else round(at / 1000, 1)
        return found

    async def time_to_picture(self) -> float | None:
        """Return the seconds until the psychologist has the classroom's picture; None: too late."""
        started = time.monotonic()
        while time.monotonic() - started < PICTURE_PATIENCE_S:
            seen = (await self.last())["psychologist"]
            if grown({"legs": []}, seen, "classroom")["frames"]:
                return round(time.monotonic() - started, 1)
            await asyncio.sleep(0.5)
        return None

    async def last(self) -> dict[str, Figures]:
        """Return each page's newest figures."""
        return {role: await page.evaluate("window.watched.series.at(-1)") for role, page in self.pages.items()}

    async def measure(self, seconds: float) -> Figures:
        """Measure a stretch of the call: the worst of all listeners, and the classroom's uplink and picture."""
        self.lab.count("classroom")
        before, started = await self.last(), time.monotonic()
        await asyncio.sleep(seconds)
        after, stretch = await self.last(), time.monotonic() - started
        counted = self.lab.count("classroom")
        legs = {
            (listener, speaker): grown(before[listener], after[listener], speaker)
            for listener in ROLES
            for speaker in ROLES
            if speaker != listener
        }
        # The psychologist is the first to be given it.
        seen = legs["psychologist", "classroom"]
        return {
            "inventedPct": round(max(_invented_pct(leg) for leg in legs.values()), 2),
            "inventedPctByListener": {
                role: round(max(_invented_pct(leg) for (listener, _), leg in legs.items() if listener == role), 2)
                for role in ROLES
            },
            "bufferMs": round(max(1000 * leg["delay"] / max(leg["emitted"], 1) for leg in legs.values())),
            "uplinkKbps": round(counted["up"]["bytes"] * 8 / stretch / 1000, 1),
            "classroomFps": round(seen["frames"] / stretch, 1),
            "classroomFpsThird": round(legs["social_worker", "classroom"]["frames"] / stretch, 1),
            "classroomWidth": seen["width"],
            "classroomFrozenPct": round(100 * seen["frozen"] / stretch, 1),
            "rungs": {role: after[role]["rung"] for role in ROLES},
        }

    async def time_to_sound(self) -> float | None:
        """Return the seconds from now until everybody hears everybody again; None: not within a minute."""
        marks = await self.last()
        started = time.monotonic()
        while time.monotonic() - started < BACK_PATIENCE_S:
            now = await self.last()
            legs = [grown(marks[role], now[role], speaker) for role in ROLES for speaker in ROLES if speaker != role]
            if all(leg["packets"] > 0 for leg in legs):
                return round(time.monotonic() - started, 1)
            await asyncio.sleep(0.1)
        return None

    async def longest_gap(self, since_ms: dict[str, float]) -> float:
        """Return the longest time, in s, that anybody had no packet of somebody's sound since the pages' times."""
        longest = 0.0
        for role, page in self.pages.items():
            series = await page.evaluate(
                "since => window.watched.series.filter(({now}) => now > since)", since_ms[role]
            )
            # A connection tells whose it is only after a while.
            whose = {leg["id"]: leg["from"] for entry in series for leg in entry["legs"] if leg["from"]}
            for speaker in ROLES:
                if speaker != role and series:
                    theirs = [connection for connection, role_of in whose.items() if role_of == speaker]
                    longest = max(longest, _longest_silence(series, theirs))
        return round(longest / 1000, 1)

    async def rungs_so_far(self) -> dict[str, list[str]]:
        """Return each page's rungs so far, each with the second at which it began."""
        found = {}
        for role, page in self.pages.items():
            series = await page.evaluate("window.watched.series.map(({now, rung}) => [now, rung])")
            begun = [entry for number, entry in enumerate(series) if number == 0 or series[number - 1][1] != entry[1]]
            found[role] = [f"{now / 1000:.0f} s {rung}" for now, rung in begun if rung]
        return found

    async def relays(self, role: str) -> list[str]:
        """Return by which protocol a page reaches the relay, for each of its connections; "direct" without one."""
        paths = await self.pages[role].evaluate("window.watched.paths()")
        return [path["relayProtocol"] or "direct" for path in paths]


def grown(before: Figures, after: Figures, speaker: str) -> Figures:
    """Return how much a page's counters for one person's sound and picture have grown between two looks."""
    old = {leg["id"]: leg for leg in before["legs"]}
    new = [leg for leg in after["legs"] if leg["from"] == speaker]
    growth: Figures = {
        name: sum(leg[name] - (old[leg["id"]][name] if leg["id"] in old else 0) for leg in new) for name in COUNTERS
    }
    return growth | {"width": max((leg["width"] for leg in new), default=0)}


def _invented_pct(leg: Figures) -> float:
    return 100 * leg["invented"] / leg["samples"] if leg["samples"] > 0 else 100.0


def _longest_silence(series: list[Figures], connections: list[int]) -> float:
    """Return the longest time, in ms, during which none of these connections brought a packet."""
    known: dict[int, int] = {leg["id"]: leg["packets"] for leg in series[0]["legs"]}
    heard_at, longest = series[0]["now"], 0.0
    for entry in series:
        packets = {leg["id"]: leg["packets"] for leg in entry["legs"] if leg["id"] in connections}
        if any(count > known.get(connection, 0) for connection, count in packets.items()):
            heard_at = entry["now"]
        known |= packets
        longest = max(longest, entry["now"] - heard_at)
    return longest


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
async def calling(lines: tuple[str, str, str], *, prepared: bool = False, nat: Nat = Nat.CONE) -> AsyncIterator[Call]:
    """Yield a call that has not begun: server, lines and empty pages."""
    with tempfile.TemporaryDirectory(prefix="wasl-lines-") as name, Laboratory() as laboratory:
        folder, turn_folder = Path(name), Path(name) / "turn"
        turn_folder.mkdir()
        write_speech(folder / "speech.wav")
        with running_coturn(
            network=Network(laboratory.internet), address=TURN_ADDRESS, site_ranges=(f"{TURN_ADDRESS}/32",),
            tls=Tls(TURN_TLS_PORT, *make_certificate(TURN_ADDRESS, turn_folder)),
        ) as coturn:  # fmt: skip
            server = Server(laboratory, folder, coturn)
            try:
                homes = {role: laboratory.add_participant(role, "fibre", nat) for role in ROLES}
                settled = asyncio.create_task(asyncio.sleep(ADDRESSES_SETTLE_S))
                await asyncio.to_thread(server.start)
                # A device that has just come up takes another address a moment later, which ends what is being loaded.
                await settled
                trusted = f"--ignore-certificate-errors-spki-list={key_pin(folder / 'certificate.pem')}"
                async with async_playwright() as playwright:
                    browsers = {
                        role: await launch(playwright, laboratory, home, folder / "speech.wav", (trusted,))
                        for role, home in homes.items()
                    }
                    call = Call(laboratory, browsers, server, coturn)
                    await call.open_pages(prepared=prepared)
                    await asyncio.sleep(ADDRESSES_SETTLE_S)
                    for role, line in zip(ROLES, lines, strict=True):
                        laboratory.set_line(role, line)
                    yield call
            finally:
                server.close()
