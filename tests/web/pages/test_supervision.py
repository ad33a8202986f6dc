"""A supervisor is asked in when a visit is booked or later, named on its pages, and finds the way in on their desk."""

import re

import pytest

from rooms.people.roles import AccountRole
from rooms.unit_of_work import Store
from tests.support.people import add_account
from tests.support.staff import StaffBrowser, browser_of
from tests.web.pages.conftest import Site
from tests.web.pages.forms import book_visit, booked_visit, booking_fields, file_referral, taken_referral


@pytest.fixture
async def supervisor(site: Site, store: Store) -> tuple[str, StaffBrowser]:
    """The account of a supervisor, and their browser."""
    account = await add_account(store, AccountRole.SUPERVISOR, email="nadia@example.org", name="Nadia Tazi")
    return account.id, await browser_of(site.nobody._client, store, account)


async def test_a_supervisor_is_chosen_from_a_list_and_finds_the_visit_on_their_desk(
    site: Site, supervisor: tuple[str, StaffBrowser]
) -> None:
    account, browser = supervisor
    assert (await browser.opens("/desk")).shows("Nobody has asked you into a visit.")
    referral = await file_referral(site.worker, site.school.id, pseudonym="Zoubida")
    await site.psychologist.posts(f"{referral}/take")
    form = await site.psychologist.opens(referral)
    assert re.findall(r'<option value="([^"]*)"[^>]*>(Nobody|Nadia Tazi)<', form.text) == [
        ("", "Nobody"),
        (account, "Nadia Tazi"),
    ]

    visit = await book_visit(site.psychologist, referral, supervisor=account)

    desk = await browser.opens("/desk")
    assert desk.shows("Youssef Alami")
    assert not desk.shows("Zoubida")
    assert desk.links(r"/call/[0-9a-f]+") == [f"/call/{visit.rpartition('/')[2]}"]
    for reader in (site.worker, site.psychologist):
        page = await reader.opens(visit)
        assert page.shows("Nadia Tazi")
        assert not page.links(f"{visit}/card/supervisor")
    for card in ("classroom", "guardian"):
        assert (await site.worker.opens(f"{visit}/card/{card}")).shows("Nadia Tazi")


async def test_the_desk_leads_to_the_open_rooms_and_to_no_case(
    site: Site, supervisor: tuple[str, StaffBrowser]
) -> None:
    account, browser = supervisor
    referral = await file_referral(site.worker, site.school.id)
    visit = await book_visit(site.psychologist, referral, supervisor=account)
    assert (await browser.opens("/desk")).links("/admin/rooms")
    assert (await browser.opens("/admin/rooms")).status == 200
    for path in (referral, visit, f"{visit}/card/classroom", f"{visit}/card/supervisor"):
        assert (await browser.opens(path)).status in {403, 404}


async def test_nobody_else_can_be_written_into_the_form(site: Site, store: Store) -> None:
    referral = await taken_referral(site)
    other = await add_account(store, AccountRole.ADMIN, email="second.admin@example.org")
    for made_up in (other.id, "0" * 32, "../admin"):
        answer = await site.psychologist.posts(f"{referral}/visits", booking_fields(supervisor=made_up))
        assert answer.status == 422
    # Nobody is chosen where the page was filled in without a list.
    assert (await site.psychologist.posts(f"{referral}/visits", booking_fields(supervisor=""))).status == 303


async def test_without_supervisors_the_form_does_not_ask(site: Site) -> None:
    referral = await taken_referral(site)
    assert 'name="supervisor"' not in (await site.psychologist.opens(referral)).text


async def test_a_supervisor_is_asked_into_a_booked_visit_and_let_go_again(
    site: Site, supervisor: tuple[str, StaffBrowser]
) -> None:
    account, browser = supervisor
    _, visit = await booked_visit(site)
    page = await site.psychologist.opens(visit)
    assert f'action="{visit}/supervisor"' in page.text
    assert not page.shows("Without the supervisor after all")
    assert 'name="supervisor"' not in (await site.worker.opens(visit)).text

    for _ in range(2):
        assert (await site.psychologist.posts(f"{visit}/supervisor", {"supervisor": account})).status == 303

    for reader in (site.worker, site.psychologist):
        assert (await reader.opens(visit)).shows("Nadia Tazi")
    assert 'name="supervisor"' not in (await site.psychologist.opens(visit)).text
    assert (await browser.opens("/desk")).shows("Youssef Alami")

    assert (await site.worker.posts(f"{visit}/supervisor/away")).status == 403
    for _ in range(2):
        assert (await site.psychologist.posts(f"{visit}/supervisor/away")).status == 303
    assert not (await site.worker.opens(visit)).shows("Nadia Tazi")
    assert not (await browser.opens("/desk")).shows("Youssef Alami")


async def test_nobody_is_asked_into_a_booked_visit_but_a_supervisor_and_by_nobody_but_its_psychologist(
    site: Site, supervisor: tuple[str, StaffBrowser]
) -> None:
    account, _ = supervisor
    _, visit = await booked_visit(site)
    for made_up in ("", "0" * 32, "../admin"):
        answer = await site.psychologist.posts(f"{visit}/supervisor", {"supervisor": made_up})
        assert answer.status == 422
        assert answer.shows("Please choose somebody from the list.")
    chosen = {"supervisor": account}
    assert (await site.worker.posts(f"{visit}/supervisor", chosen)).status == 403
    assert (await site.other_psychologist.posts(f"{visit}/supervisor", chosen)).status == 404
    assert (await site.other_psychologist.posts(f"{visit}/supervisor/away")).status == 404
    assert not (await site.worker.opens(visit)).shows("Nadia Tazi")
