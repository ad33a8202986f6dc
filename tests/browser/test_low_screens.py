"""A screen as low as an old phone's, or one that is held on its side: all of the call page is there, nothing on it."""

from typing import Literal

import pytest
from playwright.sync_api import Page, ViewportSize

from tests.support.call_page import LIVE_TIMEOUT_MS, Visit, press, wait_for_state
from tests.support.page_inspection import covered, keep_picture, sideways

pytestmark = pytest.mark.browser

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SCREENS = (
    ViewportSize(width=320, height=240),
    ViewportSize(width=640, height=360),
    ViewportSize(width=360, height=640),
)


def is_all_there(page: Page, name: str) -> None:
    """Look at a page on each screen, in the light and in the dark."""
    for screen in SCREENS:
        page.set_viewport_size(screen)
        size = f"{screen['width']}x{screen['height']}"
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            keep_picture(page, "low-screens", f"{name}-{size}-{scheme}")
        assert covered(page) == [], f"{name} at {size}"
        assert sideways(page) == [], f"{name} at {size}"


def test_nothing_is_covered_from_the_knock_to_the_call(visit: Visit) -> None:
    psychologist = visit.join("psychologist", visit.profile("fr"))
    psychologist.wait_for_selector('button[data-action="knock"]:visible', timeout=LIVE_TIMEOUT_MS)
    is_all_there(psychologist, "before-the-knock-fr")
    child = visit.join("classroom", visit.profile("ar"))
    child.wait_for_selector("#beside:visible", timeout=LIVE_TIMEOUT_MS)
    is_all_there(child, "child-waits-ar")
    worker = visit.join("social_worker", visit.profile("zgh"))
    worker.wait_for_selector('#bar [data-action="end"]:visible', timeout=LIVE_TIMEOUT_MS)
    is_all_there(worker, "worker-waits-zgh")
    press(psychologist, "knock")
    child.wait_for_selector('button[data-action="open-door"]:visible', timeout=LIVE_TIMEOUT_MS)
    is_all_there(child, "before-the-door-ar")
    press(child, "open-door")
    for page, name in ((child, "child-ar"), (worker, "worker-zgh"), (psychologist, "psychologist-fr")):
        wait_for_state(page, "live")
        page.wait_for_selector('#faces[data-count="2"]', timeout=LIVE_TIMEOUT_MS)
        is_all_there(page, f"{name}-live")
