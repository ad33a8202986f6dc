"""Drives a live room as its owner does: commands one by one, and a tick at every deadline that is passed."""

from datetime import timedelta
from typing import TypeVar

from rooms.ids import ParticipantId, PeerId, ReferralId, VisitId
from rooms.roles import Composition, Role
from rooms.visits.commands import Admit, Detach, Join, Knock, OpenDoor, RoomCommand, Tick
from rooms.visits.events import RoomEvent
from rooms.visits.live_room import LiveRoom
from rooms.visits.plan import RoomPlan, SeatPlan
from tests.support.fake_clock import MONDAY

START = MONDAY
WINDOW_S = 3600.0

Event = TypeVar("Event", bound=object)


def participant(role: Role) -> ParticipantId:
    """In these tests a participant is called by their role: one seat for each."""
    return ParticipantId(role.value)


def room_plan(
    *,
    composition: Composition = Composition.ACCOMPANIED,
    admitted: frozenset[Role] = frozenset(),
    removed: frozenset[Role] = frozenset(),
    door_opened: bool = False,
    child_paused: bool = False,
) -> RoomPlan:
    """A visit of one hour with a seat for every role."""
    return RoomPlan(
        visit=VisitId("visit"),
        referral=ReferralId("referral"),
        composition=composition,
        seats=tuple(
            SeatPlan(participant(role), role, admitted=role in admitted, removed=role in removed) for role in Role
        ),
        starts_at=START,
        ends_at=START + timedelta(seconds=WINDOW_S / 2),
        closes_at=START + timedelta(seconds=WINDOW_S),
        door_opened=door_opened,
        child_paused=child_paused,
    )


class DrivenRoom:
    """A live room with its own time. Peers are called what the test calls them; by default after their first role."""

    def __init__(self, plan: RoomPlan | None = None) -> None:
        self.room = LiveRoom(plan or room_plan())
        self.now = START
        self.told: list[RoomEvent] = []

    def does(self, command: RoomCommand) -> tuple[RoomEvent, ...]:
        """Apply one command now."""
        events = self.room.apply(command, self.now)
        self.told.extend(events)
        return events

    def joins(self, *roles: Role, peer: str = "", replace: bool = False) -> PeerId:
        """Have one browser take the seats of ``roles``; return its peer."""
        name = PeerId(peer or roles[0].value)
        self.does(Join(name, tuple(participant(role) for role in roles), replace))
        return name

    def detaches(self, peer: str) -> tuple[RoomEvent, ...]:
        return self.does(Detach(PeerId(peer)))

    def passes(self, seconds: float) -> list[RoomEvent]:
        """Let time pass, with a tick at each deadline on the way; return what that told."""
        until = self.now + timedelta(seconds=seconds)
        before = len(self.told)
        while (deadline := self.room.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.does(Tick())
        self.now = until
        return self.told[before:]

    def door_opens(self) -> None:
        """The psychologist knocks and the child opens; both have joined under their roles' names."""
        self.does(Knock(PeerId(Role.PSYCHOLOGIST)))
        self.does(OpenDoor(PeerId(Role.CLASSROOM)))

    def goes_live(self, *guests: Role) -> None:
        """The three who are required join and the door opens; then guests join and the social worker lets them in."""
        for role in (Role.CLASSROOM, Role.SOCIAL_WORKER, Role.PSYCHOLOGIST):
            self.joins(role)
        self.door_opens()
        for guest in guests:
            self.joins(guest)
            self.does(Admit(PeerId(Role.SOCIAL_WORKER), participant(guest)))

    def count(self, kind: type[Event]) -> int:
        """How many events of one kind have been told so far."""
        return sum(isinstance(event, kind) for event in self.told)


def only(events: tuple[RoomEvent, ...] | list[RoomEvent], kind: type[Event]) -> list[Event]:
    """The events of one kind, in order."""
    return [event for event in events if isinstance(event, kind)]
