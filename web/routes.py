"""Every route of the server, by the module that answers it. A page is added to the server by one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from web import assets, health, metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

#: Each module's ``add_routes``.
ROUTES: tuple[Callable[[web.Application], None], ...] = (
    assets.add_routes,
    health.add_routes,
    metrics.add_routes,
)
