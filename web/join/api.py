"""The join API: a link or a code becomes this browser's seat, a second browser waits, a ticket opens one socket."""

from __future__ import annotations

from contextlib import nullcontext
from math import ceil
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from rooms.errors import NotFoundError, RoomError
from rooms.ids import VisitId, is_id
from rooms.people import service as people
from rooms.visits import admission, invitations
from rooms.visits.entrance import Entrance, entrance
from rooms.visits.errors import CodeNotValidError, InvitationNotValidError
from web import keys
from web.join.bodies import ClaimBody, CodeBody, ExchangeBody, TicketBody, read_body
from web.login import (
    NOBODY,
    begin_as_nobody,
    device_secret,
    login_secret,
    new_device_secret,
    set_device_cookie,
)
from web.rate_limits import CODES, LINKS, FailureLimit, address_of
from web.settings import turn_settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from rooms.unit_of_work import UnitOfWork
    from rooms.visits.views import Exchange

    Take = Callable[[UnitOfWork, str, str], Awaitable[Exchange]]


async def exchange_link(request: web.Request) -> web.Response:
    """``POST /api/join/exchange``: give the seat of a link to this browser."""
    body = await read_body(request, ExchangeBody)
    return await _exchange(request, invitations.exchange, body.secret, LINKS, body.meeting)


async def exchange_code(request: web.Request) -> web.Response:
    """``POST /api/join/code``: the same for a spoken code."""
    body = await read_body(request, CodeBody)
    return await _exchange(request, invitations.exchange_code, body.code, CODES)


async def _exchange(
    request: web.Request, take: Take, shown: str, limit: FailureLimit, meeting: str | None = None
) -> web.Response:
    """Try what was shown, and count the failures.

    A good link is never held back. A code is not even looked at while its limit is reached: eight digits could be found
    by trying, if a try cost nothing but the wrong answer.
    """
    device = device_secret(request) or new_device_secret()
    limits, joins, address = request.app[keys.RATE_LIMITS], request.app[keys.METRICS].joins, address_of(request)
    try:
        with limits.trying(limit, address) if limit is CODES else nullcontext():
            try:
                async with begin_as_nobody(request) as uow:
                    taken = await take(uow, shown, device)
            except CodeNotValidError:
                limits.count_failure(limit, address)
                raise
    except InvitationNotValidError as error:
        joins.labels(limit.name, "refused").inc()
        limits.check(limit, address)
        limits.count_failure(limit, address)
        raise error from None
    except RoomError:
        joins.labels(limit.name, "refused").inc()
        raise
    joins.labels(limit.name, taken.outcome.value).inc()
    answer: dict[str, object] = {"visit": taken.visit, "role": taken.role, "outcome": taken.outcome}
    if taken.claim is not None:
        answer["claim"] = taken.claim
        request.app[keys.HUB].claim_made(taken.visit, taken.claim, taken.participant, taken.role)
    else:
        answer["entrance"] = await _entrance_if_open(request, taken.visit, device, meeting)
    response = json_response(answer)
    set_device_cookie(response, device)
    return response


async def _entrance_if_open(
    request: web.Request, visit: VisitId, device: str, meeting: str | None
) -> dict[str, object] | None:
    """Return the first ticket with the seat: on a thin line every round trip is heard. None where it is refused.

    The page then asks for the ticket by itself and is told why.
    """
    try:
        return await _entrance(request, visit, device, meeting)
    except RoomError:
        return None


async def tell_claim(request: web.Request) -> web.Response:
    """``POST /api/join/claim``: tell the second browser what the adults have decided."""
    body = await read_body(request, ClaimBody)
    device = device_secret(request)
    if device is None or not is_id(body.claim):
        raise NotFoundError
    async with request.app[keys.STORE].begin(NOBODY, reading=True) as uow:
        return json_response({"state": await admission.claim_state(uow, body.claim, device)})


async def give_ticket(request: web.Request) -> web.Response:
    """``POST /api/visits/{visit}/ticket``: a ticket for the seats of this browser and of whoever is signed in here."""
    body = await read_body(request, TicketBody)
    visit, device, login = request.match_info["visit"], device_secret(request), login_secret(request)
    if not is_id(visit) or (device is None and login is None):
        raise NotFoundError
    return json_response(await _entrance(request, VisitId(visit), device, body.meeting))


async def _entrance(request: web.Request, visit: VisitId, device: str | None, meeting: str | None) -> dict[str, object]:
    login = login_secret(request)
    async with begin_as_nobody(request) as uow:
        account = None if login is None else await people.resolve_login(uow, login)
        entered = await entrance(uow, visit, device=device, account=None if account is None else account.id)
    if meeting is not None:
        request.app[keys.HUB].meetings.bring(meeting, entered.ticket)
    return _entrance_fields(request, entered)


def _entrance_fields(request: web.Request, entered: Entrance) -> dict[str, object]:
    settings, now = request.app[keys.SETTINGS], request.app[keys.CLOCK].now()
    return {
        "ticket": entered.ticket,
        "socket": "/ws",
        "visit": entered.visit,
        "participants": [{"participant": seat.participant, "role": seat.role} for seat in entered.seats],
        "composition": entered.composition,
        "startsAt": entered.starts_at,
        "endsAt": entered.ends_at,
        "closesAt": entered.closes_at,
        "now": now,
        "opensInS": max(0, ceil((entered.opens_at - now).total_seconds())),
        "iceServersConfigured": turn_settings(settings) is not None,
        "help": {"contactName": entered.help.contact_name, "phones": entered.help.phones},
        "language": request[keys.LANGUAGE],
    }


def json_response(fields: Mapping[str, object]) -> web.Response:
    """Answer with JSON; instants are written as RFC 3339 does."""
    return web.Response(body=msgspec.json.encode(fields), content_type="application/json")


def add_routes(app: web.Application) -> None:
    """Add the join API."""
    app.router.add_post("/api/join/exchange", exchange_link)
    app.router.add_post("/api/join/code", exchange_code)
    app.router.add_post("/api/join/claim", tell_claim)
    app.router.add_post("/api/visits/{visit}/ticket", give_ticket)
