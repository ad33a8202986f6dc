"""Links and spoken codes: who gets a card, which browser owns a seat, and when a link works."""

import asyncio
from datetime import timedelta

import pytest

from rooms.errors import NotAllowedError, NotFoundError, WrongStateError
from rooms.people.roles import AccountRole
from rooms.roles import Role
from rooms.unit_of_work import Actor
from rooms.visits import admission, invitations, schedule
from rooms.visits.errors import (
    CodeNotValidError,
    InvitationNotValidError,
    VisitNotOpenYetError,
    VisitOverError,
)
from rooms.visits.events import ParticipantRemoved, RoomClosed
from rooms.visits.models import DeviceClaim, Invitation
from rooms.visits.upkeep import forget_links
from rooms.visits.views import ExchangeOutcome
from tests.support.admissions import seat
from tests.support.cases import ZONE, add_taken_case, anybody, audit_tags, new_device, shows, wall_in
from tests.support.people import add_account

SYSTEM = Actor.system("test")


@pytest.fixture
async def case(store):
    return await add_taken_case(store)


@pytest.fixture
async def visit(case):
    """A visit whose window is open now."""
    return await case.books_as_before(in_minutes=10, extra_roles=frozenset({Role.GUARDIAN}))


async def says(store, code, device):
    async with anybody(store) as uow:
        return await invitations.exchange_code(uow, code, device)


async def test_a_card_can_be_printed_again_and_the_database_holds_nothing_that_opens(store, case, visit):
    cards = []
    for who in (case.as_social_worker, case.as_psychologist):
        async with who() as uow:
            cards.append(await invitations.card(uow, visit.id, Role.CLASSROOM))
    assert cards[0].secret == cards[1].secret
    assert cards[0].spoken_code == cards[1].spoken_code
    assert len(cards[0].secret) == 43
    assert cards[0].spoken_code.isdecimal()
    assert len(cards[0].spoken_code) == 8
    assert (cards[0].social_worker_name, cards[0].psychologist_name) == ("Amina Idrissi", "Youssef Alami")
    async with store.begin(SYSTEM, reading=True) as uow:
        row = await uow.db.get_one(Invitation, cards[0].participant)
        stored = repr((row.nonce, row.secret_hash, row.code_hash))
    assert cards[0].secret not in stored
    assert cards[0].spoken_code not in stored


async def test_each_seat_has_a_link_and_a_code_of_its_own(case, visit):
    async with case.as_social_worker() as uow:
        cards = [await invitations.card(uow, visit.id, role) for role in (Role.CLASSROOM, Role.GUARDIAN)]
    assert len({card.secret for card in cards}) == len({card.spoken_code for card in cards}) == 2


async def test_nobody_gets_the_card_of_another_professional(case, visit):
    for who, role in ((case.as_social_worker, Role.PSYCHOLOGIST), (case.as_psychologist, Role.SOCIAL_WORKER)):
        with pytest.raises(NotAllowedError):
            async with who() as uow:
                await invitations.card(uow, visit.id, role)


async def test_a_stranger_gets_no_card_and_a_missing_seat_has_none(store, case, visit):
    other = await add_account(store, AccountRole.PSYCHOLOGIST, email="other@example.org")
    with pytest.raises(NotFoundError):
        async with store.begin(Actor.account(other.id)) as uow:
            await invitations.card(uow, visit.id, Role.CLASSROOM)
    with pytest.raises(NotFoundError):
        async with case.as_social_worker() as uow:
            await invitations.card(uow, visit.id, Role.INTERPRETER)


async def test_the_first_browser_owns_the_seat_and_comes_back_freely(store, case, visit):
    secret, device = await case.link(visit.id), new_device()
    for _ in range(3):
        exchange = await shows(store, secret, device)
        assert (exchange.outcome, exchange.visit, exchange.role) == (ExchangeOutcome.BOUND, visit.id, Role.CLASSROOM)
        assert exchange.claim is None
    async with anybody(store) as uow:
        assert [plan.role for plan in await invitations.seats_of(uow, visit.id, device)] == [Role.CLASSROOM]
        assert await invitations.seats_of(uow, visit.id, new_device()) == ()
    assert (await audit_tags(store)).count("visits:invitation:bound") == 1


async def test_one_device_may_hold_several_seats(store, case, visit):
    device = new_device()
    for role in (Role.CLASSROOM, Role.SOCIAL_WORKER):
        await shows(store, await case.link(visit.id, role), device)
    async with anybody(store) as uow:
        assert {plan.role for plan in await invitations.seats_of(uow, visit.id, device)} == {
            Role.CLASSROOM,
            Role.SOCIAL_WORKER,
        }


