"""What the services have made once in a run, put into the next empty database row by row.

A case takes four units of work and some fifty statements; several hundred tests begin with the same one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, delete, insert, select

from rooms.audit import HEAD
from rooms.schema import METADATA
from rooms.unit_of_work import Actor, Store

Rows = Mapping[Table, Sequence[Mapping[str, Any]]]
SETUP = Actor.system("test")


async def is_untouched(store: Store) -> bool:
    """Say whether nobody has acted in a database yet: every act is in the audit chain."""
    async with store.begin(SETUP, reading=True) as uow:
        return await uow.db.scalar(select(HEAD.c.seq)) == 0


async def rows_of(store: Store) -> Rows:
    """Return everything that a database holds."""
    async with store.begin(SETUP, reading=True) as uow:
        return {
            table: [dict(row) for row in (await uow.db.execute(select(table))).mappings()]
            for table in METADATA.sorted_tables
        }


async def put_rows(store: Store, rows: Rows) -> None:
    """Put everything into an untouched database."""
    async with store.begin(SETUP) as uow:
        await uow.db.execute(delete(HEAD))
        for table, found in rows.items():
            if found:
                await uow.db.execute(insert(table), found)
