"""Work in the background, owned by the application: it starts and ends with it.

Every job may run at any time and any number of times, on several servers at once: each run is one unit of work that
changes only what is due.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from rooms.enforcement import enforce_all
from rooms.unit_of_work import Actor
from rooms.visits.schedule import rederive_instants
from rooms.visits.upkeep import sweep
from web import keys

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from aiohttp import web

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Something that is done every ``period_s`` seconds, the first time at once."""

    name: str
    period_s: float
    run: Callable[[web.Application], Awaitable[None]]


async def sweep_visits(app: web.Application) -> None:
    """Close the visits that are past their window, and their rooms."""
    async with app[keys.STORE].begin(Actor.system("sweep")) as uow:
        swept = await sweep(uow)
    for visit in (*swept.completed, *swept.missed, *swept.expired):
        app[keys.HUB].close_visit(visit, "hard-end")
    if swept.completed or swept.missed or swept.expired:
        counts = {"completed": len(swept.completed), "missed": len(swept.missed), "expired": len(swept.expired)}
        log.info("visits swept", **counts)


async def move_visits(app: web.Application) -> None:
    """Derive the instants of coming visits anew: the time-zone data may have changed since the last start."""
    async with app[keys.STORE].begin(Actor.system("zones")) as uow:
        moved = await rederive_instants(uow)
    if moved:
        log.warning("visits moved by new time-zone data", count=len(moved))


async def retain(app: web.Application) -> None:
    """Delete what has been kept as long as its retention class says."""
    erased = await enforce_all(app[keys.STORE])
    log.info("retention enforced", count=erased)


async def keep_running(app: web.Application, job: Job) -> None:
    """Run a job for ever. A run that fails is told and tried again at its next time."""
    while True:
        outcome = "failed"
        try:
            await job.run(app)
            outcome = "done"
        except asyncio.CancelledError:
            raise
        except Exception:  # a job must outlive a bad day of the database
            log.exception("job failed", job=job.name)
        app[keys.METRICS].job_runs.labels(job.name, outcome).inc()
        await asyncio.sleep(job.period_s)


async def own_jobs(app: web.Application) -> AsyncIterator[None]:
    """Start all jobs with the application and end them before the store closes (a ``cleanup_ctx``)."""
    settings = app[keys.SETTINGS]
    jobs = (
        Job("zones", 24 * 3600, move_visits),
        Job("sweep", settings.sweep_seconds, sweep_visits),
        Job("retention", settings.retention_hours * 3600, retain),
    )
    tasks = [asyncio.create_task(keep_running(app, job), name=f"job {job.name}") for job in jobs]
    yield
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
