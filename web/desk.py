"""``/desk``: where signing in leads, different for each role."""

from aiohttp import web

from rooms.people.roles import AccountRole
from web.login import require_account
from web.psychologist import desk as psychologist
from web.redirects import see_other
from web.supervisor import desk as supervisor
from web.worker import desk as worker


async def show_desk(request: web.Request) -> web.StreamResponse:
    """Answer with the desk of the signed-in account; an admin's are the open rooms."""
    account = await require_account(request)
    match account.role:
        case AccountRole.SOCIAL_WORKER:
            return await worker.desk_page(request, account)
        case AccountRole.PSYCHOLOGIST:
            return await psychologist.desk_page(request, account)
        case AccountRole.SUPERVISOR:
            return await supervisor.desk_page(request, account)
        case AccountRole.ADMIN:
            return see_other("/admin/rooms")


def add_routes(app: web.Application) -> None:
    """Add the desk."""
    app.router.add_get("/desk", show_desk)
