"""From the upgrade to the welcome, and who is told what on the way into a room."""

import asyncio

import aiohttp
import pytest
import structlog
from structlog.typing import EventDict, WrappedLogger

from rooms.errors import RoomError
from rooms.roles import Role
from rooms.visits.errors import SafetyPlanMissingError, VisitNotOpenYetError, VisitOverError
from signaling import messages
from signaling.close_codes import CloseCode
from signaling.dictionaries import FRAME_MAX_BYTES, SUBPROTOCOL
from signaling.greeting import PINGS_MAX
from tests.signaling.conftest import StartWire, Wire


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "https://evil.test",
        "https://wasl.test.evil.test",
        "https://evilwasl.test",
        "http://wasl.test",
        "https://wasl.test:8443",
        "https://WASL.test",
        "https://wasl.test/",
        "https://xn--wsl-5cd.test",
    ],
)
async def test_a_foreign_origin_is_refused_before_the_upgrade(wire: Wire, origin: str | None) -> None:
    headers = {} if origin is None else {"Origin": origin}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await wire.http.ws_connect(wire.url, protocols=(SUBPROTOCOL,), headers=headers)
    assert refused.value.status == 403


async def test_two_origin_headers_are_refused(wire: Wire) -> None:
    headers = [("Origin", "https://wasl.test"), ("Origin", "https://evil.test")]
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await wire.http.ws_connect(wire.url, protocols=(SUBPROTOCOL,), headers=headers)
    assert refused.value.status == 403


async def test_another_subprotocol_is_refused(wire: Wire) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await wire.http.ws_connect(wire.url, protocols=("wasl.v2",), origin="https://wasl.test")
    assert refused.value.status == 400


async def test_a_full_server_asks_to_come_back(start_wire: StartWire) -> None:
    wire = await start_wire(max_strangers=1)
    await wire.page().connects()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await wire.page().connects()
    assert refused.value.status == 503
    assert refused.value.headers is not None
    assert refused.value.headers["Retry-After"] == "5"


async def test_a_socket_that_says_nothing_is_closed(start_wire: StartWire) -> None:
    wire = await start_wire(hello_deadline_s=0.05)
    stranger = await wire.page().connects()
    await stranger.is_closed_with(CloseCode.HELLO_TIMEOUT)


@pytest.mark.parametrize("text", ['{"type":"leave"}', '{"type":"hello"}', "hello", "{"])
async def test_a_stranger_who_does_not_say_hello_is_closed(wire: Wire, text: str) -> None:
    stranger = await wire.page().connects()
    await stranger.sends_text(text)
    await stranger.is_closed_with(CloseCode.PROTOCOL_ERROR)


PING = '{"type":"ping","received":0}'


async def test_a_stranger_who_pings_is_answered_and_may_still_say_hello(wire: Wire) -> None:
    page = await wire.page().connects()
    for _ in range(3):
        await page.sends_text(PING)
        assert isinstance(await page.hears(), messages.Pong)
    await page.says(messages.Hello(wire.admission.ticket(wire.plan, Role.CLASSROOM)))
    assert (await page.expects(messages.Welcome)).received == 0


async def test_a_stranger_can_not_ping_for_ever(start_wire: StartWire) -> None:
    wire = await start_wire(hello_deadline_s=0.3)
    late = await wire.page().connects()
    await late.sends_text(PING)
    assert isinstance(await late.hears(), messages.Pong)
    await late.is_closed_with(CloseCode.HELLO_TIMEOUT)
    many = await wire.page().connects()
    for _ in range(PINGS_MAX):
        await many.sends_text(PING)
    await many.is_closed_with(CloseCode.PROTOCOL_ERROR)


