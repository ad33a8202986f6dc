"""Signing in and out. A login is a random secret in one browser's cookie; only its hash is stored."""

import secrets
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import delete, select, update

from rooms.audit import AuditTag
from rooms.errors import NotAllowedError, NotFoundError
from rooms.ids import AccountId
from rooms.insertion import insert_if_absent
from rooms.keys import Keys
from rooms.people import passwords
from rooms.people.access import account_view, acting_account
from rooms.people.errors import SignInRefusedError, TooManyTriesError
from rooms.people.fields import FieldFaults
from rooms.people.models import Account, Login, SignInTry
from rooms.people.views import AccountView
from rooms.unit_of_work import ActorKind, UnitOfWork

LOGIN_LIFE = timedelta(hours=12)
IDLE_LIMIT = timedelta(hours=2)
#: How stale ``seen_at`` may get before a request writes it again; writing at each request would cost a commit.
SEEN_STEP = timedelta(minutes=5)
#: SP 800-63B-4 allows at most 100 failed tries; here they grow back every hour, so that no owner is shut out for good.
MOST_TRIES = 100
TRIES_WINDOW = timedelta(hours=1)
SECRET_BYTES = 32


def email_lookup(keys: Keys, address: str) -> bytes:
    """Return the keyed hash under which a normalised address is found."""
    return keys.lookup_hash("email", address)


async def sign_in(uow: UnitOfWork, email: str, password: str) -> tuple[str, AccountView]:
    """Return a new login's secret and whose it is. Call it first in a unit: it commits on its way.

    Raises :class:`SignInRefusedError`, the same and after the same time for every reason, and
    :class:`TooManyTriesError` whether or not the address has an account.
    """
    lookup = email_lookup(uow.keys, FieldFaults().email("email", email))
    # Counted before the password is looked at, so that tries side by side are all counted.
    await _count_try(uow, lookup)
    account = await _active_account(uow, lookup)
    password_hash = account.password_hash if account is not None else None
    async with uow.stepping_out():
        right = await passwords.is_right(password_hash, password)
    account = await _active_account(uow, lookup)
    if not right or account is None or account.password_hash != password_hash:
        uow.record(AuditTag.LOGIN_REFUSED, account.id if account is not None else "")
        await uow.settle()
        raise SignInRefusedError
    await uow.db.execute(delete(SignInTry).where(SignInTry.email_lookup == lookup))
    return _open_login(uow, account), await account_view(uow, account)


async def sign_in_without_password(uow: UnitOfWork, account_id: AccountId) -> str:
    """Return a new login's secret. For the service itself only: in demo mode links sign people in.

    Raises :class:`NotAllowedError` for any other actor, :class:`NotFoundError` for no or a disabled account.
    """
    if uow.actor.kind is not ActorKind.SYSTEM:
        raise NotAllowedError
    account = await uow.db.get(Account, account_id)
    if account is None or account.disabled_at is not None:
        raise NotFoundError
    return _open_login(uow, account)


async def resolve_login(uow: UnitOfWork, login_secret: str) -> AccountView | None:
    """Return whose login this is, or None when it is unknown, over, idle for 2 hours, or of a disabled account."""
    row = (
        await uow.db.execute(
            select(Login, Account)
            .join(Account, Account.id == Login.account_id)
            .where(
                Login.secret_hash == hash_of(login_secret),
                Login.expires_at > uow.now,
                Login.seen_at > uow.now - IDLE_LIMIT,
                Account.disabled_at.is_(None),
            )
        )
    ).one_or_none()
    if row is None:
        return None
    login, account = row
    if uow.now - login.seen_at >= SEEN_STEP:
        # By statement: a login that is closed at this moment is simply not there to be updated.
        await uow.db.execute(update(Login).where(Login.secret_hash == login.secret_hash).values(seen_at=uow.now))
    return await account_view(uow, account)


async def sign_out(uow: UnitOfWork, login_secret: str) -> None:
    """End one login. Nothing happens when there is none."""
    closed = await uow.db.execute(
        delete(Login).where(Login.secret_hash == hash_of(login_secret)).returning(Login.account_id)
    )
    account_id = closed.scalar_one_or_none()
    if account_id is not None:
        uow.record(AuditTag.LOGIN_CLOSED, account_id)


async def sign_out_everywhere(uow: UnitOfWork) -> None:
    """End all logins of the actor's own account."""
    await close_logins(uow, (await acting_account(uow)).id)


async def close_logins(uow: UnitOfWork, account_id: AccountId) -> None:
    """End all logins of an account."""
    closed = await uow.db.execute(delete(Login).where(Login.account_id == account_id).returning(Login.account_id))
    count = len(closed.all())
    if count:
        uow.record(AuditTag.LOGINS_CLOSED, account_id, count=count)


async def _active_account(uow: UnitOfWork, lookup: bytes) -> Account | None:
    return await uow.db.scalar(select(Account).where(Account.email_lookup == lookup, Account.disabled_at.is_(None)))


async def _count_try(uow: UnitOfWork, lookup: bytes) -> None:
    """Count one try for an address. Raises :class:`TooManyTriesError` when there were too many within the hour."""
    await insert_if_absent(uow.db, SignInTry, email_lookup=lookup, tries=0, since=uow.now)
    row = await uow.db.get_one(SignInTry, lookup, with_for_update=True)
    if row.since <= uow.now - TRIES_WINDOW:
        row.tries, row.since = 1, uow.now
    elif row.tries >= MOST_TRIES:
        raise TooManyTriesError
    else:
        row.tries += 1


def _open_login(uow: UnitOfWork, account: Account) -> str:
    secret = secrets.token_urlsafe(SECRET_BYTES)
    uow.db.add(
        Login(secret_hash=hash_of(secret), account_id=account.id, seen_at=uow.now, expires_at=uow.now + LOGIN_LIFE)
    )
    uow.record(AuditTag.LOGIN_OPENED, account.id)
    return secret


def hash_of(secret: str) -> bytes:
    """Return what is stored of a secret: 256 random bits need no slow hash. Any text has one, nonsense included."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()
