"""Who gets in, by whom, and who does not: the door, admissions, denials and removals."""

import pytest

from rooms.errors import InvalidInputError, NotAllowedError, RoomError, WrongStateError
from rooms.ids import ParticipantId, PeerId
from rooms.roles import Role
from rooms.visits.commands import (
    Admit,
    AskHelp,
    Deny,
    End,
    Join,
    Knock,
    Leave,
    OpenDoor,
    Reattach,
    Remove,
    Revoke,
    RoomCommand,
    SetMedia,
)
from rooms.visits.errors import (
    DoorNotKnockedError,
    NotAdmittedError,
    NotConnectedError,
    NotWaitingError,
    SeatRemovedError,
    SeatUnknownError,
)
from rooms.visits.events import (
    DoorKnocked,
    DoorOpened,
    LegClosed,
    ParticipantAdmitted,
    ParticipantDenied,
    ParticipantRemoved,
    ParticipantWaiting,
    RosterChanged,
)
from rooms.visits.states import ParticipantState, RoomState
from tests.support.live_rooms import DrivenRoom, only, participant, room_plan

CHILD, WORKER, PSYCHOLOGIST, GUARDIAN, INTERPRETER, SUPERVISOR = (PeerId(role.value) for role in Role)
GUESTS = (Role.GUARDIAN, Role.INTERPRETER, Role.SUPERVISOR)


def state_of(driven: DrivenRoom, role: Role) -> ParticipantState | None:
    return next((entry.state for entry in driven.room.roster() if entry.role is role), None)


def test_the_classroom_and_the_social_worker_are_in_their_own_room_at_once() -> None:
    driven = DrivenRoom()
    driven.joins(Role.CLASSROOM)
    driven.joins(Role.SOCIAL_WORKER)
    assert [event.by for event in only(driven.told, ParticipantAdmitted)] == [None, None]
    assert driven.room.state is RoomState.WAITING


@pytest.mark.parametrize("role", [Role.PSYCHOLOGIST, *GUESTS])
def test_everybody_else_waits(role: Role) -> None:
    driven = DrivenRoom()
    peer = driven.joins(role)
    assert only(driven.told, ParticipantWaiting) == [ParticipantWaiting(participant(role), role, peer)]
    assert not driven.room.is_admitted(peer)


def test_the_child_opens_to_a_psychologist_who_knocked_and_the_room_is_live() -> None:
    driven = DrivenRoom()
    driven.goes_live()
    admitted = only(driven.told, ParticipantAdmitted)[-1]
    assert (admitted.role, admitted.by) == (Role.PSYCHOLOGIST, participant(Role.CLASSROOM))
    assert driven.room.door_opened
    assert not driven.room.knocked
    assert driven.room.state is RoomState.LIVE
    assert driven.room.missing == ()


def test_a_knock_is_kept_for_a_classroom_that_joins_later() -> None:
    driven = DrivenRoom()
    driven.joins(Role.PSYCHOLOGIST)
    driven.does(Knock(PSYCHOLOGIST))
    driven.joins(Role.CLASSROOM)
    assert driven.room.knocked
    driven.does(OpenDoor(CHILD))
    assert driven.room.is_admitted(PSYCHOLOGIST)


def test_a_second_knock_is_heard_once() -> None:
    driven = DrivenRoom()
    driven.joins(Role.PSYCHOLOGIST)
    driven.does(Knock(PSYCHOLOGIST))
    assert driven.does(Knock(PSYCHOLOGIST)) == ()
    assert driven.count(DoorKnocked) == 1


def test_nobody_opens_a_door_that_was_not_knocked_at() -> None:
    driven = DrivenRoom()
    driven.joins(Role.CLASSROOM)
    driven.joins(Role.PSYCHOLOGIST)
    with pytest.raises(DoorNotKnockedError):
        driven.does(OpenDoor(CHILD))
    assert not driven.room.is_admitted(PSYCHOLOGIST)


def test_a_knock_goes_with_the_psychologist_who_leaves() -> None:
    driven = DrivenRoom()
    driven.joins(Role.CLASSROOM)
    driven.joins(Role.PSYCHOLOGIST)
    driven.does(Knock(PSYCHOLOGIST))
    driven.does(Leave(PSYCHOLOGIST))
    driven.joins(Role.PSYCHOLOGIST, peer="again")
    assert not driven.room.knocked
    with pytest.raises(DoorNotKnockedError):
        driven.does(OpenDoor(CHILD))


