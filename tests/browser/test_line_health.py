"""How the lines of a real visit are: on the admin's page while it lasts, on the visit's page when it is over."""

import json
import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.call_page import Visit, press, wait_for_state
from tests.support.demo_server import DemoServer
from tests.support.page_inspection import PHONE_HEIGHT, PHONE_WIDTH, axe_faults, keep_picture, sideways

pytestmark = pytest.mark.browser

#: A page reports every five seconds, the admin's page asks every two.
TOLD_WITHIN_MS = 20_000
CLOSES_WITHIN_MS = 20_000
WEAK_ROOM = {
    "number": "7",
    "state": "Live",
    "level": "poor",
    "figure": "Poor 58",
    "sentence": "The classroom's upload is weak: voice only since 10:12.",
    "path": "through the relay",
    "rung": "Voice only",
    "roundTrip": "412 ms",
    "loss": "6.5 %",
    "since": "10:00",
    "seats": [{"role": "Child in the classroom", "rung": "Voice only"}],
    "legs": [
        {
            "between": "Child in the classroom — Psychologist",
            "connection": "connected",
            "path": "through the relay",
            "roundTrip": "412 ms",
            "loss": "6.5 %",
            "invented": "2.1 %",
            "rate": "14 / 17",
        }
    ],
}


def look(page: Page, name: str) -> None:
    """Look at a page on a phone and on a desk: nothing to scroll sideways for, nothing for axe to find."""
    for width, height in ((PHONE_WIDTH, PHONE_HEIGHT), (1280, 800)):
        page.set_viewport_size({"width": width, "height": height})
        keep_picture(page, "line-health", f"{name}-{width}")
        assert sideways(page) == []
    assert axe_faults(page) == []


def test_a_live_room_is_seen_while_it_lasts_and_remembered_when_it_is_over(visit: Visit, demo: DemoServer) -> None:
    _, _, psychologist = visit.go_live(pictures=False)
    admin = visit.open("admin")
    room = admin.locator("[data-room]")
    expect(room).to_have_attribute("data-level", re.compile("good|fair"), timeout=TOLD_WITHIN_MS)
    expect(room.locator("[data-seats] li")).to_have_count(3)
    expect(room.locator("[data-legs] tr")).to_have_count(6, timeout=TOLD_WITHIN_MS)
    expect(room.locator('dd[data-field="path"]')).to_have_text("direct")
    expect(room.locator('dd [data-field="roundTrip"]')).to_have_text(re.compile(r"^\d+ ms$"))
    expect(room.locator('[data-field="sentence"]')).to_have_text(re.compile(r"\d\d:\d\d\.$"))
    room.locator("summary").click()
    look(admin, "open-room")
    assert room.locator("details").get_attribute("open") is not None, "filling the card anew folded it"

    press(psychologist, "end")
    desk = visit.profile().new_page()
    desk.goto(demo.desks["psychologist"])
    desk.wait_for_url("**/desk")
    wait_for_state(psychologist, "closed", CLOSES_WITHIN_MS)
    desk.goto(f"{demo.url}/visits/{demo.visit}")
    summary = desk.locator('section[aria-labelledby="line-was"]')
    expect(summary.locator("rect")).not_to_have_count(0)
    expect(summary.locator("tbody th").first).to_have_text(re.compile(r".+ from \d\d:\d\d to \d\d:\d\d"))
    look(desk, "visit-after")


def test_a_room_that_gets_worse_moves_up_and_is_spoken_of_once(visit: Visit) -> None:
    admin = visit.open("admin")
    well = {**WEAK_ROOM, "number": "3", "level": "good", "figure": "Good 91", "sentence": "All lines are well."}
    told = [well]

    def answer(route: Route) -> None:
        route.fulfill(content_type="application/json", body=json.dumps({"asOf": "10:12:05", "rooms": told}))

    admin.route("**/admin/rooms.json", answer)
    cards = admin.locator("[data-room]")
    expect(cards).to_have_count(1)
    admin.locator('[data-room="3"] summary').click()
    told.insert(0, WEAK_ROOM)
    expect(cards).to_have_count(2)
    assert [card.get_attribute("data-room") for card in cards.all()] == ["7", "3"]
    assert admin.locator('[data-room="3"] details').get_attribute("open") is not None
    expect(admin.locator("#news")).to_have_text(WEAK_ROOM["sentence"])
    look(admin, "weak-room")
    del told[0]
    expect(cards).to_have_count(1)
