"""The tables of a child's path. Names and free text are sealed with the referral's own data key."""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from rooms.ids import AccountId, ReferralId, SchoolId
from rooms.mapping import Base
from rooms.referrals.choices import AgeBand, ConsentRelation, ExitReason, Language, Need, Urgency
from rooms.referrals.states import ReferralState
from rooms.retention import RetentionClass, about


class Referral(Base):
    """One child's path, entry point to exit point."""

    __tablename__ = "referrals"
    __table_args__ = (
        Index("ix_referrals_state_filed_at", "state", "filed_at"),
        Index("ix_referrals_social_worker_id", "social_worker_id"),
        Index("ix_referrals_psychologist_id_state", "psychologist_id", "state"),
    )

    id: Mapped[ReferralId] = mapped_column(
        String(32), primary_key=True, info=about("names the path without naming the child", RetentionClass.CASE)
    )
    state: Mapped[ReferralState] = mapped_column(info=about("what may be done next", RetentionClass.CASE))
    school_id: Mapped[SchoolId] = mapped_column(
        String(32), ForeignKey("schools.id"), info=about("whom to call when something happens", RetentionClass.CASE)
    )
    social_worker_id: Mapped[AccountId] = mapped_column(
        String(32), ForeignKey("accounts.id"), info=about("who filed it and stays near the child", RetentionClass.CASE)
    )
    psychologist_id: Mapped[AccountId | None] = mapped_column(
        String(32), ForeignKey("accounts.id"), info=about("who answers for the support", RetentionClass.CASE)
    )
    pseudonym: Mapped[bytes] = mapped_column(
        LargeBinary, info=about("how the child wishes to be called; sealed", RetentionClass.CASE)
    )
    age_band: Mapped[AgeBand] = mapped_column(
        info=about("lets a psychologist choose whom they can help", RetentionClass.CASE)
    )
    languages: Mapped[list[str]] = mapped_column(
        JSON, info=about("lets a psychologist choose whom they can speak with", RetentionClass.CASE)
    )
    need: Mapped[Need] = mapped_column(
        info=about("lets a psychologist choose what they can help with", RetentionClass.CASE)
    )
    urgency: Mapped[Urgency] = mapped_column(info=about("the most urgent are listed first", RetentionClass.CASE))
    tried: Mapped[bytes] = mapped_column(LargeBinary, info=about("what was done before; sealed", RetentionClass.CASE))
    strengths: Mapped[bytes] = mapped_column(LargeBinary, info=about("what to build on; sealed", RetentionClass.CASE))
    wish: Mapped[bytes] = mapped_column(LargeBinary, info=about("the child's own wish; sealed", RetentionClass.CASE))
    filed_at: Mapped[datetime] = mapped_column(info=about("how long a child has waited", RetentionClass.CASE))
    taken_at: Mapped[datetime | None] = mapped_column(info=about("how long a child has waited", RetentionClass.CASE))
    ended_at: Mapped[datetime | None] = mapped_column(
        info=about("starts the retention of the whole case", RetentionClass.CASE)
    )
    exit_reason: Mapped[ExitReason | None] = mapped_column(info=about("why the path ended here", RetentionClass.CASE))
    next_contact: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=about("whom the family can turn to afterwards; sealed", RetentionClass.CASE)
    )


class Consent(Base):
    """A guardian's consent as given on one day; a new consent is a new row."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_referral_id", "referral_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, info=about("names the consent", RetentionClass.CASE))
    referral_id: Mapped[ReferralId] = mapped_column(
        String(32), ForeignKey("referrals.id", ondelete="CASCADE"), info=about("whose consent", RetentionClass.CASE)
    )
    relation: Mapped[ConsentRelation] = mapped_column(info=about("who consented", RetentionClass.CASE))
    given_on: Mapped[date] = mapped_column(info=about("the calendar day it was given", RetentionClass.CASE))
    text_version: Mapped[str] = mapped_column(
        String(32), info=about("which text the guardian heard or read", RetentionClass.CASE)
    )
    scope: Mapped[list[str]] = mapped_column(JSON, info=about("what was agreed to", RetentionClass.CASE))
    language: Mapped[Language] = mapped_column(info=about("the language it was explained in", RetentionClass.CASE))
    recorded_by: Mapped[AccountId] = mapped_column(
        String(32), ForeignKey("accounts.id"), info=about("who answers for the record", RetentionClass.CASE)
    )
    recorded_at: Mapped[datetime] = mapped_column(info=about("when it was written down", RetentionClass.CASE))
    withdrawn_at: Mapped[datetime | None] = mapped_column(
        info=about("from when on nothing more may be done", RetentionClass.CASE)
    )


class ReferralMessage(Base):
    """One message between the social worker and the psychologist of a referral."""

    __tablename__ = "referral_messages"
    __table_args__ = (Index("ix_referral_messages_referral_id_written_at", "referral_id", "written_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, info=about("names the message", RetentionClass.CASE))
    referral_id: Mapped[ReferralId] = mapped_column(
        String(32), ForeignKey("referrals.id", ondelete="CASCADE"), info=about("what it is about", RetentionClass.CASE)
    )
    author_id: Mapped[AccountId] = mapped_column(
        String(32), ForeignKey("accounts.id"), info=about("who wrote it", RetentionClass.CASE)
    )
    written_at: Mapped[datetime] = mapped_column(info=about("the order of the messages", RetentionClass.CASE))
    text: Mapped[bytes] = mapped_column(LargeBinary, info=about("what the two agree on; sealed", RetentionClass.CASE))
