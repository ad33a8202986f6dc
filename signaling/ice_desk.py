"""ICE servers for the peers of one room, and which of them may use nothing but a relay."""

from collections.abc import Callable

from rooms.clock import Clock
from rooms.ids import PeerId
from rooms.visits.live_room import LiveRoom
from signaling import errors, messages
from signaling.ice_servers import IceServer, IceServerMinter
from signaling.seated_peer import SeatedPeer
from signaling.switchboard import Switchboard


class IceDesk:
    """Hands out credentials. ``minter`` is None where no TURN server is configured; ``refuse`` tells a page no."""

    def __init__(
        self,
        minter: IceServerMinter | None,
        room: LiveRoom,
        peers: Switchboard,
        clock: Clock,
        refuse: Callable[[SeatedPeer, str, str | None], None],
    ) -> None:
        self._minter = minter
        self._room = room
        self._peers = peers
        self._clock = clock
        self._refuse = refuse

    def answer(self, seated: SeatedPeer) -> None:
        """Answer a page that asks for fresh credentials."""
        if not self._room.is_admitted(seated.peer):
            self._refuse(seated, errors.NOT_ADMITTED, "ice-servers")
            return
        answer = messages.FreshIceServers(ice_servers=(), expires_at=None)
        if self._minter is not None:
            minted = self._minter.ice_servers(seated.participants[0], self._clock.now())
            answer = messages.FreshIceServers(ice_servers=minted.servers, expires_at=minted.expires_at)
        self._peers.send_message(seated, answer)

    def servers_of(self, peer: PeerId) -> tuple[IceServer, ...]:
        """Return what a new connection of this peer is given."""
        seated = self._peers.peer(peer)
        if self._minter is None or seated is None:
            return ()
        return self._minter.ice_servers(seated.participants[0], self._clock.now()).servers

    def relay_only(self, one: PeerId, other: PeerId) -> bool:
        """Say whether two peers may use relay candidates only: a child's address is shown to nobody."""
        if self._minter is None:
            return False
        ends = (self._peers.peer(one), self._peers.peer(other))
        return any(end is None or end.is_classroom for end in ends)
