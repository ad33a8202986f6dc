"""What the call page is told before it opens its socket: a ticket, its seats, the times, and whom to call."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from rooms.ids import AccountId, VisitId
from rooms.roles import Composition
from rooms.unit_of_work import UnitOfWork
from rooms.visits.admission import help_plan
from rooms.visits.binding import seat_plans
from rooms.visits.models import Visit
from rooms.visits.plan import SeatPlan
from rooms.visits.tickets import held_seats, issue_ticket
from rooms.visits.views import HelpPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """A ticket and what goes with it. Instants are aware UTC; at ``closes_at`` every client closes by itself."""

    visit: VisitId
    ticket: str
    seats: tuple[SeatPlan, ...]
    composition: Composition
    opens_at: datetime
    starts_at: datetime
    ends_at: datetime
    closes_at: datetime
    help: HelpPlan


async def entrance(uow: UnitOfWork, visit_id: VisitId, *, device: str | None, account: AccountId | None) -> Entrance:
    """Return the entrance of a browser, a signed-in worker or both. Raises as :func:`~tickets.issue_ticket`."""
    ticket = await issue_ticket(uow, visit_id, device=device, account=account)
    _, seats = await held_seats(uow, visit_id, device, account)
    visit = (await uow.db.scalars(select(Visit).where(Visit.id == visit_id))).one()
    return Entrance(
        visit=visit_id,
        ticket=ticket,
        seats=seat_plans(seat for seat in seats if not seat.removed),
        composition=visit.composition,
        opens_at=visit.opens_at,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        closes_at=visit.closes_at,
        help=await help_plan(uow, visit_id),
    )
