"""One browser never gathers the seats of people who must be independent of each other."""

import pytest

from rooms.roles import Role
from rooms.unit_of_work import Actor
from rooms.visits import admission, invitations
from rooms.visits.errors import CodeNotValidError, SeatsNotTogetherError, TicketNotValidError
from rooms.visits.events import ParticipantAdmitted, ParticipantRemoved
from rooms.visits.invitation_secrets import device_hash
from rooms.visits.models import Invitation
from tests.support.admissions import records, seat, spends, ticket
from tests.support.cases import add_taken_case, anybody, new_device, shows

APART = [(Role.GUARDIAN, Role.SOCIAL_WORKER), (Role.INTERPRETER, Role.SOCIAL_WORKER)]


@pytest.fixture
async def case(store):
    return await add_taken_case(store)


@pytest.fixture
async def visit(case):
    """A visit whose window is open now."""
    return await case.books_as_before(in_minutes=10, extra_roles=frozenset({Role.GUARDIAN, Role.INTERPRETER}))


async def roles_at(store, visit, device):
    async with anybody(store) as uow:
        return {plan.role for plan in await invitations.seats_of(uow, visit.id, device)}


async def ties(store, visit, role, device):
    """Bind a seat as two links shown at the same moment could."""
    async with store.begin(Actor.system("test")) as uow:
        (await uow.db.get_one(Invitation, seat(visit, role))).device_hash = device_hash(device)


@pytest.mark.parametrize(("first", "second"), APART + [(second, first) for first, second in APART])
async def test_one_browser_does_not_take_both_links(store, case, visit, first, second):
    device = await case.sits_down(visit.id, first)
    link = await case.link(visit.id, second)
    with pytest.raises(SeatsNotTogetherError):
        await shows(store, link, device)
    assert await roles_at(store, visit, device) == {first}
    # The seat is free for the device where it belongs.
    elsewhere = new_device()
    await shows(store, link, elsewhere)
    assert await roles_at(store, visit, elsewhere) == {second}


@pytest.mark.parametrize("companion", [Role.SOCIAL_WORKER, Role.GUARDIAN, Role.INTERPRETER])
async def test_whoever_sits_beside_the_child_may_share_its_device(store, case, visit, companion):
    device = await case.sits_down(visit.id)
    await shows(store, await case.link(visit.id, companion), device)
    assert await roles_at(store, visit, device) == {Role.CLASSROOM, companion}


async def test_the_social_worker_sits_down_beside_the_child_by_code_but_not_where_the_guardian_holds_a_seat(
    store, case, visit
):
    async with case.as_social_worker() as uow:
        code = (await invitations.card(uow, visit.id, Role.SOCIAL_WORKER)).spoken_code
    device = await case.sits_down(visit.id)
    await shows(store, await case.link(visit.id, Role.GUARDIAN), device)
    with pytest.raises(CodeNotValidError):
        async with anybody(store) as uow:
            await invitations.exchange_code(uow, code, device)
    # Once the guardian has been removed, nobody else sits there.
    await records(store, visit, ParticipantRemoved(seat(visit, Role.GUARDIAN), Role.GUARDIAN, None, None))
    async with anybody(store) as uow:
        await invitations.exchange_code(uow, code, device)
    assert await roles_at(store, visit, device) == {Role.CLASSROOM, Role.SOCIAL_WORKER}


async def test_a_signed_in_social_worker_leaves_a_device_that_the_guardian_holds_too(store, case, visit):
    device = await case.sits_down(visit.id)
    await shows(store, await case.link(visit.id, Role.GUARDIAN), device)
    token = await ticket(store, visit, device=device, account=case.social_worker)
    assert [plan.role for plan in (await spends(store, token)).participants] == [Role.SOCIAL_WORKER]
    assert await roles_at(store, visit, device) == {Role.CLASSROOM, Role.GUARDIAN}


async def test_a_browser_that_holds_the_guardians_seat_is_refused_before_it_can_ask_for_another(store, case, visit):
    await case.sits_down(visit.id, Role.SOCIAL_WORKER)
    device = await case.sits_down(visit.id, Role.GUARDIAN)
    with pytest.raises(SeatsNotTogetherError):
        await shows(store, await case.link(visit.id, Role.SOCIAL_WORKER), device)


async def test_no_adult_can_let_a_browser_have_both_seats(store, case, visit):
    await case.sits_down(visit.id, Role.SOCIAL_WORKER)
    device = new_device()
    claim = (await shows(store, await case.link(visit.id, Role.SOCIAL_WORKER), device)).claim
    await shows(store, await case.link(visit.id, Role.GUARDIAN), device)
    await records(store, visit, ParticipantAdmitted(seat(visit, Role.PSYCHOLOGIST), Role.PSYCHOLOGIST, "p", None))
    with pytest.raises(SeatsNotTogetherError):
        async with case.as_psychologist() as uow:
            await admission.approve_claim(uow, visit.id, claim)
    assert await roles_at(store, visit, device) == {Role.GUARDIAN}


async def test_seats_gathered_by_two_links_at_the_same_moment_open_nothing(store, case, visit):
    device = await case.sits_down(visit.id, Role.GUARDIAN)
    early = await ticket(store, visit, device=device)
    await ties(store, visit, Role.SOCIAL_WORKER, device)
    with pytest.raises(SeatsNotTogetherError):
        await ticket(store, visit, device=device)
    # A ticket of before is for the one seat it names.
    assert [plan.role for plan in (await spends(store, early)).participants] == [Role.GUARDIAN]


async def test_a_ticket_for_seats_that_must_be_apart_is_refused_when_it_is_spent(store, case, visit, monkeypatch):
    device = await case.sits_down(visit.id, Role.GUARDIAN)
    await ties(store, visit, Role.SOCIAL_WORKER, device)
    with monkeypatch.context() as blind:
        blind.setattr("rooms.visits.tickets.fit_together", lambda seats: True)
        token = await ticket(store, visit, device=device)
    with pytest.raises(TicketNotValidError):
        await spends(store, token)
