"""The room in real browsers: the door, the child's pause, help, loss and return, admission, the end."""

import pytest

from tests.browser.conftest import LentCall
from tests.support.call_page import (
    FRAMES,
    OUTGOING,
    Call,
    frames_in,
    press,
    wait_for_pictures,
    wait_for_sound,
    wait_for_state,
)

pytestmark = pytest.mark.browser


def test_nobody_is_connected_before_the_child_opens_then_all_six_pictures_move(lent_call: LentCall) -> None:
    visit = lent_call.begin()
    pages = child, worker, psychologist = tuple(
        visit.join(role) for role in ("classroom", "social_worker", "psychologist")
    )
    press(psychologist, "knock")
    child.wait_for_selector('button[data-action="open-door"]')
    child.wait_for_timeout(1000)
    assert [page.evaluate("window.connections.length") for page in pages] == [0, 0, 0]

    press(child, "open-door")

    for page in pages:
        wait_for_state(page, "live")
        wait_for_pictures(page)
        assert frames_in(page, 1500) > 8
    child.wait_for_selector('#room[data-path="direct"]', timeout=10_000)
    lent_call.keep(Call(visit, child, worker, psychologist))


def test_the_childs_pause_silences_within_half_a_second_and_no_adult_can_lift_it(shared_call: Call) -> None:
    child, worker, psychologist = shared_call.pages
    for page in shared_call.pages:
        wait_for_pictures(page)
    assert child.evaluate(OUTGOING) == 4

    waited_ms = child.evaluate(
        f"""async () => {{
            document.querySelector('[data-action="pause"]').click();
            const pressed = performance.now();
            while (({OUTGOING})() > 0) await new Promise(r => setTimeout(r, 5));
            return performance.now() - pressed;
        }}"""
    )

    assert waited_ms < 500
    for adult in (worker, psychologist):
        wait_for_state(adult, "paused")
        assert adult.locator('button[data-action="pause"]').count() == 0
        assert adult.evaluate(OUTGOING) == 0
    press(child, "pause")
    for page in (child, worker, psychologist):
        wait_for_state(page, "live")
    assert child.evaluate(OUTGOING) == 4
    assert frames_in(worker, 2000) > 8


def test_sound_and_picture_go_on_while_the_server_is_away_and_the_room_comes_back(shared_call: Call) -> None:
    child, worker, psychologist = shared_call.pages
    for page in shared_call.pages:
        wait_for_pictures(page)

    shared_call.visit.server.stop()

    child.wait_for_selector('#room:not([data-signaling="online"])', timeout=15_000)
    assert frames_in(child, 3000) > 20
    shared_call.visit.server.start()
    for page in (child, worker, psychologist):
        page.wait_for_selector('#room[data-signaling="online"]', timeout=30_000)
        wait_for_state(page, "live", 30_000)
    for page in (child, worker, psychologist):
        wait_for_pictures(page)


def test_an_adult_switches_sound_and_picture_by_key_but_never_while_choosing(shared_call: Call) -> None:
    child, worker, _ = shared_call.pages
    for page in shared_call.pages:
        wait_for_pictures(page)

    worker.keyboard.press("v")
    child.wait_for_selector('[data-seat="social_worker"][data-video="false"]')
    worker.keyboard.press("m")
    child.wait_for_selector('[data-seat="social_worker"][data-audio="false"]')
    worker.keyboard.press("m")
    child.wait_for_selector('[data-seat="social_worker"][data-audio="true"]')

    press(worker, "more")
    worker.focus("#devices select")
    worker.keyboard.press("m")
    worker.wait_for_timeout(500)
    assert worker.locator('#bar [data-action="microphone"]').get_attribute("aria-pressed") == "true"

    worker.keyboard.press("Escape")
    worker.wait_for_selector("#more", state="hidden")
    worker.keyboard.press("v")
    child.wait_for_selector('[data-seat="social_worker"][data-video="true"]')


def test_leaving_ends_ones_own_part_and_coming_back_is_one_press(shared_call: Call) -> None:
    child, worker, _ = shared_call.pages

    press(child, "leave")
    wait_for_state(worker, "paused")
    assert child.evaluate(FRAMES) == []
    press(child, "come-back")

    for page in (child, worker):
        wait_for_state(page, "live")
        wait_for_sound(page)


def test_a_lost_adult_is_told_then_the_room_rests_and_goes_on_by_itself(shared_call: Call) -> None:
    child, worker, psychologist = shared_call.pages

    device = worker.context
    worker.close()

    psychologist.wait_for_selector("#banner:not([hidden])", timeout=10_000)
    wait_for_state(child, "paused", 35_000)
    assert child.evaluate(OUTGOING) == 0
    shared_call.worker = again = device.new_page()
    again.goto(f"{shared_call.visit.server.url}/call/{shared_call.visit.server.visit}")
    press(again, "join")
    for page in (child, psychologist, again):
        wait_for_state(page, "live")
        wait_for_sound(page)


def test_a_guardian_waits_at_the_door_until_a_professional_lets_them_in(shared_call: Call) -> None:
    child, worker, _ = shared_call.pages
    guardian = shared_call.visit.join("guardian")
    assert guardian.locator("[data-seat]").count() == 0
    assert "hild" not in guardian.locator("#who").inner_text()

    press(worker, "admit")

    wait_for_state(guardian, "live")
    wait_for_sound(guardian, 3)
    child.wait_for_selector('[data-seat="guardian"][data-connection="connected"]')

    press(guardian, "leave")
    child.wait_for_selector('[data-seat="guardian"]', state="detached")
    guardian.close()


def test_help_shows_whom_to_call_without_a_server_and_alerts_the_adults_with_one(ending_call: Call) -> None:
    child, worker, psychologist = ending_call.pages
    press(child, "help")
    for adult in (worker, psychologist):
        adult.wait_for_selector('#notices [role="alert"]')
    press(child, "close-dialog")

    child.context.set_offline(True)
    ending_call.visit.server.stop()
    press(child, "help")

    assert child.locator('#help a[href^="tel:"]').count() >= 1
    assert child.locator("#help-who").inner_text()


def test_a_removed_guardian_is_gone_for_good(new_call: Call) -> None:
    child, worker, _ = new_call.pages
    guardian = new_call.visit.join("guardian")
    press(worker, "admit")
    wait_for_state(guardian, "live")

    press(worker, "more")
    worker.click('#people li:has-text("guardian") button')
    assert guardian.locator("#room").get_attribute("data-state") == "live", "the first press only asks"
    worker.click('#people li:has-text("guardian") button')

    guardian.wait_for_selector('#room[data-screen="calm"]')
    child.wait_for_selector('[data-seat="guardian"]', state="detached")
    guardian.reload()
    press(guardian, "join")
    guardian.wait_for_selector('#room[data-screen="calm"] #card h2')
    guardian.wait_for_timeout(1500)
    assert guardian.locator("[data-seat]").count() == 0

    guardian.close()
    worker.keyboard.press("Escape")
    worker.wait_for_selector("#more", state="hidden")


def test_the_end_is_counted_down_and_can_be_taken_back(ending_call: Call) -> None:
    child, worker, psychologist = ending_call.pages

    press(psychologist, "end")
    child.wait_for_selector("#banner:not([hidden])")
    press(worker, "keep-going")
    child.wait_for_selector("#banner", state="hidden")
    press(worker, "end")

    for page in (child, worker, psychologist):
        wait_for_state(page, "closed")
        assert page.evaluate(OUTGOING) == 0
