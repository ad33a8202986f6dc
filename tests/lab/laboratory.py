"""Network namespaces, links and NATs for one experiment, and their certain removal.

    participant's namespace ── veth ── router's namespace (NAT) ── TUN, the bad line, TUN ── internet's namespace

The server, coturn and the TLS front run in the internet's namespace, which has no way out of this machine. Addresses
come from the documentation ranges of RFC 5737, and names carry a random part, so that two runs do not meet.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Self

from tests.lab.presets import PRESETS, Line

#: Where the server, coturn and the TLS front are reached.
SERVER_ADDRESS = "198.51.100.1"
#: A second address of the server's namespace, for TURN.
TURN_ADDRESS = "198.51.100.2"
#: How participants may call it: for TURN over TLS Firefox takes no address, whatever its certificate says.
TURN_NAME = "turn.wasl.test"
#: Where iproute2 has a namespace's own files, which stand in the place of those in /etc.
OWN_FILES = Path("/etc/netns")
#: How the machine of a real proxy is set for lines that lose; a kernel need not know the settings with a minus.
TCP_SAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "sysctl.conf"
#: How long the forwarder may take to answer one order.
ANSWER_TIMEOUT_S = 10


class Nat(StrEnum):
    """How a participant's router translates."""

    #: Same mapping for every destination where it can (the usual home router).
    CONE = "cone"
    #: A new port for every destination (mobile networks): no direct path meets through two of them.
    SYMMETRIC = "symmetric"


