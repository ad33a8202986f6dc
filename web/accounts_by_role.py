"""All accounts at once, for the few who need to know whether there is one of a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rooms.people import service as people

if TYPE_CHECKING:
    from rooms.people.views import AccountView
    from rooms.unit_of_work import UnitOfWork


async def every_account(uow: UnitOfWork) -> list[AccountView]:
    """Return every account, the newest first, page by page."""
    accounts: list[AccountView] = []
    while page := await people.list_accounts(uow, page=len(accounts) // people.PAGE_SIZE):
        accounts += page
        if len(page) < people.PAGE_SIZE:
            break
    return accounts
