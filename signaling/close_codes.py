"""The WebSocket close codes that this server uses. ``PROTOCOL.md`` says what a page does at each."""

from enum import IntEnum


class CloseCode(IntEnum):
    """4xxx are ours; the others are those of RFC 6455 section 7.4 and its registry."""

    #: The person left, or the page closed the socket.
    NORMAL = 1000
    #: A binary frame: the protocol has text only.
    UNSUPPORTED_DATA = 1003
    #: A frame over 64 KiB.
    MESSAGE_TOO_BIG = 1009
    #: A fault of the server; it is in the log.
    INTERNAL_ERROR = 1011
    #: The server is going down or being replaced: come back after a moment, with ``resume``.
    SERVICE_RESTART = 1012
    #: The server can not do this now (no room for more sockets, database away): come back after a moment.
    TRY_AGAIN_LATER = 1013
    #: The first message was no ``hello``, or too many messages were wrong.
    PROTOCOL_ERROR = 4400
    #: The ticket is wrong, used or too old: fetch another.
    TICKET_REFUSED = 4401
    #: Removed, or the invitation was cancelled: for ever.
    REMOVED = 4403
    #: No ``hello`` within 15 seconds.
    HELLO_TIMEOUT = 4408
    #: This seat is open in another tab or browser; ask the person, then say ``hello`` with ``replace``.
    SEAT_IN_USE = 4409
    #: The room is over.
    ROOM_CLOSED = 4410
    #: This seat was opened in another tab.
    MOVED = 4411
    #: The visit can not be opened: too early, over, cancelled, or without a safety plan.
    ROOM_NOT_OPEN = 4412
    #: More messages than any page sends.
    TOO_MANY_MESSAGES = 4429
