"""Offers, answers and candidates: between the two ends of a leg, and for nobody else."""

from rooms.roles import Role
from signaling import messages
from signaling.ice_servers import TurnSettings
from tests.signaling.conftest import StartWire, Wire

CANARY = "canary-of-this-room"
TURN = TurnSettings(urls=("turn:turn.wasl.test:3478",), secrets=("0123456789abcdefghijklmnopqrstuvwxyz",))
HOST = "candidate:1 1 udp 2122260223 192.168.1.20 50000 typ host"
RELAYED = "candidate:4 1 udp 41885439 203.0.113.9 60000 typ relay raddr 192.168.1.20 rport 50000"
SDP = (
    "v=0\r\no=- 4611731400430051336 2 IN IP4 192.168.1.20\r\ns=-\r\nt=0 0\r\n"
    "m=audio 50000 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 192.168.1.20\r\na=rtcp:9 IN IP4 192.168.1.20\r\n"
    f"a={HOST}\r\na={RELAYED}\r\na=mid:0\r\n"
)


async def test_an_offer_an_answer_and_candidates_arrive_in_order_and_unchanged(wire: Wire) -> None:
    classroom, _, psychologist = await wire.live_room()
    there = await psychologist.expects(messages.Connect, peer=classroom.peer)
    here = await classroom.expects(messages.Connect, peer=psychologist.peer)
    sdp = 'v=0\r\na=x:"é ع \u2028 \\ /"\r\n'
    await psychologist.offers(there, sdp)
    await psychologist.trickles(there, HOST)
    await psychologist.trickles(there, None)
    offer = await classroom.expects(messages.RelayedOffer)
    assert (offer.sender, offer.description.sdp) == (psychologist.peer, sdp)
    candidate = await classroom.expects(messages.RelayedCandidate)
    assert candidate.candidate == messages.CandidateInit(HOST, "0", 0)
    assert (await classroom.expects(messages.RelayedCandidate)).candidate is None
    await classroom.answers(here, sdp)
    assert (await psychologist.expects(messages.RelayedAnswer)).description.sdp == sdp


