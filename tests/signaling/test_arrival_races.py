"""A right that is lost in the very moment in which a socket comes in, or its room opens, is lost."""

import asyncio
from collections.abc import Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from rooms.ids import VisitId
from rooms.roles import Role
from rooms.unit_of_work import Store
from rooms.visits import admission, schedule
from rooms.visits.plan import RoomPlan
from rooms.visits.views import SeatGrant
from signaling import messages
from signaling.app import serve_rooms
from signaling.close_codes import CloseCode
from signaling.hub import Hub
from signaling.settings import SignalingSettings
from signaling.store_admission import StoreAdmission
from tests.signaling.conftest import ORIGIN, StartWire, Wire
from tests.support.cases import Case, add_taken_case, anybody
from tests.support.scripted_peer import ScriptedPeer

MOMENTS = ["spend_ticket", "open_room", "waiting_claims"]


def seat_of(wire: Wire, role: Role):
    return next(seat.participant for seat in wire.plan.seats if seat.role is role)


async def comes_true(holds: Callable[[], bool]) -> None:
    """Wait until it holds; the test's own time limit ends a wait for nothing."""
    while not holds():  # noqa: ASYNC110 (nothing tells of it)
        await asyncio.sleep(0.01)


async def says_hello(wire: Wire, *roles: Role) -> ScriptedPeer:
    page = await wire.page().connects()
    await page.says(messages.Hello(wire.admission.ticket(wire.plan, *roles)))
    return page


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_visit_cancelled_while_its_room_opens_lets_nobody_in(wire: Wire, moment: str) -> None:
    wire.admission.meanwhile[moment] = lambda: wire.hub.close_visit(wire.plan.visit, "cancelled")
    page = await says_hello(wire, Role.CLASSROOM)
    await page.is_closed_with(CloseCode.ROOM_CLOSED)
    assert page.frames == []


@pytest.mark.parametrize("moment", ["open_room", "waiting_claims"])
async def test_a_visit_cancelled_while_its_room_opens_leaves_no_room(wire: Wire, moment: str) -> None:
    wire.admission.meanwhile[moment] = lambda: wire.hub.close_visit(wire.plan.visit, "cancelled")
    pages = await asyncio.gather(*(says_hello(wire, role) for role in (Role.CLASSROOM, Role.SOCIAL_WORKER)))
    await asyncio.gather(*(page.is_closed_with(CloseCode.ROOM_CLOSED) for page in pages))
    await comes_true(lambda: wire.hub.room_count() == 0)


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_seat_removed_while_the_room_opens_stays_empty(wire: Wire, moment: str) -> None:
    guardian = seat_of(wire, Role.GUARDIAN)
    wire.admission.meanwhile[moment] = lambda: wire.hub.revoke(guardian, wire.plan.visit)
    page = await says_hello(wire, Role.GUARDIAN)
    await page.is_closed_with(CloseCode.REMOVED)
    assert page.frames == []


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_link_renewed_while_the_room_opens_keeps_its_old_browser_out(wire: Wire, moment: str) -> None:
    guardian = seat_of(wire, Role.GUARDIAN)
    wire.admission.meanwhile[moment] = lambda: wire.hub.vacate(guardian, wire.plan.visit)
    page = await says_hello(wire, Role.GUARDIAN)
    await page.is_closed_with(CloseCode.TICKET_REFUSED)
    # The browser of the new link is welcome.
    assert (await wire.joins(Role.GUARDIAN)).welcome is not None


async def test_a_seat_lost_by_somebody_else_keeps_nobody_out(wire: Wire) -> None:
    guardian = seat_of(wire, Role.GUARDIAN)
    wire.admission.meanwhile["open_room"] = lambda: wire.hub.revoke(guardian, wire.plan.visit)
    assert (await wire.joins(Role.CLASSROOM)).welcome is not None


