"""The peers of one room and their sockets: who is reached where, what was sent, and what may be sent again."""

import hmac
from collections.abc import Iterator

from rooms.ids import ParticipantId, PeerId, new_id
from signaling import messages
from signaling.bus import Bus
from signaling.bus_messages import Cut, Deliver, SocketArrived, SocketId, socket_channel
from signaling.close_codes import CloseCode
from signaling.codec import dump
from signaling.messages import ServerMessage
from signaling.seated_peer import SeatedPeer
from signaling.voice_frames import RelayedVoice, dump_voice


class Switchboard:
    """Sends to peers; never decides."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._peers: dict[PeerId, SeatedPeer] = {}
        self._by_socket: dict[SocketId, SeatedPeer] = {}

    def __iter__(self) -> Iterator[SeatedPeer]:
        """Go through the peers that have a place; the caller may seat and unseat meanwhile."""
        return iter(tuple(self._peers.values()))

    def __len__(self) -> int:
        return len(self._peers)

    def peer(self, peer: PeerId) -> SeatedPeer | None:
        """Return a peer that has a place."""
        return self._peers.get(peer)

    def at(self, socket: SocketId) -> SeatedPeer | None:
        """Return the peer that speaks through a socket now."""
        return self._by_socket.get(socket)

    def silences_due(self, presence_s: float, half_open_s: float) -> list[float]:
        """Return when each peer will have been silent for too long to be present or, if away, to keep its socket."""
        return [
            (half_open_s if seated.is_away else presence_s) + seated.heard_at
            for seated in self._peers.values()
            if seated.socket is not None
        ]

    def seat(self, peer: PeerId, arrival: SocketArrived, now: float, *, is_classroom: bool) -> SeatedPeer:
        """Give a new peer its place."""
        seated = SeatedPeer(
            peer=peer,
            actor=arrival.actor,
            participants=arrival.participants,
            resume_key=new_id(),
            socket=arrival.socket,
            heard_at=now,
            is_classroom=is_classroom,
        )
        self._peers[peer] = self._by_socket[arrival.socket] = seated
        return seated

    def part_from(self, participants: tuple[ParticipantId, ...]) -> None:
        """Note that these seats move to another peer: whoever has others too comes back with those alone."""
        for seated in self._peers.values():
            kept = tuple(participant for participant in seated.participants if participant not in participants)
            if kept:
                seated.participants = kept

    def unseat(self, seated: SeatedPeer) -> None:
        """Take a peer's place away; its socket hears nothing more."""
        self._peers.pop(seated.peer, None)
        self.detach(seated)

    def detach(self, seated: SeatedPeer) -> None:
        """Part a peer from its socket."""
        if seated.socket is not None:
            self._by_socket.pop(seated.socket, None)
            seated.socket = None

    def resumable(self, arrival: SocketArrived) -> tuple[SeatedPeer, tuple[bytes, ...]] | None:
        """Return the peer that an arriving socket proves to be, with the frames that it lacks; None when it is not."""
        claim = arrival.resume
        seated = self.proven(arrival)
        if claim is None or seated is None:
            return None
        missed = seated.replay.after(claim.received)
        return None if missed is None else (seated, missed)

    def proven(self, arrival: SocketArrived) -> SeatedPeer | None:
        """Return the peer whose key the arriving socket knows, for the same person at the same seats."""
        if arrival.resume is None:
            return None
        seated = self._peers.get(arrival.resume.peer)
        if seated is None or not hmac.compare_digest(seated.resume_key, arrival.resume.resume_key):
            return None
        same_person = seated.actor == arrival.actor and set(seated.participants) == set(arrival.participants)
        return seated if same_person else None

    def move(self, seated: SeatedPeer, socket: SocketId, now: float) -> None:
        """Have a peer speak through another socket; the old one is closed."""
        if seated.socket is not None:
            old = seated.socket
            self.detach(seated)
            self.cut(old, CloseCode.NORMAL)
        seated.socket = socket
        seated.heard_at = now
        self._by_socket[socket] = seated

    def send(self, seated: SeatedPeer, frame: bytes) -> None:
        """Send a dumped message: now if there is a socket, and again after a resume if it was not acknowledged."""
        numbered = seated.replay.append(frame)
        if seated.socket is not None:
            self._bus.publish(socket_channel(seated.socket), Deliver(numbered))

    def send_message(self, seated: SeatedPeer, message: ServerMessage) -> None:
        """Send one message to one peer."""
        self.send(seated, dump(message))

    def send_once(self, socket: SocketId | None, message: messages.Welcome | messages.Pong) -> None:
        """Send what concerns the socket alone: it has no number and is not sent again."""
        if socket is not None:
            self._bus.publish(socket_channel(socket), Deliver(dump(message)))

    def send_voice(self, socket: SocketId | None, voice: RelayedVoice) -> None:
        """Send what is said now: it has no number and is not sent again."""
        if socket is not None:
            self._bus.publish(socket_channel(socket), Deliver(dump_voice(voice)))

    def send_again(self, seated: SeatedPeer, frames: tuple[bytes, ...]) -> None:
        """Send numbered frames to a socket that has resumed."""
        if seated.socket is not None:
            for frame in frames:
                self._bus.publish(socket_channel(seated.socket), Deliver(frame))

    def cut(self, socket: SocketId, code: CloseCode) -> None:
        """Close a socket after what is queued for it."""
        self._bus.publish(socket_channel(socket), Cut(code))
