"""Every message of the wire, one frozen class each; :mod:`signaling.codec` reads and writes them.

Nothing behind the codec sees a dictionary. Fields are camelCase on the wire, types kebab-case; ``PROTOCOL.md``
describes them for people, and a test keeps the two alike.
"""

from datetime import datetime
from typing import Annotated, Union

from msgspec import Meta, field

from rooms.health.samples import Rung, RungReason
from rooms.ids import PeerId, VisitId
from rooms.roles import Role
from rooms.visits.states import PauseReason, RoomState
from signaling.dictionaries import (
    HEALTH_MAX_LEGS,
    TICKET_MAX_CHARS,
    AnswerDescription,
    CandidateInit,
    Claim,
    Count,
    LegHealth,
    Negotiation,
    OfferDescription,
    Participant,
    Peer,
    Resume,
    RosterSeat,
    Seat,
)
from signaling.frames import ClientFrame, ServerFrame
from signaling.ice_servers import IceServer
from signaling.low_rung_messages import (
    Clip,
    RelayedClip,
    RelayedSealingKey,
    RelayedSignal,
    RelayedText,
    SealingKey,
    Signal,
    Text,
)

# --- page to server ---


class Hello(ClientFrame, frozen=True, omit_defaults=True):
    """First message of every socket. ``replace`` moves the seat from another tab; ``resume`` takes a lost socket up."""

    ticket: Annotated[str, Meta(min_length=1, max_length=TICKET_MAX_CHARS)]
    replace: bool = False
    resume: Resume | None = None


class Ping(ClientFrame, frozen=True):
    """Sent every second. ``received`` is the ``seq`` of the last frame received in order; it acknowledges them all."""

    received: Count


class Leave(ClientFrame, frozen=True):
    """The person pressed leave."""


class Knock(ClientFrame, frozen=True):
    """The psychologist knocks."""


class OpenDoor(ClientFrame, frozen=True):
    """The classroom side opens the door."""


class Admit(ClientFrame, frozen=True):
    """A professional lets a waiting participant in."""

    participant: Participant


class Deny(ClientFrame, frozen=True):
    """A professional sends a waiting participant away."""

    participant: Participant


class Remove(ClientFrame, frozen=True):
    """A professional removes a participant, for ever."""

    participant: Participant


class Pause(ClientFrame, frozen=True):
    """The child's own pause, set or lifted."""

    on: bool


class Help(ClientFrame, frozen=True):
    """Somebody needs help now."""


class Media(ClientFrame, frozen=True):
    """Whether this peer's microphone and camera are on."""

    audio: bool
    video: bool


class End(ClientFrame, frozen=True):
    """A professional ends the visit; the countdown begins."""


class KeepGoing(ClientFrame, frozen=True):
    """A professional takes the countdown back."""


class AskIceServers(ClientFrame, frozen=True, tag="ice-servers"):
    """Fresh credentials are wanted, before an ICE restart."""


class Reconnect(ClientFrame, frozen=True):
    """The connection does not come back: both sides are to open a new one."""

    peer: Peer
    negotiation: Negotiation


class Offer(ClientFrame, frozen=True):
    """An offer for one peer."""

    to: Peer
    negotiation: Negotiation
    description: OfferDescription


class Answer(ClientFrame, frozen=True):
    """An answer for one peer."""

    to: Peer
    negotiation: Negotiation
    description: AnswerDescription


class Candidate(ClientFrame, frozen=True):
    """An ICE candidate for one peer; ``null`` is the end of candidates."""

    to: Peer
    negotiation: Negotiation
    candidate: CandidateInit | None


class Health(ClientFrame, frozen=True):
    """What the browser measures now. Only a minute's summary of the whole room is stored."""

    rung: Rung
    reason: RungReason
    legs: Annotated[tuple[LegHealth, ...], Meta(max_length=HEALTH_MAX_LEGS)]


class AdmitClaim(ClientFrame, frozen=True):
    """A professional lets a second browser take an invitation over."""

    claim: Claim


class DenyClaim(ClientFrame, frozen=True):
    """A professional refuses a second browser."""

    claim: Claim


RelayedClientMessage = Offer | Answer | Candidate
ClientMessage = Union[  # noqa: UP007  mypy needs one flat union to narrow
    Hello, Ping, Leave, Knock, OpenDoor, Admit, Deny, Remove, Pause, Help, Media, End, KeepGoing, AskIceServers,
    Reconnect, Offer, Answer, Candidate, Health, AdmitClaim, DenyClaim, SealingKey, Clip, Signal, Text,
]  # fmt: skip


