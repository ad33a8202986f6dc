"""Below voice: clips, pictures and adults' words pass where sound may, as ciphertext, and for nobody else."""

import base64
import os
from itertools import pairwise
from pathlib import Path

import pytest

from rooms.ids import PeerId
from rooms.roles import Composition, Role
from signaling import low_rung_messages, low_rungs, messages, rate_limit
from signaling.codec import dump
from signaling.low_rung_messages import (
    Clip,
    Picture,
    RelayedClip,
    RelayedSealingKey,
    RelayedSignal,
    RelayedText,
    SealingKey,
    Signal,
    Text,
)
from tests.signaling.conftest import StartWire, Wire
from tests.support.scripted_peer import ScriptedPeer

DOCUMENT = (Path(__file__).parents[2] / "signaling" / "PROTOCOL.md").read_text()
#: Stands for ciphertext here: nobody whom it is not for may ever see it.
CANARY = "c4n4ry_of_this_room_" + "x" * 20


def key_of(letter: str) -> str:
    return "BA" + letter * 85


def wrapped(letter: str) -> str:
    return letter * 70


def clip_for(*receivers: ScriptedPeer | str, part: int = 0, last: bool = False, sealed: str = CANARY) -> Clip:
    to = tuple(PeerId(receiver) if isinstance(receiver, str) else receiver.peer for receiver in receivers)
    keys = tuple(wrapped(chr(ord("p") + number)) for number in range(len(to))) if part == 0 else ()
    return Clip(to, "c3" * 16, part, last, keys, sealed)


async def heard_by(peer: ScriptedPeer, kind: type) -> list:
    await peer.has_heard_everything()
    return [message for message in peer.heard if isinstance(message, kind)]


async def saw_nothing(*peers: ScriptedPeer) -> None:
    for peer in peers:
        await peer.has_heard_everything()
        assert not any(CANARY in frame for frame in peer.frames)


async def test_each_peer_learns_every_other_ones_key_and_never_its_own(wire: Wire) -> None:
    peers = dict(zip("abc", await wire.live_room(), strict=True))
    for letter, peer in peers.items():
        await peer.says(SealingKey(key_of(letter)))
        await peer.has_heard_everything()
    for letter, peer in peers.items():
        told = {message.sender: message.public_key for message in await heard_by(peer, RelayedSealingKey)}
        assert told == {other.peer: key_of(name) for name, other in peers.items() if name != letter}


async def test_who_comes_later_gets_the_keys_of_those_who_are_there(wire: Wire) -> None:
    classroom, social_worker, _ = await wire.live_room()
    await classroom.says(SealingKey(key_of("a")))
    guardian = await wire.joins(Role.GUARDIAN)
    await social_worker.admits(guardian)
    await guardian.expects(messages.Roster)
    assert await heard_by(guardian, RelayedSealingKey) == []
    await guardian.says(SealingKey(key_of("g")))
    (told,) = await heard_by(guardian, RelayedSealingKey)
    assert (told.sender, told.public_key) == (classroom.peer, key_of("a"))


