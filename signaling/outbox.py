"""What waits for one socket, and the one task that writes to it. A reader that stops is cut off, never waited for."""

import asyncio
from collections import deque

import structlog
from aiohttp import ClientError, WSMsgType, web

from signaling.close_codes import CloseCode
from signaling.settings import SignalingSettings

log = structlog.get_logger(__name__)


class Outbox:
    """Bounded. :meth:`put` and :meth:`close` return at once; :meth:`run` ends with the last frame sent."""

    __slots__ = ("_bytes", "_closing", "_frames", "_settings", "_socket", "_transport", "_wake")

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport, settings: SignalingSettings
    ) -> None:
        self._socket = socket
        self._transport = transport
        self._settings = settings
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._closing: CloseCode | None = None
        self._wake: asyncio.Future[None] | None = None

    @property
    def is_closing(self) -> bool:
        """Whether the socket is being closed, so that nothing its page still says counts."""
        return self._closing is not None

    def put(self, frame: bytes) -> None:
        """Queue one text frame. A full queue cuts the socket: its page resumes on another."""
        if self._closing is not None:
            return
        self._frames.append(frame)
        self._bytes += len(frame)
        if len(self._frames) > self._settings.outbox_max_frames or self._bytes > self._settings.outbox_max_bytes:
            self.abort("outbox full")
        self._rouse()

    def close(self, code: CloseCode) -> None:
        """Close the socket after what is queued; later frames are dropped."""
        if self._closing is None:
            self._closing = code
            self._rouse()

    def abort(self, reason: str) -> None:
        """Drop the connection now, without a goodbye."""
        if not self._transport.is_closing():
            log.info("socket cut", reason=reason)
        self._frames.clear()
        self._closing = self._closing or CloseCode.NORMAL
        self._transport.abort()
        self._rouse()

    async def run(self) -> None:
        """Write until closed."""
        try:
            while not self._transport.is_closing():
                if not self._frames:
                    if self._closing is not None:
                        await self._say_goodbye(self._closing)
                        return
                    self._wake = asyncio.get_running_loop().create_future()
                    await self._wake
                    self._wake = None
                    continue
                async with asyncio.timeout(self._settings.write_limit_s):
                    await self._write()
        except TimeoutError:
            self.abort("reader stalled")
        except (ClientError, ConnectionError):
            self.abort("connection lost")

    async def _write(self) -> None:
        frames, self._frames = self._frames, deque()
        self._bytes = 0
        for frame in frames:
            await self._socket.send_frame(frame, WSMsgType.TEXT)

    async def _say_goodbye(self, code: CloseCode) -> None:
        """Send the close frame (RFC 6455, section 5.5.1) and leave the connection to the reader.

        aiohttp's own ``close`` drops the connection at once while another task reads; what the page is just sending
        would then reset it, and the page would never learn the code.
        """
        async with asyncio.timeout(self._settings.closing_patience_s):
            await self._socket.send_frame(code.to_bytes(2, "big"), WSMsgType.CLOSE)

    def _rouse(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
