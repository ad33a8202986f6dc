"""A real `wasl demo` in a process of its own, for tests that drive a browser."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Settings of the program: each demo has those of its own moment, and not those of the forge.
SETTINGS_PREFIX = "WASL_"


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Forge:
    """The process that forks demos (``demo_forge``), seen from the tests; it ends when they do."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.support.demo_forge"]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            env={name: value for name, value in os.environ.items() if not name.startswith(SETTINGS_PREFIX)},
        )
        atexit.register(self._process.communicate)

    def start(self, data: Path, log: Path, port: int) -> tuple[int, str]:
        """Start a demo; return its process id and the line in which it tells its links, empty if it ended at once."""
        settings = {name: value for name, value in os.environ.items() if name.startswith(SETTINGS_PREFIX)}
        pid, told = self._ask("start", {"data": str(data), "log": str(log), "port": port, "settings": settings})
        return int(pid), str(told)

    def end(self, pid: int, number: signal.Signals) -> None:
        """Send a signal to a demo and wait for its end."""
        self._ask("end", [pid, number])

    def _ask(self, verb: str, told: object) -> list[str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([verb, told]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process that forks demos has ended"
        return list(json.loads(answer))


@cache
def forge() -> Forge:
    """Return the one of this test process, started when it is first asked for."""
    return Forge()


@dataclass
class DemoServer:
    """A demo server; it can be stopped and started again on the same port with the same data."""

    data: Path
    port: int = field(default_factory=free_port)
    url: str = ""
    visit: str = ""
    links: dict[str, str] = field(default_factory=dict)
    desks: dict[str, str] = field(default_factory=dict)
    pid: int | None = None

    def start(self) -> None:
        """Start, and wait until the links are known."""
        log = self.data / "server.log"
        self.pid, line = forge().start(self.data, log, self.port)
        if not line:
            raise AssertionError(f"the demo did not start: {log.read_text()[-2000:]}")
        told = json.loads(line)
        self.url, self.visit, self.links, self.desks = told["url"], told["visit"], told["links"], told["desks"]

    def kill(self) -> None:
        """End the process as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the process, gently."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self.pid is not None:
            forge().end(self.pid, number)
        self.pid = None


@contextmanager
def running_demo(data: Path) -> Iterator[DemoServer]:
    """Yield a started demo server with its data in ``data``."""
    data.mkdir(parents=True, exist_ok=True)
    server = DemoServer(data)
    try:
        server.start()
        yield server
    finally:
        # Nobody waits for the gentle end of what is thrown away.
        server.kill()
