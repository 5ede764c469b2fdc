"""Which orders in the book are the trader's own: typed, taken, left out."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.model.data_models import WorkingOrder
from orderflow_tui.tui.state.own_orders import orders_text, parse_orders
from tests.tui.driving import press, running, screen_text, toasts
from tests.tui.fake import FakeMonitor, busy_market


def test_orders_as_they_are_typed() -> None:
    assert parse_orders("") == parse_orders("  ") == ()
    assert parse_orders(" SELL 48.30  500 ") == (WorkingOrder("sell", Decimal("48.30"), 500),)
    two = (WorkingOrder("sell", Decimal("48.30"), 1_500), WorkingOrder("buy", Decimal("0.0001"), 1))
    assert parse_orders("sell 48.30 1,500, buy 0.0001 1") == parse_orders("sell 48.30 1500; buy 0.0001 1;") == two
    assert parse_orders(orders_text(two)) == two


@pytest.mark.parametrize(
    "text",
    [
        "48.30 500",
        "sell 48.30",
        "hold 48.30 5",
        "sell 0 5",
        "sell 1 0",
        "sell 1.23456 5",
        "sell 1 5 6",
        "buy -1 5",
        "x" * 99,
    ],
)
def test_what_is_no_order_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="is not side, price and size, as in sell"):
        parse_orders(text)


@given(st.text(max_size=100))
def test_any_text_is_orders_or_one_line(text: str) -> None:
    try:
        said = orders_text(parse_orders(text))
    except ValueError as error:
        said = str(error)
    assert said.isprintable()


async def test_a_key_asks_for_them_and_the_panel_names_them() -> None:
    monitor = busy_market()
    async with running(monitor, size=(120, 36)) as (app, pilot):
        symbol = app.model.selected
        await press(pilot, "m")
        assert "your orders in" in screen_text(app)
        await press(pilot, *"sell 13.90 50", "enter")
        assert monitor.owned == [(symbol, (WorkingOrder("sell", Decimal("13.90"), 50),))]
        assert "ignored by every rule until you quit: sell 13.90 50" in toasts(app)[-1]
        await press(pilot, "m", *"nonsense", "enter")
        assert "is not side, price and size" in toasts(app)[-1]
        await press(pilot, "m", "escape")
        assert len(monitor.owned) == 1
        await press(pilot, "m", "enter")
        assert monitor.owned[-1] == (symbol, ())


async def test_without_a_held_name_there_is_nothing_to_ask() -> None:
    async with running(FakeMonitor()) as (app, pilot):
        await press(pilot, "m")
        assert "select a symbol you hold" in toasts(app)[-1]
