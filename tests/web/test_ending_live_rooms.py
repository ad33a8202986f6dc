"""What a page of the site ends in the database, it ends in the live room too, at once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest

from rooms.people import service as people
from rooms.people.roles import AccountRole
from rooms.roles import Role
from rooms.unit_of_work import Actor
from rooms.visits import admission, invitations
from rooms.visits.views import VisitView
from signaling import messages
from signaling.close_codes import CloseCode
from tests.support.cases import Case, add_taken_case, anybody
from tests.support.people import add_account
from tests.support.scripted_peer import ScriptedPeer
from tests.support.staff import StaffBrowser, browser_of
from tests.web.conftest import Server
from web import keys

MOVED = {"wall_start": "2026-11-24T15:00", "zone": "Africa/Casablanca", "minutes": "30"}


@dataclass
class LiveVisit:
    """A visit with people in its room, and the people's browsers."""

    server: Server
    http: aiohttp.ClientSession
    case: Case
    visit: VisitView
    peers: dict[Role, ScriptedPeer]

    async def browser(self, role: AccountRole) -> StaffBrowser:
        """Return the browser of one of the case's workers, or of an admin."""
        if role is AccountRole.ADMIN:
            account = await add_account(self.server.store, role, email="admin@example.org")
        else:
            worker = self.case.social_worker if role is AccountRole.SOCIAL_WORKER else self.case.psychologist
            async with self.server.store.begin(Actor.system("test")) as uow:
                account = await people.get_account(uow, worker)
        return await browser_of(self.server.client, self.server.store, account)

    async def ticket(self, **holder: str) -> str:
        async with anybody(self.server.store) as uow:
            return await admission.issue_ticket(uow, self.visit.id, **holder)

    async def joins(self, role: Role, ticket: str) -> ScriptedPeer:
        origin = self.server.app[keys.SETTINGS].origin
        page = ScriptedPeer(self.http, str(self.server.client.make_url("/ws")), origin=origin)
        self.peers[role] = await page.joins(ticket)
        return page

    async def fills(self) -> None:
        """Bring the child and both professionals in; the child has not opened the door."""
        await self.joins(Role.CLASSROOM, await self.ticket(device=await self.case.sits_down(self.visit.id)))
        await self.joins(Role.SOCIAL_WORKER, await self.ticket(account=self.case.social_worker))
        await self.joins(Role.PSYCHOLOGIST, await self.ticket(account=self.case.psychologist))

    async def goes_live(self) -> None:
        await self.peers[Role.PSYCHOLOGIST].knocks()
        await self.peers[Role.CLASSROOM].expects(messages.Room, knocked=True)
        await self.peers[Role.CLASSROOM].opens_door()
        for peer in self.peers.values():
            await peer.expects(messages.Room, state="live")


@pytest.fixture
async def live(server: Server) -> AsyncIterator[LiveVisit]:
    case = await add_taken_case(server.store)
    visit = await case.books_as_before(in_minutes=10, extra_roles=frozenset({Role.GUARDIAN}))
    async with aiohttp.ClientSession() as http:
        room = LiveVisit(server, http, case, visit, {})
        await room.fills()
        yield room
        for peer in room.peers.values():
            await peer.goes_home()


@pytest.mark.parametrize(
    ("who", "path", "reason"),
    [
        (AccountRole.SOCIAL_WORKER, "/visits/{visit}/cancel", "cancelled"),
        (AccountRole.PSYCHOLOGIST, "/visits/{visit}/cancel", "cancelled"),
        (AccountRole.SOCIAL_WORKER, "/referrals/{referral}/withdraw", "withdrawn"),
        (AccountRole.PSYCHOLOGIST, "/referrals/{referral}/release", "cancelled"),
        (AccountRole.PSYCHOLOGIST, "/referrals/{referral}/close", "cancelled"),
    ],
)
async def test_what_ends_the_visit_closes_its_live_room(
    live: LiveVisit, who: AccountRole, path: str, reason: str
) -> None:
    await live.goes_live()
    browser = await live.browser(who)
    answer = await browser.posts(
        path.format(visit=live.visit.id, referral=live.case.referral),
        {"reason": "goals-reached", "next_contact": "Salma, at school"},
    )
    assert answer.status == 303
    for peer in live.peers.values():
        await peer.expects(messages.Closed, reason=reason)
        await peer.is_closed_with(CloseCode.ROOM_CLOSED)


