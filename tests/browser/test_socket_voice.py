"""Voice over the socket, in real browsers: heard while no connection carries it, silent the moment it may not be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.apart import HELD, LISTEN, Apart, assert_sealed, heard_s, heard_tones, is_in_order, tones
from tests.support.call_page import CALM_DEVICES, CHROMIUM, CHROMIUM_ARGS, press, wait_for_state, wait_until
from tests.support.demo_server import DemoServer
from tests.support.firefox import missing_for_firefox, running_firefox

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

ROLES = ("classroom", "social_worker", "psychologist")
HEARD_MS = 20_000
HEARD_TWO_SECONDS = "window.played.filter(({loud}) => loud > 0.005).reduce((sum, {seconds}) => sum + seconds, 0) > 2"


class Held(Apart):
    """A visit whose connections wait."""

    def join_held(self, role: str) -> Page:
        return self.join_with(role, HELD, LISTEN)


@pytest.fixture
def held(demo: DemoServer, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    """The demo's visit in a Chromium whose microphone says tones; no connection is made before it is released."""
    sound = tones(tmp_path_factory.mktemp("tones") / "tones.wav")
    arguments = [*CHROMIUM_ARGS, CALM_DEVICES, f"--use-file-for-fake-audio-capture={sound}"]
    chromium = browser.browser_type.launch(executable_path=CHROMIUM, args=arguments)
    opened = Held(demo, chromium)
    opened.frames, opened.sent = {}, {}
    yield opened
    opened.close()
    chromium.close()


def come_together(held: Held) -> list[Page]:
    """Bring all three into the live room."""
    pages = [held.join_held(role) for role in ROLES]
    press(pages[2], "knock")
    press(pages[0], "open-door")
    for page in pages:
        wait_for_state(page, "live")
    return pages


def hears_on(page: Page, seconds: float) -> None:
    """Wait until so much more than so far was put on the loudspeaker."""
    wait_until(
        page, f"window.played.reduce((sum, {{seconds}}) => sum + seconds, 0) > {heard_s(page) + seconds}", HEARD_MS
    )


def said_by(held: Held, role: str) -> list[bytes]:
    """Return the voice that a page has sent, frame by frame."""
    return [frame for frame in held.sent[role] if isinstance(frame, bytes)]


def test_all_hear_each_other_before_any_connection_stands_and_over_it_alone_afterwards(held: Held) -> None:
    pages = come_together(held)
    for page in pages:
        hears_on(page, 3)
        assert page.locator('[data-connection="connected"]').count() == 0
    assert_sealed(held.frames, pages[0], least=30)

    for page in pages:
        page.evaluate("window.release()")
    for page in pages:
        wait_until(page, "document.querySelectorAll('[data-connection=\"connected\"]').length === 2", HEARD_MS)
        page.wait_for_timeout(1_500)
    before = [(len(said_by(held, role)), heard_s(page)) for role, page in zip(ROLES, pages, strict=True)]
    pages[0].wait_for_timeout(2_500)
    after = [(len(said_by(held, role)), heard_s(page)) for role, page in zip(ROLES, pages, strict=True)]
    assert after == before


def test_what_is_heard_is_what_was_said_in_its_order(held: Held) -> None:
    """Of one speaker alone: what two say at once lies one over the other, as it should."""
    child, worker, psychologist = come_together(held)
    for adult in (worker, psychologist):
        press(adult, "microphone")
    child.wait_for_timeout(1_000)
    said = len(said_by(held, "psychologist"))
    psychologist.evaluate("window.played.length = 0")
    hears_on(psychologist, 6)
    numbers = heard_tones(psychologist)
    assert len(numbers) >= 5, numbers
    assert is_in_order(numbers), numbers
    assert len(said_by(held, "psychologist")) == said, "a microphone that is off says nothing over the socket either"


def test_the_childs_pause_silences_the_voice_both_ways_at_once(held: Held) -> None:
    pages = child, worker, psychologist = come_together(held)
    for page in pages:
        hears_on(page, 1)
    press(child, "pause")
    for adult in (worker, psychologist):
        wait_for_state(adult, "paused")
    child.wait_for_timeout(500)
    before = [(len(said_by(held, role)), heard_s(page)) for role, page in zip(ROLES, pages, strict=True)]
    child.wait_for_timeout(1_500)
    assert [(len(said_by(held, role)), heard_s(page)) for role, page in zip(ROLES, pages, strict=True)] == before
    press(child, "pause")
    wait_for_state(psychologist, "live")
    hears_on(psychologist, 1)
    hears_on(child, 1)


def test_a_line_that_is_cut_before_any_connection_stands_leaves_one_card_that_can_be_read(held: Held) -> None:
    child = come_together(held)[0]
    child.set_viewport_size({"width": 360, "height": 640})
    hears_on(child, 1)
    child.context.set_offline(True)
    child.evaluate("window.sockets.forEach((socket) => socket.close())")
    child.wait_for_selector('#card:not([hidden]) [data-picture="resting"]')
    assert child.locator(".seat:visible").count() == 0
    self_view = child.locator("#self").bounding_box()
    assert self_view is not None
    for words in child.locator("#card :is(h2, p)").all():
        box = words.bounding_box()
        assert box is not None
        assert box["y"] >= self_view["y"] + self_view["height"] or box["y"] + box["height"] <= self_view["y"]
    child.context.set_offline(False)
    hears_on(child, 1)
    assert child.locator(".seat:visible").count() == 2


@pytest.mark.skipif(bool(missing_for_firefox()), reason=str(missing_for_firefox()))
def test_a_psychologist_in_firefox_hears_and_is_heard(held: Held) -> None:
    with running_firefox() as firefox:
        firefox.lay_in(HELD + LISTEN)
        firefox.goto(held.server.links["psychologist"])
        firefox.press("join")
        child, worker = held.join_held("classroom"), held.join_held("social_worker")
        firefox.press("knock")
        press(child, "open-door")
        for page in (child, worker):
            wait_for_state(page, "live")
        firefox.wait_until(HEARD_TWO_SECONDS, HEARD_MS)
        press(worker, "microphone")
        child.wait_for_timeout(1_500)
        # From now on the child hears Firefox alone.
        hears_on(child, 2)
        assert firefox.evaluate("document.querySelectorAll('[data-connection=\"connected\"]').length") == 0
