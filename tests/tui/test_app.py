from __future__ import annotations

import ast
import gc
import inspect
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.command import CommandList
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input

import orderflow_tui.tui
from orderflow_tui.tui.app import OrderFlowApp
from orderflow_tui.tui.keys import guarded_app
from orderflow_tui.tui.keys.guarded_app import CLICKS
from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.look.styled_lines import LineWidget
from orderflow_tui.tui.rows.bar_rows import status_row
from orderflow_tui.tui.rows.help_rows import help_rows
from orderflow_tui.tui.run_dashboard import run_dashboard
from orderflow_tui.tui.screens.answer import AnswerScreen
from orderflow_tui.tui.screens.detail import DetailScreen
from orderflow_tui.tui.screens.first_run import FirstRunScreen
from orderflow_tui.tui.screens.main import MainScreen
from orderflow_tui.tui.screens.palette import ActionCommands, entry_row
from orderflow_tui.tui.screens.position import PositionScreen
from orderflow_tui.tui.state.attention import Attention
from orderflow_tui.tui.state.first_run import FirstRun
from orderflow_tui.tui.state.positions_desk import PositionsDesk
from orderflow_tui.tui.state.screen_model import ScreenModel
from orderflow_tui.tui.widgets.alert_list import AlertFeed
from orderflow_tui.tui.widgets.history_list import HistoryList
from orderflow_tui.tui.widgets.keybar import KeyBar
from orderflow_tui.tui.widgets.panel import SymbolPanel
from orderflow_tui.tui.widgets.panel_grid import PanelGrid
from orderflow_tui.tui.widgets.scroll_text import RowPager
from tests.tui.driving import block, press, running, screen_text, settled, toasts
from tests.tui.fake import FakeMonitor, alert, busy_market, calm_market, market_card, recommendation, symbol_view
from tests.tui.journal_files import journal


def panel_of(app: OrderFlowApp, symbol: str) -> SymbolPanel:
    return next(panel for panel in app.screen.query(SymbolPanel) if panel.display and panel.symbol == symbol)


async def test_a_small_screen_shows_one_symbol_and_a_strip_of_all() -> None:
    async with running(busy_market(), size=(80, 24)) as (app, pilot):
        assert [panel.symbol for panel in app.screen.query(SymbolPanel) if panel.display] == ["NVDA"]
        text = screen_text(app)
        assert all(name in text for name in busy_market().views())
        await press(pilot, "right")
        assert "Sell all now" in screen_text(app)
        assert [panel.symbol for panel in app.screen.query(SymbolPanel) if panel.display] == ["BAC"]


async def test_a_large_screen_shows_a_grid() -> None:
    async with running(busy_market(), size=(199, 50)) as (app, _):
        shown = [panel for panel in app.screen.query(SymbolPanel) if panel.display]
        assert [panel.symbol for panel in shown[:4]] == ["NVDA", "BAC", "MSFT", "KO"]
        assert len({panel.region.y for panel in shown[:3]}) == 1
        assert len(shown) == 9


async def test_a_selected_panel_out_of_sight_is_scrolled_to() -> None:
    async with running(busy_market(), size=(120, 36)) as (app, pilot):
        await press(pilot, "9")
        panel = panel_of(app, "BRK.B")
        assert app.screen.query_one("#panels").region.contains_region(panel.region)


async def test_only_rows_that_changed_are_repainted() -> None:
    monitor = calm_market(2)
    async with running(monitor, size=(120, 36)) as (app, pilot):
        panel = panel_of(app, "BAC")
        before = list(panel.rows)
        monitor.put(symbol_view("BAC", seed=4, last_price=138_600))
        await settled(pilot)
        changed = [index for index, row in enumerate(panel.rows) if row != before[index]]
        assert "13.86" in panel.rows[0].plain
        assert changed == [0]


