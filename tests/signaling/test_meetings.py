"""A ticket that is handed to the page's socket within the server."""

import pytest

from rooms.roles import Role
from rooms.tokens import TICKET_LIFE_S
from signaling import messages
from signaling.close_codes import CloseCode
from signaling.dictionaries import MEETING_PREFIX, SUBPROTOCOL
from signaling.meetings import KEPT_MAX, Meetings
from tests.signaling.conftest import StartWire, Wire
from tests.support.fake_clock import FakeClock

NAME = "1234567890-1234567890-12"
OTHER = "1234567890-1234567890-21"


async def test_a_ticket_lets_the_waiting_socket_in_without_a_word(wire: Wire) -> None:
    page = await wire.page().connects(NAME)
    assert page.socket.protocol == SUBPROTOCOL
    await page.says(messages.Ping(0))
    assert isinstance(await page.hears(), messages.Pong)
    wire.hub.meetings.bring(NAME, wire.admission.ticket(wire.plan, Role.CLASSROOM))
    assert (await page.expects(messages.Welcome)).admitted
    await page.says(messages.Media(audio=True, video=False))
    await page.has_heard_everything()


async def test_a_socket_that_comes_second_finds_its_ticket(wire: Wire) -> None:
    wire.hub.meetings.bring(OTHER, wire.admission.ticket(wire.plan, Role.SOCIAL_WORKER))
    wire.hub.meetings.bring(NAME, wire.admission.ticket(wire.plan, Role.CLASSROOM))
    page = await wire.page().connects(NAME)
    assert [seat.role for seat in (await page.expects(messages.Welcome)).participants] == [Role.CLASSROOM]


async def test_nobody_else_is_let_in_by_it(wire: Wire) -> None:
    wire.hub.meetings.bring(NAME, wire.admission.ticket(wire.plan, Role.CLASSROOM))
    for stranger in (await wire.page().connects(), await wire.page().connects(OTHER)):
        await stranger.says(messages.Leave())
        await stranger.is_closed_with(CloseCode.PROTOCOL_ERROR)
        assert stranger.frames == []


async def test_of_two_sockets_at_one_meeting_the_second_gets_nothing_and_may_say_hello(wire: Wire) -> None:
    first, second = await wire.page().connects(NAME), await wire.page().connects(NAME)
    wire.hub.meetings.bring(NAME, wire.admission.ticket(wire.plan, Role.CLASSROOM))
    await first.expects(messages.Welcome)
    await second.says(messages.Hello(wire.admission.ticket(wire.plan, Role.SOCIAL_WORKER)))
    await second.expects(messages.Welcome)


async def test_a_page_may_say_hello_before_its_ticket_is_brought(wire: Wire) -> None:
    page = await wire.page().connects(NAME)
    await page.says(messages.Hello(wire.admission.ticket(wire.plan, Role.CLASSROOM)))
    await page.expects(messages.Welcome)
    wire.hub.meetings.bring(NAME, wire.admission.ticket(wire.plan, Role.CLASSROOM))
    again = await wire.page().connects(NAME)
    await again.is_closed_with(CloseCode.SEAT_IN_USE)


async def test_a_ticket_is_kept_for_the_socket_that_comes_after_one_that_went(wire: Wire) -> None:
    page = await wire.page().connects(NAME)
    await page.goes_home()
    wire.hub.meetings.bring(NAME, wire.admission.ticket(wire.plan, Role.CLASSROOM))
    await (await wire.page().connects(NAME)).expects(messages.Welcome)


async def test_a_brought_ticket_is_judged_like_any_other(wire: Wire) -> None:
    page = await wire.page().connects(NAME)
    wire.hub.meetings.bring(NAME, "ticket-of-my-own")
    await page.is_closed_with(CloseCode.TICKET_REFUSED)
    assert page.frames == []


async def test_a_socket_that_waits_in_vain_is_closed(start_wire: StartWire) -> None:
    wire = await start_wire(hello_deadline_s=0.05)
    await (await wire.page().connects(NAME)).is_closed_with(CloseCode.HELLO_TIMEOUT)


@pytest.mark.parametrize("name", ["", "short", "x" * 65, "not a name of a meeting", NAME + ";"])
async def test_a_name_that_could_be_guessed_or_is_none_is_refused(wire: Wire, name: str) -> None:
    headers = {"Origin": "https://wasl.test", "Sec-WebSocket-Protocol": f"{SUBPROTOCOL}, {MEETING_PREFIX}{name}"}
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
    async with wire.http.get(wire.url, headers=headers | upgrade | key) as answer:
        assert answer.status == 400


async def test_what_nobody_comes_for_is_forgotten() -> None:
    clock = FakeClock()
    meetings = Meetings(clock)
    meetings.bring(NAME, "ticket")
    clock.advance(TICKET_LIFE_S + 1)
    with meetings.at(NAME) as ticket:
        assert not ticket.done()
    for number in range(KEPT_MAX + 1):
        meetings.bring(str(number), f"ticket {number}")
    with meetings.at("0") as oldest, meetings.at("1") as next_one:
        assert not oldest.done()
        assert next_one.result() == "ticket 1"
