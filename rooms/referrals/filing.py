"""The entry point: a social worker files a referral, with the guardian's consent inside."""

import re
from datetime import date

from rooms.audit import AuditTag
from rooms.clock import to_wall
from rooms.errors import InvalidInputError
from rooms.ids import AccountId, ReferralId, new_id
from rooms.referrals.choices import ConsentScope
from rooms.referrals.models import Consent, Referral
from rooms.referrals.states import ReferralState
from rooms.referrals.texts import NAME_LIMIT, TEXT_LIMIT, fault_of, tidy
from rooms.referrals.views import ConsentForm, ReferralForm
from rooms.unit_of_work import UnitOfWork

#: The form of a consent text's version, such as ``2026-11.1``.
VERSION_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,32}\Z")
#: The sealed fields of the form, with the longest text of each; only the pseudonym must be there.
SEALED_FIELDS = {"pseudonym": NAME_LIMIT, "tried": TEXT_LIMIT, "strengths": TEXT_LIMIT, "wish": TEXT_LIMIT}


def check_form(form: ReferralForm, today: date) -> dict[str, str]:
    """Return the tidied texts of the sealed fields. Raises :class:`InvalidInputError` naming every fault at once."""
    texts = {
        "pseudonym": tidy(form.pseudonym),
        "tried": tidy(form.tried),
        "strengths": tidy(form.strengths),
        "wish": tidy(form.wish),
    }
    faults: dict[str, str] = {}
    for field, limit in SEALED_FIELDS.items():
        fault = fault_of(texts[field], limit, required=field == "pseudonym")
        if fault is not None:
            faults[field] = fault
    if "pseudonym" not in faults and re.search(r"[\n\t]", texts["pseudonym"]):
        faults["pseudonym"] = "control-characters"
    if not form.languages:
        faults["languages"] = "missing"
    if form.consent.given_on > today:
        faults["given_on"] = "in-the-future"
    if not VERSION_PATTERN.match(form.consent.text_version):
        faults["text_version"] = "malformed"
    if ConsentScope.VISITS not in form.consent.scope:
        faults["scope"] = "visits-needed"
    if faults:
        raise InvalidInputError(faults)
    return texts


async def add_referral(uow: UnitOfWork, form: ReferralForm, social_worker: AccountId, school_zone: str) -> ReferralId:
    """Store a filed referral and its consent; the caller has checked who files it. Raises ``InvalidInputError``."""
    texts = check_form(form, to_wall(uow.now, school_zone).date())
    referral_id = ReferralId(new_id())
    sealed = {
        field: await uow.vault.seal(referral_id, Referral.__tablename__, field, referral_id, text)
        for field, text in texts.items()
    }
    uow.db.add(
        Referral(
            id=referral_id,
            state=ReferralState.FILED,
            school_id=form.school_id,
            social_worker_id=social_worker,
            age_band=form.age_band,
            languages=sorted(form.languages),
            need=form.need,
            urgency=form.urgency,
            filed_at=uow.now,
            **sealed,
        )
    )
    # Without a relationship between the two classes, the order of the inserts is settled here.
    await uow.db.flush()
    uow.record(AuditTag.REFERRAL_FILED, referral_id, urgency=form.urgency)
    add_consent(uow, referral_id, form.consent, social_worker)
    await uow.db.flush()
    return referral_id


def add_consent(uow: UnitOfWork, referral_id: ReferralId, form: ConsentForm, recorded_by: AccountId) -> None:
    """Add a consent as given."""
    consent = Consent(
        id=new_id(),
        referral_id=referral_id,
        relation=form.relation,
        given_on=form.given_on,
        text_version=form.text_version,
        scope=sorted(form.scope),
        language=form.language,
        recorded_by=recorded_by,
        recorded_at=uow.now,
    )
    uow.db.add(consent)
    uow.record(AuditTag.CONSENT_RECORDED, referral_id, consent=consent.id, text_version=form.text_version)
