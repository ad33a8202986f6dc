"""How a room is, from what its pages tell: on the page of open rooms, and minute by minute in the stored world."""

import asyncio

import pytest

from rooms.health.samples import CandidateType, ConnectionState, Rung, RungReason
from rooms.health.verdict import Cause
from rooms.roles import Role
from rooms.visits.states import Presence
from signaling import messages
from signaling.close_codes import CloseCode
from signaling.dictionaries import LegHealth
from signaling.room_health import LOOK_EVERY
from tests.signaling.conftest import StartWire, Wire
from tests.support.scripted_peer import ScriptedPeer


async def legs_of(peer: ScriptedPeer, count: int) -> dict[str, int]:
    """Return the numbers of the next connections a peer is told to open, by the other peer."""
    found = [await peer.expects(messages.Connect) for _ in range(count)]
    return {connect.peer: connect.negotiation for connect in found}


def leg(negotiation: int, **measured: object) -> LegHealth:
    figures: dict[str, object] = {
        "connection": ConnectionState.CONNECTED,
        "candidate_type": CandidateType.HOST,
        "rtt_ms": 80,
        "loss_pct": 0,
        "jitter_ms": 5,
        "invented_pct": 0,
        "kbps_in": 40,
        "kbps_out": 40,
    }
    return LegHealth(negotiation=negotiation, **{**figures, **measured})  # type: ignore[arg-type]


async def reports(
    peer: ScriptedPeer, *legs: LegHealth, rung: Rung = Rung.VIDEO, reason: RungReason = RungReason.LINE_GOOD
) -> None:
    await peer.says(messages.Health(rung, reason, legs))
    await peer.has_heard_everything()


