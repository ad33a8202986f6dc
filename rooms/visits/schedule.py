"""Booking: when a visit is, who will be there, and how it is moved or cancelled.

The agreement is a wall time in a zone; instants are derived from it here and nowhere else. Links have no times of their
own: they follow the visit's window, so a visit that moves takes its links with it.
"""

from datetime import datetime
from zoneinfo import ZoneInfoNotFoundError

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from rooms.audit import AuditTag
from rooms.errors import InvalidInputError, WrongStateError
from rooms.ids import AccountId, ReferralId, VisitId, new_id
from rooms.people.access import acting_account, lock_account
from rooms.referrals.access import own_referral, referral_in_care, require_consent
from rooms.referrals.choices import ConsentScope
from rooms.referrals.models import Referral
from rooms.roles import Composition, Role
from rooms.unit_of_work import UnitOfWork
from rooms.visits.access import own_visit, visit_view, visit_views
from rooms.visits.attendance import end_all_stays
from rooms.visits.errors import OverlapError
from rooms.visits.invitations import add_invitations, revoke_invitations
from rooms.visits.models import Invitation, Visit
from rooms.visits.states import PENDING, VisitState, transition
from rooms.visits.supervision import refuse_unfit_supervisor
from rooms.visits.upkeep import sweep
from rooms.visits.views import DEFAULT_WINDOW, MovedVisit, VisitView, WindowRule
from rooms.visits.window import Instants, check_booking, instants_of

__all__ = [
    "book_visit",
    "cancel_pending",
    "cancel_visit",
    "get_visit",
    "list_visits",
    "rederive_instants",
    "reschedule_visit",
    "sweep",
    "upcoming",
]

log = structlog.get_logger(__name__)

#: Who may be invited by link besides the child and the two professionals.
EXTRA_ROLES = frozenset({Role.GUARDIAN, Role.INTERPRETER})
#: The longest list of visits that is shown.
VISITS_SHOWN = 100


async def book_visit(
    uow: UnitOfWork,
    referral_id: ReferralId,
    *,
    wall_start: datetime,
    zone: str,
    minutes: int,
    composition: Composition = Composition.ACCOMPANIED,
    extra_roles: frozenset[Role] = frozenset(),
    supervisor: AccountId | None = None,
    window: WindowRule = DEFAULT_WINDOW,
) -> VisitView:
    """Book a visit, as the referral's psychologist; every seat gets its invitation.

    ``wall_start`` is naive, ``zone`` an IANA name, ``minutes`` 15 to 120, ``supervisor`` the account of an active
    supervisor, who has a seat by signing in. Raises ``InvalidInputError`` with the fault of each field,
    :class:`OverlapError`, ``ConsentMissingError``, and ``WrongStateError`` for a path that has ended.
    """
    referral = await referral_in_care(uow, referral_id)
    await require_scope(uow, referral_id, composition)
    if not extra_roles <= EXTRA_ROLES:
        raise InvalidInputError({"extra_roles": "not-invitable"})
    if supervisor is not None:
        await refuse_unfit_supervisor(uow, supervisor, composition)
    instants = check_booking(wall_start, zone, minutes, window, uow.now)
    psychologist = AccountId(uow.actor.id)
    await refuse_overlap(uow, psychologist, instants, besides=None)
    visit = Visit(
        id=VisitId(new_id()),
        referral_id=referral_id,
        psychologist_id=psychologist,
        state=VisitState.SCHEDULED,
        wall_start=wall_start,
        zone=zone,
        minutes=minutes,
        composition=composition,
        before_s=window.before_s,
        after_s=window.after_s,
    )
    set_instants(visit, instants)
    uow.db.add(visit)
    await uow.db.flush()
    accounts = {Role.SOCIAL_WORKER: referral.social_worker_id, Role.PSYCHOLOGIST: psychologist}
    if supervisor is not None:
        accounts[Role.SUPERVISOR] = supervisor
    await add_invitations(uow, visit.id, {Role.CLASSROOM, *accounts, *extra_roles}, accounts)
    uow.record(AuditTag.VISIT_BOOKED, visit.id, referral=referral_id, composition=composition, minutes=minutes)
    return await visit_view(uow, visit, referral)


async def require_scope(uow: UnitOfWork, referral_id: ReferralId, composition: Composition) -> None:
    """Raise ``ConsentMissingError`` unless the guardian agreed to visits of this composition."""
    await require_consent(uow, referral_id, ConsentScope.VISITS)
    if composition is Composition.ONE_TO_ONE:
        await require_consent(uow, referral_id, ConsentScope.ONE_TO_ONE)


async def refuse_overlap(
    uow: UnitOfWork, psychologist: AccountId, instants: Instants, *, besides: VisitId | None
) -> None:
    """Raise :class:`OverlapError` when another pending visit of the psychologist shares a moment with this one."""
    # Two bookings at once by one person would both see a free hour.
    await lock_account(uow, psychologist)
    other = await uow.db.scalar(
        select(Visit.id)
        .where(
            Visit.psychologist_id == psychologist,
            Visit.state.in_(PENDING),
            Visit.starts_at < instants.ends_at,
            Visit.ends_at > instants.starts_at,
            Visit.id != (besides or ""),
        )
        .limit(1)
    )
    if other is not None:
        raise OverlapError


def set_instants(visit: Visit, instants: Instants) -> None:
    """Write the derived instants; the only place that does."""
    visit.opens_at = instants.opens_at
    visit.starts_at = instants.starts_at
    visit.ends_at = instants.ends_at
    visit.closes_at = instants.closes_at


def window_of(visit: Visit) -> WindowRule:
    """Return the window rule under which a visit was booked."""
    return WindowRule(before_s=visit.before_s, after_s=visit.after_s)


