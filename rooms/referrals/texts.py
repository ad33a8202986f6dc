"""Free text as it comes from people: made tidy, or refused with the code of its fault. Pure."""

import unicodedata

from rooms.errors import InvalidInputError

NAME_LIMIT = 40
TEXT_LIMIT = 4000
#: Marks that turn the direction of everything after them: a text could make a page show something else than it says.
DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
ALLOWED_CONTROLS = frozenset("\n\t")


def fault_of(text: str, limit: int, *, required: bool) -> str | None:
    """Return ``missing``, ``too-long`` or ``control-characters``, or None for a text that is fine.

    ``limit`` counts characters after tidying.
    """
    if required and not text:
        return "missing"
    if len(text) > limit:
        return "too-long"
    for character in text:
        if character in ALLOWED_CONTROLS:
            continue
        if character in DIRECTION_OVERRIDES or unicodedata.category(character) in {"Cc", "Cs", "Co"}:
            return "control-characters"
    return None


def tidy(text: str) -> str:
    """Return the text with one kind of line end, composed letters and no space around it."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def check_text(field: str, text: str) -> str:
    """Return the tidied text of a required field. Raises :class:`InvalidInputError` naming ``field``."""
    tidied = tidy(text)
    fault = fault_of(tidied, TEXT_LIMIT, required=True)
    if fault is not None:
        raise InvalidInputError({field: fault})
    return tidied
