"""Opaque identifiers: 128 random bits as 32 hexadecimal digits, typed so that two kinds are never swapped."""

import re
import secrets
from typing import NewType

AccountId = NewType("AccountId", str)
SchoolId = NewType("SchoolId", str)
ReferralId = NewType("ReferralId", str)
VisitId = NewType("VisitId", str)
#: A participant is a person with a role in one visit; its id is the id of that seat's invitation.
ParticipantId = NewType("ParticipantId", str)
#: One browser endpoint; a page that is opened anew is a new peer in the same seat.
PeerId = NewType("PeerId", str)

ID_PATTERN = re.compile(r"[0-9a-f]{32}\Z")


def new_id() -> str:
    """Return a new identifier: 128 bits from the operating system's random source."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    """Say whether ``text`` has the one form an identifier can have."""
    return ID_PATTERN.match(text) is not None
