"""A password that an administrator's link has replaced is told, for two weeks."""

import pytest

from rooms.errors import WrongStateError
from rooms.people import service as people
from rooms.people.models import Account
from rooms.people.roles import AccountRole
from rooms.referrals import service as referrals
from rooms.referrals.choices import ExitReason
from tests.support.cases import add_taken_case, audit_tags
from tests.support.people import PASSWORD, SETUP, add_account, welcome

DAY_S = 24 * 3600


@pytest.fixture
async def account(store):
    return await add_account(store, AccountRole.PSYCHOLOGIST, name="Youssef Alami")


async def renewals(store, account_id):
    async with store.begin(SETUP) as uow:
        return (await people.get_account(uow, account_id)).password_renewals


async def test_the_first_password_replaces_none(store, account):
    await welcome(store, account.id)
    assert await renewals(store, account.id) == ()
    assert "people:credential:renewed" not in await audit_tags(store)


async def test_every_password_after_it_is_told_for_two_weeks_each(store, account, clock):
    await welcome(store, account.id)
    await welcome(store, account.id)
    first = clock.now()
    clock.advance(DAY_S)
    second = clock.now()
    # Whoever covers up a first taking-over with a second one covers nothing.
    await welcome(store, account.id)
    assert await renewals(store, account.id) == (first, second)
    assert (await audit_tags(store)).count("people:credential:renewed") == 2
    clock.advance(13 * DAY_S)
    assert await renewals(store, account.id) == (second,)
    clock.advance(DAY_S)
    assert await renewals(store, account.id) == ()


async def test_what_is_told_no_more_is_not_kept_when_the_next_one_comes(store, account, clock):
    for _ in range(3):
        await welcome(store, account.id)
    clock.advance(15 * DAY_S)
    await welcome(store, account.id)
    async with store.begin(SETUP, reading=True) as uow:
        assert (await uow.db.get_one(Account, account.id)).password_renewals == [clock.now().isoformat()]


async def test_a_link_that_nobody_opens_is_not_told(store, account):
    await welcome(store, account.id)
    async with store.begin(SETUP) as uow:
        await people.issue_welcome(uow, account.id)
    assert await renewals(store, account.id) == ()


async def test_the_owner_is_told_with_the_login_itself(store, account, clock):
    await welcome(store, account.id)
    await welcome(store, account.id)
    async with store.begin(SETUP) as uow:
        _, view = await people.sign_in(uow, "psychologist@example.org", PASSWORD)
    assert view.password_renewals == (clock.now(),)


async def test_both_professionals_of_a_child_are_told_of_each_other_while_the_path_goes_on(store, clock):
    case = await add_taken_case(store)
    for worker in (case.psychologist, case.social_worker):
        await welcome(store, worker)
    await welcome(store, case.psychologist)
    for who in (case.as_social_worker, case.as_psychologist):
        async with who() as uow:
            assert (await referrals.get_referral(uow, case.referral)).password_renewals == {
                case.psychologist: clock.now()
            }
    async with case.as_psychologist() as uow:
        await referrals.close_referral(uow, case.referral, ExitReason.GOALS_REACHED, "Salma, at school")
    async with case.as_social_worker() as uow:
        assert (await referrals.get_referral(uow, case.referral)).password_renewals == {}


async def test_an_erased_account_keeps_no_renewals(store, account):
    for _ in range(2):
        await welcome(store, account.id)
    async with store.begin(SETUP) as uow:
        with pytest.raises(WrongStateError):
            await people.erase_account(uow, account.id)
        await people.disable_account(uow, account.id)
        await people.erase_account(uow, account.id)
    assert await renewals(store, account.id) == ()
