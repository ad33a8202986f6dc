"""Who may try out their line before a visit: whoever holds a seat of one that is still to come, in whatever way.

Nothing is spent, bound or written: the link still belongs to the first browser that shows it inside the window.
"""

from sqlalchemy import ColumnElement, select

from rooms.ids import ParticipantId
from rooms.unit_of_work import UnitOfWork
from rooms.visits.errors import InvitationNotValidError
from rooms.visits.invitation_secrets import DEVICE_PATTERN, SECRET_PATTERN, device_hash, secret_hash
from rooms.visits.models import Invitation, Visit
from rooms.visits.states import VisitState


async def seat_of_link(uow: UnitOfWork, secret: str) -> ParticipantId:
    """Return whose link this is. Raises :class:`InvitationNotValidError` for a link of no visit ahead."""
    seat = None
    if SECRET_PATTERN.match(secret):
        seat = await _pending_seat(uow, Invitation.secret_hash == secret_hash(secret))
    if seat is None:
        raise InvitationNotValidError
    return seat


async def seat_of_browser(uow: UnitOfWork, device: str) -> ParticipantId | None:
    """Return a seat that this browser owns in a visit that is not over, or None."""
    if not DEVICE_PATTERN.match(device):
        return None
    return await _pending_seat(uow, Invitation.device_hash == device_hash(device))


async def _pending_seat(uow: UnitOfWork, matches: ColumnElement[bool]) -> ParticipantId | None:
    found: ParticipantId | None = await uow.db.scalar(
        select(Invitation.id)
        .join(Visit, Visit.id == Invitation.visit_id)
        .where(
            matches,
            Invitation.removed.is_(False),
            Visit.state.in_({VisitState.SCHEDULED, VisitState.OPEN}),
            Visit.closes_at > uow.now,
        )
        .order_by(Visit.starts_at)
        .limit(1)
    )
    return found
