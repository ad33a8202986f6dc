"""The join API over HTTP: links, codes, claims and tickets, and whatever else may be posted at them."""

import asyncio
import json

import pytest

from rooms.roles import Role
from rooms.visits import invitations
from tests.support.cases import add_taken_case
from tests.web.conftest import SAME_ORIGIN, Server
from web import keys

EXCHANGE, CODE, CLAIM = "/api/join/exchange", "/api/join/code", "/api/join/claim"


async def open_visit(server: Server):
    case = await add_taken_case(server.store)
    return case, await case.books_as_before(in_minutes=0)


async def test_a_link_becomes_a_seat_and_a_ticket(server: Server) -> None:
    case, visit = await open_visit(server)
    status, taken = await server.posts_json(EXCHANGE, {"secret": await case.link(visit.id)})
    entrance = taken.pop("entrance")
    assert (status, taken) == (200, {"visit": visit.id, "role": "classroom", "outcome": "bound"})
    assert [seat["role"] for seat in entrance["participants"]] == ["classroom"]

    status, entered = await server.posts_json(f"/api/visits/{visit.id}/ticket", {})

    assert status == 200
    assert [seat["role"] for seat in entered["participants"]] == ["classroom"]
    assert entered["opensInS"] == 0
    assert entered["socket"] == "/ws"
    assert entered["help"]["phones"]
    assert entered["ticket"].count(".") == 2


async def test_a_ticket_goes_to_the_meeting_that_the_request_names(server: Server) -> None:
    case, visit = await open_visit(server)
    meetings = server.app[keys.HUB].meetings
    for name, path, body in (
        ("1234567890-1234567890-12", EXCHANGE, {"secret": await case.link(visit.id)}),
        ("1234567890-1234567890-21", f"/api/visits/{visit.id}/ticket", {}),
    ):
        with meetings.at(name) as ticket:
            status, answer = await server.posts_json(path, {**body, "meeting": name})
            assert status == 200
            assert ticket.result() == answer.get("entrance", answer)["ticket"]


async def test_whoever_is_not_let_in_yet_brings_nothing_to_a_meeting(server: Server) -> None:
    case, visit = await open_visit(server)
    await case.sits_down(visit.id)
    with server.app[keys.HUB].meetings.at("1234567890-1234567890-12") as ticket:
        body = {"secret": await case.link(visit.id), "meeting": "1234567890-1234567890-12"}
        status, answer = await server.posts_json(EXCHANGE, body)
        assert (status, answer["outcome"]) == (200, "claimed")
        assert not ticket.done()


async def test_the_device_cookie_can_not_be_read_by_scripts_or_sent_elsewhere(server: Server) -> None:
    case, visit = await open_visit(server)
    body = {"secret": await case.link(visit.id)}
    async with server.client.post(EXCHANGE, json=body, headers=SAME_ORIGIN) as response:
        cookie = response.cookies["__Host-device"]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"], cookie["path"]) == (True, True, "Lax", "/")
    assert cookie["domain"] == ""


async def test_a_spoken_code_opens_the_same_seat(server: Server) -> None:
    case, visit = await open_visit(server)
    async with case.as_social_worker() as uow:
        code = (await invitations.card(uow, visit.id, Role.CLASSROOM)).spoken_code
    status, taken = await server.posts_json(CODE, {"code": f"{code[:4]} {code[4:]}"})
    assert (status, taken["role"], taken["outcome"]) == (200, "classroom", "bound")


async def test_a_second_browser_waits_for_the_adults(server: Server) -> None:
    case, visit = await open_visit(server)
    await case.sits_down(visit.id)
    status, taken = await server.posts_json(EXCHANGE, {"secret": await case.link(visit.id)})
    assert (status, taken["outcome"]) == (200, "claimed")
    assert await server.posts_json(CLAIM, {"claim": taken["claim"]}) == (200, {"state": "waiting"})
    server.client.session.cookie_jar.clear()
    status, _ = await server.posts_json(CLAIM, {"claim": taken["claim"]})
    assert status == 404


