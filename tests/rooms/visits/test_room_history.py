"""What the database remembers of a live room."""

import pytest

from rooms.errors import NotFoundError
from rooms.ids import new_id
from rooms.referrals import service as referrals
from rooms.referrals.states import ReferralState
from rooms.roles import Role
from rooms.visits import admission
from rooms.visits.attendance import minutes_of, stays_of
from rooms.visits.events import (
    DoorKnocked,
    DoorOpened,
    EndingStarted,
    HelpAsked,
    ParticipantAdmitted,
    ParticipantDenied,
    ParticipantGone,
    ParticipantRemoved,
    RoomClosed,
    RoomStateChanged,
    RosterChanged,
)
from rooms.visits.states import PauseReason, RoomState, VisitState
from tests.support.admissions import SYSTEM, opens, records, seat, state_of
from tests.support.cases import add_taken_case, audit_tags


@pytest.fixture
async def case(store):
    return await add_taken_case(store)


@pytest.fixture
async def visit(case):
    """A visit whose window is open now."""
    return await case.books_as_before(in_minutes=10, extra_roles=frozenset({Role.GUARDIAN}))


class TestHistory:
    async def test_admission_survives_a_restart_until_somebody_leaves(self, store, visit):
        guardian = seat(visit, Role.GUARDIAN)
        await records(store, visit, ParticipantAdmitted(guardian, Role.GUARDIAN, "p", seat(visit, Role.PSYCHOLOGIST)))
        assert {plan.participant for plan in (await opens(store, visit)).seats if plan.admitted} == {guardian}
        await records(store, visit, ParticipantGone(guardian, Role.GUARDIAN, "p"))
        assert not any(plan.admitted for plan in (await opens(store, visit)).seats)

    async def test_removal_is_for_ever(self, store, visit):
        guardian = seat(visit, Role.GUARDIAN)
        await records(
            store,
            visit,
            ParticipantAdmitted(guardian, Role.GUARDIAN, "p", None),
            ParticipantRemoved(guardian, Role.GUARDIAN, "p", seat(visit, Role.SOCIAL_WORKER)),
        )
        (plan,) = [plan for plan in (await opens(store, visit)).seats if plan.removed]
        assert (plan.participant, plan.admitted) == (guardian, False)

    async def test_the_opened_door_is_remembered_and_begins_the_support(self, store, case, visit):
        await opens(store, visit)
        await records(store, visit, DoorOpened(seat(visit, Role.CLASSROOM)))
        await records(store, visit, DoorOpened(seat(visit, Role.CLASSROOM)))
        assert (await opens(store, visit)).door_opened
        async with case.as_social_worker() as uow:
            assert (await referrals.get_referral(uow, case.referral)).state is ReferralState.IN_SUPPORT

    async def test_attendance_writes_itself(self, store, visit, clock):
        classroom, worker = seat(visit, Role.CLASSROOM), seat(visit, Role.SOCIAL_WORKER)
        began = clock.now()
        await opens(store, visit)
        await records(store, visit, ParticipantAdmitted(classroom, Role.CLASSROOM, "p", None))
        clock.advance(60)
        await records(store, visit, ParticipantAdmitted(worker, Role.SOCIAL_WORKER, "q", None))
        # The same person on a new socket: one stay.
        await records(store, visit, ParticipantAdmitted(classroom, Role.CLASSROOM, "r", None))
        clock.advance(600)
        await records(store, visit, ParticipantGone(classroom, Role.CLASSROOM, "r"))
        clock.advance(60)
        await records(store, visit, ParticipantAdmitted(classroom, Role.CLASSROOM, "s", None))
        clock.advance(120)
        await records(store, visit, RoomClosed("ended"))
        async with store.begin(SYSTEM) as uow:
            stays = await stays_of(uow, visit.id)
        times = [
            (stay.role, (stay.joined_at - began).total_seconds(), (stay.left_at - began).total_seconds())
            for stay in stays
        ]
        assert times == [(Role.CLASSROOM, 0, 660), (Role.SOCIAL_WORKER, 60, 840), (Role.CLASSROOM, 720, 840)]
        assert minutes_of(stays) == {Role.CLASSROOM: 13, Role.SOCIAL_WORKER: 13}

    @pytest.mark.parametrize(
        ("door", "reason", "last"),
        [
            (True, "ended", VisitState.COMPLETED),
            (True, "hard-end", VisitState.COMPLETED),
            (False, "ended", VisitState.MISSED),
            (True, "rescheduled", VisitState.OPEN),
            (True, "server-stopping", VisitState.OPEN),
        ],
    )
    async def test_the_end_of_the_room_ends_the_visit(self, store, case, door, reason, last):
        visit = await case.books(in_minutes=10)
        await opens(store, visit)
        if door:
            await records(store, visit, DoorOpened(seat(visit, Role.CLASSROOM)))
        await records(store, visit, RoomClosed(reason))
        assert await state_of(case, visit) is last

    async def test_each_act_is_told_once_and_the_rest_not_at_all(self, store, visit):
        before = len(await audit_tags(store))
        classroom, guardian, psychologist = (
            seat(visit, role) for role in (Role.CLASSROOM, Role.GUARDIAN, Role.PSYCHOLOGIST)
        )
        reasons = frozenset({PauseReason.CHILD_ASKED})
        await records(
            store,
            visit,
            ParticipantAdmitted(classroom, Role.CLASSROOM, "p", None),
            RosterChanged(),
            ParticipantDenied(guardian, "q", psychologist),
            DoorKnocked(psychologist),
            DoorOpened(classroom),
            RoomStateChanged(RoomState.WAITING, RoomState.LIVE, frozenset()),
            RoomStateChanged(RoomState.LIVE, RoomState.PAUSED, reasons),
            RoomStateChanged(RoomState.PAUSED, RoomState.LIVE, frozenset()),
            HelpAsked(classroom, Role.CLASSROOM),
            EndingStarted(psychologist, visit.ends_at),
        )
        assert (await audit_tags(store))[before:] == [
            "visits:participant:joined",
            "visits:participant:denied",
            "visits:door:knocked",
            "visits:door:opened",
            "visits:room:paused",
            "visits:room:resumed",
            "visits:help:asked",
            "visits:room:ended",
        ]

    async def test_is_written_as_a_whole_or_not_at_all(self, store, visit):
        guardian = seat(visit, Role.GUARDIAN)
        before = await audit_tags(store)
        with pytest.raises(NotFoundError):
            await records(
                store,
                visit,
                ParticipantAdmitted(guardian, Role.GUARDIAN, "p", None),
                ParticipantGone(new_id(), Role.GUARDIAN, "p"),
            )
        assert await audit_tags(store) == before
        assert not any(plan.admitted for plan in (await opens(store, visit)).seats)

    async def test_of_an_unknown_visit_is_refused(self, store):
        with pytest.raises(NotFoundError):
            async with store.begin(SYSTEM) as uow:
                await admission.record_room_events(uow, new_id(), [RoomClosed("ended")])

    async def test_the_childs_pause_outlives_a_restart_until_the_child_lifts_it(self, store, visit):
        asked = frozenset({PauseReason.CHILD_ASKED})
        await records(store, visit, RoomStateChanged(RoomState.LIVE, RoomState.PAUSED, asked))
        assert (await opens(store, visit)).child_paused
        await records(store, visit, RoomStateChanged(RoomState.PAUSED, RoomState.LIVE, frozenset()))
        assert not (await opens(store, visit)).child_paused
