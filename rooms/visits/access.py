"""Authorisation by look-up: a visit is found through the referrals of the person asking, or it is not found at all."""

from collections.abc import Iterable

from sqlalchemy import or_, select

from rooms.errors import NotFoundError
from rooms.ids import VisitId
from rooms.people.access import acting_account
from rooms.referrals.access import pseudonym_of
from rooms.referrals.models import Referral
from rooms.unit_of_work import UnitOfWork
from rooms.visits.models import Invitation, Visit
from rooms.visits.views import SeatView, VisitView


async def own_visit(uow: UnitOfWork, visit_id: VisitId, *, lock: bool = False) -> tuple[Visit, Referral]:
    """Return a visit of the actor's own referrals, and that referral. ``lock`` holds the visit until the unit ends.

    Raises :class:`NotFoundError` for every other visit and every other actor.
    """
    account = await acting_account(uow)
    query = (
        select(Visit, Referral)
        .join(Referral, Referral.id == Visit.referral_id)
        .where(
            Visit.id == visit_id,
            or_(Referral.social_worker_id == account.id, Referral.psychologist_id == account.id),
        )
    )
    found = (await uow.db.execute(query.with_for_update(of=Visit) if lock else query)).one_or_none()
    if found is None:
        raise NotFoundError
    visit, referral = found
    return visit, referral


async def visit_view(uow: UnitOfWork, visit: Visit, referral: Referral) -> VisitView:
    """Return one visit as facts."""
    return (await visit_views(uow, [(visit, referral)]))[0]


async def visit_views(uow: UnitOfWork, rows: Iterable[tuple[Visit, Referral]]) -> tuple[VisitView, ...]:
    """Return visits as facts, with two queries however many they are."""
    found = list(rows)
    await uow.vault.preload(referral.id for _, referral in found)
    seats: dict[VisitId, list[SeatView]] = {visit.id: [] for visit, _ in found}
    invitations = await uow.db.scalars(
        select(Invitation).where(Invitation.visit_id.in_(seats)).order_by(Invitation.role, Invitation.id)
    )
    for seat in invitations:
        seats[seat.visit_id].append(
            SeatView(
                participant=seat.id,
                role=seat.role,
                account=seat.account_id,
                bound=seat.device_hash is not None,
                removed=seat.removed,
            )
        )
    return tuple(
        [
            VisitView(
                id=visit.id,
                referral=visit.referral_id,
                state=visit.state,
                pseudonym=await pseudonym_of(uow, referral),
                wall_start=visit.wall_start,
                zone=visit.zone,
                minutes=visit.minutes,
                composition=visit.composition,
                starts_at=visit.starts_at,
                ends_at=visit.ends_at,
                opens_at=visit.opens_at,
                closes_at=visit.closes_at,
                door_opened=visit.door_opened_at is not None,
                seats=tuple(seats[visit.id]),
            )
            for visit, referral in found
        ]
    )
