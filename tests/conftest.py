"""Fixtures that every package's tests share."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from rooms.clock import use_packaged_zones
from rooms.db import open_store
from rooms.keys import Keys
from rooms.migrations import migrate
from rooms.schema import METADATA
from rooms.unit_of_work import Store
from tests.support.databases import Cluster, running_cluster
from tests.support.fake_clock import FakeClock

use_packaged_zones()


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


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database on each engine in turn."""
    if request.param == "sqlite":
        path = tmp_path / "wasl.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite+aiosqlite:///{path}"
        return
    url: str = request.getfixturevalue("postgres_url")
    cluster: Cluster = request.getfixturevalue("postgres")
    # Making a database for each test would take ten times as long as emptying one.
    cluster.empty("wasl", METADATA)
    yield url


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys.generate()


@pytest.fixture
async def store(database_url: str, keys: Keys, clock: FakeClock) -> AsyncIterator[Store]:
    """The store of an empty database; every test that asks for it runs on SQLite and on PostgreSQL."""
    opened = open_store(database_url, keys, clock)
    yield opened
    await opened.close()
