"""What goes into the referral path and what comes out of it: frozen facts, decrypted only for those they belong to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from rooms.ids import AccountId, ReferralId, SchoolId, VisitId
from rooms.referrals.choices import AgeBand, ConsentRelation, ConsentScope, ExitReason, Language, Need, Urgency
from rooms.referrals.states import ReferralState


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentForm:
    """A guardian's consent as given: by whom, when (calendar day), to which text, in which language, for what."""

    relation: ConsentRelation
    given_on: date
    text_version: str
    scope: frozenset[ConsentScope]
    language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralForm:
    """The social worker's assessment. ``pseudonym`` is what the child wishes to be called, never the full name."""

    pseudonym: str
    age_band: AgeBand
    languages: frozenset[Language]
    school_id: SchoolId
    need: Need
    urgency: Urgency
    tried: str
    strengths: str
    wish: str
    consent: ConsentForm


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentView:
    """A recorded consent. ``withdrawn_at`` is an instant (UTC), or None while it holds."""

    relation: ConsentRelation
    given_on: date
    text_version: str
    scope: frozenset[ConsentScope]
    language: Language
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReferral:
    """A filed referral as a psychologist sees it before taking it: no name, no free text, no school."""

    id: ReferralId
    age_band: AgeBand
    languages: frozenset[Language]
    need: Need
    urgency: Urgency
    #: The time zone of the school: the only hint at where it is.
    school_zone: str
    filed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MyReferral:
    """One line of the reader's own list."""

    id: ReferralId
    state: ReferralState
    pseudonym: str
    age_band: AgeBand
    need: Need
    urgency: Urgency
    filed_at: datetime
    psychologist_name: str | None
    #: Messages of the other side that came after the reader's own last one.
    unanswered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralView:
    """A whole referral, for the social worker who filed it and the psychologist who took it.

    ``password_renewals`` says of these two when an administrator's link replaced their password, within the last 14
    days and while the path goes on.
    """

    id: ReferralId
    state: ReferralState
    school_id: SchoolId
    school_name: str
    social_worker_id: AccountId
    social_worker_name: str
    psychologist_id: AccountId | None
    psychologist_name: str | None
    pseudonym: str
    age_band: AgeBand
    languages: frozenset[Language]
    need: Need
    urgency: Urgency
    tried: str
    strengths: str
    wish: str
    consent: ConsentView
    filed_at: datetime
    taken_at: datetime | None
    ended_at: datetime | None
    exit_reason: ExitReason | None
    next_contact: str | None
    password_renewals: Mapping[AccountId, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """One message between the social worker and the psychologist of a referral."""

    id: str
    author_id: AccountId
    mine: bool
    text: str
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralEnd:
    """What ending a referral took with it: these visits are cancelled and their live rooms have to be closed."""

    state: ReferralState
    cancelled_visits: tuple[VisitId, ...]
