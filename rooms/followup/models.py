"""The tables of follow-up. Every text is sealed with the referral's data key."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from rooms.followup.views import Addressee
from rooms.ids import AccountId, ReferralId, VisitId
from rooms.mapping import Base
from rooms.referrals.choices import Language
from rooms.retention import RetentionClass, about


class VisitNote(Base):
    """A psychologist's private note on a visit."""

    __tablename__ = "visit_notes"
    __table_args__ = (Index("ix_visit_notes_visit_id", "visit_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, info=about("names the note", RetentionClass.CASE))
    visit_id: Mapped[VisitId] = mapped_column(
        String(32), ForeignKey("visits.id", ondelete="CASCADE"), info=about("which meeting", RetentionClass.CASE)
    )
    author_id: Mapped[AccountId] = mapped_column(
        String(32), ForeignKey("accounts.id"), info=about("the only reader", RetentionClass.CASE)
    )
    written_at: Mapped[datetime] = mapped_column(info=about("the order of the notes", RetentionClass.CASE))
    text: Mapped[bytes] = mapped_column(
        LargeBinary, info=about("the psychologist's memory of the visit; sealed", RetentionClass.CASE)
    )


class Recommendation(Base):
    """What the family, the school or a specialist is advised to do."""

    __tablename__ = "recommendations"
    __table_args__ = (Index("ix_recommendations_referral_id_written_at", "referral_id", "written_at"),)

    id: Mapped[str] = mapped_column(
        String(32), primary_key=True, info=about("names the recommendation", RetentionClass.CASE)
    )
    referral_id: Mapped[ReferralId] = mapped_column(
        String(32), ForeignKey("referrals.id", ondelete="CASCADE"), info=about("for which child", RetentionClass.CASE)
    )
    visit_id: Mapped[VisitId | None] = mapped_column(
        String(32), ForeignKey("visits.id", ondelete="CASCADE"), info=about("after which meeting", RetentionClass.CASE)
    )
    author_id: Mapped[AccountId] = mapped_column(
        String(32), ForeignKey("accounts.id"), info=about("who answers for it", RetentionClass.CASE)
    )
    addressee: Mapped[Addressee] = mapped_column(info=about("who may read it", RetentionClass.CASE))
    language: Mapped[Language] = mapped_column(info=about("the language it is read aloud in", RetentionClass.CASE))
    written_at: Mapped[datetime] = mapped_column(info=about("the order of the recommendations", RetentionClass.CASE))
    text: Mapped[bytes] = mapped_column(LargeBinary, info=about("the advice; sealed", RetentionClass.CASE))
