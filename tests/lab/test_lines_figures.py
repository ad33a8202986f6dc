"""What `bench/lines.py` makes of browsers' counters, without a call."""

from bench.lines import CASES, can_be_measured
from bench.lines_call import COUNTERS, Figures, grown, worst

LEG: Figures = {**dict.fromkeys(COUNTERS, 100), "id": 0, "from": "classroom", "width": 320}


def look(**counters: float | None) -> Figures:
    return {"legs": [{**LEG, **counters}]}


def test_counters_grow_between_two_looks() -> None:
    growth = grown(look(), look(packets=130, width=640), "classroom")
    assert (growth["packets"], growth["samples"], growth["width"]) == (30, 0, 640)
    assert grown({"legs": []}, look(), "classroom")["packets"] == 100


def test_a_counter_that_a_browser_lacks_is_no_zero() -> None:
    growth = grown(look(invented=None), look(invented=None), "classroom")
    assert growth["invented"] is None
    assert growth["samples"] == 0


def test_the_worst_of_all_is_unknown_where_one_listener_can_not_tell() -> None:
    assert worst([1.5, 2.0]) == 2.0
    assert worst([1.5, None]) is None
    assert worst([]) is None


def test_the_slow_classroom_is_not_for_firefox() -> None:
    assert not can_be_measured("cpu-6x", "classroom")
    assert can_be_measured("cpu-6x", "psychologist")
    assert all(can_be_measured(name, "classroom") for name in CASES if name != "cpu-6x")
