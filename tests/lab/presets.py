"""The lines that the laboratory can make: one frozen class, and the presets that every table of figures names."""

from dataclasses import dataclass

#: What a queue may hold at the least: ten full packets, as the smallest home routers do.
QUEUE_MIN_BYTES = 15_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One participant's line, seen from the participant: ``down`` comes in, ``up`` goes out.

    Rates in kbit/s at the IP layer; ``rtt_ms`` is split evenly over both ways; ``jitter_ms`` is the spread (uniform, in
    order) added each way; ``loss`` is the share of packets lost each way, ``burst`` the mean length of a run of losses
    in packets (1: independent). ``queue_ms`` bounds the queue before the narrow place, by the time it takes to drain.
    """

    down_kbit: float
    up_kbit: float
    rtt_ms: float
    jitter_ms: float = 0.0
    loss: float = 0.0
    burst: float = 1.0
    queue_ms: float = 1000.0

    def queue_bytes(self, rate_kbit: float) -> int:
        """Return how many bytes may wait before a narrow place of this rate."""
        return max(QUEUE_MIN_BYTES, int(rate_kbit * self.queue_ms / 8))


PRESETS: dict[str, Line] = {
    "fibre": Line(down_kbit=20_000, up_kbit=20_000, rtt_ms=15, queue_ms=100),
    "4g": Line(down_kbit=8_000, up_kbit=2_000, rtt_ms=60, jitter_ms=5, queue_ms=300),
    "rural3g": Line(down_kbit=512, up_kbit=256, rtt_ms=150, jitter_ms=30, loss=0.02),
    "edge": Line(down_kbit=120, up_kbit=60, rtt_ms=400, jitter_ms=40, loss=0.05),
    "satellite": Line(down_kbit=5_000, up_kbit=1_000, rtt_ms=600, jitter_ms=10, loss=0.01, queue_ms=300),
    "lossy20": Line(down_kbit=2_000, up_kbit=1_000, rtt_ms=100, jitter_ms=10, loss=0.20, queue_ms=300),
}
