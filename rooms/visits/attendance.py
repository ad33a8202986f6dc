"""Attendance by itself: a stay begins when somebody is let in and ends when they go. Nobody fills in a form."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update

from rooms.ids import ParticipantId, VisitId, new_id
from rooms.roles import Role
from rooms.unit_of_work import UnitOfWork
from rooms.visits.models import Attendance
from rooms.visits.views import AttendanceView

#: The longest list of stays that is shown; a very bad line makes many.
STAYS_SHOWN = 200


def new_stay(visit_id: VisitId, participant: ParticipantId, role: Role, now: datetime) -> Attendance:
    """Return a stay that begins now."""
    return Attendance(id=new_id(), visit_id=visit_id, participant_id=participant, role=role, joined_at=now)


async def end_all_stays(uow: UnitOfWork, visit_id: VisitId) -> None:
    """End every stay of a visit: its room is closed."""
    await uow.db.execute(
        update(Attendance).where(Attendance.visit_id == visit_id, Attendance.left_at.is_(None)).values(left_at=uow.now)
    )


async def stays_of(uow: UnitOfWork, visit_id: VisitId) -> tuple[AttendanceView, ...]:
    """Return who came, when and until when, in order of coming. The caller has the right to know."""
    rows = await uow.db.scalars(
        select(Attendance)
        .where(Attendance.visit_id == visit_id)
        .order_by(Attendance.joined_at, Attendance.id)
        .limit(STAYS_SHOWN)
    )
    return tuple(AttendanceView(role=row.role, joined_at=row.joined_at, left_at=row.left_at) for row in rows)


def minutes_of(stays: tuple[AttendanceView, ...]) -> Mapping[Role, int]:
    """Return the whole minutes that each role was in the room; stays that last count for nothing yet."""
    seconds: dict[Role, float] = {}
    for stay in stays:
        if stay.left_at is not None:
            seconds[stay.role] = seconds.get(stay.role, 0) + (stay.left_at - stay.joined_at).total_seconds()
    return {role: int(total // 60) for role, total in seconds.items()}
