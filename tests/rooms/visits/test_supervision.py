"""A psychologist asks a supervisor into a visit."""

import pytest
from sqlalchemy import select

from rooms.audit import AuditEntry, AuditTag
from rooms.errors import InvalidInputError, NotAllowedError, NotFoundError, WrongStateError
from rooms.followup import service as followup
from rooms.ids import AccountId, PeerId, new_id
from rooms.people import service as people
from rooms.people.roles import AccountRole
from rooms.people.supervisors import list_supervisors
from rooms.roles import Composition, Role
from rooms.visits import invitations, schedule, supervision, supervisor_seat
from rooms.visits.errors import InvitationNotValidError, TicketNotValidError
from rooms.visits.events import ParticipantAdmitted, ParticipantRemoved
from rooms.visits.models import Invitation
from tests.support.admissions import SYSTEM, opens, records, seat, spends, ticket
from tests.support.cases import ZONE, acting, add_taken_case, new_device, shows, wall_in
from tests.support.people import add_account


@pytest.fixture
async def case(store):
    return await add_taken_case(store)


@pytest.fixture
async def supervisor(store) -> AccountId:
    return (await add_account(store, AccountRole.SUPERVISOR, name="Nadia Tazi")).id


@pytest.fixture
async def visit(case, supervisor):
    """A visit whose window is open now."""
    return await case.books(in_minutes=10, supervisor=supervisor)


async def test_the_seat_is_the_supervisors_own_and_opens_by_signing_in(store, case, visit, supervisor):
    assert {each.role: each.account for each in visit.seats}[Role.SUPERVISOR] == supervisor
    grant = await spends(store, await ticket(store, visit, account=supervisor))
    assert [(plan.role, plan.admitted) for plan in grant.participants] == [(Role.SUPERVISOR, False)]


async def test_a_visit_without_one_has_no_such_seat(store, case, supervisor):
    visit = await case.books(in_minutes=10)
    assert Role.SUPERVISOR not in {each.role for each in visit.seats}
    with pytest.raises(NotFoundError):
        await ticket(store, visit, account=supervisor)


async def test_nobody_sits_there_by_a_link_or_sees_its_card(store, case, visit, keys):
    for who in (case.as_social_worker, case.as_psychologist):
        with pytest.raises(NotAllowedError):
            async with who() as uow:
                await invitations.card(uow, visit.id, Role.SUPERVISOR)
        with pytest.raises(NotAllowedError):
            async with who() as uow:
                await invitations.renew(uow, visit.id, Role.SUPERVISOR)
    async with store.begin(SYSTEM, reading=True) as uow:
        row = await uow.db.get_one(Invitation, seat(visit, Role.SUPERVISOR))
        link = invitations.link_secret(keys, row.nonce, row.id)
    with pytest.raises(InvitationNotValidError):
        await shows(store, link, new_device())


@pytest.mark.parametrize("role", [AccountRole.PSYCHOLOGIST, AccountRole.SOCIAL_WORKER, AccountRole.ADMIN])
async def test_only_a_supervisor_can_be_asked(store, case, role):
    other = await add_account(store, role, email="other@example.org")
    with pytest.raises(InvalidInputError) as refused:
        await case.books(supervisor=other.id)
    assert refused.value.fields == {"supervisor": "unknown"}


async def test_a_supervisor_whose_account_is_closed_can_not_be_asked_and_is_offered_no_more(store, case, supervisor):
    async with store.begin(SYSTEM) as uow:
        await people.disable_account(uow, supervisor)
    async with case.as_psychologist() as uow:
        assert await list_supervisors(uow) == ()
    with pytest.raises(InvalidInputError):
        await case.books(supervisor=supervisor)


async def test_child_and_psychologist_alone_means_alone(case, supervisor):
    with pytest.raises(InvalidInputError) as refused:
        await case.books(composition=Composition.ONE_TO_ONE, supervisor=supervisor)
    assert refused.value.fields == {"supervisor": "alone"}


