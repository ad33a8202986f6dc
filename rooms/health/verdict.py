"""From the latest samples of a room's legs to one figure and one cause: pure, for the page of open rooms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rooms.health.samples import BROKEN, RUNG_ORDER, ConnectionState, LegSample, Rung, RungReason, RungSample, lowest
from rooms.roles import Role
from rooms.visits.states import PauseReason, RoomState

#: A sample older than this says nothing about now.
SAMPLE_LIFE = timedelta(seconds=15)
#: Voice below this figure leaves many listeners dissatisfied (ITU-T G.107, annex B).
WEAK_BELOW = 70
#: Above it most are satisfied, below :data:`BAD_BELOW` nearly nobody is (the same table).
GOOD_FROM = 80
BAD_BELOW = 50
#: The best figure of the E-model's defaults: no delay, no loss.
BEST = 93.2
#: How well concealment hides random loss: that of G.711 with concealment (ITU-T G.113, appendix I).
LOSS_ROBUSTNESS = 25.1
#: One-way delay from which conversation suffers more (Cole and Rosenbluth's simplification of G.107).
DELAY_KNEE_MS = 177.3
#: Packet time and coding, which the round trip does not contain.
CODING_DELAY_MS = 60.0


class Cause(StrEnum):
    """Why a room is as it is. Some causes are somebody's: see :attr:`RoomVerdict.code`."""

    WELL = "well"
    NOT_STARTED = "not-started"
    CHILD_PAUSED = "child-paused"
    CLASSROOM_AWAY = "classroom-away"
    ADULT_AWAY = "adult-away"
    NO_SAMPLES = "no-samples"
    CONNECTING = "connecting"
    NO_TURN_PATH = "no-turn-path"
    CUT_OFF = "cut-off"
    UPLINK_WEAK = "uplink-weak"
    DOWNLINK_WEAK = "downlink-weak"
    LINE_WEAK = "line-weak"
    LONG_WAY = "long-way"
    LEG_WEAK = "leg-weak"
    DATA_BUDGET = "data-budget"
    DEVICE_SLOW = "device-slow"
    BATTERY_LOW = "battery-low"
    HELD = "held"


#: The causes that can be somebody's; without a role they are nobody's in particular.
PERSONAL = frozenset(
    {
        Cause.CUT_OFF,
        Cause.UPLINK_WEAK,
        Cause.DOWNLINK_WEAK,
        Cause.LINE_WEAK,
        Cause.LONG_WAY,
        Cause.DATA_BUDGET,
        Cause.DEVICE_SLOW,
        Cause.BATTERY_LOW,
    }
)

#: What a ladder's reason says about the room, where the legs themselves show nothing: the ladder has adapted already.
CAUSE_OF_REASON: dict[RungReason, Cause] = {
    RungReason.UPLINK_WEAK: Cause.UPLINK_WEAK,
    RungReason.DOWNLINK_WEAK: Cause.DOWNLINK_WEAK,
    RungReason.LINE_LOST: Cause.CUT_OFF,
    RungReason.NO_PATH: Cause.CUT_OFF,
    RungReason.LONG_WAY: Cause.LONG_WAY,
    RungReason.DATA_BUDGET: Cause.DATA_BUDGET,
    RungReason.DEVICE_SLOW: Cause.DEVICE_SLOW,
    RungReason.BATTERY_LOW: Cause.BATTERY_LOW,
    # About somebody else, so the last to be believed.
    RungReason.HELD: Cause.HELD,
    RungReason.OTHER_SIDE_WEAK: Cause.LEG_WEAK,
}
_REASON_ORDER = tuple(CAUSE_OF_REASON)


