"""The referral's table of moves, row by row: every pair of states, legal and illegal."""

from itertools import product

import pytest

from rooms.errors import WrongStateError
from rooms.referrals.states import REFERRAL_MOVES, ReferralState, transition

LEGAL = """
    filed -> taken, filed -> closed, filed -> withdrawn,
    taken -> filed, taken -> in_support, taken -> closed, taken -> withdrawn,
    in_support -> filed, in_support -> closed, in_support -> withdrawn
"""
MOVES = {
    (ReferralState(old.strip()), ReferralState(new.strip()))
    for old, new in (row.split("->") for row in LEGAL.split(","))
}


@pytest.mark.parametrize(
    ("old", "new"), [pytest.param(old, new, id=f"{old} -> {new}") for old, new in product(ReferralState, repeat=2)]
)
def test_a_referral_moves_as_the_table_says(old, new):
    if (old, new) in MOVES:
        assert transition(old, new, "x") is new
    else:
        with pytest.raises(WrongStateError):
            transition(old, new, "x")


def test_the_table_has_no_other_rows():
    assert REFERRAL_MOVES == MOVES