def test_a_knock_waits_while_the_psychologist_is_away() -> None:
    driven = DrivenRoom()
    driven.joins(Role.CLASSROOM)
    driven.joins(Role.PSYCHOLOGIST)
    driven.does(Knock(PSYCHOLOGIST))
    driven.detaches(PSYCHOLOGIST)
    assert not driven.room.knocked
    driven.does(Reattach(PSYCHOLOGIST))
    assert driven.room.knocked


def test_a_door_opened_in_the_moment_in_which_the_psychologists_line_drops_is_open_when_they_are_back() -> None:
    driven = DrivenRoom()
    driven.joins(Role.CLASSROOM)
    driven.joins(Role.SOCIAL_WORKER)
    driven.joins(Role.PSYCHOLOGIST)
    driven.does(Knock(PSYCHOLOGIST))
    driven.detaches(PSYCHOLOGIST)
    driven.does(OpenDoor(CHILD))
    assert driven.room.is_admitted(PSYCHOLOGIST)
    assert driven.room.state is not RoomState.LIVE
    driven.does(Reattach(PSYCHOLOGIST))
    assert driven.room.state is RoomState.LIVE


def test_a_knock_follows_the_psychologist_to_a_new_tab() -> None:
    driven = DrivenRoom()
    driven.joins(Role.CLASSROOM)
    driven.joins(Role.PSYCHOLOGIST)
    driven.does(Knock(PSYCHOLOGIST))
    reloaded = driven.joins(Role.PSYCHOLOGIST, peer="reloaded", replace=True)
    driven.does(OpenDoor(CHILD))
    assert driven.room.is_admitted(reloaded)


def test_a_second_tap_on_the_door_does_nothing() -> None:
    driven = DrivenRoom()
    driven.goes_live()
    assert driven.does(OpenDoor(CHILD)) == ()
    assert driven.does(Knock(PSYCHOLOGIST)) == ()
    assert driven.count(DoorOpened) == 1


@pytest.mark.parametrize("role", [Role.SOCIAL_WORKER, Role.PSYCHOLOGIST, Role.GUARDIAN])
def test_only_the_classroom_side_opens_the_door(role: Role) -> None:
    driven = DrivenRoom()
    driven.joins(Role.CLASSROOM)
    for other in (Role.SOCIAL_WORKER, Role.PSYCHOLOGIST, Role.GUARDIAN):
        driven.joins(other)
    driven.does(Knock(PSYCHOLOGIST))
    with pytest.raises(NotAllowedError):
        driven.does(OpenDoor(PeerId(role.value)))
    assert not driven.room.door_opened


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PSYCHOLOGIST])
def test_only_a_psychologist_knocks(role: Role) -> None:
    driven = DrivenRoom()
    driven.joins(role)
    with pytest.raises(NotAllowedError):
        driven.does(Knock(PeerId(role.value)))


@pytest.mark.parametrize("command", [Admit, Deny])
def test_nobody_opens_or_shuts_the_door_to_a_psychologist_in_the_childs_place(command: type[Admit | Deny]) -> None:
    driven = DrivenRoom()
    driven.joins(Role.SOCIAL_WORKER)
    driven.joins(Role.PSYCHOLOGIST)
    driven.does(Knock(PSYCHOLOGIST))
    with pytest.raises(NotAllowedError):
        driven.does(command(WORKER, participant(Role.PSYCHOLOGIST)))
    assert state_of(driven, Role.PSYCHOLOGIST) is ParticipantState.WAITING


def test_a_psychologist_who_left_comes_back_without_knocking_again() -> None:
    driven = DrivenRoom()
    driven.goes_live()
    driven.does(Leave(PSYCHOLOGIST))
    driven.joins(Role.PSYCHOLOGIST, peer="back")
    assert driven.room.state is RoomState.LIVE


