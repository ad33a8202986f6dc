"""Who may be with the child, in real browsers: two at one device, two alone with an adult at the door, and no more."""

import re

import pytest
from playwright.sync_api import Page

from tests.support.call_page import (
    LIVE_TIMEOUT_MS,
    OUTGOING,
    Call,
    Visit,
    press,
    wait_for_pictures,
    wait_for_sound,
    wait_for_state,
)
from tests.support.desk_pages import (
    CALL_PAGE,
    REFERRAL_PAGE,
    VISIT_PAGE,
    books_a_visit,
    choose,
    follow,
    frees_the_hour,
    send,
    unfold,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

#: Names what of the card, or of one's own picture, lies over this part of the page.
COVERS = """(part) => {
    const {top, bottom} = document.querySelector(part).getBoundingClientRect();
    const liesOver = (box) => box.bottom > top + 1 && box.top < bottom - 1;
    return [...document.querySelectorAll('#card > *, #self')]
        .filter((each) => each.checkVisibility() && liesOver(each.getBoundingClientRect()))
        .map((each) => each.className || each.tagName).join(' ');
}"""


def at_desk(visit: Visit, role: str) -> Page:
    """Sign a worker in by the demo's link, and wait for the desk."""
    page = visit.profile().new_page()
    page.goto(visit.server.desks[role])
    page.wait_for_url("**/desk")
    return page


def test_a_worker_whose_device_died_sits_down_at_the_childs_by_their_own_code(visit: Visit) -> None:
    child, worker, psychologist = visit.go_live(pictures=False)
    worker.close()
    desk = at_desk(visit, "social_worker")
    desk.goto(f"{visit.server.url}/visits/{visit.server.visit}/card/social_worker")
    code = "".join(desk.locator(".code bdi").all_inner_texts())
    assert re.fullmatch(r"\d{8}", code)

    wait_for_state(child, "paused", 40_000)
    for page in (child, psychologist):
        page.set_viewport_size({"width": 360, "height": 560})
    child.click("#beside summary")
    child.fill("#beside-code", code)
    assert not child.evaluate(COVERS, "#for-adult")
    child.keyboard.press("Enter")
    child.wait_for_selector('#beside [role="status"]:has-text("Another device")')
    psychologist.wait_for_selector('[data-action="deny-claim"]')
    assert not psychologist.evaluate(COVERS, "#asks")
    press(psychologist, "admit-claim")

    wait_for_state(child, "live")
    wait_for_state(psychologist, "live")
    child.wait_for_selector("#beside", state="hidden")
    assert psychologist.locator("[data-seat]").count() == 2, "two seats, of one device"
    wait_for_sound(psychologist, 1)


def test_one_to_one_the_worker_is_at_the_door_and_neither_sees_nor_hears(visit: Visit) -> None:
    worker, psychologist = at_desk(visit, "social_worker"), at_desk(visit, "psychologist")
    link = book_one_to_one(worker, psychologist)
    child = visit.profile().new_page()
    child.goto(link)
    pages = (child, worker, psychologist)
    for page in pages:
        press(page, "join")
        page.wait_for_selector('#room[data-signaling="online"]', timeout=LIVE_TIMEOUT_MS)
    press(psychologist, "knock")
    press(child, "open-door")

    for page in pages:
        wait_for_state(page, "live")
    wait_for_pictures(child, 1)
    wait_for_pictures(psychologist, 1)
    assert worker.evaluate(OUTGOING) == 0
    assert [page.evaluate("window.connections.length") for page in (child, worker, psychologist)] == [1, 0, 1]
    for page in (child, psychologist):
        assert page.locator("#who li").count() == 3, "nobody is invisible"

    worker.close()
    wait_for_state(child, "paused", 40_000)
    assert child.evaluate(OUTGOING) == 0


def test_whoever_came_by_a_link_that_is_renewed_is_told_so_and_gone(shared_call: Call) -> None:
    child, worker, _ = shared_call.pages
    wrong_person = shared_call.visit.join("guardian")
    press(worker, "admit")
    wait_for_state(wrong_person, "live")
    desk = at_desk(shared_call.visit, "social_worker")
    follow(desk, 'a[href^="/visits/"]', VISIT_PAGE)
    renewal = desk.locator('form[action$="/renew"]:has(input[value="guardian"])')
    desk.locator("details").filter(has=renewal).locator("summary").click()

    renewal.locator("button").click()

    wrong_person.wait_for_selector('#room[data-screen="calm"] #card h2')
    assert "link" in wrong_person.locator("#card").inner_text()
    assert wrong_person.evaluate(OUTGOING) == 0
    child.wait_for_selector('[data-seat="guardian"]', state="detached")
    wait_for_state(child, "live")

    for page in (wrong_person, desk):
        page.close()


def test_a_consent_taken_back_ends_the_call_on_every_page(ending_call: Call) -> None:
    pages = ending_call.pages
    desk = at_desk(ending_call.visit, "social_worker")
    follow(desk, 'a[href^="/visits/"]', VISIT_PAGE)
    follow(desk, 'a[href^="/referrals/"]', REFERRAL_PAGE)
    unfold(desk, "/withdraw")

    send(desk, "/withdraw", REFERRAL_PAGE)

    for page in pages:
        page.wait_for_selector('#room[data-screen="calm"] #card h2', timeout=5_000)
        assert page.evaluate(OUTGOING) == 0
    child = pages[0]
    child.reload()
    press(child, "join")
    child.wait_for_selector('#room[data-screen="calm"] #card h2')
    assert child.locator("[data-seat]").count() == 0


def book_one_to_one(worker: Page, psychologist: Page) -> str:
    """File, take and book a visit of child and psychologist alone, with consent to it; return the card's link."""
    follow(worker, 'a[href="/referrals/new"]', "**/referrals/new")
    worker.fill('[name="pseudonym"]', "Noor")
    choose(worker, "age_band", "12-14")
    choose(worker, "languages", "darija")
    choose(worker, "need", "loss-or-grief")
    choose(worker, "urgency", "soon")
    worker.fill('[name="tried"]', "Talks after the lesson.")
    worker.fill('[name="strengths"]', "Draws every day.")
    worker.fill('[name="wish"]', "To sleep.")
    choose(worker, "relation", "mother")
    worker.select_option('[name="consent_language"]', "darija")
    choose(worker, "scope", "visits", "one_to_one")
    send(worker, "/referrals/new", REFERRAL_PAGE)
    frees_the_hour(psychologist)
    send(psychologist, "/take", REFERRAL_PAGE)
    books_a_visit(psychologist, "one-to-one")
    worker.goto("/desk")
    follow(worker, 'a[href^="/visits/"]', VISIT_PAGE)
    follow(worker, 'a[href$="/card/classroom"]', "**/card/classroom")
    link = worker.locator("bdi.link").all_inner_texts()[0]
    worker.go_back()
    for page in (worker, psychologist):
        follow(page, 'a[href^="/call/"]', CALL_PAGE)
    return link
