"""Puts what happened in one room into the stored world, in order, whatever the database does meanwhile."""

import asyncio
from collections.abc import Sequence

import structlog

from rooms.ids import VisitId
from rooms.visits.admission import is_kept
from rooms.visits.events import RoomEvent
from signaling.admission_port import AdmissionPort

log = structlog.get_logger(__name__)

#: Pauses between tries while the database can not be reached.
RETRY_FIRST_S = 0.1
RETRY_MOST_S = 2.0


class RoomLedger:
    """Writes one batch at a time. Events that decide nothing wait a moment, so that one transaction takes many."""

    def __init__(self, visit: VisitId, admission: AdmissionPort, gather_s: float) -> None:
        self._visit = visit
        self._admission = admission
        self._gather_s = gather_s
        self._waiting: list[RoomEvent] = []
        self._turn = asyncio.Lock()
        self._later: asyncio.TimerHandle | None = None
        self._writings: set[asyncio.Task[None]] = set()

    def add(self, happened: Sequence[RoomEvent]) -> None:
        """Take events to be written within ``gather_s`` seconds."""
        self._waiting.extend(event for event in happened if is_kept(event))
        if self._waiting and self._later is None:
            self._later = asyncio.get_running_loop().call_later(self._gather_s, self._write_soon)

    async def write(self) -> None:
        """Return when everything taken so far is stored. Giving up the wait does not give up the writing."""
        await asyncio.shield(self._start_writing())

    async def close(self, patience_s: float) -> None:
        """Write what is left; give up after ``patience_s`` seconds."""
        try:
            async with asyncio.timeout(patience_s):
                await self.write()
        except TimeoutError:
            log.error("room events lost at the end", visit=self._visit)  # noqa: TRY400
        for writing in tuple(self._writings):
            writing.cancel()
        await asyncio.gather(*self._writings, return_exceptions=True)

    def _write_soon(self) -> None:
        self._later = None
        self._start_writing()

    def _start_writing(self) -> asyncio.Task[None]:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        writing = asyncio.get_running_loop().create_task(self._write_all())
        self._writings.add(writing)
        writing.add_done_callback(self._writings.discard)
        return writing

    async def _write_all(self) -> None:
        """Write what waits, in the order in which it happened; try again, for ever, while the database is away."""
        pause_s = RETRY_FIRST_S
        async with self._turn:
            batch, self._waiting = self._waiting, []
            while batch:
                try:
                    await self._admission.record_room_events(self._visit, batch)
                    batch = []
                except Exception:
                    # Whatever went wrong, these events have happened: to lose them is worse than to wait.
                    log.exception("room events not stored yet", visit=self._visit, events=len(batch))
                    await asyncio.sleep(pause_s)
                    pause_s = min(pause_s * 2, RETRY_MOST_S)
