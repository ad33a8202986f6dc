"""Booking, moving and cancelling visits: rules, windows, and what the time-zone data changes and does not."""

import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest

from rooms.clock import use_packaged_zones
from rooms.errors import InvalidInputError, NotAllowedError, NotFoundError, WrongStateError
from rooms.people.roles import AccountRole
from rooms.referrals import service as referrals
from rooms.referrals.choices import ConsentScope, ExitReason
from rooms.referrals.errors import ConsentMissingError
from rooms.roles import Composition, Role
from rooms.unit_of_work import Actor
from rooms.visits import admission, schedule
from rooms.visits.errors import OverlapError
from rooms.visits.events import DoorOpened
from rooms.visits.states import VisitState
from rooms.visits.views import WindowRule
from tests.support.cases import ZONE, add_case, add_taken_case, audit_tags, wall, wall_in
from tests.support.people import add_account

SYSTEM = Actor.system("test")


async def test_a_booked_visit_has_its_instants_its_window_and_a_seat_for_each_role(store, clock):
    case = await add_taken_case(store)
    visit = await case.books(in_minutes=60, minutes=45, extra_roles=frozenset({Role.GUARDIAN}))
    now = clock.now()
    assert visit.state is VisitState.SCHEDULED
    assert (visit.wall_start, visit.zone) == (wall_in(now, 60), ZONE)
    assert visit.starts_at == now + timedelta(minutes=60)
    assert visit.ends_at == now + timedelta(minutes=105)
    assert visit.opens_at == now + timedelta(minutes=45)
    assert visit.closes_at == now + timedelta(minutes=120)
    assert {seat.role: seat.account for seat in visit.seats} == {
        Role.CLASSROOM: None,
        Role.GUARDIAN: None,
        Role.SOCIAL_WORKER: case.social_worker,
        Role.PSYCHOLOGIST: case.psychologist,
    }
    assert visit.pseudonym == "Nour"


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"minutes": 14}, {"minutes": "out-of-range"}),
        ({"minutes": 121}, {"minutes": "out-of-range"}),
        ({"zone": "Africa/Nowhere"}, {"zone": "unknown"}),
        ({"zone": "../../etc/passwd"}, {"zone": "unknown"}),
        ({"zone": ""}, {"zone": "unknown"}),
        ({"wall_start": datetime(2026, 11, 23, 10, tzinfo=UTC)}, {"wall_start": "not-a-wall-time"}),
        ({"wall_start": wall("2026-11-23T08:44")}, {"wall_start": "past"}),
        ({"wall_start": wall("2027-12-01T10:00")}, {"wall_start": "too-far"}),
        ({"wall_start": wall("9999-12-31T23:59")}, {"wall_start": "too-far"}),
        ({"wall_start": wall("2027-03-28T02:30"), "zone": "Europe/Paris"}, {"wall_start": "skipped-hour"}),
        ({"extra_roles": frozenset({Role.SUPERVISOR})}, {"extra_roles": "not-invitable"}),
    ],
)
async def test_a_booking_that_can_not_be_is_refused_by_field(store, changes, faults):
    case = await add_taken_case(store)
    booking = {"wall_start": wall("2026-11-23T10:00"), "zone": ZONE, "minutes": 45} | changes
    with pytest.raises(InvalidInputError) as refused:
        async with case.as_psychologist() as uow:
            await schedule.book_visit(uow, case.referral, **booking)
    assert refused.value.fields == faults


@pytest.mark.parametrize("minutes", [15, 120])
async def test_the_shortest_and_the_longest_visit_are_booked(store, minutes):
    case = await add_taken_case(store)
    assert (await case.books(minutes=minutes)).minutes == minutes


async def test_a_repeated_hour_means_its_first_passing(store):
    case = await add_taken_case(store)
    async with case.as_psychologist() as uow:
        visit = await schedule.book_visit(
            uow, case.referral, wall_start=wall("2027-10-31T02:30"), zone="Europe/Paris", minutes=30
        )
    assert visit.starts_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