async def test_psychologists_choose_from_the_active_supervisors_by_name(store, case, supervisor):
    await add_account(store, AccountRole.SUPERVISOR, email="second@example.org", name="Brahim Amal")
    async with case.as_psychologist() as uow:
        assert [each.name for each in await list_supervisors(uow)] == ["Brahim Amal", "Nadia Tazi"]
    for account in (case.social_worker, supervisor):
        with pytest.raises(NotAllowedError):
            async with acting(store, account) as uow:
                await list_supervisors(uow)


async def test_the_supervisor_sees_when_and_whose_work_and_nothing_of_the_child(store, case, visit, supervisor):
    other = await add_account(store, AccountRole.SUPERVISOR, email="second@example.org")
    async with acting(store, supervisor) as uow:
        [mine] = await supervision.supervised_visits(uow)
        with pytest.raises(NotFoundError):
            await schedule.get_visit(uow, visit.id)
    assert (mine.id, mine.psychologist_name, mine.starts_at) == (visit.id, "Youssef Alami", visit.starts_at)
    assert "Nour" not in repr(mine)
    async with acting(store, other.id) as uow:
        assert await supervision.supervised_visits(uow) == ()
    with pytest.raises(NotAllowedError):
        async with case.as_psychologist() as uow:
            await supervision.supervised_visits(uow)


@pytest.mark.parametrize("end", ["cancelled", "removed", "over"])
async def test_a_visit_leaves_the_supervisors_list_when_there_is_nothing_to_come_to(
    store, case, visit, supervisor, clock, end
):
    if end == "cancelled":
        async with case.as_psychologist() as uow:
            await schedule.cancel_visit(uow, visit.id)
    elif end == "removed":
        await records(store, visit, ParticipantRemoved(seat(visit, Role.SUPERVISOR), Role.SUPERVISOR, None, None))
    else:
        clock.move_to(visit.closes_at)
    async with acting(store, supervisor) as uow:
        assert await supervision.supervised_visits(uow) == ()


async def test_the_seat_follows_a_moved_visit(store, case, visit, supervisor, clock):
    async with case.as_psychologist() as uow:
        moved = await schedule.reschedule_visit(uow, visit.id, wall_start=wall_in(uow.now, 300), zone=ZONE)
    async with acting(store, supervisor) as uow:
        [mine] = await supervision.supervised_visits(uow)
    assert mine.starts_at == moved.starts_at


async def test_every_card_names_the_supervisor_among_those_who_will_be_there(case, visit):
    async with case.as_social_worker() as uow:
        assert (await invitations.card(uow, visit.id, Role.CLASSROOM)).supervisor_name == "Nadia Tazi"


async def test_a_closed_account_loses_the_seat(store, case, visit, supervisor):
    async with store.begin(SYSTEM) as uow:
        await people.disable_account(uow, supervisor)
        assert await invitations.revoke_seats_of(uow, supervisor) == ((visit.id, seat(visit, Role.SUPERVISOR)),)


# A visit that is booked already


@pytest.fixture
async def booked(case):
    """A visit whose window is open now, without a supervisor."""
    return await case.books(in_minutes=10)


async def asks(case, visit, supervisor):
    async with case.as_psychologist() as uow:
        await supervisor_seat.ask_supervisor(uow, visit.id, supervisor)
        return await schedule.get_visit(uow, visit.id)


async def lets_go(case, visit):
    async with case.as_psychologist() as uow:
        return await supervisor_seat.take_supervisor_away(uow, visit.id)


async def acts_on(store, invitation):
    async with store.begin(SYSTEM, reading=True) as uow:
        query = select(AuditEntry.tag).where(AuditEntry.object_id == invitation).order_by(AuditEntry.seq)
        return (await uow.db.scalars(query)).all()


async def test_a_supervisor_is_asked_into_a_booked_visit_and_the_audit_tells_of_it(store, case, booked, supervisor):
    visit = await asks(case, booked, supervisor)
    assert {each.role: each.account for each in visit.seats}[Role.SUPERVISOR] == supervisor
    grant = await spends(store, await ticket(store, visit, account=supervisor))
    assert [(plan.role, plan.admitted) for plan in grant.participants] == [(Role.SUPERVISOR, False)]
    assert (await acts_on(store, seat(visit, Role.SUPERVISOR)))[0] == AuditTag.INVITATION_ISSUED


