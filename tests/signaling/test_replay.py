"""The frames kept for a resuming socket, and the price of messages: pure, so by property."""

import json

from hypothesis import given
from hypothesis import strategies as st

from signaling.rate_limit import BURST, RateLimit
from signaling.replay import REPLAY_MAX_BYTES, REPLAY_MAX_FRAMES, ReplayBuffer


@given(steps=st.lists(st.one_of(st.none(), st.integers(0, 60)), max_size=80))
def test_what_is_sent_again_is_exactly_what_was_not_received(steps: list[int | None]) -> None:
    buffer, sent, acknowledged = ReplayBuffer(), 0, 0
    for step in steps:
        if step is None:
            sent += 1
            assert json.loads(buffer.append(b'{"type":"waiting"}'))["seq"] == sent
        else:
            buffer.acknowledge(step)
            acknowledged = max(acknowledged, step) if step <= sent else acknowledged
    for received in range(sent + 3):
        again = buffer.after(received)
        if acknowledged <= received <= sent:
            assert again is not None
            assert [json.loads(frame)["seq"] for frame in again] == list(range(received + 1, sent + 1))
        else:
            assert again is None


def test_the_oldest_frames_go_first_when_too_many_wait() -> None:
    buffer = ReplayBuffer()
    for _ in range(REPLAY_MAX_FRAMES + 1):
        buffer.append(b'{"type":"waiting"}')
    assert buffer.after(0) is None
    again = buffer.after(1)
    assert again is not None
    assert len(again) == REPLAY_MAX_FRAMES


def test_the_oldest_frames_go_first_when_they_are_too_long() -> None:
    buffer = ReplayBuffer()
    frame = b'{"x":"%b"}' % (b"x" * 60_000)
    for _ in range(6):
        buffer.append(frame)
    assert buffer.after(0) is None
    kept = next(again for received in range(7) if (again := buffer.after(received)) is not None)
    assert sum(map(len, kept)) <= REPLAY_MAX_BYTES


def test_a_flooder_at_500_messages_a_second_is_stopped_within_one_second() -> None:
    rate = RateLimit(0.0)
    stopped = next(number for number in range(500) if not rate.allows(60, number / 500))
    assert stopped / 500 < 1


def test_a_page_that_negotiates_with_four_peers_at_once_is_not_stopped() -> None:
    rate = RateLimit(0.0)
    assert all(rate.allows(5500, 0.0) and all(rate.allows(200, 0.0) for _ in range(20)) for _ in range(4))


def test_a_pinging_page_never_pays_out() -> None:
    rate = RateLimit(0.0)
    assert all(rate.allows(30, float(second)) for second in range(3600))
    assert not all(rate.allows(30, 3600.0) for _ in range(BURST + 1))
