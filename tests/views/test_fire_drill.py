"""The fire drill: leaving now against leaving in slices, and what it says it does not know."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from orderflow_tui.core.market.liquidity import exit_cost, slice_out, waiting_risk
from orderflow_tui.views.fire_drill import DrillView, drill_of_all, fire_drill
from orderflow_tui.views.frozen_views import SymbolView
from tests.tui.fake import DELAYED, NBBO, symbol_view


def _drill(view: SymbolView) -> DrillView:
    drill = fire_drill(view)
    assert drill is not None
    return drill


def test_sizes_of_one_small_venue_drill_nothing() -> None:
    view = symbol_view("BAC")
    small = replace(view.capabilities, sizes_are_market=False, venues="IEX only")
    drill = _drill(replace(view, capabilities=small))
    assert drill.lines == ()
    assert drill.notes == ("no figures: IEX only: its sizes are not the market's",)


def test_now_and_three_ways_of_waiting() -> None:
    view = symbol_view("BAC")
    drill = _drill(view)
    assert [(line.minutes, line.slices) for line in drill.lines] == [(0, 1), (1, 6), (5, 10), (15, 15)]
    now = exit_cost(view.bids, view.asks, 1_000)
    fifteen = slice_out(view.bids, view.asks, 1_000, 15, refill_per_second=40.0)
    assert now is not None
    assert fifteen is not None
    assert drill.lines[0].cost == pytest.approx(now.dollars)
    assert drill.lines[3].cost == pytest.approx(fifteen.dollars)
    assert drill.lines[3].cost <= drill.lines[0].cost
    assert drill.lines[1].tape_share == pytest.approx(1_000 / 18_000)
    assert drill.lines[3].risk == pytest.approx(waiting_risk(1_000, 1_200, 15))
    assert drill.notes == ()


def test_a_short_walks_the_offers() -> None:
    view = symbol_view("MSFT", quantity=-150)
    drill = _drill(view)
    mirrored = tuple((-price, size) for price, size in view.asks), tuple((-price, size) for price, size in view.bids)
    now = exit_cost(*mirrored, 150)
    assert now is not None
    assert drill.quantity == -150
    assert drill.lines[0].cost == pytest.approx(now.dollars)


def test_what_is_not_known_is_said() -> None:
    view = symbol_view("BAC", quantity=100_000, capabilities=replace(DELAYED, depth_levels=1))
    assert view.leave is not None
    leave = replace(view.leave, refill_per_minute=None, usual_range=None)
    drill = _drill(replace(view, leave=leave, chip="HALTED"))
    words = " | ".join(drill.notes)
    for part in (
        "HALTED",
        "15 minutes late",
        "one level",
        "refill not measured yet",
        "not known yet how far",
        "above 10%",
    ):
        assert part in words
    assert drill.lines[1].risk is None
    assert not any(line.behind for line in drill.lines)
    assert drill.lines[0].not_priced > 0
    still = _drill(replace(view, leave=replace(leave, traded_per_minute=0.0)))
    assert still.lines[1].tape_share is None


def test_a_refill_that_does_not_keep_up_is_said() -> None:
    view = symbol_view("BAC", quantity=20_000)
    drill = _drill(view)
    assert drill.lines[1].behind > 0
    assert any("does not keep up" in note for note in drill.notes)


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"stale": True}, "its data is old"), ({"bids": ()}, "no bid"), ({"leave": None}, "no book")],
)
def test_no_figures_from_old_data_or_without_a_book(changes: dict[str, Any], why: str) -> None:
    drill = _drill(symbol_view("BAC", capabilities=NBBO, **changes))
    assert drill.lines == ()
    assert why in drill.notes[0]


def test_what_is_only_watched_has_no_drill() -> None:
    assert fire_drill(symbol_view("SPY", quantity=0)) is None


def test_all_names_add_up() -> None:
    one, two = _drill(symbol_view("A", seed=3)), _drill(symbol_view("B", seed=9))
    blind = _drill(symbol_view("C", stale=True))
    total = drill_of_all([one, two, blind])
    assert total is not None
    assert (total.symbol, total.quantity) == ("ALL", 2)
    assert total.lines[0].cost == pytest.approx(one.lines[0].cost + two.lines[0].cost)
    assert total.lines[3].risk == pytest.approx(2 * waiting_risk(1_000, 1_200, 15))
    assert drill_of_all([blind]) is None
    view = symbol_view("D")
    assert view.leave is not None
    unknown = _drill(replace(view, leave=replace(view.leave, usual_range=None)))
    both = drill_of_all([one, unknown])
    assert both is not None
    assert both.lines[1].risk is None
