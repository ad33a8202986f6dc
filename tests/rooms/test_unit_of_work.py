"""The unit of work: one transaction for an act and its audit entries."""

import asyncio

import pytest
from sqlalchemy import func, select

from rooms.audit import AuditEntry, AuditTag, verify_chain
from rooms.db import make_engine
from rooms.errors import NotFoundError
from rooms.ids import new_id
from rooms.unit_of_work import Actor, Store, StoreBusyError
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

    async def act_and_fail() -> None:
        async with store.begin(SYSTEM) as uow:
            await uow.vault.seal(owner, "t", "c", "r", "text")
            uow.record(AuditTag.REFERRAL_FILED, owner)
            raise NotFoundError

    with pytest.raises(NotFoundError):
        await act_and_fail()
    async with store.begin(SYSTEM) as uow:
        assert await uow.db.get(DataKey, owner) is None
    assert await count_entries(store) == 0


async def test_an_act_whose_audit_entry_is_refused_is_undone(store: Store) -> None:
    owner = new_id()

    async def act_and_tell_too_much() -> None:
        async with store.begin(SYSTEM) as uow:
            await uow.vault.seal(owner, "t", "c", "r", "text")
            uow.record(AuditTag.REFERRAL_FILED, owner, child="Salma B.")

    with pytest.raises(ValueError, match="audit fact"):
        await act_and_tell_too_much()
    async with store.begin(SYSTEM) as uow:
        assert await uow.db.get(DataKey, owner) is None


async def test_what_was_settled_stays_though_an_error_follows(store: Store) -> None:
    async def settle_and_fail() -> None:
        async with store.begin(SYSTEM) as uow:
            uow.record(AuditTag.LOGIN_REFUSED, new_id())
            await uow.settle()
            raise NotFoundError

    with pytest.raises(NotFoundError):
        await settle_and_fail()
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


async def test_others_take_their_turn_while_a_unit_steps_out(store: Store) -> None:
    outside = asyncio.Event()
    back = asyncio.Event()

    async def step_out() -> None:
        async with store.begin(SYSTEM) as uow:
            uow.record(AuditTag.LOGIN_OPENED, new_id())
            async with uow.stepping_out():
                outside.set()
                await back.wait()
            uow.record(AuditTag.LOGIN_CLOSED, new_id())

    stepping = asyncio.create_task(step_out())
    await outside.wait()
    async with asyncio.timeout(2), store.begin(SYSTEM) as uow:
        uow.record(AuditTag.REFERRAL_FILED, new_id())
    back.set()
    await stepping
    async with store.begin(SYSTEM) as uow:
        tags = (await uow.db.scalars(select(AuditEntry.tag).order_by(AuditEntry.seq))).all()
    assert tags == ["people:login:opened", "referrals:referral:filed", "people:login:closed"]


async def test_a_unit_that_gets_no_turn_is_refused_and_the_next_one_works(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rooms.unit_of_work.TURN_TIMEOUT_S", 0.01)

    async def begin() -> None:
        async with sqlite_store.begin(SYSTEM):
            pass

    async with sqlite_store.begin(SYSTEM):
        with pytest.raises(StoreBusyError):
            await begin()
    await begin()


async def test_a_cancelled_unit_is_undone_and_gives_its_turn_back(store: Store) -> None:
    entered = asyncio.Event()

    async def hang() -> None:
        async with store.begin(SYSTEM) as uow:
            uow.record(AuditTag.REFERRAL_FILED, new_id())
            entered.set()
            await asyncio.Event().wait()

    hanging = asyncio.create_task(hang())
    await entered.wait()
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    async with asyncio.timeout(2):
        assert await count_entries(store) == 0
        async with store.begin(SYSTEM) as uow:
            uow.record(AuditTag.REFERRAL_FILED, new_id())


async def test_on_sqlite_a_second_process_waits_for_the_first(sqlite_store: Store) -> None:
    other = Store(make_engine(str(sqlite_store.engine.url)), sqlite_store.keys, sqlite_store.clock)

    async def write(place: Store) -> None:
        async with place.begin(SYSTEM) as uow:
            uow.record(AuditTag.REFERRAL_FILED, new_id())

    await asyncio.gather(*(write(place) for place in [sqlite_store, other] * 10))
    async with sqlite_store.begin(SYSTEM) as uow:
        assert await verify_chain(uow.db) is None
    assert await count_entries(other) == 20
    await other.close()
