"""One change of a live room: a command worked out on a copy of the room's record, with the events that it makes.

The order is always: what time alone has brought about, then the command, then what follows from both (:meth:`settle`).
Whoever starts a change throws it away when it raises; so handlers may check and change in whatever order reads best.
"""

from datetime import datetime
from typing import assert_never

from rooms.errors import InvalidInputError, NotAllowedError, WrongStateError
from rooms.ids import ParticipantId, PeerId
from rooms.roles import PROFESSIONALS, Role
from rooms.visits.commands import (
    Admit,
    AskHelp,
    Close,
    Deny,
    Detach,
    End,
    Join,
    KeepGoing,
    Knock,
    Leave,
    OpenDoor,
    Pause,
    Reattach,
    Reconnect,
    Remove,
    Revoke,
    RoomCommand,
    SetMedia,
    Tick,
)
from rooms.visits.composition import MAY_REMOVE, ONE_BY_ONE, OWN_ROOM
from rooms.visits.errors import (
    DoorNotKnockedError,
    NotAdmittedError,
    NotConnectedError,
    NotWaitingError,
    RoomClosedError,
    SeatInUseError,
    SeatRemovedError,
    SeatUnknownError,
)
from rooms.visits.events import (
    DoorKnocked,
    DoorOpened,
    EndingCancelled,
    EndingStarted,
    HelpAsked,
    LegClosed,
    LegOpened,
    ParticipantAdmitted,
    ParticipantDenied,
    ParticipantGone,
    ParticipantRemoved,
    ParticipantWaiting,
    PeerReplaced,
    RoomEvent,
)
from rooms.visits.legs import Leg, leg_key
from rooms.visits.plan import RoomPlan
from rooms.visits.room_record import ConnectedPeer, RoomRecord, Seat
from rooms.visits.settlement import close_room, settle
from rooms.visits.states import ParticipantState, RoomState, transition
from rooms.visits.timings import COUNTDOWN, PLACE_KEPT


