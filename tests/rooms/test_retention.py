"""Every column says why it is held and how long, and the job sees to it."""

import pytest
from sqlalchemy import Column, func, select

from rooms.audit import AuditEntry, AuditTag, verify_chain
from rooms.enforcement import RULES, enforce, enforce_all
from rooms.errors import NotAllowedError, NotFoundError, WrongStateError
from rooms.ids import ReferralId, new_id
from rooms.people import service as people
from rooms.people.models import Account, Login, SignInTry, WelcomeLink
from rooms.referrals.choices import AgeBand, ExitReason, Need, Urgency
from rooms.referrals.erasure import erase_referral
from rooms.referrals.models import Referral, ReferralMessage
from rooms.referrals.states import ReferralState
from rooms.retention import KEPT_FOR, RetentionClass, cutoff
from rooms.schema import METADATA
from rooms.unit_of_work import Actor, Store
from rooms.vault import DataKey, ErasedError
from rooms.visits.models import SpentTicket
from tests.support.fake_clock import MONDAY, FakeClock
from tests.support.people import SETUP, add_account, add_school, welcome

DAY = 24 * 3600
COLUMNS = [column for table in METADATA.sorted_tables for column in table.columns]


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_every_column_has_a_purpose_and_a_retention_class(column: Column[object]) -> None:
    assert len(column.info["purpose"]) >= 8
    assert isinstance(column.info["retention"], RetentionClass)


def test_every_class_with_a_limit_has_a_rule_and_no_other() -> None:
    assert set(RULES) == {retention for retention, kept_for in KEPT_FOR.items() if kept_for is not None}
    assert set(KEPT_FOR) == set(RetentionClass)


def test_what_is_kept_for_good_has_no_cutoff() -> None:
    with pytest.raises(ValueError, match="kept for good"):
        cutoff(RetentionClass.AUDIT, MONDAY)


async def add_case(store: Store, state: ReferralState) -> tuple[ReferralId, bytes]:
    """Add a referral with one message; return its id and the sealed message."""
    worker, school = await add_account(store, email=f"{new_id()}@example.org"), await add_school(store)
    referral_id = ReferralId(new_id())
    async with store.begin(SETUP) as uow:

        async def seal(table: str, column: str, row: str) -> bytes:
            return await uow.vault.seal(referral_id, table, column, row, "she likes to draw")

        ended = uow.now if state in {ReferralState.CLOSED, ReferralState.WITHDRAWN} else None
        uow.db.add(
            Referral(
                id=referral_id,
                state=state,
                school_id=school.id,
                social_worker_id=worker.id,
                pseudonym=await seal("referrals", "pseudonym", referral_id),
                age_band=AgeBand.FROM_9_TO_11,
                languages=["darija"],
                need=Need.SADNESS,
                urgency=Urgency.SOON,
                tried=await seal("referrals", "tried", referral_id),
                strengths=await seal("referrals", "strengths", referral_id),
                wish=await seal("referrals", "wish", referral_id),
                filed_at=uow.now,
                ended_at=ended,
                exit_reason=next(iter(ExitReason)) if ended else None,
            )
        )
        await uow.db.flush()
        message_id = new_id()
        sealed = await seal("referral_messages", "text", message_id)
        uow.db.add(
            ReferralMessage(
                id=message_id, referral_id=referral_id, author_id=worker.id, written_at=uow.now, text=sealed
            )
        )
    return referral_id, sealed


async def count(store: Store, table: type[object]) -> int:
    async with store.begin(SETUP, reading=True) as uow:
        return (await uow.db.execute(select(func.count()).select_from(table))).scalar_one()


async def test_a_case_is_erased_five_years_after_its_exit_and_not_a_day_before(store: Store, clock: FakeClock) -> None:
    referral_id, sealed = await add_case(store, ReferralState.CLOSED)
    clock.advance((5 * 365 - 1) * DAY)
    await enforce_all(store)
    assert await count(store, Referral) == 1
    clock.advance(DAY)
    assert await enforce_all(store) == 1
    assert (await count(store, Referral), await count(store, ReferralMessage)) == (0, 0)
    async with store.begin(SETUP) as uow:
        with pytest.raises(ErasedError):
            await uow.vault.open(referral_id, "referral_messages", "text", "any", sealed)
        assert (await uow.db.get_one(DataKey, referral_id)).wrapped is None
        tags = (await uow.db.scalars(select(AuditEntry.tag).where(AuditEntry.object_id == referral_id))).all()
        assert tags == [AuditTag.REFERRAL_ERASED]
        assert await verify_chain(uow.db) is None


