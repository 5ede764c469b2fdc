"""Prints of one seller joined into one, and sweeps."""

from __future__ import annotations

from orderflow_tui.core.market.sweeps import SPAN_NS, SWEEP_NS, Aggressor, Sweep, is_sweep

STEP = 100
BID = 1_000_000


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
        assert [is_sweep(levels, 1) for levels in (2, 3)] == [False, True]
        assert [is_sweep(1, venues) for venues in (2, 3)] == [False, True]

    def test_a_sweep_is_what_was_taken_within_250_ms(self) -> None:
        sweep = Sweep()
        for number in range(4):
            sweep.prices[10_000 - number * STEP] = sweep.venues[number % 3] = number * SWEEP_NS // 2
        assert sweep.within(3 * SWEEP_NS // 2, STEP) == (3, 3)
        assert sweep.within(3 * SWEEP_NS // 2 + 1, STEP) == (2, 2)
        assert sweep.within(3 * SWEEP_NS // 2, 2 * STEP) == (2, 3)
        assert sweep.within(9 * SWEEP_NS, STEP) == (0, 0)

    def test_prices_between_two_steps_are_no_level_of_their_own(self) -> None:
        sweep = Sweep()
        sweep.prices[10_000] = sweep.prices[10_000 + STEP + STEP // 2] = 0
        assert sweep.within(0, STEP) == (2, 0)

    def test_a_sweeps_memory_stays_small(self) -> None:
        sweep = Sweep()
        for number in range(1_000):
            sweep.prices[number * STEP] = sweep.venues[1] = number * SWEEP_NS // 10
        sweep.forget(999 * SWEEP_NS // 10)
        assert len(sweep.prices) == 11
        assert sweep.within(999 * SWEEP_NS // 10, STEP) == (11, 1)
        sweep.prices = dict.fromkeys(range(32), 0)
        sweep.forget(9 * SWEEP_NS)
        assert len(sweep.prices) == 32
        sweep.prices[32] = 0
        sweep.forget(9 * SWEEP_NS)
        assert not sweep.prices
