"""What happened in a live room: frozen events with stable names, in the order in which they happened."""

from dataclasses import dataclass
from datetime import datetime

from rooms.ids import ParticipantId, PeerId
from rooms.roles import Role
from rooms.visits.states import ParticipantState, PauseReason, Presence, RoomState


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """One connected seat, as everybody admitted sees it. Two entries with one ``peer`` sit at one device."""

    participant: ParticipantId
    role: Role
    state: ParticipantState
    presence: Presence
    peer: PeerId
    audio: bool
    video: bool


@dataclass(frozen=True, slots=True)
class ParticipantWaiting:
    """Connected, and not admitted. Only this peer and the adults' roster hear of it."""

    participant: ParticipantId
    role: Role
    peer: PeerId


@dataclass(frozen=True, slots=True)
class ParticipantAdmitted:
    """Let in. ``by`` is who did it: a participant, or None where the rules of the room did (own room, re-entry)."""

    participant: ParticipantId
    role: Role
    peer: PeerId
    by: ParticipantId | None


@dataclass(frozen=True, slots=True)
class ParticipantDenied:
    """Sent away by an adult; may ask again."""

    participant: ParticipantId
    peer: PeerId
    by: ParticipantId


@dataclass(frozen=True, slots=True)
class ParticipantGone:
    """Left, or away for longer than the room keeps a place."""

    participant: ParticipantId
    role: Role
    peer: PeerId


@dataclass(frozen=True, slots=True)
class ParticipantRemoved:
    """Removed for ever. ``peer`` is None when no browser held the seat."""

    participant: ParticipantId
    role: Role
    peer: PeerId | None
    by: ParticipantId | None


@dataclass(frozen=True, slots=True)
class PeerReplaced:
    """The seat has moved to another peer of the same person; the old one is to be closed."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class DoorKnocked:
    """The psychologist has knocked."""

    by: ParticipantId


@dataclass(frozen=True, slots=True)
class DoorOpened:
    """The classroom side has opened the door."""

    by: ParticipantId


@dataclass(frozen=True, slots=True)
class RoomStateChanged:
    """The room's state, or the reasons for a pause, have changed."""

    old: RoomState
    new: RoomState
    reasons: frozenset[PauseReason]


@dataclass(frozen=True, slots=True)
class AdultLost:
    """A required adult is not heard; media pauses at ``pauses_at`` unless they return."""

    role: Role
    pauses_at: datetime


@dataclass(frozen=True, slots=True)
class AdultReturned:
    """The required adult is heard again."""

    role: Role


@dataclass(frozen=True, slots=True)
class LegOpened:
    """Two peers may now exchange descriptions. ``impolite`` makes the first offer (perfect negotiation, JSEP)."""

    polite: PeerId
    impolite: PeerId
    negotiation: int


@dataclass(frozen=True, slots=True)
class LegClosed:
    """Two peers may no longer exchange anything; each closes its connection."""

    polite: PeerId
    impolite: PeerId
    negotiation: int


@dataclass(frozen=True, slots=True)
class RosterChanged:
    """Somebody's place, presence or media has changed; everybody admitted gets the new roster."""


@dataclass(frozen=True, slots=True)
class HelpAsked:
    """Somebody pressed help."""

    by: ParticipantId
    role: Role


@dataclass(frozen=True, slots=True)
class EndingStarted:
    """The gentle end has begun; the room closes at ``closes_at``."""

    by: ParticipantId
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class EndingCancelled:
    """The adult took the end back."""

    by: ParticipantId


@dataclass(frozen=True, slots=True)
class RoomClosed:
    """The room is over for everybody.

    ``reason``: ``ended``, ``hard-end``, ``cancelled``, ``rescheduled`` or ``withdrawn``.
    """

    reason: str


RoomEvent = (
    ParticipantWaiting
    | ParticipantAdmitted
    | ParticipantDenied
    | ParticipantGone
    | ParticipantRemoved
    | PeerReplaced
    | DoorKnocked
    | DoorOpened
    | RoomStateChanged
    | AdultLost
    | AdultReturned
    | LegOpened
    | LegClosed
    | RosterChanged
    | HelpAsked
    | EndingStarted
    | EndingCancelled
    | RoomClosed
)
