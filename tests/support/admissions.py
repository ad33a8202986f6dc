"""What signaling asks of the stored world, as verbs for tests."""

from rooms.unit_of_work import Actor
from rooms.visits import admission, schedule
from tests.support.cases import anybody

SYSTEM = Actor.system("test")


def seat(visit, role):
    return next(seat.participant for seat in visit.seats if seat.role is role)


async def opens(store, visit):
    async with anybody(store) as uow:
        return await admission.open_room(uow, visit.id)


async def records(store, visit, *events):
    async with store.begin(SYSTEM) as uow:
        await admission.record_room_events(uow, visit.id, events)


async def ticket(store, visit, **holder):
    async with anybody(store) as uow:
        return await admission.issue_ticket(uow, visit.id, **holder)


async def spends(store, token):
    async with anybody(store) as uow:
        return await admission.spend_ticket(uow, token)


async def state_of(case, visit):
    async with case.as_social_worker() as uow:
        return (await schedule.get_visit(uow, visit.id)).state
