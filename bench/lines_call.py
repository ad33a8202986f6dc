"""A whole call in the laboratory, as `bench/lines.py` measures it: three browsers, each behind a line of its own."""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

from bench.lines_pages import PAGE_ERRORS, ChromiumPage, WatchedPage, keep_page, opened_pages, sign_in
from bench.lines_server import URL, Server
from tests.lab.laboratory import TURN_ADDRESS, TURN_NAME, Laboratory, Nat
from tests.lab.speech import write_speech
from tests.lab.tls_front import make_certificate
from tests.support.coturn import Coturn, Tls, running_coturn
from tests.support.network import Network

ROLES = ("classroom", "psychologist", "social_worker")
TURN_TLS_PORT = 443
JOIN_PATIENCE_S = 90.0
ADDRESSES_SETTLE_S = 3.0
BACK_PATIENCE_S = 60.0
PICTURE_PATIENCE_S = 100.0
COUNTERS = ("packets", "samples", "concealed", "invented", "delay", "emitted", "energy", "frames", "frozen")
Figures = dict[str, Any]
Seconds = dict[str, float | None]


class Call:
    """Three pages on the demonstration's visit, as they are measured from outside."""

    def __init__(self, laboratory: Laboratory, pages: dict[str, WatchedPage], server: Server, coturn: Coturn) -> None:
        self.lab, self.server, self.coturn = laboratory, server, coturn
        self.pages = pages

    async def prepare(self, *, opened_before: bool) -> None:
        """Sign the psychologist in, let all keep the page if they have ``opened_before``, and watch from then on."""
        for role, page in self.pages.items():
            if role == "psychologist":
                await sign_in(page, self.server.links[role])
            if opened_before:
                await keep_page(page)
            await page.watch()

    async def start_over(self) -> None:
        """Leave, as if only the seats had been taken: no page, no connection, nothing kept is left."""
        for page in self.pages.values():
            await page.start_over()
        self.server.kill()
        self.server.hang_up()
        self.server.start()

    async def slow_down(self, role: str, times: float) -> None:
        """Make the main thread of a page as slow as that of a machine so many times slower; Chromium's alone."""
        page = self.pages[role]
        assert isinstance(page, ChromiumPage)
        await page.slow_down(times)

    async def join(self) -> tuple[Seconds, Seconds]:
        """Open the three links at once and wait until everybody hears everybody.

        Returns, in seconds since each page's start, when it first heard anybody, by whatever way, and when it first had
        heard all, each over a connection.
        """
        links = {**self.server.links, "psychologist": f"{URL}/call/{self.server.visit}"}
        await asyncio.gather(*[page.goto(links[role]) for role, page in self.pages.items()])
        until = time.monotonic() + JOIN_PATIENCE_S
        anybody: Seconds = {}
        everybody: Seconds = {}
        while time.monotonic() < until and not (everybody and all(everybody.values())):
            with contextlib.suppress(*PAGE_ERRORS):
                # In this order: where all are heard by the first look, anybody is by the second.
                everybody = await self.seconds_to("everybody")
                anybody = await self.seconds_to("firstSound")
            await asyncio.sleep(0.2)
        return anybody, everybody

    async def seconds_to(self, moment: str) -> Seconds:
        """Return, in seconds since each page's start, when it came to a moment that its watch has a name for."""
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

        def by_listener(figure: Callable[[Figures], float | None]) -> dict[str, float | None]:
            return {
                role: worst(figure(leg) for (listener, _), leg in legs.items() if listener == role) for role in ROLES
            }

        # The psychologist is the first to be given it.
        seen = legs["psychologist", "classroom"]
        return {
            "inventedPct": worst(map(_invented_pct, legs.values())),
            "inventedPctByListener": by_listener(_invented_pct),
            "inventedPctByLeg": {
                f"{listener} hears {speaker}": _invented_pct(leg) for (listener, speaker), leg in legs.items()
            },
            "bufferMs": worst(map(_buffer_ms, legs.values())),
            "bufferMsByListener": by_listener(_buffer_ms),
            "uplinkKbps": round(counted["up"]["bytes"] * 8 / stretch / 1000, 1),
            "classroomFps": _per_second(seen["frames"], stretch),
            "classroomFpsThird": _per_second(legs["social_worker", "classroom"]["frames"], stretch),
            "classroomWidth": seen["width"],
            "classroomFrozenPct": None if seen["frozen"] is None else round(100 * seen["frozen"] / stretch, 1),
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

    async def formats(self, role: str) -> list[str | None]:
        """Return in which format each of the others has told somebody to hear speech best; None: nothing told yet."""
        found: list[str | None] = await self.pages[role].evaluate("window.watched.formats()")
        return found

    async def relays(self, role: str) -> list[str]:
        """Return by which protocol a page reaches the relay, for each of its connections; "direct" without one."""
        paths = await self.pages[role].evaluate("window.watched.paths()")
        return [path["relayProtocol"] or "direct" for path in paths]


def grown(before: Figures, after: Figures, speaker: str) -> Figures:
    """Return how much a page's counters for one person's sound and picture have grown between two looks.

    None: the browser has no such counter.
    """
    old = {leg["id"]: leg for leg in before["legs"]}
    new = [leg for leg in after["legs"] if leg["from"] == speaker]
    growth: Figures = {
        name: _growth([(old.get(leg["id"], {}).get(name), leg[name]) for leg in new]) for name in COUNTERS
    }
    return growth | {"width": max((leg["width"] for leg in new), default=0)}


def _growth(looks: list[tuple[float | None, float | None]]) -> float | None:
    grown_by = [None if now is None else now - (then or 0) for then, now in looks]
    known = [growth for growth in grown_by if growth is not None]
    return sum(known) if len(known) == len(grown_by) else None


def _invented_pct(leg: Figures) -> float | None:
    invented, samples = leg["invented"], leg["samples"]
    if invented is None or samples is None:
        return None
    return round(100.0 * invented / samples, 2) if samples > 0 else 100.0


def _buffer_ms(leg: Figures) -> float | None:
    delay_s, emitted = leg["delay"], leg["emitted"]
    return None if delay_s is None or emitted is None else round(1000 * delay_s / max(emitted, 1))


def _per_second(growth: float | None, seconds: float) -> float | None:
    return None if growth is None else round(growth / seconds, 1)


def worst(figures: Iterable[float | None]) -> float | None:
    """Return the highest; None where one could not be had, for that one may be the worst."""
    known = list(figures)
    told = [figure for figure in known if figure is not None]
    return max(told) if told and len(told) == len(known) else None


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


@contextlib.asynccontextmanager
async def calling(
    lines: tuple[str, str, str], *, prepared: bool = False, nat: Nat = Nat.CONE, firefox: str | None = None
) -> AsyncIterator[Call]:
    """Yield a call that has not begun: server, lines and empty pages; the role ``firefox`` has it."""
    with tempfile.TemporaryDirectory(prefix="wasl-lines-") as name, Laboratory() as laboratory:
        folder, turn_folder = Path(name), Path(name) / "turn"
        turn_folder.mkdir()
        write_speech(folder / "speech.wav")
        with running_coturn(
            network=Network(laboratory.internet), address=TURN_ADDRESS, site_ranges=(f"{TURN_ADDRESS}/32",),
            tls=Tls(TURN_NAME, TURN_TLS_PORT, *make_certificate(TURN_NAME, turn_folder)),
        ) as coturn:  # fmt: skip
            server = Server(laboratory, folder, coturn)
            try:
                homes = {role: laboratory.add_participant(role, "fibre", nat) for role in ROLES}
                settled = asyncio.create_task(asyncio.sleep(ADDRESSES_SETTLE_S))
                await asyncio.to_thread(server.start)
                # A device that has just come up takes another address a moment later, which ends what is being loaded.
                await settled
                async with opened_pages(laboratory, homes, folder, prepared=prepared, firefox=firefox) as pages:
                    call = Call(laboratory, pages, server, coturn)
                    await call.prepare(opened_before=prepared)
                    await asyncio.sleep(ADDRESSES_SETTLE_S)
                    for role, line in zip(ROLES, lines, strict=True):
                        laboratory.set_line(role, line)
                    yield call
            finally:
                server.close()