async def test_an_unchanged_view_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monitor = calm_market(4)
    async with running(monitor, size=(120, 36)) as (_, pilot):
        drawn: list[str] = []
        monkeypatch.setattr(SymbolPanel, "show", lambda self, rows: drawn.append(self.symbol))
        monitor.put(symbol_view("BAC", seed=4))
        await settled(pilot)
        assert drawn == ["BAC"]


async def test_a_click_selects() -> None:
    async with running(calm_market(4), size=(120, 36)) as (app, pilot):
        await pilot.click(panel_of(app, "MSFT"))
        await pilot.pause()
        assert app.model.selected == "MSFT"


async def test_the_bell_rings_once_for_each_new_recommendation_and_the_title_says_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(OrderFlowApp, "bell", lambda _: rung.append(1))
    monitor = calm_market()
    async with running(monitor) as (app, pilot):
        assert (rung, app.title) == ([], "orderflow-tui")
        monitor.put(recommendations=(recommendation("BAC"),))
        await settled(pilot)
        monitor.put(recommendations=(recommendation("BAC", reason="more of it"),))
        await settled(pilot)
        assert app.title == "EXIT? BAC"
        await heard(pilot, rung, 2)  # what leads rings twice
        assert "more of it" in block(app, "card")
        monitor.put(recommendations=())
        await settled(pilot)
        assert app.title == "orderflow-tui"


async def heard(pilot: Pilot[int], rung: list[int], bells: int) -> None:
    """Bells come a quarter of a second apart."""
    for _ in range(1_000):
        if len(rung) >= bells:
            break
        await pilot.pause(0.01)
    assert len(rung) == bells


async def test_the_bell_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr(OrderFlowApp, "bell", lambda _: rung.append(1))
    async with running(busy_market(), attention=Attention(bell=False)) as (app, _):
        assert app.title == "BLIND NVDA, EXIT? BAC"
    assert rung == []


async def test_the_kinds_of_card_are_told_apart_in_words() -> None:
    monitor = calm_market()
    async with running(monitor) as (app, pilot):
        for kind, words in (
            ("stop", "YOUR STOP BAC"),
            ("market", "EXIT? 1 of your 1 positions: BAC"),
            ("flow", "EXIT? BAC"),
        ):
            monitor.put(recommendations=(recommendation("BAC", kind=kind),))
            await settled(pilot)
            assert f">>> {words} <<<" in block(app, "card")


async def test_the_acknowledge_key_works_from_a_text_field_and_from_every_screen(tmp_path: Path) -> None:
    from tests.tui.journal_files import journal

    async with running(busy_market(), history=journal(tmp_path / "j", 20)) as (app, pilot):
        for way in (("h", "slash"), ("f1",), ("enter",), ("ctrl+p",)):
            await press(pilot, *way)
            await press(pilot, "f2")
            assert isinstance(app.screen, AnswerScreen), way
            while not isinstance(app.screen, MainScreen):
                await press(pilot, "escape")
        await press(pilot, "f2", "n", "x", "f2")
        assert isinstance(app.screen, AnswerScreen)
        assert not app.screen.query_one(Input).has_class("-asked")
        await press(pilot, "h")
    assert isinstance(app.monitor, FakeMonitor)
    assert [answer.kind for _, answer in app.monitor.answers] == ["hold"]


async def test_the_answer_follows_its_recommendation() -> None:
    monitor = busy_market()
    async with running(monitor) as (app, pilot):
        await press(pilot, "f2")
        monitor.put(recommendations=(recommendation("BAC", status="resolved", reason="the position is gone"),))
        await settled(pilot)
        assert "over: nothing to answer here" in block(app, "answer")
        monitor.put(recommendations=())
        await settled(pilot)
        assert "the position is gone" in block(app, "answer")


def _plain(bar: KeyBar) -> str:
    return "".join(row.plain for row in bar.rows)


