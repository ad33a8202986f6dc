"""The stored world as the wire uses it: each call is one unit of work."""

from collections.abc import Sequence

from rooms.health import service as health
from rooms.health.minutes import RoomMinute
from rooms.ids import ParticipantId, VisitId
from rooms.unit_of_work import Actor, Store
from rooms.visits import admission
from rooms.visits.events import RoomEvent
from rooms.visits.plan import RoomPlan
from rooms.visits.views import ClaimView, SeatGrant

#: Who acts where a room speaks for itself.
ROOM_ACTOR = Actor.system("signaling")


class StoreAdmission:
    """The :class:`signaling.admission_port.AdmissionPort` of a real server."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def visit_of(self, ticket: str) -> VisitId:
        """Read a ticket by its signature alone."""
        return admission.visit_of_ticket(self._store.keys, self._store.clock.now(), ticket)

    async def spend_ticket(self, ticket: str) -> SeatGrant:
        """Spend a ticket in its own unit of work."""
        async with self._store.begin(Actor.anonymous()) as uow:
            return await admission.spend_ticket(uow, ticket)

    async def open_room(self, visit: VisitId) -> RoomPlan:
        """Open the visit."""
        async with self._store.begin(ROOM_ACTOR) as uow:
            return await admission.open_room(uow, visit)

    async def record_room_events(self, visit: VisitId, events: Sequence[RoomEvent]) -> None:
        """Store a batch of events, all or none."""
        async with self._store.begin(ROOM_ACTOR) as uow:
            await admission.record_room_events(uow, visit, events)

    async def record_minutes(self, minutes: Sequence[RoomMinute]) -> None:
        """Store all rooms' minutes in one unit of work."""
        async with self._store.begin(ROOM_ACTOR) as uow:
            await health.record_minutes(uow, minutes)

    async def waiting_claims(self, visit: VisitId) -> Sequence[ClaimView]:
        """Read the claims that wait."""
        async with self._store.begin(ROOM_ACTOR, reading=True) as uow:
            return await admission.list_claims(uow, visit)

    async def settle_claim(self, actor: Actor, visit: VisitId, claim: str, *, admit: bool) -> ParticipantId:
        """Decide a claim."""
        async with self._store.begin(actor) as uow:
            settle = admission.approve_claim if admit else admission.deny_claim
            return (await settle(uow, visit, claim)).participant
