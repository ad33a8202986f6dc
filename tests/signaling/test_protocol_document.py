"""PROTOCOL.md is complete: a message, a field, an error code or a close code that is missing there fails here."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from rooms.health.samples import CandidateType, Rung, RungReason
from rooms.visits.states import ParticipantState, PauseReason, Presence, RoomState
from signaling import dictionaries, rate_limit, replay, settings
from signaling.close_codes import CloseCode
from signaling.errors import ERROR_CODES
from signaling.ice_servers import IceServer
from signaling.messages import ClientMessage, ServerMessage

DOCUMENT = (Path(__file__).parents[2] / "signaling" / "PROTOCOL.md").read_text()
PAGE, SERVER = DOCUMENT.split("## Page to server")[1].split("## Server to page")
DEFAULTS = settings.SignalingSettings(allowed_origins=frozenset())


def rows(section: str) -> dict[str, str]:
    """Return the table rows of a section by each message type that they name."""
    found: dict[str, str] = {}
    for line in section.splitlines():
        if line.startswith("| `"):
            for name in re.findall(r"`([^`]+)`", line.split("|")[1]):
                found[name] = line
    return found


def struct_cases(union: object, section: str) -> list:
    return [pytest.param(kind, section, id=kind.__name__) for kind in get_args(union)]


@pytest.mark.parametrize(
    ("kind", "section"),
    [
        *struct_cases(ClientMessage, PAGE),
        *struct_cases(ServerMessage, SERVER.split("## Error codes")[0]),
    ],
)
def test_every_message_and_field_is_described(kind: type[msgspec.Struct], section: str) -> None:
    row = rows(section).get(str(kind.__struct_config__.tag))
    assert row is not None, "the message has no row"
    for field in msgspec.structs.fields(kind):
        if field.encode_name != "seq":
            assert f"`{field.encode_name}`" in row


def test_no_message_is_described_that_does_not_exist() -> None:
    assert set(rows(PAGE)) == {kind.__struct_config__.tag for kind in get_args(ClientMessage)}
    described = set(rows(SERVER.split("## Error codes")[0]))
    assert described == {kind.__struct_config__.tag for kind in get_args(ServerMessage)}


@pytest.mark.parametrize(
    "part",
    [
        dictionaries.Resume,
        dictionaries.LegHealth,
        dictionaries.CandidateInit,
        dictionaries.Seat,
        dictionaries.RosterSeat,
        IceServer,
    ],
)
def test_every_part_of_a_message_is_described(part: type[msgspec.Struct]) -> None:
    for field in msgspec.structs.fields(part):
        assert f"`{field.encode_name}`" in DOCUMENT


def test_every_error_code_is_described_and_no_other() -> None:
    section = DOCUMENT.split("## Error codes")[1].split("## Close codes")[0]
    assert set(rows(section)) == ERROR_CODES


def test_every_close_code_is_described_and_no_other() -> None:
    section = DOCUMENT.split("## Close codes")[1]
    described = {int(code): name for code, name in re.findall(r"^\| (\d{4}) \| ([a-z-]+) \|", section, re.MULTILINE)}
    assert described == {int(code): code.name.lower().replace("_", "-") for code in CloseCode}


@pytest.mark.parametrize(
    "values",
    [
        RoomState,
        PauseReason,
        Presence,
        ParticipantState,
        Rung,
        RungReason,
        CandidateType,
    ],
)
def test_every_value_of_a_closed_list_is_described(values: type) -> None:
    for value in values:
        assert f"`{value}`" in DOCUMENT


@pytest.mark.parametrize(
    "limit",
    [
        f"{dictionaries.FRAME_MAX_BYTES // 1024} KiB",
        f"up to {dictionaries.TICKET_MAX_CHARS}",
        f"sdp up to {dictionaries.SDP_MAX_CHARS}",
        f"`candidate` (up to {dictionaries.CANDIDATE_MAX_CHARS})",
        f"`legs` (up to {dictionaries.HEALTH_MAX_LEGS})",
        f"{rate_limit.BURST} messages at once and {rate_limit.REFILL_PER_S:.0f} a second",
        f"{replay.REPLAY_MAX_FRAMES} frames or {replay.REPLAY_MAX_BYTES // 1024} KiB",
        f"within {DEFAULTS.hello_deadline_s:.0f} seconds",
        f"not heard for {DEFAULTS.presence_s:.0f} seconds",
        f"not heard for {DEFAULTS.half_open_s:.0f} seconds",
        f"stops reading for {DEFAULTS.write_limit_s:.0f} seconds",
        f"lets {DEFAULTS.outbox_max_frames} frames or {DEFAULTS.outbox_max_bytes // 1024} KiB",
    ],
)
def test_every_limit_is_as_described(limit: str) -> None:
    assert limit in DOCUMENT
