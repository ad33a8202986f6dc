"""What the visit services return: frozen facts, never rows of the database. All instants are aware UTC."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rooms.ids import AccountId, ParticipantId, ReferralId, VisitId
from rooms.roles import Composition, Role
from rooms.unit_of_work import Actor
from rooms.visits.plan import SeatPlan
from rooms.visits.states import ClaimState, VisitState


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRule:
    """How long links work around a visit: seconds before its start and seconds after its planned end."""

    before_s: int = 15 * 60
    after_s: int = 15 * 60


DEFAULT_WINDOW = WindowRule()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatView:
    """One seat of a visit. ``bound`` says that a browser holds it; ``account`` is whose own it is, by signing in."""

    participant: ParticipantId
    role: Role
    account: AccountId | None
    bound: bool
    removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitView:
    """A visit as the two professionals of its referral see it.

    ``wall_start`` (naive) in ``zone`` is what was agreed; the instants are derived from it.
    Links work from ``opens_at`` (inclusive) to ``closes_at`` (exclusive).
    """

    id: VisitId
    referral: ReferralId
    state: VisitState
    pseudonym: str
    wall_start: datetime
    zone: str
    minutes: int
    composition: Composition
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    closes_at: datetime
    door_opened: bool
    seats: tuple[SeatView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisedVisit:
    """A visit as a supervisor who was asked into it sees it: whose work and when, nothing of the child."""

    id: VisitId
    state: VisitState
    psychologist_name: str
    zone: str
    minutes: int
    composition: Composition
    starts_at: datetime
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedVisit:
    """A visit whose instant a new release of the time-zone data has moved; its wall time stays."""

    id: VisitId
    old_starts_at: datetime
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SweptVisits:
    """What a sweep found past its window: met, came but not met, nobody came."""

    completed: tuple[VisitId, ...]
    missed: tuple[VisitId, ...]
    expired: tuple[VisitId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationCard:
    """What is printed for one seat. ``secret`` belongs in the fragment of the link and nowhere else.

    ``spoken_code`` has eight digits and works for this visit's window only.
    """

    visit: VisitView
    participant: ParticipantId
    role: Role
    secret: str
    spoken_code: str
    school_name: str
    social_worker_name: str
    psychologist_name: str
    supervisor_name: str | None


class ExchangeOutcome(StrEnum):
    """What became of a browser that showed a link or a code."""

    #: The seat is this browser's.
    BOUND = "bound"
    #: Another browser has the seat; the adults are asked.
    CLAIMED = "claimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """The answer to a link or a spoken code. ``claim`` is set when the outcome is ``claimed``."""

    outcome: ExchangeOutcome
    visit: VisitId
    role: Role
    participant: ParticipantId
    claim: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimView:
    """A second browser that waits for a seat, as the adults of the visit see it."""

    id: str
    participant: ParticipantId
    role: Role
    state: ClaimState
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatGrant:
    """What a spent ticket opens: these seats of this visit, for this actor, as the database knows them now."""

    visit: VisitId
    participants: tuple[SeatPlan, ...]
    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpPlan:
    """What works without a network: who is near the child and which numbers to call (international form)."""

    school_name: str
    contact_name: str | None
    phones: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceView:
    """One stay of one role in the room. ``left_at`` is None while it lasts."""

    role: Role
    joined_at: datetime
    left_at: datetime | None
