"""From the assessment to the exit, through the pages."""

import re

from tests.web.pages.conftest import Site
from tests.web.pages.forms import book_visit, booked_visit, file_referral, taken_referral


async def test_a_child_is_led_from_assessment_to_exit_through_the_pages(site: Site) -> None:
    referral = await file_referral(site.worker, site.school.id)
    assert (await site.worker.opens(referral)).shows("Nothing for now. You see here when a psychologist has taken it.")

    desk = await site.psychologist.opens("/desk")
    assert desk.shows("Lost somebody dear")
    assert desk.shows("9 to 11 years")
    assert not desk.shows("Nour")
    assert (await site.psychologist.follows(await site.psychologist.posts(f"{referral}/take"))).shows("Nour")

    await site.psychologist.posts(f"{referral}/messages", {"message": "When does Nour like to talk?"})
    assert (await site.worker.opens("/desk")).shows("A message waits for your answer.")
    site.clock.advance(60)
    await site.worker.posts(f"{referral}/messages", {"message": "Mondays at nine."})
    assert (await site.psychologist.opens("/desk")).shows("Answer the message.")

    # Taking what is theirs already changes nothing.
    visit = await book_visit(site.psychologist, referral)
    desk = await site.worker.opens("/desk")
    assert desk.shows("Starts in 9 minutes")
    assert f"/call/{visit.rpartition('/')[2]}" in desk.text, "the room is open 15 minutes before"

    card = await site.worker.opens(f"{visit}/card/classroom")
    assert re.search(r"/j#[\w-]{43}", card.text)
    assert len(re.findall(r"<bdi>\d{4}</bdi>", card.text)) == 2
    assert "<svg" in card.text
    assert card.shows("+212539334455")

    await site.psychologist.posts(f"{visit}/note", {"note": "Spoke of her grandfather."})
    assert (await site.psychologist.opens(visit)).shows("Spoke of her grandfather.")
    assert not (await site.worker.opens(visit)).shows("Spoke of her grandfather.")

    advice = {"addressee": "family", "language": "french", "recommendation": "Lisez ensemble chaque soir."}
    await site.psychologist.posts(f"{referral}/recommendations", advice)
    page = await site.worker.opens(referral)
    assert page.shows("Lisez ensemble chaque soir.")
    [sheet] = page.links(r"/recommendations/[0-9a-f]{32}/print")
    printed = await site.worker.opens(sheet)
    assert 'class="sheet sheet-advice size-large" lang="fr" dir="ltr"' in printed.text

    await site.psychologist.posts(f"{referral}/close", {"reason": "goals-reached", "next_contact": "Salma, at school"})
    page = await site.worker.opens(referral)
    assert page.shows("The child is better; what we set out to do is done")
    assert page.shows("Salma, at school")
    assert page.shows("Cancelled"), "a visit that was still to come is cancelled"


async def test_withdrawn_consent_cancels_the_visit_and_kills_the_card(site: Site) -> None:
    referral, visit = await booked_visit(site)
    await site.worker.posts(f"{referral}/withdraw")
    assert (await site.worker.opens(referral)).shows("Consent taken back")
    assert (await site.worker.opens(f"{visit}/card/classroom")).status == 409
    assert (await site.worker.opens(visit)).shows("Cancelled")


async def test_a_referral_handed_back_is_open_to_others(site: Site) -> None:
    referral = await taken_referral(site)
    assert (await site.psychologist.posts(f"{referral}/release")).leads_to == "/desk"
    assert (await site.other_psychologist.posts(f"{referral}/take")).leads_to == referral


async def test_the_slower_of_two_psychologists_is_told_so_on_the_desk(site: Site) -> None:
    referral = await taken_referral(site)
    late = await site.other_psychologist.posts(f"{referral}/take")
    assert late.status == 409
    assert late.shows("Another psychologist was faster. There may be other children who wait.")


async def test_a_renewed_link_is_another_one(site: Site) -> None:
    _, visit = await booked_visit(site)
    old = re.search(r"/j#[\w-]+", (await site.worker.opens(f"{visit}/card/classroom")).text)
    renewed = await site.worker.follows(await site.worker.posts(f"{visit}/renew", {"role": "classroom"}))
    new = re.search(r"/j#[\w-]+", renewed.text)
    assert old
    assert new
    assert old[0] != new[0]


async def test_a_moved_visit_keeps_its_link_and_shows_the_new_time(site: Site) -> None:
    _, visit = await booked_visit(site)
    before = re.search(r"/j#[\w-]+", (await site.worker.opens(f"{visit}/card/classroom")).text)
    moved = {"wall_start": "2026-11-24T15:00", "zone": "Africa/Casablanca", "minutes": "30"}
    assert (await site.worker.posts(f"{visit}/reschedule", moved)).status == 303
    card = await site.worker.opens(f"{visit}/card/classroom")
    assert card.shows("Tuesday 24 November 2026, 15:00")
    assert card.shows("Morocco Time, UTC+0")
    assert before
    assert before[0] in card.text