async def reschedule_visit(
    uow: UnitOfWork, visit_id: VisitId, *, wall_start: datetime, zone: str, minutes: int | None = None
) -> VisitView:
    """Move a visit; its links, codes and browsers stay and follow the new window, so a printed card stays good.

    By either professional. ``minutes`` None keeps the length. Somebody may have tried a link already; once the child
    has opened the door the visit has happened and does not move (``WrongStateError``). Raises as :func:`book_visit`.
    The caller closes its live room.
    """
    visit, referral = await own_visit(uow, visit_id, lock=True)
    if visit.state not in PENDING or visit.door_opened_at is not None:
        raise WrongStateError(state=visit.state)
    await require_scope(uow, referral.id, visit.composition)
    length = visit.minutes if minutes is None else minutes
    instants = check_booking(wall_start, zone, length, window_of(visit), uow.now)
    await refuse_overlap(uow, visit.psychologist_id, instants, besides=visit_id)
    visit.wall_start, visit.zone, visit.minutes = wall_start, zone, length
    set_instants(visit, instants)
    if visit.state is VisitState.OPEN:
        visit.state = transition(visit.state, VisitState.SCHEDULED, visit_id)
        await empty_room(uow, visit_id)
    uow.record(AuditTag.VISIT_RESCHEDULED, visit_id, minutes=length)
    return await visit_view(uow, visit, referral)


async def empty_room(uow: UnitOfWork, visit_id: VisitId) -> None:
    """Forget who was let in before the visit was moved: they are admitted anew when it opens again."""
    await end_all_stays(uow, visit_id)
    await uow.db.execute(update(Invitation).where(Invitation.visit_id == visit_id).values(admitted=False))


async def cancel_visit(uow: UnitOfWork, visit_id: VisitId) -> None:
    """Cancel a visit that has not ended, by either professional; its links and codes are dead at once.

    The caller closes its live room.
    """
    visit, _ = await own_visit(uow, visit_id, lock=True)
    await cancel(uow, visit, "cancelled")


async def cancel(uow: UnitOfWork, visit: Visit, reason: str) -> None:
    """Cancel one locked visit and revoke its invitations. ``reason`` is a code for the audit chain."""
    visit.state = transition(visit.state, VisitState.CANCELLED, visit.id)
    await revoke_invitations(uow, visit.id)
    uow.record(AuditTag.VISIT_CANCELLED, visit.id, reason=reason)


async def cancel_pending(uow: UnitOfWork, referral_id: ReferralId, reason: str) -> tuple[VisitId, ...]:
    """Cancel every visit of a referral that has not ended; return them, so that their live rooms can be closed.

    The caller holds the referral locked and has the right to end or hand back the path.
    """
    visits = (
        await uow.db.scalars(
            select(Visit)
            .where(Visit.referral_id == referral_id, Visit.state.in_(PENDING))
            .order_by(Visit.id)
            .with_for_update()
        )
    ).all()
    for visit in visits:
        await cancel(uow, visit, reason)
    return tuple(visit.id for visit in visits)


async def get_visit(uow: UnitOfWork, visit_id: VisitId) -> VisitView:
    """Return a visit of the actor's own referrals."""
    return await visit_view(uow, *await own_visit(uow, visit_id))


async def list_visits(uow: UnitOfWork, referral_id: ReferralId) -> tuple[VisitView, ...]:
    """Return the latest 100 visits of one of the actor's referrals, the latest first."""
    referral = await own_referral(uow, referral_id)
    visits = await uow.db.scalars(
        select(Visit)
        .where(Visit.referral_id == referral_id)
        .order_by(Visit.starts_at.desc(), Visit.id)
        .limit(VISITS_SHOWN)
    )
    return await visit_views(uow, [(visit, referral) for visit in visits])


async def upcoming(uow: UnitOfWork) -> tuple[VisitView, ...]:
    """Return the actor's pending visits whose window is not over, the next first; at most 100."""
    account = await acting_account(uow)
    rows = await uow.db.execute(
        select(Visit, Referral)
        .join(Referral, Referral.id == Visit.referral_id)
        .where(
            or_(Referral.social_worker_id == account.id, Referral.psychologist_id == account.id),
            Visit.state.in_(PENDING),
            Visit.closes_at > uow.now,
        )
        .order_by(Visit.starts_at, Visit.id)
        .limit(VISITS_SHOWN)
    )
    return await visit_views(uow, [(visit, referral) for visit, referral in rows])


async def rederive_instants(uow: UnitOfWork) -> tuple[MovedVisit, ...]:
    """Derive the instants of all scheduled visits anew, after an update of the time-zone data; return those that moved.

    Wall times stay: they are what people agreed on. A job calls this at every start. A visit whose zone the new data
    does not know keeps its instants and is told in the log.
    """
    moved = []
    for visit in await lock_scheduled(uow.db):
        try:
            instants = instants_of(visit.wall_start, visit.zone, visit.minutes, window_of(visit))
        except ZoneInfoNotFoundError:
            log.warning("zone of a visit is unknown", visit=visit.id)
            continue
        if instants.starts_at == visit.starts_at:
            continue
        moved.append(MovedVisit(id=visit.id, old_starts_at=visit.starts_at, starts_at=instants.starts_at))
        shift_s = int((instants.starts_at - visit.starts_at).total_seconds())
        uow.record(AuditTag.VISIT_REDERIVED, visit.id, shift_s=shift_s)
        set_instants(visit, instants)
    return tuple(moved)


async def lock_scheduled(db: AsyncSession) -> list[Visit]:
    """Return all visits that nobody has entered yet, locked in a fixed order: two jobs can not block each other."""
    query = select(Visit).where(Visit.state == VisitState.SCHEDULED).order_by(Visit.id).with_for_update()
    return list(await db.scalars(query))
