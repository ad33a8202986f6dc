"""Firefox in one seat and Chromium in the others: both sides see and hear, whoever has which."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page

from tests.support.call_page import (
    HEARD,
    PICTURES_TIMEOUT_MS,
    WATCH_CONNECTIONS,
    Visit,
    hold_rung,
    press,
    wait_for_state,
    wait_until,
)
from tests.support.demo_server import running_demo
from tests.support.firefox import FirefoxPage, missing_for_firefox, running_firefox

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.skipif(bool(missing_for_firefox()), reason=str(missing_for_firefox())),
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


@dataclass
class Meeting:
    """A live call with Firefox in one seat and Chromium in the two others."""

    visit: Visit
    firefox: FirefoxPage
    in_firefox: str
    other: Page
    worker: Page


@pytest.fixture(scope="module", params=["psychologist", "classroom"])
def meeting(
    request: pytest.FixtureRequest, browser: Browser, firefox: FirefoxPage, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Meeting]:
    """A live call with the psychologist, and then one with the child, in Firefox; pictures are not earned yet."""
    in_firefox: str = request.param
    in_chromium = "classroom" if in_firefox == "psychologist" else "psychologist"
    with (
        running_demo(tmp_path_factory.mktemp("firefox") / "data") as server,
        closing(Visit(server, browser)) as visit,
    ):
        joins(firefox, server.links[in_firefox])
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
        yield Meeting(visit, firefox, in_firefox, other, worker)
        firefox.goto("about:blank")


def test_firefox_and_chromium_see_and_hear_each_other(meeting: Meeting) -> None:
    firefox, other, worker = meeting.firefox, meeting.other, meeting.worker
    decoded = DECODED.format(seat=meeting.in_firefox)
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


@pytest.mark.parametrize("meeting", ["psychologist"], indirect=True)
def test_a_psychologist_in_firefox_who_went_to_another_page_comes_back(meeting: Meeting) -> None:
    firefox, child = meeting.firefox, meeting.other
    decoded = DECODED.format(seat="psychologist")

    firefox.goto("about:blank")
    child.wait_for_selector("#banner:not([hidden])")
    joins(firefox, f"{meeting.visit.server.url}/call/{meeting.visit.server.visit}")

    child.wait_for_selector("#banner", state="hidden")
    wait_for_state(child, "live")
    before = child.evaluate(decoded)
    firefox.wait_until(PAINTS_BOTH, PICTURES_TIMEOUT_MS)
    wait_until(child, f"{decoded} > {before + 3}", PICTURES_TIMEOUT_MS)


@pytest.mark.parametrize("meeting", ["classroom"], indirect=True)
def test_stills_go_from_firefox_to_chromium_and_back(meeting: Meeting) -> None:
    still = "document.querySelector('[data-seat=\"{seat}\"] > canvas.still') !== null"
    hold_rung(meeting.other, "stills")
    for page in (meeting.other, meeting.worker):
        wait_until(page, still.format(seat="classroom"), PICTURES_TIMEOUT_MS)
    meeting.firefox.wait_until(still.format(seat="psychologist"), PICTURES_TIMEOUT_MS)
