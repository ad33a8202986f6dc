"""Voice over the socket: passed on at once to those who are there, kept by nobody, under the rule of sound."""

import base64
import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from rooms.ids import PeerId
from rooms.roles import Role
from signaling import low_rungs, messages, rate_limit, voice_frames
from signaling.close_codes import CloseCode
from signaling.codec import ProtocolError
from signaling.low_rung_messages import RelayedSealingKey, SealingKey
from signaling.voice_frames import RelayedVoice, Voice, dump_voice, parse_voice
from tests.signaling.conftest import Wire
from tests.support import voice_on_the_wire
from tests.support.scripted_peer import ScriptedPeer

DOCUMENT = (Path(__file__).parents[2] / "signaling" / "PROTOCOL.md").read_text()
#: Stands for ciphertext here: nobody whom it is not for may ever see it.
CANARY = "c4n4ry_of_this_voice_" + "x" * 20
SEALED = CANARY.encode()
STREAM = b"\xc3\x00\xff\x01"


def key_of(letter: str) -> str:
    return "BA" + letter * 85


def wrapped(letter: str) -> bytes:
    return letter.encode() * voice_frames.WRAPPED_KEY_BYTES


def voice_for(*receivers: ScriptedPeer, part: int = 0) -> Voice:
    to = tuple(PeerId(receiver.peer) for receiver in receivers)
    keys = tuple(wrapped(chr(ord("p") + number)) for number in range(len(to))) if part == 0 else ()
    return Voice(to=to, stream=STREAM, part=part, keys=keys, sealed=SEALED)


async def heard_by(peer: ScriptedPeer, kind: type) -> list:
    await peer.has_heard_everything()
    return [message for message in peer.heard if isinstance(message, kind)]


CONTRACT = json.loads((Path(__file__).parents[1] / "contract" / "voice_frames.json").read_text())


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize("example", CONTRACT["page"]["valid"])
def test_a_page_s_frame_is_read_as_it_was_meant(example: dict) -> None:
    assert parse_voice(bytes.fromhex(example["frame"])) == Voice(
        to=tuple(example["to"]),
        stream=bytes.fromhex(example["stream"]),
        part=example["part"],
        keys=tuple(map(from_base64url, example["keys"])),
        sealed=from_base64url(example["sealed"]),
    )


@pytest.mark.parametrize("frame", CONTRACT["page"]["invalid"].values(), ids=CONTRACT["page"]["invalid"].keys())
def test_a_page_s_frame_that_is_no_voice_is_refused(frame: str) -> None:
    with pytest.raises(ProtocolError):
        parse_voice(bytes.fromhex(frame))


@pytest.mark.parametrize("example", CONTRACT["server"]["valid"])
def test_the_server_s_frame_says_what_it_should(example: dict) -> None:
    voice = RelayedVoice(
        sender=PeerId(example["from"]),
        stream=bytes.fromhex(example["stream"]),
        part=example["part"],
        key=None if example["key"] is None else from_base64url(example["key"]),
        sealed=from_base64url(example["sealed"]),
    )
    assert dump_voice(voice).hex() == example["frame"]


@given(st.binary(max_size=900))
def test_no_bytes_at_all_do_more_than_be_refused(frame: bytes) -> None:
    for tried in (frame, bytes((voice_frames.VOICE,)) + frame):
        with contextlib.suppress(ProtocolError):
            assert voice_on_the_wire.write(parse_voice(tried)) == tried


async def test_a_frame_that_is_no_voice_closes_the_socket_and_reaches_nobody(wire: Wire) -> None:
    classroom, social_worker, _ = await wire.live_room()
    await classroom.socket.send_bytes(voice_on_the_wire.write(voice_for(social_worker))[:40])
    await classroom.is_closed_with(CloseCode.UNSUPPORTED_DATA)
    assert await heard_by(social_worker, RelayedVoice) == []


