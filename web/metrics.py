"""Prometheus metrics of this process, in a registry of its own.

No label is made from what a user sends: routes are patterns of ours, methods and statuses closed lists. Numbers of
rooms come from the hub when somebody asks.
"""

from __future__ import annotations

import dataclasses
import hmac
import ipaddress
from collections import Counter as Tally
from typing import TYPE_CHECKING

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from rooms.health.samples import CandidateType, ConnectionState, Rung
from rooms.health.verdict import Level, level_of
from rooms.visits.states import RoomState
from signaling.arrivals import Arrivals
from web import keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signaling.dictionaries import LegHealth
    from signaling.room_health import RoomHealth

PATHS = ("direct", "turn", "none")
REQUEST_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """What this process counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._requests = Histogram(
            "wasl_http_request_duration_seconds",
            "Time from request to answer.",
            ("route", "method", "status"),
            buckets=REQUEST_BUCKETS_S,
            registry=self.registry,
        )
        self.joins = Counter(
            "wasl_join_attempts_total",
            "Invitation links and spoken codes tried, by outcome.",
            ("by", "outcome"),
            registry=self.registry,
        )
        self.sign_ins = Counter(
            "wasl_sign_ins_total",
            "Tries to sign in, by outcome.",
            ("outcome",),
            registry=self.registry,
        )
        self.job_runs = Counter(
            "wasl_job_runs_total",
            "Runs of a background job, by outcome.",
            ("job", "outcome"),
            registry=self.registry,
        )
        self._rooms = Gauge(
            "wasl_rooms_open", "Rooms open on this process, by state.", ("state",), registry=self.registry
        )
        self._levels = Gauge(
            "wasl_room_lines",
            "Live rooms on this process, by how well people hear each other.",
            ("level",),
            registry=self.registry,
        )
        self._leg_ends = Gauge(
            "wasl_leg_ends",
            "Ends of connections between browsers, by media path and connection state.",
            ("path", "connection"),
            registry=self.registry,
        )
        self._rungs = Gauge(
            "wasl_rungs",
            "Seats in rooms on this process, by the step of the ladder their device is on.",
            ("rung",),
            registry=self.registry,
        )
        self._arrivals = Counter(
            "wasl_room_arrivals_total",
            "Sockets let into rooms: joined anew, resumed with nothing lost, or returned and had to begin anew.",
            ("how",),
            registry=self.registry,
        )
        self._counted = Tally[str]()
        self._ready = Gauge("wasl_ready", "1 while this process takes traffic.", registry=self.registry)

    def observe_request(self, route: str, method: str, status: int, took_s: float) -> None:
        """Count one answered request."""
        self._requests.labels(route, method, str(status)).observe(took_s)

    def exposition(self, rooms: Sequence[RoomHealth], arrivals: Arrivals, *, ready: bool) -> bytes:
        """Return all metrics in the text format of Prometheus."""
        states = Tally(room.state for room in rooms)
        for state in RoomState:
            self._rooms.labels(state.value).set(states[state])
        levels = Tally(level_of(room.standing.verdict.figure) for room in rooms if room.state is RoomState.LIVE)
        for level in Level:
            self._levels.labels(level.value).set(levels[level])
        self._count_seats(rooms)
        for how, total in dataclasses.asdict(arrivals).items():
            self._arrivals.labels(how).inc(total - self._counted[how])
            self._counted[how] = total
        self._ready.set(ready)
        return generate_latest(self.registry)

    def _count_seats(self, rooms: Sequence[RoomHealth]) -> None:
        legs = [leg for room in rooms for seat in room.seats for _, leg in seat.legs]
        ends = Tally((path_of(leg), leg.connection) for leg in legs)
        for path in PATHS:
            for connection in ConnectionState:
                self._leg_ends.labels(path, connection.value).set(ends[path, connection])
        rungs = Tally(seat.rung for room in rooms for seat in room.seats)
        for rung in Rung:
            self._rungs.labels(rung.value).set(rungs[rung])


def path_of(leg: LegHealth) -> str:
    """Return how the media of one connection goes."""
    if leg.candidate_type is None:
        return "none"
    return "turn" if leg.candidate_type is CandidateType.RELAY else "direct"


async def serve_metrics(request: web.Request) -> web.Response:
    """Answer the scraper: one with the bearer token, or, where none is set, one on this machine."""
    if not may_scrape(request):
        raise web.HTTPNotFound
    hub = request.app.get(keys.HUB)
    rooms, arrivals = ([], Arrivals()) if hub is None else (hub.overview(), hub.arrivals)
    readiness = await request.app[keys.READINESS].check()
    body = request.app[keys.METRICS].exposition(rooms, arrivals, ready=readiness.is_ready)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def may_scrape(request: web.Request) -> bool:
    """Say whether the request may read metrics. A proxied request does not count as local."""
    token = request.app[keys.SETTINGS].metrics_token
    if token:
        given = request.headers.get("Authorization", "").encode()
        return hmac.compare_digest(given, b"Bearer " + token.encode())
    proxied = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not proxied and is_loopback(request.remote)


def is_loopback(address: str | None) -> bool:
    """Say whether a peer's address is this machine."""
    try:
        return address is not None and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def add_routes(app: web.Application) -> None:
    """Serve ``/metrics``."""
    app.router.add_get("/metrics", serve_metrics)
