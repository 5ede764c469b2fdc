"""Intervals against statsmodels 0.14 (proportion_confint "wilson", confint_proportions_2indep "newcomb")."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from orderflow_tui.core.model.outputs import Controls
from orderflow_tui.track_record.intervals import lift, paired_lift, wilson
from orderflow_tui.track_record.priors import PRIORS
from orderflow_tui.track_record.rule_record import ENOUGH, RuleRecord, block_of
from tests.docs.references import OUTCOME


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


def record(n: int, hits: int, others: float, *, fell: int = 0) -> RuleRecord:
    """So many outcomes of one name, ten a half an hour, whose controls hit with this share."""
    rule = RuleRecord()
    for number in range(n):
        beside = Controls(1_000, 500, round(1_000 * others))
        told = replace(OUTCOME, fell=number < fell, success=number * 7 % n < hits, around=beside, alike=None)
        rule.take(told, block_of("BAC", f"2026-01-{number // 10 % 20 + 1:02}T14:00:00Z"))
    return rule


def test_a_rule_is_demoted_only_by_enough_outcomes_that_are_surely_worse_than_chance() -> None:
    assert record(ENOUGH, 20, 0.67).demoted
    assert not record(ENOUGH - 1, 20, 0.67).demoted
    assert not record(ENOUGH, 60, 0.67).demoted
    assert not RuleRecord(judged=ENOUGH, hits=20).demoted
    assert not RuleRecord(n=ENOUGH, fell=20).demoted


def test_a_lift_is_paired_and_blocks_widen_it() -> None:
    alone = [(1.0, float(number % 3 < 2), 0.5) for number in range(120)]
    together = [(20.0, 20.0 * (number % 3 < 2), 10.0) for number in range(6)]
    one, other = paired_lift(alone), paired_lift(together)
    assert one is not None
    assert other is not None
    assert one.value == pytest.approx(2 / 3 - 0.5)
    assert other.value == one.value
    assert other.high - other.low > 2 * (one.high - one.low)
    assert paired_lift([]) is None
    assert paired_lift([(3.0, 3.0, 0.0)]) == lift(3, 3, 0, 3)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9), st.floats(0, 9)), min_size=1, max_size=40))
def test_a_paired_lift_lies_within_its_interval(drawn: list[tuple[int, int, float]]) -> None:
    blocks = [(float(n), float(min(own, n)), min(control, n)) for n, own, control in drawn]
    found = paired_lift(blocks)
    assert found is not None
    assert -1 <= found.low <= found.value <= found.high <= 1


def test_half_an_hour_of_a_name_is_a_block() -> None:
    blocks = [block_of("BAC", f"2026-01-05T{at}:00Z") for at in ("14:00", "14:29", "14:30", "15:00")]
    assert len(set(blocks)) == 3
    assert blocks[0] == blocks[1] != block_of("AIG", "2026-01-05T14:00:00Z")


def test_the_prior_is_what_was_measured_elsewhere() -> None:
    for prior in PRIORS.values():
        assert 0 <= prior.fell <= 100
        for value, low, high in (prior.random, prior.price):
            assert low <= value <= high
