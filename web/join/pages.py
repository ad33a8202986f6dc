"""The call page and the page to type a spoken code.

Both are the same for everybody: who one is, is learnt after the tap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from web.i18n import gettext_of
from web.js_strings import call_strings
from web.rendering import render

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class CallContext:
    """Context of ``join/call.html`` and ``join/code.html``. ``strings`` are the sentences of their scripts, by key."""

    strings: Mapping[str, str]


async def show_call(request: web.Request) -> web.StreamResponse:
    """Answer with the call page. Opening a link spends nothing and looks nothing up: chat apps open links too."""
    response = render(request, "join/call.html", CallContext(call_strings(gettext_of(request))))
    # It knows nobody, so a browser may keep it: the service worker takes it from there instead of loading it twice.
    response.headers["Cache-Control"] = "private, no-cache"
    return response


async def show_code(request: web.Request) -> web.StreamResponse:
    """Answer with the page for somebody who was told a code."""
    return render(request, "join/code.html", CallContext(call_strings(gettext_of(request))))


def add_routes(app: web.Application) -> None:
    """Add the pages by which people come to a call."""
    app.router.add_get("/j", show_call)
    app.router.add_get("/call/{visit}", show_call)
    app.router.add_get("/c", show_code)
