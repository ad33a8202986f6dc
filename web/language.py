"""Which language a request is answered in, and how it is remembered.

Asked in this order: ``?lang=`` (remembered in a cookie), the cookie, ``Accept-Language``, Arabic. Signing in and the
account page set the cookie to the account's language, so that no request has to read the database for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from web import keys
from web.i18n import DEFAULT_LANGUAGE, LANGUAGES

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

LANGUAGE_COOKIE = "lang"
COOKIE_LIFE_S = 365 * 24 * 3600
#: Spoken by many whose browser names a macro-language or a sister; the nearest catalogue we have.
NEAREST = {"ber": "zgh", "tzm": "zgh", "shi": "zgh", "rif": "zgh", "ary": "ar"}
ACCEPT_LANGUAGE_MAX_CHARS = 500


def is_language(text: str | None) -> bool:
    """Say whether ``text`` names one of the languages of the pages."""
    return text in LANGUAGES


def language_of(request: web.Request) -> str:
    """Decide the language of a request."""
    for asked in (request.query.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if asked is not None and asked in LANGUAGES:
            return asked
    return from_accept_language(request.headers.get("Accept-Language", ""))


def from_accept_language(header: str) -> str:
    """Return the best language of an ``Accept-Language`` header (RFC 9110, 12.5.4), Arabic when none fits."""
    ranked: list[tuple[float, int, str]] = []
    for position, part in enumerate(header[:ACCEPT_LANGUAGE_MAX_CHARS].split(",")):
        tag, _, parameter = part.strip().partition(";")
        primary = tag.strip().lower().split("-")[0]
        try:
            quality = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            continue
        language = NEAREST.get(primary, primary)
        if language in LANGUAGES and quality > 0:
            ranked.append((-quality, position, language))
    return min(ranked)[2] if ranked else DEFAULT_LANGUAGE


def remember_language(request: web.Request, response: web.StreamResponse, language: str) -> None:
    """Keep the choice in a cookie of this browser for a year."""
    secure = request.app[keys.SETTINGS].is_https
    response.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=COOKIE_LIFE_S,
        path="/",
        secure=secure,
        httponly=True,
        samesite="Lax",
    )


@web.middleware
async def choose_language(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Set the request's language before anything speaks, and remember it when ``?lang=`` asked for it."""
    request[keys.LANGUAGE] = language_of(request)
    response = await handler(request)
    asked = request.query.get("lang")
    if asked is not None and asked in LANGUAGES and not response.prepared:
        remember_language(request, response, asked)
    return response
