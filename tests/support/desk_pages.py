"""Words for driving the workers' pages as a person does: cards to tap, folds to open, forms to send."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from rooms.clock import to_wall

if TYPE_CHECKING:
    from playwright.sync_api import Page

ZONE = "Africa/Casablanca"
CALL_PAGE = re.compile(r"/call/[0-9a-f]{32}$")
VISIT_PAGE = re.compile(r"/visits/[0-9a-f]{32}$")
REFERRAL_PAGE = re.compile(r"/referrals/[0-9a-f]{32}(#[\w-]*)?$")


def choose(page: Page, name: str, *values: str) -> None:
    """Tap the cards of these values; the box itself is drawn by the card."""
    for value in values:
        page.click(f'label:has(> input[name="{name}"][value="{value}"])')


def unfold(page: Page, form_action: str) -> None:
    """Open the fold that holds a form, where it is closed."""
    if not page.is_visible(f'form[action$="{form_action}"]'):
        page.click(f'details:has(form[action$="{form_action}"]) > summary')


def send(page: Page, form_action: str, leads_to: str | re.Pattern[str]) -> None:
    """Press the button of a form and wait for the page that it leads to."""
    with page.expect_navigation(url=leads_to):
        page.click(f'form[action$="{form_action}"] button[type="submit"]')


def follow(page: Page, link: str, leads_to: str | re.Pattern[str]) -> None:
    """Tap the first link of this selector and wait for its page."""
    page.click(f"{link} >> visible=true >> nth=0")
    page.wait_for_url(leads_to)


def frees_the_hour(psychologist: Page) -> None:
    """Cancel the demo's own visit, which is open now: nobody meets two children at once."""
    follow(psychologist, 'a[href^="/visits/"]', VISIT_PAGE)
    unfold(psychologist, "/cancel")
    send(psychologist, "/cancel", VISIT_PAGE)
    follow(psychologist, 'a[href="/desk"]', "**/desk")


def books_a_visit(psychologist: Page, composition: str) -> None:
    """Book a visit on the child's page that starts in a moment: its room is open already."""
    soon = to_wall(datetime.now(UTC) + timedelta(minutes=2), ZONE)
    unfold(psychologist, "/visits")
    psychologist.fill('[name="wall_start"]', f"{soon:%Y-%m-%dT%H:%M}")
    psychologist.select_option('[name="zone"]', ZONE)
    psychologist.select_option('[name="minutes"]', "30")
    choose(psychologist, "composition", composition)
    send(psychologist, "/visits", VISIT_PAGE)
