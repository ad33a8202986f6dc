"""The states of a visit, of its live room and of the people in it, as data, with one transition for all of them."""

from enum import StrEnum
from typing import TypeVar

import structlog

from rooms.errors import WrongStateError

log = structlog.get_logger(__name__)


class VisitState(StrEnum):
    """A scheduled meeting, as stored."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    MISSED = "missed"


class RoomState(StrEnum):
    """The live object of an open visit."""

    WAITING = "waiting"
    LIVE = "live"
    PAUSED = "paused"
    CLOSED = "closed"


class ParticipantState(StrEnum):
    """A person with a role in a room. Presence is separate."""

    JOINING = "joining"
    WAITING = "waiting"
    ADMITTED = "admitted"
    GONE = "gone"


class ClaimState(StrEnum):
    """A second browser's wish for a seat, as stored."""

    WAITING = "waiting"
    APPROVED = "approved"
    DENIED = "denied"


class Presence(StrEnum):
    """Whether a participant's browser has been heard within its time to live."""

    PRESENT = "present"
    AWAY = "away"


class PauseReason(StrEnum):
    """Why sound and picture do not flow now."""

    CHILD_ASKED = "child-asked"
    CLASSROOM_MISSING = "classroom-missing"
    SOCIAL_WORKER_MISSING = "social-worker-missing"
    PSYCHOLOGIST_MISSING = "psychologist-missing"


#: Nothing has ended these visits yet.
PENDING = frozenset({VisitState.SCHEDULED, VisitState.OPEN})

VISIT_MOVES = frozenset(
    {
        (VisitState.SCHEDULED, VisitState.OPEN),
        (VisitState.SCHEDULED, VisitState.CANCELLED),
        (VisitState.SCHEDULED, VisitState.EXPIRED),
        (VisitState.SCHEDULED, VisitState.MISSED),
        # Somebody tried a link before the hour, and then the visit was moved.
        (VisitState.OPEN, VisitState.SCHEDULED),
        (VisitState.OPEN, VisitState.COMPLETED),
        (VisitState.OPEN, VisitState.CANCELLED),
        (VisitState.OPEN, VisitState.EXPIRED),
        (VisitState.OPEN, VisitState.MISSED),
    }
)

ROOM_MOVES = frozenset(
    {
        (RoomState.WAITING, RoomState.LIVE),
        (RoomState.WAITING, RoomState.PAUSED),
        (RoomState.WAITING, RoomState.CLOSED),
        (RoomState.LIVE, RoomState.PAUSED),
        (RoomState.LIVE, RoomState.CLOSED),
        (RoomState.PAUSED, RoomState.LIVE),
        (RoomState.PAUSED, RoomState.WAITING),  # the child lifts a pause asked for before everybody had come
        (RoomState.PAUSED, RoomState.CLOSED),
    }
)

PARTICIPANT_MOVES = frozenset(
    {
        (ParticipantState.JOINING, ParticipantState.WAITING),
        (ParticipantState.JOINING, ParticipantState.ADMITTED),
        (ParticipantState.JOINING, ParticipantState.GONE),
        (ParticipantState.WAITING, ParticipantState.ADMITTED),
        (ParticipantState.WAITING, ParticipantState.GONE),
        (ParticipantState.ADMITTED, ParticipantState.GONE),
        (ParticipantState.GONE, ParticipantState.JOINING),
    }
)

CLAIM_MOVES = frozenset(
    {
        (ClaimState.WAITING, ClaimState.APPROVED),
        (ClaimState.WAITING, ClaimState.DENIED),
        # A browser that got the seat and lost it to a later one is a second browser again.
        (ClaimState.APPROVED, ClaimState.WAITING),
    }
)

State = TypeVar("State", VisitState, RoomState, ParticipantState, ClaimState)


def transition(old: State, new: State, subject: str) -> State:
    """Return ``new`` when the table of that machine allows ``old -> new``; the only way a state may change.

    ``subject`` is the opaque id that the log line names. Raises :class:`WrongStateError` for every other move.
    """
    allowed: frozenset[tuple[StrEnum, StrEnum]]
    match old:
        case VisitState():
            allowed = VISIT_MOVES
        case RoomState():
            allowed = ROOM_MOVES
        case ParticipantState():
            allowed = PARTICIPANT_MOVES
        case ClaimState():
            allowed = CLAIM_MOVES
    if (old, new) not in allowed:
        raise WrongStateError(state=old, wanted=new)
    log.debug("state changed", machine=type(old).__name__, subject=subject, old=old, new=new)
    return new
