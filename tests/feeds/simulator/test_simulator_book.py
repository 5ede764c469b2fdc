from __future__ import annotations

from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.feeds.simulator.book import BookSide, Fill, Order

SIDES: tuple[Literal["bid", "ask"], ...] = ("bid", "ask")


def test_best_price_trades_first_and_within_it_the_earliest_order() -> None:
    bids = BookSide("bid")
    bids.add(100, Order(300, 12))
    bids.add(101, Order(200, 11))
    bids.add(101, Order(100, 19))
    assert bids.take(450, 99) == [Fill(101, 200, 11), Fill(101, 100, 19), Fill(100, 150, 12)]
    assert bids.depth(5) == [(100, 150)]


def test_an_order_does_not_trade_beyond_its_limit() -> None:
    asks = BookSide("ask")
    asks.add(101, Order(100, 12))
    asks.add(102, Order(100, 12))
    assert asks.take(500, 101) == [Fill(101, 100, 12)]
    assert asks.depth(5) == [(102, 100)]


def test_an_iceberg_shows_its_peak_again_and_goes_to_the_end_of_the_queue() -> None:
    asks = BookSide("ask")
    asks.add(101, Order(100, 12, reserve=250))
    asks.add(101, Order(50, 11))
    assert asks.take(100, 101) == [Fill(101, 100, 12)]
    assert asks.depth(1) == [(101, 150)]
    assert asks.take(1_000, 101) == [Fill(101, 50, 11), Fill(101, 100, 12), Fill(101, 100, 12), Fill(101, 50, 12)]
    assert asks.depth(1) == []


def test_the_touch_is_the_venue_that_shows_most() -> None:
    bids = BookSide("bid")
    for size, venue in ((300, 12), (500, 11), (300, 12)):
        bids.add(100, Order(size, venue))
    assert bids.touch() == (100, 600, 12)


def test_withdrawing_a_filled_order_is_harmless() -> None:
    bids = BookSide("bid")
    order = Order(100, 12)
    bids.add(100, order)
    bids.add(99, Order(100, 12))
    bids.take(100, 100)
    bids.withdraw(100, order)
    assert bids.depth(5) == [(99, 100)]


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(90, 110), st.integers(1, 900), st.integers(0, 2_000)),
        st.tuples(st.just("take"), st.integers(90, 110), st.integers(1, 3_000), st.just(0)),
        st.tuples(st.just("cancel"), st.integers(0, 30), st.integers(0, 30), st.just(0)),
    ),
    max_size=60,
)


@given(st.sampled_from(SIDES), OPERATIONS)
def test_shares_are_conserved_and_the_best_is_the_best(
    side_name: Literal["bid", "ask"], operations: list[tuple[str, int, int, int]]
) -> None:
    side = BookSide(side_name)
    held = 0
    for kind, tick, size, reserve in operations:
        if kind == "add":
            side.add(tick, Order(size, 12, reserve=reserve))
            held += size + reserve
        elif kind == "take":
            before = [t for t in side.levels if (t - tick) * side.sign >= 0]
            fills = side.take(size, tick)
            assert all((fill.tick - tick) * side.sign >= 0 for fill in fills)
            assert bool(fills) == bool(before)
            assert sum(fill.size for fill in fills) <= size
            held -= sum(fill.size for fill in fills)
        elif side.levels:
            chosen = sorted(side.levels)[tick % len(side.levels)]
            orders = side.levels[chosen].orders
            index = size % len(orders)
            held -= orders[index].size + orders[index].reserve
            side.cancel(chosen, index)
        resting = [order for level in side.levels.values() for order in level.orders]
        assert sum(order.size + order.reserve for order in resting) == held
        assert all(order.size > 0 for order in resting)
        assert all(level.size == sum(o.size for o in level.orders) for level in side.levels.values())
        if side.levels:
            assert side.best == (max(side.levels) if side.sign > 0 else min(side.levels))
