"""The first phase of a socket: a stranger until its ``hello`` brings a ticket, told nothing but a close code."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog
from aiohttp import WSMsgType, web

from rooms.errors import RoomError
from rooms.ids import VisitId
from signaling.admission_port import AdmissionPort
from signaling.bus_messages import SocketArrived, SocketId
from signaling.close_codes import CloseCode
from signaling.codec import ProtocolError, parse
from signaling.errors import close_code
from signaling.messages import ClientMessage, Hello, Ping

log = structlog.get_logger(__name__)

#: How often a stranger may ping; four times a second is what a page does.
PINGS_MAX = 100
#: How a socket ends from the page's side.
GONE = frozenset({WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED})


class TurnedAwayError(Exception):
    """The socket is to be closed with ``code``."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class OnlyLookedError(TurnedAwayError):
    """The socket has said nothing: a page dials before the tap, and whoever has only looked at it leaves, or waits."""


async def hear_hello(
    socket: web.WebSocketResponse, deadline_s: float, pong: Callable[[], None], ticket: asyncio.Future[str]
) -> Hello:
    """Wait for ``hello``, or for the ticket that a request of the same page is given; answer pings with ``pong``.

    On a bad line TCP notices a loss when something follows, and something has to. Raises :class:`TurnedAwayError`; no
    other exception leaves.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(deadline_s) as patience:

            def end_it(_: asyncio.Future[str]) -> None:
                with suppress(RuntimeError):  # hello was heard in the same moment
                    patience.reschedule(loop.time())

            ticket.add_done_callback(end_it)
            try:
                return await _hear(socket, pong)
            finally:
                ticket.remove_done_callback(end_it)
    except TimeoutError:
        if ticket.done():
            return Hello(ticket=ticket.result())
        raise OnlyLookedError(CloseCode.HELLO_TIMEOUT, "no hello") from None


async def _hear(socket: web.WebSocketResponse, pong: Callable[[], None]) -> Hello:
    for _ in range(PINGS_MAX):
        message = await _receive(socket)
        if not isinstance(message, Ping):
            break
        pong()
    if not isinstance(message, Hello):
        raise TurnedAwayError(CloseCode.PROTOCOL_ERROR, "neither a ping nor a hello comes first")
    return message


async def _receive(socket: web.WebSocketResponse) -> ClientMessage:
    frame = await socket.receive()
    if frame.type in GONE:
        raise OnlyLookedError(CloseCode.NORMAL, "left without a word")
    if frame.type is not WSMsgType.TEXT:
        code = CloseCode.UNSUPPORTED_DATA if frame.type is WSMsgType.BINARY else CloseCode.NORMAL
        raise TurnedAwayError(code, "not a text frame")
    try:
        return parse(frame.data)
    except ProtocolError as fault:
        raise TurnedAwayError(CloseCode.PROTOCOL_ERROR, fault.reason) from fault


def wanted_visit(hello: Hello, admission: AdmissionPort) -> VisitId:
    """Return which visit a ticket is for, before it is spent. Raises :class:`TurnedAwayError` unless it is genuine."""
    try:
        return admission.visit_of(hello.ticket)
    except RoomError as error:
        raise TurnedAwayError(close_code(error), error.code) from error


async def greet(hello: Hello, socket_id: SocketId, admission: AdmissionPort) -> SocketArrived:
    """Spend the ticket of a ``hello``; return what the owner of the room is told of the socket.

    Raises :class:`TurnedAwayError`; no other exception leaves.
    """
    try:
        grant = await admission.spend_ticket(hello.ticket)
    except RoomError as error:
        raise TurnedAwayError(close_code(error), error.code) from error
    except Exception as fault:
        log.exception("ticket not spent")
        raise TurnedAwayError(CloseCode.TRY_AGAIN_LATER, "admission failed") from fault
    return SocketArrived(
        socket=socket_id,
        actor=grant.actor,
        participants=tuple(seat.participant for seat in grant.participants),
        replace=hello.replace,
        resume=hello.resume,
    )
