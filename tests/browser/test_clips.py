"""Below voice, in real browsers: no connection can be made, and still people hear, see and read each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.apart import Apart, assert_sealed, heard_s, heard_tones, is_in_order, tones
from tests.support.call_page import CALM_DEVICES, CHROMIUM, CHROMIUM_ARGS, press, wait_for_state, wait_until
from tests.support.demo_server import DemoServer, running_demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

CANARY = "meet at the white door"
#: A browser whose WebCodecs know no sound.
WITHOUT_CODECS = "delete window.AudioEncoder; delete window.AudioDecoder;"


Low = tuple[Apart, Page, Page, Page]


@pytest.fixture(scope="module")
def talking(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium whose microphone says the tones."""
    sound = tones(tmp_path_factory.mktemp("tones") / "tones.wav")
    arguments = [*CHROMIUM_ARGS, CALM_DEVICES, f"--use-file-for-fake-audio-capture={sound}"]
    chromium = browser.browser_type.launch(executable_path=CHROMIUM, args=arguments)
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def low(talking: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Low]:
    """One visit that has gone down to clips, for all tests here that only need to be there: the way down is long."""
    with running_demo(tmp_path_factory.mktemp("low") / "data") as server:
        opened = Apart(server, talking)
        opened.frames, opened.sent = {}, {}
        pages = opened.go_low()
        # Until they held a button, they were heard over the socket.
        for page in pages:
            page.evaluate("window.played.length = 0")
        yield (opened, *pages)
        opened.close()


@pytest.fixture
def apart(demo: DemoServer, talking: Browser) -> Iterator[Apart]:
    """The demo's visit, without any way for sound between the browsers."""
    opened = Apart(demo, talking)
    opened.frames, opened.sent = {}, {}
    yield opened
    opened.close()


def hold(page: Page, seconds: float) -> None:
    """Hold the button as a finger would, and let go."""
    page.hover(".talk")
    page.mouse.down()
    page.wait_for_selector('.talk[aria-pressed="true"]')
    page.wait_for_timeout(seconds * 1000)
    page.mouse.up()
    page.wait_for_selector('.talk[aria-pressed="false"]')


def test_speech_is_heard_as_clips_in_order_also_what_was_said_while_the_line_was_dead(low: Low) -> None:
    apart, child, worker, psychologist = low
    assert {page.locator("#low").get_attribute("data-rung") for page in (child, worker, psychologist)} == {"clips"}

    hold(child, 3)
    for adult in (worker, psychologist):
        wait_until(adult, "window.played.reduce((sum, {seconds}) => sum + seconds, 0) > 2.5")
    worker.wait_for_selector('.talk[data-others="false"]', timeout=10_000)

    child.context.set_offline(True)
    child.evaluate("window.sockets.at(-1).close()")
    child.wait_for_selector('#room:not([data-signaling="online"])')
    before = heard_s(worker)
    hold(child, 2)
    hold(child, 2)
    child.wait_for_selector('.talk[data-waits="true"]')
    assert heard_s(worker) == before
    child.context.set_offline(False)
    child.wait_for_selector('#room[data-signaling="online"]', timeout=20_000)

    for adult in (worker, psychologist):
        wait_until(adult, f"window.played.reduce((sum, {{seconds}}) => sum + seconds, 0) > {before + 3.2}")
        numbers = heard_tones(adult)
        assert len(numbers) >= 6, numbers
        assert is_in_order(numbers), numbers
    assert child.evaluate("window.played.length") == 0, "nobody hears themselves"
    assert_sealed(apart.frames, child, least=50)


def test_a_picture_reaches_everybody_and_words_reach_adults_alone(low: Low) -> None:
    apart, child, worker, psychologist = low

    child.click('[data-action="signal"][data-detail="i-do-not-hear-you"]')
    for adult in (worker, psychologist):
        adult.wait_for_selector('.heard [data-signal="i-do-not-hear-you"]')
    psychologist.click('[data-action="signal"][data-detail="wait"]')
    child.wait_for_selector('.heard [data-signal="wait"]')

    worker.fill("#low-words", CANARY)
    worker.keyboard.press("Enter")
    psychologist.wait_for_selector(f'.heard .words:text-is("{CANARY}")')
    psychologist.click('[data-action="signal"][data-detail="thank-you"]')
    child.wait_for_selector('.heard [data-signal="thank-you"]')

    assert CANARY not in child.content()
    assert child.locator("#low input").count() == 0
    assert not any(CANARY in str(frame) for kept in apart.frames.values() for frame in kept)
    assert not any('"type":"text"' in str(frame) for frame in apart.frames["classroom"])


def test_a_child_sees_pictures_without_words_each_large_enough_for_a_finger(low: Low) -> None:
    child = low[1]
    sizes = child.evaluate("""[...document.querySelectorAll('#low button')].filter(b => b.checkVisibility())
        .map(b => b.getBoundingClientRect()).map(r => Math.min(r.width, r.height))""")
    assert len(sizes) == 13
    assert min(sizes) >= 64
    words = child.evaluate("""[...document.querySelectorAll('#low *')]
        .filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
        .filter(e => e.getBoundingClientRect().width > 2 && !e.closest('.low-why')).map(e => e.textContent)""")
    assert words == []
    assert child.locator(".low-why").bounding_box()["width"] <= 2
    unnamed = child.evaluate("""[...document.querySelectorAll('#low button')]
        .filter(b => !b.ariaLabel && !b.textContent.trim()).length""")
    assert unnamed == 0


def test_the_space_bar_speaks_and_the_childs_pause_silences_at_once(low: Low) -> None:
    _, child, worker, _ = low
    child.evaluate("document.activeElement.blur()")
    child.keyboard.down("Space")
    child.wait_for_selector('.talk[aria-pressed="true"]')
    child.wait_for_timeout(2500)
    child.evaluate("""document.querySelector('[data-action="pause"]').click()""")
    child.wait_for_selector("#low", state="hidden")
    child.keyboard.up("Space")
    wait_for_state(worker, "paused")
    child.wait_for_timeout(500)
    said = child.evaluate("window.packets.length")
    before = heard_s(worker)
    child.wait_for_timeout(1500)
    assert child.evaluate("window.packets.length") == said
    assert heard_s(worker) == before
    press(child, "pause")
    wait_for_state(worker, "live")


def test_a_browser_that_can_not_say_clips_goes_straight_to_pictures(apart: Apart) -> None:
    child, worker, _ = apart.go_low(WITHOUT_CODECS)
    for page in (child, worker):
        assert page.locator("#low").get_attribute("data-rung") == "text"
        assert page.locator(".talk").is_hidden()
    child.click('[data-action="signal"][data-detail="hello"]')
    worker.wait_for_selector('.heard [data-signal="hello"]')
