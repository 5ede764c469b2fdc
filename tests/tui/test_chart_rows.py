"""The detail screen's charts survive whatever a series can be, and whatever size they get."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from orderflow_tui.core.model.units import NS
from orderflow_tui.tui.rows.chart_rows import MOST_BARS, charts, ticks
from orderflow_tui.tui.screens.detail import DetailScreen
from orderflow_tui.tui.widgets.chart import SeriesCharts
from orderflow_tui.views.charts import SeriesView
from tests.tui.driving import press, running, screen_text, settled
from tests.tui.fake import NOW_NS, alert, busy_market, calm_market, detail, series, symbol_view

NAN = float("nan")
SECOND = NOW_NS // NS


def _short(**changes: object) -> SeriesView:
    base = series(count=3)
    return replace(base, **changes)


ODD = {
    "empty": SeriesView(5),
    "one sample": series(count=1),
    "one bar": _short(bought=(0, 14_500, 0), sold=(0, 0, 0)),
    "constant": _short(
        last=(100, 100, 100), vwap=(100.0,) * 3, cvd=(0, 0, 0), cvd_error=(0.0,) * 3, bid_depth=(0, 0, 0)
    ),
    "unknown": _short(last=(None, None, None), vwap=(None, None, None), bid=(None,) * 3, ask=(None,) * 3),
    "not a number": _short(vwap=(NAN, float("inf"), -float("inf")), cvd_error=(NAN, NAN, NAN)),
    "holes": _short(last=(100, None, 300), vwap=(None, 100.0, None)),
    "huge": _short(last=(1, 9_000_000_000, 2), cvd=(-(10**15), 10**15, 0)),
    "half an hour": series(),
}


@pytest.mark.parametrize("name", ODD)
def test_every_chart_has_bounds_that_differ_or_none(name: str) -> None:
    for chart in charts(ODD[name], (alert("BAC", 0, "x"),)):
        bounds = chart.bounds
        assert bounds is None or bounds[0] < bounds[1]
        assert len(chart.title) <= 45
        assert all(at <= 0 for curve in chart.curves for at, _ in curve.points)


def test_signed_volume_loses_no_share_and_stays_readable() -> None:
    source = series()
    chart = charts(source, ())[1]
    values = [value for curve in chart.curves for _, value in curve.points]
    assert sum(values) == sum(source.bought) - sum(source.sold)
    assert len(values) <= MOST_BARS + 1


def test_alerts_stand_at_their_time_and_the_price_of_then() -> None:
    source = replace(series(count=3), last=(100_000, 200_000, 300_000))
    lines = [replace(alert("BAC", index, "x"), time_ns=(SECOND - ago) * NS) for index, ago in enumerate((0, 7, 900))]
    letters = {curve.letter: curve.points for curve in charts(source, lines)[0].curves if curve.kind == "letters"}
    assert letters == {"E": ((0.0, 30.0),), "!": ((-7 / 60, 10.0),)}


async def test_every_series_is_drawn_at_every_size() -> None:
    monitor = calm_market(1)
    async with running(monitor, size=(200, 50)) as (app, pilot):
        await press(pilot, "enter")

        async def draw_all(size: tuple[int, int]) -> None:
            for name, odd in ODD.items():
                monitor.details = {"AAPL": replace(detail("AAPL"), series=odd)}
                monitor.put()
                await settled(pilot)
                assert isinstance(app.screen, DetailScreen), (name, size)
                assert not app._exit, (name, size)

        for size in ((200, 50), (120, 36), (80, 24), (30, 10), (1, 1), (100, 40)):
            await pilot.resize_terminal(*size)
            await draw_all(size)
            await press(pilot, "c")
            await draw_all(size)
        monitor.details = {"AAPL": replace(detail("AAPL"), series=ODD["empty"])}
        monitor.put()
        await settled(pilot)
        assert "no samples yet" in screen_text(app)


async def test_the_map_stands_beside_the_charts_or_takes_its_turn() -> None:
    monitor = busy_market()
    monitor.details = {"BAC": detail("BAC")}
    async with running(monitor, size=(120, 36)) as (app, pilot):
        await press(pilot, "2", "enter")
        await settled(pilot)
        assert "LIQUIDITY MAP" in screen_text(app)
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert "LIQUIDITY MAP" not in screen_text(app)
        await press(pilot, "c", "c", "c", "c")
        await settled(pilot)
        assert "LIQUIDITY MAP" in screen_text(app)
        assert not app.screen.query_one(SeriesCharts).display
        await press(pilot, "c")
        assert app.screen.query_one(SeriesCharts).display


async def test_four_or_one_chart_as_there_is_room() -> None:
    async with running(busy_market(), size=(200, 50)) as (app, pilot):
        await press(pilot, "2", "enter")
        chart = app.screen.query_one(SeriesCharts)
        for size, count in (((200, 50), 4), ((120, 30), 1), ((80, 24), 1)):
            await pilot.resize_terminal(*size)
            await settled(pilot)
            await pilot.pause()
            assert len(chart.shown) == count


@pytest.mark.parametrize("theme", ["dark", "light", "terminal", "colour-blind", "high-contrast"])
async def test_the_charts_take_the_colours_of_every_theme(theme: str) -> None:
    async with running(busy_market(), size=(200, 50), theme=theme) as (app, pilot):
        await press(pilot, "2", "enter")
        await settled(pilot)
        assert "10:30" in screen_text(app)


async def test_the_monitor_is_asked_for_the_symbol_in_sight_alone() -> None:
    monitor = busy_market()
    async with running(monitor) as (_, pilot):
        await press(pilot, "2", "enter")
        await press(pilot, "right")
        await press(pilot, "escape")
        await pilot.pause()
    assert monitor.detailed == ["BAC", "MSFT", ""]


async def test_the_detail_of_another_symbol_is_never_shown() -> None:
    monitor = calm_market(2)
    monitor.details = {"AAPL": detail("BAC")}
    async with running(monitor) as (app, pilot):
        await press(pilot, "enter")
        monitor.put(symbol_view("AAPL", seed=3))
        await settled(pilot)
        assert "no samples yet" in screen_text(app)


@pytest.mark.parametrize(
    ("low", "high", "most", "words"),
    [
        (48.175, 48.243, 4, "48.18 48.20 48.22 48.24"),
        (126.1, 126.9, 3, "126.2 126.4 126.6 126.8"),
        (-1_662.0, 1_263.0, 4, "-1k 0 1k"),
        (0.0, 18_498.0, 4, "0 5k 10k 15k"),
        (5e6, 9e6, 4, "5M 6M 7M 8M 9M"),
        (-0.5, 0.5, 4, "-0.4 -0.2 0.0 0.2 0.4"),
        (-40.0, 40.0, 2, "0"),
    ],
)
def test_the_values_on_the_left_are_round(low: float, high: float, most: int, words: str) -> None:
    assert " ".join(text for _, text in ticks(low, high, most)) == words


@given(st.floats(-1e12, 1e12), st.floats(1e-4, 1e12), st.integers(1, 20))
def test_there_are_never_many_values_on_the_left(low: float, size: float, most: int) -> None:
    size = max(size, abs(low) * 1e-3)  # as `Chart.bounds` has it
    found = ticks(low, low + size, most)
    assert len(found) <= most + 2
    assert len({words for _, words in found}) == len(found)
    assert all(low - size * 1e-6 <= value <= low + size * (1 + 1e-6) for value, _ in found)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=60), st.lists(st.integers(0, 10**9), max_size=60))
def test_bars_and_where_they_begin_are_in_sight(bought: list[int], sold: list[int]) -> None:
    sold = (sold + [0] * len(bought))[: len(bought)]
    samples = SeriesView(5, seconds=tuple(range(0, 5 * len(bought), 5)), bought=tuple(bought), sold=tuple(sold))
    chart = charts(samples, ())[1]
    if chart.bounds is not None:
        low, high = chart.bounds
        assert low <= 0 <= high
        assert all(low <= value <= high for curve in chart.curves for _, value in curve.points)


async def test_another_theme_repaints_the_charts_also_where_no_second_passes() -> None:
    async with running(busy_market()) as (app, pilot):
        await press(pilot, "2", "enter")
        await settled(pilot)
        assert "light" in app.theme_names
        app.theme = "light"
        await pilot.pause()
        strips = app.screen._compositor.render_strips(app.size)
        painted = {
            segment.style.color.get_truecolor().hex
            for strip in strips for segment in strip if segment.style and segment.style.color
        }  # fmt: skip
        assert app.available_themes["dark"].variables["strong"] not in painted
