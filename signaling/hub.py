"""The rooms that this process owns, and the door to them for sockets, pages and the end of the process."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime

import structlog

from rooms.clock import Clock
from rooms.health.samples import Rung, RungReason
from rooms.ids import ParticipantId, PeerId, VisitId
from rooms.roles import Role
from rooms.visits.states import ParticipantState, PauseReason, Presence, RoomState
from signaling.admission_port import AdmissionPort
from signaling.bus import Bus
from signaling.bus_messages import ClaimMade, SeatRevoked, VisitClosed, room_channel
from signaling.close_codes import CloseCode
from signaling.connection import Connection
from signaling.dictionaries import LegHealth
from signaling.ice_servers import IceServerMinter
from signaling.room_host import RoomHost
from signaling.settings import SignalingSettings

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatHealth:
    """One connected seat of an open room, for the page of open rooms: a role and measurements, nobody's name."""

    role: Role
    state: ParticipantState
    presence: Presence
    rung: Rung | None
    reason: RungReason | None
    #: The other end's roles, and what this end measures there.
    legs: tuple[tuple[tuple[Role, ...], LegHealth], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomHealth:
    """An open room as an admin sees it. ``number`` counts the rooms of the day and names no visit."""

    number: int
    state: RoomState
    reasons: tuple[PauseReason, ...]
    since: datetime
    seats: tuple[SeatHealth, ...]


class Hub:
    """Opens rooms when somebody comes, forgets them when they are over."""

    def __init__(self, *, bus: Bus, clock: Clock, admission: AdmissionPort, settings: SignalingSettings) -> None:
        self.admission = admission
        self.bus = bus
        self.settings = settings
        self.is_draining = False
        self._clock = clock
        self._minter = IceServerMinter(settings.turn) if settings.turn is not None else None
        self._hosts: dict[VisitId, RoomHost] = {}
        self._opening: dict[VisitId, asyncio.Task[RoomHost]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._connections: set[Connection] = set()
        self._day = date.min
        self._numbers: dict[VisitId, int] = {}

    # For sockets

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

    def close_visit(self, visit: VisitId, reason: str) -> None:
        """Close a room now. ``reason``: ``cancelled``, ``rescheduled`` or ``withdrawn``."""
        self.bus.publish(room_channel(visit), VisitClosed(reason))

    def overview(self) -> list[RoomHealth]:
        """Return the open rooms of this process, oldest first."""
        hosts = sorted(self._hosts.values(), key=lambda host: host.opened_at)
        return [self._health(host) for host in hosts]

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

    async def drain(self) -> None:
        """Send every page away with the word to come back, store what has happened, let go of all rooms."""
        self.is_draining = True
        for connection in tuple(self._connections):
            connection.close(CloseCode.SERVICE_RESTART)
        hosts = tuple(self._hosts.values())
        self._hosts.clear()
        await asyncio.gather(*(host.close() for host in hosts), *self._ending, return_exceptions=True)

    async def _open(self, visit: VisitId) -> RoomHost:
        plan = await self.admission.open_room(visit)
        claims = await self.admission.waiting_claims(visit)
        host = RoomHost(
            plan,
            bus=self.bus,
            clock=self._clock,
            admission=self.admission,
            minter=self._minter,
            settings=self.settings,
            claims=claims,
            on_over=self._over,
        )
        self._hosts[visit] = host
        return host

    def _over(self, host: RoomHost) -> None:
        if self._hosts.get(host.visit) is host:
            del self._hosts[host.visit]
            ending = asyncio.get_running_loop().create_task(host.close())
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    def _health(self, host: RoomHost) -> RoomHealth:
        roster = host.room.roster()
        roles: dict[PeerId, tuple[Role, ...]] = {}
        for entry in roster:
            roles[entry.peer] = (*roles.get(entry.peer, ()), entry.role)
        seats = []
        for entry in roster:
            seated = host.peers.peer(entry.peer)
            health = seated.health if seated is not None else None
            others = {
                leg.negotiation: leg.polite if leg.impolite == entry.peer else leg.impolite
                for leg in host.room.legs() if entry.peer in {leg.polite, leg.impolite}
            }
            legs = tuple(
                (roles[others[leg.negotiation]], leg) for leg in health.legs if leg.negotiation in others
            ) if health else ()
            seats.append(SeatHealth(
                role=entry.role,
                state=entry.state,
                presence=entry.presence,
                rung=health.rung if health else None,
                reason=health.reason if health else None,
                legs=legs,
            ))
        return RoomHealth(
            number=self._number(host.visit),
            state=host.room.state,
            reasons=tuple(sorted(host.room.pause_reasons)),
            since=host.opened_at,
            seats=tuple(seats),
        )

    def _number(self, visit: VisitId) -> int:
        today = self._clock.now().date()
        if today != self._day:
            self._day, self._numbers = today, {}
        return self._numbers.setdefault(visit, len(self._numbers) + 1)
