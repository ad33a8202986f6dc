"""What a room does by itself, at the exact edges of its times: losses, pauses, places kept, the ends."""

from datetime import timedelta

import pytest

from rooms.errors import NotAllowedError
from rooms.ids import PeerId
from rooms.roles import Role
from rooms.visits.commands import (
    AskHelp,
    Close,
    Detach,
    End,
    Join,
    KeepGoing,
    Leave,
    Pause,
    Reattach,
    Remove,
    RoomCommand,
    SetMedia,
    Tick,
)
from rooms.visits.errors import NotAdmittedError, NotConnectedError, RoomClosedError
from rooms.visits.events import (
    AdultLost,
    AdultReturned,
    EndingCancelled,
    EndingStarted,
    LegClosed,
    LegOpened,
    ParticipantGone,
    RoomClosed,
    RoomStateChanged,
)
from rooms.visits.states import PauseReason, Presence, RoomState
from tests.support.live_rooms import START, WINDOW_S, DrivenRoom, only, participant, room_plan

CHILD, WORKER, PSYCHOLOGIST, GUARDIAN = (
    PeerId(role.value) for role in (Role.CLASSROOM, Role.SOCIAL_WORKER, Role.PSYCHOLOGIST, Role.GUARDIAN)
)
ADULTS = (Role.SOCIAL_WORKER, Role.PSYCHOLOGIST)
MISSING = {
    Role.CLASSROOM: PauseReason.CLASSROOM_MISSING,
    Role.SOCIAL_WORKER: PauseReason.SOCIAL_WORKER_MISSING,
    Role.PSYCHOLOGIST: PauseReason.PSYCHOLOGIST_MISSING,
}
MOMENT = 0.001


@pytest.fixture
def live() -> DrivenRoom:
    driven = DrivenRoom()
    driven.goes_live(Role.GUARDIAN)
    driven.told.clear()
    return driven


@pytest.mark.parametrize("role", ADULTS)
def test_a_lost_adult_is_told_at_one_and_a_half_seconds(live: DrivenRoom, role: Role) -> None:
    live.detaches(role)
    lost_at = live.now
    assert live.passes(1.5 - MOMENT) == []
    assert live.passes(MOMENT) == [AdultLost(role, lost_at + timedelta(seconds=20))]


@pytest.mark.parametrize("role", ADULTS)
def test_a_break_shorter_than_that_is_never_told(live: DrivenRoom, role: Role) -> None:
    live.detaches(role)
    live.passes(1.5 - MOMENT)
    live.does(Reattach(PeerId(role.value)))
    live.passes(60)
    assert live.count(AdultLost) == live.count(AdultReturned) == live.count(RoomStateChanged) == 0


@pytest.mark.parametrize("role", [Role.CLASSROOM, *ADULTS])
def test_the_room_pauses_at_twenty_seconds_and_lives_again_on_return(live: DrivenRoom, role: Role) -> None:
    live.detaches(role)
    live.passes(20 - MOMENT)
    assert live.room.state is RoomState.LIVE
    assert live.room.pauses_at == live.now + timedelta(seconds=MOMENT)
    live.passes(MOMENT)
    assert (live.room.state, live.room.pause_reasons) == (RoomState.PAUSED, {MISSING[role]})
    live.does(Reattach(PeerId(role.value)))
    assert (live.room.state, live.room.pause_reasons, live.room.pauses_at) == (RoomState.LIVE, frozenset(), None)
    assert live.count(AdultReturned) == (role in ADULTS)


def test_a_pause_for_somebody_missing_keeps_every_leg(live: DrivenRoom) -> None:
    legs = live.room.legs()
    live.detaches(PSYCHOLOGIST)
    live.passes(30)
    live.does(Reattach(PSYCHOLOGIST))
    assert live.room.legs() == legs
    assert live.count(LegOpened) == live.count(LegClosed) == 0


@pytest.mark.parametrize("role", [Role.CLASSROOM, *ADULTS])
def test_who_leaves_pauses_the_room_at_once(live: DrivenRoom, role: Role) -> None:
    told = live.does(Leave(PeerId(role.value)))
    assert live.room.pause_reasons == {MISSING[role]}
    assert only(told, AdultLost) == ([AdultLost(role, live.now)] if role in ADULTS else [])
    back = live.joins(role, peer="back")
    assert live.room.state is RoomState.LIVE
    assert live.room.leg(back, GUARDIAN) is not None


