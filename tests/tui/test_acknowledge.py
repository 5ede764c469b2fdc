"""No screen, dialog, focused field or user's keymap makes the acknowledge key dead."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import Any

from textual.screen import Screen
from textual.widgets import Input

from orderflow_tui.config.edit import SettingsFile
from orderflow_tui.config.screen_settings import ScreenSettings
from orderflow_tui.tui import screens
from orderflow_tui.tui.screens.alerts import AlertsScreen
from orderflow_tui.tui.screens.answer import AnswerScreen
from orderflow_tui.tui.screens.base import LeavingScreen, ModelModal, ModelScreen
from orderflow_tui.tui.state.first_run import FirstRun
from orderflow_tui.tui.state.positions_desk import PositionsDesk
from orderflow_tui.tui.state.settings_model import SettingsDesk
from tests.tui.driving import press, running, settled
from tests.tui.fake import busy_market, recommendation
from tests.tui.journal_files import journal

WAYS: dict[str, tuple[str, ...]] = {
    "MainScreen": (),
    "DetailScreen": ("enter",),
    "DrillScreen": ("d",),
    "HistoryScreen": ("h",),
    "SearchScreen": ("h", "slash"),
    "RecordScreen": ("h", "enter"),
    "HelpScreen": ("f1",),
    "SettingsScreen": ("comma",),
    "PositionScreen": ("n",),
    "Palette": ("ctrl+p",),
}
"""How to get to each screen from the dashboard; a text field has the focus on some."""

OPENED_OTHERWISE = {"AnswerScreen", "FirstRunScreen", "LeaveScreen"}


def _all_screens() -> set[str]:
    found = {"Palette"}
    for module in pkgutil.iter_modules(screens.__path__):
        loaded = importlib.import_module(f"{screens.__name__}.{module.name}")
        for name, kind in inspect.getmembers(loaded, inspect.isclass):
            if (
                issubclass(kind, Screen)
                and kind not in {Screen, LeavingScreen, ModelScreen, ModelModal, AlertsScreen}
                and kind.__module__ == loaded.__name__
            ):
                found.add(name)
    return found


def test_no_screen_is_left_out() -> None:
    missing = _all_screens() - set(WAYS) - OPENED_OTHERWISE
    assert missing == set(), "a new screen needs its way in WAYS"


TYPING = (("SearchScreen", ("comma", "enter")),)
"""Further ways to a screen whose text field has the focus."""


async def test_the_key_answers_from_every_screen(tmp_path: Path) -> None:
    monitor = busy_market()
    settings = SettingsDesk(ScreenSettings(), {}, SettingsFile({}, env={}))
    positions = PositionsDesk(tmp_path / "positions.toml")
    options: dict[str, Any] = {"history": journal(tmp_path / "j", 20), "settings": settings, "positions": positions}
    async with running(monitor, **options) as (app, pilot):
        for name, way in (*WAYS.items(), *TYPING):
            monitor.put(recommendations=(recommendation("BAC"),))
            monitor.answers.clear()
            await settled(pilot)
            await press(pilot, *way)
            await pilot.pause()
            assert type(app.screen).__name__ == name
            await press(pilot, "f2")
            assert isinstance(app.screen, AnswerScreen), name
            await press(pilot, "h")
            assert [answer.kind for _, answer in monitor.answers] == ["hold"], name
            while len(app.screen_stack) > 1:
                await app.pop_screen()


async def test_the_key_answers_from_the_first_run() -> None:
    monitor = busy_market()
    async with running(monitor, first_run=FirstRun("message", Path("p.toml"), "x")) as (app, pilot):
        await press(pilot, "f2")
        assert isinstance(app.screen, AnswerScreen)


async def test_on_the_answer_itself_the_key_leads_back_to_the_choices() -> None:
    monitor = busy_market()
    async with running(monitor) as (app, pilot):
        for stage in (("t",), ("n",), ("s",), ("n", "a", "b")):
            monitor.put(recommendations=(recommendation("BAC"),))
            monitor.answers.clear()
            await settled(pilot)
            await press(pilot, "f2", *stage, "f2")
            assert isinstance(app.screen, AnswerScreen), stage
            assert app.focused is None, stage
            await press(pilot, "e")
            assert [answer.kind for _, answer in monitor.answers] == ["exited"], stage


async def test_the_users_own_key_answers_from_a_text_field(tmp_path: Path) -> None:
    monitor = busy_market()
    keys = {"acknowledge": "f9"}
    async with running(monitor, history=journal(tmp_path / "j", 20), keys=keys) as (app, pilot):
        await press(pilot, "h", "slash")
        assert isinstance(app.focused, Input)
        await press(pilot, "f9", "h")
        assert len(monitor.answers) == 1


async def test_the_key_answers_while_the_screen_storms() -> None:
    monitor = busy_market()
    async with running(monitor) as (app, pilot):
        for size in ((1, 1), (20, 3), (200, 50), (80, 24)):
            await pilot.resize_terminal(*size)
            await press(pilot, "f2")
            assert isinstance(app.screen, AnswerScreen)
            monitor.put(detail="something else")
            await settled(pilot)
            await press(pilot, "escape")
        await press(pilot, "f2", "s", "5")
        assert [answer.minutes for _, answer in monitor.answers] == [5]
