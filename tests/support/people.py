"""Makes workers and schools for tests."""

from rooms.ids import AccountId
from rooms.people import service as people
from rooms.people.roles import AccountRole, PageLanguage
from rooms.people.views import AccountView, SchoolView
from rooms.unit_of_work import Actor, Store, UnitOfWork

SETUP = Actor.system("test")
PASSWORD = "seven goats on the roof"


async def add_account(
    store: Store, role: AccountRole = AccountRole.SOCIAL_WORKER, *, email: str = "", name: str = "Amina Idrissi"
) -> AccountView:
    """Add a worker who has not chosen a password yet. Without ``email`` one is made from the role."""
    async with store.begin(SETUP) as uow:
        return await account_in(uow, role, email=email or f"{role}@example.org", name=name)


async def account_in(uow: UnitOfWork, role: AccountRole, *, email: str, name: str = "Amina Idrissi") -> AccountView:
    """Add a worker within a unit of the caller's, which may add more: each unit costs a commit."""
    return await people.create_account(
        uow, role=role, email=email, name=name, language=PageLanguage.ARABIC, zone="Africa/Casablanca"
    )


async def welcome(store: Store, account_id: AccountId, password: str = PASSWORD) -> None:
    """Let a worker choose their password."""
    async with store.begin(SETUP) as uow:
        secret = await people.issue_welcome(uow, account_id)
    async with store.begin(Actor.anonymous()) as uow:
        await people.accept_welcome(uow, secret, password)


async def add_school(store: Store, *, safe: bool = True) -> SchoolView:
    """Add a school; ``safe`` gives it a safety plan."""
    async with store.begin(SETUP) as uow:
        return await school_in(uow, safe=safe)


async def school_in(uow: UnitOfWork, *, safe: bool = True) -> SchoolView:
    """Add a school within a unit of the caller's."""
    return await people.create_school(
        uow,
        name="Ecole Ibn Battouta",
        zone="Africa/Casablanca",
        phone="0539 33 44 55" if safe else None,
        contact_name="Fatima Zahra" if safe else None,
        help_contacts=("+212 661 223344",) if safe else (),
    )
