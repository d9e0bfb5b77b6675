"""Rounds, medians, targets."""

from __future__ import annotations

from benchmarks.harness import Stopwatch, Target, rotated


def test_each_contender_is_first_as_often_as_any_other() -> None:
    firsts = [next(rotated("abc", number)) for number in range(6)]
    assert sorted(firsts) == list("aabbcc")


def test_the_median_of_a_case_is_that_of_its_contender_s_rounds() -> None:
    stopwatch = Stopwatch()
    for contender, seconds in (("b", 3.0), ("a", 9.0), ("b", 1.0), ("b", 2.0)):
        stopwatch.add("case", contender, seconds)
    assert stopwatch.median_seconds("case", "b") == 2.0
    found = [(one.contender, one.seconds) for one in stopwatch.measurements()]
    assert found == [("a", (9.0,)), ("b", (3.0, 1.0, 2.0))]


def test_a_target_is_a_floor_or_a_ceiling() -> None:
    assert Target("faster", 25.0, 25.0, "×", True, 50).is_reached
    assert not Target("faster", 24.9, 25.0, "×", True, 50).is_reached
    assert Target("cheaper", 1.5, 1.5, "×", False, None).is_reached
    assert not Target("cheaper", 1.6, 1.5, "×", False, None).is_reached
