"""Every order of joining, leaving, dropping, returning and taking over by five people, 7 steps deep in CI.

Rooms that differ only in the names of browsers and in the past are the same room, so that each is looked at once.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import chain

import pytest
from hypothesis import settings

from rooms.errors import RoomError
from rooms.ids import PeerId
from rooms.roles import Composition, Role
from rooms.visits.commands import Admit, Detach, Join, Knock, Leave, OpenDoor, Reattach, RoomCommand, Tick
from rooms.visits.live_room import LiveRoom
from rooms.visits.states import ParticipantState, RoomState
from tests.support.live_rooms import START, participant, room_plan

pytestmark = pytest.mark.machines

REQUIRED = (Role.CLASSROOM, Role.SOCIAL_WORKER, Role.PSYCHOLOGIST)
PEOPLE = (*REQUIRED, Role.GUARDIAN, Role.INTERPRETER)
IN_CI = settings.get_current_profile_name() == "ci"
PAUSE_AFTER = timedelta(seconds=20)

Moment = tuple[LiveRoom, datetime]
Action = Callable[[LiveRoom, datetime], datetime]


def copy_of(room: LiveRoom) -> LiveRoom:
    copied = LiveRoom(room.plan)
    copied._record = room._record.copy()
    return copied


def browser_of(room: LiveRoom, role: Role) -> PeerId:
    return room._record.seats[participant(role)].peer or PeerId("nobody")


def by_browser(command: type[Leave | Detach | Reattach], role: Role) -> Action:
    def action(room: LiveRoom, now: datetime) -> datetime:
        room.apply(command(browser_of(room, role)), now)
        return now

    return action


def takes_seat(role: Role) -> Action:
    """In a fresh browser; away from any other that holds the seat."""

    def action(room: LiveRoom, now: datetime) -> datetime:
        names = (PeerId(f"{role}-{letter}") for letter in "ab")
        fresh = next(name for name in names if name != browser_of(room, role))
        room.apply(Join(fresh, (participant(role),), replace=True), now)
        return now

    return action


def is_asked_by(asking: Role, command: Callable[[PeerId], RoomCommand]) -> Action:
    def action(room: LiveRoom, now: datetime) -> datetime:
        room.apply(command(browser_of(room, asking)), now)
        return now

    return action


def admission(guest: Role) -> Action:
    return is_asked_by(Role.PSYCHOLOGIST, lambda peer: Admit(peer, participant(guest)))


def twenty_seconds(room: LiveRoom, now: datetime) -> datetime:
    later = now + PAUSE_AFTER
    room.apply(Tick(), later)
    return later


KNOCK = is_asked_by(Role.PSYCHOLOGIST, Knock)
OPEN_DOOR = is_asked_by(Role.CLASSROOM, OpenDoor)

ACTIONS: tuple[Action, ...] = tuple(
    chain(
        (takes_seat(role) for role in PEOPLE),
        (by_browser(command, role) for role in PEOPLE for command in (Leave, Detach, Reattach)),
        (admission(guest) for guest in (Role.GUARDIAN, Role.INTERPRETER)),
        (KNOCK, OPEN_DOOR, twenty_seconds),
    )
)


def likeness(room: LiveRoom, now: datetime) -> object:
    """What two rooms have in common that are the same for everybody in them."""
    record = room._record
    seats = []
    for seat in record.seats.values():
        away_since = record.peers[seat.peer].detached_at if seat.peer else None
        seats.append((seat.state, seat.peer is not None, away_since and min(now - away_since, PAUSE_AFTER)))
    legs = frozenset(frozenset(peer[:-2] for peer in (leg.polite, leg.impolite)) for leg in record.legs.values())
    flags = (record.state, record.reasons, record.door_opened, record.has_been_live, record.lost)
    return (tuple(seats), legs, flags, record.welcome, record.knocking)


def every_room(start: LiveRoom, depth: int) -> Iterator[Moment]:
    seen = {likeness(start, START)}
    reached: list[Moment] = [(start, START)]
    for _ in range(depth):
        following: list[Moment] = []
        for room, now in reached:
            for action in ACTIONS:
                changed = copy_of(room)
                try:
                    later = action(changed, now)
                except RoomError:
                    assert changed._record == room._record, "a refused command changed something"
                    continue
                what = likeness(changed, later)
                if what not in seen:
                    seen.add(what)
                    following.append((changed, later))
                    yield changed, later
        reached = following


def assert_nobody_is_unsafe(room: LiveRoom, now: datetime) -> None:
    record = room._record
    admitted = {seat.role: seat.peer for seat in record.seats.values() if seat.state is ParticipantState.ADMITTED}
    if room.state is RoomState.LIVE:
        assert set(REQUIRED) <= set(admitted)
        for role in REQUIRED:
            away_since = record.peers[browser_of(room, role)].detached_at
            assert away_since is None or now - away_since < PAUSE_AFTER
    at_legs = [peer for leg in room.legs() for peer in (leg.polite, leg.impolite)]
    assert set(at_legs) <= set(admitted.values())
    assert len({frozenset((leg.polite, leg.impolite)) for leg in room.legs()}) == len(room.legs())
    assert {entry.peer for entry in room.roster()} == set(record.peers)
    if room.plan.composition is Composition.ONE_TO_ONE:
        assert browser_of(room, Role.SOCIAL_WORKER) not in at_legs


def assert_professionals_can_come_back(room: LiveRoom, now: datetime) -> None:
    for role in (Role.SOCIAL_WORKER, Role.PSYCHOLOGIST):
        back = copy_of(room)
        peer = PeerId(f"{role}-c")
        back.apply(Join(peer, (participant(role),), replace=True), now)
        assert back.is_admitted(peer) is (role is Role.SOCIAL_WORKER or room.door_opened)


def empty_room(composition: Composition) -> LiveRoom:
    return LiveRoom(room_plan(composition=composition))


def room_after_a_restart(composition: Composition) -> LiveRoom:
    return LiveRoom(room_plan(composition=composition, door_opened=True, admitted=frozenset({Role.GUARDIAN})))


def live_room(composition: Composition) -> LiveRoom:
    room = empty_room(composition)
    for action in (*(takes_seat(role) for role in PEOPLE), KNOCK, OPEN_DOOR, admission(Role.GUARDIAN)):
        action(room, START)
    return room


@pytest.mark.parametrize(
    ("start", "depth"),
    [(empty_room, 7 if IN_CI else 5), (room_after_a_restart, 6 if IN_CI else 4), (live_room, 4 if IN_CI else 3)],
)
@pytest.mark.parametrize("composition", Composition)
def test_no_order_leads_to_an_unsafe_room(
    composition: Composition, start: Callable[[Composition], LiveRoom], depth: int
) -> None:
    rooms = lives = 0
    for room, now in every_room(start(composition), depth):
        assert_nobody_is_unsafe(room, now)
        assert_professionals_can_come_back(room, now)
        rooms += 1
        lives += room.state is RoomState.LIVE
    assert rooms > 200
    assert lives, "the search has to come through live rooms"
