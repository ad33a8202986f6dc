"""What messages are made of: limits, checked scalars, and the dictionaries of the WebRTC standard, unchanged."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from rooms.health.samples import CandidateType, ConnectionState
from rooms.ids import ParticipantId, PeerId
from rooms.roles import Role
from rooms.visits.states import ParticipantState, Presence

SUBPROTOCOL = "wasl.v1"
#: Beside it a page may offer this and a name, under which its request for a ticket finds the socket.
MEETING_PREFIX = "meet."
#: Largest text frame, either way, in bytes; a larger one closes the socket with 1009.
FRAME_MAX_BYTES = 64 * 1024
TICKET_MAX_CHARS = 2048
SDP_MAX_CHARS = 60_000
CANDIDATE_MAX_CHARS = 1024
#: Most legs that one health sample may hold; a mesh has at most four.
HEALTH_MAX_LEGS = 8

Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Negotiation = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Peer = Annotated[PeerId, Meta(min_length=32, max_length=32)]
Participant = Annotated[ParticipantId, Meta(min_length=32, max_length=32)]
#: Where a request for a ticket and a socket meet: what nobody can guess, at least 128 random bits.
MEETING_PATTERN = r"^[A-Za-z0-9_-]{22,64}$"
Meeting = Annotated[str, Meta(pattern=MEETING_PATTERN)]
Claim = Annotated[str, Meta(min_length=32, max_length=32)]
#: Measured values; ``null`` on the wire means that the browser could not tell.
Milliseconds = Annotated[int, Meta(ge=0, le=60_000)] | None
Percent = Annotated[int, Meta(ge=0, le=100)] | Annotated[float, Meta(ge=0, le=100)] | None
Kbps = Annotated[int, Meta(ge=0, le=1_000_000)] | None


class Dictionary(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A part of a message."""


class OfferDescription(Dictionary, frozen=True):
    """``RTCSessionDescriptionInit`` of an offer."""

    type: Literal["offer"]
    sdp: Annotated[str, Meta(max_length=SDP_MAX_CHARS)]


class AnswerDescription(Dictionary, frozen=True):
    """``RTCSessionDescriptionInit`` of an answer."""

    type: Literal["answer"]
    sdp: Annotated[str, Meta(max_length=SDP_MAX_CHARS)]


class CandidateInit(Dictionary, frozen=True):
    """``RTCIceCandidateInit``, with those of its four fields that the browser gave."""

    candidate: Annotated[str, Meta(max_length=CANDIDATE_MAX_CHARS)]
    sdp_mid: Annotated[str, Meta(max_length=64)] | UnsetType | None = UNSET
    sdp_m_line_index: Annotated[int, Meta(ge=0, le=255)] | UnsetType | None = UNSET
    username_fragment: Annotated[str, Meta(max_length=256)] | UnsetType | None = UNSET


class LegHealth(Struct, frozen=True, forbid_unknown_fields=True, array_like=True, rename="camel"):
    """What one browser measures on one leg: an array of exactly these fields, so that a summary stays small."""

    #: Of the newest ``connect`` for the other peer; a leg that is no more is passed over.
    negotiation: Negotiation
    connection: ConnectionState
    candidate_type: CandidateType | None
    rtt_ms: Milliseconds
    #: Of what arrives here, as everything that follows but ``kbps_out``.
    loss_pct: Percent
    jitter_ms: Milliseconds
    #: Samples of speech that this browser had to invent, of all that it played.
    invented_pct: Percent
    #: Averages since the page's last ``health``.
    kbps_in: Kbps
    kbps_out: Kbps


class Resume(Dictionary, frozen=True):
    """The page was ``peer`` a moment ago and has every frame up to ``received``."""

    peer: Peer
    resume_key: Annotated[str, Meta(min_length=32, max_length=32)]
    received: Count


class Seat(Dictionary, frozen=True):
    """One of this browser's own seats."""

    participant: ParticipantId
    role: Role


class RosterSeat(Dictionary, frozen=True):
    """One connected seat, as everybody admitted sees it. Seats with one ``peer`` are at one device."""

    participant: ParticipantId
    role: Role
    state: ParticipantState
    presence: Presence
    peer: PeerId
    audio: bool
    video: bool
    you: bool
