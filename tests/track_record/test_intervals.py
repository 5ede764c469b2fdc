"""Intervals against statsmodels 0.14 (proportion_confint "wilson", confint_proportions_2indep "newcomb")."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.track_record.intervals import lift, wilson
from orderflow_tui.track_record.rule_record import ENOUGH, PRIOR, RuleRecord


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (7, 10, 0.39677814746114537, 0.8922087325936989),
        (0, 5, 0.0, 0.43448246478317487),
        (5, 5, 0.5655175352168252, 1.0),
        (412, 626, 0.6201262191059564, 0.6942386059259369),
        (1, 1000, 0.00017654637062607765, 0.005642558597957937),
    ],
)
def test_wilson(hits: int, n: int, low: float, high: float) -> None:
    found = wilson(hits, n)
    assert found is not None
    assert [found.low, found.high] == pytest.approx([low, high], abs=1e-12)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((7, 10, 3, 10), -0.028820456268342898, 0.6718241964405526),
        ((426, 626, 400, 626), -0.010940083327233494, 0.09368961048728065),
        ((0, 8, 3, 9), -0.6457978644196039, 0.05461334375493232),
        ((56, 70, 48, 80), 0.05243147240236498, 0.33387265403690614),
    ],
)
def test_newcombe(counts: tuple[int, int, int, int], low: float, high: float) -> None:
    found = lift(*counts)
    assert found is not None
    assert [found.low, found.high] == pytest.approx([low, high], abs=1e-12)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_estimates_lie_within_their_intervals(a: int, b: int, c: int, d: int) -> None:
    own = wilson(min(a, b), b)
    if own is not None:
        assert 0 <= own.low <= own.value <= own.high <= 1
    found = lift(min(a, b), b, min(c, d), d)
    if found is not None:
        assert -1 <= found.low <= found.value <= found.high <= 1


def test_impossible_counts_are_refused() -> None:
    assert wilson(0, 0) is None
    assert lift(0, 0, 1, 2) is None
    with pytest.raises(ValueError, match="3 hits of 2"):
        wilson(3, 2)


def test_a_rule_is_demoted_only_by_enough_outcomes_that_are_surely_worse_than_chance() -> None:
    assert RuleRecord(judged=ENOUGH, hits=20, random_judged=300, random_hits=200).demoted
    assert not RuleRecord(judged=ENOUGH - 1, hits=20, random_judged=300, random_hits=200).demoted
    assert not RuleRecord(judged=ENOUGH, hits=60, random_judged=300, random_hits=200).demoted
    assert not RuleRecord(judged=ENOUGH, hits=20).demoted
    assert not RuleRecord(n=ENOUGH, fell=20, random_n=300, random_fell=200).demoted


def test_the_prior_is_what_was_measured_elsewhere() -> None:
    for n, *shares in PRIOR.values():
        assert n > ENOUGH
        assert all(0 < share < 100 for share in shares)
