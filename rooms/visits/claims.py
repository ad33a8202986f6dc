"""Claims: a second browser that showed the link of a seat waits here until an adult in the room decides."""

from sqlalchemy import select

from rooms.audit import AuditTag
from rooms.errors import NotAllowedError, NotFoundError
from rooms.ids import VisitId, new_id
from rooms.people.access import acting_account
from rooms.roles import PROFESSIONALS
from rooms.unit_of_work import ActorKind, UnitOfWork
from rooms.visits.device_seats import refuse_unfit_device
from rooms.visits.errors import ClaimNotWaitingError
from rooms.visits.invitation_secrets import device_hash
from rooms.visits.models import DeviceClaim, Invitation
from rooms.visits.states import ClaimState, transition
from rooms.visits.views import ClaimView

#: The most claims that the adults are shown at once; a link that leaked into a group chat may gather more.
CLAIMS_SHOWN = 20


async def raise_claim(uow: UnitOfWork, invitation: Invitation, hashed_device: bytes) -> str:
    """Return the id of this browser's claim on a locked seat, making it when it is the first time it asks.

    A browser that was denied stays denied until the link is renewed: it can not ask again and again.
    """
    claim = await uow.db.scalar(
        select(DeviceClaim).where(DeviceClaim.invitation_id == invitation.id, DeviceClaim.device_hash == hashed_device)
    )
    if claim is None:
        claim = DeviceClaim(
            id=new_id(),
            invitation_id=invitation.id,
            device_hash=hashed_device,
            state=ClaimState.WAITING,
            asked_at=uow.now,
        )
        uow.db.add(claim)
    elif claim.state is ClaimState.APPROVED:
        claim.state = transition(claim.state, ClaimState.WAITING, claim.id)
        claim.asked_at = uow.now
    else:
        return claim.id
    await uow.db.flush()
    uow.record(AuditTag.CLAIM_RAISED, claim.id, participant=invitation.id)
    return claim.id


async def claim_state(uow: UnitOfWork, claim_id: str, device: str) -> ClaimState:
    """Return what became of a claim, to the browser that raised it. Raises :class:`NotFoundError` to any other."""
    state = await uow.db.scalar(
        select(DeviceClaim.state).where(DeviceClaim.id == claim_id, DeviceClaim.device_hash == device_hash(device))
    )
    if state is None:
        raise NotFoundError
    return state


async def list_claims(uow: UnitOfWork, visit_id: VisitId) -> tuple[ClaimView, ...]:
    """Return the claims that wait for a decision of the visit's adults, the oldest first; at most 20."""
    rows = await uow.db.execute(
        select(DeviceClaim, Invitation)
        .join(Invitation, Invitation.id == DeviceClaim.invitation_id)
        .where(Invitation.visit_id == visit_id, DeviceClaim.state == ClaimState.WAITING, Invitation.removed.is_(False))
        .order_by(DeviceClaim.asked_at, DeviceClaim.id)
        .limit(CLAIMS_SHOWN)
    )
    return tuple(claim_view(claim, seat) for claim, seat in rows)


def claim_view(claim: DeviceClaim, seat: Invitation) -> ClaimView:
    """Return a claim as facts."""
    return ClaimView(id=claim.id, participant=seat.id, role=seat.role, state=claim.state, asked_at=claim.asked_at)


async def approve_claim(uow: UnitOfWork, visit_id: VisitId, claim_id: str) -> ClaimView:
    """Move a seat to the browser that asked for it, by an adult in the room.

    The browser that had the seat gets no ticket any more; the caller closes its peer. Raises :class:`NotAllowedError`,
    :class:`NotFoundError`, :class:`ClaimNotWaitingError`, :class:`SeatsNotTogetherError`.
    """
    claim, seat = await waiting_claim(uow, visit_id, claim_id)
    await refuse_unfit_device(uow, seat, claim.device_hash)
    claim.state = transition(claim.state, ClaimState.APPROVED, claim_id)
    seat.device_hash = claim.device_hash
    uow.record(AuditTag.CLAIM_APPROVED, claim_id, participant=seat.id)
    return claim_view(claim, seat)


async def deny_claim(uow: UnitOfWork, visit_id: VisitId, claim_id: str) -> ClaimView:
    """Send the second browser away, by an adult in the room. Raises as :func:`approve_claim`."""
    claim, seat = await waiting_claim(uow, visit_id, claim_id)
    claim.state = transition(claim.state, ClaimState.DENIED, claim_id)
    uow.record(AuditTag.CLAIM_DENIED, claim_id, participant=seat.id)
    return claim_view(claim, seat)


async def waiting_claim(uow: UnitOfWork, visit_id: VisitId, claim_id: str) -> tuple[DeviceClaim, Invitation]:
    """Return a claim of this visit that still waits, and its seat, both locked, for an adult in the room."""
    await require_adult_in_room(uow, visit_id)
    found = (
        await uow.db.execute(
            select(DeviceClaim, Invitation)
            .join(Invitation, Invitation.id == DeviceClaim.invitation_id)
            .where(DeviceClaim.id == claim_id, Invitation.visit_id == visit_id, Invitation.removed.is_(False))
            .with_for_update()
        )
    ).one_or_none()
    if found is None:
        raise NotFoundError
    claim, seat = found
    if claim.state is not ClaimState.WAITING:
        raise ClaimNotWaitingError(state=claim.state)
    return claim, seat


async def require_adult_in_room(uow: UnitOfWork, visit_id: VisitId) -> None:
    """Raise :class:`NotAllowedError` unless the actor is a professional who is admitted to this visit's room now."""
    if uow.actor.kind is ActorKind.ACCOUNT:
        whose = Invitation.account_id == (await acting_account(uow)).id
    elif uow.actor.kind is ActorKind.PARTICIPANT:
        whose = Invitation.id == uow.actor.id
    else:
        raise NotAllowedError
    seat = await uow.db.scalar(
        select(Invitation.id).where(
            Invitation.visit_id == visit_id,
            whose,
            Invitation.role.in_(PROFESSIONALS),
            Invitation.admitted.is_(True),
            Invitation.removed.is_(False),
        )
    )
    if seat is None:
        raise NotAllowedError
