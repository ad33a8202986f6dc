"""Tickets: the one-use, 30-second JWT that opens one WebSocket.

A ticket says who asked and for which seats; it grants nothing by itself, since rights are read from the database when
it is spent. There is exactly one way to write a ticket, and :func:`verify_ticket` accepts nothing else: the header is
one of the few that this installation makes, byte for byte, so no unverified JSON is ever parsed, and the claims must
encode back to the bytes that were signed, which leaves no room for duplicate keys, extra claims or odd numbers.
"""

import binascii
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import jwt

from rooms.ids import ParticipantId, VisitId, is_id, new_id
from rooms.keys import Keys
from rooms.unit_of_work import Actor, ActorKind

TICKET_TYPE = "wasl-ticket+jwt"
ISSUER = "wasl"
AUDIENCE = "wasl-signaling"
ALGORITHM = "HS256"
#: How long a ticket may live from issue to expiry.
TICKET_LIFE_S = 30
#: How far the clocks of two nodes may be apart.
LEEWAY_S = 5
LARGEST_TOKEN = 2048
#: One device holds at most one seat of each role.
MOST_SEATS = 6
TOKEN_PATTERN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\Z")
CLAIMS = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti", "sub", "seat", "visit"})
#: Who may hold a ticket: a person at a seat, by account or by invitation.
SUBJECT_KINDS = frozenset({ActorKind.ACCOUNT, ActorKind.PARTICIPANT})


class TicketFault(StrEnum):
    """Why a ticket is refused. For the log and the tests only: whoever sent it gets one answer for all."""

    MALFORMED = "malformed"
    UNKNOWN_HEADER = "unknown-header"
    WRONG_SIGNATURE = "wrong-signature"
    WRONG_CLAIMS = "wrong-claims"
    NOT_YET = "not-yet"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class TicketClaims:
    """What a genuine ticket says. A spent ``ticket`` is remembered until ``expires_at_s``, in seconds since 1970."""

    ticket: str
    actor: Actor
    visit: VisitId
    participants: tuple[ParticipantId, ...]
    expires_at_s: int


def issue_ticket(
    keys: Keys, now: datetime, *, actor: Actor, visit: VisitId, participants: tuple[ParticipantId, ...]
) -> str:
    """Return a signed ticket for the seats of one device, good once and for 30 seconds."""
    issued_at = int(now.timestamp())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "exp": issued_at + TICKET_LIFE_S,
        "nbf": issued_at,
        "iat": issued_at,
        "jti": new_id(),
        "sub": f"{actor.kind}:{actor.id}",
        "seat": ".".join(participants),
        "visit": visit,
    }
    return jwt.encode(
        claims, keys.ticket[keys.ticket_current], ALGORITHM, headers={"typ": TICKET_TYPE, "kid": keys.ticket_current}
    )


def verify_ticket(keys: Keys, now: datetime, token: str) -> TicketClaims | TicketFault:
    """Return what the ticket says, or why it is refused. Whether it was spent already is the database's to say."""
    parts = token.split(".")
    if len(token) > LARGEST_TOKEN or not TOKEN_PATTERN.match(token) or not all(_is_canonical(part) for part in parts):
        return TicketFault.MALFORMED
    kid = next((kid for kid in keys.ticket if parts[0] == _header_segment(kid)), None)
    if kid is None:
        return TicketFault.UNKNOWN_HEADER
    claims = _open(token, keys.ticket[kid])
    if isinstance(claims, TicketFault):
        return claims
    if set(claims) != CLAIMS or _encode(claims) != parts[1]:
        return TicketFault.WRONG_CLAIMS
    return _read(claims, now)


def _open(token: str, key: bytes) -> dict[str, object] | TicketFault:
    """Check signature, issuer and audience; times wait for a check of their types and for the injected clock."""
    try:
        return jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": sorted(CLAIMS), "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except jwt.InvalidSignatureError:
        return TicketFault.WRONG_SIGNATURE
    # ValueError: text that is no UTF-8 or an integer of too many digits; RecursionError: deeply nested JSON.
    except (jwt.PyJWTError, ValueError, RecursionError):
        return TicketFault.WRONG_CLAIMS


def _read(claims: dict[str, object], now: datetime) -> TicketClaims | TicketFault:
    """Check each claim's type and value; the signature holds and exactly the known claims are there."""
    match claims:
        case {
            "aud": str(),
            "exp": int(expires_at),
            "nbf": int(not_before),
            "iat": int(issued_at),
            "jti": str(ticket),
            "sub": str(subject),
            "seat": str(seat),
            "visit": str(visit),
        }:
            pass
        case _:
            return TicketFault.WRONG_CLAIMS
    if any(isinstance(claims[name], bool) for name in ("exp", "nbf", "iat")):
        return TicketFault.WRONG_CLAIMS
    participants = seat.split(".")
    kind, _, actor_id = subject.partition(":")
    if (
        not all(is_id(text) for text in (ticket, visit, actor_id, *participants))
        or kind not in SUBJECT_KINDS
        or not 1 <= len(set(participants)) == len(participants) <= MOST_SEATS
        or not_before != issued_at
        or not 0 < expires_at - issued_at <= TICKET_LIFE_S
    ):
        return TicketFault.WRONG_CLAIMS
    now_s = now.timestamp()
    if now_s < not_before - LEEWAY_S:
        return TicketFault.NOT_YET
    if now_s >= expires_at + LEEWAY_S:
        return TicketFault.EXPIRED
    return TicketClaims(
        ticket=ticket,
        actor=Actor(ActorKind(kind), actor_id),
        visit=VisitId(visit),
        participants=tuple(ParticipantId(text) for text in participants),
        expires_at_s=expires_at,
    )


def _encode(fields: dict[str, object]) -> str:
    """Return the one way in which PyJWT writes a header or a claim set."""
    text = json.dumps(fields, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _header_segment(kid: str) -> str:
    """Return the whole header of a ticket under one key; PyJWT sorts its fields."""
    return _encode({"alg": ALGORITHM, "kid": kid, "typ": TICKET_TYPE})


def _is_canonical(segment: str) -> bool:
    """Say whether base64url has no unused bits set: otherwise several texts would mean one ticket."""
    try:
        decoded = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error:
        return False
    return urlsafe_b64encode(decoded).rstrip(b"=").decode() == segment