async def test_under_a_dialog_the_row_of_keys_names_none_of_the_screen_below() -> None:
    monitor = calm_market()
    monitor.put(recommendations=(recommendation("BAC"),))
    async with running(monitor) as (app, pilot):
        bar = app.screen.query_one(KeyBar)
        assert "History" in _plain(bar)
        await press(pilot, "f2")
        assert isinstance(app.screen, AnswerScreen)
        assert _plain(bar) == ""
        app.tell("BAC: kept")
        assert _plain(bar) == " BAC: kept"
        app.messages.standing.clear()
        await press(pilot, "escape")
        await settled(pilot)
        assert "History" in _plain(bar)


async def test_news_of_the_same_thing_replace_it_and_warnings_wait() -> None:
    async with running(calm_market()) as (app, _):
        app.tell("BAC, KO: kept; u takes it back")
        app.tell("BAC, KO: kept, taken back")
        assert toasts(app) == ["BAC, KO: kept, taken back"]
        app.messages.standing.clear()
        for words in ("sorted by urgency", "BAC: kept", "sorted by symbol", "BAC: sold all"):
            app.tell(words)
        for words in ("BAC: the disk is full", "BAC: the file is gone"):
            app.tell(words, warning=True)
        assert toasts(app) == ["sorted by symbol", "BAC: sold all", "BAC: the disk is full", "BAC: the file is gone"]
        app.tell("BAC: kept")
        assert toasts(app) == ["sorted by symbol", "BAC: the disk is full", "BAC: the file is gone", "BAC: kept"]


async def test_nothing_to_answer_and_no_journal_are_said() -> None:
    async with running(calm_market()) as (app, pilot):
        said = []
        for key in ("f2", "h", "space", "plus", "f12"):
            await press(pilot, key)
            said.append(toasts(app)[-1])
        assert said == [
            "no recommendation to answer",
            "no journal to read on this machine",
            "only a replay can be paused",
            "only a replay has a speed",
            "no journal folder to write to",
        ]


async def test_trimming_a_position_that_is_not_known_takes_any_number_from_one() -> None:
    monitor = calm_market()
    monitor.put(recommendations=(recommendation("GONE"),))
    async with running(monitor) as (app, pilot):
        await press(pilot, "f2", "t", "enter")
        assert "must be 1 or more shares" in block(app, "answer")
        await press(pilot, "7", "enter")
        assert monitor.answers[0][1].shares == 7


async def test_a_card_of_many_names_cannot_be_trimmed_by_one_number() -> None:
    monitor = calm_market()
    monitor.put(recommendations=(market_card("MSFT", "NVDA"),))
    async with running(monitor) as (app, pilot):
        await press(pilot, "f2", "A", "t")
        assert "its own number of shares" in block(app, "answer")
        await press(pilot, "A", "t", "5", "enter", "h")
        assert [(name.split(":")[0], answer.kind, answer.shares) for name, answer in monitor.answers] == [
            ("MSFT", "trimmed", 5),
            ("NVDA", "hold", 0),
        ]
        assert isinstance(app.screen, MainScreen)


async def test_what_was_answered_here_is_not_asked_again_by_what_was_published_before() -> None:
    monitor = calm_market()
    card = market_card("MSFT", "NVDA")
    monitor.put(recommendations=(card,))
    async with running(monitor) as (app, pilot):
        await press(pilot, "f2", "e")
        monitor.put(recommendations=(card,))
        await settled(pilot)
        assert block(app, "answer").count("[no answer]") == 1
        await press(pilot, "h")
        assert isinstance(app.screen, MainScreen)


async def test_a_card_of_which_one_symbol_was_answered_rings_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr(OrderFlowApp, "bell", lambda _: rung.append(1))
    monitor = calm_market()
    async with running(monitor) as (_, pilot):
        monitor.put(recommendations=(market_card("MSFT", "NVDA"),))
        await settled(pilot)
        await heard(pilot, rung, 2)
        await press(pilot, "f2", "e", "escape")
        await settled(pilot)
        assert len(rung) == 2


