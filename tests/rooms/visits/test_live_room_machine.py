"""A live room against a second telling of its rules, over random lives of 60 steps, with 6 people in up to 6 browsers.

500 lives with CI=true or ``--hypothesis-profile=ci``, fewer otherwise.
"""

from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from itertools import count

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from rooms.errors import RoomError
from rooms.ids import PeerId
from rooms.roles import Composition, Role
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
from rooms.visits.events import (
    AdultLost,
    AdultReturned,
    LegClosed,
    LegOpened,
    ParticipantRemoved,
    RoomClosed,
    RoomEvent,
    RoomStateChanged,
    RosterChanged,
)
from rooms.visits.live_room import LiveRoom
from rooms.visits.states import RoomState
from tests.support.live_rooms import START, WINDOW_S, participant, room_plan
from tests.support.room_model import RefusedByModelError, RoomModel

pytestmark = pytest.mark.machines

REQUIRED = (Role.CLASSROOM, Role.SOCIAL_WORKER, Role.PSYCHOLOGIST)
ROLES = st.sampled_from(list(Role))
SETS_OF_ROLES = st.sets(ROLES, max_size=2).map(frozenset)
GUESTS = (Role.GUARDIAN, Role.INTERPRETER, Role.SUPERVISOR)
STRANGER = 11
#: Which peer acts: one of those in the room, counted round and round; or a stranger.
ANYBODY = st.integers(0, STRANGER)
SECONDS = st.sampled_from([0.001, 1.0, 1.499, 1.5, 9.999, 10.0, 19.999, 20.0, 45.0, 599.999, 600.0])
BY_A_PEER = (Detach, Leave, Reattach, Knock, OpenDoor, AskHelp, KeepGoing)
ABOUT_SOMEBODY = (Admit, Deny)
#: Who offers to whom when a pair first connects: never so.
AGAINST_THE_RING = frozenset({(Role.CLASSROOM, Role.PSYCHOLOGIST), (None, Role.CLASSROOM), (Role.PSYCHOLOGIST, None)})


