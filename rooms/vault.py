"""Encryption of names and clinical text: one data key for each owner, wrapped by a versioned master key.

The owner is a referral, or an account for its own name and address. A sealed text is bound to its owner's key and, as
associated data, to its table, column, row and version, so that it opens nowhere else. Erasing an owner destroys the
data key: what was sealed with it can never be read again, in this database or in any copy that shares no older key.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import LargeBinary, String, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from rooms.errors import RoomError
from rooms.insertion import insert_if_absent
from rooms.keys import KEY_BYTES, Keys
from rooms.mapping import Base
from rooms.retention import RetentionClass, about

#: 96 random bits, the size that GCM takes without hashing; safe for 2**32 texts under one data key (SP 800-38D 8.3).
NONCE_BYTES = 12
#: First byte of everything sealed; a later form of encryption takes another.
FORMAT = b"\x01"
WRAPPED_BYTES = len(FORMAT) + NONCE_BYTES + KEY_BYTES + 16


class VaultError(RoomError):
    """A sealed text does not open: it was altered, moved to another place, or its master key is not here."""

    code = "vault-unreadable"


class ErasedError(RoomError):
    """The owner was erased: its texts can not be read, and nothing can be sealed for it again."""

    code = "erased"


class DataKey(Base):
    """The wrapped key of one owner. An erased owner keeps its row without a key, so that none is made anew."""

    __tablename__ = "data_keys"

    owner_id: Mapped[str] = mapped_column(
        String(32), primary_key=True, info=about("opaque id of the referral or account", RetentionClass.AUDIT)
    )
    wrapped: Mapped[bytes | None] = mapped_column(
        LargeBinary(WRAPPED_BYTES), info=about("the owner's key, encrypted; empty once erased", RetentionClass.CASE)
    )
    master_version: Mapped[int] = mapped_column(
        index=True, info=about("which master key wraps it", RetentionClass.AUDIT)
    )
    created_at: Mapped[datetime] = mapped_column(info=about("when the key was made", RetentionClass.AUDIT))
    erased_at: Mapped[datetime | None] = mapped_column(info=about("when it was destroyed", RetentionClass.AUDIT))


# Past the mapping: every name and text that a page shows asks for a key, and nothing of the row is changed here.
KEYS = DataKey.metadata.tables[DataKey.__tablename__]
FIND_KEY = select(KEYS.c.master_version, KEYS.c.wrapped).where(KEYS.c.owner_id == bindparam("owner"))
FIND_WHOLE_KEYS = select(KEYS).where(
    KEYS.c.owner_id.in_(bindparam("owners", expanding=True)), KEYS.c.wrapped.is_not(None)
)


def encrypt(key: bytes, text: bytes, bound_to: bytes) -> bytes:
    """Return format, nonce and ciphertext of AES-256-GCM."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return FORMAT + nonce + AESGCM(key).encrypt(nonce, text, FORMAT + bound_to)


def decrypt(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """Undo :func:`encrypt`. Raises :class:`VaultError` for anything but an exact match."""
    if sealed[:1] != FORMAT or len(sealed) < len(FORMAT) + NONCE_BYTES + 16:
        raise VaultError
    nonce = sealed[1 : 1 + NONCE_BYTES]
    try:
        return AESGCM(key).decrypt(nonce, sealed[1 + NONCE_BYTES :], FORMAT + bound_to)
    except InvalidTag:
        raise VaultError from None


def place(table: str, column: str, row_id: str, version: int) -> bytes:
    """Return the associated data that binds a text to where it is stored. None of the parts can hold the separator."""
    return f"text\0{table}\0{column}\0{row_id}\0{version}".encode()


def wrap(keys: Keys, owner_id: str, data_key: bytes) -> tuple[int, bytes]:
    """Return the current master version and the data key encrypted with it."""
    version = keys.master_current
    return version, encrypt(keys.master[version], data_key, f"key\0{owner_id}\0{version}".encode())


def unwrap(keys: Keys, owner_id: str, version: int, wrapped: bytes) -> bytes:
    """Return the data key. Raises :class:`VaultError` when that master key is not here or does not fit."""
    if version not in keys.master:
        raise VaultError
    return decrypt(keys.master[version], wrapped, f"key\0{owner_id}\0{version}".encode())


class Vault:
    """Seals and opens texts inside one unit of work. Opened data keys live no longer than it does."""

    def __init__(self, db: AsyncSession, keys: Keys, now: datetime) -> None:
        self._db = db
        self._keys = keys
        self._now = now
        self._data_keys: dict[str, bytes] = {}

    async def seal(self, owner_id: str, table: str, column: str, row_id: str, text: str, *, version: int = 1) -> bytes:
        """Return ``text`` encrypted for one place. The owner's data key is made when it has none.

        ``version`` is that of the row, where rows are edited: an older text then does not open in its place.
        Raises :class:`ErasedError`.
        """
        data_key = await self._data_key(owner_id, create=True)
        return encrypt(data_key, text.encode(), place(table, column, row_id, version))

    async def open(
        self, owner_id: str, table: str, column: str, row_id: str, sealed: bytes, *, version: int = 1
    ) -> str:
        """Return the text sealed for exactly this place. Raises :class:`VaultError` or :class:`ErasedError`."""
        data_key = await self._data_key(owner_id, create=False)
        return decrypt(data_key, sealed, place(table, column, row_id, version)).decode()

    async def preload(self, owner_ids: Iterable[str]) -> None:
        """Fetch the data keys of many owners with one query, before a list is opened. Erased ones are left out."""
        wanted = set(owner_ids) - self._data_keys.keys()
        if not wanted:
            return
        rows = await self._db.execute(FIND_WHOLE_KEYS, {"owners": list(wanted)})
        for row in rows:
            self._unwrap(row.owner_id, row.master_version, row.wrapped)

    async def erase(self, owner_id: str) -> None:
        """Destroy the owner's data key, for good. Nothing happens when it has none any more."""
        row = await self._db.get(DataKey, owner_id, with_for_update=True)
        if row is None:
            row = DataKey(owner_id=owner_id, master_version=self._keys.master_current, created_at=self._now)
            self._db.add(row)
        if row.erased_at is None:
            row.wrapped = None
            row.erased_at = self._now
        self._data_keys.pop(owner_id, None)
        await self._db.flush()

    def _unwrap(self, owner_id: str, version: int, wrapped: bytes | None) -> bytes:
        if wrapped is None:
            raise ErasedError
        data_key = unwrap(self._keys, owner_id, version, wrapped)
        self._data_keys[owner_id] = data_key
        return data_key

    async def _data_key(self, owner_id: str, *, create: bool) -> bytes:
        if owner_id in self._data_keys:
            return self._data_keys[owner_id]
        stored = await self._stored(owner_id)
        if stored is None and create:
            data_key = secrets.token_bytes(KEY_BYTES)
            version, wrapped = wrap(self._keys, owner_id, data_key)
            if await insert_if_absent(
                self._db,
                DataKey,
                owner_id=owner_id,
                wrapped=wrapped,
                master_version=version,
                created_at=self._now,
            ):
                self._data_keys[owner_id] = data_key
                return data_key
            # Another's key is there: two units can be the first at once.
            stored = await self._stored(owner_id)
        if stored is None:
            raise VaultError
        return self._unwrap(owner_id, *stored)

    async def _stored(self, owner_id: str) -> tuple[int, bytes | None] | None:
        """Return the owner's row: version of the master key, and the wrapped key."""
        row = (await self._db.execute(FIND_KEY, {"owner": owner_id})).one_or_none()
        return None if row is None else (row.master_version, row.wrapped)