async def test_the_source_is_marked_on_every_screen(tmp_path: Path) -> None:
    from tests.tui.journal_files import journal

    monitor = busy_market()
    monitor.put(source_label="REPLAY bac_20131007 x1", source_class="replayed", speed=4.0)
    async with running(monitor, history=journal(tmp_path / "j", 20)) as (app, pilot):
        for keys in ((), ("h",), ("enter",)):
            await press(pilot, *keys)
            assert "REPLAY bac_20131007 x1" in screen_text(app)
            await press(pilot, "escape")
        assert "x4" in block(app, "status")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"detail": "KEY REFUSED"}, "KEY REFUSED"),
        ({"logging": False}, "NOT LOGGING"),
        ({"detail": "NOT LOGGING: disk full, 12 waiting", "logging": False}, "NOT LOGGING: disk full, 12 waiting"),
        ({"connected": False}, "NOT CONNECTED"),
        ({"config_message": "orderflow.toml: bad"}, "orderflow.toml: bad"),
        ({"ended": "the recording is over"}, "the recording is over"),
        ({"paused": True}, "PAUSED"),
        ({"missing_features": ("quotes",)}, "not in your plan: quotes"),
        ({"positions_age_s": 130.0}, "positions 2:10 old"),
    ],
)
def test_what_is_wrong_stands_in_the_status_line(changes: dict[str, Any], words: str) -> None:
    monitor = calm_market()
    monitor.put(**changes)
    model = ScreenModel()
    model.poll(monitor, 0.0)
    assert words in status_row(model, Zone(), 160).plain


def test_the_status_row_says_a_thing_once() -> None:
    monitor = calm_market()
    monitor.put(detail="the key is refused", ended="the key is refused", exit_code=1)
    model = ScreenModel()
    model.poll(monitor, 0.0)
    assert status_row(model, Zone(), 160).plain.count("the key is refused") == 1


async def test_a_monitor_that_falls_silent_is_the_loudest_row() -> None:
    now = [0.0]
    monitor = calm_market()
    monitor.put(stream="stream")
    async with running(monitor, monotonic=lambda: now[0]) as (app, pilot):
        assert block(app, "blind") == ""
        assert "streaming" in screen_text(app)
        now[0] = 7.0
        await settled(pilot)
        assert "MONITOR NOT RESPONDING for 7.0s" in block(app, "blind")
        assert "Sell all now: --" in screen_text(app)
        now[0] = 19.0
        await settled(pilot)
        assert "data 19s old" in screen_text(app), "an age that stands still looks fresh"
        assert "streaming" not in screen_text(app)


async def test_the_feed_is_updated_in_place_and_waits_for_a_reader() -> None:
    monitor = busy_market()
    async with running(monitor) as (app, pilot):
        feed = app.screen.query_one(AlertFeed)
        lines = monitor.alert_lines()
        monitor.put(alerts=(alert("BAC", 0, "grown to 20,000"), *lines[1:]))
        await settled(pilot)
        assert "grown to 20,000" in screen_text(app)
        assert feed.virtual_size.height == len(lines)
        await press(pilot, "pagedown")
        top = feed.alerts[feed.scroll_offset.y]
        monitor.put(alerts=(alert("KO", 99, "new one"), *monitor.alert_lines()))
        await settled(pilot)
        assert feed.alerts[feed.scroll_offset.y] is top
        assert "1 new above" in block(app, "feed-title")
        await press(pilot, "home")
        assert "new one" in screen_text(app)
        assert "new above" not in block(app, "feed-title")


async def test_a_new_alert_lays_nothing_out_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monitor = busy_market()
    async with running(monitor) as (app, pilot):
        await settled(pilot)
        laid_out: list[object] = []
        monkeypatch.setattr(app.screen, "_refresh_layout", lambda *_, **__: laid_out.append(1))
        monitor.put(alerts=(alert("KO", 99, "new one"), *monitor.alert_lines()))
        await settled(pilot)
        assert "new one" in screen_text(app)
        feed = app.screen.query_one(AlertFeed)
        assert feed.vertical_scrollbar.window_virtual_size == len(feed.alerts)
        assert not laid_out


