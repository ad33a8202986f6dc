"""What the database remembers of a live room: who was let in or removed, the door, help, the end. Never any media.

The host of a room calls :func:`record_room_events` before anybody is told, so that a restart knows what people know.
"""

from collections.abc import Sequence

from sqlalchemy import and_, select

from rooms.audit import AuditTag
from rooms.errors import NotFoundError
from rooms.ids import ParticipantId, VisitId
from rooms.referrals.models import Referral
from rooms.referrals.states import ReferralState
from rooms.referrals.states import transition as referral_transition
from rooms.unit_of_work import UnitOfWork
from rooms.visits.attendance import new_stay
from rooms.visits.events import (
    DoorKnocked,
    DoorOpened,
    EndingStarted,
    HelpAsked,
    ParticipantAdmitted,
    ParticipantDenied,
    ParticipantGone,
    ParticipantRemoved,
    RoomClosed,
    RoomEvent,
    RoomStateChanged,
)
from rooms.visits.models import Attendance, Invitation, Visit
from rooms.visits.states import PauseReason, RoomState, VisitState, transition

#: The events that are written down; all others are for the wire only.
KEPT_EVENTS = (
    ParticipantAdmitted,
    ParticipantDenied,
    ParticipantGone,
    ParticipantRemoved,
    DoorKnocked,
    DoorOpened,
    HelpAsked,
    EndingStarted,
    RoomStateChanged,
    RoomClosed,
)
#: Ends of a room that end its visit too. Any other (cancelled, rescheduled, a stopping server) leaves its state alone.
ENDS_THE_VISIT = frozenset({"ended", "hard-end"})


def is_kept(event: RoomEvent) -> bool:
    """Say whether an event is written down; where none is, no unit of work is needed."""
    return isinstance(event, KEPT_EVENTS)


async def record_room_events(uow: UnitOfWork, visit_id: VisitId, events: Sequence[RoomEvent]) -> None:
    """Write down what happened in a room, in order, with the audit entries, in this one transaction.

    Admissions, removals, the door, attendance and the end of the visit follow by themselves. Recording the same event
    twice changes nothing more. Raises ``NotFoundError`` for an unknown visit.
    """
    kept = [event for event in events if is_kept(event)]
    if not kept:
        return
    history = await RoomHistory.load(uow, visit_id, with_referral=any(isinstance(event, DoorOpened) for event in kept))
    for event in kept:
        await history.record(event)
    await uow.db.flush()


