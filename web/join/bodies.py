"""The bodies that scripts post, parsed strictly and once: one frozen class for each, and one error for every fault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
from aiohttp import web

from rooms.health.forecast import Device, Path
from signaling.dictionaries import Meeting
from web.errors import MalformedRequestError

if TYPE_CHECKING:
    from typing import NoReturn

#: A link's secret has 43 characters, so this is generous.
BODY_MAX_BYTES = 4096
#: Deeper JSON is refused before it is parsed: no body of ours nests at all.
DEPTH_MAX = 3

Short = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class ExchangeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret of an invitation's link, and where the seat's first ticket is to meet the page's socket."""

    secret: Short
    meeting: Meeting | None = None


class CodeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A spoken code as somebody typed it: with spaces, dashes, digits of any script."""

    code: Short


class ClaimBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The claim of a second browser that waits for the adults."""

    claim: Short


class TicketBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The cookies say who asks; where the ticket is to meet the page's socket."""

    meeting: Meeting | None = None


class PermitBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line is to be checked; the link's secret where neither cookie nor login says who asks."""

    secret: Short | None = None


Rate = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=600_000)]
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]


class ForecastBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What a check has found."""

    camera: Device
    microphone: Device
    speaker: Device
    path: Path
    up_kbps: Rate | None = None
    down_kbps: Rate | None = None
    rtt_ms: Milliseconds | None = None
    jitter_ms: Milliseconds | None = None
    loss_up_pct: Percent | None = None
    loss_down_pct: Percent | None = None


Body = TypeVar("Body", bound=msgspec.Struct)


async def read_body(request: web.Request, kind: type[Body]) -> Body:
    """Return the request's body. Raises :class:`MalformedRequestError` for whatever is not exactly ``kind``.

    That is: another content type, not UTF-8, not JSON, a duplicate, unknown or missing field, a wrong type, ``NaN``.
    More than 4 KiB is answered 413.
    """
    if request.content_type != "application/json":
        raise MalformedRequestError
    if request.content_length is not None and request.content_length > BODY_MAX_BYTES:
        raise web.HTTPRequestEntityTooLarge(max_size=BODY_MAX_BYTES, actual_size=request.content_length)
    raw = bytearray()
    async for chunk in request.content.iter_chunked(BODY_MAX_BYTES):
        raw += chunk
        if len(raw) > BODY_MAX_BYTES:
            raise web.HTTPRequestEntityTooLarge(max_size=BODY_MAX_BYTES, actual_size=len(raw))
    if raw.count(b"{") + raw.count(b"[") > DEPTH_MAX:
        raise MalformedRequestError
    try:
        fields = json.loads(raw, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
        return msgspec.convert(fields, kind, strict=True)
    except (ValueError, msgspec.ValidationError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise MalformedRequestError from None


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("duplicate field")
    return fields


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("not a number of JSON")