async def test_a_bar_that_grows_costs_one_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    monitor = calm_market()
    async with running(monitor, size=(200, 50)) as (app, pilot):
        laid_out: list[int] = []
        lay_out = app.screen._refresh_layout

        def counted(*words: Any, **named: Any) -> None:
            laid_out.append(1)
            lay_out(*words, **named)

        before = app.screen.query_one(PanelGrid).size.height
        monkeypatch.setattr(app.screen, "_refresh_layout", counted)
        monitor.put(recommendations=(recommendation("BAC"),))
        await settled(pilot)
        await settled(pilot)
        assert app.screen.query_one(PanelGrid).size.height < before
        assert len(laid_out) == 1


async def test_late_and_short_alerts_say_so() -> None:
    monitor = calm_market()
    monitor.put(alerts=(alert("BAC", 0, "12,400 bid", late=True, against="short", counts=False),))
    async with running(monitor) as (app, _):
        assert "12,400 bid (late, against your short)" in screen_text(app)


async def test_symbols_come_and_go() -> None:
    monitor = calm_market(1)
    async with running(monitor) as (app, pilot):
        monitor.put(symbol_view("NEW"), symbol_view("OTHER"))
        await settled(pilot)
        assert panel_of(app, "OTHER")
        await press(pilot, "3", "enter")
        for name in ("NEW", "OTHER", "AAPL"):
            monitor.drop(name)
        await settled(pilot)
        assert "no longer watched" in screen_text(app)
        await press(pilot, "escape", "enter", "left", "p")
        assert isinstance(app.screen, MainScreen)


async def test_the_first_run_says_what_to_do_next() -> None:
    monitor = FakeMonitor()
    first = FirstRun("no_positions_file", Path("/home/me/positions.toml"), "a line of [/] its own")
    async with running(monitor, size=(80, 24), first_run=first) as (app, pilot):
        text = screen_text(app)
        for words in (
            "/home/me/positions.toml",
            "[[position]]",
            "orderflow-tui demo",
            "a line of [/] its own",
            "SIMULATED",
        ):
            assert words in text
        await press(pilot, "f1", "f1")
        assert isinstance(app.screen, FirstRunScreen)
        monitor.put(symbol_view("BAC"))
        await settled(pilot)
        assert isinstance(app.screen, MainScreen)
        await settled(pilot)
        assert "BAC" in screen_text(app)


async def test_the_first_run_can_be_closed() -> None:
    async with running(FakeMonitor(), first_run=FirstRun("nothing_held", Path("p.toml"))) as (app, pilot):
        await press(pilot, "escape")
        assert isinstance(app.screen, MainScreen)


async def test_the_palette_lists_every_action_of_the_screen() -> None:
    async with running(busy_market()) as (app, pilot):
        await press(pilot, "ctrl+p")
        await pilot.pause(0.3)
        await press(pilot, *"unpin")
        await pilot.pause(0.5)
        await press(pilot, "enter")
        await pilot.pause()
        assert app.model.pinned == ("NVDA",)
        await press(pilot, "ctrl+p")
        await pilot.pause(0.2)
        await press(pilot, *"light")
        await pilot.pause(0.5)
        await press(pilot, "down", "enter")
        await pilot.pause()
        assert app.theme == "light"


