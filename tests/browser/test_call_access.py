"""The call page for everybody: axe finds nothing, in four languages, light and dark, before the press and inside."""

from typing import Literal

import pytest

from tests.support.call_page import Visit, press
from tests.support.page_inspection import axe_faults

pytestmark = pytest.mark.browser

LANGUAGES = ("ar", "fr", "zgh", "en")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_the_page_of_the_press(visit: Visit, language: str) -> None:
    page = visit.profile().new_page()
    for path in (f"/j?lang={language}", f"/c?lang={language}"):
        page.goto(visit.server.url + path)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.wait_for_timeout(300)
            assert axe_faults(page, None) == [], (scheme, path)


def test_axe_finds_nothing_in_the_room_of_child_and_adults(visit: Visit) -> None:
    pages = []
    for role in ("classroom", "social_worker", "psychologist"):
        context = visit.profile()
        page = visit.open(role, context)
        page.emulate_media(reduced_motion="reduce")
        press(page, "join")
        page.wait_for_selector('#room[data-signaling="online"]')
        pages.append(page)
    child, worker, psychologist = pages
    press(psychologist, "knock")
    child.wait_for_selector('button[data-action="open-door"]')
    for page in pages:
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.wait_for_timeout(200)
            assert axe_faults(page, None) == [], scheme
    press(child, "help")
    assert axe_faults(child, None) == []
    press(worker, "more")
    worker.wait_for_selector("#more[open]")
    assert axe_faults(worker, None) == []