async def test_one_device_does_not_become_the_guardian_and_the_social_worker(server: Server) -> None:
    case = await add_taken_case(server.store)
    visit = await case.books(in_minutes=0, extra_roles=frozenset({Role.GUARDIAN}))
    await server.posts_json(EXCHANGE, {"secret": await case.link(visit.id, Role.GUARDIAN)})
    link = {"secret": await case.link(visit.id, Role.SOCIAL_WORKER)}
    status, problem = await server.posts_json(EXCHANGE, link, **{"Accept-Language": "en"})
    assert (status, problem["code"]) == (409, "seats-not-together")
    assert "Open this link on another device" in problem["title"]


async def test_an_early_link_says_how_long_to_wait(server: Server) -> None:
    case = await add_taken_case(server.store)
    visit = await case.books(in_minutes=60)
    status, problem = await server.posts_json(EXCHANGE, {"secret": await case.link(visit.id)})
    assert (status, problem["code"]) == (409, "visit-not-open-yet")
    assert 44 * 60 < problem["opensInS"] <= 45 * 60


async def test_wrong_early_and_expired_codes_are_answered_alike(server: Server) -> None:
    case = await add_taken_case(server.store)
    early = await case.books(in_minutes=120)
    async with case.as_social_worker() as uow:
        early_code = (await invitations.card(uow, early.id, Role.CLASSROOM)).spoken_code
    answers = []
    for code in ("00000000", early_code, "no code at all"):
        status, problem = await server.posts_json(CODE, {"code": code})
        del problem["requestId"]
        answers.append((status, problem))
    assert answers[0][1]["code"] == "code-not-valid"
    assert answers[0] == answers[1] == answers[2]


async def test_after_too_many_wrong_codes_all_codes_wait_and_a_link_still_gets_in(server: Server) -> None:
    case, visit = await open_visit(server)
    statuses = {(await server.posts_json(CODE, {"code": f"{n:08}"}))[0] for n in range(14)}
    assert statuses == {404, 429}
    async with case.as_social_worker() as uow:
        code = (await invitations.card(uow, visit.id, Role.CLASSROOM)).spoken_code
    status, problem = await server.posts_json(CODE, {"code": code})
    assert (status, problem["code"], problem["retryAfterS"]) == (429, "too-many-tries", 300)
    status, taken = await server.posts_json(EXCHANGE, {"secret": await case.link(visit.id)})
    assert (status, taken["outcome"]) == (200, "bound")


async def test_wrong_codes_sent_all_at_once_are_no_more_tries_than_one_by_one(server: Server) -> None:
    case, visit = await open_visit(server)
    async with case.as_social_worker() as uow:
        code = (await invitations.card(uow, visit.id, Role.CLASSROOM)).spoken_code
    guesses = [f"{n:08}" for n in range(40)] + [code]
    answers = await asyncio.gather(*(server.posts_json(CODE, {"code": guess}) for guess in guesses))
    statuses = [status for status, _ in answers]
    assert statuses[-1] == 429, "the right guess was one too many"
    assert statuses.count(404) <= 10


async def test_good_codes_never_use_the_tries_up(server: Server) -> None:
    case, visit = await open_visit(server)
    async with case.as_social_worker() as uow:
        code = (await invitations.card(uow, visit.id, Role.CLASSROOM)).spoken_code
    for _ in range(14):
        assert (await server.posts_json(CODE, {"code": code}))[0] == 200


async def test_a_flood_of_wrong_links_never_holds_back_a_good_one(server: Server) -> None:
    case, visit = await open_visit(server)
    statuses = [(await server.posts_json(EXCHANGE, {"secret": "x" * 43}))[0] for _ in range(62)]
    assert statuses == [404] * 60 + [429] * 2
    assert (await server.posts_json(EXCHANGE, {"secret": await case.link(visit.id)}))[0] == 200


