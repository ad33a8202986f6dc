"""What the rest of the program sees of people and schools: frozen, opened, without secrets."""

from dataclasses import dataclass
from datetime import datetime

from rooms.ids import AccountId, SchoolId
from rooms.people.roles import AccountRole, PageLanguage


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """A worker. ``welcomed`` says that they have chosen a password; ``name`` is empty once the account is erased.

    ``password_renewals`` are the instants of the last 14 days at which an administrator's link replaced the password.
    """

    id: AccountId
    role: AccountRole
    name: str
    language: PageLanguage
    zone: str
    active: bool
    welcomed: bool
    password_renewals: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolView:
    """A school and its safety plan. Numbers are in international form, or short numbers of the country."""

    id: SchoolId
    name: str
    zone: str
    phone: str | None
    contact_name: str | None
    help_contacts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Somebody who may be asked into a visit for supervision."""

    id: AccountId
    name: str