Told = asyncio.Queue[tuple[str, str]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What the log is told of sockets: the level of each line, and what happened."""
    lines: Told = asyncio.Queue()

    def keep(_logger: WrappedLogger, level: str, line: EventDict) -> EventDict:
        lines.put_nowait((level, line["event"]))
        raise structlog.DropEvent

    every_level = structlog.make_filtering_bound_logger("notset")
    told_here = structlog.wrap_logger(None, processors=[keep], wrapper_class=every_level)
    monkeypatch.setattr("signaling.endpoint.log", told_here)
    return lines


async def test_a_page_that_was_only_looked_at_is_no_news(start_wire: StartWire, told: Told) -> None:
    looked = "debug", "socket said nothing"
    wire = await start_wire()
    page = await wire.page().connects()
    await page.goes_home()
    assert await told.get() == looked
    wire = await start_wire(hello_deadline_s=0.05)
    await wire.page().connects()
    assert await told.get() == looked


async def test_whoever_is_turned_away_is_told_to_the_operator(wire: Wire, told: Told) -> None:
    refused = "info", "socket turned away"
    for text in ("hello", '{"type":"hello","ticket":"ticket-of-my-own"}', " " * (FRAME_MAX_BYTES + 1)):
        await (await wire.page().connects()).sends_text(text)
        assert await told.get() == refused
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await wire.http.ws_connect(wire.url, protocols=(SUBPROTOCOL,), origin="https://evil.test")
    assert await told.get() == ("info", "upgrade refused")


async def test_a_ticket_that_was_never_issued_opens_nothing(wire: Wire) -> None:
    stranger = await wire.page().connects()
    await stranger.says(messages.Hello("ticket-of-my-own"))
    await stranger.is_closed_with(CloseCode.TICKET_REFUSED)
    assert stranger.frames == []


async def test_a_ticket_opens_one_socket_only(wire: Wire) -> None:
    ticket = wire.admission.ticket(wire.plan, Role.SOCIAL_WORKER)
    await wire.page().joins(ticket)
    second = await wire.page().connects()
    await second.says(messages.Hello(ticket))
    await second.is_closed_with(CloseCode.TICKET_REFUSED)


@pytest.mark.parametrize("error", [VisitNotOpenYetError(opens_in_s=60), VisitOverError(), SafetyPlanMissingError()])
async def test_a_visit_that_can_not_open_is_told_by_its_close_code(wire: Wire, error: RoomError) -> None:
    wire.admission.refusal = error
    page = await wire.page().connects()
    await page.says(messages.Hello(wire.admission.ticket(wire.plan, Role.CLASSROOM)))
    await page.is_closed_with(CloseCode.ROOM_NOT_OPEN)


async def test_a_fault_of_the_server_is_one_close_code_and_the_next_visitor_is_served(wire: Wire) -> None:
    wire.admission.refusal = RuntimeError("broken")
    page = await wire.page().connects()
    await page.says(messages.Hello(wire.admission.ticket(wire.plan, Role.CLASSROOM)))
    await page.is_closed_with(CloseCode.INTERNAL_ERROR)
    wire.admission.refusal = None
    await wire.joins(Role.CLASSROOM)


async def test_the_classroom_and_the_social_worker_are_in_at_once(wire: Wire) -> None:
    classroom = await wire.joins(Role.CLASSROOM)
    assert classroom.welcome is not None
    assert classroom.welcome.admitted
    await classroom.expects(messages.Admitted)
    room = await classroom.expects(messages.Room)
    assert room.state == "waiting"
    assert set(room.missing) == {Role.SOCIAL_WORKER, Role.PSYCHOLOGIST}
    social_worker = await wire.joins(Role.SOCIAL_WORKER)
    roster = await social_worker.expects(messages.Roster)
    assert {seat.role for seat in roster.participants} == {Role.CLASSROOM, Role.SOCIAL_WORKER}
    assert [seat.you for seat in roster.participants if seat.role is Role.SOCIAL_WORKER] == [True]


async def test_two_seats_of_one_device_are_one_peer(wire: Wire) -> None:
    device = await wire.joins(Role.CLASSROOM, Role.SOCIAL_WORKER)
    roster = await device.expects(messages.Roster)
    assert {seat.peer for seat in roster.participants} == {device.peer}


@pytest.mark.parametrize("role", [Role.PSYCHOLOGIST, Role.GUARDIAN, Role.INTERPRETER, Role.SUPERVISOR])
async def test_who_is_not_admitted_is_told_to_wait_and_nothing_else(wire: Wire, role: Role) -> None:
    classroom, social_worker = await wire.joins(Role.CLASSROOM), await wire.joins(Role.SOCIAL_WORKER)
    waiting = await wire.joins(role)
    await classroom.pauses()
    await social_worker.says(messages.Help())
    await social_worker.says(messages.Media(audio=True, video=True))
    await social_worker.has_heard_everything()
    await classroom.has_heard_everything()
    unread = await waiting.has_heard_everything()
    assert [type(message) for message in unread] == [messages.Waiting]
    # Canaries: no id of anybody else, in any frame.
    for other in (classroom, social_worker):
        for canary in (other.peer, other.participant):
            assert not any(canary in frame for frame in waiting.frames)


async def test_nobody_who_waits_is_invisible_to_those_inside(wire: Wire) -> None:
    social_worker = await wire.joins(Role.SOCIAL_WORKER)
    guardian = await wire.joins(Role.GUARDIAN)
    while True:
        roster = await social_worker.expects(messages.Roster)
        if any(seat.participant == guardian.participant and seat.state == "waiting" for seat in roster.participants):
            return


async def test_a_room_is_opened_once_for_all_who_come_together(wire: Wire) -> None:
    await asyncio.gather(*(wire.joins(role) for role in (Role.CLASSROOM, Role.SOCIAL_WORKER, Role.PSYCHOLOGIST)))
    assert wire.hub.room_count() == 1
