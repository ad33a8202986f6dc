"""A referral from its entry point to its exit points, and who may do what on the way."""

from dataclasses import replace
from datetime import date

import pytest

from rooms.errors import InvalidInputError, NotAllowedError, NotFoundError, WrongStateError
from rooms.ids import ReferralId, new_id
from rooms.people.roles import AccountRole
from rooms.referrals import service as referrals
from rooms.referrals.choices import ConsentScope, ExitReason, Language, Urgency
from rooms.referrals.errors import CaseloadFullError, ReferralTakenError
from rooms.referrals.models import Referral, ReferralMessage
from rooms.referrals.states import ReferralState
from rooms.unit_of_work import Actor, Store
from rooms.visits import schedule
from rooms.visits.states import VisitState
from tests.support.cases import Case, acting, add_case, add_taken_case, audit_tags, referral_form
from tests.support.fake_clock import FakeClock
from tests.support.people import add_account


async def other_account(store: Store, role: AccountRole) -> Actor:
    return Actor.account((await add_account(store, role, email="other@example.org")).id)


async def state_of(case: Case) -> ReferralState:
    async with case.as_social_worker() as uow:
        return (await referrals.get_referral(uow, case.referral)).state


async def test_a_filed_referral_comes_back_whole_to_its_social_worker(store):
    case = await add_case(store)
    async with case.as_social_worker() as uow:
        view = await referrals.get_referral(uow, case.referral)
    form = referral_form(case.school)
    assert (view.pseudonym, view.tried, view.strengths, view.wish) == (
        form.pseudonym,
        form.tried,
        form.strengths,
        form.wish,
    )
    assert (view.state, view.languages, view.consent.scope) == (ReferralState.FILED, form.languages, form.consent.scope)
    assert view.school_name == "Ecole Ibn Battouta"
    assert view.social_worker_name == "Amina Idrissi"
    assert view.psychologist_name is None


async def test_names_and_clinical_text_are_nowhere_in_the_database_in_clear(store):
    case = await add_taken_case(store)
    async with case.as_psychologist() as uow:
        await referrals.write_message(uow, case.referral, "Nour can come on Monday")
    async with store.begin(Actor.system("test"), reading=True) as uow:
        row = await uow.db.get_one(Referral, case.referral)
        message = (await uow.db.scalars(ReferralMessage.__table__.select())).all()
        raw = b"".join((row.pseudonym, row.tried, row.strengths, row.wish)) + repr(message).encode()
    for text in (b"Nour", b"Talks after class", b"Draws every day", b"bad dreams"):
        assert text not in raw


async def test_only_a_social_worker_files(store):
    case = await add_case(store)
    with pytest.raises(NotAllowedError):
        async with case.as_psychologist() as uow:
            await referrals.file_referral(uow, referral_form(case.school))
    with pytest.raises(NotAllowedError):
        async with store.begin(Actor.anonymous()) as uow:
            await referrals.file_referral(uow, referral_form(case.school))


async def test_a_form_with_faults_names_them_all_and_files_nothing(store):
    case = await add_case(store)
    form = referral_form(case.school)
    form = replace(
        form,
        pseudonym="  ",
        languages=frozenset(),
        wish="\u202egnp.exe",
        tried="x" * 4001,
        consent=replace(
            form.consent,
            given_on=date(2026, 11, 24),
            text_version="two words",
            scope=frozenset({ConsentScope.ONE_TO_ONE}),
        ),
    )
    with pytest.raises(InvalidInputError) as refused:
        async with case.as_social_worker() as uow:
            await referrals.file_referral(uow, form)
    assert refused.value.fields == {
        "pseudonym": "missing",
        "languages": "missing",
        "wish": "control-characters",
        "tried": "too-long",
        "given_on": "in-the-future",
        "text_version": "malformed",
        "scope": "visits-needed",
    }
    async with case.as_social_worker() as uow:
        assert [mine.id for mine in await referrals.list_mine(uow)] == [case.referral]


async def test_an_unknown_school_is_refused(store):
    case = await add_case(store)
    with pytest.raises(NotFoundError):
        async with case.as_social_worker() as uow:
            await referrals.file_referral(uow, referral_form(new_id()))


