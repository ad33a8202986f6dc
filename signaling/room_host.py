"""The owner of one live room: commands in their order, the stored world before the people, then everybody is told.

All state of a room lives here and is touched on one event loop only. A message of the page costs no task: relayed
descriptions and candidates pass straight through, commands are carried out at once unless a decision is being stored.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import assert_never

import structlog

from rooms.clock import Clock
from rooms.errors import RoomError
from rooms.ids import ParticipantId, PeerId, VisitId, new_id
from rooms.roles import Role
from rooms.visits import commands, events
from rooms.visits.commands import RoomCommand
from rooms.visits.events import RoomEvent
from rooms.visits.live_room import LiveRoom
from rooms.visits.plan import RoomPlan
from rooms.visits.states import RoomState
from rooms.visits.views import ClaimView
from signaling import errors, messages
from signaling.admission_port import AdmissionPort
from signaling.arrivals import Arrivals
from signaling.bus import Bus
from signaling.bus_messages import (
    AnyBusMessage,
    ClaimMade,
    Cut,
    Deliver,
    SeatRevoked,
    SeatVacated,
    SocketArrived,
    SocketGarbled,
    SocketLost,
    SocketSaid,
    VisitClosed,
    room_channel,
)
from signaling.claim_desk import ClaimDesk
from signaling.close_codes import CloseCode
from signaling.codec import type_of
from signaling.dictionaries import Seat
from signaling.ice_desk import IceDesk
from signaling.ice_servers import IceServerMinter
from signaling.low_rung_messages import Clip, SealingKey, Signal, Text
from signaling.low_rungs import LowRungs
from signaling.mailbox import Mailbox, Request
from signaling.room_health import RoomObserver
from signaling.room_ledger import RoomLedger
from signaling.routing import NARROWING, Connections, RefusedError, command_for, deliveries, is_decision, relay
from signaling.seated_peer import SeatedPeer
from signaling.settings import SignalingSettings
from signaling.switchboard import Switchboard
from signaling.voice_frames import Voice

log = structlog.get_logger(__name__)

#: A clock that stands still or is set back must not make the timer spin.
SHORTEST_WAIT_S = 0.02


class RoomHost:
    """See the module. ``on_over`` is called once: the room has closed, stands empty, or had to be given up."""

    def __init__(
        self,
        plan: RoomPlan,
        *,
        bus: Bus,
        clock: Clock,
        admission: AdmissionPort,
        minter: IceServerMinter | None,
        settings: SignalingSettings,
        claims: Sequence[ClaimView],
        arrivals: Arrivals,
        on_over: Callable[["RoomHost"], None],
    ) -> None:
        self.room = LiveRoom(plan)
        self.opened_at = clock.now()
        self.peers = Switchboard(bus)
        self.observer = RoomObserver(self.room, clock, turn_configured=minter is not None)
        self._clock = clock
        self._settings = settings
        self._arrivals = arrivals
        self._on_over = on_over
        self._loop = asyncio.get_running_loop()
        self._roles = {seat.participant: seat.role for seat in plan.seats}
        self._mailbox = Mailbox()
        self._deciding: asyncio.Task[None] | None = None
        self._ledger = RoomLedger(plan.visit, admission, settings.gather_s)
        self._claims = ClaimDesk(claims, admission, self.room, self.peers, self._vacate)
        self._low_rungs = LowRungs(self.room, self.peers, self._refuse)
        self._ice = IceDesk(minter, self.room, self.peers, clock, self._refuse)
        self._connections = Connections(self._ice.servers_of, self._ice.relay_only)
        self._given_away: set[ParticipantId] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_over = False
        self._empty_since: float | None = self._loop.time()
        self._subscription = bus.subscribe(room_channel(plan.visit), self.receive)
        self._set_timer()

    @property
    def visit(self) -> VisitId:
        """Whose room this is."""
        return self.room.plan.visit

    def look_at_the_clock(self) -> None:
        """Do what time alone has made due: presence, deadlines, an empty room. The timer calls this by itself."""
        now = self._loop.time()
        for seated in self.peers:
            if seated.socket is None:
                continue
            silent_s = now - seated.heard_at
            if silent_s >= self._settings.half_open_s:
                self.peers.cut(seated.socket, CloseCode.NORMAL)
                self._lose(seated)
            elif silent_s >= self._settings.presence_s and not seated.is_away:
                self._detach(seated)
        deadline = self.room.next_deadline()
        if deadline is not None and self._clock.now() >= deadline:
            self._submit(Request(commands.Tick()))
        if self._empty_since is not None and now - self._empty_since >= self._settings.empty_room_s:
            self._finish()
        self._set_timer()

    async def close(self) -> None:
        """Stop listening and store what is left. Sockets are the hub's to close."""
        self._is_over = True
        self._subscription.cancel()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._deciding is not None and self._deciding is not asyncio.current_task():
            self._deciding.cancel()
            await asyncio.gather(self._deciding, return_exceptions=True)
        await self._claims.close()
        await self._ledger.close(self._settings.closing_patience_s)

    # From the bus

    def receive(self, message: AnyBusMessage) -> None:  # noqa: C901, PLR0912 (one branch for each message)
        """Take a message of the room's channel: from the bus, or what came while the room was being opened."""
        match message:
            case SocketSaid(socket=socket):
                if seated := self.peers.at(socket):
                    self._said(seated, message.message)
            case SocketArrived():
                self._arrived(message)
            case SocketLost(socket=socket):
                # It may have gone before its turn to join came.
                self._mailbox.take_back(socket=socket)
                if seated := self.peers.at(socket):
                    self._lose(seated)
            case SocketGarbled(socket=socket):
                if seated := self.peers.at(socket):
                    seated.taken += 1
                    self.peers.send_message(seated, messages.Error(code=errors.PROTOCOL_ERROR))
            case SeatRevoked(participant=participant):
                self._submit(Request(commands.Revoke(participant)))
            case SeatVacated(participant=participant):
                # Its browser may be on the way in, too: it comes back with what else it holds.
                for socket in self._mailbox.take_back(participant=participant):
                    self.peers.cut(socket, CloseCode.TICKET_REFUSED)
                self._vacate(participant, at_once=True)
            case VisitClosed(reason=reason):
                self._submit(Request(commands.Close(reason)))
            case ClaimMade():
                self._claims.made(message.claim, message.participant, message.role)
            case Deliver() | Cut():
                log.error("message for a socket on a room's channel", visit=self.visit)
            case _:
                assert_never(message)

    def _said(self, seated: SeatedPeer, message: messages.ClientMessage | Voice) -> None:
        seated.heard_at = self._loop.time()
        if seated.is_away:
            seated.is_away = False
            self._submit(Request(commands.Reattach(seated.peer)))
        if isinstance(message, messages.Ping):
            seated.replay.acknowledge(message.received)
            self.peers.send_once(seated.socket, messages.Pong(now=self._clock.now(), received=seated.taken))
            return
        if isinstance(message, Voice):
            self._low_rungs.take(seated, message, seated.heard_at)
            return
        seated.taken += 1
        match message:
            case messages.Offer() | messages.Answer() | messages.Candidate():
                self._relay(seated, message)
            case messages.Health():
                self.observer.reported(seated, message)
            case messages.AskIceServers():
                self._ice.answer(seated)
            case messages.AdmitClaim() | messages.DenyClaim():
                self._claims.decide(seated, message)
            case SealingKey() | Clip() | Signal() | Text():
                self._low_rungs.take(seated, message, seated.heard_at)
            case messages.Hello():
                self._refuse(seated, errors.ALREADY_GREETED, type_of(message))
            case _:
                self._submit(Request(command_for(seated.peer, message), seated, type_of(message)))

    def _relay(self, sender: SeatedPeer, message: messages.RelayedClientMessage) -> None:
        leg = self.room.leg(sender.peer, message.to)
        receiver = self.peers.peer(message.to)
        try:
            relayed = relay(message, sender.peer, leg, relay_only=self._ice.relay_only(sender.peer, message.to))
        except RefusedError as refusal:
            self._refuse(sender, refusal.code, type_of(message))
            return
        if relayed is not None and receiver is not None:
            self.peers.send_message(receiver, relayed)

    # Coming and going of sockets

    def _arrived(self, arrival: SocketArrived) -> None:
        resumed = self.peers.resumable(arrival)
        if resumed is not None:
            seated, missed = resumed
            self._arrivals.resumed += 1
            self.peers.move(seated, arrival.socket, self._loop.time())
            self._welcome(seated, resumed=True)
            self.peers.send_again(seated, missed)
            # Only now: what follows from the return has a higher number than what was missed.
            seated.is_away = False
            self._submit(Request(commands.Reattach(seated.peer)))
            return
        # Whoever knows the key of the peer that sits there, or was given the seat, takes its place without asking.
        is_owner = self._given_away.issuperset(arrival.participants) or self.peers.proven(arrival) is not None
        join = commands.Join(PeerId(new_id()), arrival.participants, replace=arrival.replace or is_owner)
        self._submit(Request(join, arrival=arrival))

    def _seat(self, peer: PeerId, arrival: SocketArrived) -> SeatedPeer:
        is_classroom = any(self._roles[participant] is Role.CLASSROOM for participant in arrival.participants)
        self._given_away.difference_update(arrival.participants)
        self.peers.part_from(arrival.participants)
        return self.peers.seat(peer, arrival, self._loop.time(), is_classroom=is_classroom)

    def _welcome(self, seated: SeatedPeer, *, resumed: bool) -> None:
        plan = self.room.plan
        self.peers.send_once(
            seated.socket,
            messages.Welcome(
                visit=plan.visit,
                peer=seated.peer,
                resume_key=seated.resume_key,
                participants=tuple(Seat(participant, self._roles[participant]) for participant in seated.participants),
                admitted=self.room.is_admitted(seated.peer),
                now=self._clock.now(),
                starts_at=plan.starts_at,
                ends_at=plan.ends_at,
                closes_at=plan.closes_at,
                resumed=resumed,
                received=seated.taken,
            ),
        )

    def _lose(self, seated: SeatedPeer) -> None:
        self.peers.detach(seated)
        if not seated.is_away:
            self._detach(seated)

    def _detach(self, seated: SeatedPeer) -> None:
        seated.is_away = True
        self.observer.lost()
        self._submit(Request(commands.Detach(seated.peer)))

    def _vacate(self, participant: ParticipantId, *, at_once: bool = False) -> None:
        """Have a seat's browser make room; where others sit at it too, the seat alone moves when its new browser comes.

        ``at_once``: the browser may not stay so long. It asks for another ticket, and comes back with what else it
        holds, or hears in the server's words why it may not.
        """
        holders = (self.peers.peer(entry.peer) for entry in self.room.roster() if entry.participant == participant)
        for seated in filter(None, holders):
            if not at_once and len(self.room.participants_of(seated.peer)) > 1:
                self._given_away.add(participant)
                continue
            if not at_once:
                self.peers.send_message(seated, messages.Moved())
            self._part(seated, CloseCode.TICKET_REFUSED if at_once else CloseCode.MOVED)
            self._submit(Request(commands.Leave(seated.peer)))

    def _part(self, seated: SeatedPeer, code: CloseCode) -> None:
        if seated.socket is not None:
            self.peers.cut(seated.socket, code)
        self.peers.unseat(seated)

    # Commands

    def _submit(self, request: Request) -> None:
        self._mailbox.add(request)
        if self._deciding is None:
            self._work()

    def _work(self) -> None:
        while self._mailbox and self._deciding is None and not self._is_over:
            request = self._mailbox.next()
            try:
                happened = self.room.apply(request.command, self._clock.now())
            except RoomError as error:
                self._refused(request, error)
                continue
            if isinstance(request.command, commands.Join) and request.arrival is not None:
                self._arrivals.count(request.arrival)
                self._welcome(self._seat(request.command.peer, request.arrival), resumed=False)
            self._ledger.add(happened)
            if is_decision(happened):
                self._deciding = self._loop.create_task(self._store_then_tell(request.command, happened))
            else:
                self._tell(happened)

    async def _store_then_tell(self, command: RoomCommand, happened: Sequence[RoomEvent]) -> None:
        is_narrowing = isinstance(command, NARROWING)
        patience_s = self._settings.narrowing_patience_s if is_narrowing else self._settings.decision_patience_s
        try:
            async with asyncio.timeout(patience_s):
                await self._ledger.write()
        except TimeoutError:
            if not is_narrowing:
                log.error("room given up: a decision could not be stored", visit=self.visit)  # noqa: TRY400
                self._give_up()
                return
        self._deciding = None
        self._tell(happened)
        self._work()

    def _tell(self, happened: Sequence[RoomEvent]) -> None:
        for outgoing in deliveries(self.room, happened, self._connections):
            seated = self.peers.peer(outgoing.peer)
            if seated is None:
                continue
            if outgoing.message is not None:
                self.peers.send_message(seated, outgoing.message)
            if outgoing.close is not None:
                self._part(seated, outgoing.close)
        for event in happened:
            if isinstance(event, events.ParticipantAdmitted):
                self._claims.tell_newcomer(event)
                if newcomer := self.peers.peer(event.peer):
                    self._low_rungs.introduce(newcomer)
        self._empty_since = None if len(self.peers) else self._empty_since or self._loop.time()
        if self.room.state is RoomState.CLOSED:
            self._finish()
        self._set_timer()

    def _refused(self, request: Request, error: RoomError) -> None:
        if request.arrival is not None:
            self.peers.cut(request.arrival.socket, errors.close_code(error))
        elif request.asker is not None:
            self._refuse(request.asker, errors.error_code(error), request.regarding)

    def _refuse(self, seated: SeatedPeer, code: str, regarding: str | None) -> None:
        self.peers.send_message(seated, messages.Error(code=code, regarding=regarding))

    # The end

    def _give_up(self) -> None:
        for seated in self.peers:
            self._part(seated, CloseCode.TRY_AGAIN_LATER)
        self._finish()

    def _finish(self) -> None:
        if not self._is_over:
            self._is_over = True
            for socket in self._mailbox.take_back():
                self.peers.cut(socket, CloseCode.ROOM_CLOSED)
            self._on_over(self)

    def _set_timer(self) -> None:
        """Have the clock looked at when something can be due first. Never later than promised, seldom for nothing."""
        if self._is_over:
            return
        waits = self.peers.silences_due(self._settings.presence_s, self._settings.half_open_s)
        if self._empty_since is not None:
            waits.append(self._empty_since + self._settings.empty_room_s)
        deadline = self.room.next_deadline()
        if deadline is not None:
            waits.append(self._loop.time() + max(0.0, (deadline - self._clock.now()).total_seconds()))
        due = max(min(waits), self._loop.time() + SHORTEST_WAIT_S) if waits else None
        if self._timer is not None:
            if due is not None and self._timer.when() <= due:
                return
            self._timer.cancel()
            self._timer = None
        if due is not None:
            self._timer = self._loop.call_at(due, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self.look_at_the_clock()
