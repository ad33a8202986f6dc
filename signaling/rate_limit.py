"""How much one socket may say."""

#: Tokens that a socket has at first, and at most; a whole mesh negotiating at once needs about a hundred.
BURST = 300
#: Tokens that come back each second.
REFILL_PER_S = 50.0
#: A message costs one token, and one more for each of these bytes.
BYTES_PER_TOKEN = 1024


class RateLimit:
    """A token bucket. Time is the caller's, in seconds of any steady clock."""

    __slots__ = ("_at", "_tokens")

    def __init__(self, now: float) -> None:
        self._tokens = float(BURST)
        self._at = now

    def allows(self, size: int, now: float) -> bool:
        """Take the price of a message of ``size`` bytes; False when the sender can not pay."""
        self._tokens = min(float(BURST), self._tokens + (now - self._at) * REFILL_PER_S)
        self._at = now
        self._tokens -= 1 + size // BYTES_PER_TOKEN
        return self._tokens >= 0
