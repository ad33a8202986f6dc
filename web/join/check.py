"""The check of camera, microphone, sound and line: from the classroom, or the day before by the social worker alone.

The page is the same for everybody and asks nothing of the database. What costs this server something (a peer, a
relay's credential) is given only to those who belong to a visit: by login, by the device cookie, or by the secret of a
link, which is recognised and not spent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web
from limits import parse

from rooms.health.forecast import VISIT_MINUTES, LineReading, forecast
from rooms.people import service as people
from rooms.visits import recognition
from rooms.visits.errors import InvitationNotValidError
from web import keys
from web.errors import TooManyTriesError
from web.i18n import gettext_of
from web.join.api import json_response
from web.join.bodies import ForecastBody, PermitBody, read_body
from web.join.check_strings import check_strings
from web.login import begin_as_nobody, current_account, device_secret, login_secret
from web.rate_limits import LINKS, FailureLimit, address_of
from web.rendering import render

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Checks of one browser and from one address; a whole school may sit behind one.
CHECKS_OF_BROWSER = FailureLimit("check-browser", parse("8/10 minutes"), parse("2000/hour"), 120)
CHECKS_FROM_ADDRESS = FailureLimit("check-address", parse("40/10 minutes"), parse("2000/hour"), 120)
#: The longest check, after which a place is free again.
RETRY_WHEN_FULL_S = 20


@dataclass(frozen=True, slots=True)
class CheckContext:
    """Context of ``join/check.html``. ``strings`` are the sentences of its script, by key."""

    strings: Mapping[str, str]
    minutes: int = VISIT_MINUTES


async def show_check(request: web.Request) -> web.StreamResponse:
    """Answer with the page of the check."""
    await current_account(request)
    response = render(request, "join/check.html", CheckContext(check_strings(gettext_of(request))))
    response.headers["Cache-Control"] = "private, no-store"
    return response


async def begin_check(request: web.Request) -> web.Response:
    """``POST /api/check/begin``: let this browser measure its line once.

    Answers with the permit for the socket and with ICE servers. ``check-not-yours`` (an invitation that is not valid)
    for whoever belongs to no visit; ``too-many-tries`` with the seconds to wait where a cap is reached.
    """
    body = await read_body(request, PermitBody)
    limits, address = request.app[keys.RATE_LIMITS], address_of(request)
    limits.check(CHECKS_FROM_ADDRESS, address)
    browser = await _recognise(request, body.secret)
    limits.check(CHECKS_OF_BROWSER, browser)
    checks = request.app[keys.LINK_CHECKS]
    if checks.is_full(browser):
        raise TooManyTriesError(retry_after_s=RETRY_WHEN_FULL_S)
    limits.count_failure(CHECKS_OF_BROWSER, browser)
    limits.count_failure(CHECKS_FROM_ADDRESS, address)
    permit, ice_servers = checks.permit(browser)
    return json_response(
        {"permit": permit, "iceServers": () if ice_servers is None else msgspec.to_builtins(ice_servers.servers)}
    )


async def _recognise(request: web.Request, secret: str | None) -> str:
    """Return a name for who asks. Raises :class:`InvitationNotValidError` for strangers, and counts wrong links."""
    limits, address = request.app[keys.RATE_LIMITS], address_of(request)
    limits.check(LINKS, address)
    device, login = device_secret(request), login_secret(request)
    async with begin_as_nobody(request) as uow:
        account = None if login is None else await people.resolve_login(uow, login)
        if account is not None:
            return f"account\0{account.id}"
        seat = None if device is None else await recognition.seat_of_browser(uow, device)
        if seat is None and secret is not None:
            try:
                seat = await recognition.seat_of_link(uow, secret)
            except InvitationNotValidError:
                limits.count_failure(LINKS, address)
                raise
    if seat is None:
        raise InvitationNotValidError
    return f"seat\0{seat}"


async def tell_forecast(request: web.Request) -> web.Response:
    """``POST /api/check/forecast``: one instruction, the rung to expect and the megabytes. Keeps nothing."""
    body = await read_body(request, ForecastBody)
    reading = LineReading(
        path=body.path,
        up_kbps=body.up_kbps,
        down_kbps=body.down_kbps,
        rtt_ms=body.rtt_ms,
        jitter_ms=body.jitter_ms,
        loss_up_pct=body.loss_up_pct,
        loss_down_pct=body.loss_down_pct,
    )
    told = forecast(reading, camera=body.camera, microphone=body.microphone, speaker=body.speaker)
    return json_response({"instruction": told.instruction, "rung": told.rung, "megabytes": told.megabytes})


def add_routes(app: web.Application) -> None:
    """Add the check."""
    app.router.add_get("/check", show_check)
    app.router.add_post("/api/check/begin", begin_check)
    app.router.add_post("/api/check/forecast", tell_forecast)
