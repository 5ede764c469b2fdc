"""The right column of a wide screen: what it holds, and that it asks for the selected symbol alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.model.units import NS
from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.rows.map_rows import MapFrame
from orderflow_tui.tui.rows.side_rows import SideRows, price_rows
from orderflow_tui.tui.widgets.side_column import COLUMN_WIDTH, SideColumn
from orderflow_tui.views.charts import SeriesView
from tests.tui.driving import press, running, settled
from tests.tui.fake import NOW_NS, alert, busy_market, detail, symbol_view

PRICES = st.lists(st.one_of(st.none(), st.integers(1, 10**9)), max_size=361)


@pytest.mark.parametrize("height", [1, 30, 50, 80])
def test_it_fits_its_place(height: int) -> None:
    view = symbol_view("BAC")
    for known in (detail("BAC"), None):
        rows = SideRows().rows(view, known, (), MapFrame(COLUMN_WIDTH, height, Zone(), text=False))
        assert len(rows) <= height
        assert all(len(row.plain) <= COLUMN_WIDTH for row in rows)


def test_each_part_stands_where_it_stood_whatever_is_known() -> None:
    def places(known: bool) -> list[int]:
        view = symbol_view("BAC") if known else symbol_view("BAC", ladder=None, prints=())
        rows = SideRows().rows(
            view, detail("BAC") if known else None, (), MapFrame(COLUMN_WIDTH, 50, Zone(), text=False)
        )
        return [index for index, row in enumerate(rows) if row.base == "bar"]

    assert places(known=True) == places(known=False)


@given(PRICES, st.integers(0, 120), st.integers(0, 20))
def test_any_prices_fit_any_place(prices: list[int | None], width: int, height: int) -> None:
    seconds = tuple(1_700_000_000 + 5 * at for at in range(len(prices)))
    series = SeriesView(5, seconds, last=tuple(prices))
    rows = price_rows(series, (), width, height)
    assert len(rows) <= max(1, height)
    assert all(len(row.plain) <= max(width, 20) for row in rows)


def test_the_price_falls_and_its_alerts_stand_on_it() -> None:
    seconds = tuple(NOW_NS // NS - 5 * (360 - at) for at in range(361))
    series = SeriesView(5, seconds, last=tuple(140_000 - at * 10 for at in range(361)))
    rows = [row.plain for row in price_rows(series, (alert("BAC", 0, "RED BURST"),), 72, 8)]
    assert " 13.99" in rows[0]
    assert rows[-1].endswith(" 13.64")
    assert rows[0].index("▀") < rows[4].index("▀") < rows[-1].index("E")


def test_vwap_is_dots_within_the_range_of_the_price() -> None:
    seconds = tuple(NOW_NS // NS - 5 * (360 - at) for at in range(361))
    falls = tuple(140_000 - at * 10 for at in range(361))
    rows = [row.plain for row in price_rows(SeriesView(5, seconds, last=falls, vwap=(138_500.4,) * 361), (), 72, 8)]
    (marked,) = [row for row in rows if "·" in row]
    assert marked.endswith(" VWAP")
    assert marked.count("▀") + marked.count("▄") > 0
    beyond = price_rows(SeriesView(5, seconds, last=falls, vwap=(None, *(150_000.0,) * 360)), (), 72, 8)
    assert not any("·" in row.plain for row in beyond)


async def test_a_wide_screen_shows_the_selected_symbol_and_asks_for_it_alone() -> None:
    monitor = busy_market()
    monitor.details = {"BAC": detail("BAC")}
    async with running(monitor, size=(200, 50)) as (app, pilot):
        await press(pilot, "2")
        column = app.screen.query_one(SideColumn)
        words = "\n".join(row.plain for row in column.rows)
        assert "BAC  volume at price" in words
        assert monitor.detailed[-1] == "BAC"
        assert column.region.right == 200
        assert column.size.height == 50
        await pilot.resize_terminal(160, 50)
        await settled(pilot)
        assert column.size.width == 0
        assert monitor.detailed[-1] == ""