async def test_a_clip_reaches_those_it_is_for_in_order_each_with_its_own_key_alone(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    await classroom.says(clip_for(social_worker, psychologist))
    await classroom.says(clip_for(social_worker, psychologist, part=1))
    await classroom.says(clip_for(social_worker, psychologist, part=2, last=True))
    for adult, own in ((social_worker, wrapped("p")), (psychologist, wrapped("q"))):
        parts = await heard_by(adult, RelayedClip)
        assert [(part.sender, part.part, part.last, part.key) for part in parts] == [
            (classroom.peer, 0, False, own),
            (classroom.peer, 1, False, None),
            (classroom.peer, 2, True, None),
        ]
        assert {part.sealed for part in parts} == {CANARY}
    assert not any(wrapped("q") in frame for frame in social_worker.frames)


async def test_only_the_named_receiver_gets_a_clip(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    await psychologist.says(clip_for(social_worker))
    assert len(await heard_by(social_worker, RelayedClip)) == 1
    await saw_nothing(classroom)


async def test_who_is_not_admitted_gets_nothing_and_gives_nothing(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    guardian = await wire.joins(Role.GUARDIAN)
    await psychologist.says(SealingKey(key_of("a")))
    await psychologist.says(clip_for(classroom, guardian))
    await psychologist.expects_error("no-leg")
    await psychologist.says(Signal(Picture.HELLO))
    await psychologist.says(Text(guardian.peer, CANARY))
    await psychologist.expects_error("not-allowed")
    await guardian.says(SealingKey(key_of("g")))
    for message in (clip_for(classroom), Signal(Picture.HELLO), Text(psychologist.peer, CANARY)):
        await guardian.says(message)
        await guardian.expects_error("not-admitted")
    kinds = {type(message) for message in guardian.heard}
    assert kinds <= {messages.Welcome, messages.Waiting, messages.Error, messages.Pong}
    assert len(await heard_by(classroom, RelayedClip)) == 1, "the clip reaches whom it may"
    await saw_nothing(social_worker, psychologist, guardian)


async def test_the_childs_pause_holds_back_every_clip_and_picture_from_and_to_the_child(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    await classroom.pauses()
    await classroom.expects(messages.Room, state="paused")
    for sender, receiver in ((classroom, psychologist), (psychologist, classroom), (social_worker, classroom)):
        await sender.says(clip_for(receiver))
        await sender.expects_error("wrong-state")
        await sender.says(Signal(Picture.HELLO))
        await sender.expects_error("wrong-state")
    await saw_nothing(classroom, social_worker, psychologist)
    await classroom.pauses(on=False)
    await classroom.expects(messages.Room, state="live")
    await classroom.says(clip_for(psychologist))
    assert len(await heard_by(psychologist, RelayedClip)) == 1


async def test_nothing_passes_to_the_child_while_a_required_adult_is_lost(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    await social_worker.leaves()
    await psychologist.expects(messages.Room, state="paused")
    await psychologist.says(clip_for(classroom))
    await psychologist.expects_error("wrong-state")
    await saw_nothing(classroom)


async def test_the_social_worker_outside_the_door_hears_no_clip(start_wire: StartWire) -> None:
    wire = await start_wire(composition=Composition.ONE_TO_ONE)
    classroom, social_worker, psychologist = await wire.live_room()
    await psychologist.says(clip_for(classroom, social_worker))
    await psychologist.expects_error("no-leg")
    await psychologist.says(Signal(Picture.HELLO))
    assert len(await heard_by(classroom, RelayedClip)) == 1
    assert len(await heard_by(classroom, RelayedSignal)) == 1
    await saw_nothing(social_worker)
    assert await heard_by(social_worker, RelayedSignal) == []


async def test_a_picture_reaches_one_or_all(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    await classroom.says(Signal(Picture.I_DO_NOT_HEAR_YOU))
    await classroom.says(Signal(Picture.YES, psychologist.peer))
    assert [each.picture for each in await heard_by(social_worker, RelayedSignal)] == [Picture.I_DO_NOT_HEAR_YOU]
    assert [each.picture for each in await heard_by(psychologist, RelayedSignal)] == [
        Picture.I_DO_NOT_HEAR_YOU,
        Picture.YES,
    ]
    assert await heard_by(classroom, RelayedSignal) == []


async def test_adults_write_to_each_other_and_nobody_writes_to_a_child(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    await social_worker.says(Text(psychologist.peer, CANARY))
    (words,) = await heard_by(psychologist, RelayedText)
    assert (words.sender, words.sealed) == (social_worker.peer, CANARY)
    await psychologist.says(Text(classroom.peer, CANARY))
    await psychologist.expects_error("not-allowed")
    await classroom.says(Text(psychologist.peer, CANARY))
    await classroom.expects_error("not-allowed")
    await psychologist.says(Text(psychologist.peer, CANARY))
    await psychologist.expects_error("not-allowed")
    assert len(await heard_by(psychologist, RelayedText)) == 1
    await saw_nothing(classroom)


async def test_a_social_worker_on_the_childs_device_gets_no_written_words(wire: Wire) -> None:
    device = await wire.joins(Role.CLASSROOM, Role.SOCIAL_WORKER)
    psychologist = await wire.joins(Role.PSYCHOLOGIST)
    await psychologist.knocks()
    await device.expects(messages.Room, knocked=True)
    await device.opens_door()
    await psychologist.expects(messages.Room, state="live")
    await psychologist.says(Text(device.peer, CANARY))
    await psychologist.expects_error("not-allowed")
    await saw_nothing(device)


async def test_two_rooms_never_hear_each_other(wire: Wire) -> None:
    here = await wire.live_room()
    there = await wire.live_room(wire.admission.book(wire.clock.now()))
    await here[2].says(clip_for(there[0]))
    await here[2].expects_error("no-leg")
    await here[2].says(Text(there[2].peer, CANARY))
    await here[2].expects_error("not-allowed")
    await here[2].says(Signal(Picture.HELLO, there[0].peer))
    await here[2].expects_error("no-leg")
    await saw_nothing(*there)


async def test_what_was_said_while_a_line_was_dead_comes_with_the_resume_in_order_and_once(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    await psychologist.has_heard_everything()
    psychologist.vanishes()
    for part in range(8):
        await classroom.says(clip_for(social_worker, psychologist, part=part, last=part == 7))
    await classroom.has_heard_everything()
    welcome = await psychologist.resumes(wire.admission.ticket(wire.plan, Role.PSYCHOLOGIST))
    assert welcome.resumed
    parts = await heard_by(psychologist, RelayedClip)
    assert [part.part for part in parts] == list(range(8))


async def test_clips_never_take_the_place_that_a_resume_needs(wire: Wire) -> None:
    classroom, _, psychologist = await wire.live_room()
    await psychologist.has_heard_everything()
    psychologist.vanishes()
    for part in range(60):
        await classroom.says(clip_for(psychologist, part=part, sealed="x" * 4096))
    await classroom.expects_error("too-much")
    welcome = await psychologist.resumes(wire.admission.ticket(wire.plan, Role.PSYCHOLOGIST))
    assert welcome.resumed
    numbers = [part.part for part in await heard_by(psychologist, RelayedClip)]
    assert 20 < len(numbers) < 40
    assert all(after == before + 1 for before, after in pairwise(numbers))


async def test_a_flood_is_refused_and_hurts_nobody_else(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    for part in range(50):
        await psychologist.says(clip_for(classroom, part=part, sealed="x" * 4096))
    refused = [each for each in await heard_by(psychologist, messages.Error) if each.code == "too-much"]
    passed = await heard_by(classroom, RelayedClip)
    assert len(passed) + len(refused) == 50
    assert len(passed) <= rate_limit.ALLOWANCE_BYTES // 4096 + 3
    await social_worker.says(clip_for(classroom, sealed=CANARY))
    assert CANARY in {each.sealed for each in await heard_by(classroom, RelayedClip)}


async def test_an_oversized_part_is_one_protocol_error(wire: Wire) -> None:
    classroom, _, psychologist = await wire.live_room()
    sealed = "x" * (low_rung_messages.CLIP_PART_MAX_CHARS + 1)
    await psychologist.sends_text(dump(clip_for(classroom, sealed=sealed)).decode())
    await psychologist.expects_error("protocol-error")
    assert await heard_by(classroom, RelayedClip) == []


async def test_binary_that_is_no_text_of_the_alphabet_is_refused(wire: Wire) -> None:
    classroom, _, psychologist = await wire.live_room()
    for sealed in (base64.b64encode(os.urandom(64)).decode() + "=", "I live at number 4", "\u202e" + "x" * 30):
        await psychologist.sends_text(dump(clip_for(classroom, sealed=sealed)).decode())
        await psychologist.expects_error("protocol-error")
    assert await heard_by(classroom, RelayedClip) == []


async def test_nothing_of_a_clip_stays_with_the_server_once_it_has_arrived(wire: Wire) -> None:
    classroom, _, psychologist = await wire.live_room()
    await classroom.says(clip_for(psychologist, last=True))
    await psychologist.expects(RelayedClip)
    await psychologist.has_heard_everything()
    (host,) = wire.hub._hosts.values()
    for seated in host.peers:
        assert not any(CANARY.encode() in frame for frame in seated.replay._frames)


@pytest.mark.parametrize(
    "limit",
    [
        *(f"`{picture}`" for picture in Picture),
        f"up to {low_rung_messages.CLIP_PART_MAX_CHARS}",
        f"up to {low_rung_messages.TEXT_MAX_CHARS}",
        f"1 to {low_rung_messages.CLIP_RECEIVERS_MAX} peers",
        f"below {low_rung_messages.CLIP_PARTS_MAX}",
        f"At once one peer may have {rate_limit.ALLOWANCE_BYTES // 1024} KiB passed on",
        f"{rate_limit.ALLOWANCE_REFILL_BYTES_PER_S // 1024} KiB a second after that",
        f"{low_rungs.MESSAGE_BYTES} bytes for each message",
        f"{low_rungs.AWAY_MAX_FRAMES} frames and {low_rungs.AWAY_MAX_BYTES // 1024} KiB",
    ],
)
def test_every_limit_below_voice_is_described(limit: str) -> None:
    assert limit in DOCUMENT
