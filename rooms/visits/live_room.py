"""The live room: a pure state machine. Commands and the time go in, events come out; nothing else happens.

It knows no socket, no database and no clock. Its owner calls :meth:`LiveRoom.apply` for every command, one after the
other, and with ``Tick`` at :meth:`LiveRoom.next_deadline`. See ``rooms/visits/README.md`` for the tables.
"""

from datetime import datetime

from rooms.ids import ParticipantId, PeerId
from rooms.roles import Role
from rooms.visits.commands import RoomCommand
from rooms.visits.composition import REQUIRED
from rooms.visits.events import RoomEvent, RosterChanged, RosterEntry
from rooms.visits.legs import Leg, leg_key
from rooms.visits.plan import RoomPlan
from rooms.visits.room_change import RoomChange
from rooms.visits.room_record import RoomRecord
from rooms.visits.states import ParticipantState, PauseReason, RoomState

__all__ = ["Leg", "LiveRoom"]


class LiveRoom:
    """The room of one open visit. Instants are aware UTC and must not run backwards."""

    __slots__ = ("_record", "plan")

    def __init__(self, plan: RoomPlan) -> None:
        """Make a room in which nobody is yet. Raises ``ValueError`` for a plan with a second classroom seat."""
        self.plan = plan
        self._record = RoomRecord.of(plan)

    def apply(self, command: RoomCommand, now: datetime) -> tuple[RoomEvent, ...]:
        """Carry out one command at ``now`` and return what happened, in order.

        Deadlines that are due take effect first, as with a ``Tick``. Raises a :class:`RoomError` when a rule forbids
        the command; then nothing has changed, the deadlines included: their own ``Tick`` brings them. After the room
        has closed, ``Detach``, ``Leave`` and ``Tick`` are ignored and all else raises :class:`RoomClosedError`.
        """
        before = self._record
        change = RoomChange(self.plan, before.copy(), now)
        change.pass_time()
        change.obey(command)
        change.settle()
        after = self._record = change.record
        if after.seats != before.seats or after.peers != before.peers:
            change.events.append(RosterChanged())
        return tuple(change.events)

    def next_deadline(self) -> datetime | None:
        """Return when a ``Tick`` is due; None once the room is closed."""
        return self._record.deadline

    @property
    def state(self) -> RoomState:
        """The room's state. Media may flow only while it is live."""
        return self._record.state

    @property
    def pause_reasons(self) -> frozenset[PauseReason]:
        """Why the room is paused; empty in every other state."""
        return self._record.reasons

    @property
    def child_paused(self) -> bool:
        """Whether the child has asked for a pause and not lifted it."""
        return self._record.child_paused

    @property
    def ending_at(self) -> datetime | None:
        """When the countdown ends; None while nobody has ended the visit."""
        return self._record.ending_at

    @property
    def pauses_at(self) -> datetime | None:
        """When the live room pauses unless a required person who is away returns; None while all are heard."""
        return self._record.pauses_at

    @property
    def door_opened(self) -> bool:
        """Whether the child has opened the door, now or before a restart."""
        return self._record.door_opened

    @property
    def knocked(self) -> bool:
        """Whether a psychologist who is heard now has knocked, so that the door can be opened to somebody."""
        return any(self._is_heard(self._record.seats[participant].peer) for participant in self._record.knocking)

    def _is_heard(self, peer: PeerId | None) -> bool:
        return peer is not None and self._record.peers[peer].detached_at is None

    @property
    def missing(self) -> tuple[Role, ...]:
        """The required roles that are not admitted and heard now."""
        return tuple(self._record.absences(REQUIRED[self.plan.composition]))

    def roster(self) -> tuple[RosterEntry, ...]:
        """Return every seat that a browser holds, waiting or admitted, present or away."""
        return self._record.roster()

    def peers(self) -> tuple[PeerId, ...]:
        """Return the peers that have a place in the room, in the order in which they joined."""
        return tuple(self._record.peers)

    def participants_of(self, peer: PeerId) -> tuple[ParticipantId, ...]:
        """Return who sits at this peer; nobody when it has no place in the room."""
        return tuple(seat.participant for seat in self._record.seats_at(peer))

    def is_admitted(self, peer: PeerId) -> bool:
        """Say whether this peer may receive anything of the room beyond its own waiting."""
        return any(seat.state is ParticipantState.ADMITTED for seat in self._record.seats_at(peer))

    def leg(self, one: PeerId, other: PeerId) -> Leg | None:
        """Return the leg between two peers, or None when they may exchange nothing."""
        return self._record.legs.get(leg_key(one, other))

    def legs(self) -> tuple[Leg, ...]:
        """Return all legs, oldest first."""
        return tuple(self._record.legs.values())
