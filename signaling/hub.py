"""The rooms that this process owns, and the door to them for sockets, pages and the end of the process."""

import asyncio
from collections.abc import Sequence
from datetime import date

import structlog

from rooms.clock import Clock
from rooms.ids import ParticipantId, VisitId
from rooms.roles import Role
from rooms.visits.plan import RoomPlan
from rooms.visits.views import ClaimView
from signaling.admission_port import AdmissionPort
from signaling.arrivals import Arrivals
from signaling.bus import Bus
from signaling.bus_messages import AnyBusMessage, ClaimMade, SeatRevoked, SeatVacated, VisitClosed, room_channel
from signaling.close_codes import CloseCode
from signaling.connection import Connection
from signaling.ice_servers import IceServerMinter
from signaling.meetings import Meetings
from signaling.messages import Pong
from signaling.minute_keeper import MinuteKeeper
from signaling.room_health import RoomHealth
from signaling.room_host import RoomHost
from signaling.settings import SignalingSettings

log = structlog.get_logger(__name__)


class Hub:
    """Opens rooms when somebody comes, forgets them when they are over."""

    def __init__(self, *, bus: Bus, clock: Clock, admission: AdmissionPort, settings: SignalingSettings) -> None:
        self.admission = admission
        self.bus = bus
        self.settings = settings
        self.is_draining = False
        self.arrivals = Arrivals()
        self.meetings = Meetings(clock)
        self._clock = clock
        self._minter = IceServerMinter(settings.turn) if settings.turn is not None else None
        self._hosts: dict[VisitId, RoomHost] = {}
        self._opening: dict[VisitId, asyncio.Task[RoomHost]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._connections: set[Connection] = set()
        self._keeper = MinuteKeeper(admission)
        self._keeping: asyncio.Task[None] | None = None
        self._day = date.min
        self._numbers: dict[VisitId, int] = {}

    # For sockets

    def pong(self) -> Pong:
        """Return the answer to a ``ping`` of somebody who has no place yet."""
        return Pong(now=self._clock.now(), received=0)

    async def open(self, visit: VisitId) -> None:
        """Make sure that the room of a visit has its owner here. Raises what :meth:`AdmissionPort.open_room` raises."""
        if visit in self._hosts:
            return
        opening = self._opening.get(visit)
        if opening is None:
            opening = asyncio.get_running_loop().create_task(self._open(visit))
            self._opening[visit] = opening
            opening.add_done_callback(lambda _: self._opening.pop(visit, None))
        # One caller who goes away must not take the room from the others.
        await asyncio.shield(opening)

    def add(self, connection: Connection) -> None:
        """Know a socket, so that it is told of the end of the process."""
        self._connections.add(connection)

    def discard(self, connection: Connection) -> None:
        """Forget a socket."""
        self._connections.discard(connection)

    # For pages

    def claim_made(self, visit: VisitId, claim: str, participant: ParticipantId, role: Role) -> None:
        """Tell the professionals in the room that a second browser waits with this role's link."""
        self.bus.publish(room_channel(visit), ClaimMade(claim, participant, role))

    def revoke(self, participant: ParticipantId, visit: VisitId) -> None:
        """Remove a participant now and for ever: the invitation was cancelled or the account disabled."""
        self.bus.publish(room_channel(visit), SeatRevoked(participant))

    def vacate(self, participant: ParticipantId, visit: VisitId) -> None:
        """Send away the browser that sits there, not the person: their link was renewed."""
        self.bus.publish(room_channel(visit), SeatVacated(participant))

    def close_visit(self, visit: VisitId, reason: str) -> None:
        """Close a room now. ``reason``: ``cancelled``, ``rescheduled`` or ``withdrawn``."""
        self.bus.publish(room_channel(visit), VisitClosed(reason))

    def overview(self) -> list[RoomHealth]:
        """Return the open rooms of this process, the worst first; of equals the oldest."""
        hosts = sorted(self._hosts.values(), key=lambda host: host.opened_at)
        rooms = [host.observer.health(self._number(host.visit), host.opened_at) for host in hosts]
        return sorted(rooms, key=lambda room: room.standing.verdict.severity)

    def room_count(self) -> int:
        """Return how many rooms are open on this process."""
        return len(self._hosts)

    def socket_count(self) -> int:
        """Return how many sockets have said ``hello`` on this process."""
        return len(self._connections)

    # For tests and for the end of the process

    def look_at_the_clock(self) -> None:
        """Do at once what time has made due in every room; the rooms' own timers do the same."""
        for host in tuple(self._hosts.values()):
            host.look_at_the_clock()

    async def keep_minutes(self) -> None:
        """Store the minutes that are over in any room; done by itself every minute."""
        for host in self._hosts.values():
            self._keeper.add(host.observer.take_minutes())
        await self._keeper.write()

    async def drain(self) -> None:
        """Send every page away with the word to come back, store what has happened, let go of all rooms."""
        self.is_draining = True
        for connection in tuple(self._connections):
            connection.close(CloseCode.SERVICE_RESTART)
        hosts = tuple(self._hosts.values())
        self._hosts.clear()
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        await asyncio.gather(*(host.close() for host in hosts), *self._ending, return_exceptions=True)
        for host in hosts:
            self._keeper.add(host.observer.take_minutes(closing=True))
        try:
            async with asyncio.timeout(self.settings.closing_patience_s):
                await self._keeper.write()
        except TimeoutError:
            log.error("minutes of rooms lost at the end")  # noqa: TRY400

    async def _keep_minutes_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self.settings.minutes_every_s)
            await self.keep_minutes()

    async def _open(self, visit: VisitId) -> RoomHost:
        # Listened to before the plan is read: whoever cancels the visit or removes a seat meanwhile is heard, not lost.
        missed: list[AnyBusMessage] = []
        listening = self.bus.subscribe(room_channel(visit), missed.append)
        try:
            plan = await self.admission.open_room(visit)
            claims = await self.admission.waiting_claims(visit)
            host = self._host(plan, claims)
        finally:
            listening.cancel()
        self._hosts[visit] = host
        for message in missed:
            host.receive(message)
        if self._keeping is None and not self.is_draining:
            self._keeping = asyncio.get_running_loop().create_task(self._keep_minutes_for_ever())
        return host

    def _host(self, plan: RoomPlan, claims: Sequence[ClaimView]) -> RoomHost:
        return RoomHost(
            plan,
            bus=self.bus,
            clock=self._clock,
            admission=self.admission,
            minter=self._minter,
            settings=self.settings,
            claims=claims,
            arrivals=self.arrivals,
            on_over=self._over,
        )

    def _over(self, host: RoomHost) -> None:
        if self._hosts.get(host.visit) is host:
            del self._hosts[host.visit]
            ending = asyncio.get_running_loop().create_task(self._put_away(host))
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    async def _put_away(self, host: RoomHost) -> None:
        self._keeper.add(host.observer.take_minutes(closing=True))
        await host.close()
        # People look at the visit's page right after it.
        await self._keeper.write()

    def _number(self, visit: VisitId) -> int:
        today = self._clock.now().date()
        if today != self._day:
            self._day, self._numbers = today, {}
        return self._numbers.setdefault(visit, len(self._numbers) + 1)