async def test_a_visit_keeps_its_wall_time_across_a_summer_time_change(store):
    case = await add_taken_case(store)
    starts = []
    for day in (27, 28):
        async with case.as_psychologist() as uow:
            visit = await schedule.book_visit(
                uow, case.referral, wall_start=wall(f"2027-03-{day}T10:00"), zone="Europe/Paris", minutes=30
            )
        starts.append(visit.starts_at)
    assert starts == [datetime(2027, 3, 27, 9, tzinfo=UTC), datetime(2027, 3, 28, 8, tzinfo=UTC)]


async def test_only_the_psychologist_who_cares_for_the_child_books(store):
    case = await add_taken_case(store)
    other = await add_account(store, AccountRole.PSYCHOLOGIST, email="other@example.org")
    booking = {"wall_start": wall("2026-11-23T10:00"), "zone": ZONE, "minutes": 45}
    with pytest.raises(NotAllowedError):
        async with case.as_social_worker() as uow:
            await schedule.book_visit(uow, case.referral, **booking)
    with pytest.raises(NotFoundError):
        async with store.begin(Actor.account(other.id)) as uow:
            await schedule.book_visit(uow, case.referral, **booking)


async def test_two_visits_of_one_psychologist_may_touch_but_not_overlap(store):
    case = await add_taken_case(store)
    first = await case.books(in_minutes=60, minutes=45)
    for in_minutes, minutes in ((60, 45), (46, 15), (104, 15), (45, 120)):
        with pytest.raises(OverlapError):
            await case.books(in_minutes=in_minutes, minutes=minutes)
    await case.books(in_minutes=45, minutes=15)
    await case.books(in_minutes=105, minutes=15)
    async with case.as_psychologist() as uow:
        await schedule.cancel_visit(uow, first.id)
    await case.books(in_minutes=60, minutes=45)


async def test_one_to_one_needs_the_guardians_consent_to_it(store):
    case = await add_taken_case(store, scope=frozenset({ConsentScope.VISITS}))
    with pytest.raises(ConsentMissingError) as refused:
        await case.books(composition=Composition.ONE_TO_ONE)
    assert refused.value.facts == {"scope": "one_to_one"}
    assert (await case.books()).composition is Composition.ACCOMPANIED


async def test_one_to_one_is_booked_with_consent(store):
    case = await add_taken_case(store)
    assert (await case.books(composition=Composition.ONE_TO_ONE)).composition is Composition.ONE_TO_ONE


@pytest.mark.parametrize("end", ["closed", "withdrawn"])
async def test_no_visit_is_booked_after_the_end_of_a_path(store, end):
    case = await add_taken_case(store)
    async with case.as_psychologist() as uow:
        if end == "closed":
            await referrals.close_referral(uow, case.referral, ExitReason.GOALS_REACHED)
        else:
            await referrals.withdraw_consent(uow, case.referral)
    with pytest.raises(WrongStateError):
        await case.books()


async def test_a_moved_visit_takes_its_window_along(store):
    case = await add_taken_case(store)
    visit = await case.books(in_minutes=60)
    async with case.as_social_worker() as uow:
        moved = await schedule.reschedule_visit(uow, visit.id, wall_start=wall_in(uow.now, 1500), zone=ZONE, minutes=30)
    assert moved.starts_at - visit.starts_at == timedelta(minutes=1440)
    assert moved.opens_at == moved.starts_at - timedelta(minutes=15)
    assert moved.closes_at == moved.starts_at + timedelta(minutes=45)
    assert moved.seats == visit.seats


