"""Writes the configuration of a coturn that opens no door (trust section 4, G9; turn-config/README.md gives reasons).

The text is made from checked parts only, so no value can bring a line of its own. ``wasl turn-config`` prints it.
"""

import ipaddress
import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from pathlib import PurePosixPath

from signaling.ice_servers import TurnSettings

#: Special-purpose IPv4 space (RFC 6890 and what followed it): no call has a reason to go there.
DENIED_RANGES = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # behind a carrier's NAT
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local, and the metadata services of clouds
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # the retired 6to4 relays
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    ),
)

#: RFC 8656: where TURN listens when a URL does not say.
DEFAULT_PORT, DEFAULT_TLS_PORT = 3478, 5349
NONCE_LIFE_S = 600
ALLOCATION_LIFE_S = 600
#: A person in a room of three with three TURN addresses makes about six allocations, and restarts double them.
ALLOCATIONS_PER_PARTICIPANT = 12
#: Bytes a second that one allocation may carry each way: 3 Mbit/s, twice the best picture that a leg sends.
ALLOCATION_BYTES_PER_S = 375_000
#: A site range wider than this is a slip of the pen that would deny the world.
WIDEST_SITE_PREFIX = 8

_REALM = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\Z")
#: What may stand in a secret: coturn ends values at white space and begins comments at a hash sign.
_SECRET = re.compile(r"[A-Za-z0-9+/=_.~-]{16,256}\Z")
_PATH = re.compile(r"/[A-Za-z0-9/._-]+\Z")


@dataclass(frozen=True, slots=True)
class RelayAddress:
    """Where the relay stands. Behind a NAT ``public`` is what the world sees and ``local`` what the machine has."""

    public: IPv4Address
    local: IPv4Address

    @classmethod
    def parse(cls, text: str) -> "RelayAddress":
        """Read ``public`` or ``public/local``. Raises ``ValueError`` for anything but one IPv4 host each."""
        public, slash, local = text.partition("/")
        address = cls(public=IPv4Address(public), local=IPv4Address(local if slash else public))
        for host in (address.public, address.local):
            if host.is_unspecified or host.is_multicast or int(host) == 0xFFFFFFFF:  # noqa: PLR2004 -- broadcast
                raise ValueError(f"not the address of one host: {host}")
        return address


@dataclass(frozen=True, slots=True)
class RelayConfig:
    """What differs from relay to relay. Raises ``ValueError`` naming the field at fault; secrets are never named."""

    realm: str
    address: RelayAddress
    secrets: tuple[str, ...] = field(repr=False)
    port: int
    tls_port: int
    certificate: PurePosixPath | None = None
    key: PurePosixPath | None = None
    relay_ports: tuple[int, int] = (49_160, 50_159)
    site_ranges: tuple[IPv4Network, ...] = ()

    def __post_init__(self) -> None:
        if _REALM.match(self.realm) is None:
            raise ValueError(f"realm: not a domain name: {self.realm!r}")
        if not 1 <= len(self.secrets) <= 2 or not all(_SECRET.match(secret) for secret in self.secrets):  # noqa: PLR2004
            raise ValueError("secret: one or two of 16 to 256 letters, digits or any of + / = _ . ~ - are needed")
        first, last = self.relay_ports
        if not 1024 <= first <= last <= 65_535:  # noqa: PLR2004
            raise ValueError(f"relay ports: not a range within 1024 to 65535: {first}-{last}")
        if not all(0 < port <= 65_535 and not first <= port <= last for port in (self.port, self.tls_port)):  # noqa: PLR2004
            raise ValueError("port: the listening ports must lie outside the relay's range")
        if (self.certificate is None) != (self.key is None):
            raise ValueError("TLS: the certificate and its key go together")
        for path in (self.certificate, self.key):
            if path is not None and _PATH.match(str(path)) is None:
                raise ValueError(f"TLS: not an absolute path of plain characters: {str(path)!r}")
        for site_range in self.site_ranges:
            if site_range.prefixlen < WIDEST_SITE_PREFIX:
                raise ValueError(f"site range: wider than /{WIDEST_SITE_PREFIX}, it would deny the world: {site_range}")