async def test_a_weak_classroom_is_told_with_its_cause_and_since_when(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    legs = await legs_of(classroom, 2)
    for adult in (social_worker, psychologist):
        await reports(adult, leg(legs[adult.peer]))
    await reports(classroom, *(leg(number) for number in legs.values()))
    assert wire.hub.overview()[0].standing.verdict.cause is Cause.WELL
    wire.clock.advance(60)
    began = wire.clock.now()
    for _ in range(2):
        for adult in (social_worker, psychologist):
            await reports(adult, leg(legs[adult.peer], loss_pct=30, invented_pct=14.5))
        await reports(
            classroom, *(leg(number) for number in legs.values()), rung=Rung.VOICE_8, reason=RungReason.UPLINK_WEAK
        )
        wire.clock.advance(5)
    wire.clock.advance(5)
    (room,) = wire.hub.overview()
    assert room.standing.verdict.code == "classroom-uplink-weak"
    assert room.standing.verdict.rung is Rung.VOICE_8
    for since in (room.standing.cause_since, room.standing.rung_since):
        assert began <= since <= began + LOOK_EVERY


async def test_the_worst_room_is_first_in_the_overview(wire: Wire) -> None:
    first = await wire.live_room()
    other_plan = wire.admission.book(wire.clock.now())
    second = await wire.live_room(other_plan)
    for (classroom, _, psychologist), loss in ((first, 0), (second, 40)):
        legs = await legs_of(classroom, 2)
        await reports(classroom, leg(legs[psychologist.peer], loss_pct=loss, invented_pct=loss))
    assert [room.number for room in wire.hub.overview()] == [2, 1]


async def test_what_was_told_too_long_ago_is_not_shown(wire: Wire) -> None:
    classroom, _, psychologist = await wire.live_room()
    legs = await legs_of(classroom, 2)
    await reports(classroom, leg(legs[psychologist.peer]))
    wire.clock.advance(16)
    (room,) = wire.hub.overview()
    assert room.standing.verdict.cause is Cause.NO_SAMPLES
    assert all(seat.legs == () and seat.rung is None for seat in room.seats)


async def test_who_is_not_admitted_tells_nothing(wire: Wire) -> None:
    await wire.live_room()
    guardian = await wire.joins(Role.GUARDIAN)
    await reports(guardian, leg(1), rung=Rung.PHONE, reason=RungReason.NO_PATH)
    assert wire.hub.overview()[0].standing.verdict.cause is Cause.NO_SAMPLES


async def test_every_minute_is_stored_for_all_rooms_at_once(wire: Wire) -> None:
    rooms = [await wire.live_room(), await wire.live_room(wire.admission.book(wire.clock.now()))]
    for classroom, _, psychologist in rooms:
        legs = await legs_of(classroom, 2)
        await reports(classroom, leg(legs[psychologist.peer], rtt_ms=240))
    await wire.hub.keep_minutes()
    assert wire.admission.minutes == []
    wire.clock.advance(60)
    await wire.hub.keep_minutes()
    await wire.hub.keep_minutes()
    assert {minute.visit for minute in wire.admission.minutes} == set(wire.admission.plans)
    assert [(minute.rtt_ms, minute.rung) for minute in wire.admission.minutes] == [(240, Rung.VIDEO)] * 2


async def test_a_minute_in_which_everybody_is_silent_is_stored_too(wire: Wire) -> None:
    await wire.live_room()
    await wire.hub.keep_minutes()
    wire.clock.advance(60)
    await wire.hub.keep_minutes()
    wire.clock.advance(60)
    await wire.hub.keep_minutes()
    assert [minute.cause for minute in wire.admission.minutes] == ["no-samples", "no-samples"]


async def test_minutes_wait_while_the_database_is_away(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    await wire.live_room()
    await wire.hub.keep_minutes()
    wire.clock.advance(60)

    async def fails(_: object) -> None:
        raise OSError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(wire.admission, "record_minutes", fails)
        await wire.hub.keep_minutes()
    await wire.hub.keep_minutes()
    assert len(wire.admission.minutes) == 1


async def test_minutes_are_stored_by_themselves(start_wire: StartWire) -> None:
    wire = await start_wire(minutes_every_s=0.02)
    await wire.live_room()
    for _ in range(100):
        wire.clock.advance(60)
        if wire.admission.minutes:
            return
        await asyncio.sleep(0.02)
    pytest.fail("nothing was stored")


async def test_the_last_minute_is_stored_when_the_room_ends_and_when_the_server_does(wire: Wire) -> None:
    await wire.live_room()
    other = wire.admission.book(wire.clock.now())
    await wire.live_room(other)
    assert len(wire.hub.overview()) == 2
    wire.hub.close_visit(wire.plan.visit, "ended")
    for _ in range(100):
        if wire.admission.minutes:
            break
        await asyncio.sleep(0.01)
    assert [minute.visit for minute in wire.admission.minutes] == [wire.plan.visit]
    await wire.hub.drain()
    assert [minute.visit for minute in wire.admission.minutes] == [wire.plan.visit, other.visit]


async def test_a_device_that_falls_silent_is_a_drop(wire: Wire) -> None:
    classroom, *_ = await wire.live_room()
    await wire.hub.keep_minutes()
    classroom.vanishes()
    for _ in range(100):
        if any(seat.presence is Presence.AWAY for seat in wire.hub.overview()[0].seats):
            break
        await asyncio.sleep(0.01)
    wire.clock.advance(60)
    await wire.hub.keep_minutes()
    assert [minute.drops for minute in wire.admission.minutes] == [1]


async def test_arrivals_are_counted_by_how_people_came(wire: Wire) -> None:
    peer = await wire.joins(Role.SOCIAL_WORKER)
    peer.vanishes()
    assert (await peer.resumes(wire.admission.ticket(wire.plan, Role.SOCIAL_WORKER))).resumed
    peer.vanishes()
    assert not (await peer.resumes(wire.admission.ticket(wire.plan, Role.SOCIAL_WORKER), received=99)).resumed
    arrivals = wire.hub.arrivals
    assert (arrivals.joined, arrivals.resumed, arrivals.returned) == (1, 1, 1)


async def test_a_claim_moves_one_seat_and_leaves_the_others_at_the_device(wire: Wire) -> None:
    both = await wire.joins(Role.CLASSROOM, Role.SOCIAL_WORKER)
    psychologist = await wire.joins(Role.PSYCHOLOGIST)
    await psychologist.knocks()
    await both.opens_door()
    await psychologist.expects(messages.Room, state="live")
    claim = wire.admission.claim(wire.plan, Role.CLASSROOM)
    wire.hub.claim_made(wire.plan.visit, claim.id, claim.participant, claim.role)
    await psychologist.expects(messages.ClaimWaiting, claim=claim.id)
    await psychologist.says(messages.AdmitClaim(claim.id))
    await psychologist.has_heard_everything()
    await both.has_heard_everything()
    # The seat is where it was until its new browser comes, which then asks nobody.
    classroom = await wire.joins(Role.CLASSROOM)
    assert classroom.welcome is not None
    assert classroom.welcome.admitted
    seats = {(seat.role, seat.presence) for seat in wire.hub.overview()[0].seats}
    assert seats == {(role, Presence.PRESENT) for role in (Role.CLASSROOM, Role.SOCIAL_WORKER, Role.PSYCHOLOGIST)}
    await both.expects(messages.Connect, peer=classroom.peer)
    assert not any(isinstance(heard, messages.Moved) for heard in both.heard)
    both.vanishes()
    assert (await both.resumes(wire.admission.ticket(wire.plan, Role.SOCIAL_WORKER))).resumed


async def test_a_seat_that_was_given_away_once_is_not_taken_again_without_asking(wire: Wire) -> None:
    both = await wire.joins(Role.CLASSROOM, Role.SOCIAL_WORKER)
    claim = wire.admission.claim(wire.plan, Role.CLASSROOM)
    wire.hub.claim_made(wire.plan.visit, claim.id, claim.participant, claim.role)
    await both.expects(messages.ClaimWaiting, claim=claim.id)
    await both.says(messages.AdmitClaim(claim.id))
    await both.has_heard_everything()
    await wire.joins(Role.CLASSROOM)
    third = wire.page()
    await third.connects()
    await third.says(messages.Hello(wire.admission.ticket(wire.plan, Role.CLASSROOM)))
    await third.is_closed_with(CloseCode.SEAT_IN_USE)
