"""Tickets at the database: who may have one, and the one time that each is spent."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from rooms import tokens
from rooms.audit import AuditTag
from rooms.errors import NotFoundError
from rooms.ids import AccountId, VisitId
from rooms.keys import Keys
from rooms.people.models import Account
from rooms.roles import PROFESSIONALS, Role
from rooms.unit_of_work import Actor, ActorKind, UnitOfWork
from rooms.visits.binding import invitations_of_account, invitations_of_device, refuse_outside_window, seat_plans
from rooms.visits.device_seats import fit_together
from rooms.visits.errors import (
    InvitationNotValidError,
    SeatRemovedError,
    SeatsNotTogetherError,
    TicketNotValidError,
    TicketSpentError,
)
from rooms.visits.invitation_secrets import DEVICE_PATTERN, device_hash, holder_of
from rooms.visits.models import Invitation, SpentTicket, Visit
from rooms.visits.views import SeatGrant


async def issue_ticket(
    uow: UnitOfWork, visit_id: VisitId, *, device: str | None = None, account: AccountId | None = None
) -> str:
    """Return a ticket for all the seats that a browser or a signed-in worker holds in a visit.

    ``device`` is the browser's cookie, ``account`` the one that its login cookie stands for. With both, the social
    worker sits down at the child's device, and at no other; a psychologist never does, and gets that seat alone.
    The audit chain hears of it when it is spent: until then nothing has happened.
    Raises ``NotFoundError`` without a seat, ``SeatRemovedError``, ``SeatsNotTogetherError``, and the window's errors.
    """
    visit = await uow.db.get(Visit, visit_id)
    if visit is None:
        raise NotFoundError
    actor, seats = await held_seats(uow, visit_id, device, account)
    if not seats:
        raise NotFoundError
    if actor.kind is ActorKind.PARTICIPANT and not fit_together(seats):
        raise SeatsNotTogetherError(role=seats[0].role)
    allowed = [seat for seat in seats if not seat.removed]
    if not allowed:
        raise SeatRemovedError
    try:
        refuse_outside_window(uow, visit)
    except InvitationNotValidError:
        raise NotFoundError from None
    participants = tuple(seat.id for seat in allowed)
    return tokens.issue_ticket(uow.keys, uow.now, actor=actor, visit=visit_id, participants=participants)


async def held_seats(
    uow: UnitOfWork, visit_id: VisitId, device: str | None, account: AccountId | None
) -> tuple[Actor, list[Invitation]]:
    """Return the seats of a browser and of a worker, and in whose name a ticket for them is issued."""
    at_device = []
    if device is not None and DEVICE_PATTERN.match(device):
        at_device = await without_closed_accounts(uow, await invitations_of_device(uow, visit_id, device))
    own: list[Invitation] = []
    if account is not None and await is_active(uow, account):
        own = await invitations_of_account(uow, visit_id, account)
    if device is None or not at_device:
        return Actor.account(account or ""), own
    holder = Actor.participant(holder_of(uow.keys, visit_id, device_hash(device)))
    if not own:
        return holder, at_device
    # Bound to a guardian's phone, the social worker's seat would stay there when the social worker has gone.
    is_childs = any(seat.role is Role.CLASSROOM for seat in at_device) and fit_together([*at_device, *own])
    if account is not None and (not is_childs or any(seat.role is not Role.SOCIAL_WORKER for seat in own)):
        return Actor.account(account), own
    for seat in own:
        if seat not in at_device:
            seat.device_hash = device_hash(device)
            at_device.append(seat)
            uow.record(AuditTag.INVITATION_BOUND, seat.id, visit=visit_id)
    return holder, at_device


async def without_closed_accounts(uow: UnitOfWork, seats: list[Invitation]) -> list[Invitation]:
    """Return the seats but for those of workers whose account is closed: a browser keeps no right that they lost."""
    return [seat for seat in seats if seat.account_id is None or await is_active(uow, seat.account_id)]


async def is_active(uow: UnitOfWork, account_id: AccountId) -> bool:
    """Say whether an account exists and is not disabled."""
    found = await uow.db.scalar(select(Account.id).where(Account.id == account_id, Account.disabled_at.is_(None)))
    return found is not None


def visit_of_ticket(keys: Keys, now: datetime, token: str) -> VisitId:
    """Return which visit a genuine ticket is for, without spending it. Raises :class:`TicketNotValidError`."""
    claims = tokens.verify_ticket(keys, now, token)
    if isinstance(claims, tokens.TicketFault):
        raise TicketNotValidError(reason=claims)
    return claims.visit


async def spend_ticket(uow: UnitOfWork, token: str) -> SeatGrant:
    """Return what a ticket opens, once. Rights are read here and now, whatever was true when it was issued.

    Raises :class:`TicketNotValidError` with the ``reason`` for the log, :class:`TicketSpentError`, ``SeatRemovedError``
    and the window's errors.
    """
    claims = tokens.verify_ticket(uow.keys, uow.now, token)
    if isinstance(claims, tokens.TicketFault):
        raise TicketNotValidError(reason=claims)
    try:
        # The primary key settles a race between two sockets, also on two nodes: one insert wins.
        await uow.db.execute(
            insert(SpentTicket).values(
                jti=claims.ticket,
                expires_at=datetime.fromtimestamp(claims.expires_at_s, UTC) + timedelta(seconds=tokens.LEEWAY_S),
            )
        )
    except IntegrityError:
        raise TicketSpentError(reason="spent") from None
    rows = await uow.db.execute(
        select(Invitation, Visit)
        .join(Visit, Visit.id == Invitation.visit_id)
        .where(Invitation.id.in_(claims.participants), Visit.id == claims.visit)
        .order_by(Invitation.role)
    )
    found = [(seat, visit) for seat, visit in rows]
    seats = [seat for seat, _ in found]
    if len(seats) != len(claims.participants) or not await holds(uow, claims.actor, seats):
        raise TicketNotValidError(reason="not-held")
    if any(seat.removed for seat in seats):
        raise SeatRemovedError
    refuse_outside_window(uow, found[0][1])
    actor = claims.actor if claims.actor.kind is ActorKind.ACCOUNT else Actor.participant(speaker_of(seats).id)
    uow.record(AuditTag.TICKET_SPENT, claims.visit, ticket=claims.ticket, participant=seats[0].id)
    return SeatGrant(visit=claims.visit, participants=seat_plans(seats), actor=actor)


async def holds(uow: UnitOfWork, actor: Actor, seats: list[Invitation]) -> bool:
    """Say whether the one whom a ticket names holds all these seats now."""
    if actor.kind is ActorKind.ACCOUNT:
        return all(seat.account_id == actor.id for seat in seats) and await is_active(uow, AccountId(actor.id))
    if len(await without_closed_accounts(uow, seats)) != len(seats) or not fit_together(seats):
        return False
    return all(
        seat.device_hash is not None and holder_of(uow.keys, seat.visit_id, seat.device_hash) == actor.id
        for seat in seats
    )


def speaker_of(seats: list[Invitation]) -> Invitation:
    """Return the seat that answers for what one device does: a professional's where there is one."""
    return next((seat for seat in seats if seat.role in PROFESSIONALS), seats[0])
