"""After a new master key was made: wrap every data key with it, in batches, so that the old one can be retired.

Texts are not touched: they are sealed with the data keys, which stay. Safe to interrupt and to run again.
"""

from sqlalchemy import select

from rooms.audit import AuditTag
from rooms.unit_of_work import Actor, Store
from rooms.vault import DataKey, unwrap, wrap

BATCH = 200


async def rewrap_data_keys(store: Store) -> int:
    """Wrap all data keys with the current master key; return how many were wrapped. Raises ``VaultError``."""
    total = 0
    while True:
        async with store.begin(Actor.system("key-rotation")) as uow:
            current = uow.keys.master_current
            rows = await uow.db.scalars(
                select(DataKey)
                .where(DataKey.master_version != current, DataKey.wrapped.is_not(None))
                .limit(BATCH)
                .with_for_update()
            )
            batch = rows.all()
            for row in batch:
                if row.wrapped is not None:
                    data_key = unwrap(uow.keys, row.owner_id, row.master_version, row.wrapped)
                    row.master_version, row.wrapped = wrap(uow.keys, row.owner_id, data_key)
            if batch:
                uow.record(AuditTag.KEYS_REWRAPPED, "", version=current, count=len(batch))
        total += len(batch)
        if len(batch) < BATCH:
            return total
