"""What the social worker's templates see."""

from dataclasses import dataclass

from rooms.ids import ReferralId
from web.forms import Form
from web.referrals.contexts import Options
from web.visits.contexts import VisitLine


@dataclass(frozen=True, slots=True)
class ReferralLine:
    """One of the social worker's own referrals with where it stands."""

    id: ReferralId
    child: str
    state: str
    status: str


@dataclass(frozen=True, slots=True)
class WorkerDesk:
    """Context of ``worker/desk.html``."""

    visits: tuple[VisitLine, ...]
    referrals: tuple[ReferralLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReferralPage:
    """Context of ``worker/new_referral.html``. ``today`` is an ISO date; without ``schools`` there is no form."""

    form: Form
    schools: Options
    age_bands: Options
    spoken_languages: Options
    needs: Options
    urgencies: Options
    consent_languages: Options
    relations: Options
    scopes: Options
    consent_version: str
    today: str
