"""Accounts and schools: who works here, and where.

Every function takes a unit of work first and returns frozen views. Signing in is in ``rooms.people.logins``; its
functions are offered here too, so that callers have one place to look.
"""

import secrets
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from rooms.audit import AuditTag
from rooms.errors import InvalidInputError, NotFoundError, WrongStateError
from rooms.ids import AccountId, SchoolId, new_id
from rooms.people import passwords
from rooms.people.access import account_view, acting_account, require_admin, school_of, school_view
from rooms.people.errors import LastAdminError, WelcomeNotValidError
from rooms.people.fields import MOST_HELP_CONTACTS, NAME_LIMIT, SCHOOL_NAME_LIMIT, FieldFaults
from rooms.people.logins import (
    close_logins,
    email_lookup,
    hash_of,
    resolve_login,
    sign_in,
    sign_in_without_password,
    sign_out,
    sign_out_everywhere,
)
from rooms.people.models import Account, School, SignInTry, WelcomeLink
from rooms.people.renewals import add_renewal
from rooms.people.roles import AccountRole, PageLanguage
from rooms.people.views import AccountView, SchoolView
from rooms.unit_of_work import ActorKind, UnitOfWork

__all__ = [
    "AccountRole",
    "AccountView",
    "PageLanguage",
    "SchoolView",
    "accept_welcome",
    "change_school",
    "create_account",
    "create_school",
    "disable_account",
    "erase_account",
    "get_account",
    "get_school",
    "issue_welcome",
    "list_accounts",
    "list_schools",
    "resolve_login",
    "set_language",
    "sign_in",
    "sign_in_without_password",
    "sign_out",
    "sign_out_everywhere",
]

WELCOME_LIFE = timedelta(days=7)
SECRET_BYTES = 32
PAGE_SIZE = 50
#: The longest list of schools that a form offers.
MOST_SCHOOLS = 500


async def create_account(
    uow: UnitOfWork, *, role: AccountRole, email: str, name: str, language: PageLanguage, zone: str
) -> AccountView:
    """Add a worker, who can sign in once welcomed. For admins and the service itself.

    Raises :class:`InvalidInputError`; an address that has an account already is ``in-use``.
    """
    await require_admin(uow)
    faults = FieldFaults()
    plain_name = faults.text("name", name, NAME_LIMIT)
    address = faults.email("email", email)
    faults.zone("zone", zone)
    if faults:
        raise InvalidInputError(faults)
    account_id = AccountId(new_id())
    account = Account(
        id=account_id,
        role=role,
        email_lookup=email_lookup(uow.keys, address),
        email=await uow.vault.seal(account_id, "accounts", "email", account_id, address),
        name=await uow.vault.seal(account_id, "accounts", "name", account_id, plain_name),
        language=language,
        zone=zone,
        created_at=uow.now,
    )
    try:
        async with uow.db.begin_nested():
            uow.db.add(account)
    except IntegrityError:
        raise InvalidInputError({"email": "in-use"}) from None
    uow.record(AuditTag.ACCOUNT_CREATED, account_id, role=role)
    return await account_view(uow, account)


async def issue_welcome(uow: UnitOfWork, account_id: AccountId) -> str:
    """Return the secret of a one-time link, good for 7 days; earlier links of the account die. For admins.

    It also serves who has forgotten their password. Raises :class:`NotFoundError` and, for a disabled account,
    :class:`WrongStateError`.
    """
    await require_admin(uow)
    account = await _account(uow, account_id)
    if account.disabled_at is not None:
        raise WrongStateError(state="disabled")
    await uow.db.execute(delete(WelcomeLink).where(WelcomeLink.account_id == account_id))
    secret = secrets.token_urlsafe(SECRET_BYTES)
    link = WelcomeLink(secret_hash=hash_of(secret), account_id=account_id, expires_at=uow.now + WELCOME_LIFE)
    uow.db.add(link)
    uow.record(AuditTag.WELCOME_ISSUED, account_id)
    return secret


