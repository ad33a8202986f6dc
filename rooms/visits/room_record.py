"""What a live room knows: one record of immutable parts, cheap to copy, so that a refused command changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from rooms.ids import ParticipantId, PeerId
from rooms.roles import Role
from rooms.visits.events import RosterEntry
from rooms.visits.legs import Leg, LegKey
from rooms.visits.plan import RoomPlan
from rooms.visits.states import ParticipantState, PauseReason, Presence, RoomState


@dataclass(frozen=True, slots=True)
class Seat:
    """One invited role, where its person stands, and the browser that holds it (None when nobody does)."""

    participant: ParticipantId
    role: Role
    state: ParticipantState
    peer: PeerId | None


@dataclass(frozen=True, slots=True)
class ConnectedPeer:
    """One browser with a place in the room. ``detached_at`` is when its socket went; None while it is heard."""

    peer: PeerId
    detached_at: datetime | None = None
    audio: bool = False
    video: bool = False


@dataclass(slots=True, kw_only=True)
class RoomRecord:
    """Everything that changes in a room. The values inside the dicts are frozen; a copy shares them."""

    seats: dict[ParticipantId, Seat]
    #: In the order in which they joined.
    peers: dict[PeerId, ConnectedPeer] = field(default_factory=dict)
    legs: dict[LegKey, Leg] = field(default_factory=dict)
    state: RoomState = RoomState.WAITING
    reasons: frozenset[PauseReason] = frozenset()
    #: Never to come back.
    removed: frozenset[ParticipantId]
    #: Let in by an adult and not gone since: they come back without being asked again.
    welcome: frozenset[ParticipantId]
    #: Psychologists who have knocked and have not left since.
    knocking: frozenset[ParticipantId] = frozenset()
    door_opened: bool
    child_paused: bool = False
    has_been_live: bool = False
    #: Required adults whose loss was told and whose return was not.
    lost: frozenset[Role] = frozenset()
    ending_at: datetime | None = None
    #: When a live room pauses unless the required person who is away comes back.
    pauses_at: datetime | None = None
    #: The next instant at which time alone changes something; None once closed.
    deadline: datetime | None
    negotiations: int = 0

    @classmethod
    def of(cls, plan: RoomPlan) -> "RoomRecord":
        """Return the record of a room in which nobody is yet. Raises ``ValueError`` for a second classroom seat."""
        if sum(seat.role is Role.CLASSROOM for seat in plan.seats) > 1:
            raise ValueError("a visit has one classroom seat")
        return cls(
            seats={
                seat.participant: Seat(seat.participant, seat.role, ParticipantState.JOINING, None)
                for seat in plan.seats
            },
            removed=frozenset(seat.participant for seat in plan.seats if seat.removed),
            welcome=frozenset(seat.participant for seat in plan.seats if seat.admitted),
            door_opened=plan.door_opened,
            child_paused=plan.child_paused,
            deadline=plan.closes_at,
        )

    def copy(self) -> "RoomRecord":
        """Return a record that can be changed without changing this one."""
        return RoomRecord(
            seats=dict(self.seats),
            peers=dict(self.peers),
            legs=dict(self.legs),
            state=self.state,
            reasons=self.reasons,
            removed=self.removed,
            welcome=self.welcome,
            knocking=self.knocking,
            door_opened=self.door_opened,
            child_paused=self.child_paused,
            has_been_live=self.has_been_live,
            lost=self.lost,
            ending_at=self.ending_at,
            pauses_at=self.pauses_at,
            deadline=self.deadline,
            negotiations=self.negotiations,
        )

    def seats_at(self, peer: PeerId) -> Iterator[Seat]:
        """Yield the seats that this browser holds, in the plan's order."""
        return (seat for seat in self.seats.values() if seat.peer == peer)

    def admitted_roles(self) -> dict[PeerId, frozenset[Role]]:
        """Return each admitted peer with its admitted roles, earliest peer first."""
        roles: dict[PeerId, frozenset[Role]] = {}
        for peer in self.peers:
            admitted = frozenset(
                seat.role
                for seat in self.seats.values()
                if seat.peer == peer and seat.state is ParticipantState.ADMITTED
            )
            if admitted:
                roles[peer] = admitted
        return roles

    def absences(self, required: tuple[Role, ...]) -> dict[Role, datetime | None]:
        """Return the required roles that are not heard now: since when, or None where nobody holds the place."""
        absent: dict[Role, datetime | None] = dict.fromkeys(required)
        for seat in self.seats.values():
            if seat.role not in absent or seat.peer is None or seat.state is not ParticipantState.ADMITTED:
                continue
            detached_at = self.peers[seat.peer].detached_at
            if detached_at is None:
                del absent[seat.role]
            else:
                absent[seat.role] = max(detached_at, absent[seat.role] or detached_at)
        return absent

    def roster(self) -> tuple[RosterEntry, ...]:
        """Return every seat that a browser holds, in the plan's order."""
        entries = []
        for seat in self.seats.values():
            if seat.peer is None:
                continue
            peer = self.peers[seat.peer]
            entries.append(
                RosterEntry(
                    participant=seat.participant,
                    role=seat.role,
                    state=seat.state,
                    presence=Presence.PRESENT if peer.detached_at is None else Presence.AWAY,
                    peer=seat.peer,
                    audio=peer.audio,
                    video=peer.video,
                )
            )
        return tuple(entries)
