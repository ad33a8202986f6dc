"""A second browser with a link that another one owns."""

import pytest
from sqlalchemy import select

from rooms.errors import NotAllowedError, NotFoundError
from rooms.roles import Role
from rooms.unit_of_work import Actor
from rooms.visits import admission, invitations
from rooms.visits.errors import (
    ClaimNotWaitingError,
)
from rooms.visits.events import ParticipantAdmitted
from rooms.visits.models import Invitation
from rooms.visits.states import ClaimState
from rooms.visits.views import ExchangeOutcome
from tests.support.admissions import seat
from tests.support.cases import add_taken_case, anybody, new_device, shows

SYSTEM = Actor.system("test")


@pytest.fixture
async def case(store):
    return await add_taken_case(store)


@pytest.fixture
async def visit(case):
    """A visit whose window is open now."""
    return await case.books_as_before(in_minutes=10, extra_roles=frozenset({Role.GUARDIAN}))


class TestClaims:
    """A second browser with the same link."""

    @pytest.fixture
    async def second(self, store, case, visit):
        """The cookie of a second browser, and its claim."""
        await case.sits_down(visit.id)
        device = new_device()
        exchange = await shows(store, await case.link(visit.id), device)
        assert exchange.outcome is ExchangeOutcome.CLAIMED
        return device, exchange.claim

    @pytest.fixture
    async def in_room(self, store, visit):
        """The social worker is in the room."""
        worker = seat(visit, Role.SOCIAL_WORKER)
        async with store.begin(SYSTEM) as uow:
            await admission.record_room_events(
                uow, visit.id, [ParticipantAdmitted(worker, Role.SOCIAL_WORKER, "p", None)]
            )
        return worker

    async def test_waits_and_gets_no_seat(self, store, visit, second):
        device, claim = second
        async with anybody(store) as uow:
            assert await invitations.seats_of(uow, visit.id, device) == ()
            assert await admission.claim_state(uow, claim, device) is ClaimState.WAITING
            (view,) = await admission.list_claims(uow, visit.id)
        assert (view.id, view.role) == (claim, Role.CLASSROOM)

    async def test_that_asks_again_has_the_same_claim(self, store, case, visit, second):
        device, claim = second
        assert (await shows(store, await case.link(visit.id), device)).claim == claim

    async def test_gets_the_seat_when_an_adult_in_the_room_approves(self, store, case, visit, second, in_room):
        device, claim = second
        async with store.begin(Actor.participant(in_room)) as uow:
            await admission.approve_claim(uow, visit.id, claim)
        async with anybody(store) as uow:
            assert [plan.role for plan in await invitations.seats_of(uow, visit.id, device)] == [Role.CLASSROOM]
            assert await admission.claim_state(uow, claim, device) is ClaimState.APPROVED
            owners = await uow.db.scalars(select(Invitation.id).where(Invitation.device_hash.is_not(None)))
            assert len(owners.all()) == 1
        with pytest.raises(ClaimNotWaitingError):
            async with store.begin(Actor.participant(in_room)) as uow:
                await admission.deny_claim(uow, visit.id, claim)

    async def test_stays_outside_when_denied_and_can_not_ask_again(self, store, case, visit, second, in_room):
        device, claim = second
        async with case.as_social_worker() as uow:
            await admission.deny_claim(uow, visit.id, claim)
        assert (await shows(store, await case.link(visit.id), device)).claim == claim
        async with anybody(store) as uow:
            assert await admission.claim_state(uow, claim, device) is ClaimState.DENIED
            assert await admission.list_claims(uow, visit.id) == ()
            assert await invitations.seats_of(uow, visit.id, device) == ()

    async def test_is_decided_by_nobody_but_an_adult_in_this_room(self, store, case, visit, second):
        device, claim = second
        strangers = [
            Actor.anonymous(),
            Actor.participant(seat(visit, Role.CLASSROOM)),
            # The right person, and not in the room.
            Actor.account(case.social_worker),
            Actor.participant(seat(visit, Role.PSYCHOLOGIST)),
        ]
        for actor in strangers:
            for decide in (admission.approve_claim, admission.deny_claim):
                with pytest.raises(NotAllowedError):
                    async with store.begin(actor) as uow:
                        await decide(uow, visit.id, claim)
        async with anybody(store) as uow:
            assert await admission.claim_state(uow, claim, device) is ClaimState.WAITING

    async def test_of_another_visit_is_not_found(self, store, case, second, visit, in_room):
        other = await case.books(in_minutes=200)
        worker = seat(other, Role.SOCIAL_WORKER)
        async with store.begin(SYSTEM) as uow:
            await admission.record_room_events(
                uow, other.id, [ParticipantAdmitted(worker, Role.SOCIAL_WORKER, "p", None)]
            )
        with pytest.raises(NotFoundError):
            async with store.begin(Actor.participant(worker)) as uow:
                await admission.approve_claim(uow, other.id, second[1])

    async def test_tells_its_state_to_its_own_browser_only(self, store, second):
        with pytest.raises(NotFoundError):
            async with anybody(store) as uow:
                await admission.claim_state(uow, second[1], new_device())
