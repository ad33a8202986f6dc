"""The vault: what is sealed opens in its own place and nowhere else, until its owner is erased."""

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select

from rooms.ids import new_id
from rooms.key_rotation import rewrap_all, rewrap_batch, versions_in_use
from rooms.keys import KEY_BYTES, Keys, WeakKeyError
from rooms.unit_of_work import Actor, Store
from rooms.vault import DataKey, ErasedError, VaultError, decrypt, encrypt, place
from tests.support.fake_clock import FakeClock

SYSTEM = Actor.system("test")
KEY = secrets.token_bytes(KEY_BYTES)
TEXT = "Elle aime dessiner. تحب الرسم"


@given(text=st.binary(max_size=200), bound_to=st.binary(max_size=40))
def test_what_was_encrypted_comes_back(text: bytes, bound_to: bytes) -> None:
    assert decrypt(KEY, encrypt(KEY, text, bound_to), bound_to) == text


@given(data=st.data())
def test_any_flipped_bit_is_found(data: st.DataObject) -> None:
    sealed = bytearray(encrypt(KEY, b"what the child wishes", b"place"))
    bit = data.draw(st.integers(min_value=0, max_value=len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(VaultError):
        decrypt(KEY, bytes(sealed), b"place")


@given(length=st.integers(min_value=0, max_value=48))
def test_a_cut_text_is_found(length: int) -> None:
    with pytest.raises(VaultError):
        decrypt(KEY, encrypt(KEY, b"what the child wishes", b"place")[:length], b"place")


def test_one_text_is_never_sealed_alike_twice() -> None:
    assert encrypt(KEY, b"same", b"place") != encrypt(KEY, b"same", b"place")


@given(
    one=st.tuples(*[st.text("ab_", min_size=1, max_size=3)] * 3, st.integers(0, 20)),
    other=st.tuples(*[st.text("ab_", min_size=1, max_size=3)] * 3, st.integers(0, 20)),
)
def test_two_places_are_never_bound_alike(one: tuple[str, str, str, int], other: tuple[str, str, str, int]) -> None:
    assert (place(*one) == place(*other)) == (one == other)


async def test_a_sealed_text_opens_in_a_later_unit_of_work(store: Store) -> None:
    owner = new_id()
    async with store.begin(SYSTEM) as uow:
        sealed = await uow.vault.seal(owner, "referrals", "wish", owner, TEXT)
    assert TEXT.encode() not in sealed
    async with store.begin(SYSTEM) as uow:
        assert await uow.vault.open(owner, "referrals", "wish", owner, sealed) == TEXT


@pytest.mark.parametrize("moved", ["owner", "table", "column", "row", "version"])
async def test_a_sealed_text_does_not_open_in_another_place(store: Store, moved: str) -> None:
    home = {"owner": new_id(), "table": "notes", "column": "text", "row": "r1", "version": 1}
    away = home | {moved: new_id() if moved == "owner" else 2 if moved == "version" else "other"}
    async with store.begin(SYSTEM) as uow:
        sealed = await uow.vault.seal(home["owner"], home["table"], home["column"], home["row"], TEXT, version=1)
        await uow.vault.seal(away["owner"], "notes", "text", "r9", TEXT)
        with pytest.raises(VaultError):
            await uow.vault.open(
                away["owner"], away["table"], away["column"], away["row"], sealed, version=away["version"]
            )


async def test_a_text_of_an_owner_without_a_key_does_not_open(store: Store) -> None:
    async with store.begin(SYSTEM) as uow:
        with pytest.raises(VaultError):
            await uow.vault.open(new_id(), "t", "c", "r", b"\x01" + bytes(40))


async def test_a_wrapped_key_moved_to_another_owner_does_not_open(store: Store) -> None:
    one, other = new_id(), new_id()
    async with store.begin(SYSTEM) as uow:
        sealed = await uow.vault.seal(one, "t", "c", "r", TEXT)
        await uow.vault.seal(other, "t", "c", "r", TEXT)
    async with store.begin(SYSTEM) as uow:
        stolen = await uow.db.get_one(DataKey, one)
        victim = await uow.db.get_one(DataKey, other)
        victim.wrapped = stolen.wrapped
    async with store.begin(SYSTEM) as uow:
        with pytest.raises(VaultError):
            await uow.vault.open(other, "t", "c", "r", sealed)


async def test_an_erased_owner_can_not_be_read_nor_sealed_for_again(store: Store) -> None:
    owner = new_id()
    async with store.begin(SYSTEM) as uow:
        sealed = await uow.vault.seal(owner, "t", "c", "r", TEXT)
    async with store.begin(SYSTEM) as uow:
        await uow.vault.erase(owner)
        with pytest.raises(ErasedError):
            await uow.vault.open(owner, "t", "c", "r", sealed)
    async with store.begin(SYSTEM) as uow:
        with pytest.raises(ErasedError):
            await uow.vault.open(owner, "t", "c", "r", sealed)
        with pytest.raises(ErasedError):
            await uow.vault.seal(owner, "t", "c", "r", TEXT)
        await uow.vault.erase(owner)


async def test_an_owner_erased_before_its_first_text_stays_erased(store: Store) -> None:
    owner = new_id()
    async with store.begin(SYSTEM) as uow:
        await uow.vault.erase(owner)
    async with store.begin(SYSTEM) as uow:
        with pytest.raises(ErasedError):
            await uow.vault.seal(owner, "t", "c", "r", TEXT)


async def test_the_bytes_of_an_erased_key_leave_the_sqlite_files(store: Store, sqlite_folder: Path) -> None:
    if store.engine.dialect.name != "sqlite":
        return  # PostgreSQL's dead rows go with its vacuum, which is the operator's to run
    owner = new_id()
    async with store.begin(SYSTEM) as uow:
        await uow.vault.seal(owner, "t", "c", "r", TEXT)
        wrapped = (await uow.db.get_one(DataKey, owner)).wrapped
    assert wrapped is not None

    def on_disk() -> bool:
        return any(wrapped in path.read_bytes() for path in sqlite_folder.glob("wasl.db*"))

    assert on_disk()
    async with store.begin(SYSTEM) as uow:
        await uow.vault.erase(owner)
    await store.scrub()
    assert not on_disk()


async def test_two_first_texts_of_one_owner_share_its_key(store: Store) -> None:
    owner = new_id()

    async def seal(row: str) -> bytes:
        async with store.begin(SYSTEM) as uow:
            return await uow.vault.seal(owner, "t", "c", row, TEXT)

    sealed = await asyncio.gather(seal("1"), seal("2"), seal("3"))
    async with store.begin(SYSTEM) as uow:
        for row, text in zip("123", sealed, strict=True):
            assert await uow.vault.open(owner, "t", "c", row, text) == TEXT


async def test_the_keys_of_a_list_are_fetched_with_one_query(store: Store) -> None:
    owners = [new_id() for _ in range(20)]
    async with store.begin(SYSTEM) as uow:
        sealed = {owner: await uow.vault.seal(owner, "t", "c", "r", TEXT) for owner in owners}
        await uow.vault.erase(owners[0])
    queries = []

    def note(*told: object) -> None:
        queries.append(told[2])

    event.listen(store.engine.sync_engine, "before_cursor_execute", note)
    async with store.begin(SYSTEM) as uow:
        await uow.vault.preload(owners)
        for owner in owners[1:]:
            assert await uow.vault.open(owner, "t", "c", "r", sealed[owner]) == TEXT
    # The engine outlives the test.
    event.remove(store.engine.sync_engine, "before_cursor_execute", note)
    assert len([query for query in queries if "data_keys" in query]) == 1


def with_new_master(keys: Keys, *, keep_old: bool = True) -> Keys:
    master = {**keys.master} if keep_old else {}
    return Keys({**master, 2: bytes(range(100, 132))}, keys.ticket, keys.ticket_current, keys.lookup, keys.invitation)


async def test_after_a_rotation_everything_opens_without_the_old_master_key(
    store: Store, keys: Keys, clock: FakeClock
) -> None:
    owners = [new_id() for _ in range(7)]
    async with store.begin(SYSTEM) as uow:
        sealed = {owner: await uow.vault.seal(owner, "t", "c", "r", TEXT) for owner in owners}
        await uow.vault.erase(owners[0])
    rotating = Store(store.engine, with_new_master(keys), clock)
    async with rotating.begin(SYSTEM) as uow:
        # Between two batches, as after an interruption: some keys are wrapped anew, all open.
        assert await rewrap_batch(uow, limit=3) == 3
    async with rotating.begin(SYSTEM) as uow:
        assert await versions_in_use(uow) == {1: 3, 2: 3}
        for owner in owners[1:]:
            assert await uow.vault.open(owner, "t", "c", "r", sealed[owner]) == TEXT
    assert await rewrap_all(rotating) == 3
    assert await rewrap_all(rotating) == 0
    retired = Store(store.engine, with_new_master(keys, keep_old=False), clock)
    async with retired.begin(SYSTEM) as uow:
        assert await versions_in_use(uow) == {2: 6}
        for owner in owners[1:]:
            assert await uow.vault.open(owner, "t", "c", "r", sealed[owner]) == TEXT
        with pytest.raises(ErasedError):
            await uow.vault.open(owners[0], "t", "c", "r", sealed[owners[0]])


async def test_readers_notice_nothing_of_a_rotation(store: Store, keys: Keys, clock: FakeClock) -> None:
    owners = [new_id() for _ in range(40)]
    async with store.begin(SYSTEM) as uow:
        sealed = {owner: await uow.vault.seal(owner, "t", "c", "r", TEXT) for owner in owners}
    rotating = Store(store.engine, with_new_master(keys), clock)

    async def read(owner: str) -> str:
        async with rotating.begin(SYSTEM, reading=True) as uow:
            return await uow.vault.open(owner, "t", "c", "r", sealed[owner])

    async def rotate() -> None:
        done = 1
        while done:
            async with rotating.begin(SYSTEM) as uow:
                done = await rewrap_batch(uow, limit=5)

    _, *texts = await asyncio.gather(rotate(), *(read(owner) for owner in owners))
    assert texts == [TEXT] * 40


async def test_without_the_master_key_nothing_opens_and_nothing_is_rewrapped(
    store: Store, keys: Keys, clock: FakeClock
) -> None:
    owner = new_id()
    async with store.begin(SYSTEM) as uow:
        sealed = await uow.vault.seal(owner, "t", "c", "r", TEXT)
    lost = Store(store.engine, with_new_master(keys, keep_old=False), clock)
    with pytest.raises(VaultError):
        async with lost.begin(SYSTEM) as uow:
            await uow.vault.open(owner, "t", "c", "r", sealed)
    with pytest.raises(VaultError):
        await rewrap_all(lost)
    async with store.begin(SYSTEM) as uow:
        assert await uow.db.scalar(select(DataKey.master_version)) == 1


GOOD = Keys.generate()
WEAK_KEYS: dict[str, Callable[[], Keys]] = {
    "short": lambda: Keys({1: b"x" * 31}, GOOD.ticket, "1", GOOD.lookup, GOOD.invitation),
    "repeated": lambda: Keys(GOOD.master, {"1": b"ab" * 16}, "1", GOOD.lookup, GOOD.invitation),
    "zero": lambda: Keys(GOOD.master, GOOD.ticket, "1", bytes(32), GOOD.invitation),
    "used twice": lambda: Keys(GOOD.master, GOOD.ticket, "1", GOOD.lookup, GOOD.lookup),
    "no master": lambda: Keys({}, GOOD.ticket, "1", GOOD.lookup, GOOD.invitation),
    "master too long": lambda: Keys({1: bytes(range(64))}, GOOD.ticket, "1", GOOD.lookup, GOOD.invitation),
    "version zero": lambda: Keys({0: GOOD.master[1]}, GOOD.ticket, "1", GOOD.lookup, GOOD.invitation),
    "no current ticket key": lambda: Keys(GOOD.master, GOOD.ticket, "2", GOOD.lookup, GOOD.invitation),
}


@pytest.mark.parametrize("fault", WEAK_KEYS)
def test_weak_keys_are_refused(fault: str) -> None:
    with pytest.raises(WeakKeyError):
        WEAK_KEYS[fault]()


def test_keys_are_not_shown_when_printed() -> None:
    shown = repr(GOOD)
    assert repr(GOOD.lookup) not in shown
    assert GOOD.lookup.hex() not in shown
    assert shown == "Keys(master=[1], ticket=['1'])"
