"""What people type into the forms of the pages."""

from tests.support.snapshots import made_once
from tests.support.staff import Fields, Page, StaffBrowser
from tests.web.pages.conftest import Site


def referral_fields(school: str, **changes: str | list[str]) -> dict[str, str | list[str]]:
    """Return the filled referral form."""
    return {
        "pseudonym": "Nour",
        "age_band": "9-11",
        "languages": ["tarifit", "darija"],
        "school_id": school,
        "need": "loss-or-grief",
        "urgency": "soon",
        "tried": "Talks after class",
        "strengths": "Draws every day",
        "wish": "Sleep without bad dreams",
        "relation": "mother",
        "given_on": "2026-11-20",
        "consent_language": "tarifit",
        "scope": ["visits"],
        **changes,
    }


def booking_fields(**changes: str | list[str]) -> Fields:
    """Return the filled booking form, for a visit ten minutes after the clock of the tests begins."""
    return {
        "wall_start": "2026-11-23T09:10",
        "zone": "Africa/Casablanca",
        "minutes": "45",
        "composition": "accompanied",
        "extra_roles": ["guardian"],
        **changes,
    }


async def file_referral(worker: StaffBrowser, school: str, **changes: str | list[str]) -> str:
    """File a referral through its form; return the address of its page."""
    answer = await worker.posts("/referrals/new", referral_fields(school, **changes))
    assert answer.status == 303, answer.text
    return answer.leads_to


async def book_visit(psychologist: StaffBrowser, referral: str, **changes: str | list[str]) -> str:
    """Take a referral and book a visit; return the address of the visit's page."""
    taken = await psychologist.posts(f"{referral}/take")
    assert taken.status == 303, taken.text
    booked = await psychologist.posts(f"{referral}/visits", booking_fields(**changes))
    assert booked.status == 303, booked.text
    return booked.leads_to


def id_in(page: Page) -> str:
    """Return the last part of the address that a page leads to."""
    return page.leads_to.partition("#")[0].rpartition("/")[2]


async def filed_referral(site: Site, **changes: str) -> str:
    """Return the address of a referral: filed as above the first time, put there by its rows from then on."""
    return await made_once(
        site.store, ("referral", *changes.items()), lambda: file_referral(site.worker, site.school.id, **changes)
    )


async def taken_referral(site: Site, **changes: str) -> str:
    """Return the address of a referral that the psychologist has taken, made as in :func:`filed_referral`."""

    async def take() -> str:
        referral = await file_referral(site.worker, site.school.id, **changes)
        taken = await site.psychologist.posts(f"{referral}/take")
        assert taken.status == 303, taken.text
        return referral

    return await made_once(site.store, ("taken referral", *changes.items()), take)


async def booked_visit(site: Site, **changes: str) -> tuple[str, str]:
    """Return the addresses of a referral and of its first visit, made as in :func:`filed_referral`."""

    async def book() -> tuple[str, str]:
        referral = await file_referral(site.worker, site.school.id, **changes)
        return referral, await book_visit(site.psychologist, referral)

    return await made_once(site.store, ("booked visit", *changes.items()), book)
