"""Invitations: the link and the spoken code of each seat, and what happens when a browser shows one.

The first browser that shows a link inside the visit's window owns the seat and may come back freely. A second one never
evicts it: it waits as a claim until an adult decides (``rooms/visits/claims.py``). Windows are read from the visit at
each use, so a rescheduled visit needs no new links.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import delete, select, update

from rooms.audit import AuditTag
from rooms.errors import NotAllowedError, NotFoundError, WrongStateError
from rooms.ids import AccountId, ParticipantId, VisitId, new_id
from rooms.people.access import names_of, school_of
from rooms.roles import PROFESSIONALS, Role
from rooms.unit_of_work import UnitOfWork
from rooms.visits.access import own_visit, visit_view
from rooms.visits.binding import (
    bind,
    find_invitation,
    invitations_of_account,
    invitations_of_device,
    refuse_outside_window,
    seat_plans,
)
from rooms.visits.errors import (
    CodeNotValidError,
    InvitationNotValidError,
    SeatsNotTogetherError,
    VisitNotOpenYetError,
    VisitOverError,
)
from rooms.visits.invitation_secrets import (
    DEVICE_PATTERN,
    SECRET_PATTERN,
    code_hash,
    link_secret,
    new_nonce,
    secret_hash,
    spoken_code,
    tidy_code,
)
from rooms.visits.models import DeviceClaim, Invitation, Visit
from rooms.visits.plan import SeatPlan
from rooms.visits.states import VisitState
from rooms.visits.supervision import supervisor_name
from rooms.visits.views import Exchange, InvitationCard

#: Roles that nobody has by showing a link or a code: these are vetted people who have signed in.
BY_ACCOUNT_ALONE = frozenset({Role.PSYCHOLOGIST, Role.SUPERVISOR})


async def add_invitations(
    uow: UnitOfWork, visit_id: VisitId, roles: Iterable[Role], accounts: Mapping[Role, AccountId]
) -> list[Invitation]:
    """Invite each role to a visit that has no seat for it; a role with an account is that person's own seat."""
    added = []
    for role in sorted(roles):
        invitation = Invitation(
            id=ParticipantId(new_id()),
            visit_id=visit_id,
            role=role,
            account_id=accounts.get(role),
            admitted=False,
            removed=False,
        )
        await derive_link(uow, invitation)
        uow.db.add(invitation)
        added.append(invitation)
    await uow.db.flush()
    return added


async def derive_link(uow: UnitOfWork, invitation: Invitation) -> None:
    """Give an invitation a new link and a spoken code that no other invitation has."""
    while True:
        nonce = new_nonce()
        hashed_code = code_hash(uow.keys, spoken_code(uow.keys, nonce, invitation.id))
        if not await is_taken(uow, hashed_code):
            break
    invitation.nonce = nonce
    invitation.code_hash = hashed_code
    invitation.secret_hash = secret_hash(link_secret(uow.keys, nonce, invitation.id))


async def is_taken(uow: UnitOfWork, hashed_code: bytes) -> bool:
    """Say whether a spoken code belongs to an invitation: among eight digits it may happen."""
    return await uow.db.scalar(select(Invitation.id).where(Invitation.code_hash == hashed_code)) is not None


async def revoke_invitations(uow: UnitOfWork, visit_id: VisitId) -> None:
    """Kill all links and codes of a visit for good: nothing is left from which they could be derived."""
    revoked = await uow.db.scalars(
        update(Invitation)
        .where(Invitation.visit_id == visit_id)
        .values(nonce=None, secret_hash=None, code_hash=None)
        .returning(Invitation.id)
    )
    for invitation_id in revoked:
        uow.record(AuditTag.INVITATION_REVOKED, invitation_id, visit=visit_id)


async def revoke_seats_of(uow: UnitOfWork, account_id: AccountId) -> tuple[tuple[VisitId, ParticipantId], ...]:
    """Remove a worker whose account was closed from all visits that have not ended, for ever; return the seats.

    Those seats may be bound to a browser too, which must not come in by them any more. The caller, who had the right to
    close the account, tells the live rooms.
    """
    seats = await lock_pending_seats_of(uow, account_id)
    for seat in seats:
        seat.removed = True
        uow.record(AuditTag.INVITATION_REVOKED, seat.id, visit=seat.visit_id)
    return tuple((seat.visit_id, seat.id) for seat in seats)


async def part_from_browsers(uow: UnitOfWork, account_id: AccountId) -> tuple[tuple[VisitId, ParticipantId], ...]:
    """Take a worker's seats from whichever browsers hold them, as after a lost phone; return the seats.

    The worker keeps them and comes back by signing in. The caller, whose own account it is, tells the live rooms.
    """
    seats = await lock_pending_seats_of(uow, account_id)
    for seat in seats:
        seat.device_hash = None
    return tuple((seat.visit_id, seat.id) for seat in seats)


async def lock_pending_seats_of(uow: UnitOfWork, account_id: AccountId) -> list[Invitation]:
    """Return a worker's seats in all visits that have not ended, locked in a fixed order, without removed ones."""
    return list(
        await uow.db.scalars(
            select(Invitation)
            .join(Visit, Visit.id == Invitation.visit_id)
            .where(
                Invitation.account_id == account_id,
                Invitation.removed.is_(False),
                Visit.state.in_({VisitState.SCHEDULED, VisitState.OPEN}),
            )
            .order_by(Invitation.id)
            .with_for_update(of=Invitation)
        )
    )


