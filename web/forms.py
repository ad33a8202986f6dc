"""Posted forms: what was typed is kept as typed, and every fault stands beside its field.

A handler reads a :class:`Form` from the request, tries to build the domain's value from it, collects the faults and,
when there are any, renders the same page again with status 422. Nothing that a person typed is ever lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from aiohttp import web

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Form:
    """One form as somebody filled it in. ``faults`` maps a field's name to a sentence in their language.

    ``name`` is the form's anchor in its page, so that a page with several forms shows the faults at the right one.
    """

    name: str = ""
    typed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str, default: str = "") -> str:
        """Return what was typed in a field, or ``default`` where the field was not in the form."""
        return self.typed.get(name, (default,))[0]

    def values(self, name: str) -> tuple[str, ...]:
        """Return everything that was ticked under a name."""
        return self.typed.get(name, ())

    def fault(self, name: str) -> str | None:
        """Return the fault of a field in words, or None."""
        return self.faults.get(name)

    def text(self, name: str) -> str:
        """Return a field's text without surrounding space and with plain line ends; empty when it is missing."""
        return self.value(name).replace("\r\n", "\n").strip()

    def chosen(self, name: str, choices: type[Choice]) -> Choice | None:
        """Return the member that was chosen, or None where nothing or nonsense was."""
        return _member(self.value(name), choices)

    def ticked(self, name: str, choices: type[Choice]) -> frozenset[Choice]:
        """Return the members that were ticked; nonsense is passed over."""
        members = (_member(text, choices) for text in self.values(name))
        return frozenset(member for member in members if member is not None)

    def day(self, name: str) -> date | None:
        """Return a date field (ISO 8601, as browsers send it), or None where it is empty or no date."""
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            return None

    def wall_time(self, name: str) -> datetime | None:
        """Return a local date and time field as a naive wall time, or None where it is empty or none."""
        try:
            wall = datetime.fromisoformat(self.text(name))
        except ValueError:
            return None
        return wall if wall.tzinfo is None else None

    def number(self, name: str) -> int | None:
        """Return a whole number of at most six ASCII digits, or None."""
        text = self.text(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None  # noqa: PLR2004

    def with_faults(self, faults: Mapping[str, str]) -> "Form":
        """Return the same form with these faults beside its fields."""
        return replace(self, faults=dict(faults))


def _member(text: str, choices: type[Choice]) -> Choice | None:
    try:
        return choices(text)
    except ValueError:
        return None


async def read_form(request: web.Request, name: str = "") -> Form:
    """Read the posted form of a request. A part that is a file counts as not sent: no form here has one."""
    posted = await request.post()
    typed: dict[str, tuple[str, ...]] = {}
    for key, part in posted.items():
        if isinstance(part, str):
            typed[key] = (*typed.get(key, ()), part.replace("\0", ""))
    return Form(name=name, typed=typed)
