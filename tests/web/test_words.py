"""Every code that a person can meet has its words."""

from enum import StrEnum

import pytest

from web.faults import BY_CODE, BY_FIELD, OTHER_FAULT, fault_words
from web.words import WORDS, options, words_for


@pytest.mark.parametrize("closed_list", WORDS, ids=lambda closed_list: closed_list.__name__)
def test_every_member_of_a_closed_list_has_words(closed_list: type[StrEnum]) -> None:
    assert set(WORDS[closed_list]) == set(closed_list)
    assert all(words_for(member, str) for member in closed_list)
    assert len(dict(options(closed_list, str))) == len(closed_list)


def test_a_fault_has_the_words_of_its_field_before_those_of_its_code() -> None:
    assert fault_words("pseudonym", "missing", str) == BY_FIELD["pseudonym", "missing"]
    assert fault_words("strengths", "missing", str) == BY_CODE["missing"]
    assert fault_words("strengths", "never-heard-of", str) == OTHER_FAULT