class Level(StrEnum):
    """A figure as one word."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    BAD = "bad"
    UNKNOWN = "unknown"


def level_of(figure: int | None) -> Level:
    """Return the word for a figure."""
    if figure is None:
        return Level.UNKNOWN
    if figure >= WEAK_BELOW:
        return Level.GOOD if figure >= GOOD_FROM else Level.FAIR
    return Level.POOR if figure >= BAD_BELOW else Level.BAD


@dataclass(frozen=True, slots=True)
class RoomVerdict:
    """One room's health. ``figure`` is the worst leg's, 0 (nothing passes) to 93 (as in one room); None: unknown.

    ``rung`` is the lowest that any device is held on by its line or by choice, or, where none is, that any is on. None:
    unknown, or all still climb from where they joined.
    """

    figure: int | None
    cause: Cause
    role: Role | None = None
    rung: Rung | None = None

    @property
    def code(self) -> str:
        """The cause in kebab-case with whose it is, such as ``classroom-uplink-weak``."""
        return self.cause.value if self.role is None else f"{self.role.value.replace('_', '-')}-{self.cause.value}"

    @property
    def severity(self) -> tuple[int, int, int]:
        """A key that sorts the worst room first."""
        figure = 100 if self.figure is None else self.figure
        rung = 0 if self.rung is None else RUNG_ORDER.index(self.rung)
        if self.cause is Cause.NOT_STARTED:
            return 4, figure, -rung
        if self.figure is not None and self.figure < WEAK_BELOW:
            return 0, figure, -rung
        if self.cause in {Cause.NO_SAMPLES, Cause.CLASSROOM_AWAY, Cause.ADULT_AWAY}:
            return 1, figure, -rung
        if self.cause in {Cause.WELL, Cause.CONNECTING, Cause.CHILD_PAUSED}:
            return 3, figure, -rung
        return 2, figure, -rung


def cause_of(code: str) -> tuple[Cause, Role | None]:
    """Return cause and role of a :attr:`RoomVerdict.code`. Raises ``ValueError`` for any other text."""
    for role in Role:
        prefix = f"{role.value.replace('_', '-')}-"
        if code.startswith(prefix) and code.removeprefix(prefix) in PERSONAL:
            return Cause(code.removeprefix(prefix)), role
    return Cause(code), None


def leg_figure(sample: LegSample) -> int | None:
    """Return how well a voice is understood on this leg (E-model rating, 0 to 93); None while it is not known."""
    if sample.connection in BROKEN:
        return 0
    if sample.connection is not ConnectionState.CONNECTED or sample.rtt_ms is None:
        return None
    delay_ms = sample.rtt_ms / 2 + 2 * (sample.jitter_ms or 0.0) + CODING_DELAY_MS
    impaired_by_delay = 0.024 * delay_ms + 0.11 * max(0.0, delay_ms - DELAY_KNEE_MS)
    missing = _missing_pct(sample)
    impaired_by_loss = 95 * missing / (missing + LOSS_ROBUSTNESS)
    return round(max(0.0, BEST - impaired_by_delay - impaired_by_loss))


def _missing_pct(sample: LegSample) -> float:
    """Return what the listener lacks: what had to be invented, or, where a browser can not tell, what was lost."""
    known = sample.loss_pct if sample.invented_pct is None else sample.invented_pct
    return known or 0.0


def judge(
    state: RoomState,
    reasons: frozenset[PauseReason],
    samples: Sequence[LegSample],
    rungs: Sequence[RungSample] = (),
    *,
    turn_configured: bool,
    now: datetime,
) -> RoomVerdict:
    """Return the figure and the cause of an open room, from the latest sample of each end of each leg.

    ``rungs`` holds the latest of each device.
    """
    fresh = [sample for sample in samples if now - sample.at <= SAMPLE_LIFE]
    standing = [sample for sample in rungs if now - sample.at <= SAMPLE_LIFE]
    figures = [(figure, sample) for sample in fresh if (figure := leg_figure(sample)) is not None]
    worst = min((figure for figure, _ in figures), default=None)
    rung = _rung_of(standing)
    absence = _absence(state, reasons)
    if absence is not None:
        return RoomVerdict(worst, absence, None, rung)
    if not fresh:
        return RoomVerdict(None, Cause.NO_SAMPLES, None, rung)
    if worst is None:
        return RoomVerdict(None, Cause.CONNECTING, None, rung)
    broken = [sample for sample in fresh if sample.connection in BROKEN]
    if broken:
        return RoomVerdict(worst, *_break(broken, turn_configured=turn_configured), rung)
    told = _reason_of(standing, turn_configured=turn_configured)
    if worst >= WEAK_BELOW:
        return RoomVerdict(worst, *(told or (Cause.WELL, None)), rung)
    weak = [sample for figure, sample in figures if figure < WEAK_BELOW]
    strong = [sample for figure, sample in figures if figure >= WEAK_BELOW]
    found = _weakness(weak, strong)
    if found[0] is Cause.LEG_WEAK and told is not None:
        # The legs can not tell whose line it is, but a device knows its own.
        found = told
    return RoomVerdict(worst, *found, rung)


def _rung_of(rungs: Sequence[RungSample]) -> Rung | None:
    """Return the rung that says most about the lines: a camera that is off, or a device that just came, says little."""
    settled = [sample for sample in rungs if sample.reason is not RungReason.STARTING]
    wanting = [sample.rung for sample in settled if sample.reason is not RungReason.CAMERA_OFF]
    return lowest(wanting or [sample.rung for sample in settled])


def _absence(state: RoomState, reasons: frozenset[PauseReason]) -> Cause | None:
    if state in {RoomState.WAITING, RoomState.CLOSED}:
        return Cause.NOT_STARTED
    if PauseReason.CLASSROOM_MISSING in reasons:
        return Cause.CLASSROOM_AWAY
    if reasons & {PauseReason.SOCIAL_WORKER_MISSING, PauseReason.PSYCHOLOGIST_MISSING}:
        return Cause.ADULT_AWAY
    return Cause.CHILD_PAUSED if PauseReason.CHILD_ASKED in reasons else None


def _break(broken: Sequence[LegSample], *, turn_configured: bool) -> tuple[Cause, Role | None]:
    """Say why legs carry nothing. A connection that failed where there is no TURN most likely found no path at all."""
    if not turn_configured and any(sample.connection is ConnectionState.FAILED for sample in broken):
        return Cause.NO_TURN_PATH, None
    return Cause.CUT_OFF, _shared_by_all(broken)


def _reason_of(rungs: Sequence[RungSample], *, turn_configured: bool) -> tuple[Cause, Role | None] | None:
    """Return what the devices' own ladders give as the cause; None when no ladder stands low against its will.

    A reason about the device itself goes before one about others; of equals the lowest rung's.
    """
    told = sorted(
        (sample for sample in rungs if sample.reason in CAUSE_OF_REASON and sample.rung is not Rung.VIDEO),
        key=lambda sample: (_REASON_ORDER.index(sample.reason), -RUNG_ORDER.index(sample.rung)),
    )
    if not told:
        return None
    first = told[0]
    if first.reason is RungReason.NO_PATH and not turn_configured:
        return Cause.NO_TURN_PATH, None
    cause = CAUSE_OF_REASON[first.reason]
    return cause, first.reporter if cause in PERSONAL else None


def _shared_by_all(samples: Sequence[LegSample]) -> Role | None:
    """Return who is at an end of every one of these legs; None when that is nobody, or cannot be told of two."""
    shared = frozenset.intersection(*(frozenset({sample.reporter, sample.other}) for sample in samples))
    return next(iter(shared)) if len(shared) == 1 else None


def _weakness(weak: Sequence[LegSample], strong: Sequence[LegSample]) -> tuple[Cause, Role | None]:
    """Say whose line is weak, where the weak ends have one person in common whom no strong end contradicts."""
    if all(_missing_pct(sample) < 1 for sample in weak):
        return Cause.LONG_WAY, _shared_by_all(weak)
    if len(weak) == 1:
        return Cause.LEG_WEAK, None
    senders = {sample.other for sample in weak} - {sample.other for sample in strong}
    if len({sample.other for sample in weak}) == 1 and senders:
        return Cause.UPLINK_WEAK, weak[0].other
    receivers = {sample.reporter for sample in weak} - {sample.reporter for sample in strong}
    if len({sample.reporter for sample in weak}) == 1 and receivers:
        return Cause.DOWNLINK_WEAK, weak[0].reporter
    shared = _shared_by_all(weak)
    return (Cause.LINE_WEAK, shared) if shared is not None else (Cause.LEG_WEAK, None)
