"""Passwords that an administrator's link has replaced: whoever opened the link acts as that worker from then on.

A forgotten password needs such a link, and a wrong person with one could enter a child's room as a professional. It can
not be prevented where an administrator lets people in; so it is told: to the owner, and to those who work with them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select

from rooms.ids import AccountId
from rooms.people.models import Account
from rooms.unit_of_work import UnitOfWork

#: How long a renewal is told.
TOLD_FOR = timedelta(days=14)


def add_renewal(account: Account, now: datetime) -> None:
    """Remember that the password of an account was replaced now; renewals that are told no more are forgotten."""
    account.password_renewals = [*map(datetime.isoformat, recent_renewals(account, now)), now.isoformat()]


def recent_renewals(account: Account, now: datetime) -> tuple[datetime, ...]:
    """Return when the password was replaced within the last 14 days, the latest last."""
    renewals = map(datetime.fromisoformat, account.password_renewals)
    return tuple(renewed_at for renewed_at in renewals if renewed_at > now - TOLD_FOR)


async def renewals_of(uow: UnitOfWork, account_ids: Iterable[AccountId]) -> dict[AccountId, datetime]:
    """Return when each of these passwords was replaced last, where that was within the last 14 days."""
    accounts = await uow.db.scalars(select(Account).where(Account.id.in_(set(account_ids))))
    renewals = {account.id: recent_renewals(account, uow.now) for account in accounts}
    return {account_id: recent[-1] for account_id, recent in renewals.items() if recent}
