"""What people do in a room, over real sockets: the door, legs, pause, removal, the end."""

import asyncio
from itertools import pairwise

import msgspec
import pytest

from rooms.health.samples import CandidateType, ConnectionState, Rung, RungReason
from rooms.roles import Composition, Role
from rooms.visits import events
from signaling import messages
from signaling.close_codes import CloseCode
from signaling.codec import type_of
from tests.signaling.conftest import StartWire, Wire
from tests.support.scripted_peer import ScriptedPeer


async def connects_of(peer: ScriptedPeer, count: int) -> dict[str, messages.Connect]:
    """Return the next connections a peer is told to open, by the other peer."""
    found = [await peer.expects(messages.Connect) for _ in range(count)]
    return {connect.peer: connect for connect in found}


async def test_the_child_opens_the_door_and_then_all_three_connect(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    seen = {}
    for peer in (classroom, social_worker, psychologist):
        seen[peer.peer] = await connects_of(peer, 2)
    for one, connects in seen.items():
        for other, connect in connects.items():
            mirrored = seen[other][one]
            assert connect.negotiation == mirrored.negotiation
            assert connect.polite != mirrored.polite
            assert not connect.relay_only
    offers = {
        (one, other) for one, connects in seen.items() for other, connect in connects.items() if not connect.polite
    }
    ring = (psychologist.peer, classroom.peer, social_worker.peer)
    assert offers == set(pairwise((*ring, ring[0])))


async def test_the_door_is_stored_before_anybody_is_told(wire: Wire) -> None:
    classroom = await wire.joins(Role.CLASSROOM)
    psychologist = await wire.joins(Role.PSYCHOLOGIST)
    await psychologist.knocks()
    await classroom.expects(messages.Room, knocked=True)
    wire.admission.reachable.clear()
    await classroom.opens_door()
    unread = await psychologist.has_heard_everything()
    unread += await psychologist.has_heard_everything()
    assert messages.Admitted not in {type(message) for message in unread}
    wire.admission.reachable.set()
    await psychologist.expects(messages.Admitted)
    assert any(isinstance(event, events.DoorOpened) for event in wire.admission.recorded)


async def test_a_room_whose_decisions_can_not_be_stored_is_given_up(start_wire: StartWire) -> None:
    wire = await start_wire(decision_patience_s=0.1, closing_patience_s=0.1)
    classroom = await wire.joins(Role.CLASSROOM)
    psychologist = await wire.joins(Role.PSYCHOLOGIST)
    await psychologist.knocks()
    await classroom.expects(messages.Room, knocked=True)
    wire.admission.reachable.clear()
    await classroom.opens_door()
    await psychologist.is_closed_with(CloseCode.TRY_AGAIN_LATER)
    assert messages.Admitted not in {type(message) for message in psychologist.heard}


async def test_a_removal_is_told_even_while_nothing_can_be_stored(start_wire: StartWire) -> None:
    wire = await start_wire(narrowing_patience_s=0.05)
    _, social_worker, psychologist = await wire.live_room()
    wire.admission.reachable.clear()
    await social_worker.removes(psychologist)
    await psychologist.expects(messages.Removed)
    await psychologist.is_closed_with(CloseCode.REMOVED)
    wire.admission.reachable.set()


async def test_opening_the_door_without_a_knock_is_refused(wire: Wire) -> None:
    classroom = await wire.joins(Role.CLASSROOM)
    await classroom.opens_door()
    assert (await classroom.expects_error("door-not-knocked")).regarding == "open-door"


@pytest.mark.parametrize("role", [Role.SOCIAL_WORKER, Role.PSYCHOLOGIST, Role.GUARDIAN])
async def test_nobody_opens_the_door_for_the_child(wire: Wire, role: Role) -> None:
    peer = await wire.joins(role)
    await peer.opens_door()
    await peer.expects_error("not-allowed")


@pytest.mark.parametrize(
    "message",
    [
        messages.Knock(),
        messages.End(),
        messages.KeepGoing(),
        messages.Admit("0" * 32),
        messages.Deny("0" * 32),
        messages.Remove("0" * 32),
        messages.AdmitClaim("0" * 32),
        messages.DenyClaim("0" * 32),
    ],
)
async def test_the_classroom_does_not_do_what_is_for_adults(wire: Wire, message: messages.ClientMessage) -> None:
    classroom, _, _ = await wire.live_room()
    await classroom.says(message)
    assert (await classroom.expects_error("not-allowed")).regarding == type_of(message)


async def test_a_guardian_waits_until_an_adult_admits(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    guardian = await wire.joins(Role.GUARDIAN)
    await guardian.expects(messages.Waiting)
    await psychologist.admits(guardian)
    await guardian.expects(messages.Admitted)
    assert set(await connects_of(guardian, 3)) == {classroom.peer, social_worker.peer, psychologist.peer}


async def test_who_is_denied_is_told_and_may_ask_again(wire: Wire) -> None:
    social_worker = await wire.joins(Role.SOCIAL_WORKER)
    guardian = await wire.joins(Role.GUARDIAN)
    await social_worker.denies(guardian)
    await guardian.expects(messages.Denied)
    await guardian.is_closed_with(CloseCode.NORMAL)
    again = await wire.joins(Role.GUARDIAN)
    await again.expects(messages.Waiting)


async def test_the_childs_pause_reaches_everybody_and_no_adult_lifts_it(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    await classroom.pauses()
    for peer in (social_worker, psychologist):
        assert (await peer.expects(messages.Room, state="paused")).reasons == ("child-asked",)
    await social_worker.pauses(on=False)
    await social_worker.expects_error("not-allowed")
    await classroom.pauses(on=False)
    await psychologist.expects(messages.Room, state="live")


async def test_help_reaches_everybody(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    await classroom.says(messages.Help())
    for peer in (social_worker, psychologist):
        await peer.expects(messages.HelpAsked, role=Role.CLASSROOM)


@pytest.mark.parametrize("role", [Role.PSYCHOLOGIST, Role.GUARDIAN])
async def test_whoever_waits_can_not_ring_for_help_in_the_room(wire: Wire, role: Role) -> None:
    classroom, waiting = await wire.joins(Role.CLASSROOM), await wire.joins(role)
    await waiting.says(messages.Help())
    assert (await waiting.expects_error("not-admitted")).regarding == "help"
    unread = await classroom.has_heard_everything()
    assert messages.HelpAsked not in {type(message) for message in unread}


async def test_removal_closes_at_once_and_for_ever(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    connect = await classroom.expects(messages.Connect, peer=psychologist.peer)
    spare = wire.admission.ticket(wire.plan, Role.PSYCHOLOGIST)
    await social_worker.removes(psychologist)
    await psychologist.expects(messages.Removed)
    await psychologist.is_closed_with(CloseCode.REMOVED)
    await classroom.expects(messages.Disconnect, peer=psychologist.peer, negotiation=connect.negotiation)
    back = await wire.page().connects()
    await back.says(messages.Hello(spare))
    await back.is_closed_with(CloseCode.REMOVED)
    assert back.frames == []


async def test_a_removed_page_that_tries_to_resume_is_refused(wire: Wire) -> None:
    _, social_worker, psychologist = await wire.live_room()
    assert psychologist.welcome is not None
    resume = messages.Resume(psychologist.peer, psychologist.welcome.resume_key, psychologist.received)
    await social_worker.removes(psychologist)
    await psychologist.is_closed_with(CloseCode.REMOVED)
    back = await wire.page().connects()
    await back.says(messages.Hello(wire.admission.ticket(wire.plan, Role.PSYCHOLOGIST), resume=resume))
    await back.is_closed_with(CloseCode.REMOVED)


async def test_a_seat_revoked_from_a_page_of_the_site_is_removed(wire: Wire) -> None:
    _, _, psychologist = await wire.live_room()
    wire.hub.revoke(psychologist.participant, wire.plan.visit)
    await psychologist.is_closed_with(CloseCode.REMOVED)


async def test_a_cancelled_visit_closes_its_room(wire: Wire) -> None:
    peers = await wire.live_room()
    wire.hub.close_visit(wire.plan.visit, "cancelled")
    for peer in peers:
        await peer.expects(messages.Closed, reason="cancelled")
        await peer.is_closed_with(CloseCode.ROOM_CLOSED)
    assert wire.hub.room_count() == 0


async def test_the_end_is_gentle_and_can_be_taken_back(wire: Wire) -> None:
    peers = classroom, social_worker, psychologist = await wire.live_room()
    await psychologist.says(messages.End())
    while (await classroom.expects(messages.Room)).ending_at is None:
        pass
    await social_worker.says(messages.KeepGoing())
    while (await classroom.expects(messages.Room)).ending_at is not None:
        pass
    wire.ticks(60)
    await psychologist.says(messages.End())
    await psychologist.has_heard_everything()
    wire.ticks(10)
    for peer in peers:
        await peer.expects(messages.Closed, reason="ended")
        await peer.is_closed_with(CloseCode.ROOM_CLOSED)


async def test_the_hard_end_closes_the_room(wire: Wire) -> None:
    classroom, _, _ = await wire.live_room()
    wire.ticks(3600)
    await classroom.expects(messages.Closed, reason="hard-end")


async def test_who_leaves_is_closed_and_the_others_are_told(wire: Wire) -> None:
    classroom, _, psychologist = await wire.live_room()
    await psychologist.leaves()
    await psychologist.is_closed_with(CloseCode.NORMAL)
    await classroom.expects(messages.Room, state="paused")
    await classroom.expects(messages.AdultLost, role=Role.PSYCHOLOGIST)


async def test_one_to_one_leaves_the_social_worker_outside_the_door(start_wire: StartWire) -> None:
    wire = await start_wire(composition=Composition.ONE_TO_ONE)
    classroom, social_worker, psychologist = await wire.live_room()
    assert set(await connects_of(classroom, 1)) == {psychologist.peer}
    assert not [m for m in await social_worker.has_heard_everything() if isinstance(m, messages.Connect)]


async def test_a_second_tab_asks_before_it_moves_the_seat(wire: Wire) -> None:
    classroom, social_worker, _ = await wire.live_room()
    second = await wire.page().connects()
    await second.says(messages.Hello(wire.admission.ticket(wire.plan, Role.CLASSROOM)))
    await second.is_closed_with(CloseCode.SEAT_IN_USE)
    assert second.frames == []
    moved = await wire.joins(Role.CLASSROOM, replace=True)
    await classroom.expects(messages.Moved)
    await classroom.is_closed_with(CloseCode.MOVED)
    assert set(await connects_of(moved, 2)) >= {social_worker.peer}


async def test_a_second_browsers_claim_is_told_to_professionals_only(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    claim = wire.admission.claim(wire.plan, Role.CLASSROOM)
    wire.hub.claim_made(wire.plan.visit, claim.id, claim.participant, claim.role)
    for adult in (social_worker, psychologist):
        await adult.expects(messages.ClaimWaiting, claim=claim.id, role=Role.CLASSROOM)
    assert not any(claim.id in frame for frame in classroom.frames)
    await psychologist.says(messages.AdmitClaim(claim.id))
    await classroom.expects(messages.Moved)
    await classroom.is_closed_with(CloseCode.MOVED)
    assert [(told, admit) for _, told, admit in wire.admission.settled] == [(claim.id, True)]
    await wire.joins(Role.CLASSROOM)


async def test_a_claim_made_before_the_adult_came_is_told_on_arrival(wire: Wire) -> None:
    claim = wire.admission.claim(wire.plan, Role.GUARDIAN)
    guardian = await wire.joins(Role.GUARDIAN)
    social_worker = await wire.joins(Role.SOCIAL_WORKER)
    await social_worker.expects(messages.ClaimWaiting, claim=claim.id)
    await social_worker.says(messages.DenyClaim(claim.id))
    await social_worker.has_heard_everything()
    assert not any(claim.id in frame for frame in guardian.frames)
    assert wire.admission.settled[0][2] is False


async def test_the_overview_names_roles_and_measures_and_nobody(wire: Wire) -> None:
    classroom, _, psychologist = await wire.live_room()
    connect = (await connects_of(classroom, 2))[psychologist.peer]
    leg = messages.LegHealth(
        connect.negotiation, ConnectionState.CONNECTED, CandidateType.RELAY, 120, 2.5, 8, 0.6, 60, 75
    )
    gone = msgspec.structs.replace(leg, negotiation=connect.negotiation + 100)
    await classroom.says(messages.Health(Rung.VOICE_8, RungReason.UPLINK_WEAK, (leg, gone)))
    await classroom.has_heard_everything()
    (room,) = wire.hub.overview()
    assert (room.number, room.state) == (1, "live")
    child = next(seat for seat in room.seats if seat.role is Role.CLASSROOM)
    assert (child.rung, child.reason) == (Rung.VOICE_8, RungReason.UPLINK_WEAK)
    assert child.legs == (((Role.PSYCHOLOGIST,), leg),)
    assert wire.plan.visit not in repr(room)


async def test_a_stopping_server_sends_everybody_away_to_come_back(wire: Wire) -> None:
    peers = await wire.live_room()
    await wire.hub.drain()
    for peer in peers:
        await peer.is_closed_with(CloseCode.SERVICE_RESTART)
    assert wire.hub.room_count() == 0
    assert [event for event in wire.admission.recorded if isinstance(event, events.DoorOpened)]


async def test_an_empty_room_is_put_away(start_wire: StartWire) -> None:
    wire = await start_wire(empty_room_s=0.05)
    peer = await wire.joins(Role.SOCIAL_WORKER)
    await peer.leaves()
    await peer.is_closed_with(CloseCode.NORMAL)
    for _ in range(100):
        if wire.hub.room_count() == 0:
            return
        await asyncio.sleep(0.02)
    pytest.fail("the room is still there")