def parse_site_range(text: str) -> IPv4Network:
    """Read one range of the site's own servers, such as ``198.51.100.0/25`` or one address.

    Raises ``ValueError``, for IPv6 with the reason: the relay speaks IPv4 only, and coturn 4.6.1 misreads IPv6 ranges.
    """
    network = ipaddress.ip_network(text, strict=False)
    if not isinstance(network, IPv4Network):
        raise ValueError(f"site range: the relay has no IPv6 address, so nothing of IPv6 needs denying: {text}")  # noqa: TRY004
    return network


def turnserver_conf(config: RelayConfig) -> str:
    """Return the text of ``turnserver.conf``. It holds the secret: write it where only coturn can read it."""
    address = config.address
    first, last = config.relay_ports
    external = str(address.public) if address.public == address.local else f"{address.public}/{address.local}"
    sections = (
        (
            "Made by `wasl turn-config`; turn-config/README.md explains every line. Make it again, do not edit it.",
            (),
        ),
        (
            "Where it listens. One IPv4 relay address and no IPv6: IPv6 peers get round the deny list of coturn 4.6.",
            (
                f"listening-port={config.port}",
                f"listening-ip={address.local}",
                f"relay-ip={address.local}",
                f"external-ip={external}",
                "allocation-default-address-family=ipv4",
                f"min-port={first}",
                f"max-port={last}",
            ),
        ),
        ("TLS for lines where only HTTPS passes.", _tls_lines(config)),
        (
            "Who may use it: credentials of minutes that Wasl signs. While a secret is replaced, both are accepted.",
            (
                f"realm={config.realm}",
                "use-auth-secret",
                *(f"static-auth-secret={secret}" for secret in config.secrets),
                f"stale-nonce={NONCE_LIFE_S}",
                "fingerprint",
            ),
        ),
        (
            "How much of it.",
            (
                f"user-quota={ALLOCATIONS_PER_PARTICIPANT}",
                f"total-quota={last - first + 1}",
                f"max-allocate-lifetime={ALLOCATION_LIFE_S}",
                f"max-bps={ALLOCATION_BYTES_PER_S}",
            ),
        ),
        (
            "What it has no use for: each of these has been somebody's way in.",
            (
                "no-tcp-relay",
                "no-cli",
                "no-dtls",
                "no-multicast-peers",
                "no-rfc5780",
                "no-stun-backward-compatibility",
                "response-origin-only-with-rfc5780",
                "no-software-attribute",
            ),
        ),
        (
            "Nothing is logged: a line would hold a child's network address. To look for a fault, see the README.",
            ("no-stdout-log", "log-file=/dev/null", "simple-log"),
        ),
        ("Where no peer may be: special-purpose addresses.", tuple(map(_denied, DENIED_RANGES))),
        ("The site's own servers.", tuple(map(_denied, config.site_ranges))),
        (
            "But the relay itself: two people who both relay here meet at its own address.",
            (f"allowed-peer-ip={address.public}",),
        ),
    )
    return "\n\n".join("\n".join((f"# {reason}", *lines)) for reason, lines in sections) + "\n"


def relay_config(
    turn: TurnSettings,
    *,
    realm: str,
    address: str,
    site_ranges: tuple[str, ...] = (),
    relay_ports: str = "49160-50159",
    certificate: str | None = None,
    key: str | None = None,
) -> RelayConfig:
    """Return the configuration of the relay that ``turn`` signs for, from text as people type it.

    The ports to listen on are those of the URLs. Raises ``ValueError`` with a line that can be shown.
    """
    first, _, last = relay_ports.partition("-")
    if not (first.isdecimal() and last.isdecimal()):
        raise ValueError(f"relay ports: not first-last: {relay_ports!r}")
    return RelayConfig(
        realm=realm,
        address=RelayAddress.parse(address),
        secrets=turn.secrets,
        port=turn.port("turn") or DEFAULT_PORT,
        tls_port=turn.port("turns") or DEFAULT_TLS_PORT,
        relay_ports=(int(first), int(last)),
        certificate=PurePosixPath(certificate) if certificate else None,
        key=PurePosixPath(key) if key else None,
        site_ranges=tuple(map(parse_site_range, site_ranges)),
    )


def _tls_lines(config: RelayConfig) -> tuple[str, ...]:
    if config.certificate is None:
        return ("no-tls",)
    return (
        f"tls-listening-port={config.tls_port}",
        f"cert={config.certificate}",
        f"pkey={config.key}",
        "no-tlsv1",
        "no-tlsv1_1",
    )


def _denied(network: IPv4Network) -> str:
    return f"denied-peer-ip={network.network_address}-{network.broadcast_address}"
