"""A real coturn with the shipped configuration, on loopback or in a network namespace of its own.

``running_coturn`` is also what browser tests use to force calls through a relay. Given a certificate it listens for TLS
too; it can be killed and started again.
"""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from signaling.ice_servers import TurnSettings
from tests.support.network import Network
from tests.support.stun_client import TurnClient
from web.turn_config import relay_config, turnserver_conf

#: coturn refuses loopback peers whatever the lists say; on loopback this one line makes the laboratory.
LOOPBACK_LINE = "allow-loopback-peers"
START_LIMIT_S = 15

#: Below the ports that the system gives out, and below those relayed on.
SOURCE_PORTS = iter(range(10_000 + secrets.randbelow(8_000), 20_000))


def coturn_is_here() -> bool:
    return shutil.which("turnserver") is not None


@contextmanager
def own_network(addresses: list[str]) -> Iterator[Network]:
    """Make a namespace whose loopback device has ``addresses``, and nothing else: no way out of it."""
    name = f"wasl-test-{secrets.token_hex(4)}"
    subprocess.run(["ip", "netns", "add", name], check=True, capture_output=True)
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        for address in addresses:
            subprocess.run(["ip", "-n", name, "addr", "add", address, "dev", "lo"], check=True, capture_output=True)
        yield Network(name)
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=False)


def namespaces_are_possible() -> bool:
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    name = f"wasl-probe-{secrets.token_hex(4)}"
    made = subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True).returncode == 0
    if made:
        subprocess.run(["ip", "netns", "delete", name], check=False)
    return made


@dataclass(frozen=True)
class Tls:
    """Where a relay listens for TLS, how it is called, and what it shows there."""

    name: str
    port: int
    certificate: Path
    key: Path


@dataclass
class Coturn:
    """A relay: where it listens, what signs for it, and the configuration it was given."""

    network: Network
    address: str
    port: int
    settings: TurnSettings
    shipped: str
    given: str
    folder: Path
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        path = self.folder / "turnserver.conf"
        path.write_text(self.given)
        own_files = ("--userdb", f"{self.folder}/turndb", "--pidfile", f"{self.folder}/pid")
        self.process = subprocess.Popen(
            self.network.command("turnserver", "-c", str(path), *own_files),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait_until_it_answers(self, self.process)

    def kill(self) -> None:
        """End it as a crash would: every allocation is forgotten."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """End it, if it runs."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)

    def client(
        self, username: str = "", password: str = "", *, kind: socket.SocketKind = socket.SOCK_DGRAM
    ) -> TurnClient:
        sock = self.network.socket(kind)
        sock.settimeout(3)
        _bind_to_fresh_port(sock)
        sock.connect((self.address, self.port))
        return TurnClient(sock, username, password)


def _bind_to_fresh_port(sock: socket.socket) -> None:
    """Bind to a port that no client of this run has had: coturn remembers the last one's credential for a while."""
    for port in SOURCE_PORTS:
        try:
            sock.bind(("", port))
        except OSError:
            continue
        return


@contextmanager
def running_coturn(
    *,
    network: Network | None = None,
    address: str = "127.0.0.1",
    turn_secrets: tuple[str, ...] = (),
    site_ranges: tuple[str, ...] = (),
    tls: Tls | None = None,
) -> Iterator[Coturn]:
    """Start coturn with what ``wasl turn-config`` writes, plus the laboratory's line when it stands on loopback."""
    network = network or Network()
    local = address.rpartition("/")[2]
    port, first = _free_port(network, local), 20_000 + secrets.randbelow(12_000)
    signing = turn_secrets or (secrets.token_hex(32),)
    urls = (f"turn:{local}:{port}?transport=udp", *([f"turns:{tls.name}:{tls.port}?transport=tcp"] if tls else []))
    settings = TurnSettings(urls=urls, secrets=signing)
    config = relay_config(
        settings,
        realm="turn.test",
        address=address,
        site_ranges=site_ranges,
        relay_ports=f"{first}-{first + 399}",
        certificate=str(tls.certificate) if tls else None,
        key=str(tls.key) if tls else None,
    )
    shipped = turnserver_conf(config)
    given = shipped + (f"{LOOPBACK_LINE}\n" if local.startswith("127.") else "")
    with tempfile.TemporaryDirectory(prefix="wasl-coturn-") as folder:
        coturn = Coturn(network, local, port, settings, shipped, given, Path(folder))
        try:
            coturn.start()
            yield coturn
        finally:
            coturn.stop()


def _free_port(network: Network, address: str) -> int:
    with network.socket(socket.SOCK_STREAM) as sock:
        sock.bind((address, 0))
        return int(sock.getsockname()[1])


def _wait_until_it_answers(coturn: Coturn, process: "subprocess.Popen[bytes]") -> None:
    limit = time.monotonic() + START_LIMIT_S
    while time.monotonic() < limit:
        if process.poll() is not None:
            raise RuntimeError(f"coturn ended at once with {process.returncode}")
        client = coturn.client(kind=socket.SOCK_DGRAM)
        client.sock.settimeout(0.2)
        try:
            client.allocates()
        except OSError:
            time.sleep(0.05)
        else:
            return
        finally:
            client.close()
    raise RuntimeError(f"coturn did not answer within {START_LIMIT_S} s")