class RoomChange:
    """A change in the making. ``record`` is a copy that is the change's own; ``events`` grows in order."""

    __slots__ = ("_seats_moved", "events", "now", "plan", "record")

    def __init__(self, plan: RoomPlan, record: RoomRecord, now: datetime) -> None:
        self.plan = plan
        self.record = record
        self.now = now
        self.events: list[RoomEvent] = []
        self._seats_moved = False

    def pass_time(self) -> None:
        """Let deadlines that are due take effect: places no longer kept, the end, losses told, the pause."""
        record = self.record
        if record.deadline is None or self.now < record.deadline:
            return
        for peer in tuple(record.peers.values()):
            if peer.detached_at is not None and self.now >= peer.detached_at + PLACE_KEPT:
                self._go(peer.peer)
        if record.ending_at is not None and self.now >= record.ending_at:
            close_room(record, self.events, self.plan, "ended")
        elif self.now >= self.plan.closes_at:
            close_room(record, self.events, self.plan, "hard-end")
        self.settle()

    def settle(self) -> None:
        """Work out what follows: the room's state, losses and returns, legs, the next deadline."""
        settle(self.record, self.events, self.plan, self.now, seats_moved=self._seats_moved)
        self._seats_moved = False

    def obey(self, command: RoomCommand) -> None:  # noqa: C901, PLR0912 (one branch for each command)
        """Carry out one command. Raises a :class:`RoomError` when a rule forbids it."""
        if self.record.state is RoomState.CLOSED:
            if isinstance(command, Detach | Leave | Tick):
                return
            raise RoomClosedError
        match command:
            case Tick():
                pass
            case SetMedia():
                self._set_media(command)
            case Join():
                self._join(command)
            case Detach():
                self._detach(command)
            case Reattach():
                self._reattach(command)
            case Leave():
                if command.peer in self.record.peers:
                    self._go(command.peer)
            case Knock():
                self._knock(command)
            case OpenDoor():
                self._open_door(command)
            case Admit():
                self._admit(command)
            case Deny():
                self._deny(command)
            case Remove():
                self._remove(command)
            case Revoke():
                self._take_away(self._seat(command.participant), by=None)
            case Pause():
                self._seat_held_by(command.peer, frozenset({Role.CLASSROOM}))
                self.record.child_paused = command.on
            case AskHelp():
                self._ask_help(command)
            case Reconnect():
                self._reconnect(command)
            case End():
                self._end(command)
            case KeepGoing():
                self._keep_going(command)
            case Close():
                close_room(self.record, self.events, self.plan, command.reason)
            case _:
                assert_never(command)

    # Who asks

    def _heard(self, peer: PeerId) -> ConnectedPeer:
        connected = self.record.peers.get(peer)
        if connected is None or connected.detached_at is not None:
            raise NotConnectedError
        return connected

    def _seat_held_by(self, peer: PeerId, roles: frozenset[Role]) -> Seat:
        """Return the first seat of one of ``roles`` that the peer holds; refuse a peer that holds none."""
        self._heard(peer)
        for seat in self.record.seats_at(peer):
            if seat.role in roles:
                return seat
        raise NotAllowedError

    def _professional(self, peer: PeerId) -> Seat:
        """Return the admitted professional who asks. With both seats on one device, the social worker acts."""
        self._heard(peer)
        seats = [seat for seat in self.record.seats_at(peer) if seat.role in PROFESSIONALS]
        admitted = [seat for seat in seats if seat.state is ParticipantState.ADMITTED]
        if not admitted:
            raise NotAdmittedError if seats else NotAllowedError
        return next((seat for seat in admitted if seat.role is Role.SOCIAL_WORKER), admitted[0])

    def _seat(self, participant: ParticipantId) -> Seat:
        seat = self.record.seats.get(participant)
        if seat is None:
            raise SeatUnknownError
        return seat

    # Coming and going

    def _put(self, seat: Seat, state: ParticipantState, peer: PeerId | None) -> Seat:
        """Move a seat to another state and browser by the table of participants' moves."""
        moved = Seat(seat.participant, seat.role, transition(seat.state, state, seat.participant), peer)
        self.record.seats[seat.participant] = moved
        self._seats_moved = True
        return moved

    def _join(self, command: Join) -> None:
        seats = self._seats_to_take(command)
        left = dict.fromkeys(seat.peer for seat in seats if seat.peer is not None)
        self.record.peers[command.peer] = ConnectedPeer(command.peer)
        for seat in seats:
            self._take(seat, command.peer)
        for old in left:
            if self._drop_when_seatless(old):
                self.events.append(PeerReplaced(old))

    def _seats_to_take(self, command: Join) -> list[Seat]:
        record = self.record
        if command.peer in record.peers:
            raise WrongStateError
        if not command.participants or len(set(command.participants)) != len(command.participants):
            raise InvalidInputError({"participants": "empty-or-repeated"})
        seats = [self._seat(participant) for participant in command.participants]
        for seat in seats:
            if seat.participant in record.removed:
                raise SeatRemovedError
            if seat.peer is not None and record.peers[seat.peer].detached_at is None and not command.replace:
                raise SeatInUseError(role=seat.role)
        return seats

    def _take(self, seat: Seat, peer: PeerId) -> None:
        """Seat a person at a browser, away from any earlier one, and let them in or have them wait."""
        if seat.peer is not None:
            seat = self._put(seat, ParticipantState.GONE, None)
        if seat.state is ParticipantState.GONE:
            seat = self._put(seat, ParticipantState.JOINING, None)
        if self._is_free_to_enter(seat):
            self._let_in(seat, peer, by=None)
        else:
            self._put(seat, ParticipantState.WAITING, peer)
            self.events.append(ParticipantWaiting(seat.participant, seat.role, peer))

    def _is_free_to_enter(self, seat: Seat) -> bool:
        if seat.role in OWN_ROOM:
            return True
        if seat.role in ONE_BY_ONE:
            return seat.participant in self.record.welcome
        return self.record.door_opened

    def _let_in(self, seat: Seat, peer: PeerId, by: ParticipantId | None) -> None:
        self._put(seat, ParticipantState.ADMITTED, peer)
        self.events.append(ParticipantAdmitted(seat.participant, seat.role, peer, by))

    def _drop_when_seatless(self, peer: PeerId) -> bool:
        if any(True for _ in self.record.seats_at(peer)):
            return False
        del self.record.peers[peer]
        return True

    def _forget(self, seat: Seat) -> None:
        """End what an earlier welcome or knock gave: who comes again starts anew."""
        self.record.welcome -= {seat.participant}
        self.record.knocking -= {seat.participant}

    def _go(self, peer: PeerId) -> None:
        for seat in tuple(self.record.seats_at(peer)):
            self._put(seat, ParticipantState.GONE, None)
            self._forget(seat)
            self.events.append(ParticipantGone(seat.participant, seat.role, peer))
        del self.record.peers[peer]

    def _detach(self, command: Detach) -> None:
        peer = self.record.peers.get(command.peer)
        if peer is not None and peer.detached_at is None:
            self.record.peers[peer.peer] = ConnectedPeer(peer.peer, self.now, peer.audio, peer.video)

    def _reattach(self, command: Reattach) -> None:
        peer = self.record.peers.get(command.peer)
        if peer is None:
            raise NotConnectedError
        if peer.detached_at is not None:
            self.record.peers[peer.peer] = ConnectedPeer(peer.peer, None, peer.audio, peer.video)

    def _set_media(self, command: SetMedia) -> None:
        peer = self._heard(command.peer)
        self.record.peers[peer.peer] = ConnectedPeer(peer.peer, None, command.audio, command.video)

    def _reconnect(self, command: Reconnect) -> None:
        """Put a new leg in the place of one; nothing where that one is gone already."""
        self._heard(command.peer)
        key = leg_key(command.peer, command.other)
        leg = self.record.legs.get(key)
        if leg is None or leg.negotiation != command.negotiation:
            return
        self.record.negotiations += 1
        self.record.legs[key] = Leg(leg.polite, leg.impolite, self.record.negotiations)
        self.events.append(LegClosed(leg.polite, leg.impolite, leg.negotiation))
        self.events.append(LegOpened(leg.polite, leg.impolite, self.record.negotiations))

    # The door

    def _knock(self, command: Knock) -> None:
        seat = self._seat_held_by(command.peer, frozenset({Role.PSYCHOLOGIST}))
        # A second tap, or one that crossed with the opening of the door, asks for what is there already.
        if seat.state is ParticipantState.WAITING and seat.participant not in self.record.knocking:
            self.record.knocking |= {seat.participant}
            self.events.append(DoorKnocked(seat.participant))

    def _open_door(self, command: OpenDoor) -> None:
        record = self.record
        child = self._seat_held_by(command.peer, frozenset({Role.CLASSROOM}))
        if record.door_opened:
            return
        # Who has dropped off the line since the knock is let in too, and comes back into the room: no press is in vain.
        outside = [
            (seat, seat.peer)
            for seat in record.seats.values()
            if seat.peer is not None and seat.participant in record.knocking
        ]
        if not outside:
            raise DoorNotKnockedError
        record.door_opened = True
        record.knocking = frozenset()
        self.events.append(DoorOpened(child.participant))
        for seat, peer in outside:
            self._let_in(seat, peer, by=child.participant)

    # Let in, sent away, removed

    def _waiting_guest(self, participant: ParticipantId) -> tuple[Seat, PeerId]:
        seat = self._seat(participant)
        if seat.role not in ONE_BY_ONE:
            # The child opens the door to a psychologist; nobody opens or shuts it in the child's place.
            raise NotAllowedError
        if seat.state is not ParticipantState.WAITING or seat.peer is None:
            raise NotWaitingError
        return seat, seat.peer

    def _admit(self, command: Admit) -> None:
        adult = self._professional(command.peer)
        if self._seat(command.participant).state is ParticipantState.ADMITTED:
            return
        seat, peer = self._waiting_guest(command.participant)
        self.record.welcome |= {seat.participant}
        self._let_in(seat, peer, by=adult.participant)

    def _deny(self, command: Deny) -> None:
        adult = self._professional(command.peer)
        seat, peer = self._waiting_guest(command.participant)
        self._put(seat, ParticipantState.GONE, None)
        self.events.append(ParticipantDenied(seat.participant, peer, adult.participant))
        self._drop_when_seatless(peer)

    def _remove(self, command: Remove) -> None:
        adult = self._professional(command.peer)
        seat = self._seat(command.participant)
        if seat.peer == command.peer or seat.role not in MAY_REMOVE[adult.role]:
            raise NotAllowedError
        self._take_away(seat, by=adult.participant)

    def _take_away(self, seat: Seat, by: ParticipantId | None) -> None:
        if seat.participant in self.record.removed:
            return
        self.record.removed |= {seat.participant}
        self._forget(seat)
        self.events.append(ParticipantRemoved(seat.participant, seat.role, seat.peer, by))
        if seat.peer is not None:
            self._put(seat, ParticipantState.GONE, None)
            self._drop_when_seatless(seat.peer)

    # Help

    def _ask_help(self, command: AskHelp) -> None:
        """Ring for everybody. The child is always heard; others once they have been let in."""
        self._heard(command.peer)
        seats = tuple(self.record.seats_at(command.peer))
        admitted = (seat for seat in seats if seat.state is ParticipantState.ADMITTED)
        asker = next((seat for seat in seats if seat.role is Role.CLASSROOM), None) or next(admitted, None)
        if asker is None:
            # A stranger at the door must not be able to alarm a child; they have the telephone numbers.
            raise NotAdmittedError
        self.events.append(HelpAsked(asker.participant, asker.role))

    # The end

    def _end(self, command: End) -> None:
        adult = self._professional(command.peer)
        if self.record.ending_at is None:
            self.record.ending_at = min(self.now + COUNTDOWN, self.plan.closes_at)
            self.events.append(EndingStarted(adult.participant, self.record.ending_at))

    def _keep_going(self, command: KeepGoing) -> None:
        adult = self._professional(command.peer)
        if self.record.ending_at is not None:
            self.record.ending_at = None
            self.events.append(EndingCancelled(adult.participant))
