"""A clock that only moves when it is told to."""

from datetime import UTC, datetime, timedelta

#: A Monday morning in Tangier.
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class FakeClock:
    """Stands still at ``now`` until :meth:`advance`."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        self._now += timedelta(seconds=seconds)

    def move_to(self, instant: datetime) -> None:
        """Jump to an instant."""
        self._now = instant