async def test_without_a_seat_no_visit_gives_a_ticket(server: Server) -> None:
    _, visit = await open_visit(server)
    known = await server.posts_json(f"/api/visits/{visit.id}/ticket", {})
    unknown = await server.posts_json(f"/api/visits/{'0' * 32}/ticket", {})
    odd = await server.posts_json("/api/visits/%2e%2e%0a/ticket", {})
    assert [answer[0] for answer in (known, unknown, odd)] == [404, 404, 404]
    assert known[1]["title"] == unknown[1]["title"]


@pytest.mark.parametrize("path", [EXCHANGE, CODE, CLAIM, f"/api/visits/{'0' * 32}/ticket"])
@pytest.mark.parametrize(
    ("name", "body", "content_type"),
    [
        ("not JSON", b"{", "application/json"),
        ("a list", b"[]", "application/json"),
        ("not UTF-8", b'{"secret":"\xff"}', "application/json"),
        ("unknown field", b'{"secret":"a","code":"a","claim":"a","more":1}', "application/json"),
        ("wrong type", b'{"secret":1,"code":[],"claim":{}}', "application/json"),
        ("NaN", b'{"secret":NaN}', "application/json"),
        ("duplicate", b'{"secret":"a","secret":"b"}', "application/json"),
        ("deep", b"[" * 1500, "application/json"),
        ("a form", b"secret=a", "application/x-www-form-urlencoded"),
        ("plain text", b'{"secret":"a"}', "text/plain"),
    ],
)
async def test_a_malformed_body_is_one_clear_refusal(
    server: Server, path: str, name: str, body: bytes, content_type: str
) -> None:
    headers = SAME_ORIGIN | {"Content-Type": content_type, "Accept-Language": "en"}
    async with server.client.post(path, data=body, headers=headers) as response:
        problem = await response.json()
        assert (response.status, response.content_type) == (400, "application/problem+json"), name
    assert problem["code"] == "malformed-request"
    assert problem["title"] == "The request could not be read."


@pytest.mark.parametrize("path", [EXCHANGE, CODE, CLAIM])
async def test_a_missing_or_empty_field_is_refused(server: Server, path: str) -> None:
    field = {EXCHANGE: "secret", CODE: "code", CLAIM: "claim"}[path]
    for body in ({}, {field: ""}, {field: "x" * 129}, {field: None}):
        assert (await server.posts_json(path, body))[0] == 400, body


async def test_an_oversized_body_is_refused_announced_or_not(server: Server) -> None:
    long = json.dumps({"secret": "x" * 5000}).encode()

    async def unannounced():
        yield long

    for body in (long, unannounced()):
        headers = SAME_ORIGIN | {"Content-Type": "application/json"}
        async with server.client.post(EXCHANGE, data=body, headers=headers) as response:
            assert response.status == 413


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://127.0.0.1:8080.elsewhere.example"},
        {"Origin": "http://127.0.0.1:80800"},
        {"Origin": "HTTP://127.0.0.1:8080"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8080"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_site_changes_nothing(server: Server, headers: dict[str, str]) -> None:
    for path in (EXCHANGE, "/sign-in", "/sign-out", "/welcome", "/account", "/language"):
        async with server.client.post(path, json={"secret": "a"}, headers=headers, allow_redirects=False) as response:
            assert response.status == 403, path


async def test_our_own_origin_passes_where_the_browser_sends_no_fetch_metadata(server: Server) -> None:
    ours = {"Origin": "http://127.0.0.1:8080"}
    async with server.client.post(EXCHANGE, json={"secret": "a" * 43}, headers=ours) as response:
        assert response.status == 404
        assert (await response.json())["code"] == "invitation-not-valid"


async def test_opening_a_link_spends_nothing(server: Server) -> None:
    case, visit = await open_visit(server)
    secret = await case.link(visit.id)
    for method in ("GET", "HEAD"):
        async with server.client.request(method, "/j", headers={"User-Agent": "WhatsApp/2"}) as response:
            assert response.status == 200
            assert "Set-Cookie" not in response.headers
    assert (await server.posts_json(EXCHANGE, {"secret": secret}))[1]["outcome"] == "bound"
