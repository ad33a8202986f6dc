"""Tickets: the one genuine form is accepted, everything else is refused."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rooms.ids import ParticipantId, VisitId
from rooms.keys import Keys
from rooms.tokens import TicketClaims, TicketFault, issue_ticket, verify_ticket
from rooms.unit_of_work import Actor
from tests.support.fake_clock import MONDAY

KEYS = Keys.generate()
KEY = KEYS.ticket["1"]
OTHER_KEY = Keys.generate().ticket["1"]
VISIT = VisitId("1" * 32)
CHILD = ParticipantId("a" * 32)
WORKER = ParticipantId("b" * 32)
ACTOR = Actor.participant(CHILD)
NOW_S = int(MONDAY.timestamp())

HEADER = {"alg": "HS256", "kid": "1", "typ": "wasl-ticket+jwt"}
CLAIMS = {
    "iss": "wasl",
    "aud": "wasl-signaling",
    "exp": NOW_S + 30,
    "nbf": NOW_S,
    "iat": NOW_S,
    "jti": "c" * 32,
    "sub": f"participant:{CHILD}",
    "seat": f"{CHILD}.{WORKER}",
    "visit": VISIT,
}


def segment(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def compact(fields: object) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()


def sign(header: bytes, payload: bytes, key: bytes = KEY, algorithm: str = "HS256") -> str:
    """Sign any bytes, as somebody who stole the key could: what the verifier must refuse all the same."""
    signed = f"{segment(header)}.{segment(payload)}"
    if algorithm == "none":
        return f"{signed}."
    signature = jwt.get_algorithm_by_name(algorithm).sign(signed.encode(), key)
    return f"{signed}.{segment(signature)}"


def with_claim(name: str, value: object) -> str:
    return sign(compact(HEADER), compact(CLAIMS | {name: value}))


def without_claim(name: str) -> str:
    return sign(compact(HEADER), compact({key: value for key, value in CLAIMS.items() if key != name}))


def with_header(name: str, value: object) -> str:
    return sign(compact(HEADER | {name: value}), compact(CLAIMS))


def without_header(name: str) -> str:
    return sign(compact({key: value for key, value in HEADER.items() if key != name}), compact(CLAIMS))


GENUINE = sign(compact(HEADER), compact(CLAIMS))
HEAD, BODY, SIGNATURE = GENUINE.split(".")

FORGERIES: dict[str, str] = {
    **{f"claim {name} missing": without_claim(name) for name in CLAIMS},
    **{f"claim {name} null": with_claim(name, None) for name in CLAIMS},
    **{f"claim {name} a list": with_claim(name, [value]) for name, value in CLAIMS.items()},
    **{f"claim {name} true": with_claim(name, True) for name in CLAIMS},
    **{f"claim {name} an object": with_claim(name, {"value": value}) for name, value in CLAIMS.items()},
    **{f"claim {name} as text": with_claim(name, str(CLAIMS[name])) for name in ("exp", "nbf", "iat")},
    **{f"claim {name} a float": with_claim(name, float(NOW_S)) for name in ("exp", "nbf", "iat")},
    **{f"claim {name} empty": with_claim(name, "") for name in ("iss", "aud", "jti", "sub", "seat", "visit")},
    **{f"header {name} missing": without_header(name) for name in HEADER},
    **{f"header {name} null": with_header(name, None) for name in HEADER},
    "life of 31 s": with_claim("exp", NOW_S + 31),
    "life of none": with_claim("exp", NOW_S),
    "exp before iat": with_claim("exp", NOW_S - 1),
    "exp huge": with_claim("exp", 1e300),
    "exp infinite": with_claim("exp", float("inf")),
    "exp not a number": with_claim("exp", float("nan")),
    "exp of 5000 digits": sign(compact(HEADER), compact(CLAIMS).replace(str(NOW_S + 30).encode(), b"9" * 5000)),
    "nbf not iat": with_claim("nbf", NOW_S - 1),
    "iat in the future": with_claim("iat", NOW_S + 10),
    "iat negative": with_claim("iat", -NOW_S),
    "another issuer": with_claim("iss", "wasl2"),
    "issuer in capitals": with_claim("iss", "WASL"),
    "another audience": with_claim("aud", "wasl-web"),
    "audience list with ours": with_claim("aud", ["wasl-signaling", "x"]),
    "any audience": with_claim("aud", "*"),
    "jti too short": with_claim("jti", "c" * 31),
    "jti not hexadecimal": with_claim("jti", "g" * 32),
    "jti with a line end": with_claim("jti", "c" * 32 + "\n"),
    "sub without kind": with_claim("sub", CHILD),
    "sub the system": with_claim("sub", f"system:{CHILD}"),
    "sub anonymous": with_claim("sub", "anonymous:"),
    "sub with two ids": with_claim("sub", f"participant:{CHILD}:{WORKER}"),
    "sub a name": with_claim("sub", "participant:salma"),
    "seat any": with_claim("seat", "*"),
    "seat twice": with_claim("seat", f"{CHILD}.{CHILD}"),
    "seat with an empty part": with_claim("seat", f"{CHILD}."),
    "seat list by comma": with_claim("seat", f"{CHILD},{WORKER}"),
    "seven seats": with_claim("seat", ".".join(f"{number:032x}" for number in range(7))),
    "visit any": with_claim("visit", "*"),
    "visit in capitals": with_claim("visit", "A" * 32),
    "an extra claim": with_claim("role", "psychologist"),
    "an extra claim admin": with_claim("admin", True),
    "alg none": sign(compact(HEADER | {"alg": "none"}), compact(CLAIMS), algorithm="none"),
    "alg None": with_header("alg", "None"),
    "alg HS384 named": with_header("alg", "HS384"),
    "alg HS512 used": sign(compact(HEADER | {"alg": "HS512"}), compact(CLAIMS), algorithm="HS512"),
    "alg RS256": with_header("alg", "RS256"),
    "typ JWT": with_header("typ", "JWT"),
    "typ of another purpose": with_header("typ", "wasl-join+jwt"),
    "typ in capitals": with_header("typ", "WASL-TICKET+JWT"),
    "kid unknown": with_header("kid", "2"),
    "kid a number": with_header("kid", 1),
    "kid a path": with_header("kid", "../../dev/null"),
    "kid for a query": with_header("kid", "1' OR '1'='1"),
    "crit": with_header("crit", ["exp"]),
    "b64 false": with_header("b64", False),
    "jku": with_header("jku", "https://example.org/keys"),
    "x5u": with_header("x5u", "https://example.org/chain"),
    "jwk": with_header("jwk", {"kty": "oct", "k": segment(OTHER_KEY)}),
    "zip": with_header("zip", "DEF"),
    "signed with another key": sign(compact(HEADER), compact(CLAIMS), OTHER_KEY),
    "signed with an empty key": sign(compact(HEADER), compact(CLAIMS), b""),
    "signed with the lookup key": sign(compact(HEADER), compact(CLAIMS), KEYS.lookup),
    "claims not an object": sign(compact(HEADER), compact([CLAIMS])),
    "claims not JSON": sign(compact(HEADER), b"visit"),
    "claims not UTF-8": sign(compact(HEADER), b"\xff\xfe"),
    "claims nested deep": sign(compact(HEADER), b"[" * 1200),
    "claims with a duplicate": sign(compact(HEADER), compact(CLAIMS)[:-1] + b',"visit":"' + b"2" * 32 + b'"}'),
    "claims with a duplicate of the same": sign(compact(HEADER), compact(CLAIMS)[:-1] + b',"iss":"wasl"}'),
    "claims with a space": sign(compact(HEADER), json.dumps(CLAIMS).encode()),
    "signature missing": f"{HEAD}.{BODY}.",
    "signature cut": f"{HEAD}.{BODY}.{SIGNATURE[:-1]}",
    "signature padded": f"{GENUINE}=",
    "signature with a spare bit": f"{HEAD}.{BODY}.{SIGNATURE[:-1]}{chr(ord(SIGNATURE[-1]) + 1)}",
    "signature with a stray character": f"{HEAD}.{BODY}.!{SIGNATURE}",
    "four parts": f"{GENUINE}.{SIGNATURE}",
    "two parts": f"{HEAD}.{BODY}",
    "only dots": "..",
    "nothing": "",
    "a line end after": f"{GENUINE}\n",
    "a space before": f" {GENUINE}",
    "too long": sign(compact(HEADER), compact(CLAIMS | {"seat": "a" * 2048})),
    "not ASCII": GENUINE.replace("e", "е"),  # noqa: RUF001 - the Cyrillic letter is the point
    "body of another ticket": f"{HEAD}.{segment(compact(CLAIMS | {'visit': '2' * 32}))}.{SIGNATURE}",
}


def test_there_are_at_least_sixty_forgeries() -> None:
    assert len(set(FORGERIES.values())) >= 60


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_refused(name: str) -> None:
    assert FORGERIES[name] != GENUINE
    assert isinstance(verify_ticket(KEYS, MONDAY, FORGERIES[name]), TicketFault)


def test_a_genuine_ticket_says_who_and_where() -> None:
    ticket = issue_ticket(KEYS, MONDAY, actor=ACTOR, visit=VISIT, participants=(CHILD, WORKER))
    claims = verify_ticket(KEYS, MONDAY, ticket)
    assert isinstance(claims, TicketClaims)
    assert (claims.actor, claims.visit, claims.participants) == (ACTOR, VISIT, (CHILD, WORKER))
    assert claims.expires_at_s == NOW_S + 30


def test_the_hand_made_ticket_that_the_forgeries_change_is_genuine() -> None:
    assert isinstance(verify_ticket(KEYS, MONDAY, GENUINE), TicketClaims)


def test_no_two_tickets_are_alike() -> None:
    def issue() -> str:
        return issue_ticket(KEYS, MONDAY, actor=ACTOR, visit=VISIT, participants=(CHILD,))

    assert issue() != issue()


@pytest.mark.parametrize(
    ("seconds", "fault"),
    [
        (-6, TicketFault.NOT_YET),
        (-5, None),
        (0, None),
        (34, None),
        (35, TicketFault.EXPIRED),
        (3600, TicketFault.EXPIRED),
    ],
)
def test_a_ticket_lives_thirty_seconds_with_five_of_leeway(seconds: int, fault: TicketFault | None) -> None:
    outcome = verify_ticket(KEYS, MONDAY + timedelta(seconds=seconds), GENUINE)
    assert outcome == fault if fault else isinstance(outcome, TicketClaims)


def test_during_a_rotation_both_keys_verify_and_a_retired_one_does_not() -> None:
    new = Keys.generate()
    rotating = Keys(KEYS.master, {**KEYS.ticket, "2": new.ticket["1"]}, "2", KEYS.lookup, KEYS.invitation)
    retired = Keys(KEYS.master, {"2": new.ticket["1"]}, "2", KEYS.lookup, KEYS.invitation)
    fresh = issue_ticket(rotating, MONDAY, actor=ACTOR, visit=VISIT, participants=(CHILD,))
    assert isinstance(verify_ticket(rotating, MONDAY, GENUINE), TicketClaims)
    assert isinstance(verify_ticket(rotating, MONDAY, fresh), TicketClaims)
    assert isinstance(verify_ticket(retired, MONDAY, fresh), TicketClaims)
    assert verify_ticket(retired, MONDAY, GENUINE) is TicketFault.UNKNOWN_HEADER


def replace_one(token: str, place: int, character: str) -> str:
    place %= len(token)
    return token[:place] + character + token[place + 1 :]


def insert_one(token: str, place: int, character: str) -> str:
    place %= len(token)
    return token[:place] + character + token[place:]


def cut_one(token: str, place: int, _character: str) -> str:
    place %= len(token)
    return token[:place] + token[place + 1 :]


@pytest.mark.machines
@settings(max_examples=2000, deadline=None)
@given(
    change=st.sampled_from([replace_one, insert_one, cut_one]),
    place=st.integers(min_value=0, max_value=10_000),
    character=st.characters(),
)
def test_any_changed_character_makes_a_ticket_worthless(
    change: Callable[[str, int, str], str], place: int, character: str
) -> None:
    changed = change(GENUINE, place, character)
    if changed != GENUINE:
        assert isinstance(verify_ticket(KEYS, MONDAY, changed), TicketFault)


@pytest.mark.machines
@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=300))
def test_any_signed_payload_but_a_ticket_is_refused(payload: bytes) -> None:
    assert isinstance(verify_ticket(KEYS, MONDAY, sign(compact(HEADER), payload)), TicketFault)


@pytest.mark.machines
@settings(max_examples=500, deadline=None)
@given(st.text(max_size=3000))
def test_any_other_text_is_refused(text: str) -> None:
    assert isinstance(verify_ticket(KEYS, MONDAY, text), TicketFault)


def test_the_body_holds_no_personal_data() -> None:
    body = json.loads(urlsafe_b64decode(BODY + "=="))
    assert set(body) == {"iss", "aud", "exp", "nbf", "iat", "jti", "sub", "seat", "visit"}
