"""Makes whole cases for tests: a school, a social worker, a psychologist, a referral, a visit."""

import secrets
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select

from rooms.audit import AuditEntry
from rooms.clock import to_wall
from rooms.ids import AccountId, ReferralId, SchoolId, VisitId
from rooms.people.roles import AccountRole
from rooms.referrals import service as referrals
from rooms.referrals.choices import AgeBand, ConsentRelation, ConsentScope, Language, Need, Urgency
from rooms.referrals.views import ConsentForm, ReferralForm
from rooms.roles import Composition, Role
from rooms.unit_of_work import Actor, Store, UnitOfWork
from rooms.visits import invitations, schedule
from rooms.visits.views import Exchange, VisitView
from tests.support.people import SETUP, account_in, school_in
from tests.support.snapshots import made_once

ZONE = "Africa/Casablanca"
ALL_SCOPES = frozenset(ConsentScope)


def new_device() -> str:
    """Return what a browser's cookie holds: 256 bits."""
    return secrets.token_urlsafe(32)


def acting(store: Store, account: AccountId) -> AbstractAsyncContextManager[UnitOfWork]:
    """Begin a unit of work of a signed-in worker."""
    return store.begin(Actor.account(account))


def anybody(store: Store) -> AbstractAsyncContextManager[UnitOfWork]:
    """Begin a unit of work of somebody unknown."""
    return store.begin(Actor.anonymous())


def referral_form(school: SchoolId, *, scope: frozenset[ConsentScope] = ALL_SCOPES) -> ReferralForm:
    """Return a filled form."""
    return ReferralForm(
        pseudonym="Nour",
        age_band=AgeBand.FROM_9_TO_11,
        languages=frozenset({Language.TARIFIT, Language.DARIJA}),
        school_id=school,
        need=Need.LOSS_OR_GRIEF,
        urgency=Urgency.SOON,
        tried="Talks after class",
        strengths="Draws every day",
        wish="Sleep without bad dreams",
        consent=ConsentForm(
            relation=ConsentRelation.MOTHER,
            given_on=date(2026, 11, 20),
            text_version="2026-11",
            scope=scope,
            language=Language.TARIFIT,
        ),
    )


@dataclass(frozen=True, slots=True)
class Case:
    """The people around one child."""

    store: Store
    school: SchoolId
    social_worker: AccountId
    psychologist: AccountId
    referral: ReferralId

    def as_social_worker(self) -> AbstractAsyncContextManager[UnitOfWork]:
        return acting(self.store, self.social_worker)

    def as_psychologist(self) -> AbstractAsyncContextManager[UnitOfWork]:
        return acting(self.store, self.psychologist)

    async def files_another(self, **changes: object) -> ReferralId:
        """File one more referral at the same school."""
        async with self.as_social_worker() as uow:
            return await referrals.file_referral(uow, replace(referral_form(self.school), **changes))  # type: ignore[arg-type]

    async def takes(self, referral: ReferralId | None = None) -> ReferralId:
        """Let the psychologist take a referral."""
        async with self.as_psychologist() as uow:
            await referrals.take_referral(uow, referral or self.referral)
        return referral or self.referral

    async def books(
        self,
        *,
        in_minutes: int = 60,
        minutes: int = 45,
        composition: Composition = Composition.ACCOMPANIED,
        extra_roles: frozenset[Role] = frozenset(),
        supervisor: AccountId | None = None,
    ) -> VisitView:
        """Book a visit that starts ``in_minutes`` from now."""
        async with self.as_psychologist() as uow:
            return await schedule.book_visit(
                uow,
                self.referral,
                wall_start=wall_in(uow.now, in_minutes),
                zone=ZONE,
                minutes=minutes,
                composition=composition,
                extra_roles=extra_roles,
                supervisor=supervisor,
            )

    async def books_as_before(self, *, in_minutes: int, extra_roles: frozenset[Role] = frozenset()) -> VisitView:
        """Book the visit that a test begins with: through the service once in a run, by its rows from then on."""
        return await made_once(
            self.store,
            ("visit", self.referral, in_minutes, extra_roles),
            lambda: self.books(in_minutes=in_minutes, extra_roles=extra_roles),
        )

    async def link(self, visit: VisitId, role: Role = Role.CLASSROOM) -> str:
        """Return the secret of a seat's link."""
        async with self.as_social_worker() if role is not Role.PSYCHOLOGIST else self.as_psychologist() as uow:
            return (await invitations.card(uow, visit, role)).secret

    async def sits_down(self, visit: VisitId, role: Role = Role.CLASSROOM) -> str:
        """Let a new browser take a seat by its link; return its cookie."""
        device = new_device()
        secret = await self.link(visit, role)
        async with anybody(self.store) as uow:
            await invitations.exchange(uow, secret, device)
        return device


def wall(text: str) -> datetime:
    """Return a wall time, such as ``2026-11-23T10:00``."""
    return datetime.fromisoformat(text)


def wall_in(now: datetime, minutes: int) -> datetime:
    """Return the wall time in the school's zone, ``minutes`` from now."""
    return to_wall(now + timedelta(minutes=minutes), ZONE)


async def add_case(store: Store, *, safe: bool = True, scope: frozenset[ConsentScope] = ALL_SCOPES) -> Case:
    """Add a filed referral and its people; ``safe`` gives the school a safety plan."""
    async with store.begin(SETUP) as uow:
        school = await school_in(uow, safe=safe)
        worker = await account_in(uow, AccountRole.SOCIAL_WORKER, email=f"{secrets.token_hex(4)}@example.org")
        psychologist = await account_in(
            uow, AccountRole.PSYCHOLOGIST, email=f"{secrets.token_hex(4)}@example.org", name="Youssef Alami"
        )
    async with acting(store, worker.id) as uow:
        referral = await referrals.file_referral(uow, referral_form(school.id, scope=scope))
    return Case(store, school.id, worker.id, psychologist.id, referral)


async def add_taken_case(store: Store, *, safe: bool = True, scope: frozenset[ConsentScope] = ALL_SCOPES) -> Case:
    """Add a case that the psychologist has taken; into an empty database one that was made earlier in the run."""
    case = await made_once(store, ("taken case", safe, scope), lambda: make_taken_case(store, safe=safe, scope=scope))
    return replace(case, store=store)


async def make_taken_case(store: Store, *, safe: bool, scope: frozenset[ConsentScope]) -> Case:
    """Make one through the services."""
    case = await add_case(store, safe=safe, scope=scope)
    await case.takes()
    return case


async def audit_tags(store: Store) -> list[str]:
    """Return the tags of the audit chain, in order."""
    async with store.begin(Actor.system("test"), reading=True) as uow:
        return list(await uow.db.scalars(select(AuditEntry.tag).order_by(AuditEntry.seq)))


async def shows(store: Store, secret: str, device: str) -> Exchange:
    """A browser shows the secret of a link."""
    async with anybody(store) as uow:
        return await invitations.exchange(uow, secret, device)
