"""The bond between a seat and the browser that owns it: window checks, first owner, who holds which seat."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, select

from rooms.audit import AuditTag
from rooms.ids import AccountId, VisitId
from rooms.unit_of_work import UnitOfWork
from rooms.visits.claims import raise_claim
from rooms.visits.device_seats import refuse_unfit_device
from rooms.visits.errors import InvitationNotValidError, VisitNotOpenYetError, VisitOverError
from rooms.visits.invitation_secrets import device_hash
from rooms.visits.models import Invitation, Visit
from rooms.visits.plan import SeatPlan
from rooms.visits.states import VisitState
from rooms.visits.views import Exchange, ExchangeOutcome


async def find_invitation(uow: UnitOfWork, matches: ColumnElement[bool]) -> tuple[Invitation, Visit] | None:
    """Return the one invitation that matches, locked so that browsers take turns at it, with its visit."""
    query = select(Invitation, Visit).join(Visit, Visit.id == Invitation.visit_id).where(matches)
    found = (await uow.db.execute(query.with_for_update(of=Invitation))).one_or_none()
    if found is None:
        return None
    invitation, visit = found
    return invitation, visit


def refuse_outside_window(uow: UnitOfWork, visit: Visit) -> None:
    """Raise unless the visit is pending and ``opens_at <= now < closes_at``, by the server's clock, without leeway.

    :class:`InvitationNotValidError` for a cancelled visit, :class:`VisitNotOpenYetError`, :class:`VisitOverError`.
    """
    if visit.state is VisitState.CANCELLED:
        raise InvitationNotValidError
    if visit.state not in {VisitState.SCHEDULED, VisitState.OPEN} or uow.now >= visit.closes_at:
        raise VisitOverError
    if uow.now < visit.opens_at:
        wait = visit.opens_at - uow.now
        # Rounded up: a page that waits this long is never early.
        raise VisitNotOpenYetError(opens_in_s=-int(-wait.total_seconds() // 1))


async def bind(uow: UnitOfWork, invitation: Invitation, visit: Visit, device: str) -> Exchange:
    """Give a locked, valid seat to the first browser; answer a second one with a claim.

    Raises :class:`InvitationNotValidError` for a removed seat, and as :func:`refuse_unfit_device`.
    """
    if invitation.removed:
        raise InvitationNotValidError
    await refuse_unfit_device(uow, invitation, device_hash(device))
    hashed = device_hash(device)
    if invitation.device_hash is None:
        invitation.device_hash = hashed
        uow.record(AuditTag.INVITATION_BOUND, invitation.id, visit=visit.id)
    if invitation.device_hash == hashed:
        return Exchange(outcome=ExchangeOutcome.BOUND, visit=visit.id, role=invitation.role, participant=invitation.id)
    return Exchange(
        outcome=ExchangeOutcome.CLAIMED,
        visit=visit.id,
        role=invitation.role,
        participant=invitation.id,
        claim=await raise_claim(uow, invitation, hashed),
    )


def seat_plans(invitations: Iterable[Invitation]) -> tuple[SeatPlan, ...]:
    """Return seats as the live room takes them."""
    return tuple(
        SeatPlan(participant=seat.id, role=seat.role, admitted=seat.admitted, removed=seat.removed)
        for seat in invitations
    )


async def invitations_of_device(uow: UnitOfWork, visit_id: VisitId, device: str) -> list[Invitation]:
    """Return the seats of a visit that a browser owns, removed ones among them."""
    return list(
        await uow.db.scalars(
            select(Invitation)
            .where(Invitation.visit_id == visit_id, Invitation.device_hash == device_hash(device))
            .order_by(Invitation.role)
        )
    )


async def invitations_of_account(uow: UnitOfWork, visit_id: VisitId, account_id: AccountId) -> list[Invitation]:
    """Return the seats of a visit that belong to a worker, removed ones among them."""
    return list(
        await uow.db.scalars(
            select(Invitation)
            .where(Invitation.visit_id == visit_id, Invitation.account_id == account_id)
            .order_by(Invitation.role)
        )
    )
