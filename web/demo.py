"""The demonstration: a made-up rural school, four made-up people, one referral, and a visit that is open now.

All of it is made through the services that the real pages use. A second start finds it again and books a new visit only
when the old one has ended.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import click
import msgspec

from rooms.clock import to_wall
from rooms.people import service as people
from rooms.people.roles import AccountRole, PageLanguage
from rooms.referrals import service as referrals
from rooms.referrals.choices import AgeBand, ConsentRelation, ConsentScope, Language, Need, Urgency
from rooms.referrals.states import CARED_FOR
from rooms.referrals.views import ConsentForm, ReferralForm
from rooms.roles import Composition, Role
from rooms.unit_of_work import Actor
from rooms.visits import invitations, schedule
from rooms.visits.states import VisitState
from rooms.visits.upkeep import sweep
from rooms.visits.views import VisitView, WindowRule
from web import keys
from web.account.demo_sign_in import DEMO_SIGN_INS, DemoSignIn, demo_secret, secret_hash
from web.accounts_by_role import every_account
from web.qr import terminal_qr

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from aiohttp import web

    from rooms.ids import ReferralId, SchoolId
    from rooms.people.views import AccountView
    from rooms.unit_of_work import Store

ZONE = "Africa/Casablanca"
VISIT_MINUTES = 60
#: A demonstration stays open for whoever comes back after lunch.
WINDOW = WindowRule(before_s=15 * 60, after_s=12 * 3600)
#: A visit that closes sooner than this is not offered again at a new start.
LEAST_LEFT = timedelta(minutes=30)
SCHOOL_NAME = "مجموعة مدارس عين الزيتون"
#: Made-up short numbers: a demonstration must not make anybody's telephone ring.
SCHOOL_PHONE = "5550"
CONTACT_NAME = "السيدة فاطمة الزهراء"
HELP_CONTACTS = ("5551",)
PEOPLE: Mapping[AccountRole, tuple[str, str]] = {
    AccountRole.SOCIAL_WORKER: ("سلمى العمراني", "social.worker@demo.wasl.example"),
    AccountRole.PSYCHOLOGIST: ("د. ياسين بنجلون", "psychologist@demo.wasl.example"),
    AccountRole.SUPERVISOR: ("نادية التازي", "supervisor@demo.wasl.example"),
    AccountRole.ADMIN: ("كريم الإدريسي", "admin@demo.wasl.example"),
}


@dataclass(frozen=True, slots=True)
class Demo:
    """What a demonstration offers. ``links`` and ``desks`` map a role to an address that needs nothing typed."""

    url: str
    visit: str
    links: dict[str, str]
    desks: dict[str, str]


async def prepare(app: web.Application, *, as_json: bool) -> Callable[[], None]:
    """Seed the demonstration or find it again; return what prints its links once the server answers."""
    store, settings = app[keys.STORE], app[keys.SETTINGS]
    accounts = await _accounts(store)
    referral = await _referral(store, accounts)
    visit = await _open_visit(store, accounts, referral)
    links = await _invitation_links(store, accounts, visit, settings.url)
    sign_ins = {
        "psychologist": DemoSignIn(accounts[AccountRole.PSYCHOLOGIST].id, f"/call/{visit.id}"),
        "admin": DemoSignIn(accounts[AccountRole.ADMIN].id, "/admin/rooms"),
        "social-worker-desk": DemoSignIn(accounts[AccountRole.SOCIAL_WORKER].id, "/desk"),
        "psychologist-desk": DemoSignIn(accounts[AccountRole.PSYCHOLOGIST].id, "/desk"),
        "supervisor-desk": DemoSignIn(accounts[AccountRole.SUPERVISOR].id, "/desk"),
    }
    secret_of = {name: demo_secret(store.keys.invitation, name) for name in sign_ins}
    app[DEMO_SIGN_INS] = {secret_hash(secret_of[name]): sign_in for name, sign_in in sign_ins.items()}
    address = {name: f"{settings.url}/demo#{secret}" for name, secret in secret_of.items()}
    demo = Demo(
        url=settings.url,
        visit=visit.id,
        links={
            "classroom": links[Role.CLASSROOM],
            "social_worker": links[Role.SOCIAL_WORKER],
            "psychologist": address["psychologist"],
            "guardian": links[Role.GUARDIAN],
            "admin": address["admin"],
        },
        desks={
            role: address[f"{role.replace('_', '-')}-desk"] for role in ("social_worker", "psychologist", "supervisor")
        },
    )
    return (lambda: _tell_scripts(demo)) if as_json else (lambda: _tell_people(demo))


async def _accounts(store: Store) -> dict[AccountRole, AccountView]:
    """Return the four people, made at the first start."""
    async with store.begin(Actor.system("demo")) as uow:
        # The newest come first, so that the demo's own people, the oldest, stay when others were added by hand.
        known = {account.role: account for account in await every_account(uow)}
        for role, (name, email) in PEOPLE.items():
            if role not in known:
                known[role] = await people.create_account(
                    uow, role=role, email=email, name=name, language=PageLanguage.ARABIC, zone=ZONE
                )
    return known


async def _school(store: Store) -> SchoolId:
    async with store.begin(Actor.system("demo")) as uow:
        schools = await people.list_schools(uow)
        if schools:
            return schools[0].id
        school = await people.create_school(
            uow, name=SCHOOL_NAME, zone=ZONE, phone=SCHOOL_PHONE, contact_name=CONTACT_NAME, help_contacts=HELP_CONTACTS
        )
        return school.id


async def _referral(store: Store, accounts: Mapping[AccountRole, AccountView]) -> ReferralId:
    """Return a referral that the psychologist has taken, filed by the social worker at the first start."""
    psychologist = Actor.account(accounts[AccountRole.PSYCHOLOGIST].id)
    async with store.begin(psychologist) as uow:
        mine = [referral for referral in await referrals.list_mine(uow) if referral.state in CARED_FOR]
        if mine:
            return mine[-1].id
    school = await _school(store)
    async with store.begin(Actor.account(accounts[AccountRole.SOCIAL_WORKER].id)) as uow:
        filed = await referrals.file_referral(uow, _form(school, to_wall(uow.now, ZONE).date()))
    async with store.begin(psychologist) as uow:
        await referrals.take_referral(uow, filed)
    return filed


def _form(school: SchoolId, today: date) -> ReferralForm:
    return ReferralForm(
        pseudonym="نجمة",
        age_band=AgeBand.FROM_9_TO_11,
        languages=frozenset({Language.DARIJA, Language.ARABIC}),
        school_id=school,
        need=Need.FEAR_OR_WORRY,
        urgency=Urgency.SOON,
        tried="جلسات قصيرة بعد الدرس، ولقاء مع الأم.",
        strengths="ترسم كثيرا، ولها صديقة قريبة، وتحب القصص.",
        wish="أريد أن أنام دون خوف.",
        consent=ConsentForm(
            relation=ConsentRelation.MOTHER,
            given_on=today,
            text_version="2026-1",
            scope=frozenset({ConsentScope.VISITS, ConsentScope.SHARE_RECOMMENDATIONS_WITH_SCHOOL}),
            language=Language.DARIJA,
        ),
    )


async def _open_visit(store: Store, accounts: Mapping[AccountRole, AccountView], referral: ReferralId) -> VisitView:
    """Return a visit that is open now and stays so for a while."""
    async with store.begin(Actor.system("demo")) as uow:
        await sweep(uow)
    async with store.begin(Actor.account(accounts[AccountRole.PSYCHOLOGIST].id)) as uow:
        for visit in await schedule.list_visits(uow, referral):
            if visit.state not in {VisitState.SCHEDULED, VisitState.OPEN} or visit.opens_at > uow.now:
                continue
            if visit.closes_at - uow.now >= LEAST_LEFT:
                return visit
            await schedule.cancel_visit(uow, visit.id)
        return await schedule.book_visit(
            uow,
            referral,
            wall_start=to_wall(uow.now, ZONE).replace(second=0, microsecond=0),
            zone=ZONE,
            minutes=VISIT_MINUTES,
            composition=Composition.ACCOMPANIED,
            extra_roles=frozenset({Role.GUARDIAN}),
            window=WINDOW,
        )


async def _invitation_links(
    store: Store, accounts: Mapping[AccountRole, AccountView], visit: VisitView, url: str
) -> dict[Role, str]:
    """Return the links of the seats that are entered by invitation. A seat that was removed has none to give."""
    links: dict[Role, str] = {}
    async with store.begin(Actor.account(accounts[AccountRole.SOCIAL_WORKER].id)) as uow:
        for role in (Role.CLASSROOM, Role.SOCIAL_WORKER, Role.GUARDIAN):
            card = await invitations.card(uow, visit.id, role)
            links[role] = f"{url}/j#{card.secret}"
    return links


def _tell_scripts(demo: Demo) -> None:
    click.echo(msgspec.json.encode(demo))


def _tell_people(demo: Demo) -> None:
    """Print the links for somebody who has just cloned the project."""
    names = {
        "classroom": "the child's classroom",
        "social_worker": "the social worker",
        "psychologist": "the psychologist",
        "guardian": "the guardian (may stay away)",
        "supervisor": "a supervisor (may be asked in)",
        "admin": "the admin's page of open rooms",
    }
    lines = ["", click.style("  Wasl is running.", bold=True) + " A made-up visit is open now.", ""]
    lines += [f"  {names[role]:<32}{click.style(link, fg='cyan')}" for role, link in demo.links.items()]
    lines += ["", "  and their desks, where visits are asked for, booked and followed up:", ""]
    lines += [f"  {names[role]:<32}{click.style(link, fg='cyan')}" for role, link in demo.desks.items()]
    lines += [
        "",
        "  Open the first three in three browsers, or in three private windows. Press the door in each, let the",
        "  psychologist knock, and open the door on the child's page. Ctrl-C stops the server.",
        "",
    ]
    if sys.stdout.isatty():
        lines += [
            *(f"  {row}" for row in terminal_qr(demo.links["classroom"]).splitlines()),
            "  the classroom's link",
            "",
        ]
    click.echo("\n".join(lines))
