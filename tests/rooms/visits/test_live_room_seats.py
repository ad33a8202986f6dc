"""Browsers and seats: several seats on one device, a second tab, the social worker outside the door, legs."""

from dataclasses import replace as changed
from itertools import combinations, permutations

import pytest

from rooms.errors import NotAllowedError
from rooms.ids import ParticipantId, PeerId
from rooms.roles import Composition, Role
from rooms.visits.commands import (
    Admit,
    Deny,
    Knock,
    Leave,
    OpenDoor,
    Pause,
    Reattach,
    Reconnect,
    Remove,
    Revoke,
    SetMedia,
)
from rooms.visits.errors import SeatInUseError
from rooms.visits.events import (
    LegClosed,
    LegOpened,
    ParticipantAdmitted,
    ParticipantGone,
    ParticipantRemoved,
    ParticipantWaiting,
    PeerReplaced,
    RosterChanged,
)
from rooms.visits.live_room import Leg, LiveRoom
from rooms.visits.plan import SeatPlan
from rooms.visits.states import ParticipantState, Presence, RoomState
from tests.support.live_rooms import DrivenRoom, only, participant, room_plan

CHILD, WORKER, PSYCHOLOGIST, GUARDIAN = (
    PeerId(role.value) for role in (Role.CLASSROOM, Role.SOCIAL_WORKER, Role.PSYCHOLOGIST, Role.GUARDIAN)
)


def test_child_and_social_worker_on_one_device_have_one_leg_to_the_psychologist() -> None:
    driven = DrivenRoom()
    device = driven.joins(Role.CLASSROOM, Role.SOCIAL_WORKER, peer="device")
    driven.joins(Role.PSYCHOLOGIST)
    driven.does(Knock(PSYCHOLOGIST))
    driven.does(OpenDoor(device))
    assert driven.room.state is RoomState.LIVE
    assert [(leg.polite, leg.impolite) for leg in driven.room.legs()] == [(device, PSYCHOLOGIST)]
    assert driven.room.participants_of(device) == (participant(Role.CLASSROOM), participant(Role.SOCIAL_WORKER))


def test_all_seats_of_a_device_act_together() -> None:
    driven = DrivenRoom()
    device = driven.joins(Role.CLASSROOM, Role.SOCIAL_WORKER, peer="device")
    driven.joins(Role.GUARDIAN)
    driven.does(Admit(device, participant(Role.GUARDIAN)))
    driven.does(Pause(device, on=True))
    assert driven.room.child_paused
    driven.detaches(device)
    away = {entry.role for entry in driven.room.roster() if entry.presence is Presence.AWAY}
    assert away == {Role.CLASSROOM, Role.SOCIAL_WORKER}
    told = driven.does(Leave(device))
    assert {event.role for event in only(told, ParticipantGone)} == {Role.CLASSROOM, Role.SOCIAL_WORKER}


def test_nobody_removes_whoever_shares_their_own_device() -> None:
    driven = DrivenRoom()
    device = driven.joins(Role.CLASSROOM, Role.SOCIAL_WORKER, peer="device")
    with pytest.raises(NotAllowedError):
        driven.does(Remove(device, participant(Role.CLASSROOM)))


def test_a_seat_removed_from_a_shared_device_leaves_the_others_there() -> None:
    driven = DrivenRoom()
    device = driven.joins(Role.CLASSROOM, Role.SOCIAL_WORKER, peer="device")
    told = driven.does(Revoke(participant(Role.SOCIAL_WORKER)))
    assert only(told, ParticipantRemoved)[0].peer == device
    assert driven.room.participants_of(device) == (participant(Role.CLASSROOM),)
    assert driven.room.is_admitted(device)


def test_a_waiting_seat_on_an_admitted_device_stays_waiting_and_visible() -> None:
    driven = DrivenRoom()
    device = driven.joins(Role.CLASSROOM, Role.GUARDIAN, peer="device")
    driven.joins(Role.SOCIAL_WORKER)
    states = {entry.role: entry.state for entry in driven.room.roster()}
    assert states[Role.GUARDIAN] is ParticipantState.WAITING
    driven.does(Deny(WORKER, participant(Role.GUARDIAN)))
    assert driven.room.participants_of(device) == (participant(Role.CLASSROOM),)


def test_sharing_the_childs_device_once_gives_a_guest_no_way_in_alone() -> None:
    driven = DrivenRoom()
    driven.goes_live()
    driven.joins(Role.CLASSROOM, Role.GUARDIAN, peer="device", replace=True)
    alone = driven.joins(Role.GUARDIAN, peer="alone", replace=True)
    assert not driven.room.is_admitted(alone)
    assert all(alone not in (leg.polite, leg.impolite) for leg in driven.room.legs())


