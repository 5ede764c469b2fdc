"""Boundaries that a mutated rule slipped through: each test names the rule it pins down."""

from __future__ import annotations

from orderflow_tui.core.reconstruct import SPAN_NS, Aggressor

STEP = 100


def opened(size: int = 500, *, touching: bool = True, threshold: int = 1_000) -> Aggressor:
    aggressor = Aggressor()
    aggressor.start(SPAN_NS, 10_000, size, touching=touching, threshold=threshold)
    return aggressor


def grow(aggressor: Aggressor, after_ns: int, price: int, size: int = 100, *, touching: bool = True) -> bool:
    return aggressor.extend(SPAN_NS + after_ns, price, size, STEP, touching=touching, threshold=1_000)


class TestReconstructedPrint:
    """SPEC 4.6: same side within 50 ms, adjoining prices."""

    def test_nothing_open_is_nothing_to_extend(self) -> None:
        fresh = Aggressor()
        assert fresh.count == fresh.volume == 0
        assert not fresh.extend(0, 0, 100, STEP, touching=True, threshold=1_000)
        closed = opened()
        closed.count = 0
        assert not grow(closed, 1, 10_000)

    def test_fifty_milliseconds_from_the_first_belong_and_no_more(self) -> None:
        aggressor = opened()
        assert grow(aggressor, SPAN_NS, 10_000)
        assert not grow(aggressor, SPAN_NS + 1, 10_000)
        assert grow(aggressor, -SPAN_NS, 10_000)
        assert not grow(aggressor, -SPAN_NS - 1, 10_000)

    def test_one_step_beyond_its_prices_adjoins_and_more_does_not(self) -> None:
        aggressor = opened()
        assert not grow(aggressor, 1, 10_000 + STEP + 1)
        assert not grow(aggressor, 1, 10_000 - STEP - 1)
        assert grow(aggressor, 1, 10_000 + STEP)
        assert (aggressor.low, aggressor.high) == (10_000, 10_100)
        assert grow(aggressor, 2, 10_000 - STEP)
        assert (aggressor.low, aggressor.high) == (9_900, 10_100)
        assert grow(aggressor, 3, 10_200)
        assert grow(aggressor, 4, 9_800)
        assert (aggressor.low, aggressor.high, aggressor.first_price) == (9_800, 10_200, 10_000)

    def test_prints_and_volume_are_counted_one_by_one(self) -> None:
        aggressor = opened()
        for after in range(1, 4):
            assert grow(aggressor, after, 10_000, 10, touching=False)
        assert (aggressor.count, aggressor.volume, aggressor.at_touch) == (4, 530, 500)
        assert (aggressor.first_ns, aggressor.last_ns) == (SPAN_NS, SPAN_NS + 3)

    def test_it_is_large_above_the_threshold_at_the_touch_and_says_when_first(self) -> None:
        assert not opened(1_000).crossed_ns
        assert opened(1_001).crossed_ns == SPAN_NS
        assert not opened(1_001, touching=False).crossed_ns
        aggressor = opened()
        grow(aggressor, 1, 10_000, 500)
        assert not aggressor.crossed_ns
        grow(aggressor, 2, 10_000, 5_000, touching=False)
        assert not aggressor.crossed_ns
        grow(aggressor, 3, 10_000, 1)
        grow(aggressor, 4, 10_000, 1)
        assert aggressor.crossed_ns == SPAN_NS + 3

    def test_what_never_touched_the_bid_has_no_size_there(self) -> None:
        assert opened(touching=False).at_touch == 0

    def test_a_sweep_takes_three_levels_or_three_venues(self) -> None:
        aggressor = opened()
        grow(aggressor, 1, 10_000 - STEP)
        assert not aggressor.is_sweep(STEP)
        grow(aggressor, 2, 10_000 - 2 * STEP)
        assert aggressor.is_sweep(STEP)
        assert not aggressor.is_sweep(2 * STEP)
        level = opened()
        level.venues.update((1, 2))
        assert not level.is_sweep(STEP)
        level.venues.add(3)
        assert level.is_sweep(STEP)
