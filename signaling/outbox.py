"""What waits for one socket, and its one writer. A reader that stops is cut off, never waited for.

The writer is a callback of the event loop, not a task: it joins all that waits into one write. One system call for
each frame is what a relay spends most of its time on, and aiohttp's ``send_frame`` makes one each; so the two to four
bytes before a frame (RFC 6455, section 5.2: final, unmasked, uncompressed) are written here.
"""

import asyncio

import structlog

from signaling.close_codes import CloseCode
from signaling.settings import SignalingSettings
from signaling.voice_frames import VOICE

log = structlog.get_logger(__name__)

#: First byte of a whole text frame, of a binary one, and of a close frame.
TEXT = 0x81
BINARY = 0x82
CLOSE = 0x88
#: From this length on it takes two bytes more.
SHORT_MAX = 125
#: What may stand in the transport before the rest waits here, in bytes.
TRANSPORT_MAX_BYTES = 64 * 1024
#: How often a transport that is full is looked at, in seconds.
LOOK_S = 0.05


def framed(opcode: int, payload: bytes) -> bytes:
    """Return a whole frame from the server. ``payload`` is at most 65,535 bytes, which every message is."""
    size = len(payload)
    if size <= SHORT_MAX:
        return bytes((opcode, size)) + payload
    return bytes((opcode, 126)) + size.to_bytes(2, "big") + payload


class Outbox:
    """Bounded; every method returns at once."""

    __slots__ = ("_bytes", "_closing", "_frames", "_is_due", "_left", "_loop", "_settings", "_stalled_at", "_transport")

    def __init__(self, transport: asyncio.Transport, settings: SignalingSettings) -> None:
        self._transport = transport
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._frames: list[bytes] = []
        self._bytes = 0
        self._closing: CloseCode | None = None
        #: The writer is to be called.
        self._is_due = False
        #: Bytes that were left in the transport when it last took some, and when that was.
        self._left = 0
        self._stalled_at: float | None = None

    @property
    def is_closing(self) -> bool:
        """Whether the socket is being closed, so that nothing its page still says counts."""
        return self._closing is not None

    def put(self, frame: bytes) -> None:
        """Queue one frame, text or voice. A full queue cuts the socket: its page resumes on another."""
        if self._closing is not None:
            return
        self._frames.append(frame)
        self._bytes += len(frame)
        if len(self._frames) > self._settings.outbox_max_frames or self._bytes > self._settings.outbox_max_bytes:
            self.abort("outbox full")
        elif not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._write)

    def close(self, code: CloseCode) -> None:
        """Close the socket after what is queued; later frames are dropped."""
        if self._closing is None:
            self._closing = code
            self._frames.append(b"")
            if not self._is_due:
                self._write()

    def abort(self, reason: str) -> None:
        """Drop the connection now, without a goodbye."""
        if not self._transport.is_closing():
            log.info("socket cut", reason=reason)
        self._closing = self._closing or CloseCode.NORMAL
        self._frames.clear()
        self._transport.abort()

    def _write(self) -> None:
        self._is_due = False
        if self._transport.is_closing():
            self._frames.clear()
            return
        if self._transport.get_write_buffer_size() < TRANSPORT_MAX_BYTES and self._frames:
            self._transport.write(b"".join(self._take()))
        self._watch()

    def _take(self) -> list[bytes]:
        """Return what waits, as it goes over the line. The empty frame that :meth:`close` has queued is the goodbye."""
        frames = [framed(BINARY if frame[0] == VOICE else TEXT, frame) for frame in self._frames if frame]
        if self._closing is not None:
            frames.append(framed(CLOSE, self._closing.to_bytes(2, "big")))
        self._frames = []
        self._bytes = 0
        return frames

    def _watch(self) -> None:
        """Look again soon while anything is left; cut a reader that has taken nothing for the time limit."""
        left, now = self._transport.get_write_buffer_size(), self._loop.time()
        if not left:
            self._stalled_at = None
            self._left = 0
            return
        if self._stalled_at is None or left < self._left:
            self._stalled_at = now
        self._left = left
        if now - self._stalled_at >= self._settings.write_limit_s:
            self.abort("reader stalled")
        elif not self._is_due:
            self._is_due = True
            self._loop.call_later(LOOK_S, self._write)
