"""A screen whose engine is gone shows the next one of its journal, whoever starts it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from orderflow_tui.commands import attach
from orderflow_tui.commands.shutdown import Shutdown
from orderflow_tui.config.screen_settings import ScreenSettings
from orderflow_tui.engine.listener import connect
from tests.engine.kit import Engine, until
from tests.tui.fake import symbol_view


def test_a_screen_shows_the_next_engine_of_its_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attach, "_NEXT_SECONDS", 0.01)
    with tempfile.TemporaryDirectory() as name:
        first = Engine(Path(name))
        first.monitor.put(symbol_view("BAC", "CALM"))
        screen = first.screen()
        ending = Shutdown(lambda _reason, _code: None, screen=False)
        controls = attach._Controls(screen, ScreenSettings(), ending, back=lambda: connect(first.place))
        controls.follow()
        first.server.close()
        until(lambda: screen.gone)
        second = Engine(Path(name))
        second.monitor.put(symbol_view("KO", "CALM"))
        try:
            until(lambda: not screen.gone)
            until(lambda: list(screen.views()) == ["KO"])
        finally:
            controls.leave()
            screen.close()
            second.close()