async def test_a_moved_visit_sends_away_those_who_came_early(live: LiveVisit) -> None:
    browser = await live.browser(AccountRole.SOCIAL_WORKER)
    assert (await browser.posts(f"/visits/{live.visit.id}/reschedule", MOVED)).status == 303
    for peer in live.peers.values():
        await peer.expects(messages.Closed, reason="rescheduled")


@pytest.mark.parametrize("role", [Role.PSYCHOLOGIST, Role.SOCIAL_WORKER])
async def test_a_closed_account_leaves_the_live_room_at_once_and_for_ever(live: LiveVisit, role: Role) -> None:
    await live.goes_live()
    connect = await live.peers[Role.CLASSROOM].expects(messages.Connect, peer=live.peers[role].peer)
    account = live.case.psychologist if role is Role.PSYCHOLOGIST else live.case.social_worker
    admin = await live.browser(AccountRole.ADMIN)

    assert (await admin.posts(f"/admin/people/{account}/disable")).status == 303

    await live.peers[role].is_closed_with(CloseCode.REMOVED)
    await live.peers[Role.CLASSROOM].expects(messages.Disconnect, peer=connect.peer, negotiation=connect.negotiation)
    await live.peers[Role.CLASSROOM].expects(messages.Room, state="paused")


async def test_a_closed_account_keeps_no_seat_on_the_childs_device(live: LiveVisit) -> None:
    """The social worker sat down there once; the device must not stand in for them afterwards."""
    visit = live.visit = await live.case.books(in_minutes=60)
    live.server.clock.advance(50 * 60)
    device = await live.case.sits_down(visit.id)
    await live.ticket(device=device, account=live.case.social_worker)
    admin = await live.browser(AccountRole.ADMIN)

    await admin.posts(f"/admin/people/{live.case.social_worker}/disable")

    async with anybody(live.server.store) as uow:
        assert [seat.role for seat in await invitations.seats_of(uow, visit.id, device)] == [Role.CLASSROOM]
        alone = await admission.issue_ticket(uow, visit.id, device=device)
        assert [seat.role for seat in (await admission.spend_ticket(uow, alone)).participants] == [Role.CLASSROOM]


async def test_a_renewed_link_sends_the_browser_of_the_old_one_away_and_the_new_one_gets_in(live: LiveVisit) -> None:
    await live.goes_live()
    wrong_person = await live.joins(
        Role.GUARDIAN, await live.ticket(device=await live.case.sits_down(live.visit.id, Role.GUARDIAN))
    )
    await live.peers[Role.SOCIAL_WORKER].admits(wrong_person)
    await wrong_person.expects(messages.Admitted)
    browser = await live.browser(AccountRole.SOCIAL_WORKER)

    assert (await browser.posts(f"/visits/{live.visit.id}/renew", {"role": "guardian"})).status == 303

    await wrong_person.is_closed_with(CloseCode.TICKET_REFUSED)
    guardian = await live.joins(
        Role.GUARDIAN, await live.ticket(device=await live.case.sits_down(live.visit.id, Role.GUARDIAN))
    )
    await guardian.expects(messages.Waiting)
    await live.peers[Role.SOCIAL_WORKER].admits(guardian)
    await guardian.expects(messages.Admitted)


async def test_signing_out_everywhere_ends_the_call_on_a_lost_phone_and_signing_in_leads_back(live: LiveVisit) -> None:
    await live.goes_live()
    phone = live.peers[Role.SOCIAL_WORKER]
    browser = await live.browser(AccountRole.SOCIAL_WORKER)

    assert (await browser.posts("/account")).status == 303

    await phone.is_closed_with(CloseCode.TICKET_REFUSED)
    await live.peers[Role.CLASSROOM].expects(messages.Room, state="paused")
    await live.joins(Role.SOCIAL_WORKER, await live.ticket(account=live.case.social_worker))
    await live.peers[Role.CLASSROOM].expects(messages.Room, state="live")


async def test_signing_out_everywhere_takes_the_seat_from_the_childs_device(live: LiveVisit) -> None:
    visit = live.visit = await live.case.books(in_minutes=60)
    live.server.clock.advance(50 * 60)
    device = await live.case.sits_down(visit.id)
    await live.ticket(device=device, account=live.case.social_worker)
    await (await live.browser(AccountRole.SOCIAL_WORKER)).posts("/account")
    async with anybody(live.server.store) as uow:
        assert [seat.role for seat in await invitations.seats_of(uow, visit.id, device)] == [Role.CLASSROOM]