async def accept_welcome(uow: UnitOfWork, secret: str, password: str) -> AccountView:
    """Spend a one-time link: set the password, close all other logins of the account.

    Where there was a password already, its owner and their colleagues are told (``rooms/people/renewals.py``).
    Raises :class:`WelcomeNotValidError`, or :class:`InvalidInputError` for a password that is not good enough; the
    link then still works.
    """
    account = await _welcomed_account(uow, secret)
    passwords.check_new(password)
    async with uow.stepping_out():
        password_hash = await passwords.hash_password(password)
    # Somebody may have used the link, or an admin closed the account, while the password was being hashed.
    account = await _welcomed_account(uow, secret)
    if account.password_hash is not None:
        add_renewal(account, uow.now)
        uow.record(AuditTag.CREDENTIAL_RENEWED, account.id)
    account.password_hash = password_hash
    await uow.db.execute(delete(WelcomeLink).where(WelcomeLink.account_id == account.id))
    # Whoever holds the link may enter at once, even after somebody else used up the tries of this address.
    await uow.db.execute(delete(SignInTry).where(SignInTry.email_lookup == account.email_lookup))
    await close_logins(uow, account.id)
    uow.record(AuditTag.WELCOME_ACCEPTED, account.id)
    return await account_view(uow, account)


async def _welcomed_account(uow: UnitOfWork, secret: str) -> Account:
    """Return, locked, the account that a one-time link is for. Raises :class:`WelcomeNotValidError`."""
    account = await uow.db.scalar(
        select(Account)
        .join(WelcomeLink, WelcomeLink.account_id == Account.id)
        .where(
            WelcomeLink.secret_hash == hash_of(secret),
            WelcomeLink.expires_at > uow.now,
            Account.disabled_at.is_(None),
        )
        .with_for_update()
    )
    if account is None:
        raise WelcomeNotValidError
    return account


async def set_language(uow: UnitOfWork, language: PageLanguage) -> AccountView:
    """Change the language of the actor's own pages."""
    account = await acting_account(uow)
    account.language = language
    return await account_view(uow, account)


async def get_account(uow: UnitOfWork, account_id: AccountId) -> AccountView:
    """Return one account. For admins. Raises :class:`NotFoundError`."""
    await require_admin(uow)
    return await account_view(uow, await _account(uow, account_id))


async def list_accounts(uow: UnitOfWork, *, page: int = 0) -> tuple[AccountView, ...]:
    """Return accounts, the newest first, 50 on a page. For admins."""
    await require_admin(uow)
    rows = await uow.db.scalars(
        select(Account)
        .order_by(Account.created_at.desc(), Account.id)
        .limit(PAGE_SIZE)
        .offset(max(page, 0) * PAGE_SIZE)
    )
    accounts = rows.all()
    await uow.vault.preload(account.id for account in accounts)
    return tuple([await account_view(uow, account) for account in accounts])


async def disable_account(uow: UnitOfWork, account_id: AccountId) -> AccountView:
    """Close an account: its logins and links end now. Doing it again changes nothing. For admins.

    Raises :class:`NotFoundError`, and :class:`LastAdminError` for the only active admin.
    """
    await require_admin(uow)
    if await _is_last_admin(uow, account_id):
        raise LastAdminError
    account = await _account(uow, account_id)
    if account.disabled_at is None:
        account.disabled_at = uow.now
        await uow.db.execute(delete(WelcomeLink).where(WelcomeLink.account_id == account_id))
        await close_logins(uow, account_id)
        uow.record(AuditTag.ACCOUNT_DISABLED, account_id)
    return await account_view(uow, account)


async def _is_last_admin(uow: UnitOfWork, account_id: AccountId) -> bool:
    """Say whether no other admin is active. All admins are locked, so that two can not disable each other at once."""
    admins = await uow.db.scalars(
        select(Account.id)
        .where(Account.role == AccountRole.ADMIN, Account.disabled_at.is_(None))
        .order_by(Account.id)
        .with_for_update()
    )
    return admins.all() == [account_id]


