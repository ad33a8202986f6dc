"""What everybody can read."""

import pytest

from tests.web.pages.conftest import Site


@pytest.mark.parametrize("path", ["/", "/about"])
async def test_a_public_page_opens_for_strangers_and_for_staff(site: Site, path: str) -> None:
    assert (await site.nobody.opens(path)).status == 200
    assert (await site.worker.opens(path)).status == 200


async def test_the_first_page_leads_to_the_code_to_sign_in_and_to_privacy(site: Site) -> None:
    page = await site.nobody.opens("/")
    assert {"/c", "/sign-in", "/about"} <= set(page.links("/[a-z-]*"))


async def test_a_page_that_is_not_there_says_so_kindly(site: Site) -> None:
    page = await site.nobody.opens("/nothing-here")
    assert page.status == 404
    assert page.shows("There is nothing here.")
