"""Prometheus metrics of this process, in a registry of its own.

No label is made from what a user sends: routes are patterns of ours, methods and statuses closed lists. Numbers of
rooms come from the hub when somebody asks.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections import Counter as Tally

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from rooms.visits.states import RoomState
from web import keys

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
        self._ready = Gauge("wasl_ready", "1 while this process takes traffic.", registry=self.registry)

    def observe_request(self, route: str, method: str, status: int, took_s: float) -> None:
        """Count one answered request."""
        self._requests.labels(route, method, str(status)).observe(took_s)

    def exposition(self, room_states: list[RoomState], *, ready: bool) -> bytes:
        """Return all metrics in the text format of Prometheus."""
        tally = Tally(room_states)
        for state in RoomState:
            self._rooms.labels(state.value).set(tally[state])
        self._ready.set(ready)
        return generate_latest(self.registry)


async def serve_metrics(request: web.Request) -> web.Response:
    """Answer the scraper: one with the bearer token, or, where none is set, one on this machine."""
    if not may_scrape(request):
        raise web.HTTPNotFound
    hub = request.app.get(keys.HUB)
    states = [] if hub is None else [RoomState(room.state) for room in hub.overview()]
    readiness = await request.app[keys.READINESS].check()
    body = request.app[keys.METRICS].exposition(states, ready=readiness.is_ready)
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
