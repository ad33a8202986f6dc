"""A room over time: since when it is so, and what is kept of each minute."""

from datetime import datetime, timedelta

from rooms.health.minutes import RoomMinute
from rooms.health.samples import ConnectionState, LegSample, Rung, RungReason, RungSample
from rooms.health.verdict import Cause
from rooms.health.watch import RoomWatch, Standing
from rooms.ids import VisitId
from rooms.roles import Role
from rooms.visits.states import PauseReason, RoomState
from tests.support.fake_clock import MONDAY

VISIT = VisitId("v" * 32)


def at(seconds: float) -> datetime:
    return MONDAY + timedelta(seconds=seconds)


class Watched:
    """A watched room with one leg whose far end reports nothing."""

    def __init__(self) -> None:
        self.watch = RoomWatch(VISIT, MONDAY, turn_configured=True)
        self.last: LegSample | None = None

    def hears(
        self,
        seconds: float,
        *,
        rtt_ms: float = 80.0,
        loss_pct: float = 0.0,
        kbps_out: float = 40.0,
        connection: ConnectionState = ConnectionState.CONNECTED,
        rung: Rung = Rung.VIDEO,
        reason: RungReason = RungReason.LINE_GOOD,
        state: RoomState = RoomState.LIVE,
    ) -> Standing:
        sample = LegSample(
            at=at(seconds),
            reporter=Role.CLASSROOM,
            other=Role.PSYCHOLOGIST,
            connection=connection,
            rtt_ms=rtt_ms,
            loss_pct=loss_pct,
            jitter_ms=5.0,
            kbps_out=kbps_out,
        )
        self.watch.measured(sample, self.last, at(seconds))
        self.last = sample
        told = RungSample(at=at(seconds), reporter=Role.CLASSROOM, rung=rung, reason=reason)
        return self.watch.look(state, frozenset(), [sample], [told], at(seconds))


def only(minutes: list[RoomMinute]) -> RoomMinute:
    (minute,) = minutes
    return minute


def test_a_cause_and_a_rung_each_have_their_own_since() -> None:
    room = Watched()
    room.hears(0)
    weak = room.hears(5, rung=Rung.STILLS, reason=RungReason.UPLINK_WEAK)
    lower = room.hears(10, rung=Rung.VOICE_24, reason=RungReason.UPLINK_WEAK)
    assert weak.verdict.code == lower.verdict.code == "classroom-uplink-weak"
    assert (lower.cause_since, lower.rung_since) == (at(5), at(10))


def test_another_rate_of_voice_is_still_voice() -> None:
    room = Watched()
    first = room.hears(0, rung=Rung.VOICE_24, reason=RungReason.DOWNLINK_WEAK)
    later = room.hears(5, rung=Rung.VOICE_8, reason=RungReason.DOWNLINK_WEAK)
    assert later.verdict.rung is Rung.VOICE_8
    assert later.rung_since == first.rung_since


def test_a_minute_keeps_the_worst_and_the_middle() -> None:
    room = Watched()
    for seconds, rtt_ms in ((0, 80.0), (5, 100.0), (10, 300.0)):
        room.hears(seconds, rtt_ms=rtt_ms)
    worst = room.hears(15, rtt_ms=100.0, loss_pct=30.0, rung=Rung.VOICE_8, reason=RungReason.UPLINK_WEAK)
    room.hears(20)
    assert room.watch.take_minutes(at(59.9)) == []
    kept = only(room.watch.take_minutes(at(60)))
    assert (kept.visit, kept.minute) == (VISIT, MONDAY)
    assert kept.figure == worst.verdict.figure
    assert (kept.cause, kept.rung) == ("classroom-uplink-weak", Rung.VOICE_8)
    assert (kept.rtt_ms, kept.loss_pct, kept.drops) == (100, 0.0, 0)
    # The first report has nothing before it; four cover 5 seconds each.
    assert kept.sent_kb == 40 * 20 / 8
    assert room.watch.take_minutes(at(61)) == []


def test_each_minute_is_returned_once_and_in_order() -> None:
    room = Watched()
    for seconds in range(0, 180, 5):
        room.hears(seconds)
    assert [minute.minute for minute in room.watch.take_minutes(at(180))] == [at(0), at(60), at(120)]


def test_the_last_minute_is_kept_though_it_is_not_over() -> None:
    room = Watched()
    room.hears(0)
    assert only(room.watch.take_minutes(at(10), closing=True)).minute == MONDAY


def test_a_leg_that_breaks_is_one_drop_however_often_it_is_told() -> None:
    room = Watched()
    room.hears(0)
    room.hears(5, connection=ConnectionState.DISCONNECTED)
    room.hears(10, connection=ConnectionState.FAILED)
    room.watch.dropped(at(12))
    kept = only(room.watch.take_minutes(at(60)))
    assert (kept.drops, kept.figure, kept.cause) == (2, 0, "cut-off")


def test_a_long_silence_is_not_paid_for_at_the_last_rate() -> None:
    room = Watched()
    room.hears(0)
    room.hears(50, kbps_out=8.0)
    assert only(room.watch.take_minutes(at(60))).sent_kb == 15


def test_nothing_is_kept_of_minutes_before_the_visit_began() -> None:
    room = Watched()
    room.hears(0, state=RoomState.WAITING)
    assert room.watch.take_minutes(at(60), closing=True) == []


def test_a_minute_in_which_nobody_measured_is_kept_as_unknown() -> None:
    watch = RoomWatch(VISIT, MONDAY, turn_configured=True)
    watch.look(RoomState.PAUSED, frozenset({PauseReason.CLASSROOM_MISSING}), [], [], at(1))
    kept = only(watch.take_minutes(at(60)))
    assert (kept.figure, kept.rung, kept.cause) == (None, None, Cause.CLASSROOM_AWAY)
