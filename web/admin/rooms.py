"""The open rooms of this process, live: how lines and rooms are. No name, no address, no way in."""

from enum import StrEnum
from typing import TypedDict

import msgspec
from aiohttp import web

from rooms.people.roles import AccountRole
from rooms.people.views import AccountView
from rooms.visits.states import ParticipantState, PauseReason, Presence
from signaling.dictionaries import LegHealth
from signaling.room_health import RoomHealth, SeatHealth
from web import dates, keys
from web.admin.contexts import LegLine, RoomLine, RoomsPage
from web.i18n import N_, gettext_of
from web.login import require_account
from web.rendering import render
from web.words import Translate, words_for

#: Who cares for the rooms.
CARERS = (AccountRole.ADMIN, AccountRole.SUPERVISOR)
REASONS = {
    PauseReason.CHILD_ASKED: N_("the child asked for a pause"),
    PauseReason.CLASSROOM_MISSING: N_("the classroom is missing"),
    PauseReason.SOCIAL_WORKER_MISSING: N_("the social worker is missing"),
    PauseReason.PSYCHOLOGIST_MISSING: N_("the psychologist is missing"),
}
AWAY = N_("away")
WAITING = N_("waiting")
NOBODY = N_("nobody")
#: Where nothing is measured yet.
UNKNOWN = "—"


class LegJson(TypedDict):
    """One connection, by the names that ``js/pages/admin-rooms.js`` fills in."""

    between: str
    connection: str
    path: str
    rung: str
    roundTrip: str
    loss: str


class RoomJson(TypedDict):
    """One open room, by the names that ``js/pages/admin-rooms.js`` fills in."""

    number: str
    state: str
    present: str
    since: str
    remarks: str
    legs: list[LegJson]


async def show_rooms(request: web.Request) -> web.Response:
    """Answer with the open rooms as a page, which keeps itself up to date where scripts run."""
    account = await require_account(request, *CARERS)
    return render(request, "admin/rooms.html", overview(request, account))


async def tell_rooms(request: web.Request) -> web.Response:
    """Answer with the same as JSON, in words and numbers that are ready to be shown."""
    account = await require_account(request, *CARERS)
    page = overview(request, account)
    body = {"asOf": page.as_of, "rooms": [room_json(room) for room in page.rooms]}
    return web.Response(body=msgspec.json.encode(body), content_type="application/json")


def overview(request: web.Request, account: AccountView) -> RoomsPage:
    """Return the open rooms in the language of the request, on the reader's clock."""
    now = request.app[keys.CLOCK].now()
    return RoomsPage(
        as_of=f"{dates.clock(now, account.zone, language=request[keys.LANGUAGE])}:{now.second:02}",
        rooms=tuple(room_line(request, account, room) for room in request.app[keys.HUB].overview()),
    )


def room_line(request: web.Request, account: AccountView, room: RoomHealth) -> RoomLine:
    """Return one open room in words."""
    translate = gettext_of(request)
    return RoomLine(
        number=str(room.number),
        state=words_for(room.state, translate),
        present=" · ".join(seat_words(seat, translate) for seat in room.seats) or translate(NOBODY),
        since=dates.clock(room.since, account.zone, language=request[keys.LANGUAGE]),
        remarks=" · ".join(translate(REASONS[reason]) for reason in room.reasons) or UNKNOWN,
        legs=tuple(
            leg_line(seat, roles, leg, translate) for seat in room.seats for roles, leg in seat.legs
        ),
    )


def seat_words(seat: SeatHealth, translate: Translate) -> str:
    """Return a seat's role, and whether its browser is away or still waits to be let in."""
    role = words_for(seat.role, translate)
    if seat.presence is Presence.AWAY:
        return f"{role} ({translate(AWAY)})"
    if seat.state is not ParticipantState.ADMITTED:
        return f"{role} ({translate(WAITING)})"
    return role


def leg_line(seat: SeatHealth, roles: tuple[StrEnum, ...], leg: LegHealth, translate: Translate) -> LegLine:
    """Return what one seat measures on its connection to the other end."""
    others = ", ".join(words_for(role, translate) for role in roles)
    path = UNKNOWN if leg.candidate_type is None else "turn" if leg.candidate_type == "relay" else "direct"
    return LegLine(
        between=f"{words_for(seat.role, translate)} → {others}",
        connection=leg.connection,
        path=path,
        rung=UNKNOWN if seat.rung is None else seat.rung.value,
        round_trip=UNKNOWN if leg.rtt_ms is None else f"{leg.rtt_ms:.0f} ms",
        loss=UNKNOWN if leg.loss_pct is None else f"{leg.loss_pct:.1f} %",
    )


def room_json(room: RoomLine) -> RoomJson:
    """Return one open room by the names that the page's module knows."""
    return RoomJson(
        number=room.number, state=room.state, present=room.present, since=room.since, remarks=room.remarks,
        legs=[
            LegJson(
                between=leg.between, connection=leg.connection, path=leg.path, rung=leg.rung,
                roundTrip=leg.round_trip, loss=leg.loss,
            )
            for leg in room.legs
        ],
    )


def add_routes(app: web.Application) -> None:
    """Add the page of open rooms."""
    app.router.add_get("/admin/rooms", show_rooms)
    app.router.add_get("/admin/rooms.json", tell_rooms)
