"""Signing in and out, the one-time link, the account page, as a browser uses them."""

import pytest

from rooms.people import service as people
from rooms.people.roles import AccountRole
from rooms.unit_of_work import Actor
from tests.support.people import PASSWORD, add_account, welcome
from tests.web.conftest import SAME_ORIGIN, Server
from web.login import LOGIN_COOKIE, safe_next

EMAIL = "amina@example.org"


async def post(server: Server, path: str, fields: dict[str, str], **headers: str):
    return await server.client.post(path, data=fields, headers=SAME_ORIGIN | headers, allow_redirects=False)


async def add_worker(server: Server, role: AccountRole = AccountRole.SOCIAL_WORKER) -> None:
    account = await add_account(server.store, role, email=EMAIL)
    await welcome(server.store, account.id)


async def sign_in(server: Server, password: str = PASSWORD, **more: str):
    return await post(server, "/sign-in", {"email": EMAIL, "password": password, **more})


async def test_a_worker_signs_in_and_goes_where_they_wanted(server: Server) -> None:
    await add_worker(server)
    response = await sign_in(server, next="/account")
    cookie = response.cookies[LOGIN_COOKIE]
    assert (response.status, response.headers["Location"]) == (303, "/account")
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"], cookie["path"]) == (True, True, "Lax", "/")
    assert response.cookies["lang"].value == "ar"
    async with server.client.get("/account?lang=en") as page:
        text = await page.text()
        assert page.status == 200
        assert "Amina Idrissi" in text
        assert "this browser" in text


async def test_a_wrong_password_and_an_unknown_address_are_answered_alike(server: Server) -> None:
    await add_worker(server)
    wrong = await sign_in(server, "not the password at all")
    unknown = await post(server, "/sign-in", {"email": EMAIL.replace("amina", "nadia"), "password": PASSWORD})
    assert (wrong.status, unknown.status) == (401, 401)
    assert LOGIN_COOKIE not in wrong.cookies
    texts = [(await answer.text()).replace("nadia", "amina") for answer in (wrong, unknown)]
    assert len(texts[0]) == len(texts[1])
    assert "not the password" not in texts[0]


async def test_signing_out_ends_the_login_in_the_database_too(server: Server) -> None:
    await add_worker(server)
    secret = (await sign_in(server)).cookies[LOGIN_COOKIE].value
    response = await post(server, "/sign-out", {})
    assert response.headers["Clear-Site-Data"] == '"cache"'
    async with server.store.begin(Actor.anonymous()) as uow:
        assert await people.resolve_login(uow, secret) is None


async def test_signing_out_everywhere_ends_every_browser(server: Server) -> None:
    await add_worker(server)
    other = (await sign_in(server)).cookies[LOGIN_COOKIE].value
    await sign_in(server)
    assert (await post(server, "/account", {})).headers["Location"] == "/sign-in"
    async with server.store.begin(Actor.anonymous()) as uow:
        assert await people.resolve_login(uow, other) is None


async def test_a_one_time_link_sets_the_password_once(server: Server) -> None:
    account = await add_account(server.store, email=EMAIL)
    async with server.store.begin(Actor.system("test")) as uow:
        secret = await people.issue_welcome(uow, account.id)
    assert (await server.client.get("/welcome")).status == 200
    short = await post(server, "/welcome", {"secret": secret, "password": "short"})
    assert short.status == 422
    assert secret in await short.text()
    assert (await post(server, "/welcome", {"secret": secret, "password": PASSWORD})).headers["Location"] == "/sign-in"
    assert (await post(server, "/welcome", {"secret": secret, "password": PASSWORD})).status == 404
    assert (await sign_in(server)).status == 303


async def test_a_language_is_kept_for_the_account(server: Server) -> None:
    await add_worker(server)
    await sign_in(server)
    response = await post(server, "/language", {"language": "fr", "next": "/account"})
    assert (response.headers["Location"], response.cookies["lang"].value) == ("/account", "fr")
    await post(server, "/sign-out", {})
    assert (await sign_in(server)).cookies["lang"].value == "fr"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/sign-in", {}),
        ("/sign-in", {"email": EMAIL}),
        ("/sign-in", {"email": EMAIL, "password": "x" * 1025}),
        ("/sign-in", {"email": EMAIL, "password": PASSWORD, "admin": "1"}),
        ("/welcome", {"secret": "x"}),
        ("/language", {"language": "xx"}),
        ("/language", {"language": "../../etc"}),
    ],
)
async def test_missing_unknown_and_oversized_fields_are_refused(
    server: Server, path: str, fields: dict[str, str]
) -> None:
    assert (await post(server, path, fields)).status == 400


async def test_a_repeated_field_is_refused(server: Server) -> None:
    body = f"email={EMAIL}&password=a&password=b"
    headers = SAME_ORIGIN | {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await server.client.post("/sign-in", data=body, headers=headers)).status == 400


async def test_many_wrong_passwords_from_one_address_have_to_wait(server: Server) -> None:
    await add_worker(server)
    statuses = [(await post(server, "/sign-in", {"email": f"a{n}@b.org", "password": "x"})).status for n in range(21)]
    assert statuses == [401] * 20 + [429]
    refused = await sign_in(server)
    assert refused.headers["Retry-After"] == "300"


@pytest.mark.parametrize("cookie", ["", "x", "a" * 43, "a" * 5000, "é", "a;b"])
async def test_a_cookie_that_is_not_ours_signs_nobody_in(server: Server, cookie: str) -> None:
    headers = {"Cookie": f"{LOGIN_COOKIE}={cookie}"}
    async with server.client.get("/account", headers=headers, allow_redirects=False) as response:
        assert response.status in {303, 400}


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\/evil", "javascript:1", "", "/a\r\nSet-Cookie: x"],
)
def test_signing_in_leads_nowhere_else(target: str) -> None:
    assert safe_next(target) == "/desk"


async def test_demo_links_do_not_exist_on_the_real_server(server: Server) -> None:
    assert (await server.client.get("/demo")).status == 404
    assert (await post(server, "/demo", {"secret": "a"})).status == 404