# --- server to page ---


class Welcome(ServerFrame, frozen=True):
    """The ticket was good. Has no ``seq``.

    ``resumed`` false after a resume was asked: everything known before is void.
    """

    visit: VisitId
    peer: PeerId
    resume_key: str
    participants: tuple[Seat, ...]
    admitted: bool
    now: datetime
    starts_at: datetime
    ends_at: datetime
    closes_at: datetime
    resumed: bool
    #: How many of this peer's messages were taken; ``hello``, ``ping`` and ``voice`` are not counted. A resuming page
    #: sends the rest again.
    received: int


class Waiting(ServerFrame, frozen=True):
    """You are not admitted yet."""


class Admitted(ServerFrame, frozen=True):
    """You are in; ``room`` and ``roster`` follow."""


class Denied(ServerFrame, frozen=True):
    """An adult has sent you away; you may ask again by joining anew."""


class Room(ServerFrame, frozen=True):
    """The room as it is now, whole."""

    state: RoomState
    reasons: tuple[PauseReason, ...]
    door_opened: bool
    knocked: bool
    ending_at: datetime | None
    pauses_at: datetime | None
    missing: tuple[Role, ...]


class Roster(ServerFrame, frozen=True):
    """Who is here now, whole."""

    participants: tuple[RosterSeat, ...]


class Connect(ServerFrame, frozen=True):
    """Open a connection to ``peer``. The impolite side makes the first offer."""

    peer: PeerId
    polite: bool
    negotiation: int
    relay_only: bool
    ice_servers: tuple[IceServer, ...]


class Disconnect(ServerFrame, frozen=True):
    """Close the connection to ``peer``."""

    peer: PeerId
    negotiation: int


class RelayedOffer(ServerFrame, frozen=True, tag="offer"):
    """An offer from one peer; the server sets ``from``."""

    sender: PeerId = field(name="from")
    negotiation: int
    description: OfferDescription


class RelayedAnswer(ServerFrame, frozen=True, tag="answer"):
    """An answer from one peer."""

    sender: PeerId = field(name="from")
    negotiation: int
    description: AnswerDescription


class RelayedCandidate(ServerFrame, frozen=True, tag="candidate"):
    """An ICE candidate from one peer."""

    sender: PeerId = field(name="from")
    negotiation: int
    candidate: CandidateInit | None


class FreshIceServers(ServerFrame, frozen=True, tag="ice-servers"):
    """The answer to ``ice-servers``. ``expires_at`` is null where no TURN server is configured."""

    ice_servers: tuple[IceServer, ...]
    expires_at: datetime | None


class HelpAsked(ServerFrame, frozen=True):
    """Somebody pressed help."""

    role: Role


class AdultLost(ServerFrame, frozen=True):
    """A required adult is not heard; sound and picture pause at ``pauses_at``."""

    role: Role
    pauses_at: datetime


class AdultReturned(ServerFrame, frozen=True):
    """The required adult is heard again."""

    role: Role


class ClaimWaiting(ServerFrame, frozen=True, tag="claim"):
    """A second browser has opened this role's invitation and waits; told to professionals."""

    claim: str
    role: Role


class Removed(ServerFrame, frozen=True):
    """You were removed, for ever. The socket closes."""


class Moved(ServerFrame, frozen=True):
    """Your seat was opened in another tab. The socket closes."""


class Closed(ServerFrame, frozen=True):
    """The room is over. The socket closes."""

    reason: str


class Error(ServerFrame, frozen=True, omit_defaults=True):
    """A message was refused. ``regarding`` is its type, where it could be read."""

    code: str
    regarding: str | None = None


class Pong(ServerFrame, frozen=True):
    """The answer to ``ping``; ``received`` as in :class:`Welcome`. Has no ``seq``."""

    now: datetime
    received: int


ServerMessage = Union[  # noqa: UP007
    Welcome, Waiting, Admitted, Denied, Room, Roster, Connect, Disconnect, RelayedOffer, RelayedAnswer,
    RelayedCandidate, FreshIceServers, HelpAsked, AdultLost, AdultReturned, ClaimWaiting, Removed, Moved, Closed,
    Error, Pong, RelayedSealingKey, RelayedClip, RelayedSignal,
    RelayedText,
]  # fmt: skip
