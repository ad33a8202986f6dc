"""What a room has been asked and has not decided yet: commands wait here while a decision is being stored."""

from collections import deque
from dataclasses import dataclass

from rooms.ids import ParticipantId
from rooms.visits.commands import RoomCommand
from signaling.bus_messages import SocketArrived, SocketId
from signaling.seated_peer import SeatedPeer


@dataclass(frozen=True, slots=True)
class Request:
    """A command in the room's mailbox, and who is to hear when it is refused."""

    command: RoomCommand
    asker: SeatedPeer | None = None
    regarding: str | None = None
    arrival: SocketArrived | None = None


class Mailbox:
    """Requests in their order; those of sockets that have not joined yet can be taken back."""

    def __init__(self) -> None:
        self._requests: deque[Request] = deque()

    def __len__(self) -> int:
        return len(self._requests)

    def add(self, request: Request) -> None:
        """Take a request, to be decided after all others."""
        self._requests.append(request)

    def next(self) -> Request:
        """Return the oldest request and forget it. Raises ``IndexError`` when there is none."""
        return self._requests.popleft()

    def take_back(self, *, socket: SocketId | None = None, participant: ParticipantId | None = None) -> list[SocketId]:
        """Forget the arrivals of a socket, or at a seat; with neither, forget everything. Return the arrivals' sockets.

        What others have asked stays, in its order.
        """
        if socket is None and participant is None:
            forgotten, self._requests = self._requests, deque()
        else:
            forgotten = deque(
                request
                for request in self._requests
                if request.arrival is not None
                and (request.arrival.socket == socket or participant in request.arrival.participants)
            )
            self._requests = deque(request for request in self._requests if request not in forgotten)
        return [request.arrival.socket for request in forgotten if request.arrival is not None]
