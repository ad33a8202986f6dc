"""Stores the minutes of all rooms of this process, in one unit of work each time."""

import asyncio
from collections.abc import Iterable

import structlog

from rooms.health.minutes import RoomMinute
from signaling.admission_port import AdmissionPort

log = structlog.get_logger(__name__)

#: Minutes that wait while the database is out of reach: an hour of a thousand rooms. Then the oldest are given up.
WAITING_MAX = 60_000


class MinuteKeeper:
    """Keeps minutes until they are stored. They are worth little: nobody ever waits for them."""

    def __init__(self, admission: AdmissionPort) -> None:
        self._admission = admission
        self._waiting: list[RoomMinute] = []
        self._turn = asyncio.Lock()

    def add(self, minutes: Iterable[RoomMinute]) -> None:
        """Take minutes for the next :meth:`write`."""
        self._waiting.extend(minutes)
        if len(self._waiting) > WAITING_MAX:
            log.error("minutes of rooms given up", count=len(self._waiting) - WAITING_MAX)
            del self._waiting[:-WAITING_MAX]

    async def write(self) -> None:
        """Store what waits. What can not be stored now waits for the next time."""
        async with self._turn:
            if not self._waiting:
                return
            batch, self._waiting = self._waiting, []
            try:
                await self._admission.record_minutes(batch)
            except BaseException as fault:
                self._waiting = batch + self._waiting
                if not isinstance(fault, Exception):
                    raise
                log.exception("minutes of rooms not stored yet", count=len(batch))
