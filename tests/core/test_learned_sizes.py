"""SPEC 5: thresholds that fit the name, and what a session hands to the next."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from orderflow_tui.core.learning.learned_sizes import (
    FEW_PRINTS,
    PRINTS_NEEDED,
    SessionStats,
    SizeHistogram,
    SizeLearner,
    split_of,
    split_words,
)

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


@pytest.mark.parametrize(
    ("change", "known", "words"),
    [
        (10.1, 10, "10 for 1"),
        (0.34, 1 / 3, "1 for 3"),
        (1.47, 1.5, "3 for 2"),
        (0.198, 0.2, "1 for 5"),
        (9.2, 10, "10 for 1"),
    ],
)
def test_a_split_is_said_in_the_exchanges_words(change: float, known: float, words: str) -> None:
    parts = split_of(100.0, 100.0 / change, known)
    assert split_words(parts) == f"split {words}, sizes and ranges of earlier sessions rescaled"


@pytest.mark.parametrize(
    ("change", "known", "parts"),
    [(1.47, 0, 1), (1.02, 1.5, 1), (1.667, 0, 0), (2.0, 0, 0), (0.1, 0, 0), (1.0, 10, 1), (0.7, 1.5, 1)],
)
def test_what_is_no_split_is_not_taken_for_one(change: float, known: float, parts: float) -> None:
    """A gap of 40 percent, a crash to half that nobody says was a split, a split that the price does not show yet."""
    assert split_of(100.0, 100.0 / change, known) == parts


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
    assert learner.last is not None
    assert learner.last.burst_ratios == [5.5]


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
    for number in range(FEW_PRINTS):
        assert learner.learnt_print == 0
        learner.prints.add(100 if number % 100 else 20_000)
    assert learner.learnt_print > 15_000


def test_a_heavier_day_raises_what_earlier_ones_taught_after_two_thousand_prints() -> None:
    learner = SizeLearner(SessionStats(DAY, "regular", print_size=7_000))
    for number in range(PRINTS_NEEDED):
        assert learner.learnt_print == 7_000
        learner.prints.add(100 if number % 100 else 20_000)
    assert learner.learnt_print > 15_000
    calm = SizeLearner(SessionStats(DAY, "regular", print_size=7_000))
    for _ in range(PRINTS_NEEDED):
        calm.prints.add(100)
    assert calm.learnt_print == 7_000


def test_the_exit_ratio_is_what_bursts_passed_three_times() -> None:
    learner = SizeLearner()
    for ratio in (4.2, 9.0, 5.1):
        assert learner.taught(DAY, "regular", 300).burst_ratio == 0.0
        learner.burst_peaked(ratio)
    assert learner.taught(DAY, "regular", 300).burst_ratio == 4.2
    learner.burst_peaked(6.0)
    assert learner.taught(DAY, "regular", 300, price=-990) == SessionStats(DAY, "regular", 0, 0, 5.1, 300, 990)


def week(*ratios: float) -> SessionStats:
    """Sessions with these burst ratios, newest first."""
    days = [
        SessionStats(DAY - timedelta(days=age), "regular", 1_000 + age, 500, ratio, 40, 50_000)
        for age, ratio in enumerate(ratios)
    ]
    return replace(days[0], earlier=tuple(days[1:]))


def test_what_a_session_hands_on_holds_up_to_five() -> None:
    last: SessionStats | None = None
    for age in range(8, 0, -1):
        learner = SizeLearner(last)
        learner.burst_peaks = [9.0, 8.0, 4.0 + age]
        last = learner.taught(DAY - timedelta(days=age), "regular", 40)
    assert last is not None
    assert last.burst_ratios == [5.0, 6.0, 7.0, 8.0, 8.0]
    assert all(one.earlier == () for one in last.sessions)
    again = SizeLearner(last)  # a restart on the same day counts it once
    assert again.taught(DAY - timedelta(days=1), "regular", 40).burst_ratios[1:] == [6.0, 7.0, 8.0, 8.0]


def test_one_wild_or_calm_day_among_several_moves_no_size() -> None:
    sizes = [90_000, 5_000, 5_100, 4_900, 5_050]
    days = [SessionStats(DAY, "regular", resting=size) for size in sizes]
    assert replace(days[0], earlier=tuple(days[1:])).typical("resting") == 5_050
    assert days[0].typical("print_size") == 0
    assert replace(days[1], earlier=(days[0],)).typical("resting") == 5_000


@pytest.mark.parametrize(("price", "parts"), [(4_850, 10), (500_000, 0.1), (25_500, 2)])
def test_a_split_rescales_what_was_learnt(price: int, parts: float) -> None:
    taught = week(5.0, 6.0)
    for signed in (price, -price):
        fitted = taught.at_price(signed, parts)
        assert fitted.burst_ratios == [5.0, 6.0]
        for one, before in zip(fitted.sessions, taught.sessions, strict=True):
            assert one.resting == pytest.approx(before.resting * parts, rel=0.05)
            assert one.print_size == pytest.approx(before.print_size * parts, rel=0.05)
            assert one.usual_range == pytest.approx(before.usual_range / parts, rel=0.15)
    assert taught.at_price(40_000) is taught
    assert taught.at_price(0) is taught
    assert replace(taught, price=0).at_price(price, parts) == replace(taught, price=0)


@pytest.mark.parametrize("price", [4_850, 25_500, 31_000, 85_000, -25_500])
def test_where_nobody_knows_of_a_split_sizes_are_forgotten_and_ratios_stay(price: int) -> None:
    fitted = week(5.0, 6.0).at_price(price)
    assert fitted.burst_ratios == [5.0, 6.0]
    assert {(one.resting, one.print_size, one.usual_range, one.price) for one in fitted.sessions} == {(0, 0, 0, 0)}
    assert (SizeLearner(fitted).learnt_resting, SizeLearner(fitted).learnt_print) == (0, 0)
