"""One figure and one cause for a room, from what its browsers measure."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from rooms.health.samples import ConnectionState, LegSample, Rung, RungReason, RungSample
from rooms.health.verdict import CAUSE_OF_REASON, PERSONAL, Cause, Level, RoomVerdict, judge, leg_figure, level_of
from rooms.roles import Role
from rooms.visits.states import PauseReason, RoomState
from tests.support.fake_clock import MONDAY

TRIO = (Role.CLASSROOM, Role.SOCIAL_WORKER, Role.PSYCHOLOGIST)
GOOD = LegSample(
    at=MONDAY,
    reporter=Role.CLASSROOM,
    other=Role.PSYCHOLOGIST,
    connection=ConnectionState.CONNECTED,
    rtt_ms=80.0,
    loss_pct=0.0,
    jitter_ms=5.0,
)


def room_where(**faults: LegSample) -> list[LegSample]:
    """Both ends of each leg of three people, all good but those named ``reporter__other``."""
    return [
        replace(faults.get(f"{one}__{other}", GOOD), reporter=one, other=other) for one, other in permutations(TRIO, 2)
    ]


def verdict(
    samples: list[LegSample],
    *reasons: PauseReason,
    rungs: tuple[RungSample, ...] = (),
    state: RoomState = RoomState.LIVE,
    turn_configured: bool = True,
) -> RoomVerdict:
    return judge(state, frozenset(reasons), samples, rungs, turn_configured=turn_configured, now=MONDAY)


def rung(reporter: Role, rung: Rung, reason: RungReason) -> RungSample:
    return RungSample(at=MONDAY, reporter=reporter, rung=rung, reason=reason)


LOSSY = replace(GOOD, loss_pct=12.0)
FAILED = replace(GOOD, connection=ConnectionState.FAILED)


def test_a_good_room_is_well() -> None:
    found = verdict(room_where())
    assert found.cause is Cause.WELL
    assert found.figure is not None
    assert found.figure > 85


def test_loss_at_everybody_who_hears_the_classroom_is_its_uplink() -> None:
    found = verdict(room_where(social_worker__classroom=LOSSY, psychologist__classroom=LOSSY))
    assert found.code == "classroom-uplink-weak"
    assert found.figure == leg_figure(LOSSY)


def test_loss_at_one_device_from_everybody_is_its_downlink() -> None:
    found = verdict(room_where(social_worker__classroom=LOSSY, social_worker__psychologist=LOSSY))
    assert found.code == "social-worker-downlink-weak"


def test_loss_both_ways_is_the_line() -> None:
    both = room_where(
        social_worker__classroom=LOSSY,
        psychologist__classroom=LOSSY,
        classroom__social_worker=LOSSY,
        classroom__psychologist=LOSSY,
    )
    assert verdict(both).code == "classroom-line-weak"


def test_loss_on_one_way_of_one_leg_is_nobodys_line() -> None:
    assert verdict(room_where(social_worker__classroom=LOSSY)).code == "leg-weak"


def test_two_people_alone_can_not_tell_whose_line_it_is() -> None:
    one, other = (
        replace(LOSSY, reporter=Role.CLASSROOM),
        replace(LOSSY, reporter=Role.PSYCHOLOGIST, other=Role.CLASSROOM),
    )
    assert verdict([one, other]).code == "leg-weak"


def test_a_delay_without_loss_is_a_long_way() -> None:
    far = replace(GOOD, rtt_ms=900.0)
    found = verdict(room_where(classroom__psychologist=far, psychologist__classroom=far))
    assert found.cause is Cause.LONG_WAY


def test_a_failed_leg_without_turn_names_the_missing_path() -> None:
    samples = room_where(classroom__psychologist=FAILED, psychologist__classroom=FAILED)
    assert verdict(samples, turn_configured=False) == RoomVerdict(0, Cause.NO_TURN_PATH)
    assert verdict(samples, turn_configured=True) == RoomVerdict(0, Cause.CUT_OFF)


def test_somebody_whom_nobody_reaches_is_cut_off() -> None:
    samples = room_where(social_worker__classroom=FAILED, psychologist__classroom=FAILED)
    assert verdict(samples).code == "classroom-cut-off"


@pytest.mark.parametrize(
    ("reasons", "cause"),
    [
        ({PauseReason.CHILD_ASKED}, Cause.CHILD_PAUSED),
        ({PauseReason.PSYCHOLOGIST_MISSING}, Cause.ADULT_AWAY),
        ({PauseReason.SOCIAL_WORKER_MISSING, PauseReason.CHILD_ASKED}, Cause.ADULT_AWAY),
        ({PauseReason.CLASSROOM_MISSING, PauseReason.PSYCHOLOGIST_MISSING}, Cause.CLASSROOM_AWAY),
    ],
)
def test_who_is_away_explains_a_pause_before_any_line_does(reasons: set[PauseReason], cause: Cause) -> None:
    found = verdict(room_where(social_worker__classroom=FAILED), *reasons, state=RoomState.PAUSED)
    assert found == RoomVerdict(0, cause)


def test_a_waiting_room_has_no_figure() -> None:
    assert verdict([], state=RoomState.WAITING) == RoomVerdict(None, Cause.NOT_STARTED)


@pytest.mark.parametrize(("age_s", "cause"), [(15.0, Cause.WELL), (15.1, Cause.NO_SAMPLES)])
def test_old_samples_say_nothing(age_s: float, cause: Cause) -> None:
    old = [replace(sample, at=MONDAY - timedelta(seconds=age_s)) for sample in room_where()]
    assert verdict(old).cause is cause


def test_a_room_that_still_connects_is_no_fault() -> None:
    coming = replace(GOOD, connection=ConnectionState.CONNECTING, rtt_ms=None)
    assert verdict([coming]) == RoomVerdict(None, Cause.CONNECTING)


@pytest.mark.parametrize("worse", [{"rtt_ms": 400.0}, {"loss_pct": 3.0}, {"jitter_ms": 60.0}])
def test_each_fault_lowers_the_figure(worse: dict[str, float]) -> None:
    good, bad = leg_figure(GOOD), leg_figure(replace(GOOD, **worse))
    assert good is not None
    assert bad is not None
    assert 0 < bad < good


def test_the_figure_never_leaves_its_scale() -> None:
    assert leg_figure(replace(GOOD, rtt_ms=60_000.0, loss_pct=100.0)) == 0
    assert leg_figure(replace(GOOD, rtt_ms=0.0, jitter_ms=None, loss_pct=None)) == 92


def test_a_line_that_the_ladder_has_spared_is_told_by_the_ladder() -> None:
    found = verdict(
        room_where(),
        rungs=(
            rung(Role.CLASSROOM, Rung.VOICE_8, RungReason.UPLINK_WEAK),
            rung(Role.PSYCHOLOGIST, Rung.VOICE_8, RungReason.OTHER_SIDE_WEAK),
        ),
    )
    assert (found.code, found.rung) == ("classroom-uplink-weak", Rung.VOICE_8)
    assert found.figure is not None
    assert found.figure >= 80


@pytest.mark.parametrize("reason", sorted(set(RungReason) - set(CAUSE_OF_REASON)))
def test_a_low_rung_that_is_nobodys_fault_is_no_cause(reason: RungReason) -> None:
    assert verdict(room_where(), rungs=(rung(Role.CLASSROOM, Rung.VOICE_24, reason),)).cause is Cause.WELL


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        ((RungReason.STARTING, RungReason.STARTING), None),
        ((RungReason.STARTING, RungReason.LINE_GOOD), Rung.VIDEO),
        ((RungReason.CAMERA_OFF, RungReason.LINE_GOOD), Rung.VIDEO),
        ((RungReason.CAMERA_OFF, RungReason.STARTING), Rung.VOICE_24),
        ((RungReason.UPLINK_WEAK, RungReason.LINE_GOOD), Rung.VOICE_24),
    ],
)
def test_who_just_came_and_who_wants_no_picture_do_not_set_the_rooms_rung(
    reasons: tuple[RungReason, RungReason], expected: Rung | None
) -> None:
    low, high = reasons
    rungs = (rung(Role.CLASSROOM, Rung.VOICE_24, low), rung(Role.PSYCHOLOGIST, Rung.VIDEO, high))
    assert verdict(room_where(), rungs=rungs).rung is expected


def test_what_withholds_nothing_is_no_cause() -> None:
    assert verdict(room_where(), rungs=(rung(Role.CLASSROOM, Rung.VIDEO, RungReason.UPLINK_WEAK),)).cause is Cause.WELL


@pytest.mark.parametrize("reason", CAUSE_OF_REASON)
def test_only_a_cause_that_can_be_somebodys_names_a_role(reason: RungReason) -> None:
    found = verdict(room_where(), rungs=(rung(Role.CLASSROOM, Rung.TEXT, reason),))
    assert (found.role is Role.CLASSROOM) == (found.cause in PERSONAL)


def test_a_device_knows_its_own_line_where_two_legs_can_not_tell() -> None:
    one, other = (
        replace(LOSSY, reporter=Role.CLASSROOM),
        replace(LOSSY, reporter=Role.PSYCHOLOGIST, other=Role.CLASSROOM),
    )
    found = verdict([one, other], rungs=(rung(Role.CLASSROOM, Rung.VOICE_8, RungReason.DOWNLINK_WEAK),))
    assert found.code == "classroom-downlink-weak"


def test_loss_that_was_repaired_does_not_lower_the_figure() -> None:
    repaired = replace(GOOD, loss_pct=20.0, invented_pct=0.2)
    assert verdict(room_where(social_worker__classroom=repaired, psychologist__classroom=repaired)).cause is Cause.WELL


def test_the_worst_room_comes_first() -> None:
    broken = verdict(room_where(social_worker__classroom=FAILED, psychologist__classroom=FAILED))
    lossy = verdict(room_where(social_worker__classroom=LOSSY, psychologist__classroom=LOSSY))
    away = verdict(room_where(), PauseReason.CLASSROOM_MISSING, state=RoomState.PAUSED)
    low = verdict(room_where(), rungs=(rung(Role.CLASSROOM, Rung.VOICE_8, RungReason.UPLINK_WEAK),))
    well, waiting = verdict(room_where()), verdict([], state=RoomState.WAITING)
    mixed = [well, low, broken, waiting, away, lossy]
    assert sorted(mixed, key=lambda found: found.severity) == [broken, lossy, away, low, well, waiting]


@pytest.mark.parametrize(
    ("figure", "level"),
    [
        (93, Level.GOOD),
        (80, Level.GOOD),
        (79, Level.FAIR),
        (70, Level.FAIR),
        (69, Level.POOR),
        (50, Level.POOR),
        (49, Level.BAD),
        (0, Level.BAD),
        (None, Level.UNKNOWN),
    ],
)
def test_a_figure_has_one_word(figure: int | None, level: Level) -> None:
    assert level_of(figure) is level
