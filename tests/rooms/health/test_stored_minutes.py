"""The minutes of a visit in the database: written once, read by its two professionals, forgotten in time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from rooms.enforcement import enforce_all
from rooms.errors import NotFoundError
from rooms.health import service
from rooms.health.minutes import RoomMinute
from rooms.health.models import StoredMinute
from rooms.health.samples import Rung
from rooms.ids import VisitId, new_id
from rooms.retention import KEPT_FOR, RetentionClass
from rooms.unit_of_work import Actor, Store
from rooms.visits.models import Visit
from tests.support.cases import Case, add_taken_case
from tests.support.fake_clock import MONDAY, FakeClock
from tests.support.people import add_account

ROOM = Actor.system("signaling")


def minute_of(visit: VisitId, number: int = 0) -> RoomMinute:
    return RoomMinute(
        visit=visit,
        minute=MONDAY + timedelta(minutes=number),
        rung=Rung.VOICE_16,
        figure=74,
        cause="classroom-uplink-weak",
        drops=1,
        rtt_ms=240,
        loss_pct=2.5,
        sent_kb=310,
    )


async def keep(store: Store, *minutes: RoomMinute) -> None:
    async with store.begin(ROOM) as uow:
        await service.record_minutes(uow, minutes)


async def stored(store: Store) -> int:
    async with store.begin(ROOM, reading=True) as uow:
        return (await uow.db.execute(select(func.count()).select_from(StoredMinute))).scalar_one()


@pytest.fixture
async def case(store: Store) -> Case:
    return await add_taken_case(store)


async def test_both_professionals_read_what_was_kept_in_order(store: Store, case: Case) -> None:
    visit = await case.books()
    minutes = [minute_of(visit.id, number) for number in (2, 0, 1)]
    await keep(store, *minutes)
    for acting in (case.as_social_worker, case.as_psychologist):
        async with acting() as uow:
            assert await service.minutes_of(uow, visit.id) == tuple(sorted(minutes, key=lambda kept: kept.minute))


async def test_a_visit_of_other_people_is_not_found(store: Store, case: Case) -> None:
    visit = await case.books()
    stranger = await add_account(store, email="stranger@example.org")
    with pytest.raises(NotFoundError):
        async with store.begin(Actor.account(stranger.id)) as uow:
            await service.minutes_of(uow, visit.id)


async def test_one_unit_takes_the_minutes_of_all_rooms_and_passes_over_unknown_visits(store: Store, case: Case) -> None:
    one, other = await case.books(), await case.books(in_minutes=180)
    await keep(store, minute_of(one.id), minute_of(VisitId(new_id())), minute_of(other.id))
    assert await stored(store) == 2


async def test_a_minute_told_twice_is_the_worse_of_both(store: Store, case: Case) -> None:
    visit = await case.books()
    worse = replace(
        minute_of(visit.id), rung=Rung.CLIPS, figure=20, cause="cut-off", drops=2, rtt_ms=None, loss_pct=9.0, sent_kb=5
    )
    better = replace(minute_of(visit.id), rung=None, figure=None, cause="no-samples", drops=0)
    await keep(store, minute_of(visit.id))
    await keep(store, worse, better)
    async with case.as_psychologist() as uow:
        (kept,) = await service.minutes_of(uow, visit.id)
    assert kept == replace(worse, drops=3, rtt_ms=240, sent_kb=625)


async def test_minutes_are_forgotten_when_measurements_are_and_not_before(
    store: Store,
    case: Case,
    clock: FakeClock,
) -> None:
    visit = await case.books()
    await keep(store, minute_of(visit.id, 0), minute_of(visit.id, 10))
    kept_for = KEPT_FOR[RetentionClass.MEASUREMENT]
    assert kept_for is not None
    clock.move_to(MONDAY + kept_for - timedelta(seconds=1))
    await enforce_all(store)
    assert await stored(store) == 2
    clock.advance(1)
    await enforce_all(store)
    assert await stored(store) == 1


async def test_minutes_go_with_their_visit(store: Store, case: Case) -> None:
    visit = await case.books()
    await keep(store, minute_of(visit.id))
    async with store.begin(ROOM) as uow:
        await uow.db.delete(await uow.db.get_one(Visit, visit.id))
    assert await stored(store) == 0
