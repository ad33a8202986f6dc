"""The admin's pages: open rooms, people, schools."""

import json
import re

import pytest

from rooms.health.samples import CandidateType, ConnectionState, Rung, RungReason
from rooms.health.verdict import Cause, RoomVerdict
from rooms.health.watch import Standing
from rooms.roles import Role
from rooms.visits.states import ParticipantState, PauseReason, Presence, RoomState
from signaling.dictionaries import LegHealth
from signaling.room_health import RoomHealth, SeatHealth
from tests.support.fake_clock import MONDAY
from tests.web.pages.conftest import Site
from web import keys

INVITATION = {
    "name": "Nadia Berrada",
    "email": "nadia@example.org",
    "role": "psychologist",
    "language": "fr",
    "zone": "Africa/Casablanca",
}
SCHOOL = {
    "name": "Ecole Zaitouna",
    "zone": "Africa/Casablanca",
    "contact_name": "Mina",
    "phone": "0539 33 44 66",
    "help_contacts": "19\n+212 661 223355",
}


async def test_no_open_room_is_said_in_words_and_in_json(site: Site) -> None:
    page = await site.admin.opens("/admin/rooms")
    assert re.search(r'id="no-rooms">', page.text)
    overview = json.loads((await site.admin.opens("/admin/rooms.json")).text)
    assert overview == {"asOf": "09:00:00", "rooms": []}


async def test_an_open_room_shows_roles_and_measurements_and_nobodys_name(
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leg = LegHealth(
        negotiation=4711,
        connection=ConnectionState.CONNECTED,
        candidate_type=CandidateType.RELAY,
        rtt_ms=184,
        loss_pct=2.5,
        jitter_ms=9,
        invented_pct=0.6,
        kbps_in=40,
        kbps_out=38,
    )
    seats = (
        SeatHealth(
            role=Role.CLASSROOM,
            state=ParticipantState.ADMITTED,
            presence=Presence.PRESENT,
            rung=Rung.VOICE_8,
            reason=RungReason.UPLINK_WEAK,
            legs=(((Role.PSYCHOLOGIST,), leg),),
        ),
        SeatHealth(
            role=Role.PSYCHOLOGIST,
            state=ParticipantState.ADMITTED,
            presence=Presence.AWAY,
            rung=None,
            reason=None,
            legs=(),
        ),
        SeatHealth(
            role=Role.GUARDIAN,
            state=ParticipantState.WAITING,
            presence=Presence.PRESENT,
            rung=None,
            reason=None,
            legs=(),
        ),
    )
    room = RoomHealth(
        number=3,
        state=RoomState.PAUSED,
        reasons=(PauseReason.PSYCHOLOGIST_MISSING,),
        since=MONDAY,
        seats=seats,
        standing=Standing(RoomVerdict(62, Cause.UPLINK_WEAK, Role.CLASSROOM, Rung.VOICE_8), MONDAY, MONDAY),
    )
    monkeypatch.setattr(site.app[keys.HUB], "overview", lambda: [room])
    told = json.loads((await site.admin.opens("/admin/rooms.json")).text)["rooms"]
    assert told == [
        {
            "number": "3",
            "state": "Paused",
            "level": "poor",
            "figure": "Poor 62",
            "sentence": "The classroom's upload is weak: voice only since 09:00.",
            "path": "through the relay",
            "rung": "Voice only",
            "roundTrip": "184 ms",
            "loss": "2.5 %",
            "since": "09:00",
            "seats": [
                {"role": "Child in the classroom", "rung": "Voice only"},
                {"role": "Psychologist (away)", "rung": "—"},
                {"role": "Guardian (waiting)", "rung": "—"},
            ],
            "legs": [
                {
                    "between": "Child in the classroom — Psychologist",
                    "connection": "connected",
                    "path": "through the relay",
                    "roundTrip": "184 ms",
                    "loss": "2.5 %",
                    "invented": "0.6 %",
                    "rate": "40 / 38",
                }
            ],
        }
    ]
    page = await site.admin.opens("/admin/rooms")
    for words in ("Paused", "184 ms", "2.5 %", "Poor 62", "upload is weak: voice only since 09:00."):
        assert page.shows(words)
    assert 'id="no-rooms" hidden' in page.text
    assert str(leg.negotiation) not in page.text


async def test_an_invitation_shows_its_link_once_and_lets_the_person_in(site: Site) -> None:
    invited = await site.admin.posts("/admin/people", INVITATION)
    assert invited.status == 201
    link = re.search(r"/welcome#([\w-]+)", invited.text)
    assert link
    people = await site.admin.opens("/admin/people")
    assert people.shows("Nadia Berrada")
    assert link[1] not in people.text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("email", "nobody", "This is not an e-mail address."),
        ("email", "salma@example.org", "Somebody signs in with this address already."),
        ("role", "king", "Please choose one."),
        ("zone", "Nowhere", "This time zone is not known. Example: Africa/Casablanca."),
        ("name", "", "Please fill this in."),
    ],
)
async def test_a_faulty_invitation_keeps_what_was_typed(site: Site, field: str, value: str, words: str) -> None:
    page = await site.admin.posts("/admin/people", {**INVITATION, field: value})
    assert page.status == 422
    assert page.shows(words)
    assert page.value_of("email") == (value if field == "email" else INVITATION["email"])