class RoomHistory:
    """The rows of one visit, locked while events are written into them. ``stays`` are the ones that last."""

    def __init__(
        self,
        uow: UnitOfWork,
        visit: Visit,
        seats: dict[ParticipantId, Invitation],
        stays: dict[ParticipantId, Attendance],
    ) -> None:
        self.uow = uow
        self.visit = visit
        self.seats = seats
        self.stays = stays

    @classmethod
    async def load(cls, uow: UnitOfWork, visit_id: VisitId, *, with_referral: bool) -> "RoomHistory":
        """Lock the visit, and before it its referral where that may change: the order that everybody keeps."""
        if with_referral:
            referral_of_visit = select(Visit.referral_id).where(Visit.id == visit_id).scalar_subquery()
            await uow.db.execute(select(Referral).where(Referral.id == referral_of_visit).with_for_update())
        # One query for all three: this runs at every join, and a round trip to the database is what it costs.
        lasting = and_(Attendance.participant_id == Invitation.id, Attendance.left_at.is_(None))
        rows = (
            await uow.db.execute(
                select(Visit, Invitation, Attendance)
                .join(Invitation, Invitation.visit_id == Visit.id)
                .outerjoin(Attendance, lasting)
                .where(Visit.id == visit_id)
                .with_for_update(of=Visit)
            )
        ).all()
        if not rows:
            raise NotFoundError
        seats = {seat.id: seat for _, seat, _ in rows}
        # The class is told apart from None here because an outer join's row may hold none.
        stays = {stay.participant_id: stay for _, _, stay in rows if isinstance(stay, Attendance)}
        return cls(uow, rows[0][0], seats, stays)

    async def record(self, event: RoomEvent) -> None:
        """Write down one event."""
        match event:
            case ParticipantAdmitted() | ParticipantDenied() | ParticipantGone() | ParticipantRemoved():
                self.record_participant(event)
            case DoorKnocked(by=by):
                self.tell(AuditTag.DOOR_KNOCKED, by=by)
            case DoorOpened(by=by):
                await self.open_door(by)
            case HelpAsked(by=by, role=role):
                self.tell(AuditTag.HELP_ASKED, by=by, role=role)
            case EndingStarted(by=by):
                self.tell(AuditTag.ROOM_ENDED, by=by)
            case RoomStateChanged():
                self.change_state(event)
            case RoomClosed(reason=reason):
                self.close(reason)

    def change_state(self, event: RoomStateChanged) -> None:
        """Write down a pause and its end. The child's own pause is kept with the visit: a restart must not lift it."""
        if event.new is not RoomState.CLOSED:
            self.visit.child_paused = PauseReason.CHILD_ASKED in event.reasons
        match event:
            case RoomStateChanged(new=RoomState.PAUSED, reasons=reasons):
                self.tell(AuditTag.ROOM_PAUSED, reasons="+".join(sorted(reasons))[:64])
            case RoomStateChanged(old=RoomState.PAUSED, new=RoomState.LIVE):
                self.tell(AuditTag.ROOM_RESUMED)

    def record_participant(
        self, event: ParticipantAdmitted | ParticipantDenied | ParticipantGone | ParticipantRemoved
    ) -> None:
        """Write down who came in, was sent away, went or was removed."""
        seat = self.seats.get(event.participant)
        if seat is None:
            raise NotFoundError
        match event:
            case ParticipantAdmitted(by=by):
                seat.admitted = True
                self.begin_stay(seat)
                if by is None:
                    self.tell(AuditTag.PARTICIPANT_JOINED, participant=seat.id, role=seat.role)
                else:
                    self.tell(AuditTag.PARTICIPANT_ADMITTED, participant=seat.id, role=seat.role, by=by)
            case ParticipantDenied(by=by):
                self.tell(AuditTag.PARTICIPANT_DENIED, participant=seat.id, role=seat.role, by=by)
            case ParticipantGone():
                seat.admitted = False
                self.end_stay(seat.id)
                self.tell(AuditTag.PARTICIPANT_GONE, participant=seat.id, role=seat.role)
            case ParticipantRemoved(by=by):
                seat.admitted = False
                seat.removed = True
                self.end_stay(seat.id)
                self.tell(AuditTag.PARTICIPANT_REMOVED, participant=seat.id, role=seat.role, by=by or "rule")

    async def open_door(self, by: ParticipantId) -> None:
        """Remember that the child let the psychologist in; with the first time, support has begun."""
        if self.visit.door_opened_at is None:
            self.visit.door_opened_at = self.uow.now
        referral = await self.uow.db.get_one(Referral, self.visit.referral_id)
        if referral.state is ReferralState.TAKEN:
            referral.state = referral_transition(referral.state, ReferralState.IN_SUPPORT, referral.id)
        self.tell(AuditTag.DOOR_OPENED, by=by)

    def close(self, reason: str) -> None:
        """End all stays, and the visit with them where the room ended for good."""
        for participant in tuple(self.stays):
            self.end_stay(participant)
        self.tell(AuditTag.ROOM_CLOSED, reason=reason)
        if reason in ENDS_THE_VISIT and self.visit.state is VisitState.OPEN:
            end_visit(self.uow, self.visit)

    def begin_stay(self, seat: Invitation) -> None:
        """Begin a stay, unless one lasts: coming back on a new socket is the same stay."""
        if seat.id not in self.stays:
            self.stays[seat.id] = stay = new_stay(self.visit.id, seat.id, seat.role, self.uow.now)
            self.uow.db.add(stay)

    def end_stay(self, participant: ParticipantId) -> None:
        """End the stay that lasts, if any."""
        stay = self.stays.pop(participant, None)
        if stay is not None:
            stay.left_at = self.uow.now

    def tell(self, tag: AuditTag, **facts: str | int) -> None:
        """Add an audit entry on this visit."""
        self.uow.record(tag, self.visit.id, **facts)


def end_visit(uow: UnitOfWork, visit: Visit) -> VisitState:
    """Give a visit that is over its last state, and return it.

    ``completed`` when the child opened the door, ``missed`` when somebody came but those two did not meet, ``expired``
    when nobody ever came.
    """
    if visit.door_opened_at is not None:
        last, tag = VisitState.COMPLETED, AuditTag.VISIT_COMPLETED
    elif visit.state is VisitState.OPEN:
        last, tag = VisitState.MISSED, AuditTag.VISIT_MISSED
    else:
        last, tag = VisitState.EXPIRED, AuditTag.VISIT_EXPIRED
    visit.state = transition(visit.state, last, visit.id)
    uow.record(tag, visit.id)
    return last
