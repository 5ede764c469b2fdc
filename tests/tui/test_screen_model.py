from __future__ import annotations

import pytest
from msgspec.structs import replace

from orderflow_tui.core.model.units import NS
from orderflow_tui.tui.look.layout import card_height, columns_for, plan
from orderflow_tui.tui.state.order import stop_cents, stop_distance
from orderflow_tui.tui.state.screen_model import ScreenModel
from tests.tui.fake import NOW_NS, FakeMonitor, busy_market, calm_market, recommendation, symbol_view


def model_of(monitor: FakeMonitor) -> ScreenModel:
    model = ScreenModel()
    assert model.poll(monitor, 0.0)
    return model


def test_panels_stand_in_the_order_of_the_positions_file_whatever_happens() -> None:
    monitor = busy_market()
    model = model_of(monitor)
    assert model.order == tuple(monitor.views())
    selected = model.selected
    for second, chip in enumerate(("CALM", "ALERT", "EXIT", "BLIND", "CALM")):
        monitor.put(
            *(symbol_view(name, chip, now_ns=NOW_NS + second * 20 * NS) for name in ("F", "SPY")),  # type: ignore[arg-type]
            recommendations=(recommendation("F"),) if chip == "EXIT" else (),
        )
        model.poll(monitor, float(second))
        model.newly_open()
        assert (model.order, model.selected) == (tuple(monitor.views()), selected)


def test_a_sort_is_asked_for_and_then_stands_still() -> None:
    monitor = busy_market()
    model = model_of(monitor)
    file = model.order
    assert model.sort_next() == "sorted by urgency"
    assert model.order == ("NVDA", "BAC", "MSFT", "KO", "AAPL", "SPY", "F", "GME", "BRK.B")
    monitor.put(symbol_view("F", "EXIT"), symbol_view("NEW", "BLIND"))
    model.poll(monitor, 1.0)
    assert list(model.order) == ["NVDA", "BAC", "MSFT", "KO", "AAPL", "SPY", "F", "GME", "BRK.B", "NEW"]
    assert model.sort_next() == "sorted by P&L, worst first"
    profits = [view.position.pnl for name in model.order if (view := model.views[name]).position is not None]
    assert profits == sorted(profit for profit in profits if profit is not None)
    model.sort_next()
    distances = [share for name in model.order if (share := stop_distance(model.views[name])) is not None]
    assert distances == sorted(distances)
    model.sort_next()
    assert list(model.order) == sorted(model.views)
    assert model.sort_next() == "sorted by positions file"
    assert model.order == (*file, "NEW")


def test_the_distance_to_the_stop_is_below_0_beyond_it_and_counts_for_a_short_the_other_way() -> None:
    held = symbol_view("AAPL", quantity=100, price=1_000_000)
    assert held.position is not None
    for quantity, stop, cents in ((100, 990_000, 100), (100, 1_010_000, -100), (-100, 1_010_100, 100)):
        view = replace(held, position=replace(held.position, quantity=quantity, stop=stop))
        assert stop_cents(view) == pytest.approx(cents)
    for nothing in (symbol_view("SPY", quantity=0), replace(held, position=replace(held.position, stop=None))):
        assert (stop_distance(nothing), stop_cents(nothing)) == (None, None)


def test_nothing_published_means_nothing_to_paint() -> None:
    monitor = calm_market()
    model = model_of(monitor)
    assert not model.poll(monitor, 1.0)
    monitor.put()
    assert model.poll(monitor, 1.0)


def test_the_selection_follows_the_symbol_and_not_the_place() -> None:
    monitor = calm_market(3)
    model = model_of(monitor)
    model.select_number(3)
    monitor.put(symbol_view("MSFT", "EXIT", detail="x"))
    model.poll(monitor, 1.0)
    assert (model.order[2], model.selected) == ("MSFT", "MSFT")
    monitor.drop("MSFT")
    model.poll(monitor, 2.0)
    assert model.selected == "AAPL"


def test_a_pinned_symbol_stays_in_front() -> None:
    monitor = busy_market()
    model = model_of(monitor)
    model.choose("SPY")
    model.toggle_pin()
    assert model.order[:2] == ("SPY", "NVDA")
    model.toggle_pin()
    assert model.order[0] == "NVDA"
    monitor = FakeMonitor()
    empty = model_of(monitor)
    empty.toggle_pin()
    empty.select_by(1)
    empty.next_card()
    assert (empty.pinned, empty.selected) == ((), "")


