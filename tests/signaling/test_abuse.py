"""Bad frames, floods and readers that stop: one answer or one close code, and nobody else feels it."""

import asyncio
import json
import socket as sockets
import struct
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from rooms.roles import Role
from signaling import messages
from signaling.app import serve_rooms
from signaling.close_codes import CloseCode
from signaling.dictionaries import SUBPROTOCOL
from signaling.settings import SignalingSettings
from tests.signaling.conftest import StartWire, Wire
from tests.support.fake_admission import FakeAdmission
from tests.support.fake_clock import FakeClock
from tests.support.scripted_peer import ScriptedPeer

DEEP = "[" * 20_000 + "]" * 20_000

BAD_TEXTS = [
    "",
    " ",
    "{",
    "null",
    "[]",
    '"ping"',
    "1",
    "{}",
    '{"type":1}',
    '{"type":null}',
    '{"type":"no-such-type"}',
    '{"received":1}',
    '{"type":"ping"}',
    '{"type":"ping","received":-1}',
    '{"type":"ping","received":1.5}',
    '{"type":"ping","received":"1"}',
    '{"type":"ping","received":true}',
    '{"type":"ping","received":null}',
    '{"type":"ping","received":NaN}',
    '{"type":"ping","received":Infinity}',
    '{"type":"ping","received":1e400}',
    '{"type":"ping","received":99999999999999999999}',
    '{"type":"ping","received":1,"received":1}',
    '{"type":"ping","type":"leave","received":1}',
    '{"type":"ping","received":1,"from":"x"}',
    '{"type":"ping","received":1}{"type":"leave"}',
    '{"type":"ping","received":1} x',
    "\ufeff" + '{"type":"leave"}',
    '{"type":"pause","on":1}',
    '{"type":"pause","on":"true"}',
    '{"type":"admit","participant":"short"}',
    '{"type":"admit","participant":"' + "x" * 33 + '"}',
    '{"type":"leave","x":' + DEEP + "}",
    DEEP,
    '{"type":"leave"' + ',"a":{"a"' * 3000,
    '{"type":"media","audio":true}',
    '{"type":"\ud800"}'.encode("utf-8", "surrogatepass").decode("latin-1"),
    "{'type':'leave'}",
    '{"type":"leave",}',
    '{"type":"leave"}\x00',
]


async def is_well(peer: ScriptedPeer) -> None:
    await peer.has_heard_everything()


@pytest.mark.parametrize("text", BAD_TEXTS, ids=range(len(BAD_TEXTS)))
async def test_a_bad_frame_is_one_protocol_error_and_changes_nothing(wire: Wire, text: str) -> None:
    social_worker = await wire.joins(Role.SOCIAL_WORKER)
    (before,) = wire.hub.overview()
    await social_worker.sends_text(text)
    await social_worker.expects_error("protocol-error")
    assert wire.hub.overview() == [before]
    await is_well(social_worker)


@pytest.mark.parametrize("field", ["from", "seq", "peer"])
async def test_who_speaks_is_never_the_pages_to_say(wire: Wire, field: str) -> None:
    classroom, _, psychologist = await wire.live_room()
    connect = await psychologist.expects(messages.Connect, peer=classroom.peer)
    offer = {
        "type": "offer",
        "to": classroom.peer,
        "negotiation": connect.negotiation,
        "description": {"type": "offer", "sdp": "canary"},
        field: classroom.peer,
    }
    await psychologist.sends_text(json.dumps(offer))
    await psychologist.expects_error("protocol-error")
    await is_well(classroom)
    assert not any("canary" in frame for frame in classroom.frames)


async def test_an_offer_may_not_hold_an_answer(wire: Wire) -> None:
    classroom, _, psychologist = await wire.live_room()
    connect = await psychologist.expects(messages.Connect, peer=classroom.peer)
    for kind in ("answer", "pranswer", "rollback"):
        await psychologist.sends_text(
            json.dumps(
                {
                    "type": "offer",
                    "to": classroom.peer,
                    "negotiation": connect.negotiation,
                    "description": {"type": kind, "sdp": ""},
                }
            )
        )
        await psychologist.expects_error("protocol-error")


async def test_a_page_that_only_makes_mistakes_is_closed(wire: Wire) -> None:
    social_worker = await wire.joins(Role.SOCIAL_WORKER)
    for _ in range(8):
        await social_worker.sends_text("{")
    await social_worker.is_closed_with(CloseCode.PROTOCOL_ERROR)


async def test_a_second_hello_is_refused(wire: Wire) -> None:
    social_worker = await wire.joins(Role.SOCIAL_WORKER)
    await social_worker.says(messages.Hello(wire.admission.ticket(wire.plan, Role.CLASSROOM)))
    await social_worker.expects_error("already-greeted")


async def test_a_binary_frame_closes_the_socket(wire: Wire) -> None:
    social_worker = await wire.joins(Role.SOCIAL_WORKER)
    await social_worker.socket.send_bytes(b'{"type":"leave"}')
    await social_worker.is_closed_with(CloseCode.UNSUPPORTED_DATA)


async def test_a_frame_over_64_kib_closes_the_socket_and_one_just_below_does_not(wire: Wire) -> None:
    social_worker = await wire.joins(Role.SOCIAL_WORKER)
    await social_worker.sends_text("x" * (64 * 1024 - 1))
    await social_worker.expects_error("protocol-error")
    await social_worker.sends_text("x" * (64 * 1024 + 1))
    await social_worker.is_closed_with(CloseCode.MESSAGE_TOO_BIG)


