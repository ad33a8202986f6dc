"""Passwords: what is accepted, and hashing that can not stall the process.

NIST SP 800-63B-4: at least 15 characters for a password alone, any character, no rules of composition, normalised.
Argon2id with 19 MiB, 2 passes and 1 lane (the OWASP floor) takes about 0.1 s; two worker threads bound what a flood of
sign-ins may take from the calls.
"""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from rooms.errors import InvalidInputError

SHORTEST = 15
LONGEST = 256
#: ``aaaaaaaaaaaaaaa`` and ``121212121212121`` are long, and the first to be guessed.
LEAST_DISTINCT = 5

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
HASHING = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")
#: Checked when there is no account, so that the answer takes as long as with one. No password has this hash.
NOBODYS_HASH = "$argon2id$v=19$m=19456,t=2,p=1$c29tZSBmaXhlZCBzYWx0IQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def normalise(password: str) -> str:
    """Return one form for all ways of typing the same characters (NFKC, as SP 800-63B advises)."""
    return unicodedata.normalize("NFKC", password)


def check_new(password: str) -> None:
    """Raise :class:`InvalidInputError` (field ``password``) for one that is too short, too long, or too simple."""
    plain = normalise(password)
    if len(plain) < SHORTEST:
        raise InvalidInputError({"password": "too-short"})
    if len(plain) > LONGEST:
        raise InvalidInputError({"password": "too-long"})
    if len(set(plain)) < LEAST_DISTINCT:
        raise InvalidInputError({"password": "too-simple"})
    if any(unicodedata.category(character) == "Cs" for character in plain):
        raise InvalidInputError({"password": "control-characters"})


async def hash_password(password: str) -> str:
    """Return the hash to store. Runs in a thread."""
    return await asyncio.get_running_loop().run_in_executor(HASHING, HASHER.hash, normalise(password))


async def is_right(password_hash: str | None, password: str) -> bool:
    """Say whether the password fits. Takes the same time when there is no hash to compare with. Runs in a thread."""
    if len(password) > LONGEST:
        return False
    return await asyncio.get_running_loop().run_in_executor(
        HASHING, _verify, password_hash or NOBODYS_HASH, normalise(password)
    )


def _verify(password_hash: str, plain: str) -> bool:
    try:
        return HASHER.verify(password_hash, plain)
    # UnicodeEncodeError: a lone surrogate, which no password that was accepted can hold.
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