def test_the_social_worker_can_move_from_the_childs_device_to_a_phone() -> None:
    driven = DrivenRoom()
    device = driven.joins(Role.CLASSROOM, Role.SOCIAL_WORKER, peer="device")
    driven.joins(Role.PSYCHOLOGIST)
    driven.does(Knock(PSYCHOLOGIST))
    driven.does(OpenDoor(device))
    kept = driven.room.leg(device, PSYCHOLOGIST)
    with pytest.raises(SeatInUseError):
        driven.joins(Role.SOCIAL_WORKER, peer="phone")
    phone = driven.joins(Role.SOCIAL_WORKER, peer="phone", replace=True)
    assert driven.count(PeerReplaced) == 0
    assert driven.room.participants_of(device) == (participant(Role.CLASSROOM),)
    assert driven.room.leg(device, PSYCHOLOGIST) == kept
    assert driven.room.leg(device, phone) == Leg(phone, device, 2)
    assert driven.room.state is RoomState.LIVE


def test_a_second_tab_asks_before_it_moves_a_seat() -> None:
    driven = DrivenRoom()
    driven.goes_live()
    with pytest.raises(SeatInUseError) as refused:
        driven.joins(Role.PSYCHOLOGIST, peer="second")
    assert refused.value.facts == {"role": Role.PSYCHOLOGIST}
    before = len(driven.told)
    second = driven.joins(Role.PSYCHOLOGIST, peer="second", replace=True)
    told = driven.told[before:]
    assert only(told, PeerReplaced) == [PeerReplaced(PSYCHOLOGIST)]
    assert only(told, ParticipantAdmitted)[0].by is None
    assert only(told, ParticipantGone) == []
    assert len(only(told, LegClosed)) == len(only(told, LegOpened)) == 2
    assert driven.room.state is RoomState.LIVE
    assert PSYCHOLOGIST not in driven.room.peers()
    assert driven.does(Leave(PSYCHOLOGIST)) == (), "the old tab's goodbye comes late"
    assert driven.room.participants_of(second) == (participant(Role.PSYCHOLOGIST),)


def test_a_browser_whose_line_dropped_is_replaced_without_asking() -> None:
    driven = DrivenRoom()
    driven.goes_live()
    driven.detaches(CHILD)
    driven.joins(Role.CLASSROOM, peer="reloaded")
    assert only(driven.told, PeerReplaced) == [PeerReplaced(CHILD)]


def test_a_second_tab_of_somebody_waiting_waits() -> None:
    driven = DrivenRoom()
    driven.joins(Role.GUARDIAN)
    second = driven.joins(Role.GUARDIAN, peer="second", replace=True)
    assert only(driven.told, ParticipantWaiting)[-1].peer == second


def test_a_tab_that_takes_half_of_a_devices_seats_is_refused_whole() -> None:
    driven = DrivenRoom()
    driven.joins(Role.CLASSROOM, Role.SOCIAL_WORKER, peer="device")
    with pytest.raises(SeatInUseError):
        driven.joins(Role.GUARDIAN, Role.SOCIAL_WORKER, peer="other")
    assert driven.room.peers() == ("device",)


def one_to_one() -> DrivenRoom:
    driven = DrivenRoom(room_plan(composition=Composition.ONE_TO_ONE))
    driven.goes_live()
    return driven


def test_outside_the_door_the_social_worker_is_seen_and_has_no_leg() -> None:
    driven = one_to_one()
    assert driven.room.state is RoomState.LIVE
    assert [(leg.polite, leg.impolite) for leg in driven.room.legs()] == [(CHILD, PSYCHOLOGIST)]
    assert Role.SOCIAL_WORKER in {entry.role for entry in driven.room.roster()}


def test_a_one_to_one_pauses_when_nobody_is_outside_the_door() -> None:
    driven = one_to_one()
    driven.does(Leave(WORKER))
    assert driven.room.state is RoomState.PAUSED
    driven.joins(Role.SOCIAL_WORKER, peer="back")
    assert driven.room.state is RoomState.LIVE
    assert len(driven.room.legs()) == 1


def test_a_social_worker_who_moves_outside_from_the_childs_device_has_no_leg_there() -> None:
    driven = DrivenRoom(room_plan(composition=Composition.ONE_TO_ONE))
    device = driven.joins(Role.CLASSROOM, Role.SOCIAL_WORKER, peer="device")
    driven.joins(Role.PSYCHOLOGIST)
    driven.does(Knock(PSYCHOLOGIST))
    driven.does(OpenDoor(device))
    child = driven.joins(Role.CLASSROOM, peer="own", replace=True)
    assert driven.room.leg(device, PSYCHOLOGIST) is None
    assert driven.room.leg(child, PSYCHOLOGIST) is not None
    assert len(driven.room.legs()) == 1


