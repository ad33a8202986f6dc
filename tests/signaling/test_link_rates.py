"""What arrives becomes a rate: the whole of a short transfer, the best second of a long one."""

import pytest

from signaling.link_check.measurement import FILLER, PING, Arrivals, rate_kbps


class TestRates:
    def test_a_short_transfer_counts_whole_without_its_first_frame(self) -> None:
        frames = [(0.1 * number, 1000) for number in range(6)]
        assert rate_kbps(frames) == pytest.approx(5000 * 8 / 1000 / 0.5 * 1.093)

    def test_of_a_long_one_the_best_second_counts(self) -> None:
        slow = [(0.2 * number, 1000) for number in range(10)]
        fast = [(2.0 + 0.1 * number, 1000) for number in range(20)]
        assert rate_kbps(slow + fast) == pytest.approx(80 * 1.093, rel=0.11)

    def test_a_few_frames_tell_no_rate(self) -> None:
        assert rate_kbps([(0.0, 1000), (0.1, 1000)]) is None

    def test_only_pings_go_back(self) -> None:
        arrivals = Arrivals()
        assert arrivals.took(bytes([PING, 1]), 0.0) == bytes([PING, 1])
        assert arrivals.took(bytes([FILLER, 1]), 0.0) is None
        assert arrivals.took(b"", 0.0) is None
        assert (arrivals.pings, arrivals.bytes) == (1, 2)