async def test_a_psychologist_signs_in_and_has_no_seat_by_link_or_code(store, case, visit):
    async with case.as_psychologist() as uow:
        card = await invitations.card(uow, visit.id, Role.PSYCHOLOGIST)
    async with anybody(store) as uow:
        with pytest.raises(InvitationNotValidError):
            await invitations.exchange(uow, card.secret, new_device())
        with pytest.raises(CodeNotValidError):
            await invitations.exchange_code(uow, card.spoken_code, new_device())


async def test_the_social_workers_code_works_on_the_childs_device_alone(store, case, visit):
    async with case.as_social_worker() as uow:
        code = (await invitations.card(uow, visit.id, Role.SOCIAL_WORKER)).spoken_code
    elsewhere = (new_device(), await case.sits_down(visit.id, Role.GUARDIAN))
    for device in elsewhere:
        async with anybody(store) as uow:
            with pytest.raises(CodeNotValidError):
                await invitations.exchange_code(uow, code, device)
    device = await case.sits_down(visit.id)
    async with anybody(store) as uow:
        assert (await invitations.exchange_code(uow, code, device)).outcome is ExchangeOutcome.BOUND


async def test_of_thirty_browsers_at_once_one_owns_the_seat_and_the_others_wait(store, case, visit):
    secret = await case.link(visit.id)
    exchanges = await asyncio.gather(*(shows(store, secret, new_device()) for _ in range(30)))
    outcomes = [exchange.outcome for exchange in exchanges]
    assert outcomes.count(ExchangeOutcome.BOUND) == 1
    assert outcomes.count(ExchangeOutcome.CLAIMED) == 29
    assert len({exchange.claim for exchange in exchanges if exchange.claim}) == 29


@pytest.mark.parametrize(
    ("edge", "answer"),
    [
        (("opens_at", -1), VisitNotOpenYetError),
        (("opens_at", 0), None),
        (("opens_at", 1), None),
        (("closes_at", -1), None),
        (("closes_at", 0), VisitOverError),
        (("closes_at", 1), VisitOverError),
    ],
)
async def test_a_link_works_from_the_first_to_the_last_second_of_its_window(store, case, clock, edge, answer):
    visit = await case.books(in_minutes=60)
    secret = await case.link(visit.id)
    async with case.as_social_worker() as uow:
        code = (await invitations.card(uow, visit.id, Role.CLASSROOM)).spoken_code
    clock.move_to(getattr(visit, edge[0]) + timedelta(seconds=edge[1]))
    device = new_device()
    if answer is None:
        assert (await shows(store, secret, device)).outcome is ExchangeOutcome.BOUND
        assert (await says(store, code, device)).outcome is ExchangeOutcome.BOUND
        return
    with pytest.raises(answer) as refused:
        await shows(store, secret, device)
    if answer is VisitNotOpenYetError:
        assert refused.value.facts == {"opens_in_s": 1}
    with pytest.raises(CodeNotValidError):
        await says(store, code, device)
    async with anybody(store) as uow:
        assert await invitations.seats_of(uow, visit.id, device) == ()


async def test_the_seconds_to_wait_are_rounded_up(store, case, clock):
    visit = await case.books(in_minutes=60)
    secret = await case.link(visit.id)
    clock.move_to(visit.opens_at - timedelta(milliseconds=1500))
    with pytest.raises(VisitNotOpenYetError) as refused:
        await shows(store, secret, new_device())
    assert refused.value.facts == {"opens_in_s": 2}


async def test_links_and_codes_follow_a_moved_visit(store, case, clock):
    visit = await case.books(in_minutes=10)
    secret = await case.link(visit.id)
    async with case.as_psychologist() as uow:
        moved = await schedule.reschedule_visit(uow, visit.id, wall_start=wall_in(uow.now, 300), zone=ZONE)
    with pytest.raises(VisitNotOpenYetError):
        await shows(store, secret, new_device())
    clock.move_to(moved.opens_at)
    assert (await shows(store, secret, new_device())).outcome is ExchangeOutcome.BOUND


async def test_links_and_codes_of_a_cancelled_visit_are_dead_at_once(store, case, visit):
    async with case.as_social_worker() as uow:
        card = await invitations.card(uow, visit.id, Role.CLASSROOM)
        await schedule.cancel_visit(uow, visit.id)
    with pytest.raises(InvitationNotValidError):
        await shows(store, card.secret, new_device())
    with pytest.raises(CodeNotValidError):
        await says(store, card.spoken_code, new_device())
    with pytest.raises(WrongStateError):
        async with case.as_social_worker() as uow:
            await invitations.card(uow, visit.id, Role.CLASSROOM)


async def test_a_link_is_over_once_the_room_has_ended(store, case, visit):
    secret = await case.link(visit.id)
    async with store.begin(SYSTEM) as uow:
        await admission.open_room(uow, visit.id)
        await admission.record_room_events(uow, visit.id, [RoomClosed("ended")])
    with pytest.raises(VisitOverError):
        await shows(store, secret, new_device())


