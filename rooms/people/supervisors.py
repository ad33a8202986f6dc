"""Who may be asked to supervise: named to psychologists, and to nobody else."""

from sqlalchemy import select

from rooms.errors import NotAllowedError
from rooms.ids import AccountId
from rooms.people.access import acting_account, names_of
from rooms.people.models import Account
from rooms.people.roles import AccountRole
from rooms.people.views import Supervisor
from rooms.unit_of_work import UnitOfWork

#: The longest list of supervisors that a form offers.
MOST_SUPERVISORS = 100


async def list_supervisors(uow: UnitOfWork) -> tuple[Supervisor, ...]:
    """Return the active supervisors by name, at most 100, to a psychologist. Raises :class:`NotAllowedError`."""
    if (await acting_account(uow)).role is not AccountRole.PSYCHOLOGIST:
        raise NotAllowedError
    found = await uow.db.scalars(
        select(Account.id)
        .where(Account.role == AccountRole.SUPERVISOR, Account.disabled_at.is_(None))
        .order_by(Account.created_at, Account.id)
        .limit(MOST_SUPERVISORS)
    )
    names = await names_of(uow, found.all())
    return tuple(sorted((Supervisor(account, name) for account, name in names.items()), key=lambda each: each.name))


async def is_active_supervisor(uow: UnitOfWork, account_id: AccountId) -> bool:
    """Say whether an account is a supervisor's and open."""
    account = await uow.db.get(Account, account_id)
    return account is not None and account.role is AccountRole.SUPERVISOR and account.disabled_at is None
