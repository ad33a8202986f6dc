"""Brings a database to the schema of this program, on SQLite and on PostgreSQL.

All functions but :func:`is_at_head` are synchronous and run before the server takes traffic, or in a command.
Alembic is imported when it is used: the server itself does not need it in memory.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.pool import ConnectionPoolEntry

FOLDER = Path(__file__).parent
#: Held while migrating PostgreSQL, so that two servers that start together do not both do it. Any fixed number.
MIGRATION_LOCK = 0x7761736C
BUSY_TIMEOUT_MS = 60_000


def migrate(database_url: str) -> None:
    """Upgrade to the newest schema in one transaction. Nothing happens when it is there already.

    Safe to interrupt and safe to run twice at once. Raises ``alembic.util.CommandError`` when the database has a
    revision that this program does not know: it belongs to a newer release.
    """
    from alembic import command  # noqa: PLC0415 - see the module's docstring

    engine = migration_engine(database_url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": MIGRATION_LOCK})
            command.upgrade(config(connection), "head")
    finally:
        engine.dispose()


def current_revision(database_url: str) -> str | None:
    """Return the revision of a database, or None for one that is empty. Does not make a missing SQLite file."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return None
    engine = migration_engine(database_url)
    try:
        with engine.connect() as connection:
            return _revision(connection)
    finally:
        engine.dispose()


@cache
def head_revision() -> str:
    """Return the newest revision that this program knows."""
    head = script_folder().get_current_head()
    if head is None:
        raise LookupError("this installation has no migrations")
    return head


def at_head(database_url: str) -> bool:
    """Say whether a database has exactly the schema of this program."""
    return current_revision(database_url) == head_revision()


async def is_at_head(db: AsyncSession) -> bool:
    """Say whether the database of an open db session has exactly the schema of this program."""
    connection = await db.connection()
    return await connection.run_sync(_revision) == head_revision()


def config(connection: Connection) -> Config:
    """Return Alembic's configuration for one open connection; ``env.py`` finds it in the attributes."""
    from alembic.config import Config  # noqa: PLC0415 - see the module's docstring

    settings = Config()
    settings.set_main_option("script_location", str(FOLDER))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def script_folder() -> ScriptDirectory:
    """Return the folder of revisions."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see the module's docstring

    return ScriptDirectory(str(FOLDER))


def migration_engine(database_url: str) -> Engine:
    """Return a synchronous engine for the same database as an asynchronous URL names."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite":
        return create_engine(url, poolclass=NullPool)
    engine = create_engine(url.set(drivername="sqlite"), poolclass=NullPool)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(dbapi_connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # As in ``rooms.db``, but without foreign keys: a batch migration drops and renames the tables they point to.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
