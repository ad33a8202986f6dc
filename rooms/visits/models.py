"""The tables of visits: what was booked, who may come in, who came. No name, no address, no media."""

from datetime import datetime

from sqlalchemy import Boolean, DateTime, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rooms.ids import AccountId, ParticipantId, ReferralId, VisitId
from rooms.mapping import Base
from rooms.retention import RetentionClass, about
from rooms.roles import Composition, Role
from rooms.visits.states import ClaimState, VisitState


class Visit(Base):
    """One scheduled meeting. Wall time and zone are the agreement; the four instants are derived from them."""

    __tablename__ = "visits"
    __table_args__ = (
        Index("ix_visits_referral_id", "referral_id"),
        Index("ix_visits_psychologist_id_starts_at", "psychologist_id", "starts_at"),
        Index("ix_visits_state_closes_at", "state", "closes_at"),
    )

    id: Mapped[VisitId] = mapped_column(
        String(32), primary_key=True, info=about("names the meeting", RetentionClass.CASE)
    )
    referral_id: Mapped[ReferralId] = mapped_column(
        String(32), ForeignKey("referrals.id", ondelete="CASCADE"), info=about("whose meeting", RetentionClass.CASE)
    )
    psychologist_id: Mapped[AccountId] = mapped_column(
        String(32), ForeignKey("accounts.id"), info=about("keeps two meetings of one person apart", RetentionClass.CASE)
    )
    state: Mapped[VisitState] = mapped_column(info=about("what may be done next", RetentionClass.CASE))
    wall_start: Mapped[datetime] = mapped_column(
        DateTime(timezone=False), info=about("the agreed time on the wall clock", RetentionClass.CASE)
    )
    zone: Mapped[str] = mapped_column(String(64), info=about("whose wall clock", RetentionClass.CASE))
    minutes: Mapped[int] = mapped_column(Integer, info=about("the agreed length", RetentionClass.CASE))
    composition: Mapped[Composition] = mapped_column(info=about("who must be in the room", RetentionClass.CASE))
    before_s: Mapped[int] = mapped_column(Integer, info=about("how early links work, in seconds", RetentionClass.CASE))
    after_s: Mapped[int] = mapped_column(
        Integer, info=about("how long links work after the end, in seconds", RetentionClass.CASE)
    )
    starts_at: Mapped[datetime] = mapped_column(info=about("derived from wall time and zone", RetentionClass.CASE))
    ends_at: Mapped[datetime] = mapped_column(info=about("derived from wall time and zone", RetentionClass.CASE))
    opens_at: Mapped[datetime] = mapped_column(
        info=about("first instant at which links work; derived", RetentionClass.CASE)
    )
    closes_at: Mapped[datetime] = mapped_column(info=about("hard end of the window; derived", RetentionClass.CASE))
    door_opened_at: Mapped[datetime | None] = mapped_column(
        info=about("the child has let the psychologist in", RetentionClass.CASE)
    )
    child_paused: Mapped[bool] = mapped_column(
        default=False, info=about("the child's own pause is on, and outlives a restart", RetentionClass.CASE)
    )


class Invitation(Base):
    """One seat of a visit and its link. The id is the participant's; the link itself is stored nowhere."""

    __tablename__ = "invitations"
    __table_args__ = (UniqueConstraint("visit_id", "role", name="uq_invitations_visit_id_role"),)

    id: Mapped[ParticipantId] = mapped_column(
        String(32), primary_key=True, info=about("names the person in the room", RetentionClass.CASE)
    )
    visit_id: Mapped[VisitId] = mapped_column(
        String(32), ForeignKey("visits.id", ondelete="CASCADE"), info=about("which meeting", RetentionClass.CASE)
    )
    role: Mapped[Role] = mapped_column(info=about("which place", RetentionClass.CASE))
    account_id: Mapped[AccountId | None] = mapped_column(
        String(32), ForeignKey("accounts.id"), info=about("the professional whose place this is", RetentionClass.CASE)
    )
    nonce: Mapped[bytes | None] = mapped_column(
        LargeBinary(32), info=about("from it and a server key the link is derived", RetentionClass.LINK)
    )
    secret_hash: Mapped[bytes | None] = mapped_column(
        LargeBinary(32), unique=True, info=about("recognises the link", RetentionClass.LINK)
    )
    code_hash: Mapped[bytes | None] = mapped_column(
        LargeBinary(32), unique=True, info=about("recognises the spoken code", RetentionClass.LINK)
    )
    device_hash: Mapped[bytes | None] = mapped_column(
        LargeBinary(32), info=about("recognises the browser that owns the place", RetentionClass.LINK)
    )
    admitted: Mapped[bool] = mapped_column(
        Boolean, info=about("was let in and has not left: re-entry is free", RetentionClass.CASE)
    )
    removed: Mapped[bool] = mapped_column(Boolean, info=about("was removed for ever", RetentionClass.CASE))


class DeviceClaim(Base):
    """A second browser that showed the link of a seat which another browser owns."""

    __tablename__ = "device_claims"
    __table_args__ = (
        UniqueConstraint("invitation_id", "device_hash", name="uq_device_claims_invitation_id_device_hash"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, info=about("names the claim", RetentionClass.LINK))
    invitation_id: Mapped[ParticipantId] = mapped_column(
        String(32), ForeignKey("invitations.id", ondelete="CASCADE"), info=about("which place", RetentionClass.LINK)
    )
    device_hash: Mapped[bytes] = mapped_column(
        LargeBinary(32), info=about("recognises the browser that asks", RetentionClass.LINK)
    )
    state: Mapped[ClaimState] = mapped_column(info=about("what the adults decided", RetentionClass.LINK))
    asked_at: Mapped[datetime] = mapped_column(
        info=about("the order in which the adults see claims", RetentionClass.LINK)
    )


class SpentTicket(Base):
    """A ticket that has opened its socket; it opens no other."""

    __tablename__ = "spent_tickets"
    __table_args__ = (Index("ix_spent_tickets_expires_at", "expires_at"),)

    jti: Mapped[str] = mapped_column(
        String(32), primary_key=True, info=about("recognises the ticket", RetentionClass.TICKET)
    )
    expires_at: Mapped[datetime] = mapped_column(info=about("when the row is needed no longer", RetentionClass.TICKET))


class Attendance(Base):
    """One stay of one participant in the room."""

    __tablename__ = "attendances"
    __table_args__ = (Index("ix_attendances_visit_id", "visit_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, info=about("names the stay", RetentionClass.CASE))
    visit_id: Mapped[VisitId] = mapped_column(
        String(32), ForeignKey("visits.id", ondelete="CASCADE"), info=about("which meeting", RetentionClass.CASE)
    )
    participant_id: Mapped[ParticipantId] = mapped_column(
        String(32), ForeignKey("invitations.id", ondelete="CASCADE"), info=about("who came", RetentionClass.CASE)
    )
    role: Mapped[Role] = mapped_column(info=about("in which place", RetentionClass.CASE))
    joined_at: Mapped[datetime] = mapped_column(info=about("when they were let in", RetentionClass.CASE))
    left_at: Mapped[datetime | None] = mapped_column(info=about("when they went", RetentionClass.CASE))
