"""Passes on what people say below voice: ciphertext and pictures, under the rule that sound itself is under."""

from collections.abc import Callable, Iterator
from typing import assert_never

from rooms.ids import PeerId
from rooms.visits.live_room import LiveRoom
from rooms.visits.states import RoomState
from signaling import errors
from signaling.codec import dump, type_of
from signaling.low_rung_messages import (
    Clip,
    LowRungMessage,
    RelayedClip,
    RelayedSealingKey,
    RelayedSignal,
    RelayedText,
    SealingKey,
    Signal,
    Text,
)
from signaling.messages import ServerMessage
from signaling.rate_limit import Allowance
from signaling.seated_peer import SeatedPeer
from signaling.switchboard import Switchboard
from signaling.voice_frames import RelayedVoice, Voice

#: What each message costs beside its sealed bytes, and a picture or a key alone.
MESSAGE_BYTES = 512
#: What may wait for a receiver that is away: the rest of its buffer is the room's own, so that it can still resume.
AWAY_MAX_FRAMES = 128
AWAY_MAX_BYTES = 128 * 1024


def price(message: LowRungMessage | Voice) -> int:
    """Return what a message costs its sender, in bytes."""
    match message:
        case Clip() | Voice():
            return MESSAGE_BYTES + len(message.sealed) * len(message.to)
        case Text():
            return MESSAGE_BYTES + len(message.sealed)
        case SealingKey() | Signal():
            return MESSAGE_BYTES
    assert_never(message)


class LowRungs:
    """One room's. Keeps nothing but each peer's public key and allowance, both with the peer's place."""

    def __init__(self, room: LiveRoom, peers: Switchboard, refuse: Callable[[SeatedPeer, str, str], None]) -> None:
        self._room = room
        self._peers = peers
        self._refuse = refuse

    def take(self, sender: SeatedPeer, message: LowRungMessage | Voice, now: float) -> None:
        """Pass a message on to those who may have it; tell the sender with one error when not all of it went."""
        code = self._pass_on(sender, message, now)
        if code is not None:
            self._refuse(sender, code, type_of(message))

    def _pass_on(self, sender: SeatedPeer, message: LowRungMessage | Voice, now: float) -> str | None:
        if not self._room.is_admitted(sender.peer):
            if not isinstance(message, SealingKey):
                return errors.NOT_ADMITTED
            # Whoever waits at the door says it before: when that opens, nobody's voice has to wait for keys.
            sender.sealing_key = message.public_key
            return None
        sender.allowance = sender.allowance or Allowance(now)
        if not sender.allowance.takes(price(message), now):
            return errors.TOO_MUCH
        return self._give_on(sender, message)

    def _give_on(self, sender: SeatedPeer, message: LowRungMessage | Voice) -> str | None:
        match message:
            case SealingKey():
                self._exchange_keys(sender, message.public_key)
                return None
            case Clip():
                return self._speak(sender, message)
            case Voice():
                return self._pass_voice(sender, message)
            case Signal():
                return self._show(sender, message)
            case Text():
                return self._write(sender, message)
        assert_never(message)

    def introduce(self, newcomer: SeatedPeer) -> None:
        """Exchange the key of one who was let in just now, if it is known, with those of the others."""
        if newcomer.sealing_key is not None:
            public_key, newcomer.sealing_key = newcomer.sealing_key, None
            self._exchange_keys(newcomer, public_key)

    def _exchange_keys(self, sender: SeatedPeer, public_key: str) -> None:
        """Tell the others this key, and its owner theirs: whoever comes last starts the exchange."""
        is_first = sender.sealing_key is None
        sender.sealing_key = public_key
        for other in self._others(sender):
            self._peers.send_message(other, RelayedSealingKey(sender=sender.peer, public_key=public_key))
            if is_first and other.sealing_key is not None:
                self._peers.send_message(sender, RelayedSealingKey(sender=other.peer, public_key=other.sealing_key))

    def _speak(self, sender: SeatedPeer, message: Clip) -> str | None:
        if self._room.state is not RoomState.LIVE:
            return errors.WRONG_STATE
        keys = message.keys or (None,) * len(message.to)
        refusals = [
            self._give(
                sender,
                peer,
                RelayedClip(
                    sender=sender.peer,
                    clip=message.clip,
                    part=message.part,
                    last=message.last,
                    key=key,
                    sealed=message.sealed,
                ),
            )
            for peer, key in zip(message.to, keys, strict=True)
        ]
        return next(filter(None, refusals), None)

    def _pass_voice(self, sender: SeatedPeer, message: Voice) -> str | None:
        """Pass on what is said now to those who are there now; whoever is away has missed it."""
        if self._room.state is not RoomState.LIVE:
            return errors.WRONG_STATE
        keys = message.keys or (None,) * len(message.to)
        code = None
        for peer, key in zip(message.to, keys, strict=True):
            receiver = self._peers.peer(peer)
            if receiver is None or self._room.leg(sender.peer, peer) is None:
                code = errors.NO_LEG
            elif not receiver.is_away:
                voice = RelayedVoice(
                    sender=sender.peer, stream=message.stream, part=message.part, key=key, sealed=message.sealed
                )
                self._peers.send_voice(receiver.socket, voice)
        return code

    def _show(self, sender: SeatedPeer, message: Signal) -> str | None:
        if self._room.state is not RoomState.LIVE:
            return errors.WRONG_STATE
        shown = RelayedSignal(sender=sender.peer, picture=message.picture)
        if message.to is not None:
            return self._give(sender, message.to, shown)
        near = (other.peer for other in self._others(sender) if self._room.leg(sender.peer, other.peer) is not None)
        return next(filter(None, [self._give(sender, peer, shown) for peer in near]), None)

    def _write(self, sender: SeatedPeer, message: Text) -> str | None:
        """Adults may write whatever the room's state, so that they can settle what to do for a child who is lost."""
        receiver = self._peers.peer(message.to)
        if receiver is None or receiver is sender or not self._room.is_admitted(receiver.peer):
            return errors.NOT_ALLOWED
        if sender.is_classroom or receiver.is_classroom:
            return errors.NOT_ALLOWED
        return self._send(receiver, RelayedText(sender=sender.peer, sealed=message.sealed))

    def _give(self, sender: SeatedPeer, to: PeerId, message: ServerMessage) -> str | None:
        """Send to one that the sender may exchange sound with; return why not, if not."""
        receiver = self._peers.peer(to)
        if receiver is None or self._room.leg(sender.peer, to) is None:
            return errors.NO_LEG
        return self._send(receiver, message)

    def _send(self, receiver: SeatedPeer, message: ServerMessage) -> str | None:
        frame = dump(message)
        if not receiver.replay.has_room(len(frame), AWAY_MAX_FRAMES, AWAY_MAX_BYTES):
            return errors.TOO_MUCH
        self._peers.send(receiver, frame)
        return None

    def _others(self, sender: SeatedPeer) -> Iterator[SeatedPeer]:
        return (other for other in self._peers if other is not sender and self._room.is_admitted(other.peer))
