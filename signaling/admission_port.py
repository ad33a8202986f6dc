"""What the wire needs of the stored world: one seam, so that tests and measurements can stand in for a database."""

from collections.abc import Sequence
from typing import Protocol

from rooms.health.minutes import RoomMinute
from rooms.ids import ParticipantId, VisitId
from rooms.unit_of_work import Actor
from rooms.visits.events import RoomEvent
from rooms.visits.plan import RoomPlan
from rooms.visits.views import ClaimView, SeatGrant


class AdmissionPort(Protocol):
    """Tickets, rooms and claims. Every method raises :class:`rooms.errors.RoomError` for a refusal."""

    def visit_of(self, ticket: str) -> VisitId:
        """Return the visit that a genuine ticket is for. Spends nothing and asks no database."""
        ...

    async def spend_ticket(self, ticket: str) -> SeatGrant:
        """Spend a ticket, once and for ever, and return the seats that its holder has now."""
        ...

    async def open_room(self, visit: VisitId) -> RoomPlan:
        """Open the visit when its window allows, and return what was booked and what is remembered."""
        ...

    async def record_room_events(self, visit: VisitId, events: Sequence[RoomEvent]) -> None:
        """Store what happened: admissions, removals, the door, attendance, the end."""
        ...

    async def record_minutes(self, minutes: Sequence[RoomMinute]) -> None:
        """Store minutes of any number of rooms at once."""
        ...

    async def waiting_claims(self, visit: VisitId) -> Sequence[ClaimView]:
        """Return the second browsers that wait for an adult's word."""
        ...

    async def settle_claim(self, actor: Actor, visit: VisitId, claim: str, *, admit: bool) -> ParticipantId:
        """Decide a claim as ``actor``; return whose seat it was about."""
        ...