async def erase_account(uow: UnitOfWork, account_id: AccountId) -> None:
    """Destroy the name, address and password of a disabled account; its id stays in the cases it answered for.

    For admins and the retention job. Raises :class:`NotFoundError`, and :class:`WrongStateError` while it is active.
    """
    await require_admin(uow)
    account = await _account(uow, account_id)
    if account.disabled_at is None:
        raise WrongStateError(state="active")
    if account.erased_at is None:
        await uow.vault.erase(account_id)
        account.email_lookup = account.email = account.name = account.password_hash = None
        account.password_renewals = []
        account.erased_at = uow.now
        uow.record(AuditTag.ACCOUNT_ERASED, account_id)


async def create_school(
    uow: UnitOfWork,
    *,
    name: str,
    zone: str,
    phone: str | None = None,
    contact_name: str | None = None,
    help_contacts: tuple[str, ...] = (),
) -> SchoolView:
    """Add a school. Its safety plan may follow later, but no visit opens without one. For admins.

    ``phone`` and ``help_contacts`` are numbers as typed. Raises :class:`InvalidInputError`.
    """
    await require_admin(uow)
    school = School(id=SchoolId(new_id()), created_at=uow.now)
    await _fill_school(
        uow,
        school,
        name=name,
        zone=zone,
        phone=phone,
        contact_name=contact_name,
        help_contacts=help_contacts,
    )
    uow.db.add(school)
    uow.record(AuditTag.SCHOOL_CREATED, school.id)
    return await school_view(uow, school)


async def change_school(
    uow: UnitOfWork,
    school_id: SchoolId,
    *,
    name: str,
    zone: str,
    phone: str | None,
    contact_name: str | None,
    help_contacts: tuple[str, ...],
) -> SchoolView:
    """Replace what is known of a school. For admins. Raises :class:`NotFoundError` and :class:`InvalidInputError`."""
    await require_admin(uow)
    school = await uow.db.get(School, school_id)
    if school is None:
        raise NotFoundError
    await _fill_school(
        uow,
        school,
        name=name,
        zone=zone,
        phone=phone,
        contact_name=contact_name,
        help_contacts=help_contacts,
    )
    uow.record(AuditTag.SCHOOL_CHANGED, school_id)
    return await school_view(uow, school)


async def _fill_school(
    uow: UnitOfWork,
    school: School,
    *,
    name: str,
    zone: str,
    phone: str | None,
    contact_name: str | None,
    help_contacts: tuple[str, ...],
) -> None:
    faults = FieldFaults()
    plain_name = faults.text("name", name, SCHOOL_NAME_LIMIT)
    known_zone = faults.zone("zone", zone)
    number = faults.phone("phone", phone) if phone else None
    contact = faults.text("contact_name", contact_name, NAME_LIMIT) if contact_name else None
    further = [faults.phone("help_contacts", typed) for typed in help_contacts]
    if len(further) > MOST_HELP_CONTACTS:
        faults["help_contacts"] = "too-many"
    if faults:
        raise InvalidInputError(faults)
    school.name, school.zone, school.phone, school.help_contacts = plain_name, known_zone, number, further
    school.contact_name = (
        await uow.vault.seal(school.id, "schools", "contact_name", school.id, contact) if contact else None
    )


async def get_school(uow: UnitOfWork, school_id: SchoolId) -> SchoolView:
    """Return one school, for any worker. Raises :class:`NotFoundError`."""
    if uow.actor.kind is not ActorKind.SYSTEM:
        await acting_account(uow)
    return await school_of(uow, school_id)


async def list_schools(uow: UnitOfWork) -> tuple[SchoolView, ...]:
    """Return the schools by name, for any worker; at most 500."""
    if uow.actor.kind is not ActorKind.SYSTEM:
        await acting_account(uow)
    rows = await uow.db.scalars(select(School).order_by(func.lower(School.name), School.id).limit(MOST_SCHOOLS))
    schools = rows.all()
    await uow.vault.preload(school.id for school in schools)
    return tuple([await school_view(uow, school) for school in schools])


async def _account(uow: UnitOfWork, account_id: AccountId) -> Account:
    account = await uow.db.get(Account, account_id)
    if account is None:
        raise NotFoundError
    return account
