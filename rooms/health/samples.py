"""What a browser measures on one leg: kept in memory while it is the latest, never stored; no people, no addresses."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rooms.roles import Role


class ConnectionState(StrEnum):
    """``RTCPeerConnection.connectionState``, as in the standard."""

    NEW = "new"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    FAILED = "failed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegSample:
    """The latest figures that the device of ``reporter`` gave about its leg to the device of ``other``.

    ``loss_pct`` and ``jitter_ms`` are of what arrives at the reporter: heavy loss there is a weak uplink of ``other``
    or a weak downlink of the reporter. None: not known (yet).
    """

    at: datetime
    reporter: Role
    other: Role
    connection: ConnectionState
    rtt_ms: float | None = None
    loss_pct: float | None = None
    jitter_ms: float | None = None