def test_a_full_room_is_a_mesh_with_one_leg_for_each_pair() -> None:
    driven = DrivenRoom()
    driven.goes_live(Role.GUARDIAN, Role.INTERPRETER)
    pairs = {frozenset((leg.polite, leg.impolite)) for leg in driven.room.legs()}
    assert pairs == {frozenset(pair) for pair in combinations(driven.room.peers(), 2)}
    assert len(driven.room.legs()) == 10
    assert sorted(leg.negotiation for leg in driven.room.legs()) == list(range(1, 11))


def test_the_child_is_connected_with_the_psychologist_first_then_with_the_others() -> None:
    driven = DrivenRoom()
    driven.goes_live()
    legs = [frozenset((leg.polite, leg.impolite)) for leg in driven.room.legs()]
    assert legs == [
        frozenset((CHILD, PSYCHOLOGIST)),
        frozenset((CHILD, WORKER)),
        frozenset((WORKER, PSYCHOLOGIST)),
    ]


@pytest.mark.parametrize("order", list(permutations((Role.PSYCHOLOGIST, Role.SOCIAL_WORKER, Role.CLASSROOM))))
def test_each_of_three_offers_to_one_and_answers_one_whoever_comes_first(order: tuple[Role, ...]) -> None:
    driven = DrivenRoom()
    for role in order:
        driven.joins(role)
    driven.door_opens()
    offers = {(leg.impolite, leg.polite) for leg in driven.room.legs()}
    assert offers == {(PSYCHOLOGIST, CHILD), (CHILD, WORKER), (WORKER, PSYCHOLOGIST)}
    assert driven.room.leg(WORKER, PSYCHOLOGIST) == driven.room.leg(PSYCHOLOGIST, WORKER)


def test_among_others_the_one_who_comes_new_offers() -> None:
    driven = DrivenRoom()
    driven.goes_live(Role.GUARDIAN)
    assert {(leg.impolite, leg.polite) for leg in driven.room.legs() if GUARDIAN in (leg.impolite, leg.polite)} == {
        (CHILD, GUARDIAN),
        (GUARDIAN, PSYCHOLOGIST),
        (GUARDIAN, WORKER),
    }


def test_who_waits_has_no_leg_to_anybody() -> None:
    driven = DrivenRoom()
    driven.goes_live()
    driven.joins(Role.GUARDIAN)
    assert all(driven.room.leg(GUARDIAN, peer) is None for peer in driven.room.peers())


def test_a_leg_that_is_opened_again_has_a_later_negotiation() -> None:
    driven = DrivenRoom()
    driven.goes_live()
    driven.does(Leave(PSYCHOLOGIST))
    driven.joins(Role.PSYCHOLOGIST)
    numbers = [event.negotiation for event in only(driven.told, LegOpened)]
    assert numbers == sorted(set(numbers)) == [1, 2, 3, 4, 5]


def test_a_connection_given_up_by_both_ends_is_made_anew_once() -> None:
    driven = DrivenRoom()
    driven.goes_live()
    old = driven.room.leg(CHILD, PSYCHOLOGIST)
    assert old is not None
    told = driven.does(Reconnect(CHILD, PSYCHOLOGIST, old.negotiation))
    new = driven.room.leg(CHILD, PSYCHOLOGIST)
    assert new == Leg(old.polite, old.impolite, 4)
    assert told == (LegClosed(old.polite, old.impolite, old.negotiation), LegOpened(new.polite, new.impolite, 4))
    assert driven.does(Reconnect(PSYCHOLOGIST, CHILD, old.negotiation)) == ()
    assert driven.does(Reconnect(PSYCHOLOGIST, GUARDIAN, old.negotiation)) == ()
    assert driven.room.leg(CHILD, PSYCHOLOGIST) == new


def test_media_is_in_the_roster_and_told_when_it_changes() -> None:
    driven = DrivenRoom()
    driven.joins(Role.CLASSROOM)
    assert driven.does(SetMedia(CHILD, audio=True, video=False)) == (RosterChanged(),)
    assert driven.does(SetMedia(CHILD, audio=True, video=False)) == ()
    (entry,) = driven.room.roster()
    assert (entry.audio, entry.video) == (True, False)
    driven.detaches(CHILD)
    driven.does(Reattach(CHILD))
    assert driven.room.roster() == (entry,)


def test_a_second_classroom_is_no_plan_for_a_room() -> None:
    plan = room_plan()
    with pytest.raises(ValueError, match="one classroom"):
        LiveRoom(changed(plan, seats=(*plan.seats, SeatPlan(ParticipantId("other-child"), Role.CLASSROOM))))
