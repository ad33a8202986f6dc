"""The one map from the errors of the domain to what the wire says: an error code, or the end of the socket."""

from typing import Final

from rooms.errors import NotAllowedError, NotFoundError, RoomError, WrongStateError
from rooms.unit_of_work import StoreBusyError
from rooms.visits.errors import (
    DoorNotKnockedError,
    NotAdmittedError,
    NotConnectedError,
    NotWaitingError,
    RoomClosedError,
    SafetyPlanMissingError,
    SeatInUseError,
    SeatRemovedError,
    SeatUnknownError,
    TicketNotValidError,
    VisitNotOpenYetError,
    VisitOverError,
)
from signaling.close_codes import CloseCode

PROTOCOL_ERROR: Final = "protocol-error"
NO_LEG: Final = "no-leg"
STALE_NEGOTIATION: Final = "stale-negotiation"
BAD_DESCRIPTION: Final = "bad-description"
ALREADY_GREETED: Final = "already-greeted"
TRY_AGAIN: Final = "try-again"
TOO_MUCH: Final = "too-much"
INTERNAL: Final = "internal"
NOT_ALLOWED: Final = NotAllowedError.code
NOT_ADMITTED: Final = NotAdmittedError.code
WRONG_STATE: Final = WrongStateError.code

#: Refused requests of the domain, nearest class first in the resolution order. Not found and not allowed look alike.
_CODES: dict[type[RoomError], str] = {
    NotFoundError: NotAllowedError.code,
    SeatUnknownError: NotAllowedError.code,
    NotAllowedError: NotAllowedError.code,
    NotAdmittedError: NotAdmittedError.code,
    NotConnectedError: NotConnectedError.code,
    WrongStateError: WrongStateError.code,
    NotWaitingError: NotWaitingError.code,
    DoorNotKnockedError: DoorNotKnockedError.code,
    RoomClosedError: RoomClosedError.code,
    SeatRemovedError: NotAllowedError.code,
    StoreBusyError: TRY_AGAIN,
}

#: Every code that an ``error`` message can carry.
ERROR_CODES = frozenset(_CODES.values()) | {
    PROTOCOL_ERROR,
    NO_LEG,
    STALE_NEGOTIATION,
    BAD_DESCRIPTION,
    ALREADY_GREETED,
    INTERNAL,
    TOO_MUCH,
}

_CLOSE_CODES: dict[type[RoomError], CloseCode] = {
    SeatInUseError: CloseCode.SEAT_IN_USE,
    SeatRemovedError: CloseCode.REMOVED,
    RoomClosedError: CloseCode.ROOM_CLOSED,
    SeatUnknownError: CloseCode.TICKET_REFUSED,
    NotAllowedError: CloseCode.TICKET_REFUSED,
    NotFoundError: CloseCode.TICKET_REFUSED,
    TicketNotValidError: CloseCode.TICKET_REFUSED,
    VisitNotOpenYetError: CloseCode.ROOM_NOT_OPEN,
    VisitOverError: CloseCode.ROOM_NOT_OPEN,
    SafetyPlanMissingError: CloseCode.ROOM_NOT_OPEN,
    WrongStateError: CloseCode.ROOM_NOT_OPEN,
    StoreBusyError: CloseCode.TRY_AGAIN_LATER,
}


def error_code(error: RoomError) -> str:
    """Return the code that a refused request is answered with."""
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), INTERNAL)


def close_code(error: RoomError) -> CloseCode:
    """Return the code with which a refused ``hello`` ends its socket."""
    return next((_CLOSE_CODES[kind] for kind in type(error).__mro__ if kind in _CLOSE_CODES), CloseCode.INTERNAL_ERROR)
