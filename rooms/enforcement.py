"""The job that deletes what has been kept as long as its retention class says.

One rule for each class that has a limit; a test finds a class without one.
"""

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy import delete, select

from rooms.audit import AuditTag
from rooms.health.service import forget_minutes
from rooms.people.upkeep import erase_old_accounts, forget_logins
from rooms.referrals.erasure import erase_referral
from rooms.referrals.models import Referral
from rooms.retention import RetentionClass, cutoff
from rooms.unit_of_work import Actor, Store, UnitOfWork
from rooms.visits.models import SpentTicket
from rooms.visits.upkeep import forget_links

#: How many cases one unit of work erases; the next one takes the rest.
ERASED_AT_ONCE = 50


async def erase_old_cases(uow: UnitOfWork) -> int:
    """Erase referrals that ended long ago, at most 50. Return how many."""
    due = await uow.db.scalars(
        select(Referral.id)
        .where(Referral.ended_at <= cutoff(RetentionClass.CASE, uow.now))
        .order_by(Referral.ended_at)
        .limit(ERASED_AT_ONCE)
    )
    referrals = due.all()
    for referral_id in referrals:
        await erase_referral(uow, referral_id)
    return len(referrals)


async def forget_tickets(uow: UnitOfWork) -> int:
    """Delete the identifiers of spent tickets that have expired. Return how many."""
    gone = await uow.db.execute(
        delete(SpentTicket)
        .where(SpentTicket.expires_at <= cutoff(RetentionClass.TICKET, uow.now))
        .returning(SpentTicket.jti)
    )
    return len(gone.all())


#: In this order: a case takes its visits' links along.
RULES: Mapping[RetentionClass, Callable[[UnitOfWork], Awaitable[int]]] = {
    RetentionClass.TICKET: forget_tickets,
    RetentionClass.LOGIN: forget_logins,
    RetentionClass.CASE: erase_old_cases,
    RetentionClass.LINK: forget_links,
    RetentionClass.MEASUREMENT: forget_minutes,
    RetentionClass.ACCOUNT: erase_old_accounts,
}


async def enforce(uow: UnitOfWork) -> int:
    """Apply every rule once and return how many things were deleted; run it again until that is none.

    The actor is the service itself: the rules of erasing ask for it.
    """
    total = 0
    for retention, rule in RULES.items():
        deleted = await rule(uow)
        if deleted:
            uow.record(AuditTag.RETENTION_ENFORCED, retention, count=deleted)
        total += deleted
    return total


async def enforce_all(store: Store) -> int:
    """Delete everything that is due, in small units of work. Return how many things that were.

    Afterwards the deleted bytes are also removed from what SQLite keeps beside its tables.
    """
    total = 0
    while True:
        async with store.begin(Actor.system("retention")) as uow:
            deleted = await enforce(uow)
        if not deleted:
            break
        total += deleted
    if total:
        await store.scrub()
    return total
