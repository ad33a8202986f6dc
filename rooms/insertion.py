"""Insertion of a row that another transaction may be inserting at the same moment."""

from sqlalchemy import CursorResult
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from rooms.mapping import Base


async def insert_if_absent(db: AsyncSession, model: type[Base], **values: object) -> bool:
    """Insert a row, or do nothing when its key is there already; one that is just being inserted is waited for.

    Returns whether it was inserted.
    """
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    table = model.metadata.tables[model.__tablename__]
    statement = insert(table).values(**values).on_conflict_do_nothing()
    # SQLAlchemy keeps the number of rows of an insertion only when it is asked to.
    result = await db.execute(statement, execution_options={"preserve_rowcount": True})
    return isinstance(result, CursorResult) and result.rowcount == 1
