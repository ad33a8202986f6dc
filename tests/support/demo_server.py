"""A real `wasl demo` in a process of its own, for tests that drive a browser."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STOP_TIMEOUT_S = 20


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class DemoServer:
    """A demo server; it can be stopped and started again on the same port with the same data."""

    data: Path
    port: int = field(default_factory=free_port)
    url: str = ""
    visit: str = ""
    links: dict[str, str] = field(default_factory=dict)
    desks: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start, and wait until the links are known."""
        wasl = Path(sys.executable).with_name("wasl")
        command = [str(wasl), "demo", "--json", "--port", str(self.port), "--data", str(self.data)]
        with (self.data / "server.log").open("a") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the demo did not start: {(self.data / 'server.log').read_text()[-2000:]}")
        told = json.loads(line)
        self.url, self.visit, self.links, self.desks = told["url"], told["visit"], told["links"], told["desks"]

    def kill(self) -> None:
        """End the process as a crash would."""
        if self.process is not None:
            self.process.kill()
        self.stop()

    def stop(self) -> None:
        """End the process, gently."""
        if self.process is None:
            return
        self.process.terminate()
        self.process.wait(STOP_TIMEOUT_S)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None


@contextmanager
def running_demo(data: Path) -> Iterator[DemoServer]:
    """Yield a started demo server with its data in ``data``."""
    data.mkdir(parents=True, exist_ok=True)
    server = DemoServer(data)
    try:
        server.start()
        yield server
    finally:
        server.stop()
