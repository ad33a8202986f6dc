"""``/healthz`` says that the process lives; ``/readyz`` that it should get traffic. Neither tells anything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from aiohttp import web
from sqlalchemy import text

from rooms import migrations
from rooms.clock import zones_are_current
from rooms.unit_of_work import Actor
from web import keys

if TYPE_CHECKING:
    from rooms.unit_of_work import Store

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Each check by name, true where it holds."""

    checks: dict[str, bool]

    @property
    def is_ready(self) -> bool:
        """Whether every check holds."""
        return all(self.checks.values())


class Readiness:
    """What has to hold before this process takes traffic."""

    def __init__(self, store: Store) -> None:
        self._store = store
        #: Set when the process has begun to stop: it still answers, and asks for no new traffic.
        self.draining = False

    async def check(self) -> Verdict:
        """Look at everything now."""
        database, migrated = await self._look_at_database()
        return Verdict(
            {
                "database": database,
                "migrations": migrated,
                "zones": zones_are_current(),
                "not_draining": not self.draining,
            }
        )

    async def _look_at_database(self) -> tuple[bool, bool]:
        try:
            async with self._store.begin(Actor.system("readiness")) as uow:
                await uow.db.execute(text("SELECT 1"))
                return True, await migrations.is_at_head(uow.db)
        except Exception:  # whatever fails here means: not ready; the probe itself must answer
            log.warning("database not reachable", exc_info=True)
            return False, False


async def serve_alive(_request: web.Request) -> web.Response:
    """Answer that the process lives."""
    return web.Response(text="alive\n")


async def serve_ready(request: web.Request) -> web.Response:
    """Answer 200 when the process should get traffic, else 503 with the names of the checks that fail."""
    verdict = await request.app[keys.READINESS].check()
    if verdict.is_ready:
        return web.Response(text="ready\n")
    failing = ", ".join(name for name, holds in verdict.checks.items() if not holds)
    return web.Response(text=f"not ready: {failing}\n", status=503)


def add_routes(app: web.Application) -> None:
    """Serve ``/healthz`` and ``/readyz``."""
    app.router.add_get("/healthz", serve_alive)
    app.router.add_get("/readyz", serve_ready)
