"""The unit of work: one transaction for an act and its audit entries."""

import asyncio

import pytest
from sqlalchemy import func, select

from rooms.audit import AuditEntry, AuditTag, verify_chain
from rooms.errors import NotFoundError
from rooms.ids import new_id
from rooms.unit_of_work import Actor, Store
from rooms.vault import DataKey

SYSTEM = Actor.system("test")


async def count_entries(store: Store) -> int:
    async with store.begin(SYSTEM, reading=True) as uow:
        return (await uow.db.execute(select(func.count()).select_from(AuditEntry))).scalar_one()


async def test_an_act_and_its_audit_entry_are_committed_together(store: Store) -> None:
    owner = new_id()
    async with store.begin(SYSTEM) as uow:
        await uow.vault.seal(owner, "t", "c", "r", "text")
        uow.record(AuditTag.REFERRAL_FILED, owner, urgency="soon")
    async with store.begin(SYSTEM) as uow:
        assert await uow.db.get(DataKey, owner) is not None
        entry = await uow.db.get(AuditEntry, 1)
        assert entry is not None
        assert (entry.tag, entry.object_id, entry.facts) == ("referrals:referral:filed", owner, '{"urgency":"soon"}')
        assert entry.at == uow.now


async def test_an_error_undoes_the_act_and_its_audit_entry(store: Store) -> None:
    owner = new_id()
    with pytest.raises(NotFoundError):
        async with store.begin(SYSTEM) as uow:
            await uow.vault.seal(owner, "t", "c", "r", "text")
            uow.record(AuditTag.REFERRAL_FILED, owner)
            raise NotFoundError
    async with store.begin(SYSTEM) as uow:
        assert await uow.db.get(DataKey, owner) is None
    assert await count_entries(store) == 0


async def test_an_act_whose_audit_entry_is_refused_is_undone(store: Store) -> None:
    owner = new_id()
    with pytest.raises(ValueError, match="audit fact"):
        async with store.begin(SYSTEM) as uow:
            await uow.vault.seal(owner, "t", "c", "r", "text")
            uow.record(AuditTag.REFERRAL_FILED, owner, child="Salma B.")
    async with store.begin(SYSTEM) as uow:
        assert await uow.db.get(DataKey, owner) is None


async def test_what_was_settled_stays_though_an_error_follows(store: Store) -> None:
    with pytest.raises(NotFoundError):
        async with store.begin(SYSTEM) as uow:
            uow.record(AuditTag.LOGIN_REFUSED, new_id())
            await uow.settle()
            raise NotFoundError
    assert await count_entries(store) == 1


async def test_writers_side_by_side_make_one_chain_without_gap_or_fork(store: Store) -> None:
    async def write() -> None:
        async with store.begin(SYSTEM) as uow:
            await uow.vault.seal(new_id(), "t", "c", "r", "text")
            uow.record(AuditTag.REFERRAL_FILED, new_id())
            uow.record(AuditTag.CONSENT_RECORDED, new_id())

    await asyncio.gather(*(write() for _ in range(20)))
    async with store.begin(SYSTEM) as uow:
        assert await verify_chain(uow.db) is None
    assert await count_entries(store) == 40


async def test_a_reader_does_not_wait_for_a_writer(store: Store) -> None:
    async with store.begin(SYSTEM) as writer:
        writer.record(AuditTag.REFERRAL_FILED, new_id())
        await writer.vault.seal(new_id(), "t", "c", "r", "text")
        async with asyncio.timeout(2):
            assert await count_entries(store) == 0