class RoomLife(RuleBasedStateMachine):
    """One room, its model, and a recorder of what everybody was told."""

    @initialize(
        composition=st.sampled_from(Composition),
        door_opened=st.booleans(),
        admitted=SETS_OF_ROLES,
        removed=st.one_of(st.just(frozenset()), SETS_OF_ROLES),
        goes_live=st.booleans(),
    )
    def opens(
        self,
        composition: Composition,
        door_opened: bool,
        admitted: frozenset[Role],
        removed: frozenset[Role],
        goes_live: bool,
    ) -> None:
        plan = room_plan(
            composition=composition,
            door_opened=door_opened,
            admitted=admitted,
            removed=removed if not goes_live else frozenset(),
        )
        self.room = LiveRoom(plan)
        self.model = RoomModel(plan)
        self.now = START
        self.names: Iterator[int] = count(1)
        self.legs_told: set[tuple[str, str, int]] = set()
        self.sides: dict[frozenset[PeerId], tuple[PeerId, PeerId]] = {}
        self.newest_leg = 0
        self.lost_told: dict[Role, datetime] = {}
        self.state_told = RoomState.WAITING
        self.removed_ever = {seat.participant for seat in plan.seats if seat.removed}
        self.closed_told: list[str] = []
        if goes_live:
            for role in REQUIRED:
                self.applies(Join(PeerId(role.value), (participant(role),)))
            self.applies(Knock(PeerId(Role.PSYCHOLOGIST)))
            self.applies(OpenDoor(PeerId(Role.CLASSROOM)))
            assert self.room.state is RoomState.LIVE

    def somebody(self, number: int) -> PeerId:
        peers = self.room.peers()
        return peers[number % len(peers)] if peers and number != STRANGER else PeerId("stranger")

    def browser_of(self, role: Role) -> PeerId:
        return next((entry.peer for entry in self.room.roster() if entry.role is role), PeerId("stranger"))

    def applies(self, command: RoomCommand) -> tuple[RoomEvent, ...]:
        """Give the room and its model one command; both do it, or both refuse it for the same reason."""
        before = self.room._record.copy()
        roster = self.room.roster()
        refused = None
        try:
            self.model.apply(command, self.now)
        except RefusedByModelError as refusal:
            refused = str(refusal)
        if refused is not None:
            with pytest.raises(RoomError) as refusal_of_room:
                self.room.apply(command, self.now)
            assert refusal_of_room.value.code == refused, command
            assert self.room._record == before, "a refused command changed something"
            return ()
        events = self.room.apply(command, self.now)
        assert (self.room.roster() != roster) == (RosterChanged() in events)
        for event in events:
            self.hears(event)
        return events

    def seat(self, peer: PeerId) -> Role | None:
        """Return what the peer is in the ring of offers: the child, the psychologist, or None."""
        held = self.room._record.admitted_roles()[peer]
        return next((role for role in (Role.CLASSROOM, Role.PSYCHOLOGIST) if role in held), None)

    def hears(self, event: RoomEvent) -> None:
        """Keep what the events alone say, to compare it with what the room says of itself."""
        match event:
            case LegOpened(polite, impolite, negotiation):
                # A connection that is made anew keeps its sides, whoever has lost a seat meanwhile.
                if self.sides.get(frozenset((polite, impolite))) != (polite, impolite):
                    assert (self.seat(impolite), self.seat(polite)) not in AGAINST_THE_RING
                self.sides[frozenset((polite, impolite))] = (polite, impolite)
                assert negotiation > self.newest_leg
                self.newest_leg = negotiation
                self.legs_told.add((polite, impolite, negotiation))
            case LegClosed(polite, impolite, negotiation):
                self.legs_told.remove((polite, impolite, negotiation))
            case AdultLost(role, pauses_at):
                assert role not in self.lost_told
                assert pauses_at <= self.now + timedelta(seconds=20)
                self.lost_told[role] = self.now
            case AdultReturned(role):
                del self.lost_told[role]
            case ParticipantRemoved(participant=removed):
                self.removed_ever.add(removed)
            case RoomStateChanged(old, new, _):
                assert old is self.state_told
                self.state_told = new
            case RoomClosed(reason):
                self.closed_told.append(reason)
            case _:
                pass

    # What people, lines and time do

    @rule(roles=st.lists(ROLES, min_size=1, max_size=2, unique=True), replace=st.booleans())
    def joins(self, roles: list[Role], replace: bool) -> None:
        peer = PeerId(f"peer-{next(self.names)}")
        self.applies(Join(peer, tuple(participant(role) for role in roles), replace))

    @rule()
    def the_required_come_together(self) -> None:
        for role in self.room.missing:
            peer = PeerId(f"peer-{next(self.names)}")
            self.applies(Join(peer, (participant(role),), replace=True))
        if not self.room.door_opened:
            self.applies(Knock(self.browser_of(Role.PSYCHOLOGIST)))
            self.applies(OpenDoor(self.browser_of(Role.CLASSROOM)))

    @rule(guest=st.sampled_from(GUESTS), by=st.sampled_from([Role.SOCIAL_WORKER, Role.PSYCHOLOGIST]))
    def a_guest_comes_and_is_admitted(self, guest: Role, by: Role) -> None:
        self.applies(Join(PeerId(f"peer-{next(self.names)}"), (participant(guest),)))
        self.applies(Admit(self.browser_of(by), participant(guest)))

    @rule(number=ANYBODY, role=ROLES)
    def joins_twice(self, number: int, role: Role) -> None:
        if self.somebody(number) != "stranger":
            self.applies(Join(self.somebody(number), (participant(role),), replace=True))

    @rule(number=ANYBODY, kind=st.sampled_from(BY_A_PEER))
    def acts(self, number: int, kind: type[Detach | Leave | Reattach | Knock | OpenDoor | AskHelp | KeepGoing]) -> None:
        self.applies(kind(self.somebody(number)))

    @rule(number=ANYBODY, kind=st.sampled_from([Detach, Reattach]))
    def line_drops_or_heals(self, number: int, kind: type[Detach | Reattach]) -> None:
        self.applies(kind(self.somebody(number)))

    @rule(number=ANYBODY, whom=ROLES, kind=st.sampled_from(ABOUT_SOMEBODY))
    def decides_about(self, number: int, whom: Role, kind: type[Admit | Deny]) -> None:
        self.applies(kind(self.somebody(number), participant(whom)))

    @rule(number=ANYBODY, whom=ROLES, chance=st.integers(0, 7))
    def something_final(self, number: int, whom: Role, chance: int) -> None:
        """Kept rare, or no room would live long enough to be interesting."""
        match chance:
            case 0:
                self.applies(Remove(self.somebody(number), participant(whom)))
            case 1:
                self.applies(Revoke(participant(whom)))
            case 2:
                self.applies(End(self.somebody(number)))
            case 3 if self.now > START + timedelta(seconds=WINDOW_S / 2):
                self.applies(Close("cancelled"))
            case _:
                pass

    @rule(number=ANYBODY, on=st.booleans())
    def pauses(self, number: int, on: bool) -> None:
        before = self.room.child_paused
        peer = self.somebody(number)
        holds_seat = participant(Role.CLASSROOM) in self.room.participants_of(peer)
        self.applies(Pause(peer, on))
        assert self.room.child_paused == before or holds_seat, "only the classroom seat pauses and lifts"

    @rule(number=ANYBODY, audio=st.booleans(), video=st.booleans())
    def sets_media(self, number: int, audio: bool, video: bool) -> None:
        self.applies(SetMedia(self.somebody(number), audio, video))

    @rule(number=ANYBODY, other=ANYBODY, current=st.booleans())
    def gives_a_connection_up(self, number: int, other: int, current: bool) -> None:
        leg = self.room.leg(self.somebody(number), self.somebody(other))
        negotiation = leg.negotiation if leg is not None and current else 0
        self.applies(Reconnect(self.somebody(number), self.somebody(other), negotiation))

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: float) -> None:
        """As with its owner's timer: a tick at each deadline. Nothing was due the moment before, nothing is after."""
        until = self.now + timedelta(seconds=seconds)
        while (deadline := self.room.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline - timedelta(microseconds=1))
            if self.now < deadline:
                assert self.applies(Tick()) == ()
            self.now = deadline
            self.applies(Tick())
            following = self.room.next_deadline()
            assert following is None or following > self.now
        self.now = until

    @rule(seconds=SECONDS)
    def the_process_sleeps(self, seconds: float) -> None:
        """Whatever was due takes effect with the next command; a refused one leaves it due."""
        self.now += timedelta(seconds=seconds)
        self.applies(Tick())

    @rule()
    def professionals_can_always_come_back(self) -> None:
        """Tried on a copy: from whatever state, a professional who was not removed gets in, the door once opened."""
        if self.room.state is RoomState.CLOSED:
            return
        room = deepcopy(self.room)
        for role in REQUIRED:
            if participant(role) in room._record.removed:
                continue
            peer = PeerId(f"returning-{role}")
            room.apply(Join(peer, (participant(role),), replace=True), self.now)
            if role is Role.PSYCHOLOGIST and not room.door_opened:
                assert not room.is_admitted(peer)
                room.apply(Knock(peer), self.now)
                if participant(Role.CLASSROOM) in room._record.removed:
                    continue
                room.apply(OpenDoor(PeerId(f"returning-{Role.CLASSROOM}")), self.now)
            assert room.is_admitted(peer)
        if not room._record.removed & {participant(role) for role in REQUIRED} and not room.child_paused:
            assert room.state is RoomState.LIVE

    # What is true of every room at every moment

    @invariant()
    def the_room_is_what_the_model_says(self) -> None:
        facts = self.model.facts
        assert self.room.state == facts["state"]
        assert self.room.pause_reasons == self.model.reasons()
        assert self.room.door_opened == facts["door"]
        assert self.room.child_paused == facts["child_paused"]
        assert self.room.ending_at == facts["ending_at"]
        assert self.room.peers() == tuple(facts["away"])
        assert set(self.lost_told) == facts["lost"]
        if self.room.state is not RoomState.CLOSED:
            assert self.room.knocked == self.model.knocked()
            assert set(self.room.missing) == self.model.needed()

    @invariant()
    def everybody_connected_is_in_the_roster_once(self) -> None:
        roster = {
            (entry.role, entry.state, entry.presence, entry.peer, entry.audio, entry.video)
            for entry in self.room.roster()
        }
        assert roster == self.model.roster()
        assert {entry.peer for entry in self.room.roster()} == set(self.room.peers())
        assert len({entry.participant for entry in self.room.roster()}) == len(self.room.roster())

    @invariant()
    def never_live_in_a_forbidden_composition(self) -> None:
        if self.room.state is not RoomState.LIVE:
            return
        facts = self.model.facts
        for role in REQUIRED:
            assert role in facts["in"], f"live without {role}"
            away_since = facts["away"][facts["peer"][role]]
            assert away_since is None or self.now - away_since < timedelta(seconds=20)
        assert self.room.door_opened
        assert not self.room.child_paused
        assert self.room.pause_reasons == frozenset()

    @invariant()
    def legs_are_between_admitted_peers_of_allowed_pairs(self) -> None:
        legs = self.room.legs()
        assert {(leg.polite, leg.impolite, leg.negotiation) for leg in legs} == self.legs_told
        pairs = [frozenset((leg.polite, leg.impolite)) for leg in legs]
        assert len(set(pairs)) == len(pairs)
        assert set(pairs) == self.model.facts["legs"]
        for leg in legs:
            for peer in (leg.polite, leg.impolite):
                assert self.room.is_admitted(peer)

    @invariant()
    def removal_is_for_ever(self) -> None:
        assert not self.removed_ever & {entry.participant for entry in self.room.roster()}
        assert self.removed_ever == self.room._record.removed

    @invariant()
    def a_lost_adult_is_followed_by_a_pause_or_their_return(self) -> None:
        for told_at in self.lost_told.values():
            assert self.room.state is not RoomState.LIVE or self.now - told_at < timedelta(seconds=30)

    @invariant()
    def closed_is_final_and_told_once(self) -> None:
        closed = self.room.state is RoomState.CLOSED
        assert len(self.closed_told) == closed
        assert self.state_told is self.room.state
        if closed:
            assert self.room.legs() == ()
            assert self.room.next_deadline() is None


TestRoomLife = RoomLife.TestCase
TestRoomLife.settings = settings(
    max_examples=500 if settings.get_current_profile_name() == "ci" else 60,
    stateful_step_count=60,
    deadline=None,
)