async def test_asking_twice_is_asking_once_and_a_second_supervisor_has_no_seat(store, case, booked, supervisor):
    visit = await asks(case, booked, supervisor)
    assert (await asks(case, booked, supervisor)).seats == visit.seats
    other = await add_account(store, AccountRole.SUPERVISOR, email="second@example.org")
    with pytest.raises(InvalidInputError) as refused:
        await asks(case, booked, other.id)
    assert refused.value.fields == {"supervisor": "seat-taken"}


async def test_a_booked_visit_takes_whom_a_new_one_would(store, case, booked, supervisor):
    other = await add_account(store, AccountRole.ADMIN, email="other@example.org")
    with pytest.raises(InvalidInputError) as refused:
        await asks(case, booked, other.id)
    assert refused.value.fields == {"supervisor": "unknown"}
    alone = await case.books(in_minutes=300, composition=Composition.ONE_TO_ONE)
    with pytest.raises(InvalidInputError) as refused:
        await asks(case, alone, supervisor)
    assert refused.value.fields == {"supervisor": "alone"}


async def test_a_seat_taken_away_is_dead_at_once_and_another_can_be_asked(store, case, visit, supervisor):
    opener = await ticket(store, visit, account=supervisor)
    assert await lets_go(case, visit) == seat(visit, Role.SUPERVISOR)
    with pytest.raises(TicketNotValidError):
        await spends(store, opener)
    with pytest.raises(NotFoundError):
        await ticket(store, visit, account=supervisor)
    async with acting(store, supervisor) as uow:
        assert await supervision.supervised_visits(uow) == ()
    assert (await acts_on(store, seat(visit, Role.SUPERVISOR)))[-1] == AuditTag.INVITATION_REVOKED
    assert await lets_go(case, visit) is None

    other = await add_account(store, AccountRole.SUPERVISOR, email="second@example.org")
    assert seat(await asks(case, visit, other.id), Role.SUPERVISOR) != seat(visit, Role.SUPERVISOR)


async def test_only_the_visits_psychologist_asks_and_takes_away(store, case, visit, supervisor):
    for actor in (case.social_worker, supervisor):
        with pytest.raises((NotAllowedError, NotFoundError)):
            async with acting(store, actor) as uow:
                await supervisor_seat.ask_supervisor(uow, visit.id, supervisor)
        with pytest.raises((NotAllowedError, NotFoundError)):
            async with acting(store, actor) as uow:
                await supervisor_seat.take_supervisor_away(uow, visit.id)


async def test_once_somebody_has_entered_the_room_alone_decides(store, case, visit, supervisor):
    await opens(store, visit)
    with pytest.raises(WrongStateError):
        await lets_go(case, visit)
    with pytest.raises(WrongStateError):
        await asks(case, visit, supervisor)


async def test_whoever_was_in_the_room_before_the_visit_moved_stays_in_its_history(store, case, visit, supervisor):
    await opens(store, visit)
    await records(
        store, visit, ParticipantAdmitted(seat(visit, Role.SUPERVISOR), Role.SUPERVISOR, PeerId(new_id()), None)
    )
    async with case.as_psychologist() as uow:
        await schedule.reschedule_visit(uow, visit.id, wall_start=wall_in(uow.now, 300), zone=ZONE)
    assert await lets_go(case, visit) == seat(visit, Role.SUPERVISOR)
    async with case.as_psychologist() as uow:
        [kept] = [each for each in (await schedule.get_visit(uow, visit.id)).seats if each.role is Role.SUPERVISOR]
        assert [stay.role for stay in await followup.attendance(uow, visit.id)] == [Role.SUPERVISOR]
    assert kept.removed
    with pytest.raises(InvalidInputError):
        await asks(case, visit, supervisor)
