"""Every route, in every way that it answers, carries the same security headers."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from rooms.db import open_store
from rooms.keys import Keys
from tests.web.conftest import SAME_ORIGIN, Server
from web.keys import ASSETS, READINESS

EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "wasl",
}
#: One nonce for each answer, or the hashes of what stands in a page that is the same for everybody.
ALLOWED = r"'nonce-[\w-]{22}'|'sha256-[\w+/]{43}='(?: 'sha256-[\w+/]{43}=')*"
POLICY = re.compile(
    rf"default-src 'none'; script-src 'self' (?P<scripts>{ALLOWED}); style-src 'self' (?P<styles>{ALLOWED}); "
    r"img-src 'self' data:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    r"font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'\Z"
)


def addresses(server: Server) -> set[tuple[str, str]]:
    """Every method and path of the application, with made-up values in the places of a pattern."""
    found = set()
    for route in server.app.router.routes():
        if route.resource is not None and route.resource.canonical != "/ws":
            path = re.sub(r"\{[^}]+\}", "0" * 32, route.resource.canonical)
            found.add((route.method, path))
    return found


async def test_every_answer_carries_the_headers(server: Server) -> None:
    odd = {("GET", "/nothing/here"), ("PUT", "/sign-in"), ("DELETE", "/j"), ("POST", "/assets/x/y")}
    asked = addresses(server) | odd
    for method, path in sorted(asked):
        async with server.client.request(method, path, headers=SAME_ORIGIN, allow_redirects=False) as response:
            seen = {name: response.headers.get(name) for name in EXPECTED}
            assert seen == EXPECTED, (method, path, response.status)
            assert POLICY.match(response.headers["Content-Security-Policy"]), (method, path)
            assert response.headers["Cache-Control"], (method, path)
            assert response.status < 500, (method, path, await response.text())


async def test_errors_and_refusals_carry_them_too(server: Server) -> None:
    async with server.client.post("/sign-in", headers={"Sec-Fetch-Site": "cross-site"}) as response:
        assert response.status == 403
        assert response.headers["X-Frame-Options"] == "DENY"
    async with server.client.post("/sign-in", data=b"x" * 200_000, headers=SAME_ORIGIN) as response:
        assert response.status in {400, 413}
        assert response.headers["X-Frame-Options"] == "DENY"


async def test_no_nonce_is_used_twice(server: Server) -> None:
    for path in ("/sign-in", "/c", "/nothing"):
        policy = POLICY.match((await server.client.get(path)).headers["Content-Security-Policy"])
        assert policy
        assert policy["scripts"] == policy["styles"]
        assert policy["scripts"].startswith("'nonce-"), path
    policies = [(await server.client.get("/sign-in")).headers["Content-Security-Policy"] for _ in range(5)]
    assert len(set(policies)) == 5


@pytest.mark.parametrize("language", ["ar", "fr", "zgh", "en"])
async def test_the_call_page_allows_what_stands_in_it_and_nothing_else(server: Server, language: str) -> None:
    response = await server.client.get(f"/j?lang={language}")
    policy = POLICY.match(response.headers["Content-Security-Policy"])
    assert policy
    page = await response.text()
    for tag, allowed in (("script", policy["scripts"]), ("style", policy["styles"])):
        # What has another type is data for the scripts and does not run.
        inline = re.findall(rf"<{tag}(?: type=\"importmap\")?>(.*?)</{tag}>", page, re.DOTALL)
        hashes = [b64encode(sha256(text.encode()).digest()).decode() for text in inline]
        assert allowed.split() == [f"'sha256-{each}'" for each in hashes]
        data = page.count('<script type="application/json"') if tag == "script" else 0
        assert len(re.findall(rf"<{tag}\b", page)) == len(inline) + data


async def test_the_call_page_is_sent_as_it_was_made(server: Server) -> None:
    answers = [await (await server.client.get(path)).read() for path in ("/j", f"/call/{'0' * 32}", "/j")]
    assert len(set(answers)) == 1


async def test_only_the_call_page_may_ask_for_camera_and_microphone(server: Server) -> None:
    for path in ("/j", f"/call/{'0' * 32}"):
        assert "camera=(self)" in (await server.client.get(path)).headers["Permissions-Policy"]
    for path in ("/sign-in", "/c", "/nothing"):
        assert "camera=()" in (await server.client.get(path)).headers["Permissions-Policy"]


async def test_pages_are_never_stored_and_assets_for_ever(server: Server) -> None:
    assets = server.app[ASSETS]
    assert (await server.client.get("/sign-in")).headers["Cache-Control"] == "no-store"
    immutable = (await server.client.get(assets.url("css/base.css"))).headers["Cache-Control"]
    assert immutable == "public, max-age=31536000, immutable"
    assert (await server.client.get("/sw.js")).headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("encoding", ["br", "gzip", "identity"])
async def test_an_asset_is_sent_in_the_coding_that_the_browser_takes(server: Server, encoding: str) -> None:
    url = server.app[ASSETS].url("css/base.css")
    async with server.client.get(url, headers={"Accept-Encoding": encoding}) as response:
        assert response.headers.get("Content-Encoding", "identity") == encoding
        assert response.headers["Vary"] == "Accept-Encoding"
        assert "custom" not in response.headers


async def test_an_asset_under_another_hash_is_not_there(server: Server) -> None:
    url = server.app[ASSETS].url("css/base.css")
    stale = re.sub(r"/assets/\w+/", "/assets/000000000000/", url)
    for path in (stale, "/assets/x/../../settings.py", "/assets/x/%2e%2e/settings.py"):
        assert (await server.client.get(path)).status == 404, path


async def test_metrics_are_for_this_machine_alone_without_a_token(server: Server) -> None:
    async with server.client.get("/metrics") as response:
        text = await response.text()
        assert response.status == 200
        assert "wasl_rooms_open" in text
        assert re.search(r"wasl_ready 1\.0", text)
    assert (await server.client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"})).status == 404


async def test_a_draining_server_is_alive_and_not_ready(server: Server) -> None:
    assert (await server.client.get("/readyz")).status == 200
    server.app[READINESS].draining = True
    assert (await server.client.get("/readyz")).status == 503
    assert (await server.client.get("/healthz")).status == 200


async def test_without_its_database_the_server_is_alive_and_not_ready(
    server: Server, keys: Keys, tmp_path: Path
) -> None:
    nowhere = open_store(f"sqlite+aiosqlite:///{tmp_path}/no/such/folder/wasl.db", keys, server.clock)
    server.app[READINESS]._store = nowhere
    assert (await server.client.get("/readyz")).status == 503
    assert (await server.client.get("/healthz")).status == 200
    await nowhere.close()
