"""What adults choose for a visit: how much data it may take on their device, and that the picture comes first."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.call_page import PICTURES_TIMEOUT_MS, Call, Visit, press, wait_for_sound, wait_for_state, wait_until
from tests.support.page_inspection import PHONE_HEIGHT, PHONE_WIDTH, axe_faults, keep_picture, sideways

pytestmark = pytest.mark.browser

#: What keeps the line is loaded some seconds after the welcome, later still on a busy machine.
LINE_KEPT_WITHIN_MS = 45_000
#: The page writes every five seconds what it has spent.
SPENT_WITHIN_MS = 20_000
#: A change of the rung may have to wait until the last two are a minute old.
RUNG_WITHIN_MS = 75_000
#: What the page keeps of its visit for a reload.
KEPT = """() => JSON.parse(
    Object.entries(sessionStorage).find(([key]) => key.startsWith('wasl-visit-'))?.[1] ?? '{}'
)"""
SIGNING = "Signing: the picture comes first"


def spent_bytes(page: Page) -> int:
    """Return what the page has written down as spent, for a reload."""
    return int(page.evaluate(KEPT)["spentBytes"])


def choose_data(page: Page, megabytes: int) -> None:
    """Choose what the visit may take, in an adult's dialog, and close it."""
    press(page, "more")
    page.wait_for_selector("#more #data-choice", timeout=LINE_KEPT_WITHIN_MS)
    page.select_option("#data-choice", str(megabytes))
    expect(page.locator("#more .data-use span")).to_have_text(re.compile(rf"of \u2068{megabytes} MB\u2069$"))
    page.keyboard.press("Escape")
    expect(page.locator("#more")).to_be_hidden()


def test_signing_is_told_to_all_three_survives_a_reload_and_is_switched_off_by_the_other_adult(
    shared_call: Call,
) -> None:
    pages = child, worker, psychologist = shared_call.pages
    press(psychologist, "more")
    psychologist.focus('[data-kind="signing"]')
    psychologist.keyboard.press("Space")
    psychologist.keyboard.press("Escape")

    for page in pages:
        expect(page.locator("#line")).to_contain_text(SIGNING, timeout=LINE_KEPT_WITHIN_MS)
        expect(page.locator("#room")).to_have_attribute("data-rung", re.compile("video"), timeout=RUNG_WITHIN_MS)

    psychologist.reload()
    press(psychologist, "join")
    wait_for_state(psychologist, "live")
    expect(psychologist.locator("#line")).to_contain_text(SIGNING, timeout=LINE_KEPT_WITHIN_MS)
    expect(child.locator("#line")).to_contain_text(SIGNING, timeout=LINE_KEPT_WITHIN_MS)

    press(worker, "more")
    box = worker.locator('[data-kind="signing"]')
    expect(box).to_be_checked()
    box.press("Space")
    worker.keyboard.press("Escape")
    expect(worker.locator("#more")).to_be_hidden()
    for page in pages:
        expect(page.locator("#line")).not_to_contain_text(SIGNING, timeout=SPENT_WITHIN_MS)


def test_a_data_budget_is_shown_kept_over_a_reload_and_followed_in_words(ending_call: Call) -> None:
    child, worker, psychologist = ending_call.pages
    room, used = worker.locator("#room"), worker.locator("#data-used")
    expect(used).to_be_hidden()
    expect(room).to_have_attribute("data-rung", re.compile("voice-24|video"), timeout=RUNG_WITHIN_MS)

    choose_data(worker, 10)

    expect(room).to_have_attribute("data-rung", "voice-8", timeout=RUNG_WITHIN_MS)
    expect(worker.locator("#line")).to_have_text("Voice only · We save data.", timeout=RUNG_WITHIN_MS)
    expect(used).to_have_text(re.compile(r"^\d+ of \u206810 MB\u2069$"))
    # Nobody sends this device more than it may take; between the other two all goes on.
    expect(worker.locator('[data-seat][data-video="true"]')).to_have_count(0, timeout=RUNG_WITHIN_MS)
    for page in (child, psychologist):
        expect(page.locator("#room")).to_have_attribute("data-rung", re.compile("video"), timeout=PICTURES_TIMEOUT_MS)

    wait_until(worker, f"(({KEPT})().spentBytes ?? 0) > 0", SPENT_WITHIN_MS)
    before = spent_bytes(worker)
    worker.reload()
    press(worker, "join")
    expect(used).to_have_text(re.compile(r"of \u206810 MB\u2069$"), timeout=LINE_KEPT_WITHIN_MS)
    assert spent_bytes(worker) >= before
    wait_for_sound(worker)


def test_the_adult_beside_the_child_chooses_while_the_room_waits_or_rests_and_never_before_the_childs_eyes(
    visit: Visit,
) -> None:
    child = visit.join("classroom")
    data = child.locator("#data")
    expect(data).to_be_visible(timeout=LINE_KEPT_WITHIN_MS)
    data.locator("summary").press("Enter")
    child.select_option("#data-choice", "20")
    # Nobody is connected yet: it is the socket's.
    assert spent_bytes(child) > 0
    expect(data.locator(".data-use span")).to_have_text("1 of \u206820 MB\u2069")

    worker, psychologist = visit.join("social_worker"), visit.join("psychologist")
    press(psychologist, "knock")
    press(child, "open-door")
    wait_for_state(child, "live")

    expect(data).to_be_hidden()
    assert child.locator("#room button:visible").count() <= 3
    wait_for_sound(child)
    press(worker, "leave")
    wait_for_state(child, "paused")
    expect(data).to_be_visible()
    expect(child.locator("#data-choice")).to_have_value("20")


def test_the_choices_fit_a_phone_in_arabic(visit: Visit) -> None:
    roles = ("psychologist", "classroom")
    pages = [visit.join(role, visit.profile("ar", PHONE_WIDTH, PHONE_HEIGHT)) for role in roles]
    for role, page in zip(roles, pages, strict=True):
        if role == "classroom":
            page.locator("#data summary").click(timeout=LINE_KEPT_WITHIN_MS)
        else:
            press(page, "more")
        page.wait_for_selector("#data-choice", timeout=LINE_KEPT_WITHIN_MS)
        page.select_option("#data-choice", "20")
        expect(page.locator(".data-choice .data-use span")).to_contain_text("20 MB\u2069")
        keep_picture(page, "wishes", f"{role}-ar-{PHONE_WIDTH}")
        assert sideways(page) == []
        assert axe_faults(page) == []
