"""The HTTP side of ``/ws``: who may upgrade at all, and the phases of a socket one after the other."""

import asyncio
import re
import socket

import structlog
from aiohttp import WSMsgType, web

from rooms.errors import RoomError
from rooms.ids import VisitId, new_id
from signaling.arrival_watch import ArrivalWatch
from signaling.bus_messages import SocketId
from signaling.close_codes import CloseCode
from signaling.codec import dump
from signaling.connection import Connection
from signaling.dictionaries import FRAME_MAX_BYTES, MEETING_PATTERN, MEETING_PREFIX, SUBPROTOCOL
from signaling.errors import close_code
from signaling.greeting import OnlyLookedError, TurnedAwayError, greet, hear_hello, wanted_visit
from signaling.hub import Hub
from signaling.outbox import Outbox

log = structlog.get_logger(__name__)

#: What a page turned away for want of room waits before it asks again.
RETRY_AFTER_S = 5


#: What the kernel may hold for one socket, in bytes; left to itself it takes megabytes, and old news fill a slow line.
KERNEL_BUFFER_BYTES = 64 * 1024


def bound_kernel_buffer(transport: asyncio.Transport) -> None:
    """Keep what waits for a slow reader where it is counted, so that a reader that stops is noticed soon."""
    kernel_socket = transport.get_extra_info("socket")
    if kernel_socket is not None:
        kernel_socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER_BYTES)


class Endpoint:
    """Serves ``/ws``."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._settings = hub.settings
        self._strangers = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Check the request before the upgrade, then serve the socket to its end."""
        if request.headers.getall("Origin", []) not in [[origin] for origin in self._settings.allowed_origins]:
            log.info("upgrade refused", reason="foreign origin")
            return web.Response(status=403)
        offered = [name.strip() for name in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
        if SUBPROTOCOL not in offered:
            return web.Response(status=400)
        meeting = next((name.removeprefix(MEETING_PREFIX) for name in offered if name.startswith(MEETING_PREFIX)), None)
        if meeting is not None and not re.match(MEETING_PATTERN, meeting):
            return web.Response(status=400)
        if self._is_full():
            return web.Response(status=503, headers={"Retry-After": str(RETRY_AFTER_S)})
        transport = request.transport
        # A socket for text in a few kilobytes gains nothing from compression, and each would hold 300 kB for it.
        websocket = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            max_msg_size=FRAME_MAX_BYTES,
            compress=False,
            decode_text=False,
            autoclose=False,
        )
        await websocket.prepare(request)
        if transport is not None:
            bound_kernel_buffer(transport)
            try:
                await self._serve(websocket, Outbox(transport, self._settings), meeting)
            finally:
                if transport.get_write_buffer_size():
                    transport.abort()
                transport.close()
        return websocket

    def _is_full(self) -> bool:
        return (
            self._hub.is_draining
            or self._strangers >= self._settings.max_strangers
            or self._hub.socket_count() + self._strangers >= self._settings.max_sockets
        )

    async def _serve(self, websocket: web.WebSocketResponse, outbox: Outbox, meeting: str | None) -> None:
        try:
            await self._phases(websocket, outbox, meeting)
        except OnlyLookedError as silent:
            log.debug("socket said nothing", reason=silent.reason, code=int(silent.code))
            outbox.close(silent.code)
        except TurnedAwayError as turned_away:
            log.info("socket turned away", reason=turned_away.reason, code=int(turned_away.code))
            outbox.close(turned_away.code)
        except Exception:
            log.exception("socket failed")
            outbox.close(CloseCode.INTERNAL_ERROR)
        finally:
            outbox.close(CloseCode.NORMAL)
            await self._linger(websocket)

    async def _linger(self, websocket: web.WebSocketResponse) -> None:
        """Wait a little for the page's own close frame, so that it learns the code before the connection goes."""
        try:
            async with asyncio.timeout(self._settings.closing_patience_s):
                while (await websocket.receive()).type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                    pass
        except TimeoutError:
            log.info("socket cut", reason="no goodbye")

    async def _phases(self, websocket: web.WebSocketResponse, outbox: Outbox, meeting: str | None) -> None:
        self._strangers += 1
        try:
            deadline_s, pong = self._settings.hello_deadline_s, lambda: outbox.put(dump(self._hub.pong()))
            with self._hub.meetings.at(meeting) as ticket:
                hello = await hear_hello(websocket, deadline_s, pong, ticket)
            visit = wanted_visit(hello, self._hub.admission)
            with ArrivalWatch(self._hub.bus, visit) as watch:
                arrival = await greet(hello, SocketId(new_id()), self._hub.admission)
                await self._open(visit)
                # From here to the arrival nothing waits, so nothing can be missed after this look.
                refusal = watch.refusal(arrival.participants)
        finally:
            self._strangers -= 1
        if refusal is not None:
            raise TurnedAwayError(refusal, "rights lost on the way in")
        if self._hub.is_draining:
            raise TurnedAwayError(CloseCode.SERVICE_RESTART, "draining")
        connection = Connection(
            websocket,
            outbox,
            visit=visit,
            socket_id=arrival.socket,
            bus=self._hub.bus,
            settings=self._settings,
        )
        self._hub.add(connection)
        try:
            await connection.run(arrival)
        finally:
            self._hub.discard(connection)

    async def _open(self, visit: VisitId) -> None:
        try:
            await self._hub.open(visit)
        except RoomError as error:
            raise TurnedAwayError(close_code(error), error.code) from error
