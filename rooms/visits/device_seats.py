"""Which seats of a visit one browser may hold together: asked wherever it gets a seat, or a ticket for its seats."""

from collections.abc import Iterable

from sqlalchemy import select

from rooms.unit_of_work import UnitOfWork
from rooms.visits.composition import may_share_device
from rooms.visits.errors import SeatsNotTogetherError
from rooms.visits.models import Invitation


async def refuse_unfit_device(uow: UnitOfWork, invitation: Invitation, hashed_device: bytes) -> None:
    """Raise :class:`SeatsNotTogetherError` when the browser holds a seat that must not be at one device with this one.

    Two links shown at the same moment may both pass; no ticket is issued for them then (``tickets.py``).
    """
    held = await uow.db.scalars(
        select(Invitation.role).where(
            Invitation.visit_id == invitation.visit_id,
            Invitation.device_hash == hashed_device,
            Invitation.removed.is_(False),
        )
    )
    if not may_share_device({invitation.role, *held}):
        raise SeatsNotTogetherError(role=invitation.role)


def fit_together(seats: Iterable[Invitation]) -> bool:
    """Say whether one browser may hold these seats of one visit; removed ones do not count."""
    return may_share_device({seat.role for seat in seats if not seat.removed})
