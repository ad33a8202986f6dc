"""The frames that one peer has not acknowledged yet, kept so that its next socket can have them again."""

from signaling.codec import stamp

#: What one peer may leave unacknowledged; more, and it can not resume but must join as a new peer.
REPLAY_MAX_FRAMES = 256
REPLAY_MAX_BYTES = 256 * 1024


class ReplayBuffer:
    """Numbers the frames for one peer from 1 and keeps the newest unacknowledged ones within bounds."""

    __slots__ = ("_bytes", "_first", "_frames")

    def __init__(self) -> None:
        # A list: a deque takes 700 bytes before its first frame, and most of the time there is none.
        self._frames: list[bytes] = []
        #: ``seq`` of the oldest kept frame, or of the next one when none is kept.
        self._first = 1
        self._bytes = 0

    @property
    def last_seq(self) -> int:
        """The ``seq`` of the newest frame; 0 before the first."""
        return self._first + len(self._frames) - 1

    def append(self, frame: bytes) -> bytes:
        """Number a dumped frame, keep it, and return it as it goes out."""
        numbered = stamp(frame, self.last_seq + 1)
        self._frames.append(numbered)
        self._bytes += len(numbered)
        while len(self._frames) > REPLAY_MAX_FRAMES or self._bytes > REPLAY_MAX_BYTES:
            self._forget(1)
        return numbered

    def has_room(self, size: int, frames_max: int, bytes_max: int) -> bool:
        """Say whether a frame of ``size`` bytes keeps what is unacknowledged within these bounds."""
        return len(self._frames) < frames_max and self._bytes + size <= bytes_max

    def acknowledge(self, received: int) -> None:
        """Forget every frame up to ``received``; numbers that were never sent are ignored."""
        if self._first <= received <= self.last_seq:
            self._forget(received - self._first + 1)

    def after(self, received: int) -> tuple[bytes, ...] | None:
        """Return the frames after ``received``, or None when some are gone or that number was never sent."""
        if not self._first - 1 <= received <= self.last_seq:
            return None
        return tuple(self._frames[received - self._first + 1 :])

    def _forget(self, count: int) -> None:
        self._bytes -= sum(map(len, self._frames[:count]))
        del self._frames[:count]
        self._first += count
