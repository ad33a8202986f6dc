"""Fixtures that every package's tests share, and what is settled for all of them; see ``tests/conftest.py``."""

import gc
import logging
import os
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import structlog
from argon2 import PasswordHasher
from hypothesis import is_hypothesis_test

from rooms.clock import use_packaged_zones
from rooms.keys import Keys
from rooms.migrations import migrate
from rooms.people import passwords
from rooms.schema import METADATA
from rooms.unit_of_work import Store
from tests.support.databases import Cluster, engine_for, fresh_sqlite, running_cluster
from tests.support.fake_clock import FakeClock

use_packaged_zones()
#: Python would look for garbage among all that the libraries have loaded after every 700 new objects.
gc.set_threshold(50_000, 10, 20)

#: Linux's folder of files that are never on a disk.
MEMORY = Path("/dev/shm")

#: The least that Argon2 can do: hashing as it is really done would take a tenth of a second for each sign-in.
CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
CHEAP_NOBODY = passwords.NOBODYS_HASH.replace("m=19456,t=2", "m=8,t=1")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put generated input into the step that is named for it (``./test machines``)."""
    for item in items:
        if isinstance(item, pytest.Function) and is_hypothesis_test(item.obj):
            item.add_marker("machines")


def pytest_collection_finish() -> None:
    """Let Python look for garbage among what tests make only: whatever has been loaded by now stays."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, dict[str, object] | None, dict[str, object] | None]:
    """Send no keywords with what is told of a test (``-n 2``): three times a test, most of it, and unread."""
    told = yield
    if told is not None:
        told["keywords"] = {}
    return told


@pytest.fixture(scope="session", autouse=True)
def plain_log() -> None:
    """Keep lines below info out of the output, as the server's own setting does, and tell errors without colours.

    The moves of many thousand random rooms are debug lines, and a traceback drawn with all its variables takes seconds.
    """
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
    )


@pytest.fixture
def costly_passwords() -> None:
    """Asked for by tests of what hashing costs."""


@pytest.fixture(autouse=True)
def cheap_passwords(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed as always, but quickly."""
    if "costly_passwords" not in request.fixturenames:
        monkeypatch.setattr(passwords, "HASHER", CHEAP_HASHER)
        monkeypatch.setattr(passwords, "NOBODYS_HASH", CHEAP_NOBODY)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """The one PostgreSQL cluster of this test run."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres_url(postgres: Cluster) -> Iterator[str]:
    """One migrated PostgreSQL database for the whole run; ``database_url`` empties it for each test."""
    with postgres.database("wasl") as url:
        migrate(url)
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file, from which each test's own is copied."""
    path = tmp_path_factory.mktemp("template") / "wasl.db"
    migrate(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def sqlite_folder() -> Iterator[Path]:
    """Where each test's SQLite file stands, always under the same name: see ``engine_for``.

    In memory where the system has a place for that: on a disk, SQLite waits for it at every close.
    """
    with TemporaryDirectory(prefix="wasl-sqlite-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture
def sqlite_url(sqlite_template: Path, sqlite_folder: Path) -> str:
    """A migrated, empty SQLite database."""
    return fresh_sqlite(sqlite_template, sqlite_folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty database on each engine in turn."""
    if request.param == "sqlite":
        url: str = request.getfixturevalue("sqlite_url")
        return url
    url = request.getfixturevalue("postgres_url")
    cluster: Cluster = request.getfixturevalue("postgres")
    # Making a database for each test would take ten times as long as emptying one.
    cluster.empty("wasl", METADATA)
    return url


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys.generate()


@pytest.fixture
async def store(database_url: str, keys: Keys, clock: FakeClock) -> AsyncIterator[Store]:
    """The store of an empty database; every test that asks for it runs on SQLite and on PostgreSQL."""
    opened = Store(engine_for(database_url), keys, clock)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite_store(sqlite_url: str, keys: Keys, clock: FakeClock) -> AsyncIterator[Store]:
    """The same on SQLite alone, for what does not depend on the engine, or concerns SQLite only."""
    opened = Store(engine_for(sqlite_url), keys, clock)
    yield opened
    await opened.close()
