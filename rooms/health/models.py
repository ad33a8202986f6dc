"""The table of rooms' minutes: how the lines of a visit were, without anybody's name, place or address."""

from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from rooms.health.samples import Rung
from rooms.ids import VisitId
from rooms.mapping import CHOICE_LENGTH, Base
from rooms.retention import RetentionClass, about


class StoredMinute(Base):
    """One minute of one visit's room. Goes with its visit, and before it when it is old."""

    __tablename__ = "room_minutes"
    __table_args__ = (Index("ix_room_minutes_minute", "minute"),)

    visit_id: Mapped[VisitId] = mapped_column(
        String(32),
        ForeignKey("visits.id", ondelete="CASCADE"),
        primary_key=True,
        info=about("which meeting", RetentionClass.MEASUREMENT),
    )
    minute: Mapped[datetime] = mapped_column(
        primary_key=True, info=about("the first instant of the minute", RetentionClass.MEASUREMENT)
    )
    rung: Mapped[Rung | None] = mapped_column(
        info=about("what the line allowed: the lowest rung of any device", RetentionClass.MEASUREMENT)
    )
    figure: Mapped[int | None] = mapped_column(
        Integer, info=about("how well speech was understood at worst, 0 to 93", RetentionClass.MEASUREMENT)
    )
    cause: Mapped[str] = mapped_column(
        String(CHOICE_LENGTH), info=about("why it was so, as a code", RetentionClass.MEASUREMENT)
    )
    drops: Mapped[int] = mapped_column(
        Integer, info=about("how often a device or a connection was lost", RetentionClass.MEASUREMENT)
    )
    rtt_ms: Mapped[int | None] = mapped_column(
        Integer, info=about("how long the way was: median round trip in ms", RetentionClass.MEASUREMENT)
    )
    loss_pct: Mapped[float | None] = mapped_column(
        Float, info=about("how much was lost: median in percent", RetentionClass.MEASUREMENT)
    )
    sent_kb: Mapped[int] = mapped_column(
        Integer, info=about("what the visit cost in data: kilobytes sent by all devices", RetentionClass.MEASUREMENT)
    )
