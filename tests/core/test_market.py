import pytest

from orderflow_tui.core.market import MarketState
from orderflow_tui.core.units import NS, price_units

from .kit import levels

START = 1_761_148_800
"""A whole five minutes."""


def _shown(market: MarketState, second: int, bid: float, ask: float) -> None:
    market.shows(second * NS, levels([(bid, 100)]), levels([(ask, 100)]))


def test_the_usual_range_is_the_median_of_whole_five_minute_bars() -> None:
    market = MarketState()
    market.known_from(START)
    for bar, swing in enumerate((10, 30, 20)):
        market.whole_second(START + 300 * bar)
        for step, price in enumerate((100.00, 100.00 + swing / 100, 100.00)):
            market.traded_at((START + 300 * bar + step) * NS, price_units(price))
    market.whole_second(START + 899)
    assert list(market.ranges) == [1_000, 3_000]
    market.whole_second(START + 900)
    assert list(market.ranges) == [1_000, 3_000, 2_000]
    assert market.usual_range == 2_000


def test_half_bars_and_bars_without_a_print_are_none() -> None:
    market = MarketState()
    market.known_from(START + 10)
    for second, price in ((10, 100.0), (20, 105.0)):
        market.traded_at((START + second) * NS, price_units(price))
    for second in range(20, 3_000):
        market.whole_second(START + second)
    assert market.usual_range is None
    market.traded_at((START + 3_000) * NS, price_units(105.5))
    market.whole_second(START + 3_300)
    assert list(market.ranges) == [5_000]


def test_todays_range_counts_from_six_bars_on_the_last_sessions_before() -> None:
    market = MarketState()
    market.start_session(700)
    for swing in range(5):
        market.keep_range(swing * 100)
    assert market.usual_range == 700
    market.keep_range(100)
    assert market.usual_range == 150


def test_quotes_of_whole_seconds_and_the_ticks_moved_since() -> None:
    market = MarketState()
    assert market.ticks_moved(10) is None
    _shown(market, START, 100.00, 100.02)
    for second in range(START, START + 61):
        market.whole_second(second)
    _shown(market, START + 61, 99.97, 99.99)
    market.newest_print_ns = (START + 61) * NS
    assert market.ticks_moved(60) == -3
    assert market.quote_at(START + 30) == (price_units(100.00), price_units(100.02))
    assert market.quote_at(START + 600) == (price_units(100.00), price_units(100.02))
    assert market.quote_at(START - 1) is None
    market.shows((START + 62) * NS, (), ())
    assert market.ticks_moved(60) is None


@pytest.mark.parametrize(("ranges", "distance"), [([], 400), ([1_000], 500), ([600], 400)])
def test_near_is_two_spreads_or_half_a_usual_range(ranges: list[int], distance: int) -> None:
    market = MarketState()
    _shown(market, START, 100.00, 100.02)
    for height in ranges:
        market.keep_range(height)
    assert market.near_distance == distance


def test_the_step_follows_the_first_price_known() -> None:
    market = MarketState()
    _shown(market, START, 0.50, 0.51)
    assert market.price_step == 1
    market.traded_at(START * NS, price_units(2.0))
    assert market.price_step == 100
    assert market.bid == price_units(0.50)
    assert MarketState().bid is None
    assert MarketState().near_distance == 200
