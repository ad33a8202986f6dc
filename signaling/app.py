"""Puts the wire into an aiohttp application."""

from aiohttp import web

from rooms.clock import Clock
from rooms.unit_of_work import Store
from signaling.admission_port import AdmissionPort
from signaling.bus import Bus, InProcessBus
from signaling.endpoint import Endpoint
from signaling.hub import Hub
from signaling.settings import SignalingSettings
from signaling.store_admission import StoreAdmission

SOCKET_PATH = "/ws"


def setup(app: web.Application, *, store: Store, settings: SignalingSettings) -> Hub:
    """Serve :data:`SOCKET_PATH` in ``app``, which also ends the rooms when it shuts down. Returns the rooms' hub."""
    return serve_rooms(app, admission=StoreAdmission(store), clock=store.clock, settings=settings)


def serve_rooms(
    app: web.Application,
    *,
    admission: AdmissionPort,
    clock: Clock,
    settings: SignalingSettings,
    bus: Bus | None = None,
) -> Hub:
    """Do what :func:`setup` does, over any stored world and any bus."""
    bus = InProcessBus() if bus is None else bus
    hub = Hub(bus=bus, clock=clock, admission=admission, settings=settings)
    app.router.add_get(SOCKET_PATH, Endpoint(hub).handle)

    async def drain(_: web.Application) -> None:
        await hub.drain()

    async def close(_: web.Application) -> None:
        await bus.close()

    app.on_shutdown.append(drain)
    app.on_cleanup.append(close)
    return hub
