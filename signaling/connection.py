"""A socket with a ticket: reads frames for the owner of the room, writes what the owner sends, decides nothing."""

import asyncio
from collections.abc import Callable

import structlog
from aiohttp import WSMsgType, web

from rooms.ids import VisitId
from signaling.bus import Bus
from signaling.bus_messages import (
    AnyBusMessage,
    Cut,
    Deliver,
    SocketArrived,
    SocketGarbled,
    SocketId,
    SocketLost,
    SocketSaid,
    room_channel,
    socket_channel,
)
from signaling.close_codes import CloseCode
from signaling.codec import ProtocolError, parse
from signaling.messages import ClientMessage
from signaling.outbox import Outbox
from signaling.rate_limit import RateLimit
from signaling.settings import SignalingSettings
from signaling.voice_frames import Voice, parse_voice

log = structlog.get_logger(__name__)


class Connection:
    """From the arrival in a room to the loss of the socket, both of which the owner of the room is told."""

    __slots__ = ("_bus", "_channel", "_garbled", "_id", "_loop", "_outbox", "_rate", "_settings", "_socket")

    def __init__(
        self,
        socket: web.WebSocketResponse,
        outbox: Outbox,
        *,
        visit: VisitId,
        socket_id: SocketId,
        bus: Bus,
        settings: SignalingSettings,
    ) -> None:
        self._socket = socket
        self._outbox = outbox
        self._channel = room_channel(visit)
        self._id = socket_id
        self._bus = bus
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._rate = RateLimit(self._loop.time())
        self._garbled = 0

    async def run(self, arrival: SocketArrived) -> None:
        """Serve the socket until it is gone."""
        subscription = self._bus.subscribe(socket_channel(self._id), self._receive)
        try:
            self._bus.publish(self._channel, arrival)
            await self._read()
        finally:
            subscription.cancel()
            self._bus.publish(self._channel, SocketLost(self._id))

    def close(self, code: CloseCode) -> None:
        """Close after what is queued."""
        self._outbox.close(code)

    async def _read(self) -> None:
        while True:
            frame = await self._socket.receive()
            if frame.type is WSMsgType.TEXT:
                self._take(frame.data, parse, self._take_garbled)
            elif frame.type is WSMsgType.BINARY:
                self._take(frame.data, parse_voice, self._end)
            else:
                return

    def _take(
        self,
        frame: bytes,
        read: Callable[[bytes], ClientMessage | Voice],
        refuse: Callable[[ProtocolError], None],
    ) -> None:
        if self._outbox.is_closing:
            return
        if not self._rate.allows(len(frame), self._loop.time()):
            log.info("socket closed", reason="too many messages")
            self._outbox.close(CloseCode.TOO_MANY_MESSAGES)
            return
        try:
            message = read(frame)
        except ProtocolError as fault:
            refuse(fault)
            return
        self._bus.publish(self._channel, SocketSaid(self._id, message))

    def _end(self, fault: ProtocolError) -> None:
        """A binary frame that is no voice ends the socket: nobody counts them, so there is no count to put right."""
        log.info("protocol error", reason=fault.reason)
        self._outbox.close(CloseCode.UNSUPPORTED_DATA)

    def _take_garbled(self, fault: ProtocolError) -> None:
        self._garbled += 1
        log.info("protocol error", reason=fault.reason, count=self._garbled)
        self._bus.publish(self._channel, SocketGarbled(self._id))
        if self._garbled >= self._settings.garbled_max:
            self._outbox.close(CloseCode.PROTOCOL_ERROR)

    def _receive(self, message: AnyBusMessage) -> None:
        if isinstance(message, Deliver):
            self._outbox.put(message.frame)
        elif isinstance(message, Cut):
            self._outbox.close(CloseCode(message.code))
