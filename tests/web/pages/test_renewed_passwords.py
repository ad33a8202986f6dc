"""An administrator who takes a worker's account over is seen: by the worker, and by those who work with them."""

from rooms.people import service as people
from rooms.people.views import AccountView
from rooms.unit_of_work import Store
from tests.support.people import SETUP, welcome
from tests.support.staff import StaffBrowser, browser_of
from tests.web.pages.conftest import Site
from tests.web.pages.forms import booked_visit

OWN = "A link made by an administrator has replaced your password:"
OF_OTHER = "A link made by an administrator has replaced the password of:"
DAY_S = 24 * 3600


async def account_of(store: Store, name: str) -> AccountView:
    async with store.begin(SETUP) as uow:
        return next(account for account in await people.list_accounts(uow) if account.name == name)


async def is_taken_over(site: Site, store: Store, name: str) -> StaffBrowser:
    """Somebody opens a link for an account that has a password; return a browser that signs in afterwards."""
    account = await account_of(store, name)
    for _ in range(2):
        await welcome(store, account.id)
    return await browser_of(site.nobody._client, store, account)


async def test_the_owner_and_the_other_professional_of_each_child_are_told(site: Site, store: Store) -> None:
    referral, visit = await booked_visit(site)

    psychologist = await is_taken_over(site, store, "Youssef Alami")

    for path in ("/desk", "/account", referral):
        page = await psychologist.opens(path)
        assert page.shows(OWN)
        assert page.shows("Monday 23 November 2026, 09:00")
        assert not page.shows(OF_OTHER), "they are told of themselves once"
    for path in (referral, visit):
        page = await site.worker.opens(path)
        assert page.shows(OF_OTHER)
        assert not page.shows(OWN)
    assert not (await site.worker.opens("/desk")).shows(OWN)
    for stranger in (site.other_worker, site.other_psychologist, site.admin):
        assert not (await stranger.opens("/account")).shows(OWN)


async def test_a_social_workers_renewal_is_told_to_the_psychologist(site: Site, store: Store) -> None:
    referral, _ = await booked_visit(site)
    worker = await is_taken_over(site, store, "Salma Amrani")
    assert (await worker.opens("/desk")).shows(OWN)
    assert (await site.psychologist.opens(referral)).shows(OF_OTHER)


async def test_after_two_weeks_it_is_told_no_more(site: Site, store: Store) -> None:
    await is_taken_over(site, store, "Youssef Alami")
    site.clock.advance(14 * DAY_S)
    later = await browser_of(site.nobody._client, store, await account_of(store, "Youssef Alami"))
    assert not (await later.opens("/account")).shows(OWN)


async def test_a_printed_card_does_not_carry_it(site: Site, store: Store) -> None:
    _, visit = await booked_visit(site)
    worker = await is_taken_over(site, store, "Salma Amrani")
    card = await worker.opens(f"{visit}/card/classroom")
    assert 'class="notice notice-error no-print"' in card.text
