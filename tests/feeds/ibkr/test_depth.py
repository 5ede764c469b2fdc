"""Rows become levels: in each dialect, in mid-change, past the end, and cut at the rows that were asked for."""

from __future__ import annotations

import random

import pytest

from orderflow_tui.feeds.ibkr.depth import BookRows
from orderflow_tui.feeds.ibkr.wire import DepthRow
from orderflow_tui.feeds.simulator.ibkr.book_rows import Row, changes
from orderflow_tui.feeds.simulator.ibkr.tws_behavior import Dialect

Told = tuple[int, str, int, bool, int, int]


def book(*told: Told, asked: int = 40) -> BookRows:
    rows = BookRows(asked)
    for place, venue, operation, bid, price, size in told:
        rows.apply(DepthRow(1, place, venue, operation, bid, price, size))
    return rows


def test_a_smart_book_holds_a_row_twice_until_its_change_is_over() -> None:
    first: Told = (0, "MEMX", 0, True, 251_000, 300)
    tail: Told = (1, "MEMX", 0, True, 251_000, 300)
    better: Told = (0, "ARCA", 1, True, 251_100, 500)
    assert not book(first, tail).whole
    whole = book(first, tail, better)
    assert whole.whole
    assert whole.levels()[0] == ((251_100, 500), (251_000, 300))


def test_two_venues_at_a_price_are_one_level() -> None:
    rows = book(
        (0, "BYX", 0, True, 251_000, 100), (1, "MEMX", 0, True, 251_000, 300), (0, "IEX", 0, False, 251_200, 200)
    )
    assert rows.whole
    assert rows.levels() == (((251_000, 400),), ((251_200, 200),))


def test_a_side_as_long_as_was_asked_for_has_no_last_level() -> None:
    rows = [(place, f"V{place}", 0, True, 250_000 - 100 * (place // 14), 100) for place in range(40)]
    assert book(*rows).levels()[0] == ((250_000, 1_400), (249_900, 1_400))


def test_a_delete_past_the_end_takes_the_last_row() -> None:
    old = [(place, "", 0, False, 100_200 + 100 * place, 100) for place in range(3)]
    rows = book(*old, (1, "", 2, False, 0, 0), (2, "", 2, False, 0, 0))
    assert rows.levels()[1] == ((100_200, 100),)


def test_a_place_far_past_the_end_is_no_book_any_more() -> None:
    assert book((5, "ARCA", 0, True, 251_000, 100)).broken
    assert not book((0, "ARCA", 1, True, 251_000, 100)).broken


def test_rows_below_a_round_lot_prove_that_sizes_are_lots() -> None:
    assert book((0, "ARCA", 0, True, 251_000, 3)).in_lots
    assert not book((0, "ARCA", 0, True, 251_000, 300)).in_lots
    assert not book((0, "ARCA", 0, True, 5_000_000, 40)).in_lots


@pytest.mark.parametrize("dialect", ["smart", "live", "paper"])
def test_random_books_in_each_dialect_end_as_they_are(dialect: Dialect) -> None:
    rng, most = random.Random(7), 6
    rows, old = BookRows(most), [[], []]  # type: ignore[var-annotated]
    for _ in range(2_000):
        for bid in (True, False):
            prices = sorted(rng.sample(range(1_000, 1_012), rng.randint(0, most)), reverse=bid)
            new = [Row(f"{(p if bid else p + 20) / 100:.2f}", str(100 * rng.randint(1, 9)), "") for p in prices]
            for place, operation, row in changes(old[bid], new, most, dialect):
                price = round(float(row.price) * 10_000)
                rows.apply(DepthRow(1, place, row.venue, operation, bid, price, int(row.size)))
            old[bid] = new
            side = rows.bids if bid else rows.asks
            assert [(f"{row.price / 10_000:.2f}", str(row.size)) for row in side] == [(r.price, r.size) for r in new]
        assert rows.whole
        assert not rows.broken
