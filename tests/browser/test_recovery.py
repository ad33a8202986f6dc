"""The call comes back by itself: a killed server, a lost socket, a connection that died; nobody presses anything."""

import time

import pytest
from playwright.sync_api import Page

from tests.support.call_page import Call, wait_for_state, wait_until

pytestmark = pytest.mark.browser

#: The bars are 1 s and 5 s; a test machine may be busy with something else.
GAP_MAX_S = 2.5
SEATS_BACK_MAX_S = 10.0
#: Keeps the longest time in which no connection to some person brought sound.
WATCH_SOUND = """() => {
    window.heard = {longestMs: 0, gaps: 0};
    let packets = -1, at = performance.now();
    setInterval(async () => {
        let sum = 0;
        for (const pc of window.connections.filter((each) => each.connectionState === 'connected')) {
            for (const entry of (await pc.getStats()).values()) {
                if (entry.type === 'inbound-rtp' && entry.kind === 'audio') sum += entry.packetsReceived;
            }
        }
        const now = performance.now();
        if (sum !== packets) [packets, at] = [sum, now];
        window.heard.longestMs = Math.max(window.heard.longestMs, now - at);
    }, 100);
}"""
PACKETS = """async () => {
    const sums = [];
    for (const pc of window.connections.filter((each) => each.connectionState === 'connected')) {
        for (const entry of (await pc.getStats()).values()) {
            if (entry.type === 'inbound-rtp' && entry.kind === 'audio') sums.push(entry.packetsReceived);
        }
    }
    return sums;
}"""


def hears_everybody(page: Page) -> bool:
    """Say whether two others bring sound to this page now."""
    before = page.evaluate(PACKETS)
    page.wait_for_timeout(600)
    after = page.evaluate(PACKETS)
    return len(after) == 2 and len(before) == 2 and all(b > a for a, b in zip(before, after, strict=True))


def wait_until_all_hear(pages: tuple[Page, ...], limit_s: float) -> float:
    started = time.monotonic()
    while not all(hears_everybody(page) for page in pages):
        assert time.monotonic() - started < limit_s, "somebody is not heard"
    return time.monotonic() - started


def test_a_page_without_network_keeps_the_call_and_takes_its_seat_again(shared_call: Call) -> None:
    child, worker, psychologist = shared_call.pages
    made = child.evaluate("window.connections.length")
    child.context.set_offline(True)

    child.wait_for_selector('#room[data-signaling="resuming"]', timeout=10_000)
    assert hears_everybody(child), "sound needs no server"
    assert child.locator("#who li").count() == 3
    worker.wait_for_selector('[data-seat="classroom"][data-presence="away"]', timeout=10_000)
    child.context.set_offline(False)

    child.wait_for_selector('#room[data-signaling="online"]', timeout=10_000)
    worker.wait_for_selector('[data-seat="classroom"][data-presence="present"]', timeout=10_000)
    assert child.evaluate("window.connections.length") == made == 2, "nothing was made anew that stood"
    for page in (child, worker, psychologist):
        wait_for_state(page, "live")


def test_a_killed_server_is_not_heard_and_all_seats_come_back_without_a_press(shared_call: Call) -> None:
    pages = shared_call.pages
    for page in pages:
        page.evaluate(WATCH_SOUND)

    shared_call.visit.server.kill()
    pages[0].wait_for_timeout(4000)
    shared_call.visit.server.start()
    started = time.monotonic()

    for page in pages:
        page.wait_for_selector('#room[data-signaling="online"]', timeout=20_000)
    assert time.monotonic() - started < SEATS_BACK_MAX_S
    for page in pages:
        wait_for_state(page, "live")
    wait_until_all_hear(pages, 20)
    gaps = [page.evaluate("window.heard.longestMs") / 1000 for page in pages]
    assert max(gaps) < GAP_MAX_S, gaps
    # New connections have taken the place of the old ones.
    for page in pages:
        wait_until(page, "window.connections.filter(c => c.connectionState !== 'closed').length === 2")


def test_a_connection_that_died_is_replaced_by_a_new_one(shared_call: Call) -> None:
    pages = shared_call.pages
    made = pages[0].evaluate("window.connections.length")
    # Closed behind the page's back: it answers no restart any more, as after a fault of the browser.
    pages[0].evaluate("window.connections.forEach((each) => each.close())")

    wait_until_all_hear(pages, 60)

    assert pages[0].evaluate("window.connections.length") > made


def test_without_any_line_the_page_says_that_the_line_rests_and_who_was_there(ending_call: Call) -> None:
    # Also after a server that was killed, and after connections that were replaced.
    child, worker, psychologist = ending_call.pages
    ending_call.visit.server.stop()
    for page in (worker, psychologist):
        page.close()

    child.wait_for_selector('#card [data-picture="resting"]', timeout=30_000)
    assert "resting" in child.locator("#card").inner_text()
    assert child.locator("#who li").count() == 3
    assert child.locator('[data-seat][data-connection="connected"]').count() == 0
    assert child.locator('button[data-action="help"]').is_visible()
