"""What the services have made once in a run, put into the next database by the rows that it added, in one script.

A case takes four units of work and some fifty statements; several hundred tests begin with the same one.
"""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar, cast

import aiosqlite
from sqlalchemy import Table, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from rooms.audit import HEAD
from rooms.keys import Keys
from rooms.schema import METADATA
from rooms.unit_of_work import Actor, Store

SETUP = Actor.system("test")

Made = TypeVar("Made")
#: By table, the statements that insert its rows.
Rows = Mapping[Table, Sequence[str]]


class Origin(NamedTuple):
    """All that what is made depends on. ``head`` is the audit chain's, which tells every act that went before."""

    what: Hashable
    engine: str
    keys: int
    now: datetime
    head: bytes


#: What was made, and the script that puts it there again; the keys stay alive as long as their id names them.
MADE: dict[Origin, tuple[Keys, object, str]] = {}


async def made_once(store: Store, what: Hashable, make: Callable[[], Awaitable[Made]]) -> Made:
    """Return what ``make`` adds to a database: made by itself the first time, put there row by row from then on.

    ``what`` says all that ``make`` depends on beside the state of the database, the store's keys and its clock.
    Where ``make`` changes or deletes rows that were there before, it is called each time.
    """
    async with store.begin(SETUP, reading=True) as uow:
        head = await uow.db.scalar(select(HEAD.c.hash))
    assert head is not None
    origin = Origin(what, store.engine.dialect.name, id(store.keys), store.clock.now(), head)
    if origin in MADE:
        _, made, script = MADE[origin]
        async with store.engine.connect() as connection:
            await run_script(connection, script)
        return cast("Made", made)
    async with store.engine.connect() as connection:
        before = await rows_in(connection)
    made = await make()
    async with store.engine.connect() as connection:
        after = await rows_in(connection)
    # Where nothing was added, nothing is there to be put into the next database.
    if before != after and all(set(rows) <= set(after[table]) for table, rows in before.items() if table is not HEAD):
        MADE[origin] = (store.keys, made, script_between(before, after))
    return made


async def rows_in(connection: AsyncConnection) -> Rows:
    """Return everything that a database holds."""
    engine = connection.dialect.name
    return {
        table: (await connection.scalars(text(insertions(table, engine)))).all() for table in METADATA.sorted_tables
    }


def insertions(table: Table, engine: str) -> str:
    """Return a query whose answers are the statements that insert the rows of a table; the database quotes them."""
    quoted = 'quote_nullable("{}"::text)' if engine == "postgresql" else 'quote("{}")'
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    values = " || ', ' || ".join(quoted.format(column.name) for column in table.columns)
    return f"""SELECT 'INSERT INTO {table.name} ({columns}) VALUES (' || {values} || ')' FROM {table.name}"""


def script_between(before: Rows, after: Rows) -> str:
    """Return the SQL that adds what has been added, and moves the head of the audit chain."""
    added = [row for table, rows in after.items() for row in rows if row not in set(before[table])]
    return "; ".join(["BEGIN", f"DELETE FROM {HEAD.name}", *added, "COMMIT"])


async def run_script(connection: AsyncConnection, script: str) -> None:
    """Run several statements in one visit to the driver: SQLAlchemy sends one at a time."""
    driver = (await connection.get_raw_connection()).driver_connection
    if isinstance(driver, aiosqlite.Connection):
        await driver.executescript(script)
    else:
        await driver.execute(script)
