from __future__ import annotations

from bisect import bisect_left

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow_tui.feeds.simulator.instruments import (
    DEMO_POSITIONS_TOML,
    DEMO_SYMBOLS,
    HEARTBEAT_SYMBOL,
    instrument_for,
    listed_symbols,
)
from orderflow_tui.feeds.simulator.market import Market
from orderflow_tui.feeds.simulator.market_history import NANOS, History, Print, Quote
from orderflow_tui.feeds.simulator.symbol_market import SymbolMarket
from orderflow_tui.feeds.simulator.tape import HISTORY_NS

START_NS = 1_795_400_000 * NANOS
ALL_TIME = (0, 1 << 62)


def everything(market: SymbolMarket) -> tuple[list[Print], list[Quote], list[tuple[int, int]], list[tuple[int, int]]]:
    tape = market.tape
    return (
        tape.prints.between(*ALL_TIME),
        tape.quotes.between(*ALL_TIME),
        market.depth("bid", 30),
        market.depth("ask", 30),
    )


def traded(symbol: str, seed: int, seconds: float) -> SymbolMarket:
    market = SymbolMarket(instrument_for(symbol), seed=seed, start_ns=START_NS)
    market.advance(START_NS + round(seconds * NANOS))
    return market


@pytest.fixture(scope="module")
def demo() -> Market:
    return Market(seed=11, now_ns=START_NS, history_ns=300 * NANOS)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1_000), st.lists(st.integers(1, 59 * NANOS), max_size=8))
def test_the_market_does_not_depend_on_how_advance_is_split(seed: int, stops: list[int]) -> None:
    whole = Market(["ACME"], seed=seed, now_ns=START_NS, scenario="mixed", history_ns=NANOS)
    split = Market(["ACME"], seed=seed, now_ns=START_NS, scenario="mixed", history_ns=NANOS)
    whole.advance(START_NS + 60 * NANOS)
    for stop in [*stops, 60 * NANOS]:
        split.advance(START_NS + stop)
    for symbol in whole.symbols:
        one, other = whole.get(symbol), split.get(symbol)
        assert one is not None
        assert other is not None
        assert everything(one) == everything(other)


