"""Runs one server from its first moment to its last: listen, seed or greet, serve, drain, close."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from rooms.clock import SystemClock, use_packaged_zones
from web import keys
from web.app import create_app
from web.jobs import own_jobs
from web.logging import set_up_logging
from web.notify import notify
from web.opening import open_installation
from web.refusals import refusals
from web.settings import SettingsError
from web.terminal import refuse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from web.settings import Settings

    #: Runs before the first request; returns what is to be said once the server can answer.
    Prepare = Callable[[web.Application], Awaitable[Callable[[], None]]]

log = structlog.get_logger(__name__)

BACKLOG = 1024


def run(settings: Settings, prepare: Prepare) -> None:
    """Serve until SIGINT or SIGTERM.

    Ends the process with status 2 and one line for each reason when the server must not start.
    """
    use_packaged_zones()
    set_up_logging(settings.log_level, settings.log_format)
    faults = list(refusals(settings))
    if faults:
        refuse(faults)
    try:
        listener = _listen(settings)
        settings = replace(settings, port=listener.getsockname()[1])
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_serve(settings, listener, prepare))
    except SettingsError as error:
        refuse(error.faults)


def _listen(settings: Settings) -> socket.socket:
    """Take the port first: what follows may take a second, and a taken port should be told at once."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        line = f"can not listen on {settings.host} port {settings.port} ({error.strerror}); choose another with --port"
        raise SettingsError([line]) from None
    return listener


async def _serve(
    settings: Settings,
    listener: socket.socket,
    prepare: Prepare,
) -> None:
    # Key files and migrations use blocking calls; nobody waits for this loop yet.
    store = await asyncio.to_thread(open_installation, settings)
    try:
        app = create_app(settings, store, SystemClock())
        app.cleanup_ctx.append(own_jobs)
        greet = await prepare(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=settings.drain_seconds)
        await runner.setup()
        try:
            await web.SockSite(runner, listener, backlog=BACKLOG).start()
            # What the server is made of stays. To go through it at each full collection kept every room waiting 0.2 s.
            gc.collect()
            gc.freeze()
            stop = _stop_signal()
            notify("READY=1")
            log.info("serving", mode="demo" if settings.demo else "serve", port=settings.port)
            greet()
            await stop.wait()
            app[keys.READINESS].draining = True
            notify("STOPPING=1")
            log.info("stopping")
        finally:
            await runner.cleanup()
    finally:
        await store.close()
    log.info("stopped")


def _stop_signal() -> asyncio.Event:
    """Return an event that the first SIGINT or SIGTERM sets; a second one ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def begin_to_stop() -> None:
        stop.set()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, begin_to_stop)
    return stop
