"""Fixtures that every package's tests share."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from rooms.clock import use_packaged_zones
from rooms.db import Base, make_engine, open_store
from rooms.ids import new_id
from rooms.keys import Keys
from rooms.unit_of_work import Store
from tests.support.databases import Cluster, running_cluster
from tests.support.fake_clock import FakeClock

use_packaged_zones()


async def create_tables(database_url: str) -> None:
    engine = make_engine(database_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """The one PostgreSQL cluster of this test run."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database on each engine in turn."""
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'wasl.db'}"
        asyncio.run(create_tables(url))
        yield url
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    with cluster.database(f"test_{new_id()}") as url:
        asyncio.run(create_tables(url))
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
