"""What happens around every request, from the outside in: request id and access log, headers, errors, CSRF.

The access log is our own: aiohttp's writes addresses, queries and Referer. Ours writes the route's pattern, so that no
secret or id of a path can reach it.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from rooms.errors import RoomError
from web import keys
from web.errors import ForeignOriginError, SignInNeededError, respond_to_room_error, respond_to_status, wants_json
from web.login import sign_in_address

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

log = structlog.get_logger(__name__)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: Pages that may ask for camera and microphone.
CALL_ROUTES = frozenset({"/j", "/call/{visit}", "/check"})
REQUEST_ID_BYTES = 8
NONCE_BYTES = 16


def route_of(request: web.Request) -> str:
    """Return the pattern of the matched route, such as ``/referrals/{id}``, or ``-``; never the path itself."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "-"


@web.middleware
async def log_access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request its id and nonce, and write one line and one measurement when it is answered."""
    request[keys.REQUEST_ID] = secrets.token_hex(REQUEST_ID_BYTES)
    request[keys.NONCE] = secrets.token_urlsafe(NONCE_BYTES)
    started = time.perf_counter()
    status = 499  # the browser went away before there was an answer
    try:
        with structlog.contextvars.bound_contextvars(request_id=request[keys.REQUEST_ID]):
            response = await handler(request)
        status = response.status
        return response
    finally:
        took_s = time.perf_counter() - started
        route = route_of(request)
        method = request.method if request.method in {"GET", "HEAD", "POST", "OPTIONS"} else "other"
        request.app[keys.METRICS].observe_request(route, method, status, took_s)
        log.info(
            "request",
            request_id=request[keys.REQUEST_ID],
            method=method,
            route=route,
            status=status,
            ms=round(took_s * 1000, 1),
        )


@web.middleware
async def set_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Put the security headers on every answer, errors and redirects included."""
    response = await handler(request)
    if response.prepared:  # a WebSocket
        return response
    for name, value in security_headers(request).items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def security_headers(request: web.Request) -> dict[str, str]:
    """Return the headers that every answer carries."""
    nonce = f"'nonce-{request[keys.NONCE]}'"
    scripts, styles = request.get(keys.INLINE, (nonce, nonce))
    on_call_page = route_of(request) in CALL_ROUTES
    devices = "(self)" if on_call_page else "()"
    headers = {
        "Content-Security-Policy": (
            f"default-src 'none'; script-src 'self' {scripts}; style-src 'self' {styles}; "
            "img-src 'self' data:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
            "font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": (
            f"camera={devices}, microphone={devices}, display-capture=(), geolocation=(), payment=(), usb=(), midi=()"
        ),
        "Server": "wasl",
        "X-Request-Id": request[keys.REQUEST_ID],
    }
    if request.app[keys.SETTINGS].is_https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into its answer; the last resort for whatever is not foreseen."""
    try:
        return await handler(request)
    except RoomError as error:
        if isinstance(error, SignInNeededError) and request.method == "GET" and not wants_json(request):
            return web.Response(status=303, headers={"Location": sign_in_address(request)})
        return respond_to_room_error(request, error)
    except web.HTTPException as error:
        if error.status < 400:  # noqa: PLR2004 (redirects are answers)
            return error
        response = respond_to_status(request, error.status)
        if isinstance(error, web.HTTPMethodNotAllowed):
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except (asyncio.CancelledError, ConnectionResetError):
        raise
    except Exception:
        log.exception("unforeseen error", request_id=request[keys.REQUEST_ID], route=route_of(request))
        return respond_to_status(request, 500)


@web.middleware
async def refuse_foreign_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let an unsafe method pass only from a page of ours.

    ``Sec-Fetch-Site`` decides where the browser sends it; else ``Origin`` must be ours, exactly. (Under our
    ``no-referrer`` policy a form's ``Origin`` is ``null``, which is why it can not be the first thing asked.)
    """
    if request.method not in SAFE_METHODS:
        site = request.headers.get("Sec-Fetch-Site")
        ours = request.headers.get("Origin") == request.app[keys.SETTINGS].origin
        if not (site in {"same-origin", "none"} if site is not None else ours):
            raise ForeignOriginError
    return await handler(request)
