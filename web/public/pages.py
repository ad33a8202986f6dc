"""Pages for everybody: what this is, how it works, and privacy in plain words."""

from aiohttp import web

from web.login import current_account
from web.rendering import render


async def show_home(request: web.Request) -> web.Response:
    """Answer with the first page."""
    await current_account(request)
    return render(request, "public/home.html")


async def show_about(request: web.Request) -> web.Response:
    """Answer with privacy in plain words."""
    await current_account(request)
    return render(request, "public/about.html")


def add_routes(app: web.Application) -> None:
    """Add the public pages."""
    app.router.add_get("/", show_home)
    app.router.add_get("/about", show_about)
