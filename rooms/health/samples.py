"""What a browser measures on one leg: kept in memory while it is the latest, never stored; no people, no addresses."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rooms.roles import Role


class Rung(StrEnum):
    """The step of the quality ladder that a browser is on, best first."""

    VIDEO = "video"
    SMALL_VIDEO = "small-video"
    STILLS = "stills"
    #: Speech alone, by the rate of its coding in kbit/s.
    VOICE_24 = "voice-24"
    VOICE_16 = "voice-16"
    VOICE_12 = "voice-12"
    VOICE_8 = "voice-8"
    CLIPS = "clips"
    TEXT = "text"
    PHONE = "phone"

    @property
    def family(self) -> str:
        """What the rung is to people: the voices are one, whatever their rate."""
        return "voice" if self.value.startswith("voice-") else self.value


class RungReason(StrEnum):
    """Why a browser is on its rung and not on a better one, as its ladder sees it."""

    LINE_GOOD = "line-good"
    STARTING = "starting"
    CAMERA_OFF = "camera-off"
    UPLINK_WEAK = "uplink-weak"
    DOWNLINK_WEAK = "downlink-weak"
    OTHER_SIDE_WEAK = "other-side-weak"
    LONG_WAY = "long-way"
    NO_PATH = "no-path"
    LINE_LOST = "line-lost"
    DATA_BUDGET = "data-budget"
    DEVICE_SLOW = "device-slow"
    BATTERY_LOW = "battery-low"
    HELD = "held"
    SIGNING = "signing"


class CandidateType(StrEnum):
    """``RTCIceCandidateType``, as in the standard; ``relay`` where either end of the pair is one."""

    HOST = "host"
    SRFLX = "srflx"
    PRFLX = "prflx"
    RELAY = "relay"


class ConnectionState(StrEnum):
    """``RTCPeerConnection.connectionState``, as in the standard."""

    NEW = "new"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    FAILED = "failed"
    CLOSED = "closed"


#: A connection that stood or was tried, and carries nothing.
BROKEN = frozenset({ConnectionState.DISCONNECTED, ConnectionState.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class LegSample:
    """The latest figures that the device of ``reporter`` gave about its leg to the device of ``other``.

    All but ``rtt_ms`` and ``kbps_out`` are of what arrives at the reporter: heavy loss there is a weak uplink of
    ``other`` or a weak downlink of the reporter. ``invented_pct`` is the share of speech that the reporter had to make
    up: what loss and delay left after every repair. None: not known (yet).
    """

    at: datetime
    reporter: Role
    other: Role
    connection: ConnectionState
    candidate_type: CandidateType | None = None
    rtt_ms: float | None = None
    loss_pct: float | None = None
    jitter_ms: float | None = None
    invented_pct: float | None = None
    kbps_in: float | None = None
    kbps_out: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RungSample:
    """On which rung the device of ``reporter`` is, and why, as its own ladder sees it."""

    at: datetime
    reporter: Role
    rung: Rung
    reason: RungReason


#: Best first, for comparing.
RUNG_ORDER = tuple(Rung)


def lowest(rungs: Iterable[Rung]) -> Rung | None:
    """Return the lowest of some rungs; None of none."""
    return max(rungs, key=RUNG_ORDER.index, default=None)
