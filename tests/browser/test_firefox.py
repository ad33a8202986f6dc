"""Firefox in one seat and Chromium in the others: both sides see and hear, whoever has which."""

from collections.abc import Iterator

import pytest

from tests.support.call_page import (
    HEARD,
    PICTURES_TIMEOUT_MS,
    WATCH_CONNECTIONS,
    Visit,
    press,
    wait_for_state,
    wait_until,
)
from tests.support.firefox import FIREFOX, FirefoxPage, running_firefox

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.skipif(FIREFOX is None, reason="Firefox ESR is not installed (apt-get install firefox-esr)"),
]

ONLINE = "document.querySelector('#room').dataset.signaling === 'online'"
IN_THE_CALL_PAGE = "document.readyState === 'complete' && document.querySelector('button[data-action=join]') !== null"
#: Firefox counts the pictures of a live stream where it paints them, and not in getVideoPlaybackQuality.
PAINTED = "[...document.querySelectorAll('[data-seat] video')].map(video => video.mozPaintedFrames)"
PAINTS_BOTH = f"{PAINTED}.filter(count => count > 3).length === 2"
DECODED = "document.querySelector('[data-seat=\"{seat}\"] video').getVideoPlaybackQuality().totalVideoFrames"
#: More than the few that may stand in a buffer when a line is cut.
ENOUGH = 15


@pytest.fixture(scope="module")
def firefox() -> Iterator[FirefoxPage]:
    """One Firefox for all tests, with a profile of its own; each test opens a server of its own in it."""
    with running_firefox() as page:
        yield page


def joins(firefox: FirefoxPage, link: str) -> None:
    """Open a link in Firefox and press join, with the page's connections kept hold of."""
    firefox.goto(link)
    firefox.wait_until(IN_THE_CALL_PAGE)
    firefox.run(WATCH_CONNECTIONS)
    firefox.press("join")
    firefox.wait_until(ONLINE)


def grew(before: list[int], after: list[int], least: int = 1) -> bool:
    """Say whether each count went on by at least so much."""
    return len(before) == len(after) and all(new - old >= least for old, new in zip(before, after, strict=True))


@pytest.mark.parametrize("in_firefox", ["psychologist", "classroom"])
def test_firefox_and_chromium_see_and_hear_each_other(visit: Visit, firefox: FirefoxPage, in_firefox: str) -> None:
    in_chromium = "classroom" if in_firefox == "psychologist" else "psychologist"
    joins(firefox, visit.server.links[in_firefox])
    other, worker = visit.join(in_chromium), visit.join("social_worker")

    if in_firefox == "psychologist":
        firefox.press("knock")
        press(other, "open-door")
    else:
        press(other, "knock")
        firefox.press("open-door")

    firefox.wait_until("document.querySelector('#room').dataset.state === 'live'")
    for page in (other, worker):
        wait_for_state(page, "live")
    decoded = DECODED.format(seat=in_firefox)
    firefox.wait_until(PAINTS_BOTH, PICTURES_TIMEOUT_MS)
    for page in (other, worker):
        wait_until(page, f"{decoded} > 3", PICTURES_TIMEOUT_MS)

    def pictures() -> list[int]:
        return [*firefox.evaluate(PAINTED), *(page.evaluate(decoded) for page in (other, worker))]

    def sound() -> list[list[int]]:
        return [page.evaluate(f"({HEARD})()") for page in (firefox, other, worker)]

    seen, heard = pictures(), sound()
    other.wait_for_timeout(3000)
    seen_later, heard_later = pictures(), sound()
    assert grew(seen, seen_later, ENOUGH), (seen, seen_later)
    assert [len(samples) for samples in heard_later] == [2, 2, 2]
    assert all(map(grew, heard, heard_later)), (heard, heard_later)


def test_a_psychologist_in_firefox_who_went_to_another_page_comes_back(visit: Visit, firefox: FirefoxPage) -> None:
    joins(firefox, visit.server.links["psychologist"])
    child, _ = visit.join("classroom"), visit.join("social_worker")
    firefox.press("knock")
    press(child, "open-door")
    wait_for_state(child, "live")

    firefox.goto("about:blank")
    child.wait_for_selector("#banner:not([hidden])")
    joins(firefox, f"{visit.server.url}/call/{visit.server.visit}")

    child.wait_for_selector("#banner", state="hidden")
    firefox.wait_until(PAINTS_BOTH, PICTURES_TIMEOUT_MS)
    wait_for_state(child, "live")
    wait_until(child, f"{DECODED.format(seat='psychologist')} > 3", PICTURES_TIMEOUT_MS)