@pytest.mark.parametrize(
    ("ending", "code"),
    [("cancelled", CloseCode.ROOM_CLOSED), ("renewed", CloseCode.TICKET_REFUSED), ("removed", CloseCode.REMOVED)],
)
async def test_what_is_lost_between_the_ticket_and_a_room_that_is_open_is_lost(
    wire: Wire, ending: str, code: CloseCode
) -> None:
    await wire.joins(Role.CLASSROOM)
    guardian, visit = seat_of(wire, Role.GUARDIAN), wire.plan.visit
    wire.admission.meanwhile["spend_ticket"] = {
        "cancelled": lambda: wire.hub.close_visit(visit, "cancelled"),
        "renewed": lambda: wire.hub.vacate(guardian, visit),
        "removed": lambda: wire.hub.revoke(guardian, visit),
    }[ending]
    page = await says_hello(wire, Role.GUARDIAN)
    await page.is_closed_with(code)
    assert page.frames == []


async def test_a_link_renewed_while_its_browser_waits_for_a_decision_keeps_it_out(start_wire: StartWire) -> None:
    wire = await start_wire(decision_patience_s=30)
    classroom, psychologist = await wire.joins(Role.CLASSROOM), await wire.joins(Role.PSYCHOLOGIST)
    await psychologist.knocks()
    await classroom.expects(messages.Room, knocked=True)
    wire.admission.storable.clear()
    await classroom.opens_door()
    await psychologist.has_heard_everything()
    # The room takes nobody in until the opened door is stored.
    page = await says_hello(wire, Role.GUARDIAN)
    await comes_true(lambda: wire.hub.socket_count() == 3)
    wire.hub.vacate(seat_of(wire, Role.GUARDIAN), wire.plan.visit)
    await page.is_closed_with(CloseCode.TICKET_REFUSED)
    wire.admission.storable.set()
    await psychologist.expects(messages.Admitted)
    assert page.frames == []


class InterruptedAdmission(StoreAdmission):
    """A stored world in which somebody cancels the visit right after it was read, as the site's page does."""

    def __init__(self, store: Store, case: Case, moment: str) -> None:
        super().__init__(store)
        self.case = case
        self.moment = moment
        self.hub: Hub | None = None

    async def cancels(self, visit: VisitId, moment: str) -> None:
        if moment == self.moment and self.hub is not None:
            async with self.case.as_social_worker() as uow:
                await schedule.cancel_visit(uow, visit)
            self.hub.close_visit(visit, "cancelled")

    async def spend_ticket(self, ticket: str) -> SeatGrant:
        grant = await super().spend_ticket(ticket)
        await self.cancels(grant.visit, "spend_ticket")
        return grant

    async def open_room(self, visit: VisitId) -> RoomPlan:
        plan = await super().open_room(visit)
        await self.cancels(visit, "open_room")
        return plan


@pytest.mark.parametrize("moment", ["spend_ticket", "open_room"])
async def test_no_room_stays_open_on_a_visit_that_was_cancelled_meanwhile(store: Store, moment: str) -> None:
    case = await add_taken_case(store)
    visit = await case.books_as_before(in_minutes=10)
    app = web.Application()
    world = InterruptedAdmission(store, case, moment)
    settings = SignalingSettings(allowed_origins=frozenset({ORIGIN}), gather_s=0.01)
    world.hub = hub = serve_rooms(app, admission=world, clock=store.clock, settings=settings)
    server = TestServer(app)
    await server.start_server()
    async with anybody(store) as uow:
        ticket = await admission.issue_ticket(uow, visit.id, account=case.social_worker)
    async with aiohttp.ClientSession() as http:
        page = await ScriptedPeer(http, str(server.make_url("/ws")), origin=ORIGIN).connects()
        await page.says(messages.Hello(ticket))
        # Read after the cancelling: there is no such visit any more. Read before it: the room has closed.
        gone = CloseCode.TICKET_REFUSED if moment == "spend_ticket" else CloseCode.ROOM_CLOSED
        await page.is_closed_with(gone)
        assert page.frames == []
        await comes_true(lambda: hub.room_count() == 0)
        await page.goes_home()
    await server.close()
