"""Opens the database: SQLite by default, PostgreSQL in production, the same rules on both."""

from collections.abc import Awaitable, Callable

import aiosqlite
from sqlalchemy import Connection, event
from sqlalchemy.engine import AdaptedConnection, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from rooms.clock import Clock
from rooms.keys import Keys
from rooms.mapping import Base
from rooms.unit_of_work import READING, Store

__all__ = ["Base", "make_engine", "open_store"]

#: How long a statement waits for another process that holds the lock.
BUSY_TIMEOUT_MS = 10_000
SQLITE_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    # With WAL this is safe against a crash of the program; only a power cut may lose the last moments.
    "PRAGMA synchronous = NORMAL",
    # Deleted bytes are overwritten, so that an erased key does not linger in free pages.
    "PRAGMA secure_delete = ON",
)


def set_up_sqlite(dbapi_connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Settle one new SQLite connection, and keep the driver from opening transactions by itself."""
    # Documented recipe (SQLAlchemy, "SQLite transactions"): the driver's implicit BEGIN comes too late for a lock.
    dbapi_connection.isolation_level = None
    visit_driver(dbapi_connection, lambda driver: driver.executescript(";".join(SQLITE_SETTINGS)))


def begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once: a transaction that reads first and writes later could otherwise fail half way."""
    statement = "BEGIN" if connection.get_execution_options().get(READING, False) else "BEGIN IMMEDIATE"
    visit_driver(connection.connection.dbapi_connection, lambda driver: driver.execute_fetchall(statement))


def visit_driver(connection: DBAPIConnection | None, act: Callable[[aiosqlite.Connection], Awaitable[object]]) -> None:
    """Let the driver's thread do something in one visit: a cursor of SQLAlchemy's takes three and more."""
    if not isinstance(connection, AdaptedConnection):
        raise TypeError("this is not a connection of the asynchronous driver")
    connection.run_async(act)


def make_engine(database_url: str) -> AsyncEngine:
    """Return an engine for ``sqlite+aiosqlite:///path`` or ``postgresql+psycopg://…``.

    Raises ``ValueError`` for any other database.
    """
    match make_url(database_url).drivername:
        case "sqlite+aiosqlite":
            engine = create_async_engine(database_url)
            event.listen(engine.sync_engine, "connect", set_up_sqlite)
            event.listen(engine.sync_engine, "begin", begin_sqlite)
            return engine
        case "postgresql+psycopg":
            return create_async_engine(database_url, pool_size=10, max_overflow=10, pool_pre_ping=True)
        case other:
            raise ValueError(f"{other} is no database for this program; use sqlite+aiosqlite or postgresql+psycopg")


def open_store(database_url: str, keys: Keys, clock: Clock) -> Store:
    """Return the store of a database that has been migrated. Nothing connects before the first unit of work."""
    return Store(make_engine(database_url), keys, clock)
