"""Signing in, staying signed in, and signing out."""

import asyncio
import time
from statistics import median

import pytest
from sqlalchemy import func, select

from rooms.audit import AuditEntry
from rooms.errors import NotAllowedError, NotFoundError
from rooms.people import passwords
from rooms.people import service as people
from rooms.people.errors import SignInRefusedError, TooManyTriesError
from rooms.people.logins import MOST_TRIES
from rooms.people.models import Login, SignInTry
from rooms.people.roles import AccountRole
from rooms.people.views import AccountView
from rooms.unit_of_work import Actor, Store
from tests.support.fake_clock import FakeClock
from tests.support.people import PASSWORD, SETUP, add_account, welcome
from tests.support.snapshots import made_once

NOBODY = Actor.anonymous()
EMAIL = "amina@example.org"


@pytest.fixture
async def amina(request: pytest.FixtureRequest, store: Store) -> AccountView:
    async def make() -> AccountView:
        account = await add_account(store, email=EMAIL)
        await welcome(store, account.id)
        return account

    # A hash is checked at the price at which it was made.
    return await made_once(store, ("amina", "costly_passwords" in request.fixturenames), make)


async def sign_in(store: Store, email: str = EMAIL, password: str = PASSWORD) -> str:
    async with store.begin(NOBODY) as uow:
        secret, _account = await people.sign_in(uow, email, password)
    return secret


async def resolve(store: Store, secret: str) -> AccountView | None:
    async with store.begin(NOBODY) as uow:
        return await people.resolve_login(uow, secret)


async def test_the_right_password_signs_in(store: Store, amina: AccountView) -> None:
    account = await resolve(store, await sign_in(store))
    assert account is not None
    assert (account.id, account.name, account.welcomed) == (amina.id, "Amina Idrissi", True)


@pytest.mark.parametrize("email", ["AMINA@example.org", "  amina@EXAMPLE.org "])
async def test_an_address_is_found_however_it_is_typed(store: Store, amina: AccountView, email: str) -> None:
    assert await resolve(store, await sign_in(store, email))


async def test_a_password_is_found_however_it_is_composed(store: Store) -> None:
    account = await add_account(store, email=EMAIL)
    await welcome(store, account.id, "Caf\u00e9 au lait, s'il vous pla\u00eet")
    assert await sign_in(store, password="Cafe\u0301 au lait, s'il vous plai\u0302t")


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (EMAIL, "seven goats on the roo"),
        (EMAIL, ""),
        (EMAIL, "x" * 100_000),
        ("nobody@example.org", PASSWORD),
        ("not an address", PASSWORD),
        ("", ""),
        ("a\x00b@example.org", PASSWORD),
        (EMAIL, "\ud800 is not a character"),
        ("\ud800@example.org", PASSWORD),
    ],
)
async def test_everything_else_is_refused_with_one_answer(
    store: Store, amina: AccountView, email: str, password: str
) -> None:
    with pytest.raises(SignInRefusedError) as refused:
        await sign_in(store, email, password)
    assert refused.value.facts == {}


async def test_an_account_without_a_password_can_not_sign_in(store: Store) -> None:
    await add_account(store, email=EMAIL)
    with pytest.raises(SignInRefusedError):
        await sign_in(store)


async def test_a_disabled_account_can_not_sign_in(store: Store, amina: AccountView) -> None:
    async with store.begin(SETUP) as uow:
        await people.disable_account(uow, amina.id)
    with pytest.raises(SignInRefusedError):
        await sign_in(store)


async def test_a_refused_try_stays_in_the_audit_chain(store: Store, amina: AccountView) -> None:
    with pytest.raises(SignInRefusedError):
        await sign_in(store, password="not the right one")
    async with store.begin(SETUP) as uow:
        last = await uow.db.scalar(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1))
    assert last is not None
    assert (last.tag, last.object_id) == ("people:login:refused", amina.id)


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.org"])
async def test_guessing_ends_for_known_and_unknown_addresses_alike(
    store: Store, amina: AccountView, clock: FakeClock, email: str
) -> None:
    with pytest.raises(SignInRefusedError):
        await sign_in(store, email, "a wrong password")
    async with store.begin(SETUP) as uow:
        row = await uow.db.scalar(select(SignInTry))
        assert row is not None
        row.tries = MOST_TRIES
    with pytest.raises(TooManyTriesError):
        await sign_in(store, email)
    clock.advance(3601)
    if email == EMAIL:
        assert await sign_in(store, email)
    else:
        with pytest.raises(SignInRefusedError):
            await sign_in(store, email)


async def test_tries_side_by_side_are_all_counted(store: Store, amina: AccountView) -> None:
    with pytest.raises(SignInRefusedError):
        await sign_in(store, password="a wrong password")
    outcomes = await asyncio.gather(
        *(sign_in(store, password="a wrong password") for _ in range(8)), return_exceptions=True
    )
    assert all(isinstance(outcome, SignInRefusedError) for outcome in outcomes)
    async with store.begin(SETUP) as uow:
        assert await uow.db.scalar(select(SignInTry.tries)) == 9