@pytest.mark.parametrize("adult", [Role.SOCIAL_WORKER, Role.PSYCHOLOGIST])
@pytest.mark.parametrize("guest", GUESTS)
def test_a_professional_in_the_room_admits_a_guest(adult: Role, guest: Role) -> None:
    driven = DrivenRoom()
    driven.goes_live()
    peer = driven.joins(guest)
    told = driven.does(Admit(PeerId(adult.value), participant(guest)))
    assert only(told, ParticipantAdmitted) == [ParticipantAdmitted(participant(guest), guest, peer, participant(adult))]
    assert len(driven.room.legs()) == 6
    assert driven.does(Admit(PeerId(adult.value), participant(guest))) == ()


def test_a_guest_who_left_waits_again_and_one_whose_line_dropped_does_not() -> None:
    driven = DrivenRoom()
    driven.goes_live(Role.GUARDIAN)
    driven.detaches(GUARDIAN)
    back = driven.joins(Role.GUARDIAN, peer="back")
    assert driven.room.is_admitted(back)
    driven.does(Leave(back))
    again = driven.joins(Role.GUARDIAN, peer="again")
    assert not driven.room.is_admitted(again)


def test_a_waiting_psychologist_admits_nobody() -> None:
    driven = DrivenRoom()
    driven.joins(Role.PSYCHOLOGIST)
    driven.joins(Role.GUARDIAN)
    with pytest.raises(NotAdmittedError):
        driven.does(Admit(PSYCHOLOGIST, participant(Role.GUARDIAN)))


@pytest.mark.parametrize("role", [Role.CLASSROOM, *GUESTS])
@pytest.mark.parametrize("command", [Admit, Deny, Remove])
def test_nobody_but_a_professional_lets_in_or_sends_away(role: Role, command: type[Admit | Deny | Remove]) -> None:
    driven = DrivenRoom()
    driven.goes_live(*GUESTS)
    driven.does(Leave(INTERPRETER if role is not Role.INTERPRETER else GUARDIAN))
    waiting = Role.INTERPRETER if role is not Role.INTERPRETER else Role.GUARDIAN
    driven.joins(waiting, peer="waiting")
    with pytest.raises(NotAllowedError):
        driven.does(command(PeerId(role.value), participant(waiting)))


def test_who_is_sent_away_may_ask_again() -> None:
    driven = DrivenRoom()
    driven.goes_live()
    driven.joins(Role.GUARDIAN)
    told = driven.does(Deny(PSYCHOLOGIST, participant(Role.GUARDIAN)))
    denied = ParticipantDenied(participant(Role.GUARDIAN), GUARDIAN, participant(Role.PSYCHOLOGIST))
    assert only(told, ParticipantDenied) == [denied]
    assert GUARDIAN not in driven.room.peers()
    driven.joins(Role.GUARDIAN, peer="again")
    assert state_of(driven, Role.GUARDIAN) is ParticipantState.WAITING


@pytest.mark.parametrize(
    "command", [Admit(WORKER, participant(Role.GUARDIAN)), Deny(WORKER, participant(Role.GUARDIAN))]
)
def test_who_is_not_at_the_door_can_not_be_let_in_or_sent_away(command: RoomCommand) -> None:
    driven = DrivenRoom()
    driven.joins(Role.SOCIAL_WORKER)
    with pytest.raises(NotWaitingError):
        driven.does(command)


def test_who_is_in_already_can_not_be_denied() -> None:
    driven = DrivenRoom()
    driven.goes_live(Role.GUARDIAN)
    with pytest.raises(NotWaitingError):
        driven.does(Deny(WORKER, participant(Role.GUARDIAN)))


ALLOWED_REMOVALS = {
    (Role.SOCIAL_WORKER, Role.CLASSROOM),
    (Role.SOCIAL_WORKER, Role.PSYCHOLOGIST),
    *((Role.SOCIAL_WORKER, guest) for guest in GUESTS),
    (Role.PSYCHOLOGIST, Role.CLASSROOM),
    *((Role.PSYCHOLOGIST, guest) for guest in GUESTS),
}


