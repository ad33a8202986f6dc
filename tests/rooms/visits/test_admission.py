"""Opening a room, and tickets that work once."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from rooms.errors import NotFoundError
from rooms.ids import new_id
from rooms.people import service as people
from rooms.people.models import School
from rooms.referrals import service as referrals
from rooms.roles import Composition, Role
from rooms.unit_of_work import Actor
from rooms.visits import admission, invitations, schedule
from rooms.visits.errors import (
    SafetyPlanMissingError,
    SeatRemovedError,
    TicketNotValidError,
    TicketSpentError,
    VisitNotOpenYetError,
    VisitOverError,
)
from rooms.visits.events import (
    ParticipantRemoved,
)
from rooms.visits.models import SpentTicket
from rooms.visits.states import VisitState
from rooms.visits.views import HelpPlan
from tests.support.admissions import SYSTEM, opens, records, seat, spends, state_of, ticket
from tests.support.cases import add_taken_case, anybody, audit_tags, new_device


@pytest.fixture
async def case(store):
    return await add_taken_case(store)


@pytest.fixture
async def visit(case):
    """A visit whose window is open now."""
    return await case.books_as_before(in_minutes=10, extra_roles=frozenset({Role.GUARDIAN}))


class TestRoom:
    async def test_opens_with_the_plan_that_was_booked_and_again_after_a_restart(self, store, case, visit):
        plan = await opens(store, visit)
        assert (plan.visit, plan.referral, plan.composition) == (visit.id, case.referral, Composition.ACCOMPANIED)
        assert (plan.starts_at, plan.ends_at, plan.closes_at) == (visit.starts_at, visit.ends_at, visit.closes_at)
        assert {seat.participant for seat in plan.seats} == {seat.participant for seat in visit.seats}
        assert not plan.door_opened
        assert await state_of(case, visit) is VisitState.OPEN
        assert await opens(store, visit) == plan
        assert (await audit_tags(store)).count("visits:visit:opened") == 1

    @pytest.mark.parametrize(
        ("edge", "answer"),
        [
            (("opens_at", -1), VisitNotOpenYetError),
            (("opens_at", 0), None),
            (("closes_at", -1), None),
            (("closes_at", 0), VisitOverError),
        ],
    )
    async def test_opens_inside_its_window_only(self, store, case, clock, edge, answer):
        visit = await case.books(in_minutes=60)
        clock.move_to(getattr(visit, edge[0]) + timedelta(seconds=edge[1]))
        if answer is None:
            await opens(store, visit)
            return
        with pytest.raises(answer):
            await opens(store, visit)
        assert await state_of(case, visit) is VisitState.SCHEDULED

    async def test_of_a_cancelled_or_unknown_visit_does_not_exist(self, store, case, visit):
        async with case.as_social_worker() as uow:
            await schedule.cancel_visit(uow, visit.id)
        for visit_id in (visit.id, new_id()):
            with pytest.raises(NotFoundError):
                async with anybody(store) as uow:
                    await admission.open_room(uow, visit_id)

    @pytest.mark.parametrize("missing", ["phone", "contact_name"])
    async def test_does_not_open_without_a_safety_plan(self, store, case, visit, missing):
        async with store.begin(SYSTEM) as uow:
            await uow.db.execute(update(School).values({missing: None}))
        with pytest.raises(SafetyPlanMissingError):
            await opens(store, visit)
        assert await state_of(case, visit) is VisitState.SCHEDULED

    async def test_help_plan_names_the_contact_and_the_schools_number_first(self, store, visit):
        async with anybody(store) as uow:
            plan = await admission.help_plan(uow, visit.id)
        assert plan == HelpPlan(
            school_name="Ecole Ibn Battouta",
            contact_name="Fatima Zahra",
            phones=("+212539334455", "+212661223344"),
        )


class TestTicket:
    async def test_opens_the_seat_of_the_browser_once(self, store, case, visit):
        token = await ticket(store, visit, device=await case.sits_down(visit.id))
        grant = await spends(store, token)
        assert grant.visit == visit.id
        assert [plan.role for plan in grant.participants] == [Role.CLASSROOM]
        assert grant.actor == Actor.participant(seat(visit, Role.CLASSROOM))
        with pytest.raises(TicketSpentError):
            await spends(store, token)

    async def test_of_twenty_sockets_at_once_opens_one(self, store, case, visit):
        token = await ticket(store, visit, device=await case.sits_down(visit.id))
        answers = await asyncio.gather(*(spends(store, token) for _ in range(20)), return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, BaseException)]
        assert len(answers) - len(refused) == 1
        assert {type(answer) for answer in refused} == {TicketSpentError}
        assert (await audit_tags(store)).count("visits:ticket:spent") == 1

    async def test_opens_the_seat_of_a_signed_in_worker(self, store, case, visit):
        grant = await spends(store, await ticket(store, visit, account=case.psychologist))
        assert [plan.role for plan in grant.participants] == [Role.PSYCHOLOGIST]
        assert grant.actor == Actor.account(case.psychologist)

    async def test_opens_all_seats_of_one_device_in_the_name_of_its_adult(self, store, case, visit):
        device = await case.sits_down(visit.id)
        link = await case.link(visit.id, Role.SOCIAL_WORKER)
        async with anybody(store) as uow:
            await invitations.exchange(uow, link, device)
        grant = await spends(store, await ticket(store, visit, device=device))
        assert {plan.role for plan in grant.participants} == {Role.CLASSROOM, Role.SOCIAL_WORKER}
        assert grant.actor == Actor.participant(seat(visit, Role.SOCIAL_WORKER))

    async def test_lets_a_signed_in_social_worker_sit_down_at_the_childs_device(self, store, case, visit):
        device = await case.sits_down(visit.id)
        grant = await spends(store, await ticket(store, visit, device=device, account=case.social_worker))
        assert {plan.role for plan in grant.participants} == {Role.CLASSROOM, Role.SOCIAL_WORKER}

    async def test_never_binds_the_social_workers_seat_to_a_guardians_device(self, store, case, visit):
        phone = await case.sits_down(visit.id, Role.GUARDIAN)
        grant = await spends(store, await ticket(store, visit, device=phone, account=case.social_worker))
        assert [plan.role for plan in grant.participants] == [Role.SOCIAL_WORKER]
        later = await spends(store, await ticket(store, visit, device=phone))
        assert [plan.role for plan in later.participants] == [Role.GUARDIAN]

    async def test_of_the_childs_device_holds_no_seat_of_a_closed_account(self, store, case, visit):
        device = await case.sits_down(visit.id)
        issued = await ticket(store, visit, device=device, account=case.social_worker)
        async with store.begin(SYSTEM) as uow:
            await people.disable_account(uow, case.social_worker)
        with pytest.raises(TicketNotValidError):
            await spends(store, issued)
        grant = await spends(store, await ticket(store, visit, device=device))
        assert [plan.role for plan in grant.participants] == [Role.CLASSROOM]

    async def test_never_seats_a_psychologist_at_the_childs_device(self, store, case, visit):
        device = await case.sits_down(visit.id)
        grant = await spends(store, await ticket(store, visit, device=device, account=case.psychologist))
        assert {plan.role for plan in grant.participants} == {Role.PSYCHOLOGIST}

    async def test_is_for_nobody_without_a_seat(self, store, case, visit):
        other = await add_taken_case_of_others(store)
        for holder in ({}, {"device": new_device()}, {"device": ""}, {"account": other}, {"account": new_id()}):
            with pytest.raises(NotFoundError):
                await ticket(store, visit, **holder)
        with pytest.raises(NotFoundError):
            async with anybody(store) as uow:
                await admission.issue_ticket(uow, new_id(), account=case.psychologist)

    async def test_is_for_no_seat_of_another_visit(self, store, case, visit):
        device = await case.sits_down(visit.id)
        other = await case.books(in_minutes=70, minutes=15)
        with pytest.raises(NotFoundError):
            await ticket(store, other, device=device)

    async def test_is_refused_outside_the_window(self, store, case, clock):
        visit = await case.books(in_minutes=60)
        with pytest.raises(VisitNotOpenYetError):
            await ticket(store, visit, account=case.psychologist)
        clock.move_to(visit.closes_at)
        with pytest.raises(VisitOverError):
            await ticket(store, visit, account=case.psychologist)

    async def test_expires(self, store, case, visit, clock):
        token = await ticket(store, visit, account=case.psychologist)
        clock.advance(36)
        with pytest.raises(TicketNotValidError) as refused:
            await spends(store, token)
        assert refused.value.facts == {"reason": "expired"}

    async def test_made_up_is_refused(self, store, visit):
        for token in ("", "a.b.c", "x" * 5000, "\0"):
            with pytest.raises(TicketNotValidError):
                await spends(store, token)

    async def test_gives_no_right_that_was_lost_since_it_was_issued(self, store, case, visit):
        """Rights are read when used: each loss below happens between issue and use."""
        device = await case.sits_down(visit.id, Role.GUARDIAN)
        guardian = seat(visit, Role.GUARDIAN)

        removed = await ticket(store, visit, device=device)
        await records(store, visit, ParticipantRemoved(guardian, Role.GUARDIAN, None, None))
        with pytest.raises(SeatRemovedError):
            await spends(store, removed)
        with pytest.raises(SeatRemovedError):
            await ticket(store, visit, device=device)

        renewed = await ticket(store, visit, device=await case.sits_down(visit.id))
        async with case.as_social_worker() as uow:
            await invitations.renew(uow, visit.id, Role.CLASSROOM)
        with pytest.raises(TicketNotValidError) as refused:
            await spends(store, renewed)
        assert refused.value.facts == {"reason": "not-held"}

        disabled = await ticket(store, visit, account=case.psychologist)
        async with store.begin(SYSTEM) as uow:
            await people.disable_account(uow, case.psychologist)
        with pytest.raises(TicketNotValidError):
            await spends(store, disabled)
        with pytest.raises(NotFoundError):
            await ticket(store, visit, account=case.psychologist)

    async def test_dies_with_a_withdrawn_consent(self, store, case, visit):
        token = await ticket(store, visit, device=await case.sits_down(visit.id))
        async with case.as_social_worker() as uow:
            await referrals.withdraw_consent(uow, case.referral)
        with pytest.raises(Exception, match="invitation-not-valid"):
            await spends(store, token)

    async def test_is_remembered_only_while_it_could_be_replayed(self, store, case, visit, clock):
        await spends(store, await ticket(store, visit, account=case.psychologist))
        for seconds, remembered in ((34, 1), (1, 0)):
            clock.advance(seconds)
            async with store.begin(SYSTEM) as uow:
                await schedule.sweep(uow)
                assert await uow.db.scalar(select(func.count()).select_from(SpentTicket)) == remembered


async def add_taken_case_of_others(store):
    return (await add_taken_case(store)).psychologist
