"""All symbols at once: the table, and the strip of a pane of a few rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from orderflow_tui.tui.rows.small_rows import small_rows
from orderflow_tui.tui.rows.table_rows import columns_in, table_head, table_row
from orderflow_tui.tui.screens.main import MainScreen
from orderflow_tui.tui.state.screen_model import ScreenModel
from orderflow_tui.tui.state.view_choice import FILE, ViewChoice, read_choice, write_choice
from orderflow_tui.tui.widgets.symbol_table import SymbolTable
from tests.tui.driving import press, running, screen_text, settled
from tests.tui.fake import NBBO, FakeMonitor, busy_market, calm_market, recommendation, symbol_view


def many(count: int) -> FakeMonitor:
    monitor = FakeMonitor()
    monitor.put(*(symbol_view(f"S{number:02d}", seed=number) for number in range(count)))
    return monitor


@pytest.mark.parametrize(
    ("size", "symbols", "tabled"),
    [
        ((120, 36), 4, False), ((120, 36), 12, True), ((200, 50), 6, False), ((200, 50), 12, False), ((200, 50), 40, True),
        ((80, 24), 5, False), ((80, 24), 12, True),
    ],
)  # fmt: skip
async def test_the_table_comes_by_itself_where_panels_do_not_fit(
    size: tuple[int, int], symbols: int, tabled: bool
) -> None:
    monitor = many(symbols)
    async with running(monitor, size, layout="auto") as (app, pilot):
        screen = app.screen
        assert isinstance(screen, MainScreen)
        assert screen.tabled == tabled
        text = screen_text(app)
        assert all(name in text for name in monitor.views())
        monitor.put(recommendations=(recommendation("S01"),))
        await settled(pilot)
        assert screen.tabled == tabled, "a card changes nothing about what is shown"


async def test_a_table_with_too_little_room_says_how_many_it_shows() -> None:
    monitor = many(40)
    async with running(monitor, (200, 50), layout="auto") as (app, pilot):
        assert "in sight" not in screen_text(app)
        monitor.put(recommendations=(recommendation("S01"),))
        await settled(pilot)
        shown = app.screen.query_one(SymbolTable).size.height
        assert shown < 40
        assert f"{shown} of 40 symbols in sight: scroll" in screen_text(app)


def test_no_percent_is_less_than_nothing() -> None:
    view = symbol_view("BAC")
    assert view.position is not None
    view = replace(view, position=replace(view.position, pnl=-0.1, pnl_percent=-0.001))
    assert "+0.00%" in table_row(view, 1, 200, selected=False, pinned=False).plain


def test_columns_leave_by_rank_and_the_stop_and_the_cost_stay_longest() -> None:
    for width in range(30, 240):
        titles = [column.title for column in columns_in(width)]
        row = table_row(symbol_view("BAC", "EXIT"), 1, width, selected=True, pinned=False)
        assert len(row.plain) <= width
        assert "1m" not in titles or "STOP" in titles
    assert {"STOP", "SELL ALL", "P&L $"} <= {column.title for column in columns_in(80)}


def test_the_cost_of_what_one_level_shows_is_not_the_cost_of_all() -> None:
    one_level = symbol_view("BAC", "EXIT", capabilities=NBBO)
    row = table_row(one_level, 1, 120, selected=False, pinned=False).plain
    assert "30% shown" in row
    assert "-$212" not in row
    model = ScreenModel()
    model.poll(FakeMonitor({"BAC": one_level}), 0.0)
    assert "BAC 30% shown" in small_rows(model, "F2", 120, 1)[0].plain
    assert one_level.leave is not None
    deep = replace(symbol_view("BAC"), leave=one_level.leave)
    assert "-$212+" in table_row(deep, 1, 120, selected=False, pinned=False).plain


def test_what_is_not_known_is_not_shown_as_it_was() -> None:
    stale = table_row(symbol_view("BAC", "BLIND", stale=True), 1, 120, selected=False, pinned=True)
    assert "-$54" not in stale.plain
    assert stale.base == "blind"
    watched = table_row(symbol_view("SPY", quantity=0), 12, 120, selected=False, pinned=False)
    assert "$" not in watched.plain
    crossed = symbol_view("BAC", price=120_000)
    assert crossed.position is not None
    crossed = replace(crossed, position=replace(crossed.position, stop=130_000))
    assert "STOP HIT" in table_row(crossed, 1, 120, selected=False, pinned=False).plain


def test_the_head_names_what_is_sorted_by() -> None:
    model = ScreenModel()
    model.poll(busy_market(), 0.0)
    assert "*" not in table_head(model, 120).plain
    model.sort_by("pnl")
    assert "P&L $*" in table_head(model, 120).plain


async def test_a_click_selects_and_only_what_changed_is_made_anew() -> None:
    monitor = many(40)
    async with running(monitor, (120, 36), layout="table") as (app, pilot):
        table = app.screen.query_one(SymbolTable)
        await pilot.click(table, offset=(5, 3))
        await pilot.pause()
        assert app.model.selected == "S03"
        before = list(table.rows)
        monitor.put(symbol_view("S05", "ALERT"))
        await settled(pilot)
        assert [at for at, row in enumerate(table.rows) if row is not before[at]] == [5]
        await press(pilot, "left", "left", "left", "left")
        assert "S39" in screen_text(app)


def test_a_pane_of_a_few_rows_says_what_asks_first_and_cuts_no_symbol() -> None:
    model = ScreenModel()
    model.poll(busy_market(), 0.0)
    for height in (1, 2, 3, 5):
        for width in (40, 80, 200):
            rows = small_rows(model, "F2", width, height)
            assert len(rows) <= height
            assert all(len(row.plain) <= width or "BLIND" in row.plain for row in rows)
    assert "EXIT? BAC -$212 stop 85c F2" in small_rows(model, "F2", 120, 3)[1].plain
    calm = ScreenModel()
    calm.poll(many(40), 0.0)
    shown = " ".join(row.plain for row in small_rows(calm, "F2", 80, 2))
    assert int(shown.rpartition("+")[2]) + shown.count("13.85") == 40
    assert small_rows(ScreenModel(), "F2", 80, 2)[0].plain == " waiting for the monitor"


async def test_a_pane_of_a_few_rows_answers_too() -> None:
    monitor = busy_market()
    async with running(monitor, (120, 4)) as (app, pilot):
        assert "EXIT? BAC" in screen_text(app)
        await press(pilot, "f2", "h")
        assert [answer.kind for _, answer in monitor.answers] == ["hold"]


async def test_layout_and_sort_are_remembered(tmp_path: Path) -> None:
    write_choice(tmp_path, ViewChoice("table", "symbol"))
    async with running(busy_market(), export_directory=tmp_path) as (app, _):
        assert "SYM*" in screen_text(app)
        assert list(app.model.order) == sorted(app.model.views)
    (tmp_path / FILE).write_text('{"layout":"sideways"}')
    assert read_choice(tmp_path) == ViewChoice()
    assert read_choice(tmp_path / "nowhere") is None


async def test_what_was_sorted_by_is_taken_up_once_it_is_known(tmp_path: Path) -> None:
    write_choice(tmp_path, ViewChoice("panels", "urgency"))
    monitor = calm_market(3)
    monitor.put(symbol_view("MSFT", "NO DATA", data_age_s=None, seed=5))
    async with running(monitor, export_directory=tmp_path) as (app, pilot):
        assert app.model.order == ("AAPL", "BAC", "MSFT")
        monitor.put(symbol_view("MSFT", "EXIT"))
        await settled(pilot)
        assert app.model.order == ("MSFT", "AAPL", "BAC")
        monitor.put(symbol_view("MSFT"), symbol_view("BAC", "EXIT"))
        await settled(pilot)
        assert app.model.order == ("MSFT", "AAPL", "BAC")


async def test_a_choice_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with running(calm_market(2), export_directory=tmp_path / "file") as (app, pilot):
        await press(pilot, "o")
        assert app.messages.standing[-1].text.startswith("layout and sort could not be saved: ")
