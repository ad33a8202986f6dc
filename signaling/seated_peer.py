"""One peer with a place in a room, as the owner of the room knows it."""

from dataclasses import dataclass, field

from rooms.ids import ParticipantId, PeerId
from rooms.unit_of_work import Actor
from signaling.bus_messages import SocketId
from signaling.rate_limit import Allowance
from signaling.replay import ReplayBuffer


@dataclass(slots=True)
class SeatedPeer:
    """``socket`` is None while the peer has none; ``heard_at`` is in seconds of the event loop's clock."""

    peer: PeerId
    actor: Actor
    participants: tuple[ParticipantId, ...]
    resume_key: str = field(repr=False)
    socket: SocketId | None
    heard_at: float
    #: A child sits here.
    is_classroom: bool
    #: Not heard for so long that the room knows.
    is_away: bool = False
    #: Messages taken from it, ``hello``, ``ping`` and ``voice`` apart.
    taken: int = 0
    replay: ReplayBuffer = field(default_factory=ReplayBuffer)
    #: Its public key for what is sealed below voice, and what it may still have passed on there.
    sealing_key: str | None = None
    allowance: Allowance | None = None
