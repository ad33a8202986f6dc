"""The page of the check in a real browser: devices, line, one instruction; for people of a visit and for strangers."""

import json

import pytest
from playwright.sync_api import Page

from tests.support.call_page import Visit, press
from tests.support.page_inspection import axe_faults

pytestmark = pytest.mark.browser

DONE = '#check[data-state="done"]'
#: Camera 1.5 s, voice 4.5 s, line at most 15 s, and a slow machine.
CHECK_MS = 60_000


def check(page: Page) -> dict:
    """Go through the check as a person does, and return what the page shows."""
    press(page, "begin")
    press(page, "heard")
    page.wait_for_selector(DONE, timeout=CHECK_MS)
    shown = page.locator("#check")
    return {
        "instruction": shown.get_attribute("data-instruction"),
        "rung": shown.get_attribute("data-rung"),
        "numbers": json.loads(shown.get_attribute("data-numbers") or "null"),
        "outcomes": {
            step: page.locator(f'[data-step="{step}"]').get_attribute("data-outcome")
            for step in ("camera", "microphone", "speaker", "line")
        },
    }


def test_a_classroom_that_holds_the_link_checks_everything(visit: Visit) -> None:
    context = visit.profile()
    secret = visit.server.links["classroom"].split("#")[1]
    page = context.new_page()
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.goto(f"{visit.server.url}/check#{secret}")
    assert "#" not in page.url, "the secret stays in the address"
    found = check(page)
    assert set(found["outcomes"].values()) == {"good"}
    assert found["instruction"] == "ready"
    assert found["rung"] == "video"
    numbers = found["numbers"]
    assert numbers["path"] == "direct"
    assert numbers["upKbps"] > 1000
    assert numbers["downKbps"] > 1000
    assert numbers["rttMs"] < 200
    assert page.locator("#instruction").inner_text()
    assert all(secret not in url for url in seen)


def test_a_stranger_sees_their_devices_and_gets_no_measurement(visit: Visit) -> None:
    page = visit.profile().new_page()
    page.goto(f"{visit.server.url}/check")
    found = check(page)
    assert found["outcomes"] == {"camera": "good", "microphone": "good", "speaker": "good", "line": "bad"}
    assert "sign in" in page.locator('[data-step="line"]').inner_text()


def test_where_webrtc_is_blocked_the_web_is_measured_and_the_page_says_so(visit: Visit) -> None:
    context = visit.profile()
    # A network that lets no candidate through: the offer goes out with an address that answers nothing.
    context.add_init_script("RTCPeerConnection.prototype.setRemoteDescription = async () => {};")
    page = context.new_page()
    page.goto(f"{visit.server.url}/check#{visit.server.links['classroom'].split('#')[1]}")
    found = check(page)
    assert found["numbers"]["path"] == "blocked"
    assert found["numbers"]["upKbps"] > 500
    assert found["numbers"]["downKbps"] > 500
    assert (found["instruction"], found["rung"]) == ("other-network", "clips")


@pytest.mark.parametrize("language", ["ar", "en"])
def test_axe_finds_nothing_and_nothing_is_cut_off_at_360_pixels(visit: Visit, language: str) -> None:
    page = visit.profile(width=360, height=740).new_page()
    page.goto(f"{visit.server.url}/check?lang={language}")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        assert axe_faults(page, None) == [], scheme
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    check(page)
    assert axe_faults(page, None) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
