"""Every route of the server, by the module that answers it. A page is added to the server by one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from web import assets, desk, health, metrics
from web.account import demo_sign_in, settings_page, sign_in
from web.admin import people, rooms, schools
from web.join import api as join_api
from web.join import check
from web.join import pages as join_pages
from web.public import pages
from web.referrals import actions as referral_actions
from web.referrals import page as referral_page
from web.referrals import recommendation_sheet
from web.visits import actions as visit_actions
from web.visits import card
from web.visits import page as visit_page
from web.worker import new_referral

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

#: Each module's ``add_routes``.
ROUTES: tuple[Callable[[web.Application], None], ...] = (
    assets.add_routes,
    health.add_routes,
    metrics.add_routes,
    join_pages.add_routes,
    join_api.add_routes,
    check.add_routes,
    sign_in.add_routes,
    settings_page.add_routes,
    demo_sign_in.add_routes,
    pages.add_routes,
    desk.add_routes,
    new_referral.add_routes,
    referral_page.add_routes,
    referral_actions.add_routes,
    recommendation_sheet.add_routes,
    visit_page.add_routes,
    visit_actions.add_routes,
    card.add_routes,
    rooms.add_routes,
    people.add_routes,
    schools.add_routes,
)
