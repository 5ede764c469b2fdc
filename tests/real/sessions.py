"""Recorded sessions for the tests; what is not there is skipped with a word."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.model.events import Event, Gap
from orderflow_tui.core.model.outputs import Output
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.recordings.formats.csv_pair import Recording, open_pair
from tests.core.kit import Rules

SESSIONS = Path(__file__).resolve().parents[3] / "shared" / "data" / "sessions"
BAC = "bac_20131007_1405_1435"
BAC_LATER = "bac_20131007_1445_1500"
AAPL = "aapl_lobster_20120621_0930_0935"
BTC = "btcusdt_spot_20240808_2354"
SHORT = (BAC, BAC_LATER, AAPL, BTC)


def recording(name: str) -> Recording:
    """A recorded session, or a skip that says why."""
    prefix = SESSIONS / name
    if not (SESSIONS / f"{name}.trades.csv.gz").is_file():
        pytest.skip(f"no recorded session {name}: ../shared/data is absent")
    return open_pair(str(prefix))


@lru_cache(maxsize=8)
def events(name: str, *, infer_sides: bool = False) -> tuple[Event, ...]:
    """All events of a session, its start marked as a replay marks it."""
    found: list[Event] = list(recording(name).events(infer_sides=infer_sides))
    return (Gap(found[0].time_ns, "start of the recording"), *found)


def expected(name: str) -> dict[str, Any]:
    """What was computed independently for a session."""
    recording(name)
    figures: dict[str, Any] = json.loads((SESSIONS / "expected.json").read_text())[name]
    return figures


def run(name: str, rules: Rules, quantity: int = 1_000) -> tuple[SymbolCore, list[Output]]:
    """The core over a whole session, and what it said."""
    source = recording(name)
    position = Position(source.symbol, quantity, Decimal("13.86"))
    core = SymbolCore(source.symbol, rules, source.capabilities(), position)
    return core, core.process(events(name))
