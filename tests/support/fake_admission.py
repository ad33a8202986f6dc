"""A stored world in memory for tests of the wire: tickets that are words, a visit that is booked, and what was told."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from rooms.health.minutes import RoomMinute
from rooms.ids import ParticipantId, ReferralId, VisitId, new_id
from rooms.roles import Composition, Role
from rooms.unit_of_work import Actor
from rooms.visits.errors import ClaimNotWaitingError, TicketNotValidError, TicketSpentError
from rooms.visits.events import RoomEvent
from rooms.visits.plan import RoomPlan, SeatPlan
from rooms.visits.states import ClaimState
from rooms.visits.views import ClaimView, SeatGrant

EVERY_ROLE = tuple(Role)


class FakeAdmission:
    """An :class:`signaling.admission_port.AdmissionPort` without a database."""

    def __init__(self) -> None:
        self.plans: dict[VisitId, RoomPlan] = {}
        self.tickets: dict[str, SeatGrant] = {}
        self.spent: set[str] = set()
        self.recorded: list[RoomEvent] = []
        self.minutes: list[RoomMinute] = []
        self.claims: list[ClaimView] = []
        self.settled: list[tuple[Actor, str, bool]] = []
        #: Cleared while the database is to be out of reach.
        self.reachable = asyncio.Event()
        self.reachable.set()
        #: Cleared while it can be read, but nothing of what happened can be stored.
        self.storable = asyncio.Event()
        self.storable.set()
        self.refusal: Exception | None = None
        #: What happens once, right after the named method has read the stored world and before it answers.
        self.meanwhile: dict[str, Callable[[], None]] = {}

    def book(
        self, now: datetime, *, roles: Sequence[Role] = EVERY_ROLE, composition: Composition = Composition.ACCOMPANIED
    ) -> RoomPlan:
        """Book a visit that starts now, with one seat for each role."""
        plan = RoomPlan(
            visit=VisitId(new_id()),
            referral=ReferralId(new_id()),
            composition=composition,
            seats=tuple(SeatPlan(ParticipantId(new_id()), role) for role in roles),
            starts_at=now,
            ends_at=now + timedelta(minutes=45),
            closes_at=now + timedelta(minutes=60),
        )
        self.plans[plan.visit] = plan
        return plan

    def ticket(self, plan: RoomPlan, *roles: Role) -> str:
        """Issue a ticket for the seats of these roles, at one device."""
        seats = tuple(seat for seat in plan.seats if seat.role in roles)
        speaker = next((seat for seat in seats if seat.role is Role.SOCIAL_WORKER), seats[0])
        ticket = f"ticket-{new_id()}"
        self.tickets[ticket] = SeatGrant(
            visit=plan.visit, participants=seats, actor=Actor.participant(speaker.participant)
        )
        return ticket

    def claim(self, plan: RoomPlan, role: Role) -> ClaimView:
        """Have a second browser wait for a seat."""
        participant = next(seat.participant for seat in plan.seats if seat.role is role)
        claim = ClaimView(
            id=new_id(), participant=participant, role=role, state=ClaimState.WAITING, asked_at=plan.starts_at
        )
        self.claims.append(claim)
        return claim

    def visit_of(self, ticket: str) -> VisitId:
        if ticket not in self.tickets:
            raise TicketNotValidError(reason="malformed")
        return self.tickets[ticket].visit

    async def spend_ticket(self, ticket: str) -> SeatGrant:
        await self.reachable.wait()
        if ticket not in self.tickets:
            raise TicketNotValidError(reason="malformed")
        if ticket in self.spent:
            raise TicketSpentError(reason="spent")
        self.spent.add(ticket)
        self._let_happen("spend_ticket")
        return self.tickets[ticket]

    def _let_happen(self, during: str) -> None:
        self.meanwhile.pop(during, lambda: None)()

    async def open_room(self, visit: VisitId) -> RoomPlan:
        if self.refusal is not None:
            raise self.refusal
        self._let_happen("open_room")
        return self.plans[visit]

    async def record_room_events(self, visit: VisitId, events: Sequence[RoomEvent]) -> None:
        await self.reachable.wait()
        await self.storable.wait()
        self.recorded.extend(events)

    async def record_minutes(self, minutes: Sequence[RoomMinute]) -> None:
        await self.reachable.wait()
        self.minutes.extend(minutes)

    async def waiting_claims(self, visit: VisitId) -> Sequence[ClaimView]:
        self._let_happen("waiting_claims")
        return self.claims

    async def settle_claim(self, actor: Actor, visit: VisitId, claim: str, *, admit: bool) -> ParticipantId:
        found = next((known for known in self.claims if known.id == claim), None)
        if found is None:
            raise ClaimNotWaitingError
        self.claims.remove(found)
        self.settled.append((actor, claim, admit))
        return found.participant
