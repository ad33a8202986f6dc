"""Second browsers that wait for an adult's word, as one room knows them."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from rooms.errors import RoomError
from rooms.ids import ParticipantId
from rooms.roles import PROFESSIONALS, Role
from rooms.visits.events import ParticipantAdmitted
from rooms.visits.live_room import LiveRoom
from rooms.visits.states import ParticipantState
from rooms.visits.views import ClaimView
from signaling import errors, messages
from signaling.admission_port import AdmissionPort
from signaling.codec import type_of
from signaling.messages import AdmitClaim, ClaimWaiting, DenyClaim
from signaling.seated_peer import SeatedPeer
from signaling.switchboard import Switchboard

log = structlog.get_logger(__name__)

#: Claims told to the adults at one time; whoever makes more of them is not asking.
CLAIMS_MAX = 20


class ClaimDesk:
    """Tells the admitted professionals, and takes their word to the stored world.

    ``vacate`` has the browser give up its place whose seat an adult has let another browser take.
    """

    def __init__(
        self,
        claims: Sequence[ClaimView],
        admission: AdmissionPort,
        room: LiveRoom,
        peers: Switchboard,
        vacate: Callable[[ParticipantId], None],
    ) -> None:
        self._visit = room.plan.visit
        self._admission = admission
        self._room = room
        self._peers = peers
        self._waiting = {claim.id: (claim.participant, claim.role) for claim in claims}
        self._vacate = vacate
        self._errands: set[asyncio.Task[None]] = set()

    def made(self, claim: str, participant: ParticipantId, role: Role) -> None:
        """Tell the professionals of a new claim, once."""
        if claim in self._waiting or len(self._waiting) >= CLAIMS_MAX:
            return
        self._waiting[claim] = (participant, role)
        for peer in dict.fromkeys(
            entry.peer
            for entry in self._room.roster()
            if entry.role in PROFESSIONALS and entry.state is ParticipantState.ADMITTED
        ):
            if seated := self._peers.peer(peer):
                self._peers.send_message(seated, ClaimWaiting(claim=claim, role=role))

    def tell_newcomer(self, event: ParticipantAdmitted) -> None:
        """Tell a professional who has just come in of all that wait."""
        seated = self._peers.peer(event.peer)
        if seated is not None and event.role in PROFESSIONALS:
            for claim, (_, role) in self._waiting.items():
                self._peers.send_message(seated, ClaimWaiting(claim=claim, role=role))

    def decide(self, seated: SeatedPeer, message: AdmitClaim | DenyClaim) -> None:
        """Take a professional's word on one of this room's claims."""
        may_decide = any(
            entry.peer == seated.peer and entry.role in PROFESSIONALS and entry.state is ParticipantState.ADMITTED
            for entry in self._room.roster()
        )
        if not may_decide or message.claim not in self._waiting:
            self._refuse(seated, errors.NOT_ALLOWED, message)
            return
        errand = asyncio.get_running_loop().create_task(self._settle(seated, message))
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)

    async def close(self) -> None:
        """Stop errands that are under way."""
        for errand in tuple(self._errands):
            errand.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)

    async def _settle(self, seated: SeatedPeer, message: AdmitClaim | DenyClaim) -> None:
        admit = isinstance(message, AdmitClaim)
        try:
            participant = await self._admission.settle_claim(seated.actor, self._visit, message.claim, admit=admit)
        except RoomError as error:
            self._refuse(seated, errors.error_code(error), message)
            return
        except Exception:
            log.exception("claim not settled", visit=self._visit)
            self._refuse(seated, errors.INTERNAL, message)
            return
        self._waiting.pop(message.claim, None)
        if admit:
            self._vacate(participant)

    def _refuse(self, seated: SeatedPeer, code: str, message: AdmitClaim | DenyClaim) -> None:
        self._peers.send_message(seated, messages.Error(code=code, regarding=type_of(message)))
