"""The price ladder's rows: what stands where, at any size and for any figures."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from orderflow_tui.tui.look.formatting import Zone, whole_facts
from orderflow_tui.tui.rows.price_ladder import MOST_ROWS, PriceLadder
from orderflow_tui.views.frozen_views import LadderView
from tests.tui.fake import DEPTH, NBBO, TAPE_ONLY, symbol_view

SIZES = st.integers(0, 10**9)


def rows(view: object, width: int, height: int) -> list[str]:
    return [row.plain for row in PriceLadder(view, width, Zone())[:height]]  # type: ignore[arg-type]


@given(st.integers(2, 120), st.integers(0, 60), st.lists(st.tuples(SIZES, SIZES, SIZES), max_size=41))
def test_it_fits_any_width_and_height(width: int, height: int, volumes: list[tuple[int, int, int]]) -> None:
    ladder = LadderView(100, 138_500, 1, tuple((138_500 + at * 100, *one) for at, one in enumerate(volumes)))
    shown = rows(symbol_view("BAC", capabilities=DEPTH, ladder=ladder), width, height)
    assert len(shown) == min(height, MOST_ROWS + 1)
    assert all(len(row) <= width for row in shown)


def test_prices_fall_row_by_row_and_columns_stand_still() -> None:
    view = symbol_view("BAC", capabilities=NBBO)
    grown = replace(view, ladder=LadderView(100, 138_500, 1, ((138_500, 98_765_432, 1, 0),)))
    for one in (view, grown):
        shown = rows(one, 60, 9)
        found = [re.search(r"\d+\.\d\d", row) for row in shown[1:]]
        assert [match[0] for match in found if match] == [f"{13.89 - 0.01 * row:.2f}" for row in range(8)]
        assert {match.start() for match in found if match} == {20}


def test_the_inside_the_last_print_and_the_cost_are_named() -> None:
    shown = rows(symbol_view("BAC", capabilities=NBBO), 60, 12)
    assert next(row for row in shown if " 13.85" in row).rstrip().endswith("last")
    assert next(row for row in shown if " 13.90" in row).rstrip().endswith("cost")
    assert "SOLD" in shown[0]
    assert "since 09:30 ET" in shown[0]


def test_without_a_price_it_says_why() -> None:
    assert rows(symbol_view("BAC", ladder=None), 60, 9) == [" no price yet"]
    assert rows(symbol_view("BAC", capabilities=TAPE_ONLY, ladder=None), 60, 9) == [" no quotes: tape rules only"]


def test_facts_are_whole_or_left_out() -> None:
    words = "stop 17.72, 3c below | LONG 8,000 @ 17.62, +$1,040"
    assert whole_facts(words, 80) == words
    assert whole_facts(words, 45) == "stop 17.72, 3c below | LONG 8,000 @ 17.62"
    assert whole_facts(words, 30) == "stop 17.72, 3c below"
    assert whole_facts("nothing to cut at", 8) == "nothing…"
