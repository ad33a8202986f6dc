"""The secret keys of one installation, and the refusal of weak ones.

Keys live in files outside the database (``web/settings.py`` reads them); the domain only ever sees this object.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from rooms.errors import RoomError

#: 256 bits: the floor for HMAC-SHA256 keys (RFC 7518 section 3.2) and the size of an AES-256 key.
KEY_BYTES = 32
#: 32 random bytes hold fewer than 16 different values about once in 10**21; a typed or repeated key nearly always does.
LEAST_DISTINCT_BYTES = 16


class WeakKeyError(RoomError):
    """A key is missing, too short, visibly not random, or used twice. ``facts["key"]`` names it, never shows it."""

    code = "weak-key"


def refuse_weak(name: str, key: bytes) -> None:
    """Raise :class:`WeakKeyError` unless ``key`` has at least 256 bits and looks random."""
    if len(key) < KEY_BYTES or len(set(key)) < LEAST_DISTINCT_BYTES:
        raise WeakKeyError(key=name)


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """All secret keys, each with one purpose. Raises :class:`WeakKeyError` when made of weak ones.

    ``master`` wraps the vault's data keys; the highest version wraps new ones, the others only open old ones.
    ``ticket`` signs tickets by key id; ``ticket_current`` names the one in use, the others only verify.
    ``lookup`` makes keyed hashes (e-mail look-up, spoken codes). ``invitation`` derives invitation secrets.
    """

    master: Mapping[int, bytes]
    ticket: Mapping[str, bytes]
    ticket_current: str
    lookup: bytes
    invitation: bytes

    def __post_init__(self) -> None:
        named = {
            **{f"master-{version}": key for version, key in self.master.items()},
            **{f"ticket-{kid}": key for kid, key in self.ticket.items()},
            "lookup": self.lookup,
            "invitation": self.invitation,
        }
        for name, key in named.items():
            refuse_weak(name, key)
        for version, key in self.master.items():
            # AES-256-GCM takes exactly 256 bits.
            if len(key) != KEY_BYTES or version < 1:
                raise WeakKeyError(key=f"master-{version}")
        if not self.master:
            raise WeakKeyError(key="master")
        if self.ticket_current not in self.ticket:
            raise WeakKeyError(key="ticket")
        if len(set(named.values())) != len(named):
            raise WeakKeyError(key="used-twice")

    def __repr__(self) -> str:
        """Name the versions, never the bytes: this object may end up in a traceback."""
        return f"Keys(master={sorted(self.master)}, ticket={sorted(self.ticket)})"

    @property
    def master_current(self) -> int:
        """The version of the master key that wraps new data keys."""
        return max(self.master)

    @classmethod
    def generate(cls) -> "Keys":
        """Return a full set of new random keys, with version 1 and key id ``1``."""
        return cls(
            master={1: secrets.token_bytes(KEY_BYTES)},
            ticket={"1": secrets.token_bytes(KEY_BYTES)},
            ticket_current="1",
            lookup=secrets.token_bytes(KEY_BYTES),
            invitation=secrets.token_bytes(KEY_BYTES),
        )

    def lookup_hash(self, purpose: str, text: str) -> bytes:
        """Return the 32-byte HMAC-SHA256 of ``text`` under the look-up key, apart for each ``purpose``.

        For values that could be guessed (e-mail addresses, spoken codes), where a plain hash could be searched.
        """
        # Text from outside may hold lone surrogates; they hash to something that nobody has, like any other nonsense.
        return hmac.digest(self.lookup, f"{purpose}\0{text}".encode("utf-8", "surrogatepass"), hashlib.sha256)
