"""Every binding does what it says: one test a binding, and none left out."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input

from orderflow_tui.config.edit import SettingsFile
from orderflow_tui.config.screen_settings import ScreenSettings
from orderflow_tui.core.model.data_models import Answer
from orderflow_tui.positions.toml_file import read_text
from orderflow_tui.tui.app import OrderFlowApp
from orderflow_tui.tui.keys.bindings import SCOPES, named
from orderflow_tui.tui.screens.answer import AnswerScreen
from orderflow_tui.tui.screens.close_screen import LeaveScreen
from orderflow_tui.tui.screens.detail import DetailScreen
from orderflow_tui.tui.screens.fire_drill import DrillScreen
from orderflow_tui.tui.screens.first_run import FirstRunScreen
from orderflow_tui.tui.screens.help import HelpScreen
from orderflow_tui.tui.screens.history import HistoryScreen
from orderflow_tui.tui.screens.journal_record import RecordScreen
from orderflow_tui.tui.screens.main import MainScreen
from orderflow_tui.tui.screens.position import PositionScreen
from orderflow_tui.tui.screens.search import SearchScreen
from orderflow_tui.tui.screens.settings import SettingsScreen
from orderflow_tui.tui.state.first_run import FirstRun, Kind
from orderflow_tui.tui.state.positions_desk import PositionsDesk
from orderflow_tui.tui.state.settings_model import SettingsDesk
from orderflow_tui.tui.state.view_choice import ViewChoice, read_choice
from orderflow_tui.tui.widgets.alert_list import AlertFeed
from orderflow_tui.tui.widgets.chart import SeriesCharts
from orderflow_tui.tui.widgets.history_list import HistoryList
from orderflow_tui.tui.widgets.scroll_text import RowPager
from tests.tui.driving import block, press, running, screen_text, settled, toasts
from tests.tui.fake import FakeMonitor, busy_market, market_card, recommendation
from tests.tui.journal_files import journal


@dataclass
class FakeReplay:
    """Writes down what it is asked."""

    paused: list[str] = field(default_factory=list)
    speeds: list[float] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    sought: list[int] = field(default_factory=list)

    def toggle_pause(self) -> None:
        self.paused.append("pressed")

    def change_speed(self, factor: float) -> None:
        self.speeds.append(factor)

    def step(self, step: str) -> None:
        self.steps.append(step)

    def seek_by(self, seconds: int) -> str:
        self.sought.append(seconds)
        return "sought"

    def seek(self, time_ns: int) -> str:
        self.sought.append(time_ns)
        return ""


@dataclass
class Bench:
    """The running app with what its keys may reach."""

    app: OrderFlowApp
    pilot: Pilot[int]
    monitor: FakeMonitor
    folder: Path
    replay: FakeReplay

    async def press(self, *keys: str) -> None:
        await press(self.pilot, *keys)

    async def fresh(self) -> None:
        """The dashboard as it began: nothing above it, nothing answered or asked for, the first symbol selected."""
        while len(self.app.screen_stack) > 1:
            await self.app.pop_screen()
        began = busy_market()
        self.monitor.put(
            *began.views().values(), alerts=began.alert_lines(), recommendations=began.recommendations(),
            **msgspec.structs.asdict(began.status()),
        )  # fmt: skip
        for asked in (self.monitor.answers, self.monitor.owned, self.monitor.recovered, self.monitor.detailed):
            asked.clear()
        for told in (self.replay.paused, self.replay.speeds, self.replay.steps, self.replay.sought):
            told.clear()
        await settled(self.pilot)
        await self.press("1", "home")
        self.app.messages.standing.clear()

    @property
    def rows(self) -> HistoryList:
        return self.app.screen.query_one(HistoryList)

    @property
    def answer(self) -> tuple[str, int, int, str]:
        _, given = self.monitor.answers[-1]
        return given.kind, given.shares, given.minutes, given.note


Check = Callable[[Bench], Awaitable[None]]
CHECKS: dict[str, Check] = {}


def checks(*binding_ids: str) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        CHECKS.update(dict.fromkeys(binding_ids, check))
        return check

    return register


@checks("help", "help-letter")
async def _help(bench: Bench) -> None:
    await bench.press("f1")
    assert isinstance(bench.app.screen, HelpScreen)
    assert "Answer the exit recommendation" in "\n".join(row.plain for row in bench.app.screen.query_one(RowPager).rows)
    await bench.press("f1")
    assert isinstance(bench.app.screen, MainScreen)
    await bench.press("question_mark")
    assert isinstance(bench.app.screen, HelpScreen)


@checks("palette")
async def _palette(bench: Bench) -> None:
    await bench.press("colon")
    assert isinstance(bench.app.screen, CommandPalette)


@checks("acknowledge", "acknowledge-letter")
async def _acknowledge(bench: Bench) -> None:
    for key in ("f2", "a"):
        await bench.press(key)
        assert isinstance(bench.app.screen, AnswerScreen)
        await bench.press("escape")
    assert bench.monitor.answers == []


@checks("history", "history-close")
async def _history(bench: Bench) -> None:
    for key in ("escape", "h"):
        await bench.press("h")
        assert isinstance(bench.app.screen, HistoryScreen)
        await bench.press(key)
        assert isinstance(bench.app.screen, MainScreen)


@checks("next-theme")
async def _next_theme(bench: Bench) -> None:
    before = bench.app.theme
    await bench.press("T")
    assert bench.app.theme != before


@checks("recover")
async def _recover(bench: Bench) -> None:
    await bench.press("2", "r")
    assert bench.monitor.recovered == ["NVDA"]
    await bench.press("1", "r")
    assert bench.monitor.recovered == ["NVDA", "NVDA"]
    bench.monitor.drop("NVDA")
    await bench.app.look()
    await bench.press("r")
    assert toasts(bench.app)[-1] == "no symbol is BLIND"


@checks("pause", "faster", "slower")
async def _replay(bench: Bench) -> None:
    await bench.press("space", "plus", "equals_sign", "minus")
    assert (bench.replay.paused, bench.replay.speeds) == (["pressed"], [2.0, 2.0, 0.5])
    bench.monitor.put(speed=0.0)
    await bench.app.look()
    await bench.press("plus")
    assert toasts(bench.app)[-1] == "this replay goes as fast as it can: no speed to change"
    assert "as fast as it goes" in block(bench.app, "status")
    assert bench.replay.speeds == [2.0, 2.0, 0.5]


@checks("mine")
async def _mine(bench: Bench) -> None:
    await bench.press("m", *"buy 10.00 5", "enter")
    assert [str(order.price) for _, orders in bench.monitor.owned for order in orders] == ["10.00"]


@checks("step-event", "step-second")
async def _step(bench: Bench) -> None:
    await bench.press("full_stop", "greater_than_sign", "full_stop")
    assert bench.replay.steps == ["event", "second", "event"]


@checks("seek-back", "seek-on", "seek-back-far", "seek-on-far")
async def _seek(bench: Bench) -> None:
    await bench.press("left_square_bracket", "right_square_bracket", "left_curly_bracket", "right_curly_bracket")
    assert bench.replay.sought == [-60, 60, -600, 600]
    assert "sought" in toasts(bench.app)
    await bench.press("h", "left_square_bracket")
    assert bench.replay.sought == [-60, 60, -600, 600], "the history reads the journal that would go back"


@checks("picture", "picture-letter")
async def _picture(bench: Bench) -> None:
    await bench.press("P")
    (picture,) = bench.folder.glob("screen-*.svg")
    assert "<svg" in picture.read_text(encoding="utf-8")
    assert picture.stat().st_mode & 0o777 == 0o600


@checks("quit", "quit-letter")
async def _quit(bench: Bench) -> None:
    await bench.press("q")
    assert bench.app.return_value == 0


@checks("detail", "detail-close")
async def _detail(bench: Bench) -> None:
    for key in ("escape", "enter"):
        await bench.press("enter")
        assert isinstance(bench.app.screen, DetailScreen)
        await bench.press(key)
        assert isinstance(bench.app.screen, MainScreen)


@checks("select-previous", "select-next")
async def _select(bench: Bench) -> None:
    await bench.press("right")
    assert bench.app.model.selected == "BAC"
    await bench.press("j", "k", "l", "up")
    assert bench.app.model.selected == "BAC"
    await bench.press("left", "left")
    assert bench.app.model.selected == "BRK.B"


@checks(*(f"select-{number}" for number in range(1, 10)))
async def _numbers(bench: Bench) -> None:
    for number in range(1, 10):
        await bench.press(str(number))
        assert bench.app.model.selected == bench.app.model.order[number - 1]


@checks("detail-chart", "tape-size", "tape-side", "tape-venue")
async def _detail_choices(bench: Bench) -> None:
    await bench.press("2", "enter")
    chart = bench.app.screen.query_one(SeriesCharts)
    assert "Price" in chart.shown[0].title
    await bench.press("c")
    assert "Delta per" in chart.shown[0].title
    await bench.press("v", "s", "o")
    rows = "\n".join(row.plain for row in bench.app.screen.query_one(RowPager).rows)
    assert "large +, sells, on exchange" in rows


@checks("drill", "detail-drill", "drill-close", "drill-up", "drill-down")
async def _drill(bench: Bench) -> None:
    for way in ((), ("enter",)):
        await bench.press(*way, "d")
        assert isinstance(bench.app.screen, DrillScreen)
        await bench.press("pagedown", "pagedown")
        rows = bench.app.screen.query_one(RowPager)
        deep = rows.scroll_offset.y
        await bench.press("pageup")
        assert 0 <= rows.scroll_offset.y < deep
        await bench.press("d")
        assert not isinstance(bench.app.screen, DrillScreen)
    await bench.press("d", "escape")
    assert isinstance(bench.app.screen, DetailScreen)


@checks("table")
async def _table(bench: Bench) -> None:
    await bench.press("t", "o", "j")
    assert ">2  BAC" in screen_text(bench.app)
    assert read_choice(bench.folder) == ViewChoice("table", "urgency")
    assert (bench.folder / "screen.json").stat().st_mode & 0o777 == 0o600
    await bench.press("t")
    assert "SYM" not in screen_text(bench.app)


@checks("sort")
async def _sort(bench: Bench) -> None:
    await bench.press("o")
    assert toasts(bench.app)[-1] == "sorted by urgency"
    await bench.press("o", "o", "o")
    assert list(bench.app.model.order) == sorted(bench.app.model.views)


@checks("select-urgent")
async def _urgent(bench: Bench) -> None:
    await bench.press("4")
    assert bench.app.model.selected == "KO"
    await bench.press("escape")
    assert bench.app.model.selected == "NVDA"


@checks("pin")
async def _pin(bench: Bench) -> None:
    await bench.press("4", "p")
    assert bench.app.model.order[0] == "KO"
    assert "#1 KO" in screen_text(bench.app)


@checks("next-card")
async def _next_card(bench: Bench) -> None:
    bench.monitor.put(recommendations=(recommendation("BAC"), recommendation("AAPL", rank=2)))
    await bench.app.look()
    assert "EXIT? BAC" in block(bench.app, "card")
    assert "1 of 2, tab next" in block(bench.app, "card")
    await bench.press("tab")
    assert "EXIT? AAPL" in block(bench.app, "card")
    await bench.press("tab")
    assert "EXIT? BAC" in block(bench.app, "card")


@checks("feed-up", "feed-down", "feed-newest")
async def _feed(bench: Bench) -> None:
    feed = bench.app.screen.query_one(AlertFeed)
    await bench.press("pagedown", "pagedown")
    deep = feed.scroll_offset.y
    await bench.press("pageup")
    assert 0 < feed.scroll_offset.y < deep
    await bench.press("home")
    assert feed.scroll_offset.y == 0


@checks("alerts")
async def _alerts(bench: Bench) -> None:
    feed = bench.app.screen.query_one(AlertFeed)
    await bench.press("v", "down")
    assert feed.chosen == bench.app.model.alerts[1]
    await bench.press("v")
    assert feed.chosen is None
    await bench.press("v", "escape")
    assert feed.chosen is None
    await bench.press("v", "pagedown", "enter")
    alert = feed.chosen
    assert alert is not None
    assert isinstance(bench.app.screen, DetailScreen)
    assert bench.app.model.selected == alert.symbol
    rows = [row.plain for row in bench.app.screen.query_one(RowPager).rows]
    assert sum("This alert, " in row for row in rows) == 1
    await bench.press("right")
    assert not any("This alert, " in row.plain for row in bench.app.screen.query_one(RowPager).rows)


@checks("mute")
async def _mute(bench: Bench) -> None:
    await bench.press("M")
    assert not bench.app._signals.use.bell
    assert "bell off" in block(bench.app, "status")
    await bench.press("M")
    assert bench.app._signals.use.bell
    assert "bell off" not in block(bench.app, "status")


@checks("take-back", "answer-take-back")
async def _take_back(bench: Bench) -> None:
    await bench.press("f2", "e")
    assert toasts(bench.app)[-1] == "BAC: sold all; u takes it back"
    await bench.app.look()
    await bench.press("h", "u")
    assert toasts(bench.app)[-1] == "BAC: sold all, taken back"
    await settled(bench.pilot)
    assert "EXIT? BAC" in screen_text(bench.app), "what is open shows over the history too"
    await bench.press("escape")
    await bench.press("u")
    assert toasts(bench.app)[-1] == "no answer to take back"
    await bench.press("f2", "h", "f2", "u")
    assert [answer.kind for _, answer in bench.monitor.answers] == ["exited", "take_back", "hold", "take_back"]


@checks("answer-up", "answer-down", "answer-all")
async def _symbol_by_symbol(bench: Bench) -> None:
    bench.monitor.put(recommendations=(market_card("BAC", "MSFT", "KO"),))
    await bench.app.look()
    await bench.press("f2", "down", "k", "j", "e")
    assert bench.monitor.answers == [(recommendation("MSFT").recommendation_id, Answer("exited"))]
    assert "[sold all]" in block(bench.app, "answer")
    await bench.press("A", "t")
    assert "its own number" in block(bench.app, "answer")
    await bench.press("h")
    assert [name.split(":")[0] for name, _ in bench.monitor.answers[1:]] == ["BAC", "KO"]
    assert isinstance(bench.app.screen, MainScreen)
    await bench.app.look()
    await bench.press("u")
    assert [answer.kind for _, answer in bench.monitor.answers[3:]] == ["take_back"] * 3


@checks("answer-exited")
async def _exited(bench: Bench) -> None:
    await bench.press("f2", "e")
    assert bench.answer == ("exited", 0, 0, "")
    assert isinstance(bench.app.screen, MainScreen)
    await bench.app.look()
    assert block(bench.app, "card") == ""


@checks("answer-trimmed")
async def _trimmed(bench: Bench) -> None:
    await bench.press("f2", "t", "9", "9", "9", "9", "enter")
    assert "between 1 and 1,000 shares" in block(bench.app, "answer")
    bench.app.screen.query_one(Input).value = "4,00"
    await bench.press("enter")
    assert bench.answer == ("trimmed", 400, 0, "")


@checks("answer-hold")
async def _hold(bench: Bench) -> None:
    await bench.press("a", "h")
    assert bench.answer == ("hold", 0, 0, "")


@checks("answer-snooze", "snooze-1", "snooze-5", "snooze-15")
async def _snooze(bench: Bench) -> None:
    for key, minutes in (("1", 1), ("5", 5), ("f", 15)):
        bench.monitor.put(recommendations=(recommendation("BAC"),))
        await bench.app.look()
        await bench.press("f2", key)
        assert len(bench.monitor.answers) == (minutes > 1) + (minutes > 5)
        await bench.press("s", key)
        assert bench.answer == ("snooze", 0, minutes, "")


@checks("answer-note", "answer-back")
async def _note(bench: Bench) -> None:
    await bench.press("f2", "n", "x", "escape")
    assert "note:" not in block(bench.app, "answer")
    await bench.press("n", "f", "e", "d", "enter")
    assert "note: fed" in block(bench.app, "answer")
    await bench.press("h")
    assert bench.answer == ("hold", 0, 0, "fed")


@checks("detail-previous", "detail-next", "detail-up", "detail-down")
async def _in_detail(bench: Bench) -> None:
    await bench.press("enter", "right")
    assert " BAC" in block(bench.app, "detail-title")
    await bench.press("left")
    assert " NVDA" in block(bench.app, "detail-title")
    pager = bench.app.screen.query_one(RowPager)
    await bench.press("pagedown")
    assert pager.scroll_offset.y > 0
    await bench.press("pageup")
    assert pager.scroll_offset.y == 0


@checks("history-record", "dialog-close")
async def _record(bench: Bench) -> None:
    await bench.press("h", "l")
    assert isinstance(bench.app.screen, RecordScreen)
    assert "sell_ratio" in screen_text(bench.app)
    await bench.press("escape")
    assert isinstance(bench.app.screen, HistoryScreen)


@checks("history-search")
async def _search(bench: Bench) -> None:
    await bench.press("h", "slash")
    assert isinstance(bench.app.screen, SearchScreen)
    await bench.press("p", "u", "l", "l", "e", "d", "enter")
    assert 0 < len(bench.rows.entries) < 200
    assert "text 'pulled'" in block(bench.app, "history-filter")
    await bench.press("slash", "escape")
    assert "text 'pulled'" in block(bench.app, "history-filter")


@checks("filter-symbol", "filter-kind", "filter-severity", "filter-day", "filter-answered", "filter-clear")
async def _filters(bench: Bench) -> None:
    await bench.press("h")
    everything = len(bench.rows.entries)
    for key, words in (
        ("s", "symbol AAPL"),
        ("e", "kind answer"),
        ("v", "severity critical"),
        ("d", "day 2025-10-22"),
        ("w", "answer answered"),
    ):
        await bench.press(key)
        assert words in block(bench.app, "history-filter")
        assert len(bench.rows.entries) < everything
        await bench.press("x")
        assert "filter: all" in block(bench.app, "history-filter")


@checks("history-export")
async def _export(bench: Bench) -> None:
    await bench.press("h", "s", "c", "c")
    first, second = sorted(bench.folder.glob("history-*.csv"))
    assert first.stat().st_mode & 0o777 == 0o600
    lines = first.read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(bench.rows.entries) + 1
    assert all(",AAPL," in line for line in lines[1:])
    assert any(name in toasts(bench.app)[-1] for name in (first.name, second.name))


@checks("history-copy")
async def _copy(bench: Bench) -> None:
    await bench.press("h", "y")
    assert '"event_id": "e0"' in bench.app.clipboard


@checks(
    "history-up", "history-down", "history-page-up", "history-page-down", "history-half-up", "history-half-down",
    "history-newest", "history-oldest",
)  # fmt: skip
async def _moving(bench: Bench) -> None:
    await bench.press("h", "down", "j", "k")
    assert bench.rows.cursor == 1
    await bench.press("pagedown")
    assert bench.rows.cursor == bench.rows.size.height
    await bench.press("pageup", "up", "down")
    assert bench.rows.cursor == 1
    await bench.press("ctrl+d", "ctrl+d", "ctrl+u")
    assert bench.rows.cursor == 1 + bench.rows.size.height // 2
    for last, first in (("end", "home"), ("G", "g")):
        await bench.press(last)
        assert bench.rows.cursor == len(bench.rows.entries) - 1
        assert bench.rows.scroll_offset.y > 0
        await bench.press(first)
        assert (bench.rows.cursor, bench.rows.scroll_offset.y) == (0, 0)


@checks("settings", "settings-close", "settings-up", "settings-down", "settings-less", "settings-more")
async def _settings(bench: Bench) -> None:
    def kept() -> dict[str, object]:
        return dict(tomllib.loads((bench.folder / "orderflow.toml").read_text())["ui"])

    await bench.press("comma")
    assert isinstance(bench.app.screen, SettingsScreen)
    await bench.press("right")
    assert bench.app.theme != "dark"
    assert kept() == {"theme": bench.app.theme}
    await bench.press("left", "down", "j", "up", "l")
    assert (bench.app.theme, kept()) == ("dark", {"theme": "dark", "fps": 20.0})
    await bench.press("h", "k", "escape")
    assert isinstance(bench.app.screen, MainScreen)
    await bench.press("comma", "comma")
    assert isinstance(bench.app.screen, MainScreen)


@checks("settings-type", "settings-take-back", "settings-symbol")
async def _thresholds(bench: Bench) -> None:
    def kept() -> dict[str, object]:
        return dict(tomllib.loads((bench.folder / "orderflow.toml").read_text()).get("symbols", {}))

    await bench.press("comma", "j", "j", "j", "j", "enter", *"25,000", "enter")
    assert kept() == {"NVDA": {"large_order_size_threshold": 25_000}}
    await bench.press("tab", "enter", *"9", "enter")
    assert "must be a whole number of shares" in block(bench.app, "settings")
    await bench.press("enter", *"lots", "enter")
    assert "must be a number" in block(bench.app, "settings")
    await bench.press("x")
    assert "nothing to remove" in block(bench.app, "settings")
    assert kept() == {"NVDA": {"large_order_size_threshold": 25_000}}
    for _ in range(len(bench.app.model.order) - 1):
        await bench.press("tab")
    await bench.press("x")
    assert kept() == {"NVDA": {}}


@checks("first-run-close", "first-run-write")
async def _first_run(bench: Bench) -> None:
    path = bench.folder / "positions.toml"
    async with running(FakeMonitor(), first_run=FirstRun("no_positions_file", path)) as (app, pilot):
        await press(pilot, "w")
        assert read_text(path.read_text(), "positions.toml") == ((), ())
        assert path.stat().st_mode & 0o777 == 0o600
        await press(pilot, "escape")
        assert isinstance(app.screen, MainScreen)


@checks("text-up", "text-down", "text-half-up", "text-half-down", "text-top", "text-bottom")
async def _long_text(bench: Bench) -> None:
    await bench.press("f1")
    pager = bench.app.screen.query_one(RowPager)

    async def top_after(*keys: str) -> int:
        await bench.press(*keys)
        await bench.pilot.pause()
        return round(pager.scroll_target_y)

    assert await top_after("j", "j", "k") == 1
    assert await top_after("ctrl+d") == 1 + pager.size.height // 2
    assert await top_after("ctrl+u") == 1
    assert await top_after("G") == pager.max_scroll_y > 0
    assert await top_after("g") == 0


class FakeEngine:
    """An engine in another process, as far as the keys go."""

    def __init__(self) -> None:
        self.gone = ""
        self.asked: list[str] = []

    def asks(self) -> bool:
        return True

    def keep(self) -> None:
        self.asked.append("keep")

    def end(self) -> None:
        self.asked.append("end")

    def take_settings(self) -> Mapping[str, object]:
        return {}

    def take_answers(self) -> Sequence[str]:
        return ()

    def restart(self) -> str:
        self.asked.append("restart")
        return "starting the engine again"

    def renew(self) -> str:
        self.asked.append("renew")
        return "starting the watch again"


@checks("welcome", "first-run-new", "first-run-edit")
async def _welcome(bench: Bench) -> None:
    await bench.press("w")
    assert "all set" in toasts(bench.app)[-1]
    bench.app.positions = PositionsDesk(bench.folder / "positions.toml")
    pages: tuple[tuple[str, Kind], ...] = (("n", "nothing_held"), ("e", "no_data"))
    for key, kind in pages:
        page = FirstRunScreen(FirstRun(kind), bench.app.zone)
        page._is_over = lambda: False  # type: ignore[method-assign]
        await bench.app.push_screen(page)
        await bench.press(key)
        assert isinstance(bench.app.screen, PositionScreen)
        await bench.press("escape", "escape")
        assert isinstance(bench.app.screen, MainScreen)


@checks("position-edit", "position-new")
async def _position(bench: Bench) -> None:
    path = bench.folder / "positions.toml"
    bench.app.positions = PositionsDesk(path)
    await bench.press("n", *"KO 5 60", "enter")
    assert bench.app.positions.line_of("KO") == "KO 5 60"
    await bench.press("e")
    assert bench.app.screen.query_one(Input).value == f"{bench.app.model.selected} "
    await bench.press("escape")
    assert isinstance(bench.app.screen, MainScreen)


@checks("quit-keep", "quit-end", "quit-stay")
async def _leave(bench: Bench) -> None:
    engine = bench.app._engine = FakeEngine()
    left: list[str] = []
    bench.app._leave_now = lambda: left.append(engine.asked[-1])  # type: ignore[method-assign]
    for key, chosen in (("escape", []), ("k", ["keep"]), ("enter", ["keep", "keep"]), ("e", ["keep", "keep", "end"])):
        await bench.press("q")
        assert isinstance(bench.app.screen, LeaveScreen)
        assert "keep watching without a screen" in screen_text(bench.app)
        await bench.press("ctrl+q")
        assert isinstance(bench.app.screen, LeaveScreen), "it asks once"
        await bench.press(key)
        assert isinstance(bench.app.screen, MainScreen)
        assert left == engine.asked == chosen
    engine.gone = "it has ended"
    await bench.press("r")
    assert engine.asked[-1] == "restart"
    given = list(bench.monitor.answers)
    for key in ("f2", "u"):
        await bench.press(key)
        assert "records no answer" in toasts(bench.app)[-1]
        assert isinstance(bench.app.screen, MainScreen)
    engine.gone = ""
    await bench.press("f2")
    engine.gone = "it ended while the answer was asked"
    await bench.press("h")
    assert "records no answer" in block(bench.app, "answer"), "an answer nobody takes is not called given"
    assert bench.monitor.answers == given
    await bench.press("escape")
    engine.gone, asked = "", list(engine.asked)
    bench.app._monotonic = lambda: 9.0
    await settled(bench.pilot)
    for key, words in (("r", "the engine does not respond"), ("f2", "records no answer now")):
        await bench.press(key)
        assert words in toasts(bench.app)[-1]
    assert (bench.monitor.answers, engine.asked) == (given, asked)


def test_no_binding_is_left_out() -> None:
    ids = {binding.id for bindings in SCOPES.values() for binding in named(bindings)}
    assert set(CHECKS) == ids


@asynccontextmanager
async def bench_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.chdir(folder)
    (folder / "orderflow.toml").write_text("[ui]\ntheme = 'dark'\n")
    store = journal(folder / "journal", 200)
    while store.load():
        pass
    monitor = busy_market()
    replay = FakeReplay()
    async with running(
        monitor,
        history=store,
        export_directory=folder,
        replay=replay,
        settings=SettingsDesk(ScreenSettings(), {}, SettingsFile({}, env={})),
    ) as (app, pilot):
        yield Bench(app, pilot, monitor, folder, replay)


SHARING = (
    _help, _palette, _acknowledge, _history, _mine, _step, _seek, _picture, _detail, _drill, _next_card, _exited,
    _trimmed, _hold, _snooze, _note, _take_back, _symbol_by_symbol, _in_detail, _record, _search, _filters, _export,
    _copy, _moving, _long_text, _feed, _select, _numbers, _detail_choices, _mute,
)  # fmt: skip
"""What leaves nothing in the app that `fresh` does not take back: one start is enough for all of them."""


async def test_keys_that_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench_in(tmp_path, monkeypatch) as bench:
        for check in SHARING:
            await check(bench)
            await bench.fresh()


@pytest.mark.parametrize(
    "check", [one for one in dict.fromkeys(CHECKS.values()) if one not in SHARING], ids=lambda check: check.__name__[1:]
)
async def test_key(check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench_in(tmp_path, monkeypatch) as bench:
        await check(bench)
