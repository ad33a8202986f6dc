"""What the psychologist's templates see."""

from dataclasses import dataclass

from rooms.ids import ReferralId
from web.visits.contexts import VisitLine


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """A referral of the psychologist's own. ``status`` is the step it waits for, or that it waits for none."""

    id: ReferralId
    child: str
    age: str
    need: str
    state: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLine:
    """A referral that nobody has taken yet: no name, no school."""

    id: ReferralId
    need: str
    urgency: str
    is_urgent: bool
    waiting: str
    age: str
    spoken: tuple[str, ...]
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PsychologistDesk:
    """Context of ``psychologist/desk.html``. ``notice`` tells why a referral could not be taken just now."""

    visits: tuple[VisitLine, ...]
    to_do: tuple[CaseLine, ...]
    others: tuple[CaseLine, ...]
    open_referrals: tuple[OpenLine, ...]
    notice: str | None
