"""The end of a case: its key is destroyed and its rows are deleted. The audit chain keeps opaque ids only."""

from rooms.audit import AuditTag
from rooms.errors import NotFoundError, WrongStateError
from rooms.ids import ReferralId
from rooms.people.access import require_admin
from rooms.referrals.models import Referral
from rooms.referrals.states import ENDED
from rooms.unit_of_work import UnitOfWork


async def erase_referral(uow: UnitOfWork, referral_id: ReferralId) -> None:
    """Erase a referral that has reached its exit point, with everything that hangs on it. For admins and the service.

    Copies of the database become unreadable with the key, once it is erased there too. Raises ``NotFoundError``, and
    ``WrongStateError`` while the path goes on: withdraw the consent first, which also ends its visits.
    """
    await require_admin(uow)
    referral = await uow.db.get(Referral, referral_id, with_for_update=True)
    if referral is None:
        raise NotFoundError
    if referral.state not in ENDED:
        raise WrongStateError(state=referral.state)
    await uow.vault.erase(referral_id)
    await uow.db.delete(referral)
    uow.record(AuditTag.REFERRAL_ERASED, referral_id)
