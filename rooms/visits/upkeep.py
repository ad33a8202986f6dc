"""Jobs on visits that run by themselves: the sweep of what is past its window, and the forgetting of links."""

from sqlalchemy import delete, select, update

from rooms.ids import VisitId
from rooms.retention import RetentionClass, cutoff
from rooms.unit_of_work import UnitOfWork
from rooms.visits.attendance import end_all_stays
from rooms.visits.models import DeviceClaim, Invitation, SpentTicket, Visit
from rooms.visits.room_history import end_visit
from rooms.visits.states import VisitState
from rooms.visits.views import SweptVisits

#: How many visits one unit of work ends, so that nobody waits long for the database; the next run takes the rest.
SWEPT_AT_ONCE = 200


async def sweep(uow: UnitOfWork) -> SweptVisits:
    """End the visits whose window has passed, at most 200, and drop the tickets that have expired.

    Spoken codes of ended visits are given back: eight digits are few. Run it every minute.
    """
    visits = (
        await uow.db.scalars(
            select(Visit)
            .where(Visit.state.in_({VisitState.SCHEDULED, VisitState.OPEN}), Visit.closes_at <= uow.now)
            .order_by(Visit.id)
            .limit(SWEPT_AT_ONCE)
            # Another node that sweeps at the same moment takes other visits.
            .with_for_update(skip_locked=True)
        )
    ).all()
    ended: dict[VisitState, list[VisitId]] = {
        VisitState.COMPLETED: [],
        VisitState.MISSED: [],
        VisitState.EXPIRED: [],
    }
    for visit in visits:
        await end_all_stays(uow, visit.id)
        ended[end_visit(uow, visit)].append(visit.id)
    await uow.db.flush()
    if visits:
        await uow.db.execute(
            update(Invitation).where(Invitation.visit_id.in_([visit.id for visit in visits])).values(code_hash=None)
        )
    await uow.db.execute(delete(SpentTicket).where(SpentTicket.expires_at <= uow.now))
    return SweptVisits(
        completed=tuple(ended[VisitState.COMPLETED]),
        missed=tuple(ended[VisitState.MISSED]),
        expired=tuple(ended[VisitState.EXPIRED]),
    )


async def forget_links(uow: UnitOfWork) -> int:
    """Forget links, browsers and claims of visits whose window closed longer ago than links are kept.

    Return how many seats were forgotten. Who came and when (attendance) stays with the case.
    """
    old_visits = select(Visit.id).where(
        Visit.closes_at <= cutoff(RetentionClass.LINK, uow.now),
        Visit.state.not_in({VisitState.SCHEDULED, VisitState.OPEN}),
    )
    old_seats = select(Invitation.id).where(Invitation.visit_id.in_(old_visits))
    await uow.db.execute(delete(DeviceClaim).where(DeviceClaim.invitation_id.in_(old_seats)))
    forgotten = await uow.db.scalars(
        update(Invitation)
        .where(
            Invitation.visit_id.in_(old_visits),
            (Invitation.secret_hash.is_not(None) | Invitation.nonce.is_not(None) | Invitation.device_hash.is_not(None)),
        )
        .values(nonce=None, secret_hash=None, code_hash=None, device_hash=None)
        .returning(Invitation.id)
    )
    return len(forgotten.all())
