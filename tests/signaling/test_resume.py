"""Lost sockets: presence, resuming with nothing lost and nothing twice, and places that are kept."""

import asyncio

from rooms.roles import Role
from signaling import messages
from signaling.close_codes import CloseCode
from signaling.dictionaries import Resume
from tests.signaling.conftest import StartWire, Wire
from tests.support.scripted_peer import ScriptedPeer


async def relayed_candidates(peer: ScriptedPeer, count: int) -> list[str]:
    found = [await peer.expects(messages.RelayedCandidate) for _ in range(count)]
    return [message.candidate.candidate for message in found if message.candidate is not None]


async def test_a_resumed_socket_loses_nothing_and_hears_nothing_twice(wire: Wire) -> None:
    classroom, _, psychologist = await wire.live_room()
    connect = await psychologist.expects(messages.Connect, peer=classroom.peer)
    await classroom.expects(messages.Connect, peer=psychologist.peer)
    await psychologist.trickles(connect, "before")
    assert await relayed_candidates(classroom, 1) == ["before"]
    peer = classroom.peer
    classroom.vanishes()
    for number in range(20):
        await psychologist.trickles(connect, f"meanwhile-{number}")
    await psychologist.has_heard_everything()
    ticket = wire.admission.ticket(wire.plan, Role.CLASSROOM)
    welcome = await classroom.resumes(ticket)
    assert welcome.resumed
    assert welcome.peer == peer
    await psychologist.trickles(connect, "after")
    # ScriptedPeer itself refuses a frame whose seq does not follow the one before.
    assert await relayed_candidates(classroom, 21) == [*(f"meanwhile-{n}" for n in range(20)), "after"]
    assert not [frame for frame in classroom.heard if isinstance(frame, messages.Disconnect)]


async def test_frames_that_were_sent_but_not_received_come_again(wire: Wire) -> None:
    classroom, _, psychologist = await wire.live_room()
    connect = await psychologist.expects(messages.Connect, peer=classroom.peer)
    await classroom.expects(messages.Connect, peer=psychologist.peer)
    received = classroom.received
    await psychologist.trickles(connect, "lost on the line")
    assert await relayed_candidates(classroom, 1) == ["lost on the line"]
    classroom.vanishes()
    classroom.received = received
    assert (await classroom.resumes(wire.admission.ticket(wire.plan, Role.CLASSROOM))).resumed
    assert await relayed_candidates(classroom, 1) == ["lost on the line"]


async def test_the_page_learns_which_of_its_own_messages_arrived(wire: Wire) -> None:
    classroom, _, _ = await wire.live_room()
    await classroom.says(messages.Help())
    await classroom.sends_text('{"type":"nonsense"}')
    await classroom.says(messages.Ping(0))
    pong = await classroom.expects(messages.Pong)
    assert pong.received == 3  # open-door, help, nonsense
    classroom.vanishes()
    welcome = await classroom.resumes(wire.admission.ticket(wire.plan, Role.CLASSROOM))
    assert welcome.received == 3


async def test_a_page_that_resumes_on_a_new_path_needs_not_wait_for_the_old_socket(wire: Wire) -> None:
    classroom, _, _ = await wire.live_room()
    old = classroom.socket
    assert (await classroom.resumes(wire.admission.ticket(wire.plan, Role.CLASSROOM))).resumed
    async with asyncio.timeout(5):
        while (await old.receive()).type not in {8, 257}:  # CLOSE, CLOSED
            pass
    assert old.close_code == CloseCode.NORMAL
    await classroom.has_heard_everything()


async def test_a_wrong_resume_key_is_a_second_tab(wire: Wire) -> None:
    classroom, _, _ = await wire.live_room()
    thief = await wire.page().connects()
    resume = Resume(classroom.peer, "0" * 32, 0)
    await thief.says(messages.Hello(wire.admission.ticket(wire.plan, Role.CLASSROOM), resume=resume))
    await thief.is_closed_with(CloseCode.SEAT_IN_USE)
    assert thief.frames == []


async def test_a_key_does_not_open_somebody_elses_seat(wire: Wire) -> None:
    classroom, _, psychologist = await wire.live_room()
    assert classroom.welcome is not None
    thief = await wire.page().connects()
    resume = Resume(classroom.peer, classroom.welcome.resume_key, 0)
    await thief.says(messages.Hello(wire.admission.ticket(wire.plan, Role.GUARDIAN), resume=resume))
    welcome = await thief.expects(messages.Welcome)
    assert not welcome.resumed
    assert welcome.peer != classroom.peer
    assert [type(message) for message in await thief.has_heard_everything()] == [messages.Waiting]
    await classroom.has_heard_everything()
    assert psychologist.peer not in "".join(thief.frames)


