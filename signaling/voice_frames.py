"""Voice on the wire: one binary frame for each part. The same as text is half as long again, beside handshakes.

Where each byte stands: PROTOCOL.md, *Below voice*. What is sealed was sealed in a browser for other browsers: the
server looks at lengths and can read none of it.
"""

from typing import Annotated

from msgspec import Meta

from rooms.ids import PeerId
from signaling.codec import ProtocolError
from signaling.frames import ClientFrame, ServerFrame

#: First byte of a frame, which no text of a message begins with.
VOICE = 1
#: Everybody else in the largest room.
VOICE_RECEIVERS_MAX = 4
VOICE_PARTS_MAX = 1000
#: A tag of AES-GCM at least; at most half a second of the best voice that there is below a connection.
VOICE_PART_MIN_BYTES = 16
VOICE_PART_MAX_BYTES = 768
#: A counter of 4 bytes, then a stream's key of 32 bytes and its tag of 16.
WRAPPED_KEY_BYTES = 52
_ID_BYTES = 16
_STREAM_BYTES = 4
_HEAD_BYTES = 8

StreamId = Annotated[bytes, Meta(min_length=_STREAM_BYTES, max_length=_STREAM_BYTES)]


class Voice(ClientFrame, frozen=True):
    """A part of what somebody says now, while no connection carries it.

    ``keys``, one for each of ``to``, stand in part 0 alone. It is worth nothing later: no part is counted,
    acknowledged or sent again.
    """

    to: tuple[PeerId, ...]
    stream: StreamId
    part: int
    keys: tuple[bytes, ...]
    sealed: bytes


class RelayedVoice(ServerFrame, frozen=True, tag="voice"):
    """A part of what another peer says now. ``key`` is this receiver's alone, and None after part 0. Has no ``seq``."""

    sender: PeerId
    stream: StreamId
    part: int
    key: bytes | None
    sealed: bytes


def parse_voice(frame: bytes) -> Voice:
    """Read a binary frame of a page. Raises :class:`ProtocolError` for anything but exactly one part of a voice."""
    if len(frame) < _HEAD_BYTES or frame[0] != VOICE:
        raise ProtocolError("not a voice")
    receivers = frame[1]
    stream, part = frame[2:6], int.from_bytes(frame[6:_HEAD_BYTES], "big")
    keys_at = _HEAD_BYTES + receivers * _ID_BYTES
    sealed_at = keys_at + (receivers * WRAPPED_KEY_BYTES if part == 0 else 0)
    to = tuple(PeerId(each.hex()) for each in _pieces(frame, _HEAD_BYTES, keys_at, _ID_BYTES))
    if not 1 <= receivers <= VOICE_RECEIVERS_MAX or len(set(to)) != receivers or part >= VOICE_PARTS_MAX:
        raise ProtocolError("a voice for nobody, for too many, for one twice, or without end")
    # A frame that is cut short anywhere before has nothing sealed in it.
    if not VOICE_PART_MIN_BYTES <= len(frame) - sealed_at <= VOICE_PART_MAX_BYTES:
        raise ProtocolError("a voice of no length that there can be")
    keys = tuple(_pieces(frame, keys_at, sealed_at, WRAPPED_KEY_BYTES))
    return Voice(to=to, stream=stream, part=part, keys=keys, sealed=frame[sealed_at:])


def dump_voice(voice: RelayedVoice) -> bytes:
    """Write a voice as one binary frame of the server."""
    head = bytes((VOICE,)) + bytes.fromhex(voice.sender) + voice.stream + voice.part.to_bytes(2, "big")
    return head + (voice.key or b"") + voice.sealed


def _pieces(frame: bytes, start: int, end: int, size: int) -> list[bytes]:
    return [frame[at : at + size] for at in range(start, end, size)]
