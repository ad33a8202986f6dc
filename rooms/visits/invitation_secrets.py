"""Links and spoken codes of invitations: derived, never stored, and recognised by their hashes. Pure.

A link's secret is HMAC-SHA256 over a random nonce and the invitation's id under the invitation key, so that a card can
be printed again while the database holds nothing that opens a door: it has the nonce and a hash, the key lives outside.
"""

import base64
import hashlib
import hmac
import re
import secrets
import unicodedata

from rooms.ids import ParticipantId, VisitId
from rooms.keys import Keys

NONCE_BYTES = 32
CODE_DIGITS = 8
#: 256 bits in base64url without padding.
SECRET_PATTERN = re.compile(r"[A-Za-z0-9_-]{43}\Z")
#: What may stand between the digits of a code: dashes, dots, and invisible marks of direction.
FILLERS = frozenset({"Pd", "Po", "Cf"})
#: What a browser keeps in its cookie: 256 bits, in hexadecimal or base64url.
DEVICE_PATTERN = re.compile(r"[A-Za-z0-9_-]{43,64}\Z")


def new_nonce() -> bytes:
    """Return the random part of a new invitation."""
    return secrets.token_bytes(NONCE_BYTES)


def derive(keys: Keys, purpose: str, nonce: bytes, invitation: ParticipantId) -> bytes:
    """Return 256 bits that only the holder of the invitation key can compute."""
    return hmac.digest(keys.invitation, b"\0".join((purpose.encode(), invitation.encode(), nonce)), hashlib.sha256)


def link_secret(keys: Keys, nonce: bytes, invitation: ParticipantId) -> str:
    """Return the secret that stands in the fragment of the link: 43 characters."""
    return base64.urlsafe_b64encode(derive(keys, "link", nonce, invitation)).rstrip(b"=").decode()


def spoken_code(keys: Keys, nonce: bytes, invitation: ParticipantId) -> str:
    """Return the eight digits that can be said on the telephone."""
    number = int.from_bytes(derive(keys, "code", nonce, invitation)) % 10**CODE_DIGITS
    return f"{number:0{CODE_DIGITS}}"


def secret_hash(secret: str) -> bytes:
    """Return what is stored of a link. A plain hash will do: 256 random bits can not be searched."""
    return hashlib.sha256(secret.encode()).digest()


def code_hash(keys: Keys, code: str) -> bytes:
    """Return what is stored of a spoken code: keyed, because eight digits could be searched."""
    return keys.lookup_hash("spoken-code", code)


def device_hash(device: str) -> bytes:
    """Return what is stored of a browser's cookie."""
    return hashlib.sha256(device.encode()).digest()


def tidy_code(typed: str) -> str | None:
    """Return the digits of a code as people type it (spaces, dashes, any script's digits), or None for others."""
    if len(typed) > CODE_DIGITS * 4:
        return None
    digits = [
        character for character in typed if not character.isspace() and unicodedata.category(character) not in FILLERS
    ]
    if len(digits) != CODE_DIGITS or not all(character.isdecimal() for character in digits):
        return None
    return "".join(str(int(character)) for character in digits)


def holder_of(keys: Keys, visit: VisitId, hashed_device: bytes) -> str:
    """Return the opaque name that a ticket gives to a browser: tells nothing, differs for each visit."""
    return keys.lookup_hash("holder", f"{visit}:{hashed_device.hex()}")[:16].hex()
