"""The wire over a real database, on each engine: tickets, admissions and removals as they are stored."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from rooms.people.roles import AccountRole
from rooms.roles import Role
from rooms.unit_of_work import Store
from rooms.visits import admission, invitations, schedule
from rooms.visits.states import VisitState
from rooms.visits.views import ExchangeOutcome, VisitView
from signaling import messages
from signaling.app import setup
from signaling.close_codes import CloseCode
from signaling.hub import Hub
from signaling.settings import SignalingSettings
from tests.support.cases import Case, add_taken_case, anybody, audit_tags, new_device
from tests.support.fake_clock import FakeClock
from tests.support.people import add_account
from tests.support.scripted_peer import ScriptedPeer

ORIGIN = "https://wasl.test"


@dataclass
class StoredWire:
    """A server of rooms on a real database, and a visit that is open now."""

    store: Store
    case: Case
    visit: VisitView
    hub: Hub
    http: aiohttp.ClientSession
    url: str
    peers: list[ScriptedPeer]

    def page(self) -> ScriptedPeer:
        peer = ScriptedPeer(self.http, self.url, origin=ORIGIN)
        self.peers.append(peer)
        return peer

    async def ticket(self, **holder: str) -> str:
        async with anybody(self.store) as uow:
            return await admission.issue_ticket(uow, self.visit.id, **holder)

    async def live_room(self) -> tuple[ScriptedPeer, ScriptedPeer, ScriptedPeer]:
        device = await self.case.sits_down(self.visit.id)
        classroom = await self.page().joins(await self.ticket(device=device))
        social_worker = await self.page().joins(await self.ticket(account=self.case.social_worker))
        psychologist = await self.page().joins(await self.ticket(account=self.case.psychologist))
        await psychologist.knocks()
        await classroom.expects(messages.Room, knocked=True)
        await classroom.opens_door()
        for peer in (classroom, social_worker, psychologist):
            await peer.expects(messages.Room, state="live")
        return classroom, social_worker, psychologist


async def serves(store: Store) -> tuple[TestServer, Hub]:
    app = web.Application()
    hub = setup(app, store=store, settings=SignalingSettings(allowed_origins=frozenset({ORIGIN}), gather_s=0.01))
    server = TestServer(app)
    await server.start_server()
    return server, hub


@pytest.fixture
async def wire(store: Store, clock: FakeClock) -> AsyncIterator[StoredWire]:
    case = await add_taken_case(store)
    visit = await case.books_as_before(in_minutes=10, extra_roles=frozenset({Role.GUARDIAN}))
    server, hub = await serves(store)
    async with aiohttp.ClientSession() as http:
        stored = StoredWire(store, case, visit, hub, http, str(server.make_url("/ws")), [])
        yield stored
        await asyncio.gather(*(peer.goes_home() for peer in stored.peers))
    await server.close()


async def test_three_people_with_real_tickets_come_to_a_live_room(wire: StoredWire) -> None:
    await wire.live_room()
    await wire.hub.drain()
    tags = await audit_tags(wire.store)
    assert "visits:visit:opened" in tags
    assert tags.count("visits:participant:joined") + tags.count("visits:participant:admitted") == 3
    async with wire.case.as_psychologist() as uow:
        assert (await schedule.get_visit(uow, wire.visit.id)).door_opened


async def test_a_replayed_and_an_expired_ticket_open_nothing(wire: StoredWire, clock: FakeClock) -> None:
    ticket = await wire.ticket(account=wire.case.social_worker)
    late = await wire.ticket(account=wire.case.social_worker)
    await wire.page().joins(ticket)
    for stale in (ticket, late):
        page = await wire.page().connects()
        await page.says(messages.Hello(stale))
        await page.is_closed_with(CloseCode.TICKET_REFUSED)
        assert page.frames == []
        clock.advance(36)


async def test_a_removal_outlives_the_server(wire: StoredWire) -> None:
    _, social_worker, psychologist = await wire.live_room()
    spare = await wire.ticket(account=wire.case.psychologist)
    await social_worker.removes(psychologist)
    await psychologist.is_closed_with(CloseCode.REMOVED)
    await wire.hub.drain()
    server, _ = await serves(wire.store)
    wire.url = str(server.make_url("/ws"))
    page = await wire.page().connects()
    await page.says(messages.Hello(spare))
    await page.is_closed_with(CloseCode.REMOVED)
    await page.goes_home()
    await server.close()


async def test_after_a_restart_the_psychologist_is_in_without_a_new_knock(wire: StoredWire) -> None:
    await wire.live_room()
    await wire.hub.drain()
    server, _ = await serves(wire.store)
    wire.url = str(server.make_url("/ws"))
    again = await wire.page().joins(await wire.ticket(account=wire.case.psychologist))
    assert again.welcome is not None
    assert again.welcome.admitted
    await again.goes_home()
    await server.close()


async def test_an_adult_lets_a_second_browser_take_the_seat(wire: StoredWire) -> None:
    classroom, social_worker, _ = await wire.live_room()
    second, link = new_device(), await wire.case.link(wire.visit.id)
    async with anybody(wire.store) as uow:
        taken = await invitations.exchange(uow, link, second)
    assert taken.outcome is ExchangeOutcome.CLAIMED
    assert taken.claim is not None
    wire.hub.claim_made(taken.visit, taken.claim, taken.participant, taken.role)
    await social_worker.expects(messages.ClaimWaiting, claim=taken.claim)
    await social_worker.says(messages.AdmitClaim(taken.claim))
    await classroom.is_closed_with(CloseCode.MOVED)
    moved = await wire.page().joins(await wire.ticket(device=second))
    await moved.expects(messages.Connect)


async def test_a_supervisor_who_was_asked_in_waits_is_seen_by_all_and_is_let_in(wire: StoredWire) -> None:
    supervisor = await add_account(wire.store, AccountRole.SUPERVISOR)
    wire.visit = await wire.case.books(in_minutes=60, supervisor=supervisor.id)
    wire.store.clock.advance(3000)  # type: ignore[attr-defined]
    everybody = await wire.live_room()
    page = await wire.page().joins(await wire.ticket(account=supervisor.id))
    await page.expects(messages.Waiting)
    for peer in everybody:
        await sees(peer, Role.SUPERVISOR, "waiting")
    await everybody[2].admits(page)
    await page.expects(messages.Admitted)
    for peer in everybody:
        await sees(peer, Role.SUPERVISOR, "admitted")


async def sees(peer: ScriptedPeer, role: Role, state: str) -> None:
    """Wait for a roster in which somebody of this role stands in this state."""
    while True:
        roster = await peer.expects(messages.Roster)
        if any((seat.role, seat.state) == (role, state) for seat in roster.participants):
            return


async def test_the_end_of_the_room_completes_the_visit(wire: StoredWire, clock: FakeClock) -> None:
    classroom, _, psychologist = await wire.live_room()
    await psychologist.says(messages.End())
    await psychologist.has_heard_everything()
    clock.advance(10)
    wire.hub.look_at_the_clock()
    await classroom.is_closed_with(CloseCode.ROOM_CLOSED)
    async with wire.case.as_psychologist() as uow:
        assert (await schedule.get_visit(uow, wire.visit.id)).state is VisitState.COMPLETED
