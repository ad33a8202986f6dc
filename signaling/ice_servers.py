"""The STUN and TURN servers a peer is given, with credentials that live for minutes (trust section 4, T1, T6, T8).

coturn's secret mode: the user name is ``expiry:tag`` and the password its base64 HMAC-SHA1 under a secret that the
relay shares (draft-uberti-behave-turn-rest). The relay honours whatever is signed, ten years ahead and without a tag
included, so this module is the only guard: the life is fixed here, and the tag is derived here and never taken from a
client. The relay counts its quota per tag.
"""

import base64
import hashlib
import hmac
import re
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec

from signaling.candidate_filter import is_literal_address

#: Life of a credential in seconds. A running call outlives it; a new allocation or an ICE restart needs a fresh one.
CREDENTIAL_LIFE_S = 300
#: New credentials a participant may be given in :data:`MINTING_PERIOD_S` seconds.
MINTED_PER_PERIOD = 5
MINTING_PERIOD_S = 60

#: RFC 7065: ``turn:host[:port][?transport=udp|tcp]`` and ``turns:``; IPv6 hosts in brackets.
_TURN_URL = re.compile(
    r"(?P<scheme>turns?):(?P<host>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?P<port>:[0-9]{1,5})?"
    r"(?:\?transport=(?:udp|tcp))?\Z",
)
_TAG = re.compile(r"[0-9A-Za-z_-]{8,64}\Z")


class IceServer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The standard's ``RTCIceServer``."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


@dataclass(frozen=True, slots=True)
class IceServers:
    """What one peer may use, and the instant after which the relay takes the credentials no more (UTC)."""

    servers: tuple[IceServer, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """The relays and the secrets shared with them. Secrets never show in a ``repr``.

    ``secrets`` holds one, or two while a secret is being replaced: the first signs, and the relay accepts all of them.
    Raises ``ValueError`` naming the fault, never a secret.
    """

    urls: tuple[str, ...]
    secrets: tuple[str, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.urls:
            raise ValueError("no TURN URL given")
        for url in self.urls:
            if _TURN_URL.match(url) is None:
                raise ValueError(f"not a TURN URL (turn:host:port?transport=udp or turns:host:port): {url!r}")
        if not self.secrets or not all(self.secrets):
            raise ValueError("no TURN secret given")
        if len(self.secrets) > 2:  # noqa: PLR2004 -- the old one and the new one
            raise ValueError("more than two TURN secrets given: the first signs, the second is the one being replaced")

    @classmethod
    def parse(cls, urls: str, secrets: str) -> "TurnSettings":
        """Read ``WASL_TURN_URLS`` and ``WASL_TURN_SECRET``: several values are parted by commas or white space."""
        return cls(urls=_parts(urls), secrets=_parts(secrets))

    def port(self, scheme: str) -> int | None:
        """Return the port of the first URL of a scheme (``turn`` or ``turns``), or None when it does not say one."""
        for match in map(_TURN_URL.match, self.urls):
            if match and match["scheme"] == scheme:
                return int(match["port"][1:]) if match["port"] else None
        return None

    def stun_urls(self) -> tuple[str, ...]:
        """Return the STUN address of each plain ``turn:`` server, once: a TURN server answers STUN on the same port."""
        matches = [match for match in map(_TURN_URL.match, self.urls) if match and match["scheme"] == "turn"]
        return tuple(dict.fromkeys(f"stun:{match['host']}{match['port'] or ''}" for match in matches))

    def tls_by_address(self) -> tuple[str, ...]:
        """Return the ``turns:`` URLs that give an IP address: Firefox leaves them out, without a word to the page."""
        matches = [match for match in map(_TURN_URL.match, self.urls) if match and match["scheme"] == "turns"]
        return tuple(match[0] for match in matches if is_literal_address(match["host"].strip("[]")))


def mint(settings: TurnSettings, tag: str, now: datetime) -> IceServers:
    """Return the servers with a new credential for ``tag``, good for :data:`CREDENTIAL_LIFE_S` seconds from ``now``.

    ``tag`` is opaque and chosen by the server (see :func:`opaque_tag`). Raises ``ValueError`` for one that holds
    anything but letters, digits, ``-`` and ``_``: a colon would move the relay's idea of the expiry.
    """
    if _TAG.match(tag) is None:
        raise ValueError("a TURN tag is 8 to 64 letters, digits, hyphens or underscores")
    expiry = int(now.timestamp()) + CREDENTIAL_LIFE_S
    username = f"{expiry}:{tag}"
    digest = hmac.new(settings.secrets[0].encode(), username.encode(), hashlib.sha1).digest()
    turn = IceServer(urls=settings.urls, username=username, credential=base64.b64encode(digest).decode())
    stun_urls = settings.stun_urls()
    servers = (IceServer(urls=stun_urls), turn) if stun_urls else (turn,)
    return IceServers(servers=servers, expires_at=datetime.fromtimestamp(expiry, UTC))


def opaque_tag(settings: TurnSettings, participant: str) -> str:
    """Return the tag of a participant: the same for all their peers, and meaningless in the relay's log."""
    key = settings.secrets[0].encode()
    return hmac.new(key, f"turn-tag\0{participant}".encode(), hashlib.sha256).hexdigest()[:32]


class IceServerMinter:
    """Mints for the participants of this process, at most :data:`MINTED_PER_PERIOD` new credentials a minute for each.

    Whoever asks more often is given the newest one again, which then has at least four minutes to live: an honest
    page in a storm of ICE restarts goes on, and a dishonest one collects nothing.
    """

    def __init__(self, settings: TurnSettings) -> None:
        self._settings = settings
        self._minted: dict[str, deque[tuple[datetime, IceServers]]] = {}

    def ice_servers(self, participant: str, now: datetime) -> IceServers:
        """Return the servers for a participant who has been admitted: the caller's duty, this class does not ask."""
        self._drop_old(now)
        recent = self._minted.setdefault(participant, deque())
        if len(recent) == MINTED_PER_PERIOD:
            return recent[-1][1]
        minted = mint(self._settings, opaque_tag(self._settings, participant), now)
        recent.append((now, minted))
        return minted

    def tracked(self) -> int:
        """Return how many participants were minted for in the last minute."""
        return len(self._minted)

    def _drop_old(self, now: datetime) -> None:
        """Forget what was minted more than a minute ago, and whoever asked for nothing since."""
        limit = now - timedelta(seconds=MINTING_PERIOD_S)
        for participant in list(self._minted):
            recent = self._minted[participant]
            while recent and recent[0][0] <= limit:
                recent.popleft()
            if not recent:
                del self._minted[participant]


def _parts(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())