@pytest.mark.parametrize("secret", ["", "x", "A" * 43, "A" * 44, "é" * 43, "A" * 42 + "\n", "../" + "A" * 40])
async def test_an_unknown_or_malformed_link_opens_nothing(store, visit, secret):
    with pytest.raises(InvitationNotValidError):
        await shows(store, secret, new_device())


@pytest.mark.parametrize("device", ["", "short", "x" * 65, "x" * 42 + "\0"])
async def test_a_malformed_browser_cookie_owns_nothing(store, case, visit, device):
    secret = await case.link(visit.id)
    with pytest.raises(InvitationNotValidError):
        await shows(store, secret, device)


async def test_a_spoken_code_opens_the_same_seat_however_it_is_typed(store, case, visit):
    async with case.as_social_worker() as uow:
        code = (await invitations.card(uow, visit.id, Role.CLASSROOM)).spoken_code
    device = new_device()
    arabic = "".join(chr(ord("\N{ARABIC-INDIC DIGIT ZERO}") + int(digit)) for digit in code)
    for typed in (code, f" {code[:4]} {code[4:]} ", f"{code[:4]}-{code[4:]}", f"\u200f{arabic}"):
        exchange = await says(store, typed, device)
        assert (exchange.outcome, exchange.role) == (ExchangeOutcome.BOUND, Role.CLASSROOM)


async def test_a_wrong_an_early_and_an_expired_code_get_one_answer(store, case, clock, visit):
    early = await case.books(in_minutes=300)
    codes = {}
    for name, booked in (("expired", visit), ("early", early)):
        async with case.as_social_worker() as uow:
            codes[name] = (await invitations.card(uow, booked.id, Role.CLASSROOM)).spoken_code
    clock.move_to(visit.closes_at)
    used = set(codes.values())
    codes["wrong"] = next(code for code in ("00000000", "11111111", "22222222") if code not in used)
    codes |= {"letters": "abcdefgh", "short": "1234567", "empty": "", "huge": "1" * 10_000, "fraction": "½" * 8}
    answers = set()
    for code in codes.values():
        with pytest.raises(CodeNotValidError) as refused:
            await says(store, code, new_device())
        answers.add((type(refused.value), refused.value.code, str(refused.value.facts), refused.value.__cause__))
    assert len(answers) == 1


async def test_a_renewed_link_kills_the_old_one_its_browser_and_its_claims(store, case, visit):
    old_device = await case.sits_down(visit.id)
    async with case.as_social_worker() as uow:
        old = await invitations.card(uow, visit.id, Role.CLASSROOM)
    waiting = await shows(store, old.secret, new_device())
    async with case.as_psychologist() as uow:
        new = await invitations.renew(uow, visit.id, Role.CLASSROOM)
    assert new.secret != old.secret
    assert new.participant == old.participant
    for device in (old_device, new_device()):
        with pytest.raises(InvitationNotValidError):
            await shows(store, old.secret, device)
        with pytest.raises(CodeNotValidError):
            await says(store, old.spoken_code, device)
    async with anybody(store) as uow:
        assert await invitations.seats_of(uow, visit.id, old_device) == ()
        assert await admission.list_claims(uow, visit.id) == ()
        assert await uow.db.get(DeviceClaim, waiting.claim) is None
    assert (await shows(store, new.secret, new_device())).outcome is ExchangeOutcome.BOUND


async def test_the_link_of_a_removed_participant_opens_nothing(store, case, visit):
    device = await case.sits_down(visit.id, Role.GUARDIAN)
    secret = await case.link(visit.id, Role.GUARDIAN)
    guardian = seat(visit, Role.GUARDIAN)
    async with store.begin(SYSTEM) as uow:
        await admission.record_room_events(
            uow, visit.id, [ParticipantRemoved(guardian, Role.GUARDIAN, None, seat(visit, Role.PSYCHOLOGIST))]
        )
    for shown in (device, new_device()):
        with pytest.raises(InvitationNotValidError):
            await shows(store, secret, shown)
    async with anybody(store) as uow:
        assert await invitations.seats_of(uow, visit.id, device) == ()


async def test_links_are_forgotten_a_month_after_the_visit(store, case, visit, clock):
    await case.sits_down(visit.id)
    secret = await case.link(visit.id)
    clock.move_to(visit.closes_at + timedelta(days=30))
    async with store.begin(SYSTEM) as uow:
        await schedule.sweep(uow)
        assert await forget_links(uow) == len(visit.seats)
        assert await forget_links(uow) == 0
    with pytest.raises(InvitationNotValidError):
        await shows(store, secret, new_device())
