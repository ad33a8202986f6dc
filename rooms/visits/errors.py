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
    """No psychologist who has a place in the room has knocked, so there is nobody to open the door to."""

    code = "door-not-knocked"


class OverlapError(RoomError):
    """The psychologist has another visit at that time."""

    code = "overlap"


class VisitNotOpenYetError(RoomError):
    """The link is right and too early. ``opens_in_s`` says for how many seconds."""

    code = "visit-not-open-yet"


class VisitOverError(RoomError):
    """The visit is over, or its window has passed."""

    code = "visit-over"


class InvitationNotValidError(RoomError):
    """No such link (any more): never issued, renewed, cancelled or removed."""

    code = "invitation-not-valid"


class SeatsNotTogetherError(NotAllowedError):
    """The browser holds a seat of this visit whose person must not sit at one device with this one. Fact: ``role``."""

    code = "seats-not-together"


class CodeNotValidError(RoomError):
    """The spoken code opens nothing now: wrong, early, over or removed look the same."""

    code = "code-not-valid"


class SafetyPlanMissingError(RoomError):
    """The school has no telephone number or nobody near the child is named; no room opens without both."""

    code = "safety-plan-missing"


class TicketNotValidError(RoomError):
    """The ticket opens nothing: malformed, expired, or its seat is not its holder's any more. Fact: ``reason``."""

    code = "ticket-not-valid"


class TicketSpentError(TicketNotValidError):
    """The ticket has opened its socket already."""

    code = "ticket-spent"


class ClaimNotWaitingError(WrongStateError):
    """The adults have decided on this claim already."""

    code = "claim-not-waiting"