async def test_a_visit_may_move_over_its_own_old_time_but_not_over_another(store):
    case = await add_taken_case(store)
    visit = await case.books(in_minutes=60)
    await case.books(in_minutes=200)
    async with case.as_psychologist() as uow:
        await schedule.reschedule_visit(uow, visit.id, wall_start=wall_in(uow.now, 75), zone=ZONE)
    with pytest.raises(OverlapError):
        async with case.as_psychologist() as uow:
            await schedule.reschedule_visit(uow, visit.id, wall_start=wall_in(uow.now, 190), zone=ZONE)


async def test_a_visit_whose_link_was_tried_early_can_still_move_but_not_after_the_door_has_opened(store, clock):
    case = await add_taken_case(store)
    visit = await case.books(in_minutes=10)
    async with store.begin(SYSTEM) as uow:
        await admission.open_room(uow, visit.id)
    async with case.as_psychologist() as uow:
        moved = await schedule.reschedule_visit(uow, visit.id, wall_start=wall_in(uow.now, 60), zone=ZONE)
    assert moved.state is VisitState.SCHEDULED
    clock.advance(45 * 60)
    classroom = next(seat.participant for seat in visit.seats if seat.role is Role.CLASSROOM)
    async with store.begin(SYSTEM) as uow:
        await admission.open_room(uow, visit.id)
        await admission.record_room_events(uow, visit.id, [DoorOpened(by=classroom)])
    with pytest.raises(WrongStateError):
        async with case.as_psychologist() as uow:
            await schedule.reschedule_visit(uow, visit.id, wall_start=wall_in(uow.now, 600), zone=ZONE)


async def test_a_cancelled_visit_stays_cancelled(store):
    case = await add_taken_case(store)
    visit = await case.books()
    async with case.as_social_worker() as uow:
        await schedule.cancel_visit(uow, visit.id)
        assert (await schedule.get_visit(uow, visit.id)).state is VisitState.CANCELLED
        assert await schedule.upcoming(uow) == ()
    for again in (
        schedule.cancel_visit,
        lambda uow, visit_id: schedule.reschedule_visit(uow, visit_id, wall_start=wall_in(uow.now, 60), zone=ZONE),
    ):
        with pytest.raises(WrongStateError):
            async with case.as_psychologist() as uow:
                await again(uow, visit.id)


async def test_a_visit_of_others_can_not_be_seen_moved_or_cancelled(store):
    case = await add_taken_case(store)
    visit = await case.books()
    other = Actor.account((await add_account(store, AccountRole.PSYCHOLOGIST, email="other@example.org")).id)
    for act in (
        lambda uow: schedule.get_visit(uow, visit.id),
        lambda uow: schedule.cancel_visit(uow, visit.id),
        lambda uow: schedule.list_visits(uow, case.referral),
        lambda uow: schedule.reschedule_visit(uow, visit.id, wall_start=wall_in(uow.now, 99), zone=ZONE),
    ):
        with pytest.raises(NotFoundError):
            async with store.begin(other) as uow:
                await act(uow)
    async with store.begin(other) as uow:
        assert await schedule.upcoming(uow) == ()


async def test_upcoming_visits_are_listed_next_first_until_their_window_is_over(store, clock):
    case = await add_taken_case(store)
    later = await case.books(in_minutes=200)
    sooner = await case.books(in_minutes=60)
    for who in (case.as_social_worker, case.as_psychologist):
        async with who() as uow:
            assert [visit.id for visit in await schedule.upcoming(uow)] == [sooner.id, later.id]
    clock.move_to(sooner.closes_at)
    async with case.as_psychologist() as uow:
        assert [visit.id for visit in await schedule.upcoming(uow)] == [later.id]
        assert [visit.id for visit in await schedule.list_visits(uow, case.referral)] == [later.id, sooner.id]


