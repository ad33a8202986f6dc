"""Insertion of a row that may be there already: the one who inserted it learns so, and nobody else."""

import asyncio

from sqlalchemy import select

from rooms.insertion import insert_if_absent
from rooms.people.models import SignInTry
from rooms.unit_of_work import Actor, Store

SYSTEM = Actor.system("test")
ADDRESS = bytes(range(32))


async def test_of_many_at_once_exactly_one_inserts_the_row(store: Store) -> None:
    async def insert(tries: int) -> bool:
        async with store.begin(SYSTEM) as uow:
            return await insert_if_absent(uow.db, SignInTry, email_lookup=ADDRESS, tries=tries, since=uow.now)

    inserted = await asyncio.gather(*(insert(tries) for tries in range(5)))
    assert sorted(inserted) == [False] * 4 + [True]
    async with store.begin(SYSTEM, reading=True) as uow:
        assert (await uow.db.scalars(select(SignInTry.tries))).all() == [inserted.index(True)]