def test_cards_queue_by_rank_and_can_be_turned() -> None:
    monitor = calm_market()
    monitor.put(
        recommendations=(
            recommendation("KO", rank=2),
            recommendation("BAC", rank=1),
            recommendation("F", rank=1, opened_ns=NOW_NS - 60 * NS),
            recommendation("GME", status="held", header="held"),
        )
    )
    model = model_of(monitor)
    assert [card.symbol for card in model.open_cards] == ["F", "BAC", "KO"]
    model.next_card()
    assert model.card is not None
    assert model.card.symbol == "BAC"
    monitor.put(recommendations=(recommendation("KO", rank=2),))
    model.poll(monitor, 1.0)
    assert model.card is not None
    assert model.card.symbol == "KO"


def test_without_a_card_the_selected_symbols_held_one_can_be_answered() -> None:
    monitor = calm_market()
    held = recommendation("BAC", status="held", header="held 13.85")
    monitor.put(recommendations=(held,))
    model = model_of(monitor)
    assert model.to_answer() is None
    model.selected = "BAC"
    assert model.to_answer() == held


def test_each_opening_is_announced_once() -> None:
    monitor = calm_market()
    first = recommendation("BAC")
    monitor.put(recommendations=(first,))
    model = model_of(monitor)
    assert [item.symbol for item in model.newly_open()] == ["BAC"]
    assert model.newly_open() == []
    monitor.put(recommendations=(replace(first, status="held"),))
    model.poll(monitor, 1.0)
    assert model.newly_open() == []
    monitor.put(recommendations=(first,))
    model.poll(monitor, 2.0)
    assert [item.symbol for item in model.newly_open()] == ["BAC"]


def test_a_silent_monitor_makes_everything_stale_and_its_word_makes_it_live() -> None:
    monitor = calm_market()
    model = model_of(monitor)
    assert not model.poll(monitor, 4.0)
    assert model.poll(monitor, 6.0)
    assert model.silent_seconds == 6.0
    assert all(view.stale for view in model.views.values())
    assert not model.poll(monitor, 6.5)
    assert model.poll(monitor, 7.0)
    monitor.put()
    assert model.poll(monitor, 8.0)
    assert not any(view.stale for view in model.views.values())


def test_a_paused_replay_and_an_ended_feed_are_not_silent() -> None:
    for changes in ({"paused": True}, {"ended": "the recording is over"}):
        monitor = calm_market()
        monitor.put(**changes)
        assert not model_of(monitor).poll(monitor, 60.0)


def test_columns_follow_the_width_and_the_number_of_symbols() -> None:
    assert [columns_for(width, 9) for width in (80, 99, 100, 120, 160, 200, 400)] == [1, 1, 2, 2, 3, 4, 4]
    assert columns_for(200, 2) == 2


def test_the_plan_leaves_no_panel_cut_and_gives_the_rest_to_the_alerts() -> None:
    wide = plan(200, 46, 50, 12, card_open=False)
    assert (wide.columns, wide.panel_height * 3 + wide.feed_height + 1 <= 46) == (4, True)
    assert (plan(200, 46, 50, 12, card_open=False).panel_height, wide.feed_height) == (14, 3)
    assert plan(200, 46, 50, 6, card_open=False).columns == 3
    few = plan(200, 46, 50, 2, card_open=False)
    assert few.panel_height == 34
    assert few.feed_height == 46 - 34 - 1
    assert plan(80, 21, 24, 9, card_open=False).panel_height == 17
    assert plan(40, 8, 10, 9, card_open=True).feed_height == 0
    assert plan(1, -3, 1, 9, card_open=True).panel_height == 1
    assert plan(120, 30, 36, 0, card_open=False).columns == 1
    assert [card_height(height) for height in (1, 10, 24, 36, 50)] == [3, 3, 6, 6, 8]


def test_the_most_urgent_is_selected_when_it_is_asked_for() -> None:
    monitor = calm_market(4)
    model = model_of(monitor)
    monitor.put(symbol_view("NVDA", "ALERT"))
    model.poll(monitor, 1.0)
    assert model.selected == "AAPL"
    model.choose_urgent()
    assert model.selected == "NVDA"
    monitor.put(recommendations=(recommendation("MSFT NVDA", kind="market"),))
    model.poll(monitor, 2.0)
    model.choose_urgent()
    assert model.selected == "MSFT"
    monitor.put(symbol_view("BAC", "BLIND", stale=True))
    model.poll(monitor, 3.0)
    model.choose_urgent()
    assert model.selected == "BAC"


def test_what_asks_is_said_loudest_first() -> None:
    monitor = calm_market(4)
    model = model_of(monitor)
    assert model.asks == ""
    monitor.put(recommendations=(recommendation("MSFT"), recommendation("BAC", recommendation_id="b")))
    model.poll(monitor, 1.0)
    assert model.asks == "EXIT? MSFT +1"
    monitor.put(symbol_view("NVDA", "BLIND", stale=True))
    model.poll(monitor, 2.0)
    assert model.asks == "BLIND NVDA, EXIT? MSFT +1"
    assert [view.symbol for view in model.newly_blind()] == ["NVDA"]
    assert model.newly_blind() == []
