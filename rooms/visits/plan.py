"""What was booked: the frozen facts from which a live room is made, and made again after a restart."""

from dataclasses import dataclass
from datetime import datetime

from rooms.ids import ParticipantId, ReferralId, VisitId
from rooms.roles import Composition, Role


@dataclass(frozen=True, slots=True)
class SeatPlan:
    """One invited role. ``admitted`` and ``removed`` are what the database remembers of earlier sockets."""

    participant: ParticipantId
    role: Role
    admitted: bool = False
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPlan:
    """A visit as booked. All instants are aware UTC.

    ``closes_at`` is the hard end: the end of the visit's window, when every client closes by itself. ``ends_at`` is
    only what was planned; passing it cuts nothing. ``door_opened`` says that the child has opened the door once
    already, ``child_paused`` that the child's own pause was on when the room was last heard of.
    """

    visit: VisitId
    referral: ReferralId
    composition: Composition
    seats: tuple[SeatPlan, ...]
    starts_at: datetime
    ends_at: datetime
    closes_at: datetime
    door_opened: bool = False
    child_paused: bool = False
