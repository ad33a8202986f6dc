"""A process that carries IP packets between pairs of TUN devices as slowly and as badly as it is told to.

Each link joins a device in a participant's namespace with one in the namespace that plays the internet. Orders come as
JSON lines on standard input, each answered by one JSON line: ``{"do": "add", "link", "near": [namespace, device],
"far": [namespace, device], "line": {...}}``, ``{"do": "line", "link", "line": {...}}``, ``{"do": "cut", "link",
"cut": true}`` and ``{"do": "count", "link"}``. It ends with its standard input. Kernels without netem need it.
"""

import asyncio
import contextlib
import ctypes
import fcntl
import json
import os
import random
import struct
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.presets import Line

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
PACKET_MAX_BYTES = 65_536
#: Packets taken from a device at one wake-up, so that one busy link does not starve the others.
READS_AT_ONCE = 64

_libc = ctypes.CDLL(None, use_errno=True)


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def open_tun(namespace: str, device: str) -> int:
    """Return a non-blocking descriptor of a new TUN device in a named network namespace."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(Path("/run/netns") / namespace, os.O_RDONLY)
    try:
        _enter(there)
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
        return tun
    finally:
        _enter(home)
        os.close(there)
        os.close(home)


@dataclass(slots=True)
class Counts:
    """Packets and bytes at the IP layer, since the last look."""

    packets: int = 0
    bytes: int = 0
    lost: int = 0
    overflowed: int = 0


@dataclass(slots=True)
class Direction:
    """One way of a link: a narrow place with a bounded queue, then delay, jitter and loss."""

    source: int
    sink: int
    rate_kbit: float
    delay_s: float
    jitter_s: float
    loss: float
    burst: float
    queue_bytes: int
    cut: bool = False
    losing: bool = False
    free_at: float = 0.0
    arrival: float = 0.0
    counts: Counts = field(default_factory=Counts)
    under_way: deque[tuple[float, bytes]] = field(default_factory=deque)
    timer: asyncio.TimerHandle | None = None

    def set_line(self, line: Line, rate_kbit: float) -> None:
        """Take over the figures of a line; what is under way arrives as it would have."""
        self.rate_kbit = rate_kbit
        self.delay_s = line.rtt_ms / 2000
        self.jitter_s = line.jitter_ms / 1000
        self.loss = line.loss
        self.burst = max(1.0, line.burst)
        self.queue_bytes = line.queue_bytes(rate_kbit)

    def loses(self, dice: random.Random) -> bool:
        """Say whether the next packet is lost (Gilbert's two states; the mean run of losses is ``burst``)."""
        if self.losing:
            self.losing = dice.random() >= 1 / self.burst
        else:
            enter = self.loss / (self.burst * max(1e-9, 1 - self.loss)) if self.burst > 1 else self.loss
            self.losing = dice.random() < enter
        lost = self.losing
        if self.burst <= 1:
            self.losing = False
        return lost


class Forwarder:
    """Owns the devices and the packets under way."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seed: int) -> None:
        self._loop = loop
        self._dice = random.Random(seed)
        self._links: dict[str, tuple[Direction, Direction]] = {}

    def add(self, link: str, near: tuple[str, str], far: tuple[str, str], line: Line) -> None:
        """Make both devices of a link and begin to carry. ``up`` runs from near (the participant) to far."""
        near_tun, far_tun = open_tun(*near), open_tun(*far)
        up = Direction(near_tun, far_tun, 0, 0, 0, 0, 1, 0)
        down = Direction(far_tun, near_tun, 0, 0, 0, 0, 1, 0)
        self._links[link] = (up, down)
        self.set_line(link, line)
        self._loop.add_reader(near_tun, self._read, up)
        self._loop.add_reader(far_tun, self._read, down)

    def set_line(self, link: str, line: Line) -> None:
        """Change a link while it runs."""
        up, down = self._links[link]
        up.set_line(line, line.up_kbit)
        down.set_line(line, line.down_kbit)

    def cut(self, link: str, cut: bool) -> None:
        """Lose everything both ways, or stop doing so."""
        for way in self._links[link]:
            way.cut = cut

    def count(self, link: str) -> dict[str, dict[str, int]]:
        """Return what has passed since the last call."""
        up, down = self._links[link]
        told = {}
        for name, way in (("up", up), ("down", down)):
            counts, way.counts = way.counts, Counts()
            told[name] = {
                "packets": counts.packets,
                "bytes": counts.bytes,
                "lost": counts.lost,
                "overflowed": counts.overflowed,
            }
        return told

    def _read(self, way: Direction) -> None:
        for _ in range(READS_AT_ONCE):
            try:
                packet = os.read(way.source, PACKET_MAX_BYTES)
            except (BlockingIOError, OSError):
                return
            self._carry(way, packet)

    def _carry(self, way: Direction, packet: bytes) -> None:
        now = self._loop.time()
        size = len(packet)
        way.counts.packets += 1
        way.counts.bytes += size
        if way.cut:
            way.counts.lost += 1
            return
        waiting_bytes = max(0.0, way.free_at - now) * way.rate_kbit * 125
        if waiting_bytes + size > way.queue_bytes:
            way.counts.overflowed += 1
            return
        way.free_at = max(now, way.free_at) + size / (way.rate_kbit * 125)
        if way.loses(self._dice):
            way.counts.lost += 1
            return
        due = way.free_at + way.delay_s + self._dice.uniform(0, way.jitter_s)
        way.arrival = max(way.arrival, due)
        way.under_way.append((way.arrival, packet))
        if way.timer is None:
            way.timer = self._loop.call_at(way.arrival, self._deliver, way)

    def _deliver(self, way: Direction) -> None:
        now = self._loop.time() + 0.0005
        while way.under_way and way.under_way[0][0] <= now:
            _, packet = way.under_way.popleft()
            if not way.cut:
                # A device that is down or gone loses packets, as the air does.
                with contextlib.suppress(OSError):
                    os.write(way.sink, packet)
        way.timer = self._loop.call_at(way.under_way[0][0], self._deliver, way) if way.under_way else None


def obey(forwarder: Forwarder, order: dict) -> dict:
    """Carry out one order and return the answer. Raises ``KeyError`` or ``OSError`` when it can not be done."""
    link = order["link"]
    match order["do"]:
        case "add":
            forwarder.add(link, tuple(order["near"]), tuple(order["far"]), Line(**order["line"]))
        case "line":
            forwarder.set_line(link, Line(**order["line"]))
        case "cut":
            forwarder.cut(link, order["cut"])
        case "count":
            return forwarder.count(link)
    return {}


async def main() -> None:
    """Read orders until standard input ends."""
    loop = asyncio.get_running_loop()
    forwarder = Forwarder(loop, int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    orders: asyncio.Queue[str] = asyncio.Queue()

    def read_orders() -> None:
        for text in sys.stdin:
            loop.call_soon_threadsafe(orders.put_nowait, text)
        loop.call_soon_threadsafe(orders.put_nowait, "")

    threading.Thread(target=read_orders, daemon=True).start()
    while text := await orders.get():
        try:
            answer = obey(forwarder, json.loads(text))
        except (KeyError, OSError, TypeError) as fault:
            answer = {"fault": f"{type(fault).__name__}: {fault}"}
        print(json.dumps(answer), flush=True)  # noqa: T201  the answer channel


if __name__ == "__main__":
    asyncio.run(main())
