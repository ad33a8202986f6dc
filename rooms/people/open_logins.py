"""Where an account is signed in now, for its owner to look at."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select

from rooms.people.access import acting_account
from rooms.people.logins import IDLE_LIMIT
from rooms.people.models import Login
from rooms.unit_of_work import UnitOfWork

#: More browsers than a person has; the rest is ended by "everywhere" all the same.
LOGINS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class OpenLogin:
    """One browser that is signed in. ``seen_at`` is exact to 5 minutes; ``is_this`` marks the one that asks."""

    seen_at: datetime
    is_this: bool


async def open_logins(uow: UnitOfWork, login_secret: str) -> tuple[OpenLogin, ...]:
    """Return the logins of the actor's own account that still work, the latest used first; at most 20."""
    account = await acting_account(uow)
    rows = await uow.db.scalars(
        select(Login)
        .where(Login.account_id == account.id, Login.expires_at > uow.now, Login.seen_at > uow.now - IDLE_LIMIT)
        .order_by(Login.seen_at.desc(), Login.secret_hash)
        .limit(LOGINS_SHOWN)
    )
    this = sha256(login_secret.encode()).digest()
    return tuple(OpenLogin(seen_at=login.seen_at, is_this=login.secret_hash == this) for login in rows)
