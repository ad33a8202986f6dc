"""What follow-up returns: notes for the psychologist alone, recommendations by addressee."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rooms.ids import AccountId, ReferralId, VisitId
from rooms.referrals.choices import Language


class Addressee(StrEnum):
    """Whom a recommendation is written for. A specialist's is not shown to the school's side."""

    FAMILY = "family"
    SCHOOL = "school"
    SPECIALIST = "specialist"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteView:
    """A private note of the psychologist on one visit."""

    id: str
    visit: VisitId
    text: str
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationView:
    """A recommendation, in the language of those it is for."""

    id: str
    referral: ReferralId
    visit: VisitId | None
    author: AccountId
    author_name: str
    addressee: Addressee
    language: Language
    text: str
    written_at: datetime
