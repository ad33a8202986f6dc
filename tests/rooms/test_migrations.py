"""The migrations make exactly the tables that the program maps."""

import importlib
import pkgutil
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import text

import rooms
from rooms.ids import new_id
from rooms.migrations import at_head, current_revision, head_revision, is_at_head, migrate, migration_engine
from rooms.schema import METADATA
from rooms.unit_of_work import Actor, Store
from tests.support.databases import Cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database in which nothing was ever made."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    with cluster.database(f"empty_{new_id()}") as url:
        yield url


def test_an_empty_database_is_brought_to_the_newest_schema(empty_database: str) -> None:
    assert current_revision(empty_database) is None
    assert not at_head(empty_database)
    migrate(empty_database)
    assert current_revision(empty_database) == head_revision()
    assert at_head(empty_database)


def test_looking_at_a_missing_file_does_not_make_it(tmp_path: Path) -> None:
    assert current_revision(f"sqlite+aiosqlite:///{tmp_path / 'none.db'}") is None
    assert not (tmp_path / "none.db").exists()


def test_migrating_again_changes_nothing(database_url: str) -> None:
    migrate(database_url)
    assert at_head(database_url)


@pytest.mark.commands
def test_two_servers_that_start_together_migrate_once(empty_database: str) -> None:
    program = f"from rooms.migrations import migrate; migrate({empty_database!r})"
    servers = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    assert [server.wait(timeout=60) for server in servers] == [0, 0]
    assert at_head(empty_database)


def test_the_migrations_make_what_is_mapped(database_url: str) -> None:
    engine = migration_engine(database_url)
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        differences = compare_metadata(context, METADATA)
    engine.dispose()
    assert differences == []


def test_every_module_with_tables_is_part_of_the_schema() -> None:
    known = set(METADATA.tables)
    for module in pkgutil.walk_packages(rooms.__path__, "rooms."):
        if "migrations" not in module.name:
            importlib.import_module(module.name)
    assert set(METADATA.tables) == known


def test_a_database_of_a_newer_release_is_left_alone(empty_database: str) -> None:
    migrate(empty_database)
    engine = migration_engine(empty_database)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    assert not at_head(empty_database)
    with pytest.raises(CommandError):
        migrate(empty_database)
    assert current_revision(empty_database) == "9999"


async def test_an_open_store_can_say_whether_it_is_at_head(store: Store) -> None:
    async with store.begin(Actor.system("test"), reading=True) as uow:
        assert await is_at_head(uow.db)
        await uow.db.execute(text("SELECT 1"))


def test_a_sqlite_database_is_one_file_that_can_be_copied(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "copy.db")
    assert at_head(f"sqlite+aiosqlite:///{tmp_path / 'copy.db'}")
