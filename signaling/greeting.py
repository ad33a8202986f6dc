"""The first phase of a socket: a stranger until its ``hello`` brings a ticket, told nothing but a close code."""

import asyncio

import structlog
from aiohttp import WSMsgType, web

from rooms.errors import RoomError
from rooms.ids import VisitId
from signaling.admission_port import AdmissionPort
from signaling.bus_messages import SocketArrived, SocketId
from signaling.close_codes import CloseCode
from signaling.codec import ProtocolError, parse
from signaling.errors import close_code
from signaling.messages import Hello

log = structlog.get_logger(__name__)

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


async def hear_hello(socket: web.WebSocketResponse, deadline_s: float) -> Hello:
    """Wait for ``hello``. Raises :class:`TurnedAwayError`; no other exception leaves."""
    try:
        async with asyncio.timeout(deadline_s):
            frame = await socket.receive()
    except TimeoutError:
        raise OnlyLookedError(CloseCode.HELLO_TIMEOUT, "no hello") from None
    if frame.type in GONE:
        raise OnlyLookedError(CloseCode.NORMAL, "left without a word")
    if frame.type is not WSMsgType.TEXT:
        code = CloseCode.UNSUPPORTED_DATA if frame.type is WSMsgType.BINARY else CloseCode.NORMAL
        raise TurnedAwayError(code, "not a text frame")
    try:
        hello = parse(frame.data)
    except ProtocolError as fault:
        raise TurnedAwayError(CloseCode.PROTOCOL_ERROR, fault.reason) from fault
    if not isinstance(hello, Hello):
        raise TurnedAwayError(CloseCode.PROTOCOL_ERROR, "first message is no hello")
    return hello


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
