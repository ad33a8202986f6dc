"""Two people, or one person twice, at the same moment: the rule holds and one of them is told."""

import asyncio

from rooms.people.roles import AccountRole
from rooms.referrals import service as referrals
from rooms.referrals.errors import CaseloadFullError, ReferralTakenError
from rooms.roles import Role
from rooms.visits import admission, schedule
from rooms.visits.errors import OverlapError
from rooms.visits.events import DoorOpened
from rooms.visits.states import VisitState
from tests.support.cases import acting, add_case, add_taken_case, anybody
from tests.support.people import add_account


def outcomes(answers):
    """Return how many succeeded, and the kinds of the refusals."""
    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    return len(answers) - len(refused), {type(answer) for answer in refused}


async def test_of_ten_psychologists_one_takes_a_referral(store):
    case = await add_case(store)
    people = [
        await add_account(store, AccountRole.PSYCHOLOGIST, email=f"psychologist-{number}@example.org")
        for number in range(10)
    ]

    async def takes(account):
        async with acting(store, account) as uow:
            await referrals.take_referral(uow, case.referral)

    answers = await asyncio.gather(*(takes(person.id) for person in people), return_exceptions=True)
    assert outcomes(answers) == (1, {ReferralTakenError})


async def test_a_psychologist_in_two_tabs_does_not_get_over_the_caseload_limit(store):
    case = await add_case(store)
    filed = [case.referral, *[await case.files_another() for _ in range(4)]]

    async def takes(referral):
        async with case.as_psychologist() as uow:
            await referrals.take_referral(uow, referral, caseload_limit=2)

    answers = await asyncio.gather(*(takes(referral) for referral in filed), return_exceptions=True)
    assert outcomes(answers) == (2, {CaseloadFullError})


async def test_a_psychologist_in_two_tabs_does_not_book_one_hour_twice(store):
    case = await add_taken_case(store)
    answers = await asyncio.gather(*(case.books(in_minutes=60) for _ in range(5)), return_exceptions=True)
    assert outcomes(answers) == (1, {OverlapError})


async def test_a_withdrawal_while_the_door_opens_ends_with_a_cancelled_visit(store):
    case = await add_taken_case(store)
    visit = await case.books(in_minutes=10)
    classroom = next(seat.participant for seat in visit.seats if seat.role is Role.CLASSROOM)
    async with anybody(store) as uow:
        await admission.open_room(uow, visit.id)

    async def withdraws():
        async with case.as_social_worker() as uow:
            await referrals.withdraw_consent(uow, case.referral)

    async def opens_the_door():
        async with anybody(store) as uow:
            await admission.record_room_events(uow, visit.id, [DoorOpened(classroom)])

    await asyncio.gather(withdraws(), *(opens_the_door() for _ in range(5)))
    async with case.as_social_worker() as uow:
        assert (await schedule.get_visit(uow, visit.id)).state is VisitState.CANCELLED
