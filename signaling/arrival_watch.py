"""What is decided about a visit while a socket is on its way into the room.

Rights are read when a ticket is spent, and the owner of the room hears of a socket only later. Whoever cancels a visit
or takes a seat away in between stores it first and publishes it then. So a socket listens before its rights are read:
what was stored earlier is read, and what is stored later is heard.
"""

from types import TracebackType
from typing import Self

from rooms.ids import ParticipantId, VisitId
from signaling.bus import Bus
from signaling.bus_messages import AnyBusMessage, SeatRevoked, SeatVacated, VisitClosed, room_channel
from signaling.close_codes import CloseCode


class ArrivalWatch:
    """Listens to a room's channel from its making to the end of its ``with`` block."""

    def __init__(self, bus: Bus, visit: VisitId) -> None:
        self._is_closed = False
        self._revoked: set[ParticipantId] = set()
        self._vacated: set[ParticipantId] = set()
        self._subscription = bus.subscribe(room_channel(visit), self._hear)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._subscription.cancel()

    def refusal(self, participants: tuple[ParticipantId, ...]) -> CloseCode | None:
        """Return how a socket for these seats is to be turned away; None while it may go on."""
        if self._is_closed:
            return CloseCode.ROOM_CLOSED
        if not self._revoked.isdisjoint(participants):
            return CloseCode.REMOVED
        # The page asks for another ticket, which holds the seats that its browser still has.
        return None if self._vacated.isdisjoint(participants) else CloseCode.TICKET_REFUSED

    def _hear(self, message: AnyBusMessage) -> None:
        match message:
            case VisitClosed():
                self._is_closed = True
            case SeatRevoked(participant=participant):
                self._revoked.add(participant)
            case SeatVacated(participant=participant):
                self._vacated.add(participant)
            case _:
                # Everything else is for those who are in.
                return
