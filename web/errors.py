"""The one map from a domain error to an HTTP answer: a status and words that say what happened and what to do.

A class that is not listed answers like its nearest listed parent; a test walks all classes of the domain. Whatever is
not a :class:`RoomError` is logged with its stack and the request id, and answered with a generic sentence.
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
from web.i18n import N_, gettext_of
from web.rendering import render

if TYPE_CHECKING:
    from collections.abc import Mapping

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """How one error is told. ``title`` says what is the matter, ``advice`` what to do; both are msgids."""

    status: int
    title: str
    advice: str


TRY_AGAIN = N_("Wait a moment and try again. If it goes on, tell the person who runs this server.")
ASK_FOR_LINK = N_("Ask the social worker or the psychologist for a new link or a new code.")

ANSWERS: Mapping[str, Answer] = {
    "room-error": Answer(400, N_("This can not be done."), N_("Go back and look at the page again.")),
    "not-found": Answer(
        404,
        N_("There is nothing here."),
        N_("Check the address, or go back to the first page and start from there."),
    ),
    "not-allowed": Answer(
        403,
        N_("This page is not for your account."),
        N_("Sign in with another account, or ask your coordinator."),
    ),
    "wrong-state": Answer(
        409,
        N_("This has changed in the meantime."),
        N_("Open the page again to see how it stands now."),
    ),
    "invalid-input": Answer(422, N_("Something in the form is not right."), N_("Look at the marked fields.")),
    "sign-in-needed": Answer(401, N_("Please sign in first."), N_("Sign in, and this page opens.")),
    "wrong-credentials": Answer(
        401,
        N_("E-mail and password do not match."),
        N_("Type them again. If you forgot them, ask your administrator."),
    ),
    "visit-not-open-yet": Answer(
        409,
        N_("The visit has not opened yet."),
        N_("Keep this page. It opens by itself when it is time."),
    ),
    "visit-over": Answer(410, N_("This visit is over."), N_("Ask the social worker when the next one is.")),
    "invitation-not-valid": Answer(404, N_("This link does not work, or no longer works."), ASK_FOR_LINK),
    "malformed-request": Answer(
        400, N_("The request could not be read."), N_("Open the page again and try once more.")
    ),
    "too-large": Answer(413, N_("This is too long."), N_("Send less at once.")),
    "too-many-tries": Answer(429, N_("Too many tries."), N_("Wait a few minutes, then try again.")),
    "foreign-origin": Answer(
        403,
        N_("This request came from another site."),
        N_("Open the page from its own address and try again."),
    ),
    "wrong-method": Answer(405, N_("This can not be done here."), N_("Go back and use the buttons of the page.")),
    "not-ready": Answer(503, N_("The server is not ready."), TRY_AGAIN),
    "server-fault": Answer(500, N_("Something went wrong on our side."), TRY_AGAIN),
}

#: HTTP errors that aiohttp itself raises, told in our own words.
CODE_OF_STATUS: Mapping[int, str] = {
    400: "malformed-request",
    401: "sign-in-needed",
    403: "not-allowed",
    404: "not-found",
    405: "wrong-method",
    413: "too-large",
    429: "too-many-tries",
    503: "not-ready",
}


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