async def test_a_closed_account_is_signed_out_and_gets_no_new_link(site: Site) -> None:
    people = await site.admin.opens("/admin/people")
    account = re.search(r"Hind Tazi.*?/admin/people/([0-9a-f]{32})/disable", people.text, re.DOTALL)
    assert account
    for _ in range(2):
        assert (await site.admin.posts(f"/admin/people/{account[1]}/disable")).leads_to == "/admin/people"
    assert (await site.other_worker.opens("/desk")).leads_to.startswith("/sign-in")
    assert (await site.admin.posts(f"/admin/people/{account[1]}/welcome")).status == 409


async def test_a_school_is_added_once_and_then_offered_to_social_workers(site: Site) -> None:
    for _ in range(2):
        assert (await site.admin.posts("/admin/schools", SCHOOL)).leads_to == "/admin/schools"
    page = await site.admin.opens("/admin/schools")
    assert page.text.count("<bdi>Ecole Zaitouna</bdi>") == 1
    assert page.shows("+212539334466")
    assert (await site.worker.opens("/referrals/new")).shows("Ecole Zaitouna")


async def test_a_school_without_a_safety_plan_says_so_until_it_has_one(site: Site) -> None:
    await site.admin.posts("/admin/schools", {**SCHOOL, "phone": "", "contact_name": ""})
    page = await site.admin.opens("/admin/schools")
    assert page.shows("No visit can open here: the phone or the person near the child is missing.")
    [edit] = [link for link in page.links(r"/admin/schools/[0-9a-f]{32}#edit") if site.school.id not in link]
    path = edit.partition("#")[0]
    assert (await site.admin.opens(path)).value_of("name") == "Ecole Zaitouna"
    assert (await site.admin.posts(path, SCHOOL)).status == 303
    assert not (await site.admin.opens("/admin/schools")).shows("No visit can open here")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("phone", "at school", "This is not a phone number. Example: +212 539 000 000."),
        ("help_contacts", "ask around", "One of these is not a phone number. One number a line, please."),
        ("name", "", "Please fill this in."),
        ("zone", "", "This time zone is not known. Example: Africa/Casablanca."),
    ],
)
async def test_a_faulty_school_keeps_what_was_typed(site: Site, field: str, value: str, words: str) -> None:
    page = await site.admin.posts("/admin/schools", {**SCHOOL, field: value})
    assert page.status == 422
    assert page.shows(words)
    assert page.value_of("contact_name") == SCHOOL["contact_name"]
