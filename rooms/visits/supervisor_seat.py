"""The supervisor's seat of a visit that is booked: given and taken away again, until somebody has entered.

From then on the room itself knows who may come: whoever should not stay is removed there.
"""

from sqlalchemy import select

from rooms.audit import AuditTag
from rooms.errors import InvalidInputError, NotAllowedError, WrongStateError
from rooms.ids import AccountId, ParticipantId, VisitId
from rooms.roles import Role
from rooms.unit_of_work import UnitOfWork
from rooms.visits.access import own_visit
from rooms.visits.invitations import add_invitations
from rooms.visits.models import Attendance, Invitation, Visit
from rooms.visits.states import VisitState
from rooms.visits.supervision import refuse_unfit_supervisor


async def ask_supervisor(uow: UnitOfWork, visit_id: VisitId, supervisor: AccountId) -> None:
    """Give a supervisor a seat in a booked visit, as its psychologist. Asking the same person twice changes nothing.

    Raises ``InvalidInputError`` as booking does, and where the seat is somebody's already; :class:`NotAllowedError`
    for anybody but the psychologist, and ``WrongStateError`` once somebody has entered.
    """
    visit = await changeable_visit(uow, visit_id)
    seat = await supervisor_seat(uow, visit_id)
    if seat is not None:
        if seat.account_id == supervisor and not seat.removed:
            return
        raise InvalidInputError({"supervisor": "seat-taken"})
    await refuse_unfit_supervisor(uow, supervisor, visit.composition)
    [added] = await add_invitations(uow, visit_id, {Role.SUPERVISOR}, {Role.SUPERVISOR: supervisor})
    uow.record(AuditTag.INVITATION_ISSUED, added.id, visit=visit_id, role=Role.SUPERVISOR)


async def take_supervisor_away(uow: UnitOfWork, visit_id: VisitId) -> ParticipantId | None:
    """Take the supervisor's seat away; return it, so that a socket on its way in is told, or None where there is none.

    Another may be asked then, or the same person again. Whoever has been in the room, before the visit was moved, stays
    in its history and is removed for ever, as in the room. Raises as :func:`ask_supervisor`.
    """
    await changeable_visit(uow, visit_id)
    seat = await supervisor_seat(uow, visit_id)
    if seat is None or seat.removed:
        return None
    participant = seat.id
    if await uow.db.scalar(select(Attendance.id).where(Attendance.participant_id == participant).limit(1)) is None:
        await uow.db.delete(seat)
        await uow.db.flush()
    else:
        seat.removed = True
    uow.record(AuditTag.INVITATION_REVOKED, participant, visit=visit_id)
    return participant


async def changeable_visit(uow: UnitOfWork, visit_id: VisitId) -> Visit:
    """Return the actor's visit, locked, so that no room opens for it meanwhile."""
    visit, _ = await own_visit(uow, visit_id, lock=True)
    if visit.psychologist_id != uow.actor.id:
        raise NotAllowedError
    if visit.state is not VisitState.SCHEDULED:
        raise WrongStateError(state=visit.state)
    return visit


async def supervisor_seat(uow: UnitOfWork, visit_id: VisitId) -> Invitation | None:
    """Return the supervisor's seat of a visit, removed or not."""
    query = select(Invitation).where(Invitation.visit_id == visit_id, Invitation.role == Role.SUPERVISOR)
    return await uow.db.scalar(query.with_for_update())
