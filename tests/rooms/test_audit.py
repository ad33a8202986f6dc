"""The audit chain: whatever is changed in the database behind its back is found."""

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import Text, cast, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from rooms.audit import (
    ENTRIES,
    HEAD,
    AuditTag,
    encode_facts,
    make_proof,
    proof_holds,
    verify_chain,
)
from rooms.ids import new_id
from rooms.keys import Keys
from rooms.unit_of_work import Actor, Store
from tests.support.fake_clock import FakeClock
from tests.support.snapshots import made_once

LENGTH = 12


@pytest.fixture
async def db(store: Store, clock: FakeClock) -> AsyncIterator[AsyncSession]:
    """A db session on a chain of twelve entries; what it changes is never committed."""

    async def make() -> datetime:
        for number in range(LENGTH // 2):
            async with store.begin(Actor.account(new_id())) as uow:
                uow.record(AuditTag.VISIT_BOOKED, new_id(), minutes=30 + number, zone="Africa/Casablanca")
                uow.record(AuditTag.REFERRAL_READ, new_id())
            clock.advance(61)
        return clock.now()

    clock.move_to(await made_once(store, "chain", make))
    async with AsyncSession(store.engine) as opened:
        yield opened


async def test_an_untouched_chain_holds(db: AsyncSession) -> None:
    assert await verify_chain(db) is None


async def test_an_empty_chain_holds(store: Store) -> None:
    async with store.begin(Actor.system("test")) as uow:
        assert await verify_chain(uow.db) is None


CHANGES = {
    "at": lambda row: row["at"] + timedelta(microseconds=1),
    "tag": lambda _row: "visits:visit:cancelled",
    "actor_kind": lambda _row: "system",
    "actor_id": lambda _row: new_id(),
    "object_id": lambda _row: new_id(),
    "facts": lambda row: row["facts"] + " ",
    # Always another byte: a hash may begin with any one by chance.
    "prev_hash": lambda row: bytes([row["prev_hash"][0] ^ 1]) + row["prev_hash"][1:],
    "hash": lambda row: bytes([row["hash"][0] ^ 1]) + row["hash"][1:],
}


@pytest.mark.parametrize("column", CHANGES)
@pytest.mark.parametrize("seq", [1, 5, LENGTH])
async def test_an_edit_of_any_column_is_found_where_it_was_made(db: AsyncSession, column: str, seq: int) -> None:
    row = (await db.execute(select(ENTRIES).where(ENTRIES.c.seq == seq))).mappings().one()
    await db.execute(update(ENTRIES).where(ENTRIES.c.seq == seq).values({column: CHANGES[column](row)}))
    assert await verify_chain(db) == seq


@pytest.mark.parametrize("seq", [1, 5, LENGTH])
async def test_a_deleted_entry_is_found(db: AsyncSession, seq: int) -> None:
    await db.execute(delete(ENTRIES).where(ENTRIES.c.seq == seq))
    assert await verify_chain(db) == seq


async def test_a_deleted_entry_is_found_when_the_rest_moves_up(db: AsyncSession) -> None:
    await db.execute(delete(ENTRIES).where(ENTRIES.c.seq == 5))
    for seq in range(6, LENGTH + 1):
        await db.execute(update(ENTRIES).where(ENTRIES.c.seq == seq).values(seq=seq - 1))
    await db.execute(update(HEAD).values(seq=LENGTH - 1))
    assert await verify_chain(db) == 5


async def test_two_swapped_entries_are_found(db: AsyncSession) -> None:
    for old, new in ((5, 99), (6, 5), (99, 6)):
        await db.execute(update(ENTRIES).where(ENTRIES.c.seq == old).values(seq=new))
    assert await verify_chain(db) == 5


async def test_an_added_entry_is_found(db: AsyncSession) -> None:
    row = dict((await db.execute(select(ENTRIES).where(ENTRIES.c.seq == LENGTH))).mappings().one())
    await db.execute(insert(ENTRIES).values(row | {"seq": LENGTH + 1, "prev_hash": row["hash"]}))
    assert await verify_chain(db) == LENGTH + 1


async def test_a_cut_tail_is_found_by_the_head(db: AsyncSession) -> None:
    await db.execute(delete(ENTRIES).where(ENTRIES.c.seq > 9))
    assert await verify_chain(db) == 10


async def test_a_missing_head_is_found(db: AsyncSession) -> None:
    await db.execute(delete(HEAD))
    assert await verify_chain(db) == LENGTH + 1


async def test_a_cut_tail_with_its_head_is_found_by_a_proof_kept_elsewhere(db: AsyncSession, keys: Keys) -> None:
    proof = await make_proof(db, keys)
    assert await proof_holds(db, keys, proof)
    await db.execute(delete(ENTRIES).where(ENTRIES.c.seq > 9))
    last = await db.scalar(select(ENTRIES.c.hash).where(ENTRIES.c.seq == 9))
    await db.execute(update(HEAD).values(seq=9, hash=last))
    assert await verify_chain(db) is None
    assert not await proof_holds(db, keys, proof)


async def test_a_proof_still_holds_when_the_chain_has_grown(store: Store, db: AsyncSession, keys: Keys) -> None:
    proof = await make_proof(db, keys)
    await db.rollback()
    async with store.begin(Actor.system("test")) as uow:
        uow.record(AuditTag.REFERRAL_READ, new_id())
    assert await proof_holds(db, keys, proof)


async def test_a_proof_of_an_empty_chain_holds(store: Store, keys: Keys) -> None:
    async with store.begin(Actor.system("test")) as uow:
        assert await proof_holds(uow.db, keys, await make_proof(uow.db, keys))


@pytest.mark.parametrize("forged", ["", "12", "12.ab.cd", "0.00.ff", "x" * 500, "1.2.3"])
async def test_a_made_up_proof_is_refused(db: AsyncSession, keys: Keys, forged: str) -> None:
    with pytest.raises(ValueError, match="not made with these keys"):
        await proof_holds(db, keys, forged)


async def test_a_proof_by_other_keys_is_refused(db: AsyncSession, keys: Keys) -> None:
    with pytest.raises(ValueError, match="not made with these keys"):
        await proof_holds(db, keys, await make_proof(db, Keys.generate()))


async def test_random_damage_is_always_found(db: AsyncSession) -> None:
    random = Random(2026)
    for _ in range(60):
        savepoint = await db.begin_nested()
        seq = random.randint(1, LENGTH)
        here = ENTRIES.c.seq == seq
        if random.random() < 0.3:
            await db.execute(delete(ENTRIES).where(here))
        else:
            row = (await db.execute(select(ENTRIES).where(here))).mappings().one()
            column = random.choice(["facts", "hash", "prev_hash", "object_id"])
            old = row[column]
            place = random.randrange(len(old)) if old else 0
            if isinstance(old, bytes):
                new = old[:place] + bytes([old[place] ^ random.randint(1, 255)]) + old[place + 1 :]
            else:
                new = f"{old[:place]}~{old[place + 1 :]}"
            await db.execute(update(ENTRIES).where(here).values({column: new}))
        assert await verify_chain(db) == seq
        await savepoint.rollback()
    assert await verify_chain(db) is None


async def test_no_fact_can_hold_a_name_or_a_sentence(db: AsyncSession) -> None:
    for words in ("Salma", "0661-223344", "Africa/Casablanca", "2026-11-23T09:00:00+00:00"):
        encode_facts({"fact": words})
    for words in ("Salma B", "سلمى", "a@b.org", "x" * 65, "line\nline", "\u202ex"):
        with pytest.raises(ValueError, match="audit fact"):
            encode_facts({"fact": words})
    stored = (await db.scalars(select(cast(ENTRIES.c.facts, Text)))).all()
    assert all(re.fullmatch(r"[\x21-\x7e]+", facts) for facts in stored)


@pytest.mark.parametrize("tag", AuditTag)
def test_a_tag_names_source_subject_and_a_finished_action(tag: AuditTag) -> None:
    source, _subject, action = tag.value.split(":")
    assert source in {"people", "referrals", "visits", "followup", "vault", "retention"}
    irregular = {"read", "written", "taken", "gone", "withdrawn", "spent", "bound"}
    assert action.endswith("ed") or action in irregular