async def test_a_voice_reaches_those_it_is_for_each_with_its_own_key_alone(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    await classroom.says(voice_for(social_worker, psychologist))
    await classroom.says(voice_for(psychologist, part=1))
    await classroom.has_heard_everything()
    (first,) = await heard_by(social_worker, RelayedVoice)
    assert (first.sender, first.stream, first.part) == (classroom.peer, STREAM, 0)
    assert (first.key, first.sealed) == (wrapped("p"), SEALED)
    parts = await heard_by(psychologist, RelayedVoice)
    assert [(part.part, part.key) for part in parts] == [(0, wrapped("q")), (1, None)]
    assert not any(wrapped("q").decode() in frame for frame in social_worker.frames)
    assert not any(CANARY in frame for frame in classroom.frames), "nobody hears themselves"


async def test_a_voice_is_neither_numbered_nor_counted(wire: Wire) -> None:
    """What a resume sends again is counted on both sides: what is worth nothing later must not be among it."""
    classroom, social_worker, _ = await wire.live_room()
    await classroom.has_heard_everything()
    await social_worker.has_heard_everything()
    taken, received = [await self_count(classroom)], social_worker.received
    for part in range(5):
        await classroom.says(voice_for(social_worker, part=part))
    taken.append(await self_count(classroom))
    assert taken[0] == taken[1]
    assert len(await heard_by(social_worker, RelayedVoice)) == 5
    assert social_worker.received == received
    assert sum(CANARY in frame for frame in social_worker.frames) == 5


async def self_count(peer: ScriptedPeer) -> int:
    """Return how many of its messages the server says to have taken."""
    await peer.says(messages.Ping(peer.received))
    return (await peer.expects(messages.Pong)).received


async def test_who_is_away_has_missed_it_and_the_speaker_is_not_told(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    await psychologist.has_heard_everything()
    psychologist.vanishes()
    await is_told_away(social_worker, psychologist)
    for part in range(4):
        await classroom.says(voice_for(social_worker, psychologist, part=part))
    assert await heard_by(classroom, messages.Error) == []
    assert len(await heard_by(social_worker, RelayedVoice)) == 4
    welcome = await psychologist.resumes(wire.admission.ticket(wire.plan, Role.PSYCHOLOGIST))
    assert welcome.resumed
    assert await heard_by(psychologist, RelayedVoice) == []
    (host,) = wire.hub._hosts.values()
    assert not any(SEALED in frame for seated in host.peers for frame in seated.replay._frames)


async def is_told_away(peer: ScriptedPeer, other: ScriptedPeer) -> None:
    """Wait for a roster in which the other one is away."""
    while True:
        roster = await peer.expects(messages.Roster)
        if any(seat.peer == other.peer and seat.presence == "away" for seat in roster.participants):
            return


async def test_nobody_is_heard_during_the_childs_pause(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    await classroom.pauses()
    await psychologist.expects(messages.Room, state="paused")
    await psychologist.says(voice_for(classroom, social_worker))
    await psychologist.expects_error("wrong-state")
    for peer in (classroom, social_worker):
        assert await heard_by(peer, RelayedVoice) == []


async def test_nobody_is_heard_before_the_door_is_open(wire: Wire) -> None:
    classroom = await wire.joins(Role.CLASSROOM)
    social_worker = await wire.joins(Role.SOCIAL_WORKER)
    psychologist = await wire.joins(Role.PSYCHOLOGIST)
    await psychologist.says(voice_for(classroom))
    await psychologist.expects_error("not-admitted")
    await social_worker.says(voice_for(classroom))
    await social_worker.expects_error("wrong-state")
    assert await heard_by(classroom, RelayedVoice) == []


async def test_without_a_leg_nobody_is_heard_and_the_others_hear_all_the_same(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    stranger = (await wire.live_room(wire.admission.book(wire.clock.now())))[0]
    await psychologist.says(voice_for(stranger, classroom))
    await psychologist.expects_error("no-leg")
    assert await heard_by(stranger, RelayedVoice) == []
    assert len(await heard_by(classroom, RelayedVoice)) == 1
    assert await heard_by(social_worker, RelayedVoice) == []


async def test_a_flood_of_voice_is_refused(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    sealed = b"x" * voice_frames.VOICE_PART_MAX_BYTES
    at_once = rate_limit.ALLOWANCE_BYTES // (low_rungs.MESSAGE_BYTES + 2 * len(sealed))
    for part in range(at_once + 40):
        await psychologist.says(structs.replace(voice_for(classroom, social_worker, part=part), sealed=sealed))
    refused = [each for each in await heard_by(psychologist, messages.Error) if each.code == "too-much"]
    assert len(refused) > 20
    assert len(await heard_by(classroom, RelayedVoice)) == at_once + 40 - len(refused)


async def test_the_key_of_one_who_waits_is_told_when_the_door_opens_and_not_before(wire: Wire) -> None:
    classroom = await wire.joins(Role.CLASSROOM)
    social_worker = await wire.joins(Role.SOCIAL_WORKER)
    psychologist = await wire.joins(Role.PSYCHOLOGIST)
    for letter, peer in zip("abc", (classroom, social_worker, psychologist), strict=True):
        await peer.says(SealingKey(key_of(letter)))
        await peer.has_heard_everything()
    assert await heard_by(psychologist, RelayedSealingKey) == []
    assert {told.public_key for told in await heard_by(classroom, RelayedSealingKey)} == {key_of("b")}
    await psychologist.knocks()
    await classroom.expects(messages.Room, knocked=True)
    await classroom.opens_door()
    await psychologist.expects(messages.Room, state="live")
    assert {told.public_key for told in await heard_by(psychologist, RelayedSealingKey)} == {key_of("a"), key_of("b")}
    for peer in (classroom, social_worker):
        assert key_of("c") in {told.public_key for told in await heard_by(peer, RelayedSealingKey)}


async def test_the_key_of_one_who_is_sent_away_is_told_to_nobody(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    for letter, peer in zip("abc", (classroom, social_worker, psychologist), strict=True):
        await peer.says(SealingKey(key_of(letter)))
    guardian = await wire.joins(Role.GUARDIAN)
    await guardian.says(SealingKey(key_of("g")))
    await guardian.has_heard_everything()
    await social_worker.denies(guardian)
    await guardian.expects(messages.Denied)
    for peer in (classroom, social_worker, psychologist):
        assert key_of("g") not in {told.public_key for told in await heard_by(peer, RelayedSealingKey)}
    assert [message for message in guardian.heard if isinstance(message, RelayedSealingKey)] == []


@pytest.mark.parametrize(
    "limit",
    [
        f"{voice_frames.VOICE_PART_MIN_BYTES} to {voice_frames.VOICE_PART_MAX_BYTES} bytes",
        f"{voice_frames.WRAPPED_KEY_BYTES} bytes",
        f"At once one peer may have {rate_limit.ALLOWANCE_BYTES // 1024} KiB passed on",
    ],
)
def test_every_limit_of_voice_is_described(limit: str) -> None:
    assert limit in DOCUMENT