async def test_a_flooder_is_closed_and_the_others_are_not(wire: Wire) -> None:
    classroom, social_worker, psychologist = await wire.live_room()
    for number in range(400):
        if number % 50 == 0:
            await asyncio.sleep(0)
        await psychologist.says(messages.Ping(0))
    await psychologist.is_closed_with(CloseCode.TOO_MANY_MESSAGES)
    await is_well(classroom)
    await is_well(social_worker)


async def test_a_reader_that_stops_is_cut_and_delays_nobody(start_wire: StartWire) -> None:
    wire = await start_wire(write_limit_s=0.3, presence_s=60, half_open_s=120)
    classroom, social_worker, psychologist = await wire.live_room()
    to_stalled = [await adult.expects(messages.Connect, peer=classroom.peer) for adult in (social_worker, psychologist)]
    to_reader = await psychologist.expects(messages.Connect, peer=social_worker.peer)
    transport = classroom.socket._conn.transport
    transport.pause_reading()
    loop = asyncio.get_running_loop()
    slowest_s = 0.0
    async with asyncio.timeout(30):
        while not any(
            seat.role is Role.CLASSROOM and seat.presence == "away"
            for room in wire.hub.overview()
            for seat in room.seats
        ):
            for adult, connect in zip((social_worker, psychologist), to_stalled, strict=True):
                await adult.offers(connect, "x" * 50_000)
            asked = loop.time()
            await psychologist.trickles(to_reader, "still here")
            await social_worker.expects(messages.RelayedCandidate)
            slowest_s = max(slowest_s, loop.time() - asked)
            await asyncio.sleep(0.1 if slowest_s == 0 else 0.5)
    assert slowest_s < 0.5
    transport.resume_reading()


async def test_frames_below_the_protocol_do_no_harm(wire: Wire) -> None:
    social_worker = await wire.joins(Role.SOCIAL_WORKER)
    url = urlsplit(wire.url)
    assert url.hostname is not None
    head = (
        f"GET /ws HTTP/1.1\r\nHost: {url.netloc}\r\nOrigin: https://wasl.test\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
    ).encode()
    for frame in (
        b"\x81\x02{}",  # not masked
        b"\xf1\x80\x00\x00\x00\x00",  # reserved bits
        b"\x81\xff" + struct.pack("!Q", 2**63) + b"\x00" * 4,  # an impossible length
        b"\x80\x80\x00\x00\x00\x00",  # a continuation of nothing
        b"\x89\xfe\xff\xff\x00\x00\x00\x00",  # a ping longer than a ping may be
        b"\x01\x81\x00\x00\x00\x00{",  # a fragment without an end
        b"\x88\x81\x00\x00\x00\x00x",  # a close frame with half a code
    ):
        reader, writer = await asyncio.open_connection(url.hostname, url.port, family=sockets.AF_INET)
        writer.write(head)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(frame)
        writer.write_eof()
        async with asyncio.timeout(10):
            await reader.read()
        writer.close()
    await is_well(social_worker)


def anything() -> st.SearchStrategy[str]:
    """Return texts of every kind: near-messages built from the real fields, other JSON, and raw characters."""
    values = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=40),
        st.just("0" * 32),
        st.sampled_from(["offer", "answer", "video", "relay", "connected"]),
        st.dictionaries(st.sampled_from(["type", "sdp", "candidate", "sdpMid"]), st.text(max_size=10), max_size=3),
    )
    types = st.sampled_from(
        [
            "hello",
            "ping",
            "leave",
            "knock",
            "open-door",
            "admit",
            "deny",
            "remove",
            "pause",
            "help",
            "media",
            "end",
            "keep-going",
            "ice-servers",
            "reconnect",
            "offer",
            "answer",
            "candidate",
            "health",
            "admit-claim",
            "deny-claim",
            "welcome",
        ]
    )
    fields = st.dictionaries(
        st.sampled_from(
            [
                "to",
                "negotiation",
                "description",
                "candidate",
                "participant",
                "on",
                "audio",
                "video",
                "received",
                "claim",
                "legs",
                "rung",
                "ticket",
                "from",
                "x",
            ]
        ),
        values,
        max_size=5,
    )
    near = st.builds(lambda kind, rest: json.dumps({"type": kind, **rest}), types, fields)
    return st.one_of(near, near, near, st.text(max_size=60), values.map(json.dumps))


@pytest.mark.machines
@hypothesis_settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(frames=st.lists(anything(), min_size=1, max_size=40))
def test_no_sequence_of_frames_harms_the_server_or_another_room(frames: list[str]) -> None:
    asyncio.run(_fuzz(frames))


async def _fuzz(frames: list[str]) -> None:
    app, admission, clock = web.Application(), FakeAdmission(), FakeClock()
    serve_rooms(
        app,
        admission=admission,
        clock=clock,
        settings=SignalingSettings(
            allowed_origins=frozenset({"https://wasl.test"}),
            closing_patience_s=0.2,
            gather_s=0.01,
        ),
    )
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        url = str(server.make_url("/ws"))
        quiet, loud = admission.book(clock.now()), admission.book(clock.now())
        bystander = await ScriptedPeer(http, url).joins(admission.ticket(quiet, Role.SOCIAL_WORKER))
        await bystander.has_heard_everything()
        known = len(bystander.frames)
        hostile = await ScriptedPeer(http, url).joins(admission.ticket(loud, Role.PSYCHOLOGIST))
        for frame in frames:
            if hostile.socket.closed:
                break
            await hostile.sends_text(frame)
        try:
            await hostile.has_heard_everything()
        except (ConnectionError, aiohttp.ClientError):
            assert hostile.socket.close_code in set(CloseCode)
        assert "internal" not in {error.code for error in hostile.heard if isinstance(error, messages.Error)}
        await bystander.has_heard_everything()
        assert len(bystander.frames) == known + 1
        await hostile.goes_home()
        await bystander.goes_home()
