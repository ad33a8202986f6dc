"""A process that has loaded the program once and forks demos off itself: each is there in a moment.

What `wasl demo` does at its start takes seconds of a processor: it loads the program, compresses what browsers
download, and migrates and fills an empty database. Here all of that is done once; each demo starts from a copy of the
first one's data. From there on it is the same program in a process of its own.

``python -m tests.support.demo_forge`` does as it is told on standard input, one JSON list in a line, until that ends.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import web.demo
import web.serve  # noqa: F401 (loaded here, a fork need not load it)
from web.assets import load_assets
from web.cli import main


@dataclass(frozen=True)
class Order:
    """One demo to start: where its data and its log stand, on which port it listens, and its settings."""

    data: str
    log: str
    port: int
    settings: dict[str, str]


class Forge:
    """Forks demos and ends them; the first one's data serves all that start with an empty folder."""

    def __init__(self, folder: Path) -> None:
        self._first = folder / "data"
        self._running: set[int] = set()

    def start(self, order: Order) -> tuple[int, str]:
        """Start a demo; return its process id and the line in which it tells its links, empty if it ended at once."""
        if not (Path(order.data) / "keys").exists():
            if not self._first.exists():
                pid, _ = self._fork(Order(str(self._first), order.log, 0, {}))
                self.end(pid, signal.SIGTERM)
            shutil.copytree(self._first, order.data, dirs_exist_ok=True)
        return self._fork(order)

    def end(self, pid: int, number: int) -> None:
        """Send a signal to a demo and wait for its end."""
        os.kill(pid, number)
        os.waitpid(pid, 0)
        self._running.discard(pid)

    def end_all(self) -> None:
        """End what is still running: the tests have gone."""
        for pid in tuple(self._running):
            self.end(pid, signal.SIGKILL)

    def _fork(self, order: Order) -> tuple[int, str]:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            _be_a_demo(order, writing)
        self._running.add(pid)
        os.close(writing)
        with os.fdopen(reading) as told:
            return pid, told.readline()


def _be_a_demo(order: Order, tells: int) -> NoReturn:
    """Be `wasl demo` from here on, and never go on as the process that forked."""
    os.dup2(tells, 1)
    os.dup2(os.open(order.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.update(order.settings)
    status = 1
    try:
        main(["demo", "--json", "--port", str(order.port), "--data", order.data], standalone_mode=False)
        status = 0
    except BaseException:  # noqa: BLE001 (whatever it is, it stands in the demo's log)
        traceback.print_exc()
    finally:
        os._exit(status)


def serve_orders() -> None:
    """Start and end demos as one is told."""
    # Ctrl-C reaches the whole group of processes; the tests say themselves what is to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    load_assets()
    with tempfile.TemporaryDirectory(prefix="wasl-first-demo-") as folder:
        forge = Forge(Path(folder))
        for line in sys.stdin:
            verb, told = json.loads(line)
            answer: tuple[object, ...] = ()
            if verb == "start":
                answer = forge.start(Order(**told))
            else:
                forge.end(*told)
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
        forge.end_all()


if __name__ == "__main__":
    serve_orders()
