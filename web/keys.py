"""The typed keys under which the application and a request carry their parts. Nothing else is stored on either."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping

    import jinja2
    from babel.support import NullTranslations

    from rooms.clock import Clock
    from rooms.people.service import AccountView
    from rooms.unit_of_work import Store
    from signaling.hub import Hub
    from signaling.link_check.endpoint import LinkChecks
    from web.assets import Assets
    from web.health import Readiness
    from web.metrics import Metrics
    from web.rate_limits import RateLimits
    from web.settings import Settings

SETTINGS: web.AppKey[Settings] = web.AppKey("settings")
STORE: web.AppKey[Store] = web.AppKey("store")
CLOCK: web.AppKey[Clock] = web.AppKey("clock")
#: The signaling hub of this process: overview of the open rooms, closing a visit, revoking a participant.
HUB: web.AppKey[Hub] = web.AppKey("hub")
#: The link checks of this process.
LINK_CHECKS: web.AppKey[LinkChecks] = web.AppKey("link-checks")
ASSETS: web.AppKey[Assets] = web.AppKey("assets")
CATALOGUES: web.AppKey[Mapping[str, NullTranslations]] = web.AppKey("catalogues")
#: One Jinja environment for each language, so that macros imported without context are translated too.
TEMPLATES: web.AppKey[Mapping[str, jinja2.Environment]] = web.AppKey("templates")
METRICS: web.AppKey[Metrics] = web.AppKey("metrics")
READINESS: web.AppKey[Readiness] = web.AppKey("readiness")
RATE_LIMITS: web.AppKey[RateLimits] = web.AppKey("rate-limits")

#: The language of the answer: one of :data:`web.i18n.LANGUAGES`.
LANGUAGE: web.RequestKey[str] = web.RequestKey("language")
#: A random id for one request; in its log line, in an error's answer and in the ``X-Request-Id`` header.
REQUEST_ID: web.RequestKey[str] = web.RequestKey("request-id")
#: The nonce that the content security policy of this answer allows.
NONCE: web.RequestKey[str] = web.RequestKey("nonce")
#: What it allows instead where the answer is the same for everybody: the hashes of its inline scripts, of its styles.
INLINE: web.RequestKey[tuple[str, str]] = web.RequestKey("inline")
#: The signed-in account, once :func:`web.login.require_account` or ``current_account`` has looked it up.
ACCOUNT: web.RequestKey[AccountView | None] = web.RequestKey("account")
