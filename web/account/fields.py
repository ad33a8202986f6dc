"""The fields of the account forms, read strictly: each once, as text, not longer than it can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from web.errors import MalformedRequestError

if TYPE_CHECKING:
    from aiohttp import web

#: Longer than any pass phrase, and short enough that hashing it costs nothing more.
FIELD_MAX_CHARS = 1024


async def read_fields(request: web.Request, *names: str, optional: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the posted fields by name; an optional one that is missing is empty.

    Raises :class:`MalformedRequestError` for a missing, repeated, unknown, oversized or uploaded field.
    """
    form = await request.post()
    known = (*names, *optional)
    fields: dict[str, str] = dict.fromkeys(optional, "")
    for name, value in form.items():
        if (
            name not in known
            or len(form.getall(name)) > 1
            or not isinstance(value, str)
            or len(value) > FIELD_MAX_CHARS
        ):
            raise MalformedRequestError
        fields[name] = value
    if not set(names) <= fields.keys():
        raise MalformedRequestError
    return fields
