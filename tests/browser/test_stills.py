"""Stills in real browsers, where no picture moves: the others see them change, and the pause ends them."""

from itertools import pairwise

import pytest
from playwright.sync_api import Page

from tests.support.call_page import Call, Visit, frames_in, hold_rung, press, wait_for_state, wait_until
from tests.support.page_inspection import PHONE_HEIGHT, PHONE_WIDTH, axe_faults, keep_picture, sideways

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

#: The ladder climbs from voice to what is held after some clean seconds, and later on a busy machine.
STILL_TIMEOUT_MS = 90_000
NEXT_STILL_TIMEOUT_MS = 15_000
#: Keeps count of the pieces that this page sends.
WATCH_PIECES = """
window.pieces = [];
const send = RTCDataChannel.prototype.send;
RTCDataChannel.prototype.send = function (data) {
  if (this.label === "stills") window.pieces.push({bytes: data.byteLength, at: performance.now()});
  return send.call(this, data);
};
"""
#: What the newest still in a seat shows, as one number; null where there is none.
SHOWN = """(() => {
    const canvas = [...document.querySelectorAll('[data-seat="%s"] > canvas.still')].at(-1);
    if (!canvas) return null;
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.reduce((sum, value) => (sum * 31 + value) %% 1_000_003, 0);
})()"""
CHILDS = SHOWN % "classroom"
SIZE = """() => {
    const {width, height} = document.querySelector('canvas.still');
    return [width, height];
}"""


@pytest.fixture
def still_call(visit: Visit) -> Call:
    """A live call in which the psychologist holds stills; the social worker's page is Arabic and a telephone's."""
    contexts = [visit.profile(), visit.profile("ar", PHONE_WIDTH, PHONE_HEIGHT), visit.profile()]
    for context in contexts:
        context.add_init_script(WATCH_PIECES)
    roles = ("classroom", "social_worker", "psychologist")
    child, worker, psychologist = (visit.join(role, context) for role, context in zip(roles, contexts, strict=True))
    press(psychologist, "knock")
    press(child, "open-door")
    for page in (child, worker, psychologist):
        wait_for_state(page, "live")
    hold_rung(psychologist, "stills")
    return Call(visit, child, worker, psychologist)


def test_both_others_see_the_child_change_and_the_childs_pause_ends_it(still_call: Call) -> None:
    child, worker, psychologist = still_call.pages
    for adult in (worker, psychologist):
        wait_until(adult, f"{CHILDS} !== null", STILL_TIMEOUT_MS)
        assert adult.evaluate(SIZE) == [160, 120]
        first = adult.evaluate(CHILDS)
        wait_until(adult, f"![null, {first}].includes({CHILDS})", NEXT_STILL_TIMEOUT_MS)
    wait_until(worker, f"{SHOWN % 'psychologist'} !== null", STILL_TIMEOUT_MS)
    assert frames_in(psychologist, 1_000) == 0
    name = worker.locator('[data-seat="classroom"] > canvas.still').last.get_attribute("aria-label")
    assert name is not None
    assert name.startswith("صورة ثابتة")
    keep_picture(worker, "stills", f"ar-{PHONE_WIDTH}")
    assert sideways(worker) == []
    assert axe_faults(worker) == []
    assert_pieces_are_paced(child)

    child.evaluate("""document.querySelector('[data-action="pause"]').click()""")
    pressed = child.evaluate("performance.now()")
    for adult in (worker, psychologist):
        wait_for_state(adult, "paused")
        wait_until(adult, f"{CHILDS} === null")
    child.wait_for_timeout(6_000)
    assert [piece for piece in child.evaluate("window.pieces") if piece["at"] > pressed] == []
    assert worker.evaluate(CHILDS) is None

    press(child, "pause")
    wait_for_state(worker, "live")
    wait_until(worker, f"{CHILDS} !== null", STILL_TIMEOUT_MS)
    press(psychologist, "camera")
    wait_until(worker, f"{SHOWN % 'psychologist'} === null")


def assert_pieces_are_paced(page: Page) -> None:
    """No piece is larger than it may be, and none comes at the heels of another."""
    pieces = page.evaluate("window.pieces")
    assert len(pieces) > 3
    assert max(piece["bytes"] for piece in pieces) <= 1_100
    gaps = [after["at"] - before["at"] for before, after in pairwise(pieces)]
    assert min(gaps) > 100