def test_who_leaves_after_their_line_dropped_is_told_once(live: DrivenRoom) -> None:
    live.detaches(PSYCHOLOGIST)
    live.passes(2)
    live.does(Leave(PSYCHOLOGIST))
    assert live.room.state is RoomState.PAUSED
    assert live.count(AdultLost) == 1


def test_a_removed_psychologist_pauses_the_room_at_once(live: DrivenRoom) -> None:
    live.does(Remove(WORKER, participant(Role.PSYCHOLOGIST)))
    assert live.room.pause_reasons == {PauseReason.PSYCHOLOGIST_MISSING}


def test_a_new_tab_of_a_lost_adult_is_their_return(live: DrivenRoom) -> None:
    live.detaches(PSYCHOLOGIST)
    live.passes(25)
    live.joins(Role.PSYCHOLOGIST, peer="reloaded")
    assert live.room.state is RoomState.LIVE
    assert live.count(AdultReturned) == 1


def test_both_adults_lost_means_both_must_return(live: DrivenRoom) -> None:
    live.detaches(WORKER)
    live.passes(5)
    live.detaches(PSYCHOLOGIST)
    live.passes(15)
    assert live.room.pause_reasons == {PauseReason.SOCIAL_WORKER_MISSING, PauseReason.PSYCHOLOGIST_MISSING}
    live.does(Reattach(WORKER))
    assert live.room.pause_reasons == {PauseReason.PSYCHOLOGIST_MISSING}
    live.does(Reattach(PSYCHOLOGIST))
    assert live.room.state is RoomState.LIVE


def test_nobody_is_lost_before_the_room_was_ever_live() -> None:
    driven = DrivenRoom()
    driven.joins(Role.SOCIAL_WORKER)
    driven.detaches(WORKER)
    driven.passes(60)
    assert driven.count(AdultLost) == 0
    assert driven.room.state is RoomState.WAITING


def test_a_room_does_not_become_live_on_the_strength_of_somebody_away() -> None:
    driven = DrivenRoom()
    for role in (Role.CLASSROOM, Role.SOCIAL_WORKER, Role.PSYCHOLOGIST):
        driven.joins(role)
    driven.detaches(WORKER)
    driven.door_opens()
    assert driven.room.state is RoomState.WAITING
    assert driven.room.missing == (Role.SOCIAL_WORKER,)
    driven.does(Reattach(WORKER))
    assert driven.room.state is RoomState.LIVE


def test_a_guest_who_is_lost_pauses_nothing(live: DrivenRoom) -> None:
    live.detaches(GUARDIAN)
    live.passes(60)
    assert live.room.state is RoomState.LIVE
    assert live.count(AdultLost) == 0


def test_a_place_is_kept_for_ten_minutes(live: DrivenRoom) -> None:
    live.detaches(GUARDIAN)
    live.passes(600 - MOMENT)
    guardian = next(entry for entry in live.room.roster() if entry.role is Role.GUARDIAN)
    assert guardian.presence is Presence.AWAY
    assert only(live.passes(MOMENT), ParticipantGone) == [
        ParticipantGone(participant(Role.GUARDIAN), Role.GUARDIAN, GUARDIAN)
    ]
    assert GUARDIAN not in live.room.peers()
    assert not live.room.leg(CHILD, GUARDIAN)
    with pytest.raises(NotConnectedError):
        live.does(Reattach(GUARDIAN))
    assert not live.room.is_admitted(live.joins(Role.GUARDIAN, peer="again"))


def test_a_return_in_the_last_moment_keeps_the_place(live: DrivenRoom) -> None:
    live.detaches(GUARDIAN)
    live.passes(600 - MOMENT)
    live.does(Reattach(GUARDIAN))
    live.passes(600)
    assert live.room.is_admitted(GUARDIAN)


def test_a_deadline_that_nobody_ticked_takes_effect_before_the_next_command(live: DrivenRoom) -> None:
    live.detaches(GUARDIAN)
    live.now += timedelta(seconds=600)
    with pytest.raises(NotConnectedError):
        live.does(Reattach(GUARDIAN))
    assert GUARDIAN in live.room.peers(), "a refused command changes nothing; the tick is still due"
    live.does(Tick())
    assert GUARDIAN not in live.room.peers()


def test_a_second_detach_does_not_start_the_time_again(live: DrivenRoom) -> None:
    live.detaches(PSYCHOLOGIST)
    live.passes(10)
    assert live.detaches(PSYCHOLOGIST) == ()
    live.passes(10)
    assert live.room.state is RoomState.PAUSED


