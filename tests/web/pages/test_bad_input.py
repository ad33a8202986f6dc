"""Forms keep what was typed, show each fault beside its field, and change nothing."""

import pytest

from tests.web.pages.conftest import Site
from tests.web.pages.forms import (
    book_visit,
    booked_visit,
    booking_fields,
    file_referral,
    referral_fields,
    taken_referral,
)

#: What people paste into fields: markup, an attribute's end, marks of direction, signs beyond the first plane.
MARKERS = (
    '<script>alert("x")</script>',
    '" autofocus onfocus="alert(1)',
    "{{ 7 * 7 }} %(num)d %s",
    "مرحبا \u200fسلام 123",  # noqa: RUF001
    "👧🏽 شكرا",
)
#: All of them in few journeys: a name has 40 signs.
TYPED = (f"{MARKERS[0]} {MARKERS[4]}", MARKERS[1], f"{MARKERS[2]} {MARKERS[3]}")


async def test_an_incomplete_referral_keeps_what_was_typed_and_names_every_fault(site: Site) -> None:
    fields = {"pseudonym": "Nour", "tried": "Talks\r\nafter class", "languages": ["darija"], "need": "sadness"}
    page = await site.worker.posts("/referrals/new", fields)
    assert page.status == 422
    assert page.value_of("pseudonym") == "Nour"
    assert page.value_of("tried") == "Talks\r\nafter class"
    assert page.checked("languages") == {"darija"}
    assert page.checked("need") == {"sadness"}
    for field in ("age_band", "urgency", "relation", "given_on", "consent_language"):
        assert f'href="#field-{field}"' in page.text
        assert f'id="error-{field}"' in page.text
    assert 'href="#field-need"' not in page.text
    assert (await site.worker.opens("/desk")).shows("You have not asked for support for a child yet.")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("pseudonym", "", "Please give a name to call the child by."),
        ("pseudonym", "N" * 41, "This is too long; please say it in fewer words."),
        ("given_on", "2027-01-01", "This day has not come yet."),
        ("given_on", "yesterday", "Please give the day on which the guardian consented."),
        ("scope", "one_to_one", "Without consent to visits there can be no request."),
        ("school_id", "somewhere", "Please choose the school."),
        ("urgency", "now!", "Please choose one."),
        ("tried", "see\u202egnp.exe", "There are invisible signs in this text. Please type it instead of copying it."),
    ],
)
async def test_a_faulty_field_of_a_referral_is_told_beside_it(site: Site, field: str, value: str, words: str) -> None:
    page = await site.worker.posts("/referrals/new", referral_fields(site.school.id, **{field: value}))
    assert page.status == 422
    assert page.shows(words)
    assert f'id="error-{field}"' in page.text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("wall_start", "", "Please give a day and a time."),
        ("wall_start", "2026-11-01T09:00", "This time is over."),
        ("wall_start", "2030-11-01T09:00", "This is more than a year away."),
        ("zone", "Africa/Atlantis", "This is not known here."),
        ("minutes", "999", "A visit lasts from 15 minutes to 2 hours."),
        ("minutes", "-30", "Please fill this in."),
        ("composition", "one-to-one", "The guardian's consent does not cover this."),
        ("composition", "alone", "Please choose one."),
    ],
)
async def test_a_visit_that_can_not_be_is_told_beside_its_field(site: Site, field: str, value: str, words: str) -> None:
    referral = await taken_referral(site)
    page = await site.psychologist.posts(f"{referral}/visits", booking_fields(**{field: value}))
    assert page.status == 422
    assert page.shows(words)
    assert f'id="error-{field}"' in page.text
    assert page.shows("No visit is booked yet.")


async def test_two_visits_at_one_time_are_refused_and_the_form_stays_filled(site: Site) -> None:
    await booked_visit(site)
    second = await file_referral(site.worker, site.school.id, pseudonym="Samir")
    await site.psychologist.posts(f"{second}/take")
    page = await site.psychologist.posts(f"{second}/visits", booking_fields(wall_start="2026-11-23T09:30"))
    assert page.status == 422
    assert page.shows("You have another visit at this time.")
    assert page.value_of("wall_start") == "2026-11-23T09:30"
    assert page.checked("extra_roles") == {"guardian"}


@pytest.mark.parametrize("path", ["messages", "recommendations", "close"])
async def test_an_empty_form_of_a_referral_is_refused(site: Site, path: str) -> None:
    referral = await taken_referral(site)
    assert (await site.psychologist.posts(f"{referral}/{path}")).status == 422


async def test_an_empty_note_and_an_unreadable_new_time_are_refused(site: Site) -> None:
    _, visit = await booked_visit(site)
    assert (await site.psychologist.posts(f"{visit}/note", {"note": "  "})).status == 422
    page = await site.psychologist.posts(f"{visit}/reschedule", {"wall_start": "soon", "zone": "Africa/Casablanca"})
    assert page.status == 422
    assert page.shows("Please give a day and a time.")


@pytest.mark.parametrize(
    "path",
    [
        "/referrals/x",
        "/referrals/%00",
        f"/referrals/{'0' * 32}",
        f"/visits/{'0' * 32}",
        "/visits/%F0%9F%98%80",
        f"/visits/{'0' * 32}/card/classroom",
        f"/recommendations/{'0' * 32}/print",
        "/recommendations/%00/print",
    ],
)
async def test_an_address_of_nothing_is_not_found(site: Site, path: str) -> None:
    assert (await site.worker.opens(path)).status == 404


@pytest.mark.parametrize("typed", TYPED)
async def test_what_is_typed_is_shown_as_text_everywhere(site: Site, typed: str) -> None:
    texts = {"tried": f"t {typed}", "strengths": f"s {typed}", "wish": f"w {typed}"}
    referral = await file_referral(site.worker, site.school.id, pseudonym=typed, **texts)
    visit = await book_visit(site.psychologist, referral)
    await site.psychologist.posts(f"{referral}/messages", {"message": f"m {typed}"})
    await site.psychologist.posts(f"{visit}/note", {"note": f"n {typed}"})
    advice = {"addressee": "family", "language": "arabic", "recommendation": f"r {typed}"}
    await site.psychologist.posts(f"{referral}/recommendations", advice)
    page = await site.worker.opens(referral)
    for text in (*texts.values(), typed, f"m {typed}", f"r {typed}"):
        assert page.shows(text)
    visit_page = await site.psychologist.opens(visit)
    assert visit_page.shows(f"n {typed}")
    [sheet] = page.links(r"/recommendations/[0-9a-f]{32}/print")
    faulty = await site.worker.posts("/referrals/new", {"pseudonym": typed, **texts})
    assert faulty.value_of("pseudonym") == typed
    pages = [page, visit_page, faulty]
    pages += [await site.worker.opens("/desk"), await site.psychologist.opens("/desk"), await site.worker.opens(sheet)]
    for shown in pages:
        assert "<script>alert" not in shown.text
        assert 'onfocus="alert' not in shown.text
    closed = {"reason": "moved-away", "next_contact": typed}
    await site.psychologist.posts(f"{referral}/close", closed)
    assert (await site.worker.opens(referral)).shows(typed)