async def test_who_missed_more_than_is_kept_joins_as_a_new_peer_without_asking(wire: Wire) -> None:
    classroom, _, psychologist = await wire.live_room()
    connect = await psychologist.expects(messages.Connect, peer=classroom.peer)
    old = classroom.peer
    classroom.vanishes()
    for _ in range(5):
        await psychologist.offers(connect, "x" * 59_000)
    await psychologist.has_heard_everything()
    welcome = await classroom.resumes(wire.admission.ticket(wire.plan, Role.CLASSROOM))
    assert not welcome.resumed
    assert welcome.peer != old
    assert welcome.admitted
    await psychologist.expects(messages.Disconnect, peer=old)
    await psychologist.expects(messages.Connect, peer=welcome.peer)


async def test_after_a_restart_of_the_server_the_same_words_make_a_new_peer(wire: Wire) -> None:
    social_worker = await wire.joins(Role.SOCIAL_WORKER)
    await wire.hub.drain()
    wire.hub.is_draining = False
    await social_worker.is_closed_with(CloseCode.SERVICE_RESTART)
    welcome = await social_worker.resumes(wire.admission.ticket(wire.plan, Role.SOCIAL_WORKER))
    assert not welcome.resumed
    assert welcome.admitted


async def test_a_lost_adult_is_told_media_pauses_and_the_return_mends_it(wire: Wire) -> None:
    classroom, _, psychologist = await wire.live_room()
    psychologist.vanishes()
    while not any(seat.presence == "away" for seat in (await classroom.expects(messages.Roster)).participants):
        pass
    wire.ticks(1.5)
    await classroom.expects(messages.AdultLost, role=Role.PSYCHOLOGIST)
    wire.ticks(18.5)
    assert (await classroom.expects(messages.Room, state="paused")).reasons == ("psychologist-missing",)
    assert (await psychologist.resumes(wire.admission.ticket(wire.plan, Role.PSYCHOLOGIST))).resumed
    await classroom.expects(messages.Room, state="live")
    await classroom.expects(messages.AdultReturned, role=Role.PSYCHOLOGIST)


async def test_a_silent_peer_is_away_and_one_word_brings_it_back(start_wire: StartWire) -> None:
    wire = await start_wire(presence_s=0.3, half_open_s=60)
    social_worker = await wire.joins(Role.SOCIAL_WORKER)
    classroom = await wire.joins(Role.CLASSROOM)

    async def presence_becomes(presence: str) -> None:
        async with asyncio.timeout(5):
            while True:
                await social_worker.says(messages.Ping(social_worker.received))
                message = await social_worker.hears()
                if isinstance(message, messages.Roster) and any(
                    seat.participant == classroom.participant and seat.presence == presence
                    for seat in message.participants
                ):
                    return
                await asyncio.sleep(0.02)

    await presence_becomes("away")
    await classroom.says(messages.Ping(classroom.received))
    await presence_becomes("present")


async def test_a_line_that_died_without_a_word_loses_its_socket(start_wire: StartWire) -> None:
    wire = await start_wire(presence_s=0.05, half_open_s=0.15)
    social_worker = await wire.joins(Role.SOCIAL_WORKER)
    await social_worker.is_closed_with(CloseCode.NORMAL)
    assert (await social_worker.resumes(wire.admission.ticket(wire.plan, Role.SOCIAL_WORKER))).resumed


async def test_a_place_is_kept_ten_minutes(wire: Wire) -> None:
    classroom, _, psychologist = await wire.live_room()
    connect = await classroom.expects(messages.Connect, peer=psychologist.peer)
    psychologist.vanishes()
    while not any(seat.presence == "away" for seat in (await classroom.expects(messages.Roster)).participants):
        pass
    wire.ticks(599)
    assert not [m for m in await classroom.has_heard_everything() if isinstance(m, messages.Disconnect)]
    wire.ticks(1)
    await classroom.expects(messages.Disconnect, peer=psychologist.peer, negotiation=connect.negotiation)
    welcome = await psychologist.resumes(wire.admission.ticket(wire.plan, Role.PSYCHOLOGIST))
    assert not welcome.resumed
