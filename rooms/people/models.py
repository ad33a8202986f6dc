"""The tables of the people who work here, how they sign in, and the schools they work with."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from rooms.ids import AccountId, SchoolId
from rooms.mapping import Base
from rooms.people.roles import AccountRole, PageLanguage
from rooms.retention import RetentionClass, about

HASH_BYTES = 32


class Account(Base):
    """A worker. Name and e-mail are sealed with the account's own data key."""

    __tablename__ = "accounts"
    __table_args__ = (Index("ix_accounts_created_at", "created_at"),)

    id: Mapped[AccountId] = mapped_column(
        String(32), primary_key=True, info=about("names the worker in the cases they answer for", RetentionClass.AUDIT)
    )
    role: Mapped[AccountRole] = mapped_column(info=about("what the account may do", RetentionClass.AUDIT))
    email_lookup: Mapped[bytes | None] = mapped_column(
        LargeBinary(HASH_BYTES),
        unique=True,
        info=about("finds the account at sign-in: a keyed hash of the e-mail address", RetentionClass.ACCOUNT),
    )
    email: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=about("where the worker is written to; sealed", RetentionClass.ACCOUNT)
    )
    name: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=about("who colleagues and families work with; sealed", RetentionClass.ACCOUNT)
    )
    password_hash: Mapped[str | None] = mapped_column(
        String(255), info=about("checks the password at sign-in (argon2id)", RetentionClass.ACCOUNT)
    )
    #: The latest only: ``rooms/people/renewals.py`` writes and reads them.
    password_renewals: Mapped[list[str]] = mapped_column(
        JSON,
        default=list,
        info=about(
            "when an administrator's link replaced the password: told to its owner and their colleagues",
            RetentionClass.ACCOUNT,
        ),
    )
    language: Mapped[PageLanguage] = mapped_column(info=about("the language of their pages", RetentionClass.ACCOUNT))
    zone: Mapped[str] = mapped_column(String(64), info=about("their wall clock", RetentionClass.ACCOUNT))
    created_at: Mapped[datetime] = mapped_column(info=about("order of the list of people", RetentionClass.AUDIT))
    disabled_at: Mapped[datetime | None] = mapped_column(
        info=about("from when on the account may do nothing; starts its retention", RetentionClass.AUDIT)
    )
    erased_at: Mapped[datetime | None] = mapped_column(
        info=about("when name, address and password were destroyed", RetentionClass.AUDIT)
    )


class WelcomeLink(Base):
    """A one-time link with which a worker chooses their password."""

    __tablename__ = "welcome_links"
    __table_args__ = (Index("ix_welcome_links_expires_at", "expires_at"),)

    secret_hash: Mapped[bytes] = mapped_column(
        LargeBinary(HASH_BYTES), primary_key=True, info=about("recognises the link", RetentionClass.LOGIN)
    )
    # One for each account: a new link replaces the one before.
    account_id: Mapped[AccountId] = mapped_column(
        String(32),
        ForeignKey("accounts.id", ondelete="CASCADE"),
        unique=True,
        info=about("whose password it sets", RetentionClass.LOGIN),
    )
    expires_at: Mapped[datetime] = mapped_column(info=about("when it stops working", RetentionClass.LOGIN))


class Login(Base):
    """One browser in which a worker is signed in."""

    __tablename__ = "logins"
    __table_args__ = (Index("ix_logins_account_id", "account_id"), Index("ix_logins_expires_at", "expires_at"))

    secret_hash: Mapped[bytes] = mapped_column(
        LargeBinary(HASH_BYTES), primary_key=True, info=about("recognises the login cookie", RetentionClass.LOGIN)
    )
    account_id: Mapped[AccountId] = mapped_column(
        String(32),
        ForeignKey("accounts.id", ondelete="CASCADE"),
        info=about("who is signed in", RetentionClass.LOGIN),
    )
    seen_at: Mapped[datetime] = mapped_column(info=about("ends a login that nobody uses", RetentionClass.LOGIN))
    expires_at: Mapped[datetime] = mapped_column(info=about("ends every login in the end", RetentionClass.LOGIN))


class SignInTry(Base):
    """How often one address was tried of late, whether or not an account has it."""

    __tablename__ = "sign_in_tries"
    __table_args__ = (Index("ix_sign_in_tries_since", "since"),)

    email_lookup: Mapped[bytes] = mapped_column(
        LargeBinary(HASH_BYTES),
        primary_key=True,
        info=about("counts guesses by address: a keyed hash", RetentionClass.LOGIN),
    )
    tries: Mapped[int] = mapped_column(info=about("stops the guessing of passwords", RetentionClass.LOGIN))
    since: Mapped[datetime] = mapped_column(info=about("when the count began", RetentionClass.LOGIN))


class School(Base):
    """A school, with what makes a visit there safe: whom to call, and who is near the child."""

    __tablename__ = "schools"

    id: Mapped[SchoolId] = mapped_column(
        String(32), primary_key=True, info=about("names the school", RetentionClass.SERVICE)
    )
    name: Mapped[str] = mapped_column(String(120), info=about("shown to workers and on cards", RetentionClass.SERVICE))
    zone: Mapped[str] = mapped_column(String(64), info=about("the school's wall clock", RetentionClass.SERVICE))
    phone: Mapped[str | None] = mapped_column(
        String(20), info=about("called when the line is lost or a child needs help", RetentionClass.SERVICE)
    )
    contact_name: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=about("the adult on site to ask for; sealed", RetentionClass.SERVICE)
    )
    help_contacts: Mapped[list[str]] = mapped_column(
        JSON, info=about("further numbers to call for help, the nearest first", RetentionClass.SERVICE)
    )
    created_at: Mapped[datetime] = mapped_column(info=about("order of the list of schools", RetentionClass.SERVICE))
