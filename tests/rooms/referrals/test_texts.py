"""Free text from people is made tidy, or refused with the code of its fault."""

import pytest

from rooms.errors import InvalidInputError
from rooms.referrals.texts import TEXT_LIMIT, check_text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Hello \r\n", "Hello"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("cafe\u0301", "caf\u00e9"),
        ("مرحبا\u200f!", "مرحبا\u200f!"),
        ("ⴰⵣⵓⵍ", "ⴰⵣⵓⵍ"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("x" * TEXT_LIMIT, "x" * TEXT_LIMIT),
        ("<b>&amp;'\"{{7*7}}", "<b>&amp;'\"{{7*7}}"),
    ],
)
def test_what_people_write_is_kept(typed, kept):
    assert check_text("text", typed) == kept


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", "missing"),
        (" \r\n\t ", "missing"),
        ("x" * (TEXT_LIMIT + 1), "too-long"),
        ("a\0b", "control-characters"),
        ("a\x1bb", "control-characters"),
        ("a\u202eb", "control-characters"),
        ("a\u2067b", "control-characters"),
        ("a\ud800b", "control-characters"),
    ],
)
def test_what_could_deceive_or_break_is_refused(typed, fault):
    with pytest.raises(InvalidInputError) as refused:
        check_text("text", typed)
    assert refused.value.fields == {"text": fault}
