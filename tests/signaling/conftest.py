"""A real aiohttp server with the wire on it, over a stored world in memory."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from rooms.roles import Composition, Role
from rooms.visits.plan import RoomPlan
from signaling import messages
from signaling.app import serve_rooms
from signaling.hub import Hub
from signaling.settings import SignalingSettings
from tests.support.fake_admission import FakeAdmission
from tests.support.fake_clock import FakeClock
from tests.support.scripted_peer import ScriptedPeer

ORIGIN = "https://wasl.test"


@dataclass
class Wire:
    """A server of rooms, and the people who come to it."""

    clock: FakeClock
    admission: FakeAdmission
    hub: Hub
    url: str
    http: aiohttp.ClientSession
    plan: RoomPlan
    peers: list[ScriptedPeer] = field(default_factory=list)

    def page(self) -> ScriptedPeer:
        """Return a page that has not connected."""
        peer = ScriptedPeer(self.http, self.url, origin=ORIGIN)
        self.peers.append(peer)
        return peer

    async def joins(self, *roles: Role, plan: RoomPlan | None = None, replace: bool = False) -> ScriptedPeer:
        """Return a page that has joined at these seats."""
        return await self.page().joins(self.admission.ticket(plan or self.plan, *roles), replace=replace)

    async def live_room(self, plan: RoomPlan | None = None) -> tuple[ScriptedPeer, ScriptedPeer, ScriptedPeer]:
        """Return classroom, social worker and psychologist in a room that is live."""
        classroom = await self.joins(Role.CLASSROOM, plan=plan)
        social_worker = await self.joins(Role.SOCIAL_WORKER, plan=plan)
        psychologist = await self.joins(Role.PSYCHOLOGIST, plan=plan)
        await psychologist.knocks()
        await classroom.expects(messages.Room, knocked=True)
        await classroom.opens_door()
        for peer in (classroom, social_worker, psychologist):
            await peer.expects(messages.Room, state="live")
        return classroom, social_worker, psychologist

    def ticks(self, seconds: float) -> None:
        """Let time pass and have every room look at the clock."""
        self.clock.advance(seconds)
        self.hub.look_at_the_clock()


StartWire = Callable[..., Awaitable[Wire]]


@pytest.fixture
async def start_wire() -> AsyncIterator[StartWire]:
    """Start a server of rooms with settings of the test's choice."""
    servers: list[TestServer] = []
    wires: list[Wire] = []

    async def start(*, composition: Composition = Composition.ACCOMPANIED, **settings: object) -> Wire:
        clock = FakeClock()
        admission = FakeAdmission()
        app = web.Application()
        defaults: dict[str, object] = {"gather_s": 0.01, "closing_patience_s": 0.5}
        hub = serve_rooms(
            app,
            admission=admission,
            clock=clock,
            settings=SignalingSettings(allowed_origins=frozenset({ORIGIN}), **{**defaults, **settings}),
        )
        server = TestServer(app)
        await server.start_server()
        http = aiohttp.ClientSession()
        servers.append(server)
        plan = admission.book(clock.now(), composition=composition)
        wires.append(Wire(clock, admission, hub, str(server.make_url("/ws")), http, plan))
        return wires[-1]

    yield start
    for wire in wires:
        await asyncio.gather(*(peer.goes_home() for peer in wire.peers))
        await wire.http.close()
    for server in servers:
        await server.close()


@pytest.fixture
async def wire(start_wire: StartWire) -> Wire:
    """A server of rooms as it is set by default."""
    return await start_wire()
