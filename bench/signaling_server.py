"""The measured side of ``bench/signaling.py``: the real application in a process of its own, with N booked visits.

The parent asks over a pipe for processor time and memory. ``MemoryAdmission`` stands in for the database where the wire
alone is to be measured: tickets are then plain words and nothing is stored.
"""

import asyncio
import gc
import logging
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import structlog
from aiohttp import web

from rooms.clock import SystemClock, to_wall, use_packaged_zones
from rooms.health.minutes import RoomMinute
from rooms.ids import ParticipantId, ReferralId, SchoolId, VisitId, new_id
from rooms.people import service as people
from rooms.people.roles import AccountRole, PageLanguage
from rooms.referrals import service as referrals
from rooms.referrals.choices import AgeBand, ConsentRelation, ConsentScope, Language, Need, Urgency
from rooms.referrals.views import ConsentForm, ReferralForm
from rooms.roles import Composition, Role
from rooms.unit_of_work import Actor, Store
from rooms.visits import invitations, schedule
from rooms.visits.events import RoomEvent
from rooms.visits.plan import RoomPlan, SeatPlan
from rooms.visits.views import ClaimView, SeatGrant, WindowRule
from signaling.app import serve_rooms
from signaling.settings import SignalingSettings
from web.app import create_app
from web.opening import open_installation
from web.settings import Settings

ZONE = "Africa/Casablanca"
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
SETUP = Actor.system("bench")


