"""Each page and act belongs to some; to all others it is forbidden or not there."""

import re

import pytest

from tests.web.pages.conftest import Site
from tests.web.pages.forms import booked_visit, booking_fields, file_referral, filed_referral, id_in

STAFF_PAGES = ("/desk", "/referrals/new", "/admin/rooms", "/admin/people", "/admin/schools")


@pytest.mark.parametrize("path", STAFF_PAGES)
async def test_a_page_of_staff_sends_a_stranger_to_sign_in(site: Site, path: str) -> None:
    answer = await site.nobody.opens(path)
    assert answer.status == 303
    assert answer.leads_to.startswith("/sign-in?next=")


async def test_the_rooms_as_json_are_refused_to_a_stranger(site: Site) -> None:
    assert (await site.nobody.opens("/admin/rooms.json")).status == 401


@pytest.mark.parametrize("path", ["/admin/rooms", "/admin/rooms.json", "/admin/people", "/admin/schools"])
async def test_the_admins_pages_are_forbidden_to_those_who_care_for_children(site: Site, path: str) -> None:
    assert (await site.worker.opens(path)).status == 403
    assert (await site.psychologist.opens(path)).status == 403


async def test_a_case_is_not_there_for_anybody_else(site: Site) -> None:
    referral, visit = await booked_visit(site)
    advice = {"addressee": "specialist", "language": "french", "recommendation": "See an ear doctor."}
    await site.psychologist.posts(f"{referral}/recommendations", advice)
    [sheet] = (await site.psychologist.opens(referral)).links(r"/recommendations/[0-9a-f]{32}/print")
    for stranger in (site.other_worker, site.other_psychologist):
        for path in (referral, visit, f"{visit}/card/classroom", sheet):
            assert (await stranger.opens(path)).status == 404
        for path in (f"{referral}/withdraw", f"{visit}/cancel"):
            assert (await stranger.posts(path)).status == 404
        assert (await stranger.posts(f"{referral}/messages", {"message": "Hello"})).status == 404
        assert (await stranger.posts(f"{visit}/renew", {"role": "classroom"})).status == 404
    for path in (referral, visit):
        assert (await site.admin.opens(path)).status == 403
    assert (await site.worker.opens(sheet)).status == 404, "what is for a specialist stays with the psychologist"
    assert not (await site.worker.opens(referral)).shows("See an ear doctor.")
    assert (await site.worker.opens(visit)).shows("Booked"), "nothing of all that had an effect"


async def test_a_social_worker_does_nothing_that_is_the_psychologists(site: Site) -> None:
    referral, visit = await booked_visit(site)
    assert (await site.worker.posts(f"{referral}/take")).status == 403
    assert (await site.worker.posts(f"{referral}/visits", booking_fields())).status == 403
    assert (await site.worker.posts(f"{visit}/note", {"note": "mine"})).status == 403
    assert (await site.worker.posts(f"{referral}/close", {"reason": "other"})).status == 403
    assert (await site.psychologist.opens("/referrals/new")).status == 403


async def test_nobody_prints_the_card_of_another_professional(site: Site) -> None:
    _, visit = await booked_visit(site)
    for role in ("psychologist", "admin", "supervisor"):
        assert (await site.worker.opens(f"{visit}/card/{role}")).status == 404
    assert (await site.psychologist.opens(f"{visit}/card/social_worker")).status == 403
    assert not (await site.psychologist.opens(visit)).links(f"{visit}/card/social_worker")


async def test_the_social_workers_own_card_is_a_code_for_the_childs_device_and_no_link(site: Site) -> None:
    _, visit = await booked_visit(site)
    [address] = (await site.worker.opens(visit)).links(f"{visit}/card/social_worker")
    card = await site.worker.opens(address)
    assert len(re.findall(r"<bdi>\d{4}</bdi>", card.text)) == 2
    assert "/j#" not in card.text


async def test_no_name_stands_in_a_title_or_an_address(site: Site) -> None:
    referral, visit = await booked_visit(site, pseudonym="Zoubida")
    for path in (referral, visit, f"{visit}/card/classroom", "/desk"):
        page = await site.worker.opens(path)
        assert "Zoubida" not in page.title
        assert not any("Zoubida" in link for link in page.links('[^"]*'))


async def test_a_card_tells_nothing_of_the_child_or_the_reason(site: Site) -> None:
    _, visit = await booked_visit(site, pseudonym="Zoubida")
    card = await site.worker.opens(f"{visit}/card/guardian")
    for secret in ("Zoubida", "Lost somebody dear", "Ecole Ibn Battouta", "Talks after class", "9 to 11"):
        assert not card.shows(secret)


async def test_an_open_referral_shows_neither_name_nor_words_nor_school(site: Site) -> None:
    await filed_referral(site, pseudonym="Zoubida")
    desk = await site.psychologist.opens("/desk")
    assert desk.shows("Lost somebody dear")
    for secret in ("Zoubida", "Talks after class", "Draws every day", "Ecole Ibn Battouta", "Salma Amrani"):
        assert not desk.shows(secret)


async def test_a_second_tap_changes_nothing(site: Site) -> None:
    first = await file_referral(site.worker, site.school.id)
    assert await file_referral(site.worker, site.school.id) == first
    for _ in range(2):
        assert (await site.psychologist.posts(f"{first}/take")).leads_to == first
    message = {"message": "Hello"}
    for _ in range(2):
        await site.psychologist.posts(f"{first}/messages", message)
    assert (await site.worker.opens(first)).text.count(">Hello<") == 1
    visit = (await site.psychologist.posts(f"{first}/visits", booking_fields())).leads_to
    assert (await site.psychologist.posts(f"{first}/visits", booking_fields())).leads_to == visit
    for _ in range(2):
        assert (await site.psychologist.posts(f"{visit}/note", {"note": "calm"})).status == 303
        assert (await site.worker.posts(f"{visit}/cancel")).leads_to == visit
    assert (await site.psychologist.opens(visit)).text.count(">calm<") == 1
    for _ in range(2):
        assert (await site.psychologist.posts(f"{first}/release")).leads_to == "/desk"
    for _ in range(2):
        assert id_in(await site.worker.posts(f"{first}/withdraw")) == first.rpartition("/")[2]
