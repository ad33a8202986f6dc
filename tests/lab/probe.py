"""A small UDP probe that runs in the laboratory: ``echo`` answers, ``measure`` asks and tells as JSON."""

import json
import socket
import struct
import sys
import time

HEADER = struct.Struct("!Id")
#: Longer than the slowest line takes.
PATIENCE_S = 2


def echo(address: str, port: int) -> None:
    """Send every datagram back, with the address it came from in front; until killed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as answering:
        answering.bind((address, port))
        print("ready", flush=True)  # noqa: T201  the parent waits for it
        while True:
            datagram, source = answering.recvfrom(65_536)
            answering.sendto(datagram[: HEADER.size] + f"{source[0]}:{source[1]}".encode(), source)


def measure(address: str, port: int, count: int, size: int, gap_s: float) -> dict[str, object]:
    """Send ``count`` datagrams of ``size`` bytes every ``gap_s`` seconds; return what came back and how late.

    Ends when all have come back; what has not ``PATIENCE_S`` after the last one is lost.
    """
    delays: list[float] = []
    seen_from: set[str] = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect((address, port))
        asking.setblocking(False)
        sent, started = 0, time.monotonic()
        while len(delays) < count and time.monotonic() < started + count * gap_s + PATIENCE_S:
            now = time.monotonic()
            if sent < count and now >= started + sent * gap_s:
                asking.send(HEADER.pack(sent, now) + bytes(size - HEADER.size))
                sent += 1
            try:
                datagram = asking.recv(65_536)
            except (BlockingIOError, ConnectionRefusedError):
                time.sleep(0.001)
                continue
            delays.append(time.monotonic() - HEADER.unpack_from(datagram)[1])
            seen_from.add(datagram[HEADER.size :].decode())
    delays.sort()
    return {
        "sent": sent,
        "back": len(delays),
        "seen_from": sorted(seen_from),
        "median_ms": round(delays[len(delays) // 2] * 1000, 1) if delays else None,
    }


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["echo", address, port]:
            echo(address, int(port))
        case ["measure", address, port, count, size, gap_s]:
            print(json.dumps(measure(address, int(port), int(count), int(size), float(gap_s))))  # noqa: T201