async def test_the_palette_knows_symbols_and_themes(tmp_path: Path) -> None:
    desk = PositionsDesk(tmp_path / "positions.toml")
    async with running(busy_market(), positions=desk) as (app, pilot):
        palette = ActionCommands(app.screen)
        found = {hit.text: hit async for hit in palette.discover()}
        await found["Go to KO"].command()
        assert app.model.selected == "KO"
        await found["Details of MSFT"].command()
        assert (app.model.selected, type(app.screen)) == ("MSFT", DetailScreen)
        await press(pilot, "escape")
        await found["Edit KO"].command()
        assert isinstance(app.screen, PositionScreen)
        await press(pilot, "escape")
        found["Answer EXIT? BAC"].command()
        await pilot.pause()
        assert isinstance(app.screen, AnswerScreen)
        found["Theme: light"].command()
        assert app.theme == "light"


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_the_palette_is_a_row_an_entry_and_leaves_the_card_whole(size: tuple[int, int]) -> None:
    async with running(busy_market(), size) as (app, pilot):
        above = [
            row.plain.rstrip() for name in ("#blind", "#card") for row in app.screen.query_one(name, LineWidget).rows
        ]
        await press(pilot, "ctrl+p")
        shown = app.screen.query_one(CommandList)
        for _ in range(200):
            if shown.option_count and shown.display and shown.size.height:
                break
            await pilot.pause(0.02)
        await pilot.pause()
        lines = screen_text(app).splitlines()
        assert [line[: len(row)] for line, row in zip(lines, above, strict=False)] == above
        assert shown.virtual_size.height == shown.option_count
        assert max(map(ord, screen_text(app))) < 0x10000


def test_an_entry_is_text_and_fits_its_row() -> None:
    row = entry_row("Back 1 min ([)", "[red]what[/red] somebody wrote at length " + "x" * 200, 70, (0, 5))
    assert row.plain.startswith("Back 1 min ([)             [red]what[/red] somebody")
    assert len(row.plain) == 70


async def test_a_click_on_an_alert_opens_it() -> None:
    async with running(busy_market()) as (app, pilot):
        await pilot.click(AlertFeed, offset=(30, 0))
        await pilot.pause()
        assert isinstance(app.screen, DetailScreen)
        assert app.model.selected == app.model.alerts[0].symbol


async def test_a_click_on_the_card_opens_its_answer() -> None:
    async with running(busy_market()) as (app, pilot):
        await pilot.click("#card", offset=(4, 1))
        await pilot.pause()
        assert isinstance(app.screen, AnswerScreen)


async def test_the_wheel_scrolls_alerts_and_history(tmp_path: Path) -> None:
    async with running(busy_market(), history=journal(tmp_path / "j", 200)) as (app, pilot):
        feed = app.screen.query_one(AlertFeed)
        feed.post_message(wheel(feed))
        await pilot.pause()
        assert feed.scroll_offset.y > 0
        await press(pilot, "h")
        rows = app.screen.query_one(HistoryList)
        rows.post_message(wheel(rows))
        await pilot.pause()
        assert rows.scroll_offset.y > 0


def wheel(widget: Widget) -> events.MouseScrollDown:
    return events.MouseScrollDown(widget, 1, 1, 0, 1, 0, shift=False, meta=False, ctrl=False)


async def test_a_click_on_a_key_presses_it() -> None:
    async with running(busy_market()) as (app, pilot):
        bar = screen_text(app).splitlines()[-1]
        await pilot.click(KeyBar, offset=(bar.index("Pin"), 0))
        assert app.model.pinned == ("NVDA",)
        await pilot.click(KeyBar, offset=(bar.index("F2"), 0))
        assert isinstance(app.screen, AnswerScreen)


def click(app: OrderFlowApp, column: int, row: int) -> None:
    """As the terminal's driver says it."""
    for kind in (events.MouseDown, events.MouseUp):
        app.post_message(
            kind(None, column, row, 0, 0, 1, shift=False, meta=False, ctrl=False, screen_x=column, screen_y=row)
        )


async def test_one_click_quits_and_a_flood_of_them_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded_app, "ONE_CLICK_SECONDS", 0.05)
    async with running(busy_market()) as (app, pilot):
        lines = screen_text(app).splitlines()
        at = lines[-1].index("Quit"), len(lines) - 1
        for _ in range(20):
            click(app, *at)
        await pilot.pause(0.1)
        assert not app._exit
        assert CLICKS in toasts(app)
        click(app, *at)
        await pilot.pause(0.1)
        assert app._exit


