"""Makes the screens that are not the dashboard; each is imported when it is first wanted, or after the first paint.

The first paint does not wait for charts, text fields and the journal's reader.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from textual.command import Provider
    from textual.screen import Screen

    from orderflow_tui.journal.history import HistoryStore
    from orderflow_tui.tui.look.formatting import Zone
    from orderflow_tui.tui.screens.base import ModelModal
    from orderflow_tui.tui.state.first_run import FirstRun
    from orderflow_tui.tui.state.positions_desk import PositionsDesk
    from orderflow_tui.tui.state.settings_model import SettingsDesk
    from orderflow_tui.views.frozen_views import AlertLine, RecommendationView

_SCREENS = ("answer", "close_screen", "fire_drill", "help", "history", "settings")
"""Not the detail: its charts are a megabyte that many a day never needs, and 20 ms when it is first opened."""


def preload() -> None:
    """Import what is small, so that the first key press finds it ready."""
    for name in _SCREENS:
        importlib.import_module(f"orderflow_tui.tui.screens.{name}")
    palette()


def palette() -> type[Provider]:
    """What the command palette lists."""
    from orderflow_tui.tui.screens.palette import ActionCommands

    return ActionCommands


def palette_screen() -> Screen[None]:
    """The command palette."""
    from orderflow_tui.tui.screens.palette import Palette

    return Palette()


def answer_screen(item: RecommendationView) -> ModelModal:
    """The answer to a recommendation."""
    from orderflow_tui.tui.screens.answer import AnswerScreen

    return AnswerScreen(item)


def detail_screen(zone: Zone, alert: AlertLine | None = None) -> Screen[None]:
    """Details of the selected symbol, and of one alert of it first."""
    from orderflow_tui.tui.screens.detail import DetailScreen

    return DetailScreen(zone, alert)


def drill_screen(zone: Zone) -> Screen[None]:
    """The fire drill."""
    from orderflow_tui.tui.screens.fire_drill import DrillScreen

    return DrillScreen(zone)


def first_run_screen(first_run: FirstRun, zone: Zone) -> Screen[None]:
    """What to do next when there is nothing to watch."""
    from orderflow_tui.tui.screens.first_run import FirstRunScreen

    return FirstRunScreen(first_run, zone)


def help_screen(scope: str) -> ModelModal:
    """Keys and signs, those of the scope first."""
    from orderflow_tui.tui.screens.help import HelpScreen

    return HelpScreen(scope)


def leave_screen() -> ModelModal:
    """Whether the engine goes on when its last screen is closed."""
    from orderflow_tui.tui.screens.close_screen import LeaveScreen

    return LeaveScreen()


def orders_screen(symbol: str) -> ModelModal:
    """Asks for the trader's own orders in a book."""
    from orderflow_tui.tui.screens.search import SearchScreen
    from orderflow_tui.tui.state.own_orders import EXAMPLE

    return SearchScreen("", f"your orders in {symbol}'s book: {EXAMPLE}; empty: none")


def position_screen(desk: PositionsDesk, text: str) -> ModelModal:
    """Adds or changes a position."""
    from orderflow_tui.tui.screens.position import PositionScreen

    return PositionScreen(desk, text)


def settings_screen(desk: SettingsDesk) -> ModelModal:
    """The settings that change often."""
    from orderflow_tui.tui.screens.settings import SettingsScreen

    return SettingsScreen(desk)


def history_store(directory: Path) -> HistoryStore:
    """What reads a journal."""
    from orderflow_tui.journal.history import HistoryStore

    return HistoryStore(directory)


def history_screen(history: HistoryStore, zone: Zone) -> Screen[None]:
    """Everything in the journal."""
    from orderflow_tui.tui.screens.history import HistoryScreen

    return HistoryScreen(history, zone)
