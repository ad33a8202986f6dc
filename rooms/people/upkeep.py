"""What is forgotten about people by itself, when its time has come."""

from sqlalchemy import delete, select

from rooms.people.models import Account, Login, SignInTry, WelcomeLink
from rooms.people.service import erase_account
from rooms.retention import RetentionClass, cutoff
from rooms.unit_of_work import UnitOfWork

#: How many accounts one unit of work erases; the next run takes the rest.
ERASED_AT_ONCE = 50


async def forget_logins(uow: UnitOfWork) -> int:
    """Delete logins, one-time links and counted tries that are over. Return how many."""
    before = cutoff(RetentionClass.LOGIN, uow.now)
    logins = await uow.db.execute(delete(Login).where(Login.expires_at <= before).returning(Login.account_id))
    links = await uow.db.execute(
        delete(WelcomeLink).where(WelcomeLink.expires_at <= before).returning(WelcomeLink.account_id)
    )
    tries = await uow.db.execute(delete(SignInTry).where(SignInTry.since <= before).returning(SignInTry.tries))
    return len(logins.all()) + len(links.all()) + len(tries.all())


async def erase_old_accounts(uow: UnitOfWork) -> int:
    """Erase accounts that were disabled long ago, at most 50. Return how many."""
    due = await uow.db.scalars(
        select(Account.id)
        .where(Account.disabled_at <= cutoff(RetentionClass.ACCOUNT, uow.now), Account.erased_at.is_(None))
        .order_by(Account.disabled_at)
        .limit(ERASED_AT_ONCE)
    )
    accounts = due.all()
    for account_id in accounts:
        await erase_account(uow, account_id)
    return len(accounts)
