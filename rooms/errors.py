"""The tree of errors that the domain raises.

Every class has a stable ``code`` (kebab-case) that tests, pages and the wire rely on. A message holds no personal
data. The two edges (``signaling/errors.py`` and ``web/errors.py``) each map codes to their own answers.
Concerns add their own classes in their ``errors.py``; all derive from :class:`RoomError`.
"""


class RoomError(Exception):
    """A rule of the house was not met. ``code`` names the fact; attributes carry what the caller may show."""

    code = "room-error"

    def __init__(self, **facts: str | int) -> None:
        super().__init__(self.code)
        self.facts = facts


class NotFoundError(RoomError):
    """No such thing, or not yours: from outside the two look the same."""

    code = "not-found"


class NotAllowedError(RoomError):
    """The person is known, and this is not theirs to do."""

    code = "not-allowed"


class WrongStateError(RoomError):
    """The thing exists, but this can not be done to it in its present state."""

    code = "wrong-state"


class InvalidInputError(RoomError):
    """One or more fields can not be accepted. ``fields`` maps a field's name to the code of its fault."""

    code = "invalid-input"

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__()
        self.fields = fields
