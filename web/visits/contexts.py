"""What the visit templates see: words and links, ready to be shown."""

from dataclasses import dataclass

from rooms.ids import ReferralId, VisitId
from rooms.visits.views import HelpPlan
from web.forms import Form
from web.moments import Moment
from web.referrals.renewals import RenewalLine


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitLine:
    """A visit in a list. ``countdown`` is empty once it is over; ``may_join`` says that its room is open now."""

    id: VisitId
    child: str
    state: str
    countdown: str
    starts: Moment
    composition: str
    length: str
    may_join: bool
    is_ahead: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatLine:
    """One seat of a visit. ``code`` is the role as it stands in addresses; ``name`` is a professional's own.

    ``has_card`` says that the reader may print a card for it.
    """

    code: str
    role: str
    picture: str
    has_account: bool
    has_card: bool
    name: str
    bound: bool
    removed: bool


@dataclass(frozen=True, slots=True)
class StayLine:
    """One stay in the room, in times of day on the visit's clock. ``left`` is None while it lasts."""

    role: str
    joined: str
    left: str | None


@dataclass(frozen=True, slots=True)
class LineStretch:
    """Minutes in which the same went through: what and when, the worst of them, and why."""

    words: str
    figure: str
    cause: str


@dataclass(frozen=True, slots=True)
class LineBar:
    """One minute as a bar, in units of the drawing: a minute wide."""

    x: int
    y: int
    height: int
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSummary:
    """How the lines of a visit were. ``round_trip`` and ``loss`` are empty where nobody could tell."""

    stretches: tuple[LineStretch, ...]
    bars: tuple[LineBar, ...]
    width: int
    height: int
    starts: str
    ends: str
    drops: str
    round_trip: str
    loss: str
    data: str
    kept_days: int


@dataclass(frozen=True, slots=True)
class NoteLine:
    """One private note, as its author sees it."""

    at: Moment
    text: str


@dataclass(frozen=True, slots=True)
class VisitForms:
    """The forms of the visit's page; at most one of them holds faults."""

    note: Form
    reschedule: Form
    supervision: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPage:
    """Context of ``visits/visit.html``. ``own_time`` is set where the reader's clock shows another time.

    ``may_move`` says that nobody has entered yet; a visit under way is cancelled or ends, and another is booked.
    ``supervisors`` is empty where nobody can be asked any more, ``may_part`` says that whoever was asked can be let go.
    """

    visit: VisitLine
    referral: ReferralId
    is_psychologist: bool
    renewals: tuple[RenewalLine, ...]
    may_move: bool
    may_note: bool
    own_time: Moment | None
    opens: Moment
    seats: tuple[SeatLine, ...]
    attendance: tuple[StayLine, ...]
    line: LineSummary | None
    notes: tuple[NoteLine, ...]
    help: HelpPlan | None
    forms: VisitForms
    supervisors: tuple[tuple[str, str], ...]
    may_part: bool
    wall_start: str
    zone: str
    zones: tuple[tuple[str, str], ...]
    minutes: str
    minutes_choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonOnCard:
    """Somebody who will be in the visit: a picture, words, and for a professional the name."""

    picture: str
    words: str
    name: str
    is_you: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPage:
    """Context of ``print/card.html``: nothing of the child, no reason."""

    visit: VisitId
    is_beside_child: bool
    link: str
    code_page: str
    check_page: str
    code_groups: tuple[str, ...]
    starts: Moment
    length: str
    people: tuple[PersonOnCard, ...]
    phones: tuple[str, ...]