async def test_a_flood_of_clicks_opens_no_answer_twice_and_answers_nothing() -> None:
    monitor = busy_market()
    async with running(monitor) as (app, pilot):
        lines = screen_text(app).splitlines()
        row = next(number for number, line in enumerate(lines) if "EXIT" in line)
        for column in range(0, 100, 5):
            click(app, column, row)
            click(app, column, row + 1)
        await pilot.pause()
        assert len(app.screen_stack) <= 2
        assert monitor.answers == []


async def test_the_help_wraps_anew_in_a_narrower_window() -> None:
    async with running(calm_market(), (120, 36)) as (app, pilot):
        await press(pilot, "f1")
        pager = app.screen.query_one(RowPager)
        wide = max(len(row.plain) for row in pager.rows)
        await pilot.resize_terminal(70, 30)
        await settled(pilot)
        assert max(len(row.plain) for row in pager.rows) <= 68 < wide
        assert "per symbol and total" in " ".join(row.plain.strip() for row in pager.rows)


async def test_help_and_key_bar_show_the_users_keys() -> None:
    async with running(busy_market(), keys={"pin": "f6,z"}) as (app, pilot):
        assert " F6 Pin" in screen_text(app).splitlines()[-1]
        await press(pilot, "f1")
        assert any("F6, z" in row.plain for row in app.screen.query_one(RowPager).rows)


async def test_sizes_from_nothing_to_huge_and_a_storm_of_them() -> None:
    monitor = busy_market()
    async with running(monitor) as (app, pilot):
        for index, size in enumerate(
            [(1, 1), (2, 50), (300, 2), (43, 9), (80, 24), (7, 7), (300, 90), (99, 16), (100, 15)]
        ):
            await pilot.resize_terminal(*size)
            monitor.put(symbol_view("BAC", "ALERT", seed=index), recommendations=(recommendation("BAC"),))
            await settled(pilot)
        await press(pilot, "f2")
        await pilot.resize_terminal(1, 1)
        await pilot.resize_terminal(80, 24)
        await press(pilot, "escape", "enter")
        for size in ((1, 1), (20, 5), (31, 60), (120, 40)):
            await pilot.resize_terminal(*size)
            await settled(pilot)
        await press(pilot, "escape")
        await settled(pilot)
        assert ">>> EXIT? BAC <<<" in screen_text(app)


async def test_quitting_hands_on_the_monitors_exit_code() -> None:
    monitor = calm_market()
    monitor.put(detail="KEY REFUSED", ended="the key was refused", exit_code=1)
    async with running(monitor) as (app, pilot):
        await press(pilot, "ctrl+q")
    assert app.return_value == 1


def test_run_dashboard_returns_the_exit_code_and_settles_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}

    def run(self: OrderFlowApp, *, mouse: bool = True) -> int:
        asked.update(mouse=mouse, freeze=self._freeze, collects=gc.isenabled())
        return 3

    monkeypatch.setattr(OrderFlowApp, "run", run)
    monkeypatch.setattr(sys, "setswitchinterval", lambda seconds: asked.update(switch=seconds))
    assert run_dashboard(calm_market(), mouse=False) == 3
    assert asked == {"mouse": False, "freeze": True, "collects": False, "switch": 0.0005}
    assert gc.isenabled()


