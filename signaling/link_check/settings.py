"""The caps of line checks. Times are in seconds."""

from dataclasses import dataclass, field

from signaling.ice_servers import TurnSettings
from signaling.media_peer.peer import is_installed


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCheckSettings:
    """What a check may cost this server and its relay."""

    #: Exactly what a browser writes into ``Origin``.
    allowed_origins: frozenset[str]
    turn: TurnSettings | None = None
    #: Whether there is a WebRTC peer to measure against.
    has_peer: bool = field(default_factory=is_installed)
    #: Checks at once in this process: each is a peer connection in Python.
    checks_max: int = 4
    time_max_s: float = 20.0
    #: Payload of one check, both ways together.
    bytes_max: int = 1_000_000
    hello_deadline_s: float = 5.0
    #: Sockets that have not shown a permit yet.
    strangers_max: int = 16