@dataclass(frozen=True, slots=True)
class Keyring:
    """How the three people of one room come in: two links and a login, or, without a database, three tickets."""

    visit: str
    classroom: str
    social_worker: str
    psychologist: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Processor seconds (user and system) of the server so far, and its resident bytes.

    ``until_s`` ends what went before, ``from_s`` begins what comes: between them lies the reading's own tidying up.
    """

    until_s: float
    from_s: float
    resident_bytes: int


class MemoryAdmission:
    """A stored world that costs nothing."""

    def __init__(self) -> None:
        self._plans: dict[VisitId, RoomPlan] = {}
        self._tickets: dict[str, SeatGrant] = {}

    def book(self) -> Keyring:
        """Book a visit that is open now, with one ticket for each seat."""
        now = SystemClock().now()
        roles = (Role.CLASSROOM, Role.SOCIAL_WORKER, Role.PSYCHOLOGIST)
        plan = RoomPlan(
            visit=VisitId(new_id()),
            referral=ReferralId(new_id()),
            composition=Composition.ACCOMPANIED,
            seats=tuple(SeatPlan(ParticipantId(new_id()), role) for role in roles),
            starts_at=now,
            ends_at=now + timedelta(hours=1),
            closes_at=now + timedelta(hours=2),
        )
        self._plans[plan.visit] = plan
        tickets = []
        for seat in plan.seats:
            tickets.append(new_id())
            actor = Actor.participant(seat.participant)
            self._tickets[tickets[-1]] = SeatGrant(visit=plan.visit, participants=(seat,), actor=actor)
        return Keyring(plan.visit, *tickets)

    def visit_of(self, ticket: str) -> VisitId:
        """Return which visit the word is for."""
        return self._tickets[ticket].visit

    async def spend_ticket(self, ticket: str) -> SeatGrant:
        """Return what the word opens."""
        return self._tickets.pop(ticket)

    async def open_room(self, visit: VisitId) -> RoomPlan:
        """Return the plan."""
        return self._plans.pop(visit)

    async def record_room_events(self, visit: VisitId, events: Sequence[RoomEvent]) -> None:
        """Forget them."""

    async def record_minutes(self, minutes: Sequence[RoomMinute]) -> None:
        """Forget them."""

    async def waiting_claims(self, visit: VisitId) -> Sequence[ClaimView]:  # noqa: ARG002 (of the port)
        """Return none."""
        return ()

    async def settle_claim(self, actor: Actor, visit: VisitId, claim: str, *, admit: bool) -> ParticipantId:
        """Nobody claims."""
        raise NotImplementedError


def serve(pipe: Connection, folder: str, rooms: int, *, with_database: bool, with_uvloop: bool) -> None:
    """Run in the child process until the parent says stop."""
    use_packaged_zones()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if with_uvloop:
        import uvloop  # noqa: PLC0415 (optional)

        uvloop.run(_serve(pipe, Path(folder), rooms, with_database=with_database))
    else:
        asyncio.run(_serve(pipe, Path(folder), rooms, with_database=with_database))


async def _serve(pipe: Connection, folder: Path, rooms: int, *, with_database: bool) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    port = listener.getsockname()[1]
    store: Store | None = None
    if with_database:
        settings = Settings(data=folder, port=port)
        store = open_installation(settings)
        app, origin = create_app(settings, store, SystemClock()), settings.origin
        keyrings = await _book(store, rooms)
    else:
        admission = MemoryAdmission()
        app, origin = web.Application(), f"http://127.0.0.1:{port}"
        wire = SignalingSettings(allowed_origins=frozenset({origin}))
        serve_rooms(app, admission=admission, clock=SystemClock(), settings=wire)
        keyrings = [admission.book() for _ in range(rooms)]
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.SockSite(runner, listener, backlog=1024).start()
    stopped = asyncio.Event()

    def answer() -> None:
        if pipe.recv() == "stop":
            stopped.set()
            return
        until_s = time.process_time()
        gc.collect()
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES
        pipe.send(Reading(until_s, time.process_time(), resident))

    asyncio.get_running_loop().add_reader(pipe.fileno(), answer)
    pipe.send((origin, keyrings))
    await stopped.wait()
    await runner.cleanup()
    if store is not None:
        await store.close()


async def _book(store: Store, rooms: int) -> list[Keyring]:
    """Book ``rooms`` visits that are open now, each with a psychologist of its own, through the real services."""
    async with store.begin(SETUP) as uow:
        school = await people.create_school(
            uow, name="Bench", zone=ZONE, phone="5550", contact_name="Bench", help_contacts=()
        )
    return [await _book_one(store, school.id, number) for number in range(rooms)]


async def _book_one(store: Store, school: SchoolId, number: int) -> Keyring:
    async with store.begin(SETUP) as uow:
        worker, psychologist = [
            await people.create_account(
                uow,
                role=role,
                email=f"{role}-{number}@bench.example",
                name="Bench",
                language=PageLanguage.FRENCH,
                zone=ZONE,
            )
            for role in (AccountRole.SOCIAL_WORKER, AccountRole.PSYCHOLOGIST)
        ]
        today = to_wall(uow.now, ZONE).date()
        login = await people.sign_in_without_password(uow, psychologist.id)
    form = ReferralForm(
        pseudonym="Bench",
        age_band=AgeBand.FROM_9_TO_11,
        languages=frozenset({Language.DARIJA}),
        school_id=school,
        need=Need.FEAR_OR_WORRY,
        urgency=Urgency.SOON,
        tried="-",
        strengths="-",
        wish="-",
        consent=ConsentForm(
            relation=ConsentRelation.MOTHER,
            given_on=today,
            text_version="2026-1",
            scope=frozenset({ConsentScope.VISITS}),
            language=Language.DARIJA,
        ),
    )
    async with store.begin(Actor.account(worker.id)) as uow:
        referral = await referrals.file_referral(uow, form)
    async with store.begin(Actor.account(psychologist.id)) as uow:
        await referrals.take_referral(uow, referral)
        visit = await schedule.book_visit(
            uow,
            referral,
            wall_start=to_wall(uow.now, ZONE).replace(second=0, microsecond=0),
            zone=ZONE,
            minutes=60,
            composition=Composition.ACCOMPANIED,
            extra_roles=frozenset(),
            window=WindowRule(before_s=900, after_s=7200),
        )
    async with store.begin(Actor.account(worker.id)) as uow:
        links = [await invitations.card(uow, visit.id, role) for role in (Role.CLASSROOM, Role.SOCIAL_WORKER)]
    return Keyring(visit.id, links[0].secret, links[1].secret, login)