async def test_garbage_is_collected_and_frozen_after_the_first_paint(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(gc, "collect", lambda: calls.append("collect"))
    monkeypatch.setattr(gc, "freeze", lambda: calls.append("freeze"))
    monkeypatch.setattr(gc, "enable", lambda: calls.append("enable"))
    async with running(calm_market(), freeze=True) as (app, _):
        app._settle()
    assert calls == ["collect", "freeze", "enable"]


async def test_the_terminals_title_is_set_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(OrderFlowApp, "is_headless", property(lambda _: False))
    monitor = calm_market()
    async with running(monitor) as (app, pilot):
        assert app._driver is not None
        monkeypatch.setattr(app._driver, "write", written.append)
        monitor.put(recommendations=(recommendation("BAC\x1b]52;c;eA==\x07"),))
        await settled(pilot)
        monkeypatch.setattr(OrderFlowApp, "is_headless", property(lambda _: True))
    titles = [sequence for sequence in written if sequence.startswith("\x1b]0") and "● " not in sequence]
    assert titles == ["\x1b]0;EXIT? BAC]52;c;eA==\x07"]


def test_nothing_of_the_screen_waits_for_a_thread_or_starts_one() -> None:
    """Leaving takes no longer than the terminal: no thread, no sleep, no join, no call across threads.

    A worker may run on the screen's own loop; one with `thread=True`, or made by the decorator, may not be.
    """
    forbidden = {"work", "Thread", "to_thread", "run_in_executor", "call_from_thread", "sleep"}
    folder = Path(inspect.getfile(orderflow_tui.tui)).parent
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = ast.unparse(node) if isinstance(node, ast.Attribute | ast.Name) else ""
            found = name != "asyncio.sleep" and name.rsplit(".", 1)[-1] in forbidden
            assert not found, f"{path.name}: {name}"
            words = node.keywords if isinstance(node, ast.Call) else []
            assert not any(word.arg == "thread" for word in words), f"{path.name}:{getattr(node, 'lineno', 0)}: thread="


async def test_a_monitor_that_blocks_elsewhere_does_not_hold_leaving_up() -> None:
    """The screen never calls `join` or `stop` on what feeds it: its port has no such thing to call."""
    monitor = calm_market()
    async with running(monitor) as (app, pilot):
        await press(pilot, "q")
        assert app._exit
    assert not {name for name in dir(type(monitor)) if name in {"join", "stop", "close"}}


async def test_news_that_comes_while_the_screen_goes_is_left_alone() -> None:
    """A tick between the removal of the screen's parts and the loop's end must not find them missing."""
    monitor = calm_market()
    async with running(monitor) as (app, _):
        pass
    monitor.put(alerts_total=7)
    seen = app.model.views
    await app.look()
    assert app.model.views is seen


async def test_what_the_trader_should_know_is_told_once_at_the_start() -> None:
    async with running(FakeMonitor(), notices=["positions: NIO: 100.5 shares held, whole ones counted (100)"]) as (
        app,
        _,
    ):
        assert toasts(app) == ["positions: NIO: 100.5 shares held, whole ones counted (100)"]


@pytest.mark.parametrize("key", ["enter", "d", "f1", "f2"])
async def test_a_screen_that_was_left_is_let_go_with_everything_it_painted(key: str) -> None:
    async with running(busy_market()) as (app, pilot):
        await press(pilot, key)
        assert not isinstance(app.screen, MainScreen)
        parts = weakref.WeakSet([app.screen, *app.screen.walk_children()])
        painted = weakref.WeakSet(part._styles_cache for part in parts if isinstance(part, Widget))
        await press(pilot, "escape")
        await settled(pilot)
        assert isinstance(app.screen, MainScreen)
        gc.collect()
        assert not list(parts)
        assert not list(painted)


@pytest.mark.parametrize("width", [38, 82])
def test_the_help_in_a_browser_begins_with_the_keys_the_browser_keeps(width: int) -> None:
    rows = [row.plain for row in help_rows(width, lambda binding: [binding.key], browser=True)]
    assert rows[0] == " In a browser"
    assert rows[1].startswith(" ?  ")
    assert all(len(row) <= width for row in rows[: rows.index(" Dashboard")])
    assert " In a browser" not in [row.plain for row in help_rows(width, lambda binding: [binding.key])]
