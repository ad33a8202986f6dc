"""Databases for tests: SQLite files, and one private PostgreSQL cluster for the whole run."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import MetaData, event
from sqlalchemy.engine import AdaptedConnection
from sqlalchemy.ext.asyncio import AsyncEngine

from rooms.audit import HEAD
from rooms.db import make_engine

#: Debian's place first, newest version first; elsewhere whatever is on the path.
POSTGRES_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
#: Nothing here has to survive a crash.
FAST_SETTINGS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=60",
    "wal_level=minimal",
    "max_wal_senders=0",
    "shared_buffers=32MB",
    "autovacuum=off",
    "jit=off",
    "listen_addresses=",
)


@cache
def engine_for(url: str) -> AsyncEngine:
    """Return the engine of a database, the same each time: it keeps the SQL that it has compiled.

    :meth:`Store.close` empties its pool, so that nothing of a test's event loop is there in the next.
    """
    engine = make_engine(url)
    if engine.dialect.name == "postgresql":
        KEPT.append(KeptConnections(engine))
    return engine


class KeptConnections:
    """Connections to PostgreSQL that go from one pool to the next, and so from test to test.

    Each has a process of its own, which reads what it needs of the catalogue at its first statements: that takes longer
    than most tests. A psycopg connection belongs to no event loop while nothing waits for it.
    """

    MOST = 4

    def __init__(self, engine: AsyncEngine) -> None:
        self._idle: list[AdaptedConnection] = []
        self._close = engine.dialect.do_close
        # Pools tell of a connection that they close by a call of the dialect alone.
        engine.dialect.do_close = self._keep
        event.listen(engine.sync_engine, "do_connect", self._give)
        # To ask whether the server is still there would be a visit for each unit of work.
        engine.dialect.do_ping = self._is_there

    def _keep(self, connection: AdaptedConnection) -> None:
        in_order = connection.driver_connection.info.transaction_status is TransactionStatus.IDLE
        if in_order and len(self._idle) < self.MOST:
            self._idle.append(connection)
        else:
            self._close(connection)

    def _give(self, *_how: object) -> AdaptedConnection | None:
        return self._idle.pop() if self._idle else None

    def _is_there(self, _connection: AdaptedConnection) -> bool:
        return True

    def close(self) -> None:
        """Close them, without an event loop."""
        for connection in self._idle:
            connection.driver_connection.pgconn.finish()
        self._idle.clear()


#: Those of all databases of this run.
KEPT: list[KeptConnections] = []


def fresh_sqlite(template: Path, folder: Path) -> str:
    """Put a copy of the template in the place of whatever database is there; return its URL.

    The old file goes first: what a failed test still holds open is then another file.
    """
    path = folder / "wasl.db"
    for old in folder.glob(f"{path.name}*"):
        old.unlink()
    shutil.copy(template, path)
    return f"sqlite+aiosqlite:///{path}"


def postgres_folder() -> Path | None:
    """Return the folder of initdb and pg_ctl, or None when PostgreSQL is not installed."""
    if POSTGRES_FOLDERS:
        return POSTGRES_FOLDERS[0]
    found = shutil.which("initdb")
    return Path(found).parent if found else None


def cluster_owner() -> str | None:
    """Return the user that PostgreSQL must run as: it refuses root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        pytest.skip("PostgreSQL does not run as root and there is no user postgres")


class Cluster:
    """A running PostgreSQL on a unix socket in a folder of its own."""

    def __init__(self, folder: Path, user: str) -> None:
        self.folder = folder
        self.user = user
        self._emptying: psycopg.Connection | None = None

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database in this cluster."""
        return f"postgresql+psycopg://{self.user}@/{database}?host={self.folder}"

    def execute(self, statement: str) -> None:
        """Run one administrative statement, outside any transaction."""
        with psycopg.connect(host=str(self.folder), user=self.user, dbname="postgres", autocommit=True) as connection:
            connection.execute(statement.encode())

    def empty(self, name: str, metadata: MetaData) -> None:
        """Bring a migrated database back to how the migrations left it, whatever a test left behind."""
        tables = [table.name for table in reversed(metadata.sorted_tables) if table.name != HEAD.name]
        if self._emptying is None or self._emptying.info.dbname != name:
            self._emptying = psycopg.connect(host=str(self.folder), user=self.user, dbname=name, autocommit=True)
        # A db session that a failed test left open may hold locks; a connection that is kept is idle.
        self._emptying.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
        statements = [f"DELETE FROM {table}" for table in tables]
        statements.append(f"UPDATE {HEAD.name} SET seq = 0, hash = decode(repeat('00', 32), 'hex')")
        self._emptying.execute("; ".join(statements).encode())

    def close(self) -> None:
        """Close the connection that empties the database, and those that are kept."""
        for kept in KEPT:
            kept.close()
        if self._emptying is not None:
            self._emptying.close()

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """Make a database, give its URL, and drop it afterwards."""
        self.execute(f'CREATE DATABASE "{name}"')
        try:
            yield self.url(name)
        finally:
            self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Start a private cluster and stop it at the end. Skips where PostgreSQL is not installed."""
    programs = postgres_folder()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    owner = cluster_owner()
    user = owner or pwd.getpwuid(os.geteuid()).pw_name
    # The path of a unix socket is at most 107 bytes, so the folder is not one of pytest's long ones.
    folder = Path(tempfile.mkdtemp(prefix="wasl-pg-"))
    if owner is not None:
        shutil.chown(folder, owner)
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), *arguments]
        subprocess.run(command, user=owner, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    try:
        locale = ("-E", "UTF8", "--locale=C")
        run("initdb", "-D", str(data), "-U", user, "-A", "trust", *locale, "--no-sync", "--no-instructions")
        settings = " ".join(f"-c {setting}" for setting in (*FAST_SETTINGS, f"unix_socket_directories={folder}"))
        run("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", settings, "start")
        try:
            cluster = Cluster(folder, user)
            yield cluster
            cluster.close()
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
