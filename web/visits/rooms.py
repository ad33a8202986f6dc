"""Between the pages and the live rooms: how long links work, and closing what a page has just ended."""

from collections.abc import Iterable

from aiohttp import web

from rooms.ids import VisitId
from rooms.visits.views import WindowRule
from web import keys
from web.settings import Settings


def window_rule(settings: Settings) -> WindowRule:
    """Return how long links work around a visit in this installation."""
    return WindowRule(before_s=settings.opens_before_minutes * 60, after_s=settings.closes_after_minutes * 60)


def close_rooms(request: web.Request, visits: Iterable[VisitId], reason: str) -> None:
    """Close the live rooms of visits that were just ended in the database; a visit without one is passed over."""
    for visit in visits:
        request.app[keys.HUB].close_visit(visit, reason)
