"""``/desk``: where signing in leads, different for each role."""

from aiohttp import web

from rooms.people.roles import AccountRole
from web.login import require_account
from web.psychologist import desk as psychologist
from web.redirects import see_other
from web.worker import desk as worker


async def show_desk(request: web.Request) -> web.StreamResponse:
    """Answer with the desk of the signed-in account; those who care for the rooms have theirs there."""
    account = await require_account(request)
    match account.role:
        case AccountRole.SOCIAL_WORKER:
            return await worker.desk_page(request, account)
        case AccountRole.PSYCHOLOGIST:
            return await psychologist.desk_page(request, account)
        case AccountRole.ADMIN | AccountRole.SUPERVISOR:
            return see_other("/admin/rooms")


def add_routes(app: web.Application) -> None:
    """Add the desk."""
    app.router.add_get("/desk", show_desk)
