"""Supervision: a psychologist asks a supervisor into a visit; the supervisor sees when, and with whom.

The supervisor is there for the psychologist's work. Who the child is, they learn in the room, where all see them.
"""

from sqlalchemy import select

from rooms.errors import InvalidInputError, NotAllowedError
from rooms.ids import AccountId
from rooms.people.access import acting_account, names_of
from rooms.people.roles import AccountRole
from rooms.people.supervisors import is_active_supervisor
from rooms.roles import Composition, Role
from rooms.unit_of_work import UnitOfWork
from rooms.visits.models import Invitation, Visit
from rooms.visits.states import PENDING
from rooms.visits.views import SupervisedVisit, VisitView

#: The longest list of visits that is shown.
VISITS_SHOWN = 100


async def refuse_unfit_supervisor(uow: UnitOfWork, supervisor: AccountId, composition: Composition) -> None:
    """Raise ``InvalidInputError`` unless the account is an active supervisor's and the visit may have one.

    Whoever consented to child and psychologist alone did not consent to a third person.
    """
    if composition is Composition.ONE_TO_ONE:
        raise InvalidInputError({"supervisor": "alone"})
    if not await is_active_supervisor(uow, supervisor):
        raise InvalidInputError({"supervisor": "unknown"})


async def supervisor_name(uow: UnitOfWork, visit: VisitView) -> str | None:
    """Return the name of the supervisor who was asked into a visit, removed or not; None where nobody was.

    The caller has found the visit for the actor.
    """
    account = next((seat.account for seat in visit.seats if seat.role is Role.SUPERVISOR), None)
    return None if account is None else (await names_of(uow, {account}))[account]


async def supervised_visits(uow: UnitOfWork) -> tuple[SupervisedVisit, ...]:
    """Return the pending visits into which the actor was asked as a supervisor, the next first; at most 100.

    Raises :class:`NotAllowedError` for everybody else.
    """
    account = await acting_account(uow)
    if account.role is not AccountRole.SUPERVISOR:
        raise NotAllowedError
    visits = (
        await uow.db.scalars(
            select(Visit)
            .join(Invitation, Invitation.visit_id == Visit.id)
            .where(
                Invitation.account_id == account.id,
                Invitation.role == Role.SUPERVISOR,
                Invitation.removed.is_(False),
                Visit.state.in_(PENDING),
                Visit.closes_at > uow.now,
            )
            .order_by(Visit.starts_at, Visit.id)
            .limit(VISITS_SHOWN)
        )
    ).all()
    names = await names_of(uow, {visit.psychologist_id for visit in visits})
    return tuple(
        SupervisedVisit(
            id=visit.id,
            state=visit.state,
            psychologist_name=names[visit.psychologist_id],
            zone=visit.zone,
            minutes=visit.minutes,
            composition=visit.composition,
            starts_at=visit.starts_at,
            opens_at=visit.opens_at,
            closes_at=visit.closes_at,
        )
        for visit in visits
    )
