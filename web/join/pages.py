"""The call page and the page to type a spoken code.

Both are the same for everybody: who one is, is learnt after the tap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from web import keys
from web.assets import send
from web.i18n import gettext_of
from web.join.call_page import make_call_page
from web.js_strings import call_strings
from web.rendering import render

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class CodeContext:
    """Context of ``join/code.html``. ``strings`` are the sentences of its script, by key."""

    strings: Mapping[str, str]


async def show_call(request: web.Request) -> web.StreamResponse:
    """Answer with the call page. Opening a link spends nothing and looks nothing up: chat apps open links too."""
    language = request[keys.LANGUAGE]
    page = make_call_page(request.app[keys.TEMPLATES][language], request.app[keys.CATALOGUES][language])
    request[keys.INLINE] = (page.scripts, page.styles)
    response = send(request, page.asset)
    # It knows nobody, so a browser may keep it: the service worker takes it from there instead of loading it twice.
    response.headers["Cache-Control"] = "private, no-cache"
    return response


async def show_code(request: web.Request) -> web.StreamResponse:
    """Answer with the page for somebody who was told a code."""
    return render(request, "join/code.html", CodeContext(call_strings(gettext_of(request))))


def add_routes(app: web.Application) -> None:
    """Add the pages by which people come to a call, and make the one that everybody waits for."""
    for language, environment in app[keys.TEMPLATES].items():
        make_call_page(environment, app[keys.CATALOGUES][language])
    app.router.add_get("/j", show_call)
    app.router.add_get("/call/{visit}", show_call)
    app.router.add_get("/c", show_code)
