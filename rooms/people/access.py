"""Who acts, and the look-ups of people and schools that the other concerns need."""

from collections.abc import Iterable

from sqlalchemy import select

from rooms.errors import NotAllowedError, NotFoundError
from rooms.ids import AccountId, SchoolId
from rooms.people.models import Account, School
from rooms.people.renewals import recent_renewals
from rooms.people.roles import AccountRole
from rooms.people.views import AccountView, SchoolView
from rooms.unit_of_work import ActorKind, UnitOfWork


async def acting_account(uow: UnitOfWork) -> Account:
    """Return the actor's account. Raises :class:`NotAllowedError` for any other actor and for a disabled account."""
    if uow.actor.kind is not ActorKind.ACCOUNT:
        raise NotAllowedError
    account = await uow.db.get(Account, uow.actor.id)
    if account is None or account.disabled_at is not None:
        raise NotAllowedError
    return account


async def require_admin(uow: UnitOfWork) -> None:
    """Raise :class:`NotAllowedError` unless the actor is an active admin or the service itself."""
    if uow.actor.kind is ActorKind.SYSTEM:
        return
    if (await acting_account(uow)).role is not AccountRole.ADMIN:
        raise NotAllowedError


async def lock_account(uow: UnitOfWork, account_id: AccountId) -> None:
    """Hold an account until the unit ends, so that what is counted for it does not change in between."""
    await uow.db.execute(select(Account.id).where(Account.id == account_id).with_for_update())


async def account_view(uow: UnitOfWork, account: Account) -> AccountView:
    """Return an account as others see it."""
    return AccountView(
        id=account.id,
        role=account.role,
        name=await _name(uow, account),
        language=account.language,
        zone=account.zone,
        active=account.disabled_at is None,
        welcomed=account.password_hash is not None,
        password_renewals=recent_renewals(account, uow.now),
    )


async def _name(uow: UnitOfWork, account: Account) -> str:
    if account.name is None:
        return ""
    return await uow.vault.open(account.id, "accounts", "name", account.id, account.name)


async def names_of(uow: UnitOfWork, account_ids: Iterable[AccountId]) -> dict[AccountId, str]:
    """Return the names of accounts; the name of an erased one is empty."""
    wanted = set(account_ids)
    if not wanted:
        return {}
    await uow.vault.preload(wanted)
    accounts = await uow.db.scalars(select(Account).where(Account.id.in_(wanted)))
    return {account.id: await _name(uow, account) for account in accounts}


async def school_of(uow: UnitOfWork, school_id: SchoolId) -> SchoolView:
    """Return a school with its safety plan. Raises :class:`NotFoundError`."""
    school = await uow.db.get(School, school_id)
    if school is None:
        raise NotFoundError
    return await school_view(uow, school)


async def school_view(uow: UnitOfWork, school: School) -> SchoolView:
    """Return a school as workers see it."""
    contact = None
    if school.contact_name is not None:
        contact = await uow.vault.open(school.id, "schools", "contact_name", school.id, school.contact_name)
    return SchoolView(
        id=school.id,
        name=school.name,
        zone=school.zone,
        phone=school.phone,
        contact_name=contact,
        help_contacts=tuple(school.help_contacts),
    )
