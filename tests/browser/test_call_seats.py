"""Seats that are not like the others in a live call: no devices, a small screen, one loudspeaker for a whole class."""

import pytest

from tests.support.call_page import OUTGOING, Visit, press, wait_for_pictures, wait_for_state, wait_until

pytestmark = pytest.mark.browser

#: How many microphones go out now: what the child's page says to each other person, if it says anything.
SPOKEN = """() => window.connections.filter(c => c.connectionState === 'connected').flatMap(c => c.getSenders())
    .filter(s => s.track?.kind === 'audio' && s.track.enabled && s.track.readyState === 'live').length"""


def test_a_device_without_camera_and_microphone_is_welcome_and_sees_and_hears(visit: Visit) -> None:
    context = visit.profile()
    context.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'))"
    )
    worker = visit.join("social_worker", context)
    child, psychologist = visit.join("classroom"), visit.join("psychologist")
    press(psychologist, "knock")
    press(child, "open-door")

    wait_for_state(worker, "live")
    wait_for_pictures(worker)
    assert "No microphone" in worker.locator("#media-problem").inner_text()
    assert worker.evaluate(OUTGOING) == 0
    child.wait_for_selector('[data-seat="social_worker"][data-connection="connected"][data-video="false"]')


def test_the_knock_does_not_wait_for_what_adults_get_later(visit: Visit) -> None:
    context = visit.profile()
    context.route("**/js/ui/adult.js", lambda route: None)
    child = visit.join("classroom")
    visit.join("social_worker")
    psychologist = visit.join("psychologist", context)
    press(psychologist, "knock")
    child.wait_for_selector('button[data-action="open-door"]')
    assert psychologist.locator("#card h2").inner_text() == "You knocked"


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_childs_page_has_three_big_controls_and_nothing_to_type(visit: Visit, language: str) -> None:
    child = visit.open("classroom", visit.profile(language, 360, 640))
    press(child, "join")
    child.wait_for_selector('#room[data-signaling="online"]')
    psychologist = visit.join("psychologist")
    visit.join("social_worker")
    press(psychologist, "knock")
    press(child, "open-door")
    wait_for_state(child, "live")

    controls = child.locator("button:visible")
    assert controls.count() == 3
    for place in range(3):
        box = controls.nth(place).bounding_box()
        assert box is not None
        assert box["width"] >= 64
        assert box["height"] >= 64
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert controls.nth(place).locator("svg").count() == 1
        assert controls.nth(place).inner_text().strip()
    assert child.locator("input:visible, select:visible, textarea:visible").count() == 0
    assert child.locator("#who li").count() == 3
    overflow = child.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow == 0


def test_with_the_classrooms_loudspeaker_one_side_speaks_at_a_time(visit: Visit) -> None:
    child, _, psychologist = (visit.join(role) for role in ("classroom", "social_worker", "psychologist"))
    child.wait_for_selector("#loudspeaker summary")
    press(psychologist, "knock")
    press(child, "open-door")
    wait_for_state(child, "live")
    wait_until(child, f"({SPOKEN})() === 2")

    press(child, "pause")
    wait_for_state(child, "paused")
    child.click("#loudspeaker summary")
    press(child, "loudspeaker")
    press(child, "pause")

    wait_for_state(child, "live")
    assert child.locator("#loudspeaker").is_hidden()
    child.wait_for_selector(".talk")
    wait_until(child, f"({SPOKEN})() === 0")
    child.hover(".talk")
    child.mouse.down()
    wait_until(child, f"({SPOKEN})() === 2 && document.querySelector('[data-seat] video').muted")
    child.mouse.up()
    wait_until(child, f"({SPOKEN})() === 0 && !document.querySelector('[data-seat] video').muted")
