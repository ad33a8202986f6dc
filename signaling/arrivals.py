"""How often people came into rooms of this process, for the metrics: counts, nobody's name."""

from dataclasses import dataclass

from signaling.bus_messages import SocketArrived


@dataclass(slots=True)
class Arrivals:
    """Counts since the process began; they only grow."""

    #: By a ticket alone.
    joined: int = 0
    #: As the same peer, with nothing lost.
    resumed: int = 0
    #: Wanted to be the same peer and had to begin anew.
    returned: int = 0

    def count(self, arrival: SocketArrived) -> None:
        """Count somebody who has come as a new peer."""
        if arrival.resume is None:
            self.joined += 1
        else:
            self.returned += 1
