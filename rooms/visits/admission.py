"""What the wire and the call page ask of the database: open a room, let a browser in once, remember what happened.

Each function is one short transaction and is called at every join. None of them asks who the actor is, but for claims:
whoever calls has proven a seat with a ticket, a device or a login just before.
"""

from sqlalchemy import select

from rooms.audit import AuditTag
from rooms.errors import NotFoundError
from rooms.ids import VisitId
from rooms.people.access import school_of
from rooms.people.models import School
from rooms.referrals.models import Referral
from rooms.unit_of_work import UnitOfWork
from rooms.visits.binding import refuse_outside_window, seat_plans
from rooms.visits.claims import approve_claim, claim_state, deny_claim, list_claims
from rooms.visits.errors import InvitationNotValidError, SafetyPlanMissingError
from rooms.visits.models import Invitation, Visit
from rooms.visits.plan import RoomPlan
from rooms.visits.room_history import is_kept, record_room_events
from rooms.visits.states import VisitState, transition
from rooms.visits.tickets import issue_ticket, spend_ticket, visit_of_ticket
from rooms.visits.views import HelpPlan, SeatGrant

__all__ = [
    "HelpPlan",
    "SeatGrant",
    "approve_claim",
    "claim_state",
    "deny_claim",
    "help_plan",
    "is_kept",
    "issue_ticket",
    "list_claims",
    "open_room",
    "record_room_events",
    "spend_ticket",
    "visit_of_ticket",
]


async def open_room(uow: UnitOfWork, visit_id: VisitId) -> RoomPlan:
    """Return the plan of a visit's room, opening the visit when it is the first time; again after a restart.

    Raises ``NotFoundError`` (also for a cancelled visit), ``VisitNotOpenYetError``, ``VisitOverError`` and
    :class:`SafetyPlanMissingError`: no room opens at a school that nobody could call.
    """
    rows = (
        await uow.db.execute(
            select(Visit, Invitation)
            .join(Invitation, Invitation.visit_id == Visit.id)
            .where(Visit.id == visit_id)
            .order_by(Invitation.role)
            .with_for_update(of=Visit)
        )
    ).all()
    if not rows:
        raise NotFoundError
    visit = rows[0][0]
    try:
        refuse_outside_window(uow, visit)
    except InvitationNotValidError:
        raise NotFoundError from None
    if visit.state is VisitState.SCHEDULED:
        await require_safety_plan(uow, visit)
        visit.state = transition(visit.state, VisitState.OPEN, visit_id)
        uow.record(AuditTag.VISIT_OPENED, visit_id)
    return RoomPlan(
        visit=visit_id,
        referral=visit.referral_id,
        composition=visit.composition,
        seats=seat_plans(seat for _, seat in rows),
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        closes_at=visit.closes_at,
        door_opened=visit.door_opened_at is not None,
        child_paused=visit.child_paused,
    )


async def require_safety_plan(uow: UnitOfWork, visit: Visit) -> None:
    """Raise :class:`SafetyPlanMissingError` unless the school has a telephone and a named contact on site."""
    school = await school_at(uow, visit.id)
    if not school.phone or school.contact_name is None:
        raise SafetyPlanMissingError


async def school_at(uow: UnitOfWork, visit_id: VisitId) -> School:
    """Return the school where the child of a visit is. Raises ``NotFoundError`` for an unknown visit."""
    school = await uow.db.scalar(
        select(School)
        .join(Referral, Referral.school_id == School.id)
        .join(Visit, Visit.referral_id == Referral.id)
        .where(Visit.id == visit_id)
    )
    if school is None:
        raise NotFoundError
    return school


async def help_plan(uow: UnitOfWork, visit_id: VisitId) -> HelpPlan:
    """Return whom to call: the adult on site, the school's number first, then the other help numbers."""
    school = await school_of(uow, (await school_at(uow, visit_id)).id)
    phones = (*([school.phone] if school.phone else []), *school.help_contacts)
    return HelpPlan(school_name=school.name, contact_name=school.contact_name, phones=tuple(dict.fromkeys(phones)))
