"""SPEC 5: thresholds that fit the name, and what a session hands to the next."""

from __future__ import annotations

import random
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.learning.learned_sizes import PRINTS_NEEDED, SessionStats, SizeHistogram, SizeLearner

DAY = date(2026, 1, 5)


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=300), st.floats(0.01, 0.999))
def test_a_quantile_is_within_a_class_of_the_exact_one(sizes: list[int], part: float) -> None:
    histogram = SizeHistogram()
    for size in sizes:
        histogram.add(size)
    below = sum(size <= histogram.quantile(part) for size in sizes)
    assert below >= part * len(sizes) - 1e-6
    exact = sorted(sizes)[min(len(sizes) - 1, int(part * len(sizes)))]
    assert histogram.quantile(part) <= max(exact * 1.04, exact + 1)


def test_small_sizes_are_exact() -> None:
    histogram = SizeHistogram()
    for size in range(1, 65):
        histogram.add(size)
    assert histogram.quantile(0.5) == 32
    assert histogram.part_below(32) == 0.5
    assert histogram.mean == 32.5


def test_scaling_changes_no_figure() -> None:
    histogram = SizeHistogram()
    rng = random.Random(1)
    for _ in range(500):
        histogram.add(rng.randint(1, 10_000), rng.random())
    before = (histogram.quantile(0.995), round(histogram.mean, 6), round(histogram.part_below(500), 9))
    histogram.scale(1e-9)
    assert (histogram.quantile(0.995), round(histogram.mean, 6), round(histogram.part_below(500), 9)) == before


def test_resting_threshold_is_three_means_or_the_quantile_after_300_seconds() -> None:
    learner = SizeLearner()
    book = tuple((100_000 - 100 * level, 5_000) for level in range(10))
    learner.whole_seconds(299, book, book)
    assert not learner.ready
    assert learner.learnt_resting == 0
    learner.whole_seconds(1, book, book)
    assert learner.ready
    assert learner.learnt_resting == 15_000
    assert learner.largest_resting < learner.learnt_resting


def test_the_last_sessions_threshold_stands_until_todays_is_ready() -> None:
    learner = SizeLearner(SessionStats(DAY, "regular", resting=42_000, print_size=7_000, burst_ratio=5.5))
    assert learner.learnt_resting == 42_000
    learner.whole_seconds(300, ((100, 1_000),), ((101, 1_000),))
    assert learner.learnt_resting == 3_000
    assert learner.learnt_print == 7_000
    assert learner.learnt_ratio == 5.5


def test_old_seconds_weigh_half_after_half_an_hour() -> None:
    learner = SizeLearner()
    for _ in range(600):
        learner.whole_seconds(1, ((100, 50_000),), ())
    for _ in range(4 * 3_600):
        learner.whole_seconds(1, ((100, 1_000),), ())
    assert learner.learnt_resting < 50_000


def test_growing_weights_never_overflow() -> None:
    learner = SizeLearner()
    for _ in range(60):
        learner.whole_seconds(3_600, ((100, 2_000),), ((101, 2_000),))
    assert learner.learnt_resting == 6_000


def test_todays_prints_count_after_two_thousand_when_there_is_no_last_session() -> None:
    learner = SizeLearner()
    for number in range(PRINTS_NEEDED):
        assert learner.learnt_print == 0
        learner.prints.add(100 if number % 100 else 20_000)
    assert learner.learnt_print > 15_000


def test_the_exit_ratio_is_what_bursts_passed_three_times() -> None:
    learner = SizeLearner()
    for ratio in (4.2, 9.0, 5.1):
        assert learner.taught(DAY, "regular", 300).burst_ratio == 0.0
        learner.burst_peaked(ratio)
    assert learner.taught(DAY, "regular", 300).burst_ratio == 4.2
    learner.burst_peaked(6.0)
    assert learner.taught(DAY, "regular", 300) == SessionStats(DAY, "regular", 0, 0, 5.1, 300)
