"""The tables of moves, row by row: every pair of states, legal and illegal, each named as the move is written."""

from enum import StrEnum
from itertools import product

import pytest

from rooms.errors import WrongStateError
from rooms.visits.states import ParticipantState, RoomState, VisitState, transition

LEGAL = {
    VisitState: """
        scheduled -> open, scheduled -> cancelled, scheduled -> expired, scheduled -> missed,
        open -> scheduled, open -> completed, open -> cancelled, open -> expired, open -> missed
    """,
    RoomState: """
        waiting -> live, waiting -> paused, waiting -> closed,
        live -> paused, live -> closed,
        paused -> live, paused -> waiting, paused -> closed
    """,
    ParticipantState: """
        joining -> waiting, joining -> admitted, joining -> gone,
        waiting -> admitted, waiting -> gone, admitted -> gone, gone -> joining
    """,
}


def rows() -> list[object]:
    """Every pair of states of every machine, with whether the table has it."""
    cases = []
    for machine, written in LEGAL.items():
        legal = {row.strip() for row in written.split(",")}
        for old, new in product(machine, machine):
            row = f"{old} -> {new}"
            cases.append(pytest.param(old, new, row in legal, id=f"{machine.__name__}: {row}"))
    return cases


@pytest.mark.parametrize(("old", "new", "legal"), rows())
def test_move(old: StrEnum, new: StrEnum, legal: bool) -> None:
    if legal:
        assert transition(old, new, "subject") is new
    else:
        with pytest.raises(WrongStateError) as refused:
            transition(old, new, "subject")
        assert refused.value.facts == {"state": old, "wanted": new}


@pytest.mark.parametrize("state", [state for state in VisitState if state not in {"scheduled", "open"}])
def test_an_ended_visit_is_final(state: VisitState) -> None:
    for new in VisitState:
        with pytest.raises(WrongStateError):
            transition(state, new, "visit")
