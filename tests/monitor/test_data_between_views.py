"""Live data that comes while views are made waits for one view, not for those of all symbols."""

from __future__ import annotations

import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.model.events import Book
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.monitor.inbox import Inbox
from orderflow_tui.positions import PositionManager
from orderflow_tui.views.build_symbol import symbol_view
from tests.monitor.test_monitor import Desk

LONG = 30.0


def _book() -> Book:
    return Book(time.time_ns(), 1, ((100_000, 300),), ((100_200, 300),))


def test_data_passes_between_two_views(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = [Position(name, 1_000, Decimal("10.00")) for name in ("BAC", "KO")]
    desk = Desk(tmp_path, positions=PositionManager.fixed(held))
    armed, shown = threading.Event(), threading.Event()
    versions: dict[str, int] = {}

    def view(core: SymbolCore, *rest: Any) -> Any:
        if armed.is_set() and core.symbol == "BAC" and not versions:
            versions["BAC"] = desk.monitor.version
            desk.events(_book(), symbol="KO")
        elif versions and core.symbol == "KO" and not shown.is_set():
            versions["KO"] = desk.monitor.version
            shown.set()
        return symbol_view(core, *rest)

    monkeypatch.setattr("orderflow_tui.monitor.publisher.symbol_view", view)
    try:
        armed.set()
        desk.events(_book())
        assert shown.wait(LONG)
        assert versions["KO"] == versions["BAC"]
    finally:
        desk.monitor.stop(timeout=LONG)


def test_only_data_of_the_kind_asked_for_is_taken_and_nothing_past_a_command() -> None:
    inbox: Inbox[int | str, bytes] = Inbox(10)
    assert inbox.take_next(int) is None
    for message in (1, "two", 3):
        inbox.put(message)
    assert inbox.take_next(int) == 1
    assert inbox.take_next(int) is None, "what stands before it comes first"
    assert inbox.take() == "two"
    inbox.ask(b"end")
    assert inbox.take_next(int) is None
    assert inbox.take() == b"end"
    assert inbox.take_next(int) == 3
