"""The states of a referral, entry point to exit point, as data, with the one way to change them."""

from enum import StrEnum

import structlog

from rooms.errors import WrongStateError

log = structlog.get_logger(__name__)


class ReferralState(StrEnum):
    """Where a child's path stands, as stored."""

    #: Entry point: assessed, consented and waiting for a psychologist.
    FILED = "filed"
    #: A psychologist answers for it; they have not met the child yet.
    TAKEN = "taken"
    #: The child has opened the door at least once.
    IN_SUPPORT = "in_support"
    #: Exit point, with its reason.
    CLOSED = "closed"
    #: Exit point by the guardian's will: consent was taken back.
    WITHDRAWN = "withdrawn"


REFERRAL_MOVES = frozenset(
    {
        (ReferralState.FILED, ReferralState.TAKEN),
        (ReferralState.FILED, ReferralState.CLOSED),
        (ReferralState.FILED, ReferralState.WITHDRAWN),
        (ReferralState.TAKEN, ReferralState.FILED),
        (ReferralState.TAKEN, ReferralState.IN_SUPPORT),
        (ReferralState.TAKEN, ReferralState.CLOSED),
        (ReferralState.TAKEN, ReferralState.WITHDRAWN),
        (ReferralState.IN_SUPPORT, ReferralState.FILED),
        (ReferralState.IN_SUPPORT, ReferralState.CLOSED),
        (ReferralState.IN_SUPPORT, ReferralState.WITHDRAWN),
    }
)

#: A psychologist answers for the child; these count towards a caseload and allow visits.
CARED_FOR = frozenset({ReferralState.TAKEN, ReferralState.IN_SUPPORT})
#: Nothing more may be done but read.
ENDED = frozenset({ReferralState.CLOSED, ReferralState.WITHDRAWN})


def transition(old: ReferralState, new: ReferralState, subject: str) -> ReferralState:
    """Return ``new`` when the table allows ``old -> new``; the only way a referral's state may change.

    ``subject`` is the referral's id, for the log line. Raises :class:`WrongStateError` for every other move.
    """
    if (old, new) not in REFERRAL_MOVES:
        raise WrongStateError(state=old, wanted=new)
    log.debug("state changed", machine="referral", subject=subject, old=old, new=new)
    return new
