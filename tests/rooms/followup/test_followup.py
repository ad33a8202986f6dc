"""Notes are private, recommendations go to those they are for, and both end with the path."""

import pytest

from rooms.errors import InvalidInputError, NotAllowedError, NotFoundError, WrongStateError
from rooms.followup import service as followup
from rooms.followup.models import Recommendation, VisitNote
from rooms.followup.views import Addressee
from rooms.people.roles import AccountRole
from rooms.referrals import service as referrals
from rooms.referrals.choices import ConsentScope, ExitReason, Language
from rooms.referrals.errors import ConsentMissingError
from rooms.roles import Role
from rooms.unit_of_work import Actor
from rooms.visits import admission
from rooms.visits.events import ParticipantAdmitted, RoomClosed
from tests.support.cases import add_taken_case, audit_tags
from tests.support.people import add_account

SYSTEM = Actor.system("test")


@pytest.fixture
async def case(store):
    return await add_taken_case(store)


@pytest.fixture
async def visit(case):
    return await case.books_as_before(in_minutes=10)


async def recommends(case, addressee, text="Walk together in the evening", **more):
    async with case.as_psychologist() as uow:
        return await followup.write_recommendation(
            uow, case.referral, addressee=addressee, language=Language.TARIFIT, text=text, **more
        )


async def test_a_note_is_read_by_its_author_alone(store, case, visit, clock):
    async with case.as_psychologist() as uow:
        await followup.write_note(uow, visit.id, "Spoke of the dog.\r\n")
    clock.advance(60)
    async with case.as_psychologist() as uow:
        await followup.write_note(uow, visit.id, "Drew the house.")
        notes = await followup.read_notes(uow, visit.id)
    assert [note.text for note in notes] == ["Spoke of the dog.", "Drew the house."]
    for act in (followup.read_notes, lambda uow, visit_id: followup.write_note(uow, visit_id, "mine")):
        with pytest.raises(NotAllowedError):
            async with case.as_social_worker() as uow:
                await act(uow, visit.id)
    assert {"followup:note:written", "followup:notes:read"} <= set(await audit_tags(store))


async def test_the_next_psychologist_does_not_read_the_notes_of_the_one_before(store, case, visit):
    async with case.as_psychologist() as uow:
        await followup.write_note(uow, visit.id, "Spoke of the dog.")
        await referrals.release_referral(uow, case.referral)
    other = Actor.account((await add_account(store, AccountRole.PSYCHOLOGIST, email="other@example.org")).id)
    async with store.begin(other) as uow:
        await referrals.take_referral(uow, case.referral)
        assert await followup.read_notes(uow, visit.id) == ()
    with pytest.raises(NotFoundError):
        async with case.as_psychologist() as uow:
            await followup.read_notes(uow, visit.id)


async def test_notes_and_recommendations_are_not_in_the_database_in_clear(store, case, visit):
    async with case.as_psychologist() as uow:
        await followup.write_note(uow, visit.id, "Spoke of the dog.")
    await recommends(case, Addressee.FAMILY)
    async with store.begin(SYSTEM, reading=True) as uow:
        stored = repr((await uow.db.execute(VisitNote.__table__.select())).all()) + repr(
            (await uow.db.execute(Recommendation.__table__.select())).all()
        )
    assert "dog" not in stored
    assert "evening" not in stored


async def test_recommendations_reach_those_they_are_for(store, case, visit, clock):
    for addressee in (Addressee.FAMILY, Addressee.SCHOOL, Addressee.SPECIALIST):
        await recommends(case, addressee, f"For the {addressee}", visit_id=visit.id)
        clock.advance(60)
    async with case.as_psychologist() as uow:
        everything = await followup.list_recommendations(uow, case.referral)
    assert [line.addressee for line in everything] == [Addressee.SPECIALIST, Addressee.SCHOOL, Addressee.FAMILY]
    async with case.as_social_worker() as uow:
        shown = await followup.list_recommendations(uow, case.referral)
        assert [line.text for line in shown] == ["For the school", "For the family"]
        one = await followup.get_recommendation(uow, shown[1].id)
        assert (one.author_name, one.language, one.visit) == ("Youssef Alami", Language.TARIFIT, visit.id)
        with pytest.raises(NotFoundError):
            await followup.get_recommendation(uow, everything[0].id)


async def test_the_school_gets_none_without_the_guardians_consent_to_share(store):
    case = await add_taken_case(store, scope=frozenset({ConsentScope.VISITS}))
    with pytest.raises(ConsentMissingError):
        await recommends(case, Addressee.SCHOOL)
    await recommends(case, Addressee.FAMILY)


async def test_a_stranger_reads_and_writes_nothing(store, case, visit):
    recommendation = await recommends(case, Addressee.FAMILY)
    stranger = Actor.account((await add_account(store, AccountRole.PSYCHOLOGIST, email="other@example.org")).id)
    for act in (
        lambda uow: followup.write_note(uow, visit.id, "x"),
        lambda uow: followup.read_notes(uow, visit.id),
        lambda uow: followup.list_recommendations(uow, case.referral),
        lambda uow: followup.get_recommendation(uow, recommendation),
        lambda uow: followup.attendance(uow, visit.id),
        lambda uow: followup.write_recommendation(
            uow, case.referral, addressee=Addressee.FAMILY, language=Language.ARABIC, text="x"
        ),
    ):
        with pytest.raises(NotFoundError):
            async with store.begin(stranger) as uow:
                await act(uow)


async def test_a_recommendation_names_only_a_visit_of_its_own_child(store, case):
    other = await add_taken_case(store)
    foreign = await other.books()
    with pytest.raises(NotFoundError):
        await recommends(case, Addressee.FAMILY, visit_id=foreign.id)


async def test_an_empty_text_is_refused(case, visit):
    with pytest.raises(InvalidInputError):
        await recommends(case, Addressee.FAMILY, " ")
    with pytest.raises(InvalidInputError):
        async with case.as_psychologist() as uow:
            await followup.write_note(uow, visit.id, "")


async def test_after_the_end_of_the_path_everything_is_read_and_nothing_written(case, visit):
    async with case.as_psychologist() as uow:
        await followup.write_note(uow, visit.id, "Spoke of the dog.")
        await referrals.close_referral(uow, case.referral, ExitReason.GOALS_REACHED)
    async with case.as_psychologist() as uow:
        assert len(await followup.read_notes(uow, visit.id)) == 1
    with pytest.raises(WrongStateError):
        await recommends(case, Addressee.FAMILY)
    with pytest.raises(WrongStateError):
        async with case.as_psychologist() as uow:
            await followup.write_note(uow, visit.id, "One more")


async def test_both_professionals_see_who_attended(store, case, visit, clock):
    classroom = next(seat.participant for seat in visit.seats if seat.role is Role.CLASSROOM)
    async with store.begin(SYSTEM) as uow:
        await admission.record_room_events(uow, visit.id, [ParticipantAdmitted(classroom, Role.CLASSROOM, "p", None)])
    clock.advance(1800)
    async with store.begin(SYSTEM) as uow:
        await admission.record_room_events(uow, visit.id, [RoomClosed("ended")])
    for who in (case.as_social_worker, case.as_psychologist):
        async with who() as uow:
            (stay,) = await followup.attendance(uow, visit.id)
        assert (stay.role, (stay.left_at - stay.joined_at).total_seconds()) == (Role.CLASSROOM, 1800)
