"""How much one socket may say, and how much of it one peer may have passed on to the others below voice."""

#: Tokens that a socket has at first, and at most; a whole mesh negotiating at once needs about a hundred.
BURST = 300
#: Tokens that come back each second.
REFILL_PER_S = 50.0
#: A message costs one token, and one more for each of these bytes.
BYTES_PER_TOKEN = 1024
#: What one peer may have passed on at once, in bytes: a minute of speech that waited for the line.
ALLOWANCE_BYTES = 192 * 1024
#: What it may have passed on for long: speech at 8 kbit/s, sealed, framed and for two, is half of it.
ALLOWANCE_REFILL_BYTES_PER_S = 8 * 1024


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


class Allowance:
    """What one peer may still have passed on, in bytes. Time is the caller's, in seconds of any steady clock."""

    __slots__ = ("_at", "_left")

    def __init__(self, now: float) -> None:
        self._left = float(ALLOWANCE_BYTES)
        self._at = now

    def takes(self, size: int, now: float) -> bool:
        """Pay for ``size`` bytes; False, and nothing paid, when there is not enough left."""
        self._left = min(float(ALLOWANCE_BYTES), self._left + (now - self._at) * ALLOWANCE_REFILL_BYTES_PER_S)
        self._at = now
        if self._left < size:
            return False
        self._left -= size
        return True
