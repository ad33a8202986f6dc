"""The composition root: one application from settings, store and clock. Only commands and tests import this."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from aiohttp import web

from signaling import app as signaling
from signaling.link_check import app as link_check
from web import keys, middlewares
from web.assets import load_assets
from web.health import Readiness
from web.i18n import load_catalogues
from web.language import choose_language
from web.metrics import Metrics
from web.rate_limits import RateLimits
from web.rendering import make_environments
from web.routes import ROUTES
from web.signaling_settings import link_check_settings, signaling_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    import jinja2

    from rooms.clock import Clock
    from rooms.unit_of_work import Store
    from web.settings import Settings

#: The longest form: sixteen fields of text. Scripts' bodies have their own, smaller limit.
FORM_MAX_BYTES = 128 * 1024


def create_app(settings: Settings, store: Store, clock: Clock) -> web.Application:
    """Return the whole server: pages, join API, accounts, signaling, health and metrics.

    The caller owns ``store`` and closes it after the application. Background work is added by ``web.jobs``.
    """
    app = web.Application(
        middlewares=[
            middlewares.log_access,
            middlewares.set_headers,
            choose_language,
            middlewares.answer_errors,
            middlewares.refuse_foreign_origin,
        ],
        client_max_size=FORM_MAX_BYTES,
    )
    app[keys.SETTINGS] = settings
    app[keys.STORE] = store
    app[keys.CLOCK] = clock
    app[keys.ASSETS] = load_assets()
    app[keys.CATALOGUES] = load_catalogues()
    app[keys.TEMPLATES] = load_templates()
    app[keys.METRICS] = Metrics()
    app[keys.READINESS] = Readiness(store)
    app[keys.RATE_LIMITS] = RateLimits()
    app[keys.HUB] = signaling.setup(app, store=store, settings=signaling_settings(settings))
    app[keys.LINK_CHECKS] = link_check.setup(app, link_check_settings(settings))
    for add_routes in ROUTES:
        add_routes(app)
    return app


@cache
def load_templates() -> Mapping[str, jinja2.Environment]:
    """Return the environments of the project's own pages, once for a process, as their words and files are."""
    return make_environments(load_catalogues(), load_assets())