async def test_only_the_other_end_of_the_leg_hears(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    guardian = await wire.joins(Role.GUARDIAN)
    connect = await psychologist.expects(messages.Connect, peer=classroom.peer)
    await psychologist.offers(connect, CANARY)
    await psychologist.trickles(connect, CANARY)
    await classroom.expects(messages.RelayedCandidate)
    for other in (social_worker, guardian):
        await other.has_heard_everything()
        assert not any(CANARY in frame for frame in other.frames)


async def test_two_rooms_never_hear_each_other(wire: Wire) -> None:
    other_plan = wire.admission.book(wire.clock.now())
    classroom, social_worker, psychologist = await wire.live_room()
    others = await wire.live_room(other_plan)
    connect = await psychologist.expects(messages.Connect, peer=classroom.peer)
    for stranger in others:
        await psychologist.offers(
            messages.Connect(
                peer=stranger.peer,
                polite=False,
                negotiation=connect.negotiation,
                relay_only=False,
                ice_servers=(),
            ),
            CANARY,
        )
        await psychologist.expects_error("no-leg")
        await psychologist.says(messages.Remove(stranger.participant))
        await psychologist.expects_error("not-allowed")
    inside = {peer.peer for peer in (classroom, social_worker, psychologist)}
    for stranger in others:
        await stranger.has_heard_everything()
        assert not any(canary in frame for frame in stranger.frames for canary in (CANARY, *inside))


async def test_who_waits_sends_nobody_anything(wire: Wire) -> None:
    classroom, _, _ = await wire.live_room()
    connect = await classroom.expects(messages.Connect)
    guardian = await wire.joins(Role.GUARDIAN)
    for other in (classroom.peer, connect.peer):
        await guardian.offers(
            messages.Connect(
                peer=other,
                polite=False,
                negotiation=1,
                relay_only=False,
                ice_servers=(),
            ),
            CANARY,
        )
        await guardian.expects_error("no-leg")
    await classroom.has_heard_everything()
    assert not any(CANARY in frame for frame in classroom.frames)


async def test_a_stale_negotiation_is_dropped(wire: Wire) -> None:
    _, social_worker, psychologist = await wire.live_room()
    old = await social_worker.expects(messages.Connect, peer=psychologist.peer)
    await psychologist.leaves()
    again = await wire.joins(Role.PSYCHOLOGIST)
    new = await social_worker.expects(messages.Connect, peer=again.peer)
    assert new.negotiation > old.negotiation
    await social_worker.offers(
        messages.Connect(
            peer=again.peer,
            polite=False,
            negotiation=old.negotiation,
            relay_only=False,
            ice_servers=(),
        ),
        CANARY,
    )
    await social_worker.expects_error("stale-negotiation")
    await social_worker.offers(old)
    await social_worker.expects_error("no-leg")
    await again.has_heard_everything()
    assert not any(CANARY in frame for frame in again.frames)


async def test_a_connection_that_does_not_come_back_is_replaced_by_a_newer_one(wire: Wire) -> None:
    classroom, _, psychologist = await wire.live_room()
    old = await classroom.expects(messages.Connect, peer=psychologist.peer)
    for asker, other in ((classroom, psychologist), (psychologist, classroom)):
        await asker.says(messages.Reconnect(peer=other.peer, negotiation=old.negotiation))
    new = await psychologist.expects(messages.Connect, peer=classroom.peer, negotiation=4)
    assert not new.polite
    await psychologist.offers(new, SDP)
    assert (await classroom.expects(messages.RelayedOffer)).negotiation == new.negotiation
    await psychologist.has_heard_everything()
    assert sum('"connect"' in frame and classroom.peer in frame for frame in psychologist.frames) == 2
    assert not any('"disconnect"' in frame for frame in psychologist.frames)


async def test_without_turn_there_are_no_ice_servers(wire: Wire) -> None:
    classroom, _, _ = await wire.live_room()
    assert (await classroom.expects(messages.Connect)).ice_servers == ()
    await classroom.says(messages.AskIceServers())
    assert (await classroom.expects(messages.FreshIceServers)).expires_at is None


async def test_credentials_are_for_the_admitted_only(start_wire: StartWire) -> None:
    wire = await start_wire(turn=TURN)
    classroom, _, _ = await wire.live_room()
    connect = await classroom.expects(messages.Connect)
    assert any(server.credential for server in connect.ice_servers)
    guardian = await wire.joins(Role.GUARDIAN)
    await guardian.says(messages.AskIceServers())
    await guardian.expects_error("not-admitted")
    assert not any("turn:" in frame or "credential" in frame for frame in guardian.frames)
    await classroom.says(messages.AskIceServers())
    fresh = await classroom.expects(messages.FreshIceServers)
    assert fresh.expires_at is not None


async def test_the_legs_of_a_child_carry_relay_candidates_only_both_ways(start_wire: StartWire) -> None:
    wire = await start_wire(turn=TURN)
    classroom, social_worker, psychologist = await wire.live_room()
    there = await psychologist.expects(messages.Connect, peer=classroom.peer)
    here = await classroom.expects(messages.Connect, peer=psychologist.peer)
    assert there.relay_only
    assert here.relay_only
    for sender, connect, receiver in ((psychologist, there, classroom), (classroom, here, psychologist)):
        await sender.offers(connect, SDP)
        await sender.trickles(connect, HOST)
        await sender.trickles(connect, RELAYED)
        offer = await receiver.expects(messages.RelayedOffer)
        assert "203.0.113.9" in offer.description.sdp
        candidate = await receiver.expects(messages.RelayedCandidate)
        assert candidate.candidate is not None
        assert "203.0.113.9" in candidate.candidate.candidate
        assert not any("192.168.1.20" in frame for frame in receiver.frames)
    between_adults = await social_worker.expects(messages.Connect, peer=psychologist.peer)
    assert not between_adults.relay_only
    await social_worker.trickles(between_adults, HOST)
    assert (await psychologist.expects(messages.RelayedCandidate, sender=social_worker.peer)).candidate is not None


async def test_a_description_that_can_not_be_cleaned_is_refused(start_wire: StartWire) -> None:
    wire = await start_wire(turn=TURN)
    classroom, _, psychologist = await wire.live_room()
    connect = await psychologist.expects(messages.Connect, peer=classroom.peer)
    await psychologist.offers(connect, "not SDP at all")
    assert (await psychologist.expects_error("bad-description")).regarding == "offer"