async def test_a_case_that_goes_on_is_never_erased(store: Store, clock: FakeClock) -> None:
    referral_id, _ = await add_case(store, ReferralState.IN_SUPPORT)
    clock.advance(20 * 365 * DAY)
    await enforce_all(store)
    assert await count(store, Referral) == 1
    with pytest.raises(WrongStateError):
        async with store.begin(SETUP) as uow:
            await erase_referral(uow, referral_id)


async def test_only_an_admin_or_the_service_erases_a_case(store: Store) -> None:
    referral_id, _ = await add_case(store, ReferralState.WITHDRAWN)
    worker = await add_account(store)
    for actor in (Actor.account(worker.id), Actor.participant(new_id()), Actor.anonymous()):
        with pytest.raises(NotAllowedError):
            async with store.begin(actor) as uow:
                await erase_referral(uow, referral_id)
    async with store.begin(SETUP) as uow:
        await erase_referral(uow, referral_id)
    with pytest.raises(NotFoundError):
        async with store.begin(SETUP) as uow:
            await erase_referral(uow, referral_id)


async def test_logins_links_and_tries_are_deleted_a_day_after_their_end(store: Store, clock: FakeClock) -> None:
    account = await add_account(store)
    await welcome(store, account.id)
    async with store.begin(SETUP) as uow:
        await people.sign_in_without_password(uow, account.id)
        await people.issue_welcome(uow, account.id)
        uow.db.add(SignInTry(email_lookup=bytes(32), tries=3, since=uow.now))
    clock.advance(DAY)
    await enforce_all(store)
    assert [await count(store, table) for table in (Login, WelcomeLink, SignInTry)] == [1, 1, 0]
    clock.advance(DAY)
    await enforce_all(store)
    assert [await count(store, table) for table in (Login, WelcomeLink, SignInTry)] == [0, 1, 0]
    clock.advance(6 * DAY)
    await enforce_all(store)
    assert await count(store, WelcomeLink) == 0


async def test_a_disabled_account_is_erased_after_a_year_and_its_id_stays(store: Store, clock: FakeClock) -> None:
    account = await add_account(store, name="Amina Idrissi")
    other = await add_account(store, email="other@example.org")
    async with store.begin(SETUP) as uow:
        await people.disable_account(uow, account.id)
    clock.advance(364 * DAY)
    assert await enforce_all(store) == 0
    clock.advance(DAY)
    assert await enforce_all(store) == 1
    async with store.begin(SETUP) as uow:
        row = await uow.db.get_one(Account, account.id)
        assert (row.email, row.email_lookup, row.name, row.password_hash) == (None, None, None, None)
        names = {view.id: view.name for view in await people.list_accounts(uow)}
        assert names == {account.id: "", other.id: other.name}
    assert await enforce_all(store) == 0


async def test_spent_tickets_are_deleted(store: Store, clock: FakeClock) -> None:
    async with store.begin(SETUP) as uow:
        uow.db.add(SpentTicket(jti=new_id(), expires_at=uow.now))
    clock.advance(299)
    assert await enforce_all(store) == 0
    clock.advance(1)
    assert await enforce_all(store) == 1


async def test_a_run_that_deletes_tells_the_audit_chain_how_much(store: Store, clock: FakeClock) -> None:
    async with store.begin(SETUP) as uow:
        uow.db.add_all([SpentTicket(jti=new_id(), expires_at=uow.now) for _ in range(3)])
    clock.advance(DAY)
    async with store.begin(Actor.system("retention")) as uow:
        assert await enforce(uow) == 3
    async with store.begin(SETUP) as uow:
        entry = await uow.db.scalar(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1))
    assert entry is not None
    assert (entry.tag, entry.object_id, entry.facts) == ("retention:rows:deleted", "ticket", '{"count":3}')
