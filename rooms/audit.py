"""The audit chain: append-only, hash-chained, written in the same transaction as the act it tells of.

Each entry's hash covers its own fields and the hash before it, so an edit, a deletion, a swap or an insertion breaks
the chain from there on. One row holds the head; it is locked while entries are added, so there is no fork and no gap.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Connection, Integer, LargeBinary, String, Text, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from rooms.keys import Keys
from rooms.mapping import Base
from rooms.retention import RetentionClass, about

HASH_BYTES = 32
#: What the first entry names as the hash before it.
GENESIS_HASH = bytes(HASH_BYTES)
HEAD_ROW = 1
PROOF_PURPOSE = "audit-proof"
#: Entries read with one query; the chain may be longer than the memory.
VERIFIED_AT_ONCE = 1000
#: Facts are codes, ids, counts and instants; this form has no room for a name or a sentence.
FACT_PATTERN = re.compile(r"[A-Za-z0-9._:/+-]{0,64}\Z")


class AuditTag(StrEnum):
    """What can be told, as ``source:subject:action`` with the action in the past. A retired tag stays listed."""

    ACCOUNT_CREATED = "people:account:created"
    ACCOUNT_DISABLED = "people:account:disabled"
    ACCOUNT_ERASED = "people:account:erased"
    WELCOME_ISSUED = "people:welcome:issued"
    WELCOME_ACCEPTED = "people:welcome:accepted"
    CREDENTIAL_RENEWED = "people:credential:renewed"
    LOGIN_OPENED = "people:login:opened"
    LOGIN_REFUSED = "people:login:refused"
    LOGIN_CLOSED = "people:login:closed"
    LOGINS_CLOSED = "people:logins:closed"
    SCHOOL_CREATED = "people:school:created"
    SCHOOL_CHANGED = "people:school:changed"

    REFERRAL_FILED = "referrals:referral:filed"
    REFERRAL_READ = "referrals:referral:read"
    REFERRAL_TAKEN = "referrals:referral:taken"
    REFERRAL_RELEASED = "referrals:referral:released"
    REFERRAL_CLOSED = "referrals:referral:closed"
    REFERRAL_ERASED = "referrals:referral:erased"
    CONSENT_RECORDED = "referrals:consent:recorded"
    CONSENT_WITHDRAWN = "referrals:consent:withdrawn"
    MESSAGE_WRITTEN = "referrals:message:written"
    MESSAGES_READ = "referrals:messages:read"

    VISIT_BOOKED = "visits:visit:booked"
    VISIT_RESCHEDULED = "visits:visit:rescheduled"
    VISIT_REDERIVED = "visits:visit:rederived"
    VISIT_CANCELLED = "visits:visit:cancelled"
    VISIT_OPENED = "visits:visit:opened"
    VISIT_COMPLETED = "visits:visit:completed"
    VISIT_MISSED = "visits:visit:missed"
    VISIT_EXPIRED = "visits:visit:expired"
    INVITATION_ISSUED = "visits:invitation:issued"
    INVITATION_PRINTED = "visits:invitation:printed"
    INVITATION_RENEWED = "visits:invitation:renewed"
    INVITATION_BOUND = "visits:invitation:bound"
    INVITATION_REFUSED = "visits:invitation:refused"
    INVITATION_REVOKED = "visits:invitation:revoked"
    CLAIM_RAISED = "visits:claim:raised"
    CLAIM_APPROVED = "visits:claim:approved"
    CLAIM_DENIED = "visits:claim:denied"
    TICKET_ISSUED = "visits:ticket:issued"
    TICKET_SPENT = "visits:ticket:spent"
    TICKET_REFUSED = "visits:ticket:refused"
    PARTICIPANT_JOINED = "visits:participant:joined"
    PARTICIPANT_ADMITTED = "visits:participant:admitted"
    PARTICIPANT_DENIED = "visits:participant:denied"
    PARTICIPANT_REMOVED = "visits:participant:removed"
    PARTICIPANT_GONE = "visits:participant:gone"
    DOOR_KNOCKED = "visits:door:knocked"
    DOOR_OPENED = "visits:door:opened"
    HELP_ASKED = "visits:help:asked"
    HELP_PLAN_READ = "visits:help-plan:read"
    ROOM_PAUSED = "visits:room:paused"
    ROOM_RESUMED = "visits:room:resumed"
    ROOM_ENDED = "visits:room:ended"
    ROOM_CLOSED = "visits:room:closed"

    NOTE_WRITTEN = "followup:note:written"
    NOTES_READ = "followup:notes:read"
    RECOMMENDATION_WRITTEN = "followup:recommendation:written"
    RECOMMENDATIONS_READ = "followup:recommendations:read"
    RECOMMENDATION_PRINTED = "followup:recommendation:printed"

    KEY_ERASED = "vault:key:erased"
    KEYS_REWRAPPED = "vault:keys:rewrapped"
    RETENTION_ENFORCED = "retention:rows:deleted"


class AuditEntry(Base):
    """One act, told for good."""

    __tablename__ = "audit_entries"

    seq: Mapped[int] = mapped_column(
        Integer, primary_key=True, autoincrement=False, info=about("place in the chain, from 1", RetentionClass.AUDIT)
    )
    at: Mapped[datetime] = mapped_column(info=about("when it was done", RetentionClass.AUDIT))
    # A plain text, not a checked list: an entry with a tag that this release does not know must still verify.
    tag: Mapped[str] = mapped_column(String(64), info=about("what was done", RetentionClass.AUDIT))
    actor_kind: Mapped[str] = mapped_column(String(16), info=about("what kind of actor did it", RetentionClass.AUDIT))
    actor_id: Mapped[str] = mapped_column(String(64), info=about("opaque id of who did it", RetentionClass.AUDIT))
    object_id: Mapped[str] = mapped_column(
        String(64), index=True, info=about("opaque id of what it was done to", RetentionClass.AUDIT)
    )
    facts: Mapped[str] = mapped_column(
        Text, info=about("codes, counts and opaque ids that tell the act, as JSON", RetentionClass.AUDIT)
    )
    prev_hash: Mapped[bytes] = mapped_column(
        LargeBinary(HASH_BYTES), info=about("hash of the entry before", RetentionClass.AUDIT)
    )
    hash: Mapped[bytes] = mapped_column(
        LargeBinary(HASH_BYTES), info=about("SHA-256 over this entry and prev_hash", RetentionClass.AUDIT)
    )


class AuditHead(Base):
    """The one row that says where the chain ends; locking it orders the writers. The first migration makes it."""

    __tablename__ = "audit_head"

    row: Mapped[int] = mapped_column(
        Integer, primary_key=True, autoincrement=False, info=about("the only row is number 1", RetentionClass.AUDIT)
    )
    seq: Mapped[int] = mapped_column(info=about("number of the last entry, 0 for none", RetentionClass.AUDIT))
    hash: Mapped[bytes] = mapped_column(
        LargeBinary(HASH_BYTES), info=about("hash of the last entry", RetentionClass.AUDIT)
    )


ENTRIES = AuditEntry.metadata.tables[AuditEntry.__tablename__]
HEAD = AuditHead.metadata.tables[AuditHead.__tablename__]
LOCK_HEAD = select(HEAD.c.seq, HEAD.c.hash).where(HEAD.c.row == HEAD_ROW).with_for_update()
INSERT_ENTRY = insert(ENTRIES)
MOVE_HEAD = update(HEAD).where(HEAD.c.row == HEAD_ROW).values(seq=bindparam("new_seq"), hash=bindparam("new_hash"))


@dataclass(frozen=True, slots=True)
class Act:
    """One act that waits to be told, until its transaction commits."""

    at: datetime
    tag: AuditTag
    actor_kind: str
    actor_id: str
    object_id: str
    facts: Mapping[str, str | int]


def encode_facts(facts: Mapping[str, str | int]) -> str:
    """Return the facts as canonical JSON. Raises ``ValueError`` for a fact that could hold words about a person."""
    for name, value in facts.items():
        if not FACT_PATTERN.match(str(value)):
            raise ValueError(f"the audit fact {name!r} is not a code, an id, a count or an instant")
    return json.dumps(dict(facts), sort_keys=True, separators=(",", ":"))


def hash_entry(
    *, seq: int, at: datetime, tag: str, actor_kind: str, actor_id: str, object_id: str, facts: str, prev_hash: bytes
) -> bytes:
    """Return the SHA-256 that binds all fields of an entry and the hash before it.

    A JSON list keeps the borders between fields, so that no two entries encode alike.
    """
    instant = at.astimezone(UTC).isoformat(timespec="microseconds")
    fields = [seq, instant, tag, actor_kind, actor_id, object_id, facts, prev_hash.hex()]
    return hashlib.sha256(json.dumps(fields, separators=(",", ":")).encode()).digest()


async def append(db: AsyncSession, acts: Sequence[Act]) -> None:
    """Add entries to the end of the chain. The head stays locked until the transaction of ``db`` ends."""
    await db.flush()
    connection = await db.connection()
    # One crossing into the driver's world for all three statements: every join of a room pays for this.
    await connection.run_sync(_append, acts)


def _append(connection: Connection, acts: Sequence[Act]) -> None:
    seq, prev_hash = connection.execute(LOCK_HEAD).one()
    rows = []
    for act in acts:
        seq += 1
        row = {
            "seq": seq,
            "at": act.at,
            "tag": act.tag.value,
            "actor_kind": act.actor_kind,
            "actor_id": act.actor_id,
            "object_id": act.object_id,
            "facts": encode_facts(act.facts),
            "prev_hash": prev_hash,
        }
        prev_hash = hash_entry(**row)
        rows.append(row | {"hash": prev_hash})
    connection.execute(INSERT_ENTRY, rows)
    connection.execute(MOVE_HEAD, {"new_seq": seq, "new_hash": prev_hash})


async def verify_chain(db: AsyncSession) -> int | None:
    """Return the number of the first entry that does not hold, or None when the whole chain does.

    A chain whose end was cut, head included, still holds; :func:`proof_holds` finds that with a proof kept elsewhere.
    """
    seq, last = 0, GENESIS_HASH
    while True:
        page = select(ENTRIES).where(ENTRIES.c.seq > seq).order_by(ENTRIES.c.seq).limit(VERIFIED_AT_ONCE)
        rows = (await db.execute(page)).mappings().all()
        for row in rows:
            seq += 1
            fields = dict(row)
            told = fields.pop("hash")
            if row["seq"] != seq or row["prev_hash"] != last or hash_entry(**fields) != told:
                return seq
            last = told
        if len(rows) < VERIFIED_AT_ONCE:
            break
    head = (await db.execute(select(HEAD.c.seq, HEAD.c.hash).where(HEAD.c.row == HEAD_ROW))).one_or_none()
    if head is None or tuple(head) != (seq, last):
        return seq + 1
    return None


async def make_proof(db: AsyncSession, keys: Keys) -> str:
    """Return one line that proves where the chain ends now. Keep it outside the database, from time to time."""
    seq, head = (await db.execute(select(HEAD.c.seq, HEAD.c.hash).where(HEAD.c.row == HEAD_ROW))).one()
    end = f"{seq}.{head.hex()}"
    return f"{end}.{keys.lookup_hash(PROOF_PURPOSE, end).hex()}"


async def proof_holds(db: AsyncSession, keys: Keys, proof: str) -> bool:
    """Say whether the chain still contains the end that a proof names.

    Together with :func:`verify_chain` this finds a cut tail, and a chain that was made anew up to the proof.
    Raises ``ValueError`` when the proof is not one that these keys made.
    """
    end, _, signature = proof.strip().rpartition(".")
    seq, _, head = end.partition(".")
    if not hmac.compare_digest(keys.lookup_hash(PROOF_PURPOSE, end).hex().encode(), signature.encode()):
        raise ValueError("this proof was not made with these keys")
    if int(seq) == 0:
        return True
    told = await db.scalar(select(ENTRIES.c.hash).where(ENTRIES.c.seq == int(seq)))
    return told is not None and told.hex() == head