async def test_a_window_of_its_own_is_kept_when_the_visit_moves(store):
    case = await add_taken_case(store)
    async with case.as_psychologist() as uow:
        visit = await schedule.book_visit(
            uow,
            case.referral,
            wall_start=wall_in(uow.now, 0),
            zone=ZONE,
            minutes=60,
            window=WindowRule(before_s=60, after_s=12 * 3600),
        )
        moved = await schedule.reschedule_visit(uow, visit.id, wall_start=wall_in(uow.now, 30), zone=ZONE)
    assert moved.closes_at - moved.ends_at == timedelta(hours=12)
    assert moved.starts_at - moved.opens_at == timedelta(seconds=60)


@pytest.fixture
def old_casablanca(monkeypatch):
    """Zone data from before Morocco left UTC+1; call the returned function to install the new data."""
    real = zoneinfo.ZoneInfo
    # The stale data answered UTC+1 for that autumn; a fixed zone says the same.
    monkeypatch.setattr(zoneinfo, "ZoneInfo", lambda key: real("Etc/GMT-1" if key == ZONE else key))
    yield monkeypatch.undo
    use_packaged_zones()


async def test_a_new_time_zone_law_moves_the_instant_and_not_the_wall_time(store, old_casablanca):
    case = await add_case(store)
    await case.takes()
    async with case.as_psychologist() as uow:
        visit = await schedule.book_visit(
            uow, case.referral, wall_start=wall("2026-11-24T10:00"), zone=ZONE, minutes=45
        )
        elsewhere = await schedule.book_visit(
            uow, case.referral, wall_start=wall("2026-11-24T15:00"), zone="Europe/Paris", minutes=45
        )
    assert visit.starts_at == datetime(2026, 11, 24, 9, tzinfo=UTC)
    old_casablanca()
    async with store.begin(SYSTEM) as uow:
        (moved,) = await schedule.rederive_instants(uow)
    assert (moved.id, moved.old_starts_at) == (visit.id, visit.starts_at)
    assert moved.starts_at == datetime(2026, 11, 24, 10, tzinfo=UTC)
    async with case.as_psychologist() as uow:
        after = await schedule.get_visit(uow, visit.id)
        assert (await schedule.get_visit(uow, elsewhere.id)).starts_at == elsewhere.starts_at
    assert after.wall_start == visit.wall_start
    assert after.opens_at - visit.opens_at == after.closes_at - visit.closes_at == timedelta(hours=1)
    assert "visits:visit:rederived" in await audit_tags(store)
    async with store.begin(SYSTEM) as uow:
        assert await schedule.rederive_instants(uow) == ()


async def test_the_sweep_ends_what_is_past_its_window(store, clock):
    case = await add_taken_case(store)
    nobody_came = await case.books(in_minutes=10, minutes=15)
    came_alone = await case.books(in_minutes=25, minutes=15)
    met = await case.books(in_minutes=40, minutes=15)
    pending = await case.books(in_minutes=600)
    clock.advance(30 * 60)
    for visit in (came_alone, met):
        async with store.begin(SYSTEM) as uow:
            await admission.open_room(uow, visit.id)
    classroom = next(seat.participant for seat in met.seats if seat.role is Role.CLASSROOM)
    async with store.begin(SYSTEM) as uow:
        await admission.record_room_events(uow, met.id, [DoorOpened(by=classroom)])
    clock.move_to(met.closes_at - timedelta(seconds=1))
    async with store.begin(SYSTEM) as uow:
        swept = await schedule.sweep(uow)
    assert (swept.completed, swept.missed, swept.expired) == ((), (came_alone.id,), (nobody_came.id,))
    clock.move_to(met.closes_at)
    async with store.begin(SYSTEM) as uow:
        swept = await schedule.sweep(uow)
    assert (swept.completed, swept.missed, swept.expired) == ((met.id,), (), ())
    async with case.as_psychologist() as uow:
        states = {visit.id: visit.state for visit in await schedule.list_visits(uow, case.referral)}
    assert states == {
        nobody_came.id: VisitState.EXPIRED,
        came_alone.id: VisitState.MISSED,
        met.id: VisitState.COMPLETED,
        pending.id: VisitState.SCHEDULED,
    }
