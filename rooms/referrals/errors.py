"""What can be refused on a referral's path."""

from rooms.errors import RoomError


class CaseloadFullError(RoomError):
    """The psychologist already answers for as many children as is fair. ``limit`` is that number."""

    code = "caseload-full"


class ReferralTakenError(RoomError):
    """Another psychologist was faster."""

    code = "referral-taken"


class ConsentMissingError(RoomError):
    """The guardian's consent was withdrawn or does not cover this. ``scope`` names what is missing."""

    code = "consent-missing"