@pytest.mark.parametrize("target", Role)
@pytest.mark.parametrize("by", Role)
def test_removal_by_row(by: Role, target: Role) -> None:
    driven = DrivenRoom()
    driven.goes_live(*GUESTS)
    remove = Remove(PeerId(by.value), participant(target))
    if (by, target) not in ALLOWED_REMOVALS:
        with pytest.raises(NotAllowedError):
            driven.does(remove)
        assert state_of(driven, target) is ParticipantState.ADMITTED
        return
    told = driven.does(remove)
    removed = ParticipantRemoved(participant(target), target, PeerId(target.value), participant(by))
    assert only(told, ParticipantRemoved) == [removed]
    assert len(only(told, LegClosed)) == 5
    assert only(told, RosterChanged)
    with pytest.raises(SeatRemovedError):
        driven.joins(target, peer="back", replace=True)
    assert state_of(driven, target) is None
    assert driven.does(remove) == ()


def test_somebody_who_never_came_can_be_removed_beforehand() -> None:
    driven = DrivenRoom()
    driven.joins(Role.SOCIAL_WORKER)
    told = driven.does(Remove(WORKER, participant(Role.GUARDIAN)))
    assert only(told, ParticipantRemoved)[0].peer is None
    with pytest.raises(SeatRemovedError):
        driven.joins(Role.GUARDIAN)


def test_a_revoked_seat_is_removed_by_nobody_in_the_room() -> None:
    driven = DrivenRoom()
    driven.goes_live()
    told = driven.does(Revoke(participant(Role.PSYCHOLOGIST)))
    assert only(told, ParticipantRemoved)[0].by is None
    assert driven.room.state is RoomState.PAUSED
    with pytest.raises(SeatRemovedError):
        driven.joins(Role.PSYCHOLOGIST, peer="back")


def test_removed_before_a_restart_stays_removed() -> None:
    driven = DrivenRoom(room_plan(removed=frozenset({Role.GUARDIAN}), admitted=frozenset({Role.GUARDIAN})))
    with pytest.raises(SeatRemovedError):
        driven.joins(Role.GUARDIAN)


@pytest.mark.parametrize("command", [Admit, Deny, Remove])
def test_a_seat_that_the_visit_does_not_have_is_unknown(command: type[Admit | Deny | Remove]) -> None:
    driven = DrivenRoom()
    driven.joins(Role.SOCIAL_WORKER)
    with pytest.raises(SeatUnknownError):
        driven.does(command(WORKER, ParticipantId("of-another-visit")))


@pytest.mark.parametrize(
    ("participants", "error"),
    [
        ((), InvalidInputError),
        ((participant(Role.GUARDIAN), participant(Role.GUARDIAN)), InvalidInputError),
        ((ParticipantId("of-another-visit"),), SeatUnknownError),
        ((participant(Role.GUARDIAN), ParticipantId("of-another-visit")), SeatUnknownError),
    ],
)
def test_a_join_that_names_no_seats_of_this_visit_is_refused(
    participants: tuple[ParticipantId, ...], error: type[RoomError]
) -> None:
    driven = DrivenRoom()
    with pytest.raises(error):
        driven.does(Join(PeerId("peer"), participants))
    assert driven.room.peers() == ()


def test_one_peer_joins_once() -> None:
    driven = DrivenRoom()
    driven.joins(Role.CLASSROOM)
    with pytest.raises(WrongStateError):
        driven.does(Join(CHILD, (participant(Role.GUARDIAN),)))


STRANGER = PeerId("peer-of-another-room")


@pytest.mark.parametrize(
    "command",
    [
        Reattach(STRANGER),
        Knock(STRANGER),
        OpenDoor(STRANGER),
        Admit(STRANGER, participant(Role.GUARDIAN)),
        Remove(STRANGER, participant(Role.GUARDIAN)),
        AskHelp(STRANGER),
        SetMedia(STRANGER, audio=True, video=True),
        End(STRANGER),
    ],
    ids=lambda command: type(command).__name__,
)
def test_a_peer_of_another_room_does_nothing_here(command: RoomCommand) -> None:
    driven = DrivenRoom()
    driven.goes_live()
    with pytest.raises(NotConnectedError):
        driven.does(command)


def test_a_professional_whose_line_is_gone_admits_nobody() -> None:
    driven = DrivenRoom()
    driven.goes_live()
    driven.joins(Role.GUARDIAN)
    driven.detaches(WORKER)
    with pytest.raises(NotConnectedError):
        driven.does(Admit(WORKER, participant(Role.GUARDIAN)))
