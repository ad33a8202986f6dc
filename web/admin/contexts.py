"""What the admin's templates see."""

from dataclasses import dataclass

from rooms.ids import AccountId
from rooms.people.views import SchoolView
from web.forms import Form
from web.referrals.contexts import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """One account. An erased account has no name any more."""

    id: AccountId
    name: str
    role: str
    active: bool
    is_you: bool


@dataclass(frozen=True, slots=True)
class WelcomeLink:
    """A one-time link, shown once to the admin who made it."""

    name: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePage:
    """Context of ``admin/people.html``. ``notice`` says why something could not be done."""

    people: tuple[PersonLine, ...]
    welcome: WelcomeLink | None
    notice: str | None
    form: Form
    roles: Options
    page_languages: Options
    zone: str
    earlier: int | None
    later: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolLine:
    """One school. ``is_ready`` says that its safety plan is there, without which no visit opens."""

    school: SchoolView
    is_ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolsPage:
    """Context of ``admin/schools.html``. ``editing`` is the id of the school that the form changes, or empty."""

    schools: tuple[SchoolLine, ...]
    form: Form
    zone: str
    editing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegLine:
    """One end of one connection of an open room, in words and numbers that are ready to be shown."""

    between: str
    connection: str
    path: str
    round_trip: str
    loss: str
    invented: str
    rate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatLine:
    """Who sits there, by role, and what goes through to and from their device."""

    role: str
    rung: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomLine:
    """One open room: roles and measurements, nobody's name. ``level`` is a code, ``figure`` a word with its number."""

    number: str
    state: str
    level: str
    figure: str
    sentence: str
    path: str
    rung: str
    round_trip: str
    loss: str
    since: str
    seats: tuple[SeatLine, ...]
    legs: tuple[LegLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomsPage:
    """Context of ``admin/rooms.html``, and what ``/admin/rooms.json`` says. The worst room is first."""

    as_of: str
    rooms: tuple[RoomLine, ...]
