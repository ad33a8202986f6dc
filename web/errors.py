"""From a domain error to an HTTP answer: a page or a problem document that says what happened and what to do.

The words are in ``web/error_answers.py``. A class that is not listed there answers like its nearest listed parent; a
test walks all classes of the domain. Whatever is not a :class:`RoomError` is logged with its places in the code and the
request id, and answered with a generic sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import jinja2
import msgspec
import structlog
from aiohttp import web

from rooms.errors import InvalidInputError, RoomError
from web import keys
from web.error_answers import ANSWERS, CODE_OF_STATUS, Answer
from web.i18n import gettext_of
from web.rendering import render

if TYPE_CHECKING:
    from collections.abc import Mapping

log = structlog.get_logger(__name__)


class SignInNeededError(RoomError):
    """Nobody is signed in, and the page needs somebody."""

    code = "sign-in-needed"


class MalformedRequestError(RoomError):
    """The body is not what the route takes: not JSON, an unknown field, a wrong type, a duplicate, a missing field."""

    code = "malformed-request"


class TooManyTriesError(RoomError):
    """The limit of failed tries is reached. ``retry_after_s`` among the facts says for how long."""

    code = "too-many-tries"


class ForeignOriginError(RoomError):
    """An unsafe request that no page of ours has sent."""

    code = "foreign-origin"


@dataclass(frozen=True, slots=True)
class ErrorContext:
    """Context of ``error.html``."""

    status: int
    code: str
    title: str
    advice: str
    request_id: str


def answer_for(error: RoomError) -> Answer:
    """Return how a domain error is told: its own entry, else that of its nearest parent class."""
    return ANSWERS.get(error.code) or next(
        ANSWERS[parent.code]
        for parent in type(error).__mro__
        if issubclass(parent, RoomError) and parent.code in ANSWERS
    )


def wants_json(request: web.Request) -> bool:
    """Say whether the asker is a script, which gets ``application/problem+json`` (RFC 9457) instead of a page."""
    path = request.path
    return path.startswith("/api/") or path == "/ws" or path.endswith(".json")


def respond_to_room_error(request: web.Request, error: RoomError) -> web.Response:
    """Answer a domain error. Its facts are shown to scripts only; they hold no personal data."""
    answer = answer_for(error)
    fields = error.fields if isinstance(error, InvalidInputError) else {}
    response = respond(request, answer, error.code, facts=error.facts, fields=fields)
    retry_after_s = error.facts.get("retry_after_s")
    if retry_after_s is not None:
        response.headers["Retry-After"] = str(retry_after_s)
    return response


def respond_to_status(request: web.Request, status: int) -> web.Response:
    """Answer an HTTP error that has no domain error behind it."""
    code = CODE_OF_STATUS.get(status, "server-fault" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "room-error")
    return respond(request, ANSWERS[code], code, status=status)


def camel_case(name: str) -> str:
    """Return a fact's name as scripts write it: ``opens_in_s`` is ``opensInS``."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def respond(
    request: web.Request,
    answer: Answer,
    code: str,
    *,
    status: int | None = None,
    facts: Mapping[str, str | int] | None = None,
    fields: Mapping[str, str] | None = None,
) -> web.Response:
    """Tell an error in the request's language, as a page or as a problem document."""
    translate = gettext_of(request)
    title, advice = translate(answer.title), translate(answer.advice)
    shown_status = status or answer.status
    if wants_json(request):
        problem: dict[str, object] = {camel_case(name): fact for name, fact in (facts or {}).items()}
        if fields:
            problem["fields"] = dict(fields)
        problem |= {
            "type": "about:blank",
            "code": code,
            "title": title,
            "detail": advice,
            "status": shown_status,
            "requestId": request[keys.REQUEST_ID],
        }
        return web.Response(
            body=msgspec.json.encode(problem),
            status=shown_status,
            content_type="application/problem+json",
        )
    context = ErrorContext(shown_status, code, title, advice, request[keys.REQUEST_ID])
    try:
        return render(request, "error.html", context, status=shown_status)
    except jinja2.TemplateError:
        log.exception("error page failed", request_id=request[keys.REQUEST_ID])
        return web.Response(text=f"{title}\n{advice}\n", status=shown_status, content_type="text/plain")