async def card(uow: UnitOfWork, visit_id: VisitId, role: Role) -> InvitationCard:
    """Return the link card of one seat, as often as it is asked for.

    The professionals of the visit get the cards of the child's side; a professional's own card only that professional:
    nobody can come in as somebody else. Raises ``WrongStateError`` once the visit has ended.
    """
    visit, referral = await own_visit(uow, visit_id)
    invitation = await seat_for_card(uow, visit, role)
    if invitation.nonce is None:
        raise WrongStateError(state=visit.state)
    view = await visit_view(uow, visit, referral)
    names = await names_of(uow, {referral.social_worker_id, visit.psychologist_id})
    school = await school_of(uow, referral.school_id)
    uow.record(AuditTag.INVITATION_PRINTED, invitation.id, visit=visit_id, role=role)
    return InvitationCard(
        visit=view,
        participant=invitation.id,
        role=role,
        secret=link_secret(uow.keys, invitation.nonce, invitation.id),
        spoken_code=spoken_code(uow.keys, invitation.nonce, invitation.id),
        school_name=school.name,
        social_worker_name=names[referral.social_worker_id],
        psychologist_name=names[visit.psychologist_id],
        supervisor_name=await supervisor_name(uow, view),
    )


async def seat_for_card(uow: UnitOfWork, visit: Visit, role: Role, *, lock: bool = False) -> Invitation:
    """Return the seat whose link the actor may see."""
    if visit.state not in {VisitState.SCHEDULED, VisitState.OPEN}:
        raise WrongStateError(state=visit.state)
    query = select(Invitation).where(Invitation.visit_id == visit.id, Invitation.role == role)
    invitation = await uow.db.scalar(query.with_for_update() if lock else query)
    if invitation is None:
        raise NotFoundError
    if role in PROFESSIONALS | BY_ACCOUNT_ALONE and invitation.account_id != uow.actor.id:
        raise NotAllowedError
    if invitation.removed:
        raise InvitationNotValidError
    return invitation


async def renew(uow: UnitOfWork, visit_id: VisitId, role: Role) -> InvitationCard:
    """Replace the link and the code of one seat, for a link that is lost or in wrong hands.

    The old link, the old code, the browser that owned the seat and all browsers that asked for it lose it at once.
    """
    visit, _ = await own_visit(uow, visit_id, lock=True)
    invitation = await seat_for_card(uow, visit, role, lock=True)
    await derive_link(uow, invitation)
    invitation.device_hash = None
    invitation.admitted = False
    await uow.db.execute(delete(DeviceClaim).where(DeviceClaim.invitation_id == invitation.id))
    await uow.db.flush()
    uow.record(AuditTag.INVITATION_RENEWED, invitation.id, visit=visit_id, role=role)
    return await card(uow, visit_id, role)


async def exchange(uow: UnitOfWork, secret: str, device: str) -> Exchange:
    """Give the seat of a link to the browser that shows it, or let it wait when another browser owns the seat.

    ``device`` is the browser's cookie. Raises :class:`InvitationNotValidError`, :class:`VisitNotOpenYetError` with the
    seconds to wait, :class:`VisitOverError`, and :class:`SeatsNotTogetherError` where the browser holds a seat whose
    person sits elsewhere: the guardian's phone does not become the social worker's too. A refused exchange leaves
    nothing behind.
    """
    if not SECRET_PATTERN.match(secret) or not DEVICE_PATTERN.match(device):
        raise InvitationNotValidError
    found = await find_invitation(uow, Invitation.secret_hash == secret_hash(secret))
    if found is None or found[0].removed or found[0].role in BY_ACCOUNT_ALONE:
        raise InvitationNotValidError
    invitation, visit = found
    refuse_outside_window(uow, visit)
    return await bind(uow, invitation, visit, device)


async def exchange_code(uow: UnitOfWork, code: str, device: str) -> Exchange:
    """Do the same for a spoken code. Every refusal is one :class:`CodeNotValidError`: nobody learns that a code exists.

    The edge limits the tries; this function takes the same steps for a code that exists and one that does not.
    """
    digits = tidy_code(code)
    found = await find_invitation(uow, Invitation.code_hash == code_hash(uow.keys, digits or ""))
    if found is None or digits is None or not DEVICE_PATTERN.match(device):
        raise CodeNotValidError
    invitation, visit = found
    if invitation.role in BY_ACCOUNT_ALONE or not await may_speak_for(uow, invitation, device):
        raise CodeNotValidError
    try:
        refuse_outside_window(uow, visit)
        return await bind(uow, invitation, visit, device)
    except (InvitationNotValidError, SeatsNotTogetherError, VisitNotOpenYetError, VisitOverError):
        raise CodeNotValidError from None


async def may_speak_for(uow: UnitOfWork, invitation: Invitation, device: str) -> bool:
    """Say whether a spoken code may give this seat to this browser: the social worker's only beside the child.

    Anywhere else the social worker signs in, and a guess at the code gives nobody their powers.
    """
    if invitation.role is not Role.SOCIAL_WORKER:
        return True
    held = await invitations_of_device(uow, invitation.visit_id, device)
    return any(seat.role is Role.CLASSROOM and not seat.removed for seat in held)


async def seats_of(uow: UnitOfWork, visit_id: VisitId, device: str) -> tuple[SeatPlan, ...]:
    """Return the seats of a visit that a browser owns, without removed ones."""
    seats = await invitations_of_device(uow, visit_id, device)
    return seat_plans(seat for seat in seats if not seat.removed)


async def seats_of_account(uow: UnitOfWork, visit_id: VisitId, account_id: AccountId) -> tuple[SeatPlan, ...]:
    """Return the seats of a visit that belong to a worker, without removed ones."""
    seats = await invitations_of_account(uow, visit_id, account_id)
    return seat_plans(seat for seat in seats if not seat.removed)
