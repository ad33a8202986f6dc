"""Measures the signaling server: N rooms of three people, joined the real way, negotiating, then idle.

    python -m bench.signaling --rooms 100

Prints one JSON object. ``full`` is the whole application on SQLite (links, tickets, lobby, audit); ``wire`` is the same
wire over a stored world that costs nothing, so that what joining and relaying cost by themselves can be seen. Processor
time is the server's own (user and system). Every open page pings each second from its join on; ``ping_cpu_ms`` is what
one ping costs, measured on idle rooms, and is taken out of the other phases.
"""

import argparse
import asyncio
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from typing import Any

import aiohttp
import msgspec

from bench.signaling_server import Keyring, Reading, serve

#: Rooms that join or negotiate at the same time.
AT_ONCE = 4
OFFER_BYTES = 5000
CANDIDATES_EACH_WAY = 10
IDLE_S = 4.0
PATIENCE_S = 30.0
CANDIDATE = (
    "candidate:842163049 1 udp 1677729535 203.0.113.77 46154 typ srflx raddr 0.0.0.0 rport 0 generation 0 ufrag EsAw "
    "network-cost 999"
)
Frame = dict[str, Any]


class Page:
    """One person's page: just enough of a client to come in, negotiate and stay."""

    def __init__(self, http: aiohttp.ClientSession, origin: str) -> None:
        self._http = http
        self._origin = origin
        self._heard: asyncio.Queue[Frame] = asyncio.Queue()
        self._reading: asyncio.Task[None] | None = None
        self.socket: aiohttp.ClientWebSocketResponse | None = None
        self.received = 0
        self.connects: list[Frame] = []
        self.ticket = ""
        self.join_s = 0.0

    async def fetches_ticket(self, visit: str, cookies: dict[str, str]) -> None:
        """Ask for a ticket as the call page does."""
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        async with self._http.post(
            f"{self._origin}/api/visits/{visit}/ticket", json={}, headers={"Origin": self._origin, "Cookie": cookie}
        ) as answer:
            answer.raise_for_status()
            self.ticket = (await answer.json())["ticket"]

    async def joins(self) -> None:
        """Open the socket and wait for the welcome."""
        began = time.perf_counter()
        self.socket = await self._http.ws_connect(f"{self._origin}/ws", protocols=("wasl.v1",), origin=self._origin)
        self._reading = asyncio.create_task(self._read())
        await self.says({"type": "hello", "ticket": self.ticket})
        await self.hears("welcome")
        self.join_s = time.perf_counter() - began

    async def says(self, frame: Frame) -> None:
        """Send one message."""
        assert self.socket is not None
        await self.socket.send_str(msgspec.json.encode(frame).decode())

    async def hears(self, kind: str, **fields: object) -> Frame:
        """Wait for a message of a kind."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                frame = await self._heard.get()
                if frame["type"] == "connect":
                    self.connects.append(frame)
                if frame["type"] == kind and all(frame[name] == value for name, value in fields.items()):
                    return frame

    async def is_told_to_connect(self, count: int) -> None:
        """Wait until ``count`` connections were asked for."""
        while len(self.connects) < count:
            await self.hears("connect")

    async def pings(self) -> None:
        """Say that the page is here and what it has."""
        if self.socket is not None and not self.socket.closed:
            await self.says({"type": "ping", "received": self.received})

    async def goes(self) -> None:
        """Close the socket."""
        if self.socket is not None:
            await self.socket.close()
        if self._reading is not None:
            await self._reading

    async def _read(self) -> None:
        assert self.socket is not None
        async for message in self.socket:
            frame = msgspec.json.decode(message.data)
            self.received = frame.get("seq", self.received)
            if frame["type"] != "pong":
                self._heard.put_nowait(frame)


class Room:
    """Three pages of one visit."""

    def __init__(self, http: aiohttp.ClientSession, origin: str, keyring: Keyring) -> None:
        self._http = http
        self._origin = origin
        self._keyring = keyring
        self.classroom, self.social_worker, self.psychologist = (Page(http, origin) for _ in range(3))
        self.pages = (self.classroom, self.social_worker, self.psychologist)
        self._devices: list[str] = []

    async def exchanges_links(self) -> None:
        """Classroom and social worker tap their links."""
        for secret in (self._keyring.classroom, self._keyring.social_worker):
            async with self._http.post(
                f"{self._origin}/api/join/exchange", json={"secret": secret}, headers={"Origin": self._origin}
            ) as answer:
                answer.raise_for_status()
                self._devices.append(answer.cookies["__Host-device"].value)

    async def fetches_tickets(self) -> None:
        """All three ask for a ticket."""
        visit = self._keyring.visit
        await self.classroom.fetches_ticket(visit, {"__Host-device": self._devices[0]})
        await self.social_worker.fetches_ticket(visit, {"__Host-device": self._devices[1]})
        await self.psychologist.fetches_ticket(visit, {"__Host-login": self._keyring.psychologist})

    def is_given_tickets(self) -> None:
        """Without a database the keys are the tickets."""
        self.classroom.ticket = self._keyring.classroom
        self.social_worker.ticket = self._keyring.social_worker
        self.psychologist.ticket = self._keyring.psychologist

    async def joins(self) -> None:
        """From three tickets to a live room: sockets, lobby, knock, door."""
        for page in self.pages:
            await page.joins()
        await self.psychologist.hears("waiting")
        await self.psychologist.says({"type": "knock"})
        await self.classroom.hears("room", knocked=True)
        await self.classroom.says({"type": "open-door"})
        for page in self.pages:
            await page.is_told_to_connect(2)

    async def negotiates(self) -> None:
        """Offer, answer and candidates each way, for each pair."""
        mine = {page.connects[0]["peer"]: page for page in self.pages}
        peers = {other["peer"] for page in self.pages for other in page.connects}
        me = {page: next(iter(peers - {connect["peer"] for connect in page.connects})) for page in self.pages}
        page_of = {peer: page for page, peer in me.items()}
        assert len(mine) <= len(page_of)
        for page in self.pages:
            for connect in page.connects:
                if not connect["polite"]:
                    await self._negotiate(page, page_of[connect["peer"]], me[page], connect)

    async def _negotiate(self, offerer: Page, answerer: Page, offerer_id: str, connect: Frame) -> None:
        number = connect["negotiation"]
        await self._describe(offerer, connect["peer"], number, "offer")
        await answerer.hears("offer", negotiation=number)
        await self._describe(answerer, offerer_id, number, "answer")
        for _ in range(CANDIDATES_EACH_WAY):
            await self._trickle(offerer, connect["peer"], number)
            await self._trickle(answerer, offerer_id, number)
        await offerer.hears("answer", negotiation=number)
        for _ in range(CANDIDATES_EACH_WAY):
            await offerer.hears("candidate", negotiation=number)
            await answerer.hears("candidate", negotiation=number)

    async def _describe(self, page: Page, to: str, number: int, kind: str) -> None:
        line = "a=rtpmap:111 opus/48000/2\r\n"
        description = {"type": kind, "sdp": line * (OFFER_BYTES // len(line))}
        await page.says({"type": kind, "to": to, "negotiation": number, "description": description})

    async def _trickle(self, page: Page, to: str, number: int) -> None:
        candidate = {"candidate": CANDIDATE, "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "EsAw"}
        await page.says({"type": "candidate", "to": to, "negotiation": number, "candidate": candidate})


class Pinger:
    """Has every page that has joined ping once a second, as real pages do, and counts."""

    def __init__(self, rooms: list[Room]) -> None:
        self._rooms = rooms
        self.count = 0

    async def run(self) -> None:
        """Go on until cancelled, spread evenly over each second."""
        while True:
            began = time.perf_counter()
            pages = [page for room in self._rooms for page in room.pages if page.socket is not None]
            for number, page in enumerate(pages):
                ahead_s = began + number / max(len(pages), 1) - time.perf_counter()
                if ahead_s > 0.002:
                    await asyncio.sleep(ahead_s)
                await page.pings()
                self.count += 1
            await asyncio.sleep(max(0.01, began + 1 - time.perf_counter()))


class Server:
    """The server process, as seen from here."""

    def __init__(self, rooms: int, folder: str, *, with_database: bool, with_uvloop: bool) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe: Connection
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=serve,
            args=(theirs, folder, rooms),
            kwargs={"with_database": with_database, "with_uvloop": with_uvloop},
        )
        self._process.start()
        self.origin, self.keyrings = self._pipe.recv()

    def read(self) -> Reading:
        """Return processor time and memory now."""
        self._pipe.send("read")
        reading: Reading = self._pipe.recv()
        return reading

    def stop(self) -> None:
        """End the process."""
        self._pipe.send("stop")
        self._process.join(30)


async def in_turns(rooms: list[Room], act: Callable[[Room], Awaitable[None]]) -> None:
    """Have every room do something, :data:`AT_ONCE` at a time."""
    waiting = iter(rooms)

    async def work() -> None:
        for room in waiting:
            await act(room)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


async def measure(rooms_count: int, *, with_database: bool, with_uvloop: bool) -> dict[str, object]:
    """Run one server through all phases and return its figures."""
    with tempfile.TemporaryDirectory(prefix="wasl-bench-") as folder:
        server = Server(rooms_count, folder, with_database=with_database, with_uvloop=with_uvloop)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
            rooms = [Room(http, server.origin, keyring) for keyring in server.keyrings]
            try:
                return await phases(server, rooms, with_database=with_database)
            finally:
                await asyncio.gather(*(page.goes() for room in rooms for page in room.pages))
                server.stop()


async def phases(server: Server, rooms: list[Room], *, with_database: bool) -> dict[str, object]:
    """Go through the phases and take a reading after each."""
    count = len(rooms)
    pinger = Pinger(rooms)
    pinging = asyncio.create_task(pinger.run())
    spent: dict[str, tuple[float, int]] = {}
    base = server.read()

    async def phase(name: str, act: Callable[[Room], Awaitable[None]]) -> None:
        before, pings = server.read(), pinger.count
        await in_turns(rooms, act)
        spent[name] = (server.read().until_s - before.from_s, pinger.count - pings)

    if with_database:
        await phase("exchange", Room.exchanges_links)

        # Tickets live for 30 seconds, so each room's are fetched just before it joins; their cost is read apart.
        sample = rooms[: min(count, 50)]
        before = server.read()
        for room in sample:
            await room.fetches_tickets()
        ticket_ms = (server.read().until_s - before.from_s) * 1000 / len(sample)
    else:
        ticket_ms = 0.0
        for room in rooms:
            room.is_given_tickets()

    async def join(room: Room) -> None:
        if with_database:
            await room.fetches_tickets()
        await room.joins()

    await phase("join", join)
    await asyncio.sleep(1.5)
    await phase("relay", Room.negotiates)
    await asyncio.sleep(2.5)
    opened = server.read()
    pings = pinger.count
    await asyncio.sleep(IDLE_S)
    idle = server.read()
    ping_ms = (idle.until_s - opened.from_s) * 1000 / max(pinger.count - pings, 1)
    pinging.cancel()
    joins = sorted(page.join_s for room in rooms for page in room.pages)
    cpu = {name: (seconds * 1000 - number * ping_ms) / count for name, (seconds, number) in spent.items()}
    cpu["ticket"] = ticket_ms
    cpu["join"] -= ticket_ms
    return {
        "cpu_ms_per_room": {name: round(value, 3) for name, value in sorted(cpu.items())},
        "join_ms": {
            "p50": round(joins[len(joins) // 2] * 1000, 2),
            "p99": round(joins[int(len(joins) * 0.99)] * 1000, 2),
        },
        "ping_cpu_ms": round(ping_ms, 4),
        "idle_cpu_ms_per_room_and_second": round((idle.until_s - opened.from_s) * 1000 / count / IDLE_S, 3),
        "kb_per_open_room": round((opened.resident_bytes - base.resident_bytes) / count / 1000, 1),
        "base_memory_mb": round(base.resident_bytes / 1e6, 1),
    }


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rooms", type=int, default=100)
    parser.add_argument("--only", choices=("full", "wire"), help="measure only one of the two")
    parser.add_argument("--uvloop", action="store_true", help="run the server on uvloop")
    options = parser.parse_args()
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(files, options.rooms * 8 + 500), most), most))
    figures: dict[str, object] = {"rooms": options.rooms, "loop": "uvloop" if options.uvloop else "asyncio"}
    for name, with_database in (("wire", False), ("full", True)):
        if options.only in {None, name}:
            figures[name] = asyncio.run(measure(options.rooms, with_database=with_database, with_uvloop=options.uvloop))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
