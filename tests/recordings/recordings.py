"""Small recordings for the tests, written without a monitor."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from orderflow_tui.config.schema import OrderFlowConfig
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.model.events import Book, Clock, Event, Print
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.core.transcript import CoreCall
from orderflow_tui.recordings.run_files import RawReader
from orderflow_tui.recordings.writer import Recorder
from tests.core.kit import NOON

CAPABILITIES = Capabilities("polygon", "live", "api.example")
RULES = OrderFlowConfig(data_source="replay", polygon_api_key="test-key-SECRET")
HELD = Position("BAC", 1_000, Decimal("10.00"), stop=Decimal("9.10"))


def recorder(directory: Path, run_id: str = "run-1", **more: object) -> Recorder:
    """A recorder of a live run."""
    return Recorder(
        directory, run_id, profile="guarded", source_class="live", data_source="polygon",
        journal=directory.parent / "journal", **more,  # type: ignore[arg-type]
    )  # fmt: skip


def core_of(recording: Recorder, symbol: str = "BAC") -> SymbolCore:
    """A recorded core of BAC that holds shares."""
    return recording.core(symbol, RULES, CAPABILITIES, replace(HELD, symbol=symbol))


def quiet(second: int) -> list[Event]:
    """A book, a print and the clock of one second from noon on."""
    at = NOON + second * NS
    book = Book(at, second, ((100_000, 500 + second),), ((100_100, 500),))
    return [book, Print(at + 1, second, 100_000, 100, venue=11, trade_id=f"t{second}"), Clock(at + NS)]


def feed(core: SymbolCore, seconds: int, first: int = 0) -> None:
    """Quiet seconds, a call each."""
    for second in range(first, first + seconds):
        core.process(quiet(second), news_from_ns=NOON + (second - 30) * NS)


def frames(directory: Path, symbol: str = "BAC", run_id: str = "run-1") -> tuple[list[CoreCall], str]:
    """What stands there, and where it breaks off."""
    reader = RawReader(directory / run_id, symbol)
    return list(reader.frames()), reader.torn


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for another thread."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
