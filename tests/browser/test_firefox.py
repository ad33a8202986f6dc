"""Firefox in one seat and Chromium in the others: both sides see and hear, whoever has which."""

from collections.abc import Iterator

import pytest

from tests.support.call_page import (
    PICTURES_TIMEOUT_MS,
    WATCH_CONNECTIONS,
    Visit,
    press,
    wait_for_pictures,
    wait_for_state,
)
from tests.support.firefox import FIREFOX, FirefoxPage, running_firefox

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(FIREFOX is None, reason="Firefox ESR is not installed (apt-get install firefox-esr)"),
]

ONLINE = "document.querySelector('#room').dataset.signaling === 'online'"
IN_THE_CALL_PAGE = "document.readyState === 'complete' && document.querySelector('button[data-action=join]') !== null"
#: Firefox counts the pictures of a live stream where it paints them, and not in getVideoPlaybackQuality.
PAINTS_BOTH = "[...document.querySelectorAll('[data-seat] video')].filter(v => v.mozPaintedFrames > 3).length === 2"
#: What was decoded of each other seat so far, on every connection: pictures, and samples of sound.
DECODED = """(async () => {
    const decoded = [];
    for (const connection of window.connections.filter(c => c.connectionState === 'connected')) {
        const leg = {pictures: 0, samples: 0};
        (await connection.getStats()).forEach((entry) => {
            if (entry.type !== 'inbound-rtp') return;
            if (entry.kind === 'video') leg.pictures += entry.framesDecoded ?? 0;
            else leg.samples += entry.totalSamplesReceived ?? 0;
        });
        decoded.push(leg);
    }
    return decoded;
})()"""
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


def all_rise(before: list[dict[str, int]], after: list[dict[str, int]]) -> bool:
    """Say whether pictures and sound of two others went on."""
    return len(before) == len(after) == 2 and all(
        new["pictures"] - old["pictures"] > ENOUGH and new["samples"] > old["samples"]
        for old, new in zip(before, after, strict=True)
    )


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
    firefox.wait_until(PAINTS_BOTH, PICTURES_TIMEOUT_MS)
    for page in (other, worker):
        wait_for_pictures(page)
    pages = (firefox, other, worker)
    before = [page.evaluate(DECODED) for page in pages]
    other.wait_for_timeout(3000)
    after = [page.evaluate(DECODED) for page in pages]
    assert [all_rise(*counts) for counts in zip(before, after, strict=True)] == [True] * 3, (before, after)


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
    wait_for_pictures(child)
