import pytest

from orderflow_tui.core.market.state import MarketState
from orderflow_tui.core.model.units import NS, price_units

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


def test_of_a_market_not_seen_yet_nothing_is_known() -> None:
    market = MarketState()
    assert (market.bids, market.asks, market.bid, market.last_price) == ((), (), None, None)
    assert market.book_ns == market.newest_print_ns == market.taught_range == 0
    assert (market.usual_range, market.ticks_moved(10), market.quote_at(START)) == (None, None, None)


def test_a_bar_reaches_from_its_lowest_to_its_highest_print() -> None:
    market = MarketState()
    for step, price in enumerate((100.00, 99.80, 100.30, 100.40, 100.10)):
        market.traded_at(step * NS, price_units(price))
    market.whole_second(300)
    assert list(market.ranges) == [6_000]


def test_the_last_nanosecond_belongs_to_its_bar() -> None:
    market = MarketState()
    market.traded_at((START + 300) * NS - 1, price_units(100.00))
    market.whole_second(START + 300)
    assert list(market.ranges) == [0]


def test_a_session_keeps_its_newest_78_ranges() -> None:
    market = MarketState()
    for height in range(100):
        market.keep_range(height)
    assert list(market.ranges) == list(range(22, 100))


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


def test_a_second_without_a_book_has_the_quote_before_it() -> None:
    market = MarketState()
    _shown(market, START, 100.00, 100.02)
    market.whole_second(START)
    _shown(market, START + 3, 100.01, 100.03)
    market.whole_second(START + 3)
    assert [market.quote_at(START + second) for second in (1, 2)] == [(price_units(100.00), price_units(100.02))] * 2


def test_the_ticks_moved_are_those_of_the_window_that_ends_with_the_newest_print() -> None:
    market = MarketState()
    for second in range(10):
        _shown(market, START + second, 100.00 + second / 100, 100.02 + second / 100)
        market.whole_second(START + second)
    market.newest_print_ns = (START + 9) * NS
    assert [market.ticks_moved(seconds) for seconds in (1, 5, 10)] == [0, 4, 9]


def test_nothing_is_known_to_have_moved_without_two_sides_now_and_then() -> None:
    market = MarketState()
    _shown(market, START, 100.00, 100.02)
    market.newest_print_ns = START * NS
    assert market.ticks_moved(1) is None
    market.whole_second(START)
    assert market.ticks_moved(1) == 0
    for bids, asks in ((levels([(100.00, 100)]), ()), ((), levels([(100.02, 100)]))):
        market.shows(START * NS, bids, asks)
        assert market.ticks_moved(1) is None


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
