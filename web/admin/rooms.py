"""The open rooms of this process, live: how lines and rooms are. No name, no address, no way in."""

from collections.abc import Iterable
from typing import TypedDict

import msgspec
from aiohttp import web

from rooms.health.samples import CandidateType
from rooms.health.verdict import level_of
from rooms.people.roles import AccountRole
from rooms.people.views import AccountView
from rooms.roles import Role
from rooms.visits.states import ParticipantState, Presence
from signaling.dictionaries import LegHealth
from signaling.room_health import RoomHealth, SeatHealth
from web import dates, keys
from web.admin.contexts import LegLine, RoomLine, RoomsPage, SeatLine
from web.i18n import N_, gettext_of
from web.line_words import CONNECTIONS, LEVELS, PATHS, Path, cause_sentence, rung_words
from web.login import require_account
from web.rendering import render
from web.words import Translate, words_for

#: Who cares for the rooms.
CARERS = (AccountRole.ADMIN, AccountRole.SUPERVISOR)
AWAY = N_("away")
WAITING = N_("waiting")
#: Where nothing is measured yet.
UNKNOWN = "—"


class LegJson(TypedDict):
    """One end of one connection, by the names that ``js/pages/admin-rooms.js`` fills in."""

    between: str
    connection: str
    path: str
    roundTrip: str
    loss: str
    invented: str
    rate: str


class SeatJson(TypedDict):
    """One seat, by the names that ``js/pages/admin-rooms.js`` fills in."""

    role: str
    rung: str


class RoomJson(TypedDict):
    """One open room, by the names that ``js/pages/admin-rooms.js`` fills in."""

    number: str
    state: str
    level: str
    figure: str
    sentence: str
    path: str
    rung: str
    roundTrip: str
    loss: str
    since: str
    seats: list[SeatJson]
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
    translate, language = gettext_of(request), request[keys.LANGUAGE]
    standing, verdict = room.standing, room.standing.verdict
    level = level_of(verdict.figure)
    legs = [leg for seat in room.seats for _, leg in seat.legs]
    return RoomLine(
        number=str(room.number),
        state=words_for(room.state, translate),
        level=level.value,
        figure=" ".join([translate(LEVELS[level]), *([] if verdict.figure is None else [str(verdict.figure)])]),
        sentence=cause_sentence(
            verdict.cause,
            verdict.role,
            verdict.rung,
            translate,
            cause_since=dates.clock(standing.cause_since, account.zone, language=language),
            rung_since=dates.clock(standing.rung_since, account.zone, language=language),
        ),
        path=path_words(legs, translate),
        rung=UNKNOWN if verdict.rung is None else rung_words(verdict.rung, translate),
        round_trip=milliseconds(max((leg.rtt_ms for leg in legs if leg.rtt_ms is not None), default=None)),
        loss=percent(max((leg.loss_pct for leg in legs if leg.loss_pct is not None), default=None)),
        since=dates.clock(room.since, account.zone, language=language),
        seats=tuple(seat_line(seat, translate) for seat in room.seats),
        legs=tuple(leg_line(seat, roles, leg, translate) for seat in room.seats for roles, leg in seat.legs),
    )


def seat_line(seat: SeatHealth, translate: Translate) -> SeatLine:
    """Return a seat's role, whether its browser is away or still waits to be let in, and its rung."""
    role = words_for(seat.role, translate)
    if seat.presence is Presence.AWAY:
        role = f"{role} ({translate(AWAY)})"
    elif seat.state is not ParticipantState.ADMITTED:
        role = f"{role} ({translate(WAITING)})"
    return SeatLine(role=role, rung=UNKNOWN if seat.rung is None else rung_words(seat.rung, translate))


def leg_line(seat: SeatHealth, roles: tuple[Role, ...], leg: LegHealth, translate: Translate) -> LegLine:
    """Return what one seat measures on its connection to the other end."""
    others = ", ".join(words_for(role, translate) for role in roles)
    rates = [UNKNOWN if rate is None else str(rate) for rate in (leg.kbps_in, leg.kbps_out)]
    return LegLine(
        between=f"{words_for(seat.role, translate)} — {others}",
        connection=translate(CONNECTIONS[leg.connection]),
        path=path_words([leg], translate),
        round_trip=milliseconds(leg.rtt_ms),
        loss=percent(leg.loss_pct),
        invented=percent(leg.invented_pct),
        rate=" / ".join(rates),
    )


def path_words(legs: Iterable[LegHealth], translate: Translate) -> str:
    """Return how the media of some connections goes."""
    types = {leg.candidate_type for leg in legs if leg.candidate_type is not None}
    if not types:
        return UNKNOWN
    if CandidateType.RELAY not in types:
        return translate(PATHS[Path.DIRECT])
    return translate(PATHS[Path.TURN if len(types) == 1 else Path.MIXED])


def milliseconds(value: float | None) -> str:
    """Return a length of time with its unit."""
    return UNKNOWN if value is None else f"{value:.0f} ms"


def percent(value: float | None) -> str:
    """Return a share with its unit."""
    return UNKNOWN if value is None else f"{value:.1f} %"


def room_json(room: RoomLine) -> RoomJson:
    """Return one open room by the names that the page's module knows."""
    return RoomJson(
        number=room.number,
        state=room.state,
        level=room.level,
        figure=room.figure,
        sentence=room.sentence,
        path=room.path,
        rung=room.rung,
        roundTrip=room.round_trip,
        loss=room.loss,
        since=room.since,
        seats=[SeatJson(role=seat.role, rung=seat.rung) for seat in room.seats],
        legs=[
            LegJson(
                between=leg.between,
                connection=leg.connection,
                path=leg.path,
                roundTrip=leg.round_trip,
                loss=leg.loss,
                invented=leg.invented,
                rate=leg.rate,
            )
            for leg in room.legs
        ],
    )


def add_routes(app: web.Application) -> None:
    """Add the page of open rooms."""
    app.router.add_get("/admin/rooms", show_rooms)
    app.router.add_get("/admin/rooms.json", tell_rooms)
