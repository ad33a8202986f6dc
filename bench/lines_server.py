"""The real demonstration behind a real TLS proxy, in the laboratory's internet: what `bench/lines.py` calls on."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
from http import HTTPStatus
from pathlib import Path

from tests.lab.laboratory import SERVER_ADDRESS, Laboratory
from tests.lab.tls_front import running_front
from tests.support.coturn import Coturn
from tests.support.demo_server import free_port
from tests.support.network import Network

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
        self._guardian = ""
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
        self._serve_somebody()

    def _serve_somebody(self) -> None:
        """Give the guardian's seat to somebody who never comes: a server in service has answered others before."""
        with Network(self._lab.internet).socket(socket.SOCK_STREAM) as sock:
            sock.connect(("127.0.0.1", self._port))
            connection = http.client.HTTPConnection("127.0.0.1", self._port)
            connection.sock = sock
            headers = {"Content-Type": "application/json", "Origin": URL, "Cookie": self._guardian}
            secret = self.links["guardian"].partition("#")[2]
            connection.request("POST", "/api/join/exchange", json.dumps({"secret": secret}), headers)
            answer = connection.getresponse()
            answer.read()
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"the guardian's link was answered with {answer.status}")
        self._guardian = answer.getheader("Set-Cookie", self._guardian).partition(";")[0]

    def hang_up(self) -> None:
        """End the proxy, and with it every connection that a browser keeps open; ``start`` starts it again."""
        self._front.close()
        self._has_front = False

    def kill(self) -> None:
        """End the demonstration as a crash would."""
        if self._demo is not None:
            self._demo.kill()
            self._demo.communicate()
            self._demo = None

    def close(self) -> None:
        """End both."""
        self.kill()
        self.hang_up()
