"""The errors of visits: of the live room first, then those of the schedule, the invitations and admission."""

from rooms.errors import NotAllowedError, NotFoundError, RoomError, WrongStateError


class RoomClosedError(WrongStateError):
    """The room is over; nothing can be asked of it any more."""

    code = "room-closed"


class SeatUnknownError(NotFoundError):
    """The visit has no such seat."""

    code = "seat-unknown"


class SeatInUseError(RoomError):
    """Another browser that is still connected holds this seat, and nobody asked to move it. Fact: ``role``."""

    code = "seat-in-use"


class SeatRemovedError(NotAllowedError):
    """The participant was removed from this visit, for ever."""

    code = "seat-removed"


class NotConnectedError(RoomError):
    """The peer holds no seat in this room (any more), or its socket is gone."""

    code = "not-connected"


class NotAdmittedError(NotAllowedError):
    """The peer is connected and still waits to be let in."""

    code = "not-admitted"


class NotWaitingError(WrongStateError):
    """The participant does not wait at the door: not connected, sent away, or let in already."""

    code = "not-waiting"


class DoorNotKnockedError(WrongStateError):
    """No psychologist who is still connected has knocked, so there is nobody to open the door to."""

    code = "door-not-knocked"
