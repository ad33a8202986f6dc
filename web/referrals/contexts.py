"""What the referral templates see: words and links, ready to be shown."""

from dataclasses import dataclass

from rooms.ids import ReferralId
from web.forms import Form
from web.moments import Moment
from web.referrals.renewals import RenewalLine
from web.visits.contexts import VisitLine

#: (value, words) pairs as the fields of a form want them.
Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class NextStep:
    """What the reader can do now. ``link`` is None where there is only waiting."""

    words: str
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """What was assessed, in words."""

    name: str
    age: str
    languages: tuple[str, ...]
    school: str
    need: str
    urgency: str
    tried: str
    strengths: str
    wish: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLine:
    """One message between the two professionals."""

    author: str
    mine: bool
    text: str
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationLine:
    """One recommendation as it stands in a list."""

    id: str
    addressee: str
    language: str
    text: str
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentLines:
    """The guardian's consent in words. ``withdrawn_on`` is None while it holds."""

    relation: str
    given_on: str
    language: str
    version: str
    scope: tuple[str, ...]
    withdrawn_on: str | None


@dataclass(frozen=True, slots=True)
class ExitLines:
    """How the path ended. ``reason`` is None where the guardian took the consent back."""

    on: str
    reason: str | None
    next_contact: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class May:
    """What the reader may do on this page now."""

    write: bool
    book: bool
    recommend: bool
    withdraw: bool
    release: bool
    close: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingChoices:
    """What the booking form offers. ``composition_hint`` explains the choice, or why there is none.

    ``supervisors`` is empty where nobody can be asked; else its first choice is nobody.
    """

    zone: str
    zones: Options
    minutes: Options
    compositions: Options
    composition_hint: str
    extra_roles: Options
    supervisors: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralForms:
    """The forms of the page; at most one of them holds faults."""

    message: Form
    booking: Form
    recommendation: Form
    closing: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralPage:
    """Context of ``referrals/referral.html``."""

    id: ReferralId
    child: Child
    state: str
    status: str
    next_step: NextStep | None
    social_worker: str
    psychologist: str | None
    renewals: tuple[RenewalLine, ...]
    visits: tuple[VisitLine, ...]
    past_visits: tuple[VisitLine, ...]
    messages: tuple[MessageLine, ...]
    recommendations: tuple[RecommendationLine, ...]
    consent: ConsentLines
    exit: ExitLines | None
    may: May
    forms: ReferralForms
    booking: BookingChoices
    addressees: Options
    spoken_languages: Options
    exit_reasons: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationSheet:
    """Context of ``print/recommendation.html``. The words around the text are in the language of the text."""

    referral: ReferralId
    sheet_lang: str
    sheet_dir: str
    heading: str
    written_on: str
    paragraphs: tuple[str, ...]
    size: str
    closing: str
    author: str
