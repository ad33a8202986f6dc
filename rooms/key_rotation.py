"""Online rotation of the vault's master key.

Put the new master key beside the old one and restart: new data keys are wrapped with it, old ones still open. Then run
:func:`rewrap_all`; when :func:`versions_in_use` names only the new version, the old key can be taken away. No text is
encrypted anew, so nothing is unreadable at any moment, and an interrupted run simply goes on at its next start.
"""

from sqlalchemy import func, select

from rooms.audit import AuditTag
from rooms.unit_of_work import Actor, Store, UnitOfWork
from rooms.vault import DataKey, unwrap, wrap

#: How many data keys one unit of work wraps anew: a few milliseconds on SQLite, so that nobody waits for it.
BATCH = 200


async def rewrap_batch(uow: UnitOfWork, *, limit: int = BATCH) -> int:
    """Wrap up to ``limit`` data keys with the current master key; return how many were left to do and are done.

    Safe to run on several nodes at once. Raises ``VaultError`` when an old master key is not here.
    """
    rows = (
        await uow.db.scalars(
            select(DataKey)
            .where(DataKey.master_version != uow.keys.master_current, DataKey.wrapped.is_not(None))
            .order_by(DataKey.owner_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()
    for row in rows:
        if row.wrapped is not None:
            data_key = unwrap(uow.keys, row.owner_id, row.master_version, row.wrapped)
            row.master_version, row.wrapped = wrap(uow.keys, row.owner_id, data_key)
    if rows:
        uow.record(AuditTag.KEYS_REWRAPPED, "data_keys", count=len(rows), version=uow.keys.master_current)
    return len(rows)


async def rewrap_all(store: Store) -> int:
    """Wrap all data keys with the current master key, in many small units of work. Return how many there were."""
    total = 0
    while True:
        async with store.begin(Actor.system("key-rotation")) as uow:
            done = await rewrap_batch(uow)
        if not done:
            return total
        total += done


async def versions_in_use(uow: UnitOfWork) -> dict[int, int]:
    """Return how many data keys each master key wraps, by version."""
    rows = await uow.db.execute(
        select(DataKey.master_version, func.count())
        .where(DataKey.wrapped.is_not(None))
        .group_by(DataKey.master_version)
    )
    return dict(rows.all())
