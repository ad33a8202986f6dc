"""One room's health over time: since when it is so, and its minutes. Pure; its owner brings samples and the time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rooms.health.minutes import MinuteTally, RoomMinute
from rooms.health.samples import BROKEN, LegSample, Rung, RungSample
from rooms.health.verdict import RoomVerdict, judge
from rooms.ids import VisitId
from rooms.visits.states import PauseReason, RoomState


@dataclass(frozen=True, slots=True)
class Standing:
    """A verdict, and since when its cause and its rung have been these."""

    verdict: RoomVerdict
    cause_since: datetime
    rung_since: datetime


class RoomWatch:
    """Watches one room. The minutes that are over wait in :meth:`take_minutes` to be stored."""

    __slots__ = ("_minutes", "_standing", "_tally", "_turn_configured")

    def __init__(self, visit: VisitId, now: datetime, *, turn_configured: bool) -> None:
        self._tally = MinuteTally(visit, now)
        self._standing: Standing | None = None
        self._minutes: list[RoomMinute] = []
        self._turn_configured = turn_configured

    def measured(self, sample: LegSample, before: LegSample | None, now: datetime) -> None:
        """Take one end's new report on one leg; ``before`` is its last one. A leg that broke since is a drop."""
        self._roll(now)
        self._tally.measured(sample, 0.0 if before is None else (now - before.at).total_seconds())
        if before is not None and sample.connection in BROKEN and before.connection not in BROKEN:
            self._tally.dropped()

    def dropped(self, now: datetime) -> None:
        """Count a device that is not heard any more."""
        self._roll(now)
        self._tally.dropped()

    def look(
        self,
        state: RoomState,
        reasons: frozenset[PauseReason],
        samples: Sequence[LegSample],
        rungs: Sequence[RungSample],
        now: datetime,
    ) -> Standing:
        """Judge the room now, remember it for the minute, and say since when it is so."""
        self._roll(now)
        verdict = judge(state, reasons, samples, rungs, turn_configured=self._turn_configured, now=now)
        self._tally.judged(verdict)
        last = self._standing
        self._standing = Standing(
            verdict,
            last.cause_since if last is not None and last.verdict.code == verdict.code else now,
            last.rung_since if last is not None and _family(last.verdict.rung) == _family(verdict.rung) else now,
        )
        return self._standing

    def take_minutes(self, now: datetime, *, closing: bool = False) -> list[RoomMinute]:
        """Return the minutes that are over and were not returned before; ``closing``: also the one that is going on."""
        self._roll(now)
        minutes, self._minutes = self._minutes, []
        if closing and (unfinished := self._tally.finished()) is not None:
            minutes.append(unfinished)
        return minutes

    def _roll(self, now: datetime) -> None:
        if (finished := self._tally.take_over(now)) is not None:
            self._minutes.append(finished)


def _family(rung: Rung | None) -> str:
    """Return what a rung is to people: all voices are one."""
    return "" if rung is None else rung.family
