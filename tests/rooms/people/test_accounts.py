"""Accounts and schools: who may add and close them, and what is refused."""

import asyncio

import pytest
from sqlalchemy import func, select

from rooms.errors import InvalidInputError, NotAllowedError, NotFoundError, WrongStateError
from rooms.ids import AccountId, SchoolId, new_id
from rooms.people import service as people
from rooms.people.access import acting_account, names_of
from rooms.people.errors import LastAdminError, WelcomeNotValidError
from rooms.people.models import Account, School
from rooms.people.roles import AccountRole, PageLanguage
from rooms.people.views import AccountView
from rooms.unit_of_work import Actor, Store
from tests.support.fake_clock import FakeClock
from tests.support.people import PASSWORD, SETUP, add_account, add_school, welcome

DAY = 24 * 3600
NOBODY = Actor.anonymous()


async def issue(store: Store, account_id: AccountId) -> str:
    async with store.begin(SETUP) as uow:
        return await people.issue_welcome(uow, account_id)


async def accept(store: Store, secret: str, password: str = PASSWORD) -> AccountView:
    async with store.begin(NOBODY) as uow:
        return await people.accept_welcome(uow, secret, password)


async def create(store: Store, actor: Actor = SETUP, **changed: str) -> AccountView:
    fields = {"email": "karim@example.org", "name": "Karim", "zone": "Africa/Casablanca"} | changed
    async with store.begin(actor) as uow:
        return await people.create_account(uow, role=AccountRole.PSYCHOLOGIST, language=PageLanguage.FRENCH, **fields)


async def test_a_new_account_is_active_and_not_yet_welcomed(store: Store) -> None:
    account = await create(store, name="  Karim   Bennani ")
    assert (account.role, account.language, account.zone) == ("psychologist", "fr", "Africa/Casablanca")
    assert (account.active, account.welcomed) == (True, False)


