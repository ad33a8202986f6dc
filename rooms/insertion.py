"""Insertion of a row that another transaction may be inserting at the same moment."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from rooms.mapping import Base


async def insert_if_absent(db: AsyncSession, model: type[Base], **values: object) -> None:
    """Insert a row, or do nothing when its key is there already; one that is just being inserted is waited for."""
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    await db.execute(insert(model).values(**values).on_conflict_do_nothing())
