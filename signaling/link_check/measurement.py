"""How fast frames arrive, from their lengths and instants: pure. The page's ``lib/arrivals.js`` does the same.

A rate is that of the best second, so that neither the slow start of a transfer nor its last stragglers count; of a
transfer shorter than that, the whole of it. The first frame only starts the clock.
"""

#: The first byte of a binary frame: a ping goes back as it is, filler is counted.
PING = 1
FILLER = 2
#: Payload of one filler frame: with all headers one packet on every path.
FRAME_BYTES = 1000
#: A data channel's frame costs IP 20, UDP 8, DTLS 37 and SCTP 28 bytes more.
IP_LAYER_FACTOR = 1.093
WINDOW_S = 1.0
#: Fewer frames tell no rate.
FRAMES_LEAST = 4


class Arrivals:
    """What has come since it was last told. Time is the caller's, in seconds of any steady clock."""

    def __init__(self) -> None:
        self.pings = 0
        self.bytes = 0
        self._frames: list[tuple[float, int]] = []

    def took(self, frame: bytes, now: float) -> bytes | None:
        """Count one frame; return it when it is a ping, which goes back."""
        if frame[:1] == bytes([PING]):
            self.pings += 1
            return frame
        self.bytes += len(frame)
        self._frames.append((now, len(frame)))
        return None

    def kbps(self) -> float | None:
        """Return the rate at the IP layer in kbit/s, or None when too little came to tell."""
        return rate_kbps(self._frames)


def rate_kbps(frames: list[tuple[float, int]]) -> float | None:
    """Return the rate of frames (instant in seconds, length in bytes), in order of their instants."""
    if len(frames) < FRAMES_LEAST:
        return None
    start, end = frames[0][0], frames[-1][0]
    if end - start <= WINDOW_S:
        carried, seconds = sum(length for _, length in frames[1:]), max(end - start, 0.001)
        return carried * 8 / 1000 / seconds * IP_LAYER_FACTOR
    best = 0
    inside = 0
    oldest = 1
    for instant, length in frames[1:]:
        inside += length
        while frames[oldest][0] <= instant - WINDOW_S:
            inside -= frames[oldest][1]
            oldest += 1
        best = max(best, inside)
    return best * 8 / 1000 / WINDOW_S * IP_LAYER_FACTOR


def filler(length: int, random_bytes: bytes) -> list[bytes]:
    """Return frames of about ``length`` bytes in all. Random, so that no layer can compress them."""
    frame = bytes([FILLER]) + random_bytes[: FRAME_BYTES - 1]
    return [frame] * max(1, length // FRAME_BYTES)
