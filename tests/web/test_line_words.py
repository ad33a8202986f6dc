"""How lines are, in words: every code has its sentence."""

from itertools import product

import pytest

from rooms.health.samples import ConnectionState, LegSample, Rung, RungReason, RungSample
from rooms.health.verdict import PERSONAL, Cause, Level, RoomVerdict, cause_of, judge
from rooms.roles import Role
from rooms.visits.states import RoomState
from tests.support.fake_clock import MONDAY
from web import line_words
from web.line_words import cause_sentence, cause_words, rung_words

#: Causes that nobody can be told of for sure, and so have a sentence without a person too.
SHARED = frozenset({Cause.CUT_OFF, Cause.LONG_WAY})
VERDICTS = [
    RoomVerdict(50, cause, role)
    for cause in Cause
    for role in ((*Role, *([None] if cause in SHARED else [])) if cause in PERSONAL else (None,))
]


@pytest.mark.parametrize("verdict", VERDICTS, ids=lambda verdict: verdict.code)
def test_every_cause_code_has_its_sentence_and_can_be_read_back(verdict: RoomVerdict) -> None:
    assert cause_of(verdict.code) == (verdict.cause, verdict.role)
    for rung in (None, *Rung):
        sentence = cause_sentence(verdict.cause, verdict.role, rung, str, cause_since="10:12", rung_since="10:14")
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "%" not in sentence
        assert ("10:12" in sentence) != ("10:14" in sentence)


@pytest.mark.parametrize("reason", RungReason)
@pytest.mark.parametrize("connection", ConnectionState)
def test_every_verdict_that_is_ever_given_has_a_sentence(reason: RungReason, connection: ConnectionState) -> None:
    cases = product((Rung.VIDEO, Rung.VOICE_8, Rung.PHONE), (0.0, 40.0), (1, 2), (False, True))
    for rung, loss, reporters, turn_configured in cases:
        roles = (Role.INTERPRETER, Role.CLASSROOM)[:reporters]
        samples = [
            LegSample(
                at=MONDAY, reporter=role, other=Role.PSYCHOLOGIST, connection=connection, rtt_ms=90.0, loss_pct=loss
            )
            for role in roles
        ]
        rungs = [RungSample(at=MONDAY, reporter=role, rung=rung, reason=reason) for role in roles]
        found = judge(RoomState.LIVE, frozenset(), samples, rungs, turn_configured=turn_configured, now=MONDAY)
        assert cause_words(found.cause, found.role, str)


def test_the_sentence_says_why_and_what_is_left_and_since_when() -> None:
    told = cause_sentence(
        Cause.UPLINK_WEAK, Role.CLASSROOM, Rung.VOICE_12, str, cause_since="10:10", rung_since="10:12"
    )
    assert told == "The classroom's upload is weak: voice only since 10:12."


def test_somebody_without_words_of_their_own_is_a_guest() -> None:
    assert cause_words(Cause.CUT_OFF, Role.INTERPRETER, str) == "A guest is cut off"


def test_a_pause_says_nothing_of_lines() -> None:
    told = cause_sentence(Cause.CHILD_PAUSED, None, Rung.VOICE_8, str, cause_since="10:10", rung_since="10:12")
    assert told == "The child has asked for a pause, since 10:10."


def test_every_code_of_a_line_has_words() -> None:
    assert all(rung_words(rung, str) for rung in Rung)
    assert set(line_words.LEVELS) == set(Level)
    assert set(line_words.CONNECTIONS) == set(ConnectionState)
    assert set(line_words.PATHS) == set(line_words.Path)
    assert {rung.family for rung in Rung} == set(line_words.RUNGS) == {*line_words.RUNGS_SINCE, "video"}


@pytest.mark.parametrize("code", ["", "classroom", "classroom-well", "king-uplink-weak", "classroom-uplink-weak-"])
def test_what_is_no_cause_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        cause_of(code)
