"""What passes over the bus: between a socket (on whichever process) and the owner of its room.

Frozen and self-contained, so that a bus may carry them between processes as bytes.
"""

from typing import NewType, Union

import msgspec
from msgspec import Struct

from rooms.ids import ParticipantId, VisitId
from rooms.roles import Role
from rooms.unit_of_work import Actor
from signaling.dictionaries import Resume
from signaling.messages import ClientMessage
from signaling.voice_frames import Voice

#: One WebSocket. A peer that resumes has a new one.
SocketId = NewType("SocketId", str)


class BusMessage(Struct, frozen=True, tag=True, tag_field="kind"):
    """Anything that the bus carries."""


# --- to the owner of a room ---


class SocketArrived(BusMessage, frozen=True):
    """A ticket was spent on this socket: it wants the seats of ``participants``."""

    socket: SocketId
    actor: Actor
    participants: tuple[ParticipantId, ...]
    replace: bool
    resume: Resume | None


class SocketSaid(BusMessage, frozen=True):
    """A message of the page, parsed."""

    socket: SocketId
    message: ClientMessage | Voice


class SocketGarbled(BusMessage, frozen=True):
    """A frame that was no message. The owner tells the page, so that the count of its messages stays true."""

    socket: SocketId


class SocketLost(BusMessage, frozen=True):
    """The socket is gone, for whatever reason."""

    socket: SocketId


class SeatRevoked(BusMessage, frozen=True):
    """An invitation was cancelled or an account disabled."""

    participant: ParticipantId


class SeatVacated(BusMessage, frozen=True):
    """A seat's link was renewed: whichever browser sits there has lost it, and the next one may take it."""

    participant: ParticipantId


class VisitClosed(BusMessage, frozen=True):
    """The visit was cancelled, rescheduled or its consent withdrawn."""

    reason: str


class ClaimMade(BusMessage, frozen=True):
    """A second browser has shown this role's invitation and waits for an adult's word."""

    claim: str
    participant: ParticipantId
    role: Role


# --- to one socket ---


class Deliver(BusMessage, frozen=True):
    """One frame to send, as it goes over the line: the text of a message, or a voice."""

    frame: bytes


class Cut(BusMessage, frozen=True):
    """Send what is queued, then close with this code."""

    code: int


ToRoom = Union[  # noqa: UP007  one flat union for the decoder
    SocketArrived,
    SocketSaid,
    SocketGarbled,
    SocketLost,
    SeatRevoked,
    SeatVacated,
    VisitClosed,
    ClaimMade,
]
ToSocket = Deliver | Cut
AnyBusMessage = Union[ToRoom, ToSocket]  # noqa: UP007

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[AnyBusMessage] = msgspec.msgpack.Decoder(AnyBusMessage)


def encode(message: AnyBusMessage) -> bytes:
    """Write a message for a bus that leaves the process."""
    return _encoder.encode(message)


def decode(data: bytes) -> AnyBusMessage:
    """Read what :func:`encode` wrote."""
    return _decoder.decode(data)


def room_channel(visit: VisitId) -> str:
    """Return the channel that the owner of a room listens to."""
    return f"room/{visit}"


def socket_channel(socket: SocketId) -> str:
    """Return the channel that one socket listens to."""
    return f"socket/{socket}"