async def test_signing_in_forgets_the_failed_tries(store: Store, amina: AccountView) -> None:
    with pytest.raises(SignInRefusedError):
        await sign_in(store, password="a wrong password")
    await sign_in(store)
    async with store.begin(SETUP) as uow:
        assert await uow.db.scalar(select(func.count()).select_from(SignInTry)) == 0


@pytest.mark.usefixtures("costly_passwords")
def test_a_guess_costs_what_owasp_asks_for_whether_or_not_the_address_is_known() -> None:
    assert (passwords.HASHER.memory_cost, passwords.HASHER.time_cost, passwords.HASHER.parallelism) == (19456, 2, 1)
    assert "$m=19456,t=2,p=1$" in passwords.NOBODYS_HASH


@pytest.mark.usefixtures("costly_passwords")
async def test_an_unknown_address_takes_as_long_as_a_wrong_password(store: Store, amina: AccountView) -> None:
    async def seconds(email: str) -> float:
        begun = time.perf_counter()
        with pytest.raises(SignInRefusedError):
            await sign_in(store, email, "a wrong password")
        return time.perf_counter() - begun

    known, unknown = [], []
    for _ in range(5):
        known.append(await seconds(EMAIL))
        unknown.append(await seconds("nobody@example.org"))
    # Without the stand-in hash the unknown address would answer several times as fast.
    assert median(unknown) > median(known) / 2


@pytest.mark.usefixtures("costly_passwords")
async def test_others_can_work_while_a_password_is_hashed(store: Store, amina: AccountView) -> None:
    signing_in = [asyncio.create_task(sign_in(store)) for _ in range(4)]
    waits = []
    while not all(task.done() for task in signing_in):
        begun = time.perf_counter()
        async with store.begin(SETUP) as uow:
            await uow.vault.seal(amina.id, "t", "c", "r", "text")
        waits.append(time.perf_counter() - begun)
    await asyncio.gather(*signing_in)
    assert len(waits) > 4


async def test_a_login_ends_after_twelve_hours_however_busy(store: Store, amina: AccountView, clock: FakeClock) -> None:
    secret = await sign_in(store)
    for _ in range(11):
        clock.advance(3600)
        assert await resolve(store, secret)
    clock.advance(3600)
    assert await resolve(store, secret) is None


async def test_a_login_ends_after_two_idle_hours(store: Store, amina: AccountView, clock: FakeClock) -> None:
    secret = await sign_in(store)
    clock.advance(7199)
    assert await resolve(store, secret)
    clock.advance(7200)
    assert await resolve(store, secret) is None


@pytest.mark.parametrize("secret", ["", "x", "A" * 43, "\x00", "é" * 40, "\ud800"])
async def test_a_secret_that_is_no_login_resolves_to_nobody(store: Store, amina: AccountView, secret: str) -> None:
    assert await resolve(store, secret) is None


async def test_the_secret_itself_is_not_stored(store: Store, amina: AccountView) -> None:
    secret = await sign_in(store)
    async with store.begin(SETUP) as uow:
        login = await uow.db.scalar(select(Login))
    assert login is not None
    assert secret.encode() not in login.secret_hash
    assert len(login.secret_hash) == 32


async def test_signing_out_ends_this_login_only(store: Store, amina: AccountView) -> None:
    here, elsewhere = await sign_in(store), await sign_in(store)
    async with store.begin(Actor.account(amina.id)) as uow:
        await people.sign_out(uow, here)
    assert await resolve(store, here) is None
    assert await resolve(store, elsewhere)


async def test_signing_out_everywhere_ends_all_logins(store: Store, amina: AccountView) -> None:
    secrets = [await sign_in(store), await sign_in(store)]
    async with store.begin(Actor.account(amina.id)) as uow:
        await people.sign_out_everywhere(uow)
    assert [await resolve(store, secret) for secret in secrets] == [None, None]


async def test_disabling_an_account_ends_its_logins(store: Store, amina: AccountView) -> None:
    secret = await sign_in(store)
    async with store.begin(SETUP) as uow:
        await people.disable_account(uow, amina.id)
    assert await resolve(store, secret) is None


async def test_only_the_service_itself_signs_somebody_in_without_a_password(store: Store, amina: AccountView) -> None:
    admin = await add_account(store, AccountRole.ADMIN)
    for actor in (NOBODY, Actor.account(amina.id), Actor.account(admin.id)):
        with pytest.raises(NotAllowedError):
            async with store.begin(actor) as uow:
                await people.sign_in_without_password(uow, amina.id)
    async with store.begin(Actor.system("demo")) as uow:
        secret = await people.sign_in_without_password(uow, amina.id)
    assert await resolve(store, secret)


async def test_a_disabled_account_is_not_signed_in_without_a_password_either(store: Store, amina: AccountView) -> None:
    async with store.begin(SETUP) as uow:
        await people.disable_account(uow, amina.id)
    with pytest.raises(NotFoundError):
        async with store.begin(SETUP) as uow:
            await people.sign_in_without_password(uow, amina.id)
