"""Puts line checks into an aiohttp application."""

from aiohttp import web

from signaling.link_check.endpoint import LinkChecks
from signaling.link_check.settings import LinkCheckSettings

CHECK_PATH = "/check/line"


def setup(app: web.Application, settings: LinkCheckSettings) -> LinkChecks:
    """Serve :data:`CHECK_PATH` in ``app``, which also ends the checks when it shuts down."""
    checks = LinkChecks(settings)
    app.router.add_get(CHECK_PATH, checks.handle)

    async def close(_: web.Application) -> None:
        await checks.close()

    app.on_shutdown.append(close)
    return checks