async def test_open_referrals_are_listed_most_urgent_first_then_longest_waiting_without_any_name(store, clock):
    case = await add_case(store)
    clock.advance(60)
    urgent = await case.files_another(urgency=Urgency.URGENT)
    clock.advance(60)
    later = await case.files_another()
    async with case.as_psychologist() as uow:
        found = await referrals.list_open(uow)
    assert [referral.id for referral in found] == [urgent, case.referral, later]
    assert found[0].languages == {Language.TARIFIT, Language.DARIJA}
    assert "Nour" not in repr(found)
    assert "Battouta" not in repr(found)
    with pytest.raises(NotAllowedError):
        async with case.as_social_worker() as uow:
            await referrals.list_open(uow)


async def test_a_taken_referral_leaves_the_open_list_and_opens_to_its_psychologist(store):
    case = await add_case(store)
    with pytest.raises(NotFoundError):
        async with case.as_psychologist() as uow:
            await referrals.get_referral(uow, case.referral)
    await case.takes()
    async with case.as_psychologist() as uow:
        assert await referrals.list_open(uow) == ()
        view = await referrals.get_referral(uow, case.referral)
        mine = await referrals.list_mine(uow)
    assert (view.pseudonym, view.psychologist_name) == ("Nour", "Youssef Alami")
    assert [(line.pseudonym, line.state) for line in mine] == [("Nour", ReferralState.TAKEN)]


async def test_the_second_psychologist_is_told_that_another_was_faster(store):
    case = await add_taken_case(store)
    other = await other_account(store, AccountRole.PSYCHOLOGIST)
    with pytest.raises(ReferralTakenError):
        async with store.begin(other) as uow:
            await referrals.take_referral(uow, case.referral)
    with pytest.raises(NotFoundError):
        async with store.begin(other) as uow:
            await referrals.get_referral(uow, case.referral)


async def test_a_caseload_has_a_limit_that_a_closed_case_frees(store):
    case = await add_taken_case(store)
    second = await case.files_another()
    with pytest.raises(CaseloadFullError) as refused:
        async with case.as_psychologist() as uow:
            await referrals.take_referral(uow, second, caseload_limit=1)
    assert refused.value.facts == {"limit": 1}
    async with case.as_psychologist() as uow:
        await referrals.close_referral(uow, case.referral, ExitReason.GOALS_REACHED)
        await referrals.take_referral(uow, second, caseload_limit=1)


async def test_a_released_referral_is_open_again_and_its_visits_are_cancelled(store):
    case = await add_taken_case(store)
    visit = await case.books()
    async with case.as_psychologist() as uow:
        end = await referrals.release_referral(uow, case.referral)
    assert end.cancelled_visits == (visit.id,)
    with pytest.raises(NotFoundError):
        async with case.as_psychologist() as uow:
            await referrals.get_referral(uow, case.referral)
    async with case.as_psychologist() as uow:
        assert [referral.id for referral in await referrals.list_open(uow)] == [case.referral]


async def test_a_social_worker_can_not_release(store):
    case = await add_taken_case(store)
    with pytest.raises(NotAllowedError):
        async with case.as_social_worker() as uow:
            await referrals.release_referral(uow, case.referral)


async def test_the_two_write_to_each_other_and_see_what_is_unanswered(store, clock: FakeClock):
    case = await add_taken_case(store)
    async with case.as_psychologist() as uow:
        await referrals.write_message(uow, case.referral, " Hello,\r\nis Monday good? ")
    clock.advance(60)
    async with case.as_social_worker() as uow:
        assert (await referrals.list_mine(uow))[0].unanswered == 1
        await referrals.write_message(uow, case.referral, "Yes")
    async with case.as_social_worker() as uow:
        assert (await referrals.list_mine(uow))[0].unanswered == 0
        messages = await referrals.list_messages(uow, case.referral)
    assert [(message.text, message.mine) for message in messages] == [("Hello,\nis Monday good?", False), ("Yes", True)]
    other = await other_account(store, AccountRole.PSYCHOLOGIST)
    with pytest.raises(NotFoundError):
        async with store.begin(other) as uow:
            await referrals.list_messages(uow, case.referral)
    with pytest.raises(NotFoundError):
        async with store.begin(other) as uow:
            await referrals.write_message(uow, case.referral, "Hi")


async def test_an_empty_message_is_refused(store):
    case = await add_taken_case(store)
    with pytest.raises(InvalidInputError):
        async with case.as_psychologist() as uow:
            await referrals.write_message(uow, case.referral, " \n ")


