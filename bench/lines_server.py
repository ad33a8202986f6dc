"""The real demonstration behind a real TLS proxy, in the laboratory's internet: what `bench/lines.py` calls on."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.lab.laboratory import SERVER_ADDRESS, Laboratory
from tests.lab.tls_front import running_front
from tests.support.coturn import Coturn
from tests.support.demo_server import free_port

TLS_PORT = 443
URL = f"https://{SERVER_ADDRESS}"


class Server:
    """The demonstration and the TLS proxy before it; the first can be killed and started again."""

    def __init__(self, laboratory: Laboratory, folder: Path, coturn: Coturn) -> None:
        self._lab, self._folder = laboratory, folder
        self._port = free_port()
        self._environment = {
            **os.environ,
            "WASL_TURN_URLS": ",".join(coturn.settings.urls),
            "WASL_TURN_SECRET": coturn.settings.secrets[0],
        }
        self._demo: subprocess.Popen[str] | None = None
        self._front = contextlib.ExitStack()
        self._has_front = False
        self.links: dict[str, str] = {}
        self.visit = ""

    def start(self) -> None:
        """Start the demonstration, and the TLS proxy where it does not run yet; read the links."""
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
        if not self._has_front:
            place = (SERVER_ADDRESS, TLS_PORT, self._port, self._folder)
            self._front.enter_context(running_front(self._lab, self._lab.internet, *place))
            self._has_front = True

    def kill(self) -> None:
        """End the demonstration as a crash would."""
        if self._demo is not None:
            self._demo.kill()
            self._demo.communicate()
            self._demo = None

    def close(self) -> None:
        """End both."""
        self.kill()
        self._front.close()
