"""How long each thing is kept, said once for every column; ``rooms.enforcement`` is the job that sees to it."""

from datetime import datetime, timedelta
from enum import StrEnum


class RetentionClass(StrEnum):
    """Why a column is kept, and so until when. The limits are in :data:`KEPT_FOR`."""

    #: Schools, zones, phone numbers of the safety plan: as long as the service uses them.
    SERVICE = "service"
    #: A worker's account: while it is active, and a while after it was disabled.
    ACCOUNT = "account"
    #: A login or a welcome link: until it has expired.
    LOGIN = "login"
    #: Invitations, devices, claims: until a while after the visit's window.
    LINK = "link"
    #: Identifiers of spent tickets: until the ticket would have expired anyway.
    TICKET = "ticket"
    #: A child's path (referral, messages, visits, attendance, notes, recommendations): a while after its exit point.
    CASE = "case"
    #: How the lines of a visit were, minute by minute: as long as that helps to prepare the next visits.
    MEASUREMENT = "measurement"
    #: The audit chain and the stubs of erased keys. Opaque ids only, so it is kept for good.
    AUDIT = "audit"


#: How long after its end a thing of each class is deleted. None is never. Operators answer for these numbers;
#: DECISIONS.md gives the reasons.
KEPT_FOR: dict[RetentionClass, timedelta | None] = {
    RetentionClass.SERVICE: None,
    RetentionClass.ACCOUNT: timedelta(days=365),
    RetentionClass.LOGIN: timedelta(days=1),
    RetentionClass.LINK: timedelta(days=30),
    RetentionClass.TICKET: timedelta(minutes=5),
    RetentionClass.CASE: timedelta(days=5 * 365),
    RetentionClass.MEASUREMENT: timedelta(days=90),
    RetentionClass.AUDIT: None,
}


def about(purpose: str, retention: RetentionClass) -> dict[str, str]:
    """Return the ``info`` of a mapped column: one plain sentence on why it is held, and how long."""
    return {"purpose": purpose, "retention": retention}


def cutoff(retention: RetentionClass, now: datetime) -> datetime:
    """Return the instant before which a thing of this class must have ended to be deleted now.

    Raises ``ValueError`` for a class that is kept for good.
    """
    kept_for = KEPT_FOR[retention]
    if kept_for is None:
        raise ValueError(f"{retention} is kept for good")
    return now - kept_for