def test_the_childs_pause_is_at_once_and_no_adult_lifts_it(live: DrivenRoom) -> None:
    live.does(Pause(CHILD, on=True))
    assert (live.room.state, live.room.pause_reasons) == (RoomState.PAUSED, {PauseReason.CHILD_ASKED})
    assert len(live.room.legs()) == 6
    for adult in (WORKER, PSYCHOLOGIST, GUARDIAN):
        with pytest.raises(NotAllowedError):
            live.does(Pause(adult, on=False))
    assert live.does(Pause(CHILD, on=True)) == ()
    live.does(Pause(CHILD, on=False))
    assert live.room.state is RoomState.LIVE


def test_no_adult_pauses_in_the_childs_name(live: DrivenRoom) -> None:
    with pytest.raises(NotAllowedError):
        live.does(Pause(WORKER, on=True))


def test_the_childs_pause_outlasts_a_loss_and_a_reload(live: DrivenRoom) -> None:
    live.does(Pause(CHILD, on=True))
    live.detaches(PSYCHOLOGIST)
    live.passes(30)
    live.does(Reattach(PSYCHOLOGIST))
    reloaded = live.joins(Role.CLASSROOM, peer="reloaded", replace=True)
    assert live.room.pause_reasons == {PauseReason.CHILD_ASKED}
    live.does(Pause(reloaded, on=False))
    assert live.room.state is RoomState.LIVE


def test_a_pause_before_the_room_is_live_is_lifted_to_waiting_or_live() -> None:
    driven = DrivenRoom()
    driven.joins(Role.CLASSROOM)
    driven.does(Pause(CHILD, on=True))
    assert (driven.room.state, driven.room.pause_reasons) == (RoomState.PAUSED, {PauseReason.CHILD_ASKED})
    driven.does(Pause(CHILD, on=False))
    assert driven.room.state is RoomState.WAITING
    driven.does(Pause(CHILD, on=True))
    driven.joins(Role.SOCIAL_WORKER)
    driven.joins(Role.PSYCHOLOGIST)
    driven.door_opens()
    assert driven.room.state is RoomState.PAUSED
    assert driven.room.legs() == ()
    driven.does(Pause(CHILD, on=False))
    assert driven.room.state is RoomState.LIVE
    assert len(driven.room.legs()) == 3


def test_somebody_let_in_during_a_pause_has_their_legs_when_it_is_over(live: DrivenRoom) -> None:
    live.does(Leave(GUARDIAN))
    live.does(Pause(CHILD, on=True))
    live.joins(Role.PSYCHOLOGIST, peer="reloaded", replace=True)
    assert live.room.leg(CHILD, PeerId("reloaded")) is None
    live.does(Pause(CHILD, on=False))
    assert live.room.leg(CHILD, PeerId("reloaded")) is not None


@pytest.mark.parametrize("adult", ADULTS)
def test_a_gentle_end_counts_ten_seconds(live: DrivenRoom, adult: Role) -> None:
    closes_at = live.now + timedelta(seconds=10)
    assert live.does(End(PeerId(adult.value))) == (EndingStarted(participant(adult), closes_at),)
    assert live.does(End(PSYCHOLOGIST)) == ()
    live.passes(10 - MOMENT)
    assert live.room.state is RoomState.LIVE
    told = live.passes(MOMENT)
    assert live.room.state is RoomState.CLOSED
    assert len(only(told, LegClosed)) == 6
    assert told[-1] == RoomClosed("ended")
    assert live.room.next_deadline() is None


def test_an_end_can_be_taken_back_by_the_other_professional(live: DrivenRoom) -> None:
    live.does(End(PSYCHOLOGIST))
    live.passes(9)
    assert live.does(KeepGoing(WORKER)) == (EndingCancelled(participant(Role.SOCIAL_WORKER)),)
    assert live.does(KeepGoing(WORKER)) == ()
    live.passes(60)
    assert live.room.state is RoomState.LIVE
    assert live.room.ending_at is None


@pytest.mark.parametrize("command", [End, KeepGoing])
@pytest.mark.parametrize("peer", [CHILD, GUARDIAN])
def test_only_a_professional_ends_or_keeps_going(
    live: DrivenRoom, command: type[End | KeepGoing], peer: PeerId
) -> None:
    with pytest.raises(NotAllowedError):
        live.does(command(peer))


