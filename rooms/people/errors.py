"""What can go wrong with accounts and logins."""

from rooms.errors import RoomError


class SignInRefusedError(RoomError):
    """Address and password do not open an account here. One answer for unknown, wrong, not yet welcomed, disabled."""

    code = "sign-in-refused"


class TooManyTriesError(RoomError):
    """An address was tried too often within the hour, whether or not it has an account."""

    code = "too-many-tries"


class WelcomeNotValidError(RoomError):
    """The one-time link is unknown, used, replaced or too old."""

    code = "welcome-not-valid"


class LastAdminError(RoomError):
    """The only active admin can not be disabled: nobody could let anybody in again."""

    code = "last-admin"