@pytest.mark.parametrize("who", ["social_worker", "psychologist"])
async def test_withdrawn_consent_cancels_visits_and_ends_the_path(store, who):
    case = await add_taken_case(store)
    visit = await case.books()
    async with acting(store, getattr(case, who)) as uow:
        end = await referrals.withdraw_consent(uow, case.referral)
    assert (end.state, end.cancelled_visits) == (ReferralState.WITHDRAWN, (visit.id,))
    async with case.as_social_worker() as uow:
        view = await referrals.get_referral(uow, case.referral)
        assert view.consent.withdrawn_at == uow.now
        assert (await schedule.get_visit(uow, visit.id)).state is VisitState.CANCELLED
    tags = await audit_tags(store)
    assert tags.count("visits:invitation:revoked") == 3
    assert {"referrals:consent:withdrawn", "visits:visit:cancelled"} <= set(tags)


async def test_consent_can_not_be_withdrawn_twice_or_by_a_stranger(store):
    case = await add_case(store)
    other = await other_account(store, AccountRole.SOCIAL_WORKER)
    with pytest.raises(NotFoundError):
        async with store.begin(other) as uow:
            await referrals.withdraw_consent(uow, case.referral)
    async with case.as_social_worker() as uow:
        await referrals.withdraw_consent(uow, case.referral)
    with pytest.raises(WrongStateError):
        async with case.as_social_worker() as uow:
            await referrals.withdraw_consent(uow, case.referral)


async def test_a_path_closes_with_its_reason_and_whom_to_turn_to_next(store):
    case = await add_taken_case(store)
    visit = await case.books()
    async with case.as_psychologist() as uow:
        end = await referrals.close_referral(
            uow, case.referral, ExitReason.LOCAL_SUPPORT, "The school's own counsellor"
        )
    assert end.cancelled_visits == (visit.id,)
    async with case.as_social_worker() as uow:
        view = await referrals.get_referral(uow, case.referral)
    assert (view.state, view.exit_reason) == (ReferralState.CLOSED, ExitReason.LOCAL_SUPPORT)
    assert view.next_contact == "The school's own counsellor"


async def test_who_closes_a_path_depends_on_who_cares_for_it(store):
    case = await add_case(store)
    second = await case.files_another()
    await case.takes()
    with pytest.raises(NotAllowedError):
        async with case.as_social_worker() as uow:
            await referrals.close_referral(uow, case.referral, ExitReason.MOVED_AWAY)
    async with case.as_social_worker() as uow:
        await referrals.close_referral(uow, second, ExitReason.MOVED_AWAY)


async def test_nothing_can_be_done_on_an_ended_path(store):
    case = await add_taken_case(store)
    async with case.as_psychologist() as uow:
        await referrals.close_referral(uow, case.referral, ExitReason.GOALS_REACHED)
    acts = [
        lambda uow: referrals.write_message(uow, case.referral, "one more"),
        lambda uow: referrals.release_referral(uow, case.referral),
        lambda uow: referrals.close_referral(uow, case.referral, ExitReason.OTHER),
        lambda uow: referrals.withdraw_consent(uow, case.referral),
    ]
    for act in acts:
        with pytest.raises(WrongStateError):
            async with case.as_psychologist() as uow:
                await act(uow)
    other = await other_account(store, AccountRole.PSYCHOLOGIST)
    with pytest.raises(NotFoundError):
        async with store.begin(other) as uow:
            await referrals.take_referral(uow, case.referral)
    assert await state_of(case) is ReferralState.CLOSED


async def test_an_unknown_referral_and_a_foreign_one_look_the_same(store):
    case = await add_case(store)
    other = await other_account(store, AccountRole.SOCIAL_WORKER)
    answers = []
    for referral in (case.referral, ReferralId(new_id())):
        with pytest.raises(NotFoundError) as refused:
            async with store.begin(other) as uow:
                await referrals.get_referral(uow, referral)
        answers.append((type(refused.value), refused.value.code, refused.value.facts))
    assert answers[0] == answers[1]


async def test_every_act_is_told_in_the_audit_chain(store):
    case = await add_taken_case(store)
    async with case.as_psychologist() as uow:
        await referrals.get_referral(uow, case.referral)
        await referrals.write_message(uow, case.referral, "Hello")
        await referrals.release_referral(uow, case.referral)
    tags = [tag for tag in await audit_tags(store) if tag.startswith("referrals:")]
    assert tags == [
        "referrals:referral:filed",
        "referrals:consent:recorded",
        "referrals:referral:taken",
        "referrals:referral:read",
        "referrals:message:written",
        "referrals:referral:released",
    ]
