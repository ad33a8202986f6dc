"""The contract files, which the page's own tests read too, and what no JSON library refuses by itself."""

import json
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from rooms.health.samples import CandidateType, ConnectionState, Rung, RungReason
from signaling.codec import ProtocolError, dump, parse, parse_server, stamp
from signaling.dictionaries import LegHealth
from signaling.messages import ClientMessage, Health, ServerMessage

CONTRACT = Path(__file__).parents[1] / "contract" / "messages"
FILES = sorted(CONTRACT.glob("*.json"))


def tags(union: object) -> set[str]:
    return {kind.__struct_config__.tag for kind in get_args(union)}


def examples(verdict: str) -> list:
    found = []
    for path in FILES:
        contract = json.loads(path.read_text())
        for number, example in enumerate(contract[verdict]):
            found.append(pytest.param(contract["from"], example, id=f"{path.stem}-{verdict}-{number}"))
    return found


def test_every_message_has_its_contract_file() -> None:
    assert {path.stem for path in FILES} == (
        {f"page-{tag}" for tag in tags(ClientMessage)} | {f"server-{tag}" for tag in tags(ServerMessage)}
    )


@pytest.mark.parametrize(("side", "example"), examples("valid"))
def test_a_valid_example_is_read_and_written_unchanged(side: str, example: dict[str, object]) -> None:
    frame = json.dumps(example, ensure_ascii=False, separators=(",", ":")).encode()
    message = parse(frame) if side == "page" else parse_server(frame)
    assert json.loads(dump(message)) == example


@pytest.mark.parametrize(("side", "example"), examples("invalid"))
def test_an_invalid_example_is_refused(side: str, example: dict[str, object]) -> None:
    frame = json.dumps(example).encode()
    if side == "page":
        with pytest.raises(ProtocolError):
            parse(frame)
    else:
        with pytest.raises(msgspec.ValidationError):
            parse_server(frame)


@pytest.mark.parametrize(
    "frame",
    [
        '{"type":"ping","received":1,"received":1}',
        '{"type":"ping","received":1,"received":2}',
        '{"received":1,"type":"ping","received":1}',
        '{"type":"ping","type":"ping","received":1}',
        '{"type":"ping","\\u0072eceived":1,"received":1}',
        '{"type":"offer","to":"%s","negotiation":1,"description":{"type":"offer","sdp":"a","sdp":"b"}}' % ("a" * 32),
        '{"type":"candidate","to":"%s","negotiation":1,"candidate":null,"candidate":null}' % ("a" * 32),
        '{"type":"health","rung":"text","reason":"held","legs":[],"rung":"text"}',
    ],
)
def test_a_key_that_comes_twice_is_refused(frame: str) -> None:
    with pytest.raises(ProtocolError):
        parse(frame.encode())


@pytest.mark.parametrize(
    "frame",
    [
        '{ "type" : "ping" , "received" : 1 }',
        '{"received":1,"type":"ping"}',
        '{"type":"\\u0070ing","received":1}',
        '{"type":"ping","received":1}\n',
    ],
)
def test_other_spacing_order_and_escapes_are_read_all_the_same(frame: str) -> None:
    assert parse(frame.encode()) == parse(b'{"type":"ping","received":1}')


@pytest.mark.parametrize(
    "frame",
    [
        b"\xff",
        b'{"type":"hello","ticket":"\xff"}',
        b'{"type":"hello","ticket":"\\ud800"}',
    ],
)
def test_text_that_is_no_unicode_is_refused(frame: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse(frame)


def test_a_stamp_is_what_dumping_the_number_gives() -> None:
    for path in FILES:
        contract = json.loads(path.read_text())
        if contract["from"] == "server" and "seq" in contract["valid"][0]:
            message = parse_server(json.dumps(contract["valid"][0]))
            without = dump(msgspec.structs.replace(message, seq=msgspec.UNSET))
            assert json.loads(stamp(without, message.seq)) == contract["valid"][0]


def test_a_summary_of_three_legs_is_small_even_where_all_is_at_its_worst() -> None:
    leg = LegHealth(9999, ConnectionState.DISCONNECTED, CandidateType.SRFLX, 60_000, 99.9, 60_000, 99.9, 99_999, 99_999)
    longest = Health(max(Rung, key=len), max(RungReason, key=len), (leg, leg, leg))
    assert len(dump(longest)) <= 300


def test_whole_and_broken_shares_are_read_the_quick_way() -> None:
    for share in ("0", "2", "2.5", "100", "null"):
        legs = f'[[1,"connected",null,1,{share},1,{share},1,1]]'
        frame = b'{"type":"health","rung":"voice-8","reason":"starting","legs":%b}' % legs.encode()
        assert dump(parse(frame)) == frame
