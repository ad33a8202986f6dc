"""Stores the minutes of rooms, shows them to a visit's two professionals, and forgets them."""

from collections.abc import Sequence

from sqlalchemy import delete, select, tuple_

from rooms.health.minutes import RoomMinute
from rooms.health.models import StoredMinute
from rooms.health.samples import lowest
from rooms.ids import VisitId
from rooms.retention import RetentionClass, cutoff
from rooms.unit_of_work import UnitOfWork
from rooms.visits.access import own_visit
from rooms.visits.models import Visit

#: The longest visit that is shown: twelve hours after a demonstration's start.
MINUTES_SHOWN = 15 * 60
#: How many old minutes one unit of work deletes; the next run takes the rest.
FORGOTTEN_AT_ONCE = 5000


async def record_minutes(uow: UnitOfWork, minutes: Sequence[RoomMinute]) -> None:
    """Store minutes of any number of visits. Not told in the audit chain: nobody has acted.

    A minute that is there already (the server was started anew within it) becomes the worse of both, its drops and data
    their sum. Minutes of a visit that is erased meanwhile are passed over.
    """
    keys = [(minute.visit, minute.minute) for minute in minutes]
    if not keys:
        return
    known = set(await uow.db.scalars(select(Visit.id).where(Visit.id.in_({visit for visit, _ in keys}))))
    stored = await uow.db.scalars(
        select(StoredMinute).where(tuple_(StoredMinute.visit_id, StoredMinute.minute).in_(keys)).with_for_update()
    )
    earlier = {(row.visit_id, row.minute): row for row in stored}
    for minute in minutes:
        row = earlier.get((minute.visit, minute.minute))
        if row is not None:
            _add_to(row, minute)
        elif minute.visit in known:
            row = earlier[minute.visit, minute.minute] = _row_of(minute)
            uow.db.add(row)
    await uow.db.flush()


def _row_of(minute: RoomMinute) -> StoredMinute:
    return StoredMinute(
        visit_id=minute.visit,
        minute=minute.minute,
        rung=minute.rung,
        figure=minute.figure,
        cause=minute.cause,
        drops=minute.drops,
        rtt_ms=minute.rtt_ms,
        loss_pct=minute.loss_pct,
        sent_kb=minute.sent_kb,
    )


def _add_to(row: StoredMinute, minute: RoomMinute) -> None:
    row.rung = lowest(rung for rung in (row.rung, minute.rung) if rung is not None)
    if minute.figure is not None and (row.figure is None or minute.figure < row.figure):
        row.figure, row.cause = minute.figure, minute.cause
    row.drops += minute.drops
    row.rtt_ms = max((value for value in (row.rtt_ms, minute.rtt_ms) if value is not None), default=None)
    row.loss_pct = max((value for value in (row.loss_pct, minute.loss_pct) if value is not None), default=None)
    row.sent_kb += minute.sent_kb


async def minutes_of(uow: UnitOfWork, visit_id: VisitId) -> tuple[RoomMinute, ...]:
    """Return the minutes of a visit of the actor's own referrals, in order. Raises ``NotFoundError`` for any other."""
    await own_visit(uow, visit_id)
    rows = await uow.db.scalars(
        select(StoredMinute).where(StoredMinute.visit_id == visit_id).order_by(StoredMinute.minute).limit(MINUTES_SHOWN)
    )
    return tuple(
        RoomMinute(
            visit=row.visit_id,
            minute=row.minute,
            rung=row.rung,
            figure=row.figure,
            cause=row.cause,
            drops=row.drops,
            rtt_ms=row.rtt_ms,
            loss_pct=row.loss_pct,
            sent_kb=row.sent_kb,
        )
        for row in rows
    )


async def forget_minutes(uow: UnitOfWork) -> int:
    """Delete minutes that were kept as long as measurements are, at most 5000. Return how many."""
    old = (
        select(StoredMinute.visit_id, StoredMinute.minute)
        .where(StoredMinute.minute <= cutoff(RetentionClass.MEASUREMENT, uow.now))
        .limit(FORGOTTEN_AT_ONCE)
    )
    gone = await uow.db.execute(
        delete(StoredMinute)
        .where(tuple_(StoredMinute.visit_id, StoredMinute.minute).in_(old))
        .returning(StoredMinute.drops)
    )
    return len(gone.all())