async def test_name_and_address_are_not_readable_in_the_database(store: Store) -> None:
    account = await create(store, name="Karim Bennani")
    async with store.begin(SETUP) as uow:
        row = await uow.db.get_one(Account, account.id)
    for sealed in (row.name, row.email, row.email_lookup):
        assert sealed is not None
        assert b"karim" not in sealed.lower()


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"email": "karim"}, {"email": "not-an-email"}),
        ({"email": "a@b@c.org"}, {"email": "not-an-email"}),
        ({"email": "karim@localhost"}, {"email": "not-an-email"}),
        ({"email": "x" * 250 + "@b.org"}, {"email": "not-an-email"}),
        ({"email": "k\x00@example.org"}, {"email": "not-an-email"}),
        ({"email": "k\ud800@example.org"}, {"email": "not-an-email"}),
        ({"name": " \n "}, {"name": "missing"}),
        ({"name": "x" * 81}, {"name": "too-long"}),
        ({"name": "Karim\x07"}, {"name": "control-characters"}),
        ({"zone": "Africa/Atlantis"}, {"zone": "unknown-zone"}),
        ({"zone": "../../etc/passwd"}, {"zone": "unknown-zone"}),
        ({"name": "", "email": "", "zone": ""}, {"name": "missing", "email": "not-an-email", "zone": "unknown-zone"}),
    ],
)
async def test_each_faulty_field_is_named(store: Store, changed: dict[str, str], fault: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await create(store, **changed)
    assert refused.value.fields == fault


async def test_an_address_has_one_account_however_it_is_typed(store: Store) -> None:
    await create(store)
    with pytest.raises(InvalidInputError) as refused:
        await create(store, email=" KARIM@Example.ORG")
    assert refused.value.fields == {"email": "in-use"}


async def test_of_two_accounts_made_at_once_for_one_address_one_is_refused(store: Store) -> None:
    outcomes = await asyncio.gather(create(store), create(store), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AccountView", "InvalidInputError"]
    async with store.begin(SETUP) as uow:
        assert await uow.db.scalar(select(func.count()).select_from(Account)) == 1


async def test_the_welcome_link_lets_a_worker_choose_a_password_once(store: Store) -> None:
    account = await create(store)
    secret = await issue(store, account.id)
    assert (await accept(store, secret)).welcomed
    with pytest.raises(WelcomeNotValidError):
        await accept(store, secret)


async def test_a_password_that_is_refused_does_not_spend_the_link(store: Store) -> None:
    secret = await issue(store, (await create(store)).id)
    refusals = {
        "x" * 14: "too-short",
        "ab" * 20: "too-simple",
        "abcdefgh" * 40: "too-long",
        "fifteen goats \ud800": "control-characters",
    }
    for password, fault in refusals.items():
        with pytest.raises(InvalidInputError) as refused:
            await accept(store, secret, password)
        assert refused.value.fields == {"password": fault}
    assert await accept(store, secret)


async def test_two_taps_at_once_spend_a_link_once(store: Store) -> None:
    secret = await issue(store, (await create(store)).id)
    outcomes = await asyncio.gather(accept(store, secret), accept(store, secret), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AccountView", "WelcomeNotValidError"]


async def test_a_welcome_link_works_for_seven_days(store: Store, clock: FakeClock) -> None:
    account = await create(store)
    in_time = await issue(store, account.id)
    clock.advance(7 * DAY - 1)
    assert await accept(store, in_time)
    late = await issue(store, account.id)
    clock.advance(7 * DAY)
    with pytest.raises(WelcomeNotValidError):
        await accept(store, late)


async def test_a_new_welcome_link_kills_the_one_before(store: Store) -> None:
    account = await create(store)
    first, second = await issue(store, account.id), await issue(store, account.id)
    with pytest.raises(WelcomeNotValidError):
        await accept(store, first)
    assert await accept(store, second)


async def test_a_new_password_ends_the_logins_made_with_the_old_one(store: Store) -> None:
    account = await create(store)
    await welcome(store, account.id)
    async with store.begin(NOBODY) as uow:
        login, _ = await people.sign_in(uow, "karim@example.org", PASSWORD)
    await welcome(store, account.id, "another long password")
    async with store.begin(NOBODY) as uow:
        assert await people.resolve_login(uow, login) is None


@pytest.mark.parametrize("secret", ["", "x", "A" * 43, "\x00", "é" * 40, "\ud800"])
async def test_what_is_no_welcome_link_is_refused(store: Store, secret: str) -> None:
    await create(store)
    with pytest.raises(WelcomeNotValidError):
        await accept(store, secret)


async def test_a_disabled_account_gets_no_link_and_loses_the_one_it_had(store: Store) -> None:
    account = await create(store)
    secret = await issue(store, account.id)
    async with store.begin(SETUP) as uow:
        assert not (await people.disable_account(uow, account.id)).active
        assert not (await people.disable_account(uow, account.id)).active
    with pytest.raises(WelcomeNotValidError):
        await accept(store, secret)
    with pytest.raises(WrongStateError):
        await issue(store, account.id)


async def test_a_disabled_account_acts_no_more(store: Store) -> None:
    account = await create(store)
    async with store.begin(Actor.account(account.id)) as uow:
        assert (await acting_account(uow)).id == account.id
    async with store.begin(SETUP) as uow:
        await people.disable_account(uow, account.id)
    with pytest.raises(NotAllowedError):
        async with store.begin(Actor.account(account.id)) as uow:
            await acting_account(uow)


@pytest.mark.parametrize("role", [role for role in AccountRole if role is not AccountRole.ADMIN])
async def test_only_an_admin_works_on_accounts_and_schools(store: Store, role: AccountRole) -> None:
    worker, school = await add_account(store, role), await add_school(store)
    plan = {"name": "x", "zone": "Africa/Casablanca", "phone": None, "contact_name": None, "help_contacts": ()}
    for actor in (Actor.account(worker.id), Actor.participant(worker.id), NOBODY):
        async with store.begin(actor) as uow:
            for refused in (
                people.create_account(
                    uow, role=role, email="x@y.org", name="x", language=PageLanguage.ARABIC, zone="UTC"
                ),
                people.issue_welcome(uow, worker.id),
                people.disable_account(uow, worker.id),
                people.erase_account(uow, worker.id),
                people.get_account(uow, worker.id),
                people.list_accounts(uow),
                people.create_school(uow, name="x", zone="UTC"),
                people.change_school(uow, school.id, **plan),
            ):
                with pytest.raises(NotAllowedError):
                    await refused


async def test_an_admin_works_on_accounts_and_schools(store: Store) -> None:
    admin = await add_account(store, AccountRole.ADMIN)
    created = await create(store, Actor.account(admin.id))
    async with store.begin(Actor.account(admin.id)) as uow:
        assert {account.id for account in await people.list_accounts(uow)} == {admin.id, created.id}
        assert (await people.get_account(uow, created.id)).name == "Karim"
        assert await people.list_accounts(uow, page=1) == ()
        assert len(await people.list_accounts(uow, page=-1)) == 2


async def test_the_only_active_admin_can_not_be_disabled(store: Store) -> None:
    admin = await add_account(store, AccountRole.ADMIN)
    other = await add_account(store, AccountRole.ADMIN, email="other@example.org")
    async with store.begin(Actor.account(admin.id)) as uow:
        await people.disable_account(uow, other.id)
    with pytest.raises(LastAdminError):
        async with store.begin(Actor.account(admin.id)) as uow:
            await people.disable_account(uow, admin.id)


async def test_two_admins_can_not_disable_each_other_at_once(store: Store) -> None:
    one = await add_account(store, AccountRole.ADMIN)
    two = await add_account(store, AccountRole.ADMIN, email="other@example.org")

    async def disable(actor: AccountId, target: AccountId) -> None:
        async with store.begin(Actor.account(actor)) as uow:
            await people.disable_account(uow, target)

    await asyncio.gather(disable(one.id, two.id), disable(two.id, one.id), return_exceptions=True)
    async with store.begin(SETUP) as uow:
        assert [account.active for account in await people.list_accounts(uow)].count(True) == 1


async def test_unknown_accounts_and_schools_are_not_found(store: Store) -> None:
    async with store.begin(SETUP) as uow:
        for missing in (
            people.issue_welcome(uow, AccountId(new_id())),
            people.disable_account(uow, AccountId(new_id())),
            people.erase_account(uow, AccountId(new_id())),
            people.get_account(uow, AccountId(new_id())),
            people.get_school(uow, SchoolId(new_id())),
        ):
            with pytest.raises(NotFoundError):
                await missing


async def test_an_active_account_is_not_erased(store: Store) -> None:
    account = await create(store)
    async with store.begin(SETUP) as uow:
        with pytest.raises(WrongStateError):
            await people.erase_account(uow, account.id)


async def test_the_address_of_an_erased_account_is_free_again(store: Store) -> None:
    account = await create(store)
    async with store.begin(SETUP) as uow:
        await people.disable_account(uow, account.id)
        await people.erase_account(uow, account.id)
    again = await create(store)
    async with store.begin(SETUP) as uow:
        assert await names_of(uow, [account.id, again.id]) == {account.id: "", again.id: "Karim"}
        assert await names_of(uow, []) == {}


async def test_people_choose_the_language_of_their_own_pages(store: Store) -> None:
    account = await create(store)
    async with store.begin(Actor.account(account.id)) as uow:
        assert (await people.set_language(uow, PageLanguage.AMAZIGH)).language == "zgh"
    with pytest.raises(NotAllowedError):
        async with store.begin(NOBODY) as uow:
            await people.set_language(uow, PageLanguage.ARABIC)


async def test_a_school_keeps_its_safety_plan(store: Store) -> None:
    school = await add_school(store)
    assert (school.phone, school.help_contacts) == ("+212539334455", ("+212661223344",))
    worker = await add_account(store)
    async with store.begin(Actor.account(worker.id)) as uow:
        assert await people.get_school(uow, school.id) == school
        assert await people.list_schools(uow) == (school,)
        row = await uow.db.get_one(School, school.id)
    assert row.contact_name is not None
    assert b"Fatima" not in row.contact_name


async def test_a_school_may_wait_for_its_safety_plan(store: Store) -> None:
    school = await add_school(store, safe=False)
    assert (school.phone, school.contact_name, school.help_contacts) == (None, None, ())
    async with store.begin(SETUP) as uow:
        changed = await people.change_school(
            uow,
            school.id,
            name="Ibn Battouta",
            zone="Europe/Paris",
            phone="+33 1 42 68 53 00",
            contact_name="Fatima Zahra",
            help_contacts=("2511",),
        )
    assert (changed.id, changed.phone, changed.contact_name, changed.help_contacts) == (
        school.id,
        "+33142685300",
        "Fatima Zahra",
        ("2511",),
    )


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"name": ""}, {"name": "missing"}),
        ({"zone": "Mars"}, {"zone": "unknown-zone"}),
        ({"phone": "call me"}, {"phone": "not-a-phone-number"}),
        ({"phone": "+212 5"}, {"phone": "not-a-phone-number"}),
        ({"phone": "0" * 500}, {"phone": "not-a-phone-number"}),
        ({"contact_name": "x" * 81}, {"contact_name": "too-long"}),
        ({"help_contacts": ("12", "x")}, {"help_contacts": "not-a-phone-number"}),
        ({"help_contacts": ("15",) * 6}, {"help_contacts": "too-many"}),
    ],
)
async def test_each_faulty_field_of_a_school_is_named(
    store: Store, changed: dict[str, object], fault: dict[str, str]
) -> None:
    fields = {"name": "Ibn Battouta", "zone": "Africa/Casablanca"} | changed
    async with store.begin(SETUP) as uow:
        with pytest.raises(InvalidInputError) as refused:
            await people.create_school(uow, **fields)
    assert refused.value.fields == fault


async def test_strangers_see_no_schools(store: Store) -> None:
    school = await add_school(store)
    async with store.begin(NOBODY) as uow:
        with pytest.raises(NotAllowedError):
            await people.list_schools(uow)
        with pytest.raises(NotAllowedError):
            await people.get_school(uow, school.id)
