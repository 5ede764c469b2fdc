"""What the journal's tests share."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from orderflow_tui.core.model.capabilities import SourceClass
from orderflow_tui.core.model.data_models import OrderFlowAlert
from orderflow_tui.core.model.units import datetime_ns
from orderflow_tui.journal.writer import JournalWriter

NOON = datetime_ns(datetime(2025, 10, 22, 12, 0, 0, 123456, tzinfo=UTC))
DAY_NS = 86_400_000_000_000


class Clock:
    """A settable clock."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def writer(directory: Path, **arguments: Any) -> JournalWriter:
    source_class: SourceClass = arguments.pop("source_class", "simulated")
    arguments.setdefault("clock", Clock())
    return JournalWriter(
        directory,
        data_source=arguments.pop("data_source", "simulator"),
        source_class=source_class,
        profile=arguments.pop("profile", "guarded"),
        run_id=arguments.pop("run_id", "run1"),
        **arguments,
    )


def put(journal: JournalWriter, number: int = 0, event: str = "order_flow_alert", **fields: Any) -> str:
    return journal.write(event, NOON, time.monotonic_ns(), {"n": number, **fields})


def records(directory: Path) -> list[dict[str, Any]]:
    """Every line of every day, each of which must be JSON."""
    return [json.loads(line) for path in sorted(directory.glob("*.jsonl")) for line in path.read_bytes().splitlines()]


def numbers(directory: Path) -> list[int]:
    return [record["n"] for record in records(directory)]


def alert(**fields: Any) -> OrderFlowAlert:
    values: dict[str, Any] = {
        "symbol": "BAC",
        "alert_type": "large_seller",
        "severity": "critical",
        "order_size": 15_000,
        "price_level": Decimal("150.2500"),
        "volume_ratio": None,
        "timestamp_utc": datetime(2025, 10, 22, 14, 35, 20, 123456, tzinfo=UTC),
    }
    return OrderFlowAlert(**(values | fields))
