"""A minute of one room in a few figures: pure. No people, no roles but in the cause, no addresses."""

from array import array
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from rooms.health.samples import LegSample, Rung, lowest
from rooms.health.verdict import Cause, RoomVerdict
from rooms.ids import VisitId

#: A report of a device that was silent for longer is taken to cover this long, in seconds.
REPORT_COVERS_MOST_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomMinute:
    """What one minute of a room was like. ``minute`` is its first instant."""

    visit: VisitId
    minute: datetime
    #: The lowest that any device was on.
    rung: Rung | None
    #: The worst of the minute, 0 to 93, and the cause given then (:attr:`RoomVerdict.code`).
    figure: int | None
    cause: str
    #: How often a device or a connection was lost.
    drops: int
    #: Medians over all ends of all legs.
    rtt_ms: int | None
    loss_pct: float | None
    #: What all devices together sent, in kilobytes of 1000.
    sent_kb: int


def minute_of(instant: datetime) -> datetime:
    """Return the first instant of a minute."""
    return instant.replace(second=0, microsecond=0)


class MinuteTally:
    """Gathers one minute of one room at a time."""

    __slots__ = ("_drops", "_kilobytes", "_losses", "_minute", "_rtts", "_rung", "_visit", "_worst")

    def __init__(self, visit: VisitId, now: datetime) -> None:
        self._visit = visit
        self._begin(minute_of(now))

    def _begin(self, minute: datetime) -> None:
        self._minute = minute
        self._rung: Rung | None = None
        self._worst: RoomVerdict | None = None
        self._drops = 0
        self._rtts = array("f")
        self._losses = array("f")
        self._kilobytes = 0.0

    def measured(self, sample: LegSample, seconds: float) -> None:
        """Take one end's report on one leg, which covers the ``seconds`` before it."""
        if sample.rtt_ms is not None:
            self._rtts.append(sample.rtt_ms)
        if sample.loss_pct is not None:
            self._losses.append(sample.loss_pct)
        if sample.kbps_out is not None:
            self._kilobytes += sample.kbps_out * min(seconds, REPORT_COVERS_MOST_S) / 8

    def dropped(self) -> None:
        """Count a device or a connection that was lost."""
        self._drops += 1

    def judged(self, verdict: RoomVerdict) -> None:
        """Take how the room is now."""
        if verdict.rung is not None:
            self._rung = lowest([verdict.rung, self._rung or verdict.rung])
        if self._worst is None or verdict.severity < self._worst.severity:
            self._worst = verdict

    def take_over(self, now: datetime) -> RoomMinute | None:
        """Return the minute once it is over, and begin the next; None while it lasts, and where nothing went on."""
        minute = minute_of(now)
        if minute <= self._minute:
            return None
        finished = self.finished()
        self._begin(minute)
        return finished

    def finished(self) -> RoomMinute | None:
        """Return the minute as far as it went; None where the visit had not begun or nothing is known."""
        worst = self._worst
        if worst is None or worst.cause is Cause.NOT_STARTED:
            return None
        return RoomMinute(
            visit=self._visit,
            minute=self._minute,
            rung=self._rung,
            figure=worst.figure,
            cause=worst.code,
            drops=self._drops,
            rtt_ms=round(median(self._rtts)) if self._rtts else None,
            loss_pct=round(median(self._losses), 1) if self._losses else None,
            sent_kb=round(self._kilobytes),
        )
