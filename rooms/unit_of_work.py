"""One database transaction: an act and its audit entries stand or fall together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import aiosqlite
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from rooms import audit
from rooms.audit import Act, AuditTag
from rooms.clock import Clock
from rooms.errors import RoomError
from rooms.keys import Keys
from rooms.vault import Vault

#: How long a unit waits for its turn on SQLite, which takes one writer at a time.
TURN_TIMEOUT_S = 10
#: Execution option of a connection whose transaction only reads (see ``rooms.db``).
READING = "wasl_reading"


class StoreBusyError(RoomError):
    """The database had no turn for this unit of work in time. Nothing was done; trying again is safe."""

    code = "store-busy"


class ActorKind(StrEnum):
    """What kind of actor does something."""

    ACCOUNT = "account"
    PARTICIPANT = "participant"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. ``id`` is an account id, a participant id, the name of a job, or empty for nobody known."""

    kind: ActorKind
    id: str

    @classmethod
    def account(cls, account_id: str) -> "Actor":
        """Return a signed-in worker."""
        return cls(ActorKind.ACCOUNT, account_id)

    @classmethod
    def participant(cls, participant_id: str) -> "Actor":
        """Return somebody who holds the seat of a visit by invitation."""
        return cls(ActorKind.PARTICIPANT, participant_id)

    @classmethod
    def system(cls, job: str) -> "Actor":
        """Return the service itself; ``job`` names the part of it, such as ``demo`` or ``retention``."""
        return cls(ActorKind.SYSTEM, job)

    @classmethod
    def anonymous(cls) -> "Actor":
        """Return somebody of whom nothing is known yet."""
        return cls(ActorKind.ANONYMOUS, "")


class Turn:
    """A unit's turn to write. SQLite takes one writer at a time; elsewhere there is nothing to wait for."""

    def __init__(self, lock: asyncio.Lock | None) -> None:
        self._lock = lock
        self._held = False

    async def take(self) -> None:
        """Wait for the turn, in order of arrival. Raises :class:`StoreBusyError`."""
        if self._lock is None:
            return
        try:
            async with asyncio.timeout(TURN_TIMEOUT_S):
                await self._lock.acquire()
        except TimeoutError:
            raise StoreBusyError from None
        self._held = True

    def give_back(self) -> None:
        """Let the next unit write. Nothing happens when the turn is not held."""
        if self._lock is not None and self._held:
            self._held = False
            self._lock.release()


@dataclass(slots=True)
class UnitOfWork:
    """What a service function works with. ``now`` is one instant for the whole unit."""

    db: AsyncSession
    now: datetime
    actor: Actor
    vault: Vault
    keys: Keys
    _turn: Turn
    _acts: list[Act] = field(default_factory=list)

    def record(self, tag: AuditTag, object_id: str, **facts: str | int) -> None:
        """Tell an act in the audit chain, in this transaction. Facts are ids, codes, counts and instants only."""
        self._acts.append(Act(self.now, tag, self.actor.kind.value, self.actor.id, object_id, facts))

    async def settle(self) -> None:
        """Commit what was done so far, before an error is raised that must not undo it (a counted try, a refusal)."""
        if self._acts:
            await audit.append(self.db, self._acts)
            self._acts.clear()
        await self.db.commit()

    @asynccontextmanager
    async def stepping_out(self) -> AsyncIterator[None]:
        """Commit, and let other units work while something slow runs inside the block (the hashing of a password).

        What was read before may have changed afterwards: read it again. Raises :class:`StoreBusyError`.
        """
        await self.settle()
        self.db.expunge_all()
        self._turn.give_back()
        yield
        await self._turn.take()


class Store:
    """The database as the rest of the program sees it: a source of units of work."""

    def __init__(self, engine: AsyncEngine, keys: Keys, clock: Clock) -> None:
        self.engine = engine
        self.keys = keys
        self.clock = clock
        # SQLite's own busy handler polls with growing sleeps and is not fair; a queue in this process is both.
        self._lock = asyncio.Lock() if engine.dialect.name == "sqlite" else None

    def begin(self, actor: Actor, *, reading: bool = False) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a unit of work; it commits at the end of its block and rolls back on any exception.

        Only one unit at a time runs on SQLite, so a unit is short, never waits for a person, and is never nested.
        ``reading`` promises that nothing is written or told: such units run side by side on SQLite too.
        Raises :class:`StoreBusyError`.
        """
        return self._read(actor) if reading else self._write(actor)

    async def scrub(self) -> None:
        """Empty SQLite's write-ahead log, which still holds the pages from before an erasure.

        The freed pages of the database itself are overwritten at once (``secure_delete``). On PostgreSQL, dead rows go
        with its own vacuum. A reader that is at work keeps part of the log; the next run gets it.
        """
        if self.engine.dialect.name == "sqlite":
            async with self.engine.connect() as connection:
                driver: aiosqlite.Connection | None = (await connection.get_raw_connection()).driver_connection
                # Past SQLAlchemy, because a checkpoint can not run inside a transaction.
                if driver is not None:
                    await driver.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()

    @asynccontextmanager
    async def _read(self, actor: Actor) -> AsyncIterator[UnitOfWork]:
        async with AsyncSession(self.engine, expire_on_commit=False, autoflush=False) as db:
            await db.connection(execution_options={READING: True})
            yield self._unit(db, actor, Turn(None))

    @asynccontextmanager
    async def _write(self, actor: Actor) -> AsyncIterator[UnitOfWork]:
        turn = Turn(self._lock)
        await turn.take()
        try:
            async with AsyncSession(self.engine, expire_on_commit=False) as db:
                unit = self._unit(db, actor, turn)
                # Leaving the block of the db session by an exception rolls back.
                yield unit
                await unit.settle()
        finally:
            turn.give_back()

    def _unit(self, db: AsyncSession, actor: Actor, turn: Turn) -> UnitOfWork:
        now = self.clock.now()
        return UnitOfWork(db, now, actor, Vault(db, self.keys, now), self.keys, turn)