def test_a_psychologist_at_the_door_ends_nothing() -> None:
    driven = DrivenRoom()
    driven.joins(Role.PSYCHOLOGIST)
    with pytest.raises(NotAdmittedError):
        driven.does(End(PSYCHOLOGIST))


def test_the_planned_end_cuts_nothing_and_the_hard_end_closes(live: DrivenRoom) -> None:
    live.passes(WINDOW_S / 2 + 1)
    assert live.room.state is RoomState.LIVE
    live.passes(WINDOW_S / 2 - 1 - MOMENT)
    assert live.room.state is RoomState.LIVE
    assert live.passes(MOMENT)[-1] == RoomClosed("hard-end")


def test_a_countdown_never_passes_the_hard_end(live: DrivenRoom) -> None:
    live.passes(WINDOW_S - 4)
    live.does(End(WORKER))
    assert live.room.ending_at == START + timedelta(seconds=WINDOW_S)
    assert live.passes(4)[-1] == RoomClosed("ended")


def test_nothing_but_goodbyes_is_heard_at_the_hard_end(live: DrivenRoom) -> None:
    live.now = START + timedelta(seconds=WINDOW_S)
    with pytest.raises(RoomClosedError):
        live.joins(Role.INTERPRETER)
    assert live.room.state is RoomState.LIVE
    assert live.does(Leave(GUARDIAN))[-1] == RoomClosed("hard-end")


def test_a_room_that_is_closed_from_outside_says_why() -> None:
    driven = DrivenRoom()
    driven.joins(Role.CLASSROOM)
    assert driven.does(Close("cancelled"))[-1] == RoomClosed("cancelled")
    assert driven.room.peers() == (CHILD,), "so that everybody can still be told"


@pytest.mark.parametrize("command", [Detach(CHILD), Leave(CHILD), Tick()], ids=lambda command: type(command).__name__)
def test_late_goodbyes_are_ignored_quietly(live: DrivenRoom, command: RoomCommand) -> None:
    live.does(Close("cancelled"))
    roster = live.room.roster()
    live.now += timedelta(hours=2)
    assert live.does(command) == ()
    assert live.room.roster() == roster


@pytest.mark.parametrize(
    "command",
    [
        Join(PeerId("late"), (participant(Role.CLASSROOM),), replace=True),
        Reattach(CHILD),
        Pause(CHILD, on=False),
        AskHelp(CHILD),
        SetMedia(CHILD, audio=False, video=False),
        End(WORKER),
        KeepGoing(WORKER),
        Close("again"),
    ],
    ids=lambda command: type(command).__name__,
)
def test_closed_is_final(live: DrivenRoom, command: RoomCommand) -> None:
    live.does(Close("cancelled"))
    with pytest.raises(RoomClosedError):
        live.does(command)
    assert live.room.state is RoomState.CLOSED


def test_a_process_that_slept_through_everything_catches_up_with_one_tick(live: DrivenRoom) -> None:
    live.detaches(PSYCHOLOGIST)
    live.detaches(GUARDIAN)
    live.now += timedelta(seconds=700)
    told = live.does(Tick())
    assert {event.role for event in only(told, ParticipantGone)} == {Role.PSYCHOLOGIST, Role.GUARDIAN}
    assert only(told, AdultLost) == [AdultLost(Role.PSYCHOLOGIST, live.now)]
    assert live.room.state is RoomState.PAUSED
    deadline = live.room.next_deadline()
    assert deadline is not None
    assert deadline > live.now


def test_restart_with_the_door_open_brings_everybody_back_without_asking() -> None:
    driven = DrivenRoom(room_plan(door_opened=True, admitted=frozenset({Role.GUARDIAN})))
    for role in (Role.GUARDIAN, Role.PSYCHOLOGIST, Role.CLASSROOM, Role.SOCIAL_WORKER):
        assert driven.room.is_admitted(driven.joins(role))
    assert driven.room.state is RoomState.LIVE
    assert len(driven.room.legs()) == 6


def test_restart_in_the_childs_pause_stays_paused_until_the_child_lifts_it() -> None:
    driven = DrivenRoom(room_plan(door_opened=True, child_paused=True))
    peers = {role: driven.joins(role) for role in (Role.PSYCHOLOGIST, Role.CLASSROOM, Role.SOCIAL_WORKER)}
    assert (driven.room.state, driven.room.legs()) == (RoomState.PAUSED, ())
    driven.does(Pause(peers[Role.CLASSROOM], on=False))
    assert driven.room.state is RoomState.LIVE