@settings(max_examples=8, deadline=None)
@given(st.integers(), st.sampled_from([*DEMO_SYMBOLS, "SPY", "ZYX"]))
def test_book_and_tape_agree(seed: int, symbol: str) -> None:
    market = SymbolMarket(instrument_for(symbol), seed=seed, start_ns=START_NS)
    for quarter in range(1, 161):
        market.advance(START_NS + quarter * NANOS // 4)
        bids, asks = market.depth("bid", 10), market.depth("ask", 10)
        assert len(bids) == len(asks) == 10
        assert bids[0][0] < asks[0][0]
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
        assert min(size for _, size in bids + asks) > 0
    prints, quotes, *_ = everything(market)
    assert all(0 < quote.bid_price < quote.ask_price for quote in quotes)
    assert all(quote.bid_size > 0 < quote.ask_size for quote in quotes)
    times = [quote.sip_timestamp for quote in quotes]
    for trade in prints:
        index = bisect_left(times, trade.sip_timestamp) - 1
        assert index >= 0, "no quote strictly older than a print"
        quote = quotes[index]
        if trade.trf_id:
            assert quote.bid_price <= trade.price <= quote.ask_price
        elif trade.aggressor == "buy":
            assert trade.price >= quote.ask_price
        else:
            assert trade.price <= quote.bid_price


def test_prints_look_like_the_consolidated_tape(demo: Market) -> None:
    for symbol in demo.symbols:
        market = demo.get(symbol)
        assert market is not None
        prints = market.tape.prints.between(*ALL_TIME)
        assert 3 <= len(prints) / 300 <= 10
        assert 0.2 < sum(trade.trf_id > 0 for trade in prints) / len(prints) < 0.4
        fractional = [trade for trade in prints if trade.size == 0]
        assert 0.03 < len(fractional) / len(prints) < 0.12
        assert all(trade.decimal_size is not None and 0 < float(trade.decimal_size) < 1 for trade in fractional)
        assert all((trade.exchange == 4) == (trade.trf_id in (201, 202)) for trade in prints)
        assert all(trade.participant_timestamp < trade.sip_timestamp for trade in prints)
        assert all((37 in trade.conditions) == (trade.size < market.instrument.round_lot) for trade in prints)
        assert any(14 in trade.conditions for trade in prints)
        assert any(trade.price % 100 for trade in prints), "no sub-penny price improvement"


def test_print_ids_are_unique_for_a_venue_only_and_sequences_rise(demo: Market) -> None:
    market = demo.get("ACME")
    assert market is not None
    prints, quotes, *_ = everything(market)
    keys = [(trade.exchange, trade.trf_id, trade.id) for trade in prints]
    assert len(set(keys)) == len(keys)
    assert len({trade.id for trade in prints}) < len(keys)
    for rows in (prints, quotes):
        order = [(row.sip_timestamp, row.sequence_number) for row in rows]
        assert order == sorted(order)
        assert [sequence for _, sequence in order] == sorted({sequence for _, sequence in order})
    assert len({trade.sip_timestamp for trade in prints}) < len(prints), "no two prints at one instant"


def test_a_wall_of_ten_thousand_stands_out(demo: Market) -> None:
    for symbol in demo.symbols:
        market = demo.get(symbol)
        assert market is not None
        sizes = [size for _, size in market.depth("bid", 10) + market.depth("ask", 10)]
        assert 200 < sum(sizes) / len(sizes) < 2_500
        assert max(sizes) < 8_000


def test_the_demo_positions_fit_the_prices(demo: Market) -> None:
    tomllib = pytest.importorskip("tomllib")
    held = tomllib.loads(DEMO_POSITIONS_TOML)
    assert held["watchlist"] == [HEARTBEAT_SYMBOL]
    assert tuple(position["symbol"] for position in held["position"]) == DEMO_SYMBOLS
    assert [position["quantity"] < 0 for position in held["position"]].count(True) == 1
    stops = 0
    for position in held["position"]:
        market = demo.get(position["symbol"])
        assert market is not None
        price = market.bids.best / 100
        assert 8 < price < 180
        assert abs(position["average_cost"] / price - 1) < 0.02
        if "stop" in position:
            stops += 1
            assert 0.98 * price < position["stop"] < price
    assert stops == 1


def test_unlisted_symbols_trade_at_an_invented_price_that_stays_the_same() -> None:
    assert instrument_for("AAPL") == instrument_for("AAPL")
    assert 800 <= instrument_for("AAPL").reference_tick <= 18_000


def test_own_symbols_start_at_the_price_that_is_given() -> None:
    market = Market(listed_symbols("acme:31.20, BBB:25.10,CCC"), seed=1, now_ns=START_NS)
    assert market.symbols == ("ACME", "BBB", "CCC", "SPY")
    for symbol, cents in (("ACME", 3120), ("BBB", 2510)):
        traded_at = market.get(symbol)
        assert traded_at is not None
        assert traded_at.instrument.reference_tick == cents


@pytest.mark.parametrize("text", ["", ",", "a!", "AAA:", "AAA:0.50", "AAA:1e9", "AAA:25.105", "AAA,aaa", "AAA:-3"])
def test_symbols_that_cannot_be_traded_are_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        listed_symbols(text)


def test_the_past_is_kept_for_twenty_minutes() -> None:
    market = traded("ACME", seed=1, seconds=26 * 60)
    prints, quotes, *_ = everything(market)
    for rows in (prints, quotes):
        kept_ns = market.now_ns - rows[0].sip_timestamp
        assert HISTORY_NS - NANOS < kept_ns < HISTORY_NS + 6 * 60 * NANOS


def test_history_is_searched_by_time() -> None:
    history: History[Print] = History(100)
    rows = [Print(stamp, stamp, stamp, 1, 1, 1, "1", "buy") for stamp in (10, 20, 20, 30)]
    for row in rows:
        history.append(row)
    assert history.between(20, 20) == rows[1:3]
    assert history.newest(29) is rows[2]
    assert history.newest(9) is None


def test_a_suspended_laptop_leaves_a_hole_instead_of_hours_of_work() -> None:
    market = Market(["ACME"], seed=1, now_ns=START_NS, scenario="mixed", history_ns=NANOS)
    market.advance(START_NS + 15 * NANOS)
    acme = market.get("ACME")
    assert acme is not None
    assert max(size for _, size in acme.depth("bid", 10)) > 10_000
    woken_ns = START_NS + 8 * 3_600 * NANOS
    market.advance(woken_ns)
    assert max(size for _, size in acme.depth("bid", 10)) < 10_000
    assert acme.tape.prints.between(START_NS + 20 * NANOS, woken_ns - 1) == []
    market.advance(woken_ns + 30 * NANOS)
    assert len(acme.tape.prints.between(woken_ns, woken_ns + 30 * NANOS)) > 60


def test_a_clock_that_goes_back_changes_nothing() -> None:
    market = traded("ACME", seed=1, seconds=10)
    before = everything(market)
    market.advance(START_NS)
    assert market.now_ns == START_NS + 10 * NANOS
    assert everything(market) == before