def missing_for_laboratory() -> str | None:
    """Return why no laboratory can be made here, or None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not Path("/dev/net/tun").exists():
        return "/dev/net/tun is missing"
    for tool in ("ip", "nft"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    return None


def tcp_settings() -> list[tuple[str, str, bool]]:
    """Return the sample's settings: name, value, whether every kernel knows it."""
    found = re.findall(r"^(-?)([\w.]+) = (\S+)$", TCP_SAMPLE.read_text(), re.MULTILINE)
    return [(name, value, not minus) for minus, name, value in found]


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Laboratory:
    """A context manager that owns every namespace, device and process it makes."""

    def __init__(self, seed: int = 1) -> None:
        self._mark = secrets.token_hex(2)
        self.internet = f"wasl-{self._mark}-net"
        self._namespaces: list[str] = []
        self._numbers: dict[str, int] = {}
        self._seed = seed
        self._forwarder: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        try:
            self._add_namespace(self.internet)
            for address in (SERVER_ADDRESS, TURN_ADDRESS):
                _run("ip", "-n", self.internet, "address", "add", f"{address}/32", "dev", "lo")
            self.inside(self.internet, "sysctl", "-qw", "net.ipv4.ip_forward=1")
            for name, value, known in tcp_settings():
                with contextlib.nullcontext() if known else contextlib.suppress(subprocess.CalledProcessError):
                    self.inside(self.internet, "sysctl", "-qw", f"{name}={value}")
            self._forwarder = subprocess.Popen(
                [sys.executable, "-m", "tests.lab.link_forwarder", str(self._seed)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                bufsize=1,
                cwd=Path(__file__).parents[2],
            )
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the forwarder and remove all namespaces; safe to call again."""
        if self._forwarder is not None:
            process, self._forwarder = self._forwarder, None
            if process.stdin is not None:
                with contextlib.suppress(OSError):
                    process.stdin.close()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        while self._namespaces:
            namespace = self._namespaces.pop()
            subprocess.run(["ip", "netns", "delete", namespace], check=False, capture_output=True)
            shutil.rmtree(OWN_FILES / namespace, ignore_errors=True)

    def inside(self, namespace: str, *command: str) -> str:
        """Run a short command in a namespace and return what it printed. Raises ``CalledProcessError``."""
        return _run("ip", "netns", "exec", namespace, *command)

    def command_inside(self, namespace: str, *command: str) -> list[str]:
        """Return the command line that runs ``command`` in a namespace, for processes the caller owns."""
        return ["ip", "netns", "exec", namespace, *command]

    def add_participant(self, name: str, line: Line | str, nat: Nat = Nat.CONE) -> str:
        """Make a participant behind a router and a line. Returns the namespace to run a browser in."""
        number = self._numbers.setdefault(name, len(self._numbers) + 1)
        home, router = self._home(name), self._router(name)
        self._add_namespace(home)
        self._add_namespace(router)
        (OWN_FILES / home).mkdir(parents=True, exist_ok=True)
        (OWN_FILES / home / "hosts").write_text(f"127.0.0.1 localhost\n{TURN_ADDRESS} {TURN_NAME}\n")
        # Chromium asks a name server before it looks there: nobody listens here, and says so at once.
        (OWN_FILES / home / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        _run("ip", "-n", home, "link", "add", "eth0", "type", "veth", "peer", "name", "lan0", "netns", router)
        for namespace, device, address in (
            (home, "eth0", f"192.168.{number}.2/24"),
            (router, "lan0", f"192.168.{number}.1/24"),
        ):
            _run("ip", "-n", namespace, "address", "add", address, "dev", device)
            _run("ip", "-n", namespace, "link", "set", device, "up")
        _run("ip", "-n", home, "route", "add", "default", "via", f"192.168.{number}.1")
        self.inside(router, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        far_device = f"line{number}"
        self._order(
            do="add", link=name, near=[router, "wan0"], far=[self.internet, far_device], line=asdict(self._line(line))
        )
        _run("ip", "-n", router, "address", "add", f"{self.public_address(name)}/32", "dev", "wan0")
        _run("ip", "-n", router, "link", "set", "wan0", "up")
        _run("ip", "-n", router, "route", "add", "default", "dev", "wan0")
        _run("ip", "-n", self.internet, "link", "set", far_device, "up")
        _run("ip", "-n", self.internet, "route", "add", f"203.0.113.{number * 16}/28", "dev", far_device)
        masquerade = "masquerade" if nat is Nat.CONE else "masquerade random,fully-random"
        # What nobody inside has asked for is dropped, as home routers do: answered or tracked, it would take the port
        # that the participant's own packet is about to use.
        self._nft(
            router,
            "table ip nat { chain out { type nat hook postrouting priority 100; oifname wan0 " + masquerade + "; }; }\n"
            "table ip guard { chain in { type filter hook input priority 0; iifname wan0 ct state new drop; }; }",
        )
        return home

    def public_address(self, name: str, turn: int = 1) -> str:
        """Return the public address of a participant's router; ``turn`` counts its changes of address."""
        return f"203.0.113.{self._numbers[name] * 16 + turn}"

    def set_line(self, name: str, line: Line | str) -> None:
        """Change a line while it runs."""
        self._order(do="line", link=name, line=asdict(self._line(line)))

    def cut(self, name: str, cut: bool = True) -> None:
        """Cut a line, or mend it."""
        self._order(do="cut", link=name, cut=cut)

    def count(self, name: str) -> dict[str, dict[str, int]]:
        """Return packets and bytes at the IP layer, up and down, since the last call."""
        return self._order(do="count", link=name)

    def change_address(self, name: str, turn: int) -> None:
        """Give the router another public address and forget its mappings, as a mobile network does."""
        router = self._router(name)
        _run("ip", "-n", router, "address", "flush", "dev", "wan0")
        _run("ip", "-n", router, "address", "add", f"{self.public_address(name, turn)}/32", "dev", "wan0")
        _run("ip", "-n", router, "route", "replace", "default", "dev", "wan0")

    def block_udp(self, name: str) -> None:
        """Let only TCP through the router."""
        self._wall(name, "meta l4proto udp drop;")

    def allow_only_https(self, name: str) -> None:
        """Let only TCP to port 443 through the router, as the walls of schools and offices do."""
        self._wall(name, "meta l4proto udp drop; iifname lan0 tcp dport != 443 drop;")

    def hold_handshakes(self, name: str) -> None:
        """Keep back what of a direct connection's DTLS handshake is not encrypted; a relay's is wrapped, and passes."""
        self._wall(name, "meta l4proto udp @th,64,8 0x16 drop;")

    def let_all_pass(self, name: str) -> None:
        """Let everything through the router again, if anything was kept back."""
        self._nft(self._router(name), "table ip wall {}; delete table ip wall")

    def _wall(self, name: str, rules: str) -> None:
        chain = f"chain through {{ type filter hook forward priority 0; {rules} }};"
        self._nft(self._router(name), f"table ip wall {{ {chain} }}")

    def _home(self, name: str) -> str:
        return f"wasl-{self._mark}-h{self._numbers[name]}"

    def _router(self, name: str) -> str:
        return f"wasl-{self._mark}-r{self._numbers[name]}"

    @staticmethod
    def _line(line: Line | str) -> Line:
        return PRESETS[line] if isinstance(line, str) else line

    def _add_namespace(self, name: str) -> None:
        _run("ip", "netns", "add", name)
        self._namespaces.append(name)
        _run("ip", "-n", name, "link", "set", "lo", "up")

    def _nft(self, namespace: str, rules: str) -> None:
        subprocess.run(
            ["ip", "netns", "exec", namespace, "nft", "-f", "-"],
            input=rules,
            text=True,
            check=True,
            capture_output=True,
        )

    def _order(self, **order: object) -> dict:
        process = self._forwarder
        if process is None or process.stdin is None or process.stdout is None:
            raise RuntimeError("the laboratory is closed")
        with self._lock:
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline() or '{"fault": "the forwarder has ended"}')
        if "fault" in answer:
            raise RuntimeError(answer["fault"])
        return answer
