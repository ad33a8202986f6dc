"""Authorisation by look-up: a referral is found through the person asking, or it is not found at all."""

from sqlalchemy import or_, select

from rooms.errors import NotAllowedError, NotFoundError, WrongStateError
from rooms.ids import AccountId, ReferralId
from rooms.people.access import acting_account
from rooms.people.roles import AccountRole
from rooms.referrals.choices import ConsentScope
from rooms.referrals.errors import ConsentMissingError
from rooms.referrals.models import Consent, Referral
from rooms.referrals.states import CARED_FOR, ENDED
from rooms.unit_of_work import UnitOfWork


async def own_referral(uow: UnitOfWork, referral_id: ReferralId, *, lock: bool = False) -> Referral:
    """Return the referral that the actor filed or takes care of. ``lock`` holds it until the unit ends.

    Raises :class:`NotFoundError` for every other referral and every other actor.
    """
    account = await acting_account(uow)
    query = select(Referral).where(
        Referral.id == referral_id,
        or_(Referral.social_worker_id == account.id, Referral.psychologist_id == account.id),
    )
    referral = await uow.db.scalar(query.with_for_update() if lock else query)
    if referral is None:
        raise NotFoundError
    return referral


async def referral_in_care(uow: UnitOfWork, referral_id: ReferralId) -> Referral:
    """Return, locked, a referral that the actor takes care of as its psychologist.

    Raises :class:`NotFoundError` when it is not the actor's, :class:`NotAllowedError` for its social worker and
    :class:`WrongStateError` when the path has ended.
    """
    referral = await own_referral(uow, referral_id, lock=True)
    if referral.psychologist_id != uow.actor.id:
        raise NotAllowedError
    if referral.state not in CARED_FOR:
        raise WrongStateError(state=referral.state)
    return referral


def refuse_ended(referral: Referral) -> None:
    """Raise :class:`WrongStateError` when the path has reached an exit point."""
    if referral.state in ENDED:
        raise WrongStateError(state=referral.state)


async def consent_of(uow: UnitOfWork, referral_id: ReferralId) -> Consent:
    """Return the latest consent of a referral, withdrawn or not. Raises :class:`ConsentMissingError` without one."""
    consent = await uow.db.scalar(
        select(Consent).where(Consent.referral_id == referral_id).order_by(Consent.recorded_at.desc()).limit(1)
    )
    if consent is None:
        raise ConsentMissingError(scope=ConsentScope.VISITS)
    return consent


async def require_consent(uow: UnitOfWork, referral_id: ReferralId, scope: ConsentScope) -> None:
    """Raise :class:`ConsentMissingError` unless the guardian's consent holds and covers ``scope``."""
    consent = await consent_of(uow, referral_id)
    if consent.withdrawn_at is not None or scope.value not in consent.scope:
        raise ConsentMissingError(scope=scope)


async def require_role(uow: UnitOfWork, role: AccountRole) -> AccountId:
    """Return the actor's account id. Raises :class:`NotAllowedError` when the actor has another role."""
    account = await acting_account(uow)
    if account.role is not role:
        raise NotAllowedError
    return account.id


async def pseudonym_of(uow: UnitOfWork, referral: Referral) -> str:
    """Return how the child wishes to be called."""
    return await uow.vault.open(referral.id, Referral.__tablename__, "pseudonym", referral.id, referral.pseudonym)
