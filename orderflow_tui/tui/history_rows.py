"""The history's rows, its records in full, and its export."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from orderflow_tui.core.units import iso_utc
from orderflow_tui.tui.history_port import HistoryEntry
from orderflow_tui.tui.lines import Row, Span, make_row
from orderflow_tui.tui.text import Zone, clean, crop, left, wrap

SEVERITY_MARKS = {"critical": "!!", "warning": "! "}
_COLUMNS = ("time_utc", "symbol", "event", "severity", "answer", "source_class", "text")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
EVENT_WORDS = {
    "order_flow_alert": "alert",
    "order_flow.alert_updated": "updated",
    "order_flow.stop_alert": "stop",
    "order_flow.exit_signal_triggered": "EXIT",
    "order_flow.exit_acknowledged": "answer",
    "order_flow.exit_resolved": "resolved",
    "order_flow.alert_outcome": "outcome",
    "order_flow.data_validation_error": "bad data",
    "order_flow.api_error": "api error",
    "order_flow.monitoring_gap": "gap",
    "order_flow.monitoring_resumed": "resumed",
    "order_flow.run_started": "started",
    "order_flow.run_stopped": "stopped",
}
_LOUD = {"order_flow.exit_signal_triggered": "exit-line", "order_flow.stop_alert": "alert"}
_QUIET = frozenset({"order_flow.run_started", "order_flow.run_stopped", "order_flow.alert_outcome"})


def history_row(entry: HistoryEntry, day: str, zone: Zone, width: int, *, cursor: bool) -> Row:
    """One record in a line: day, time, class of source, kind, symbol, severity, words."""
    token = _LOUD.get(entry.event, "muted" if entry.event in _QUIET else "")
    mark = SEVERITY_MARKS.get(entry.severity, "  ")
    simulated = "" if entry.source_class == "live" else (clean(entry.source_class)[:3].upper() or "?")
    answer = f" [{clean(entry.answer)}]" if entry.answer else ""
    words = crop(clean(entry.text), max(4, width - 45 - len(answer)))
    return make_row(
        Span(">" if cursor else " "),
        Span(f"{day[5:]} {zone.clock(entry.time_ns)} ", "muted"),
        Span(left(simulated, 4), "watch"),
        Span(left(EVENT_WORDS.get(entry.event, clean(entry.event)), 10), token),
        Span(left(clean(entry.symbol), 7), "bold"),
        Span(f"{mark} ", "alert"),
        Span(words, token),
        Span(answer, "bold"),
        base="cursor" if cursor else "",
    )


def record_rows(fields: Mapping[str, object], width: int) -> list[Row]:
    """Every field of a record, long values over several rows."""
    rows: list[Row] = []
    for key, value in fields.items():
        words = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
        lines = wrap(clean(words, 4_000), max(10, width - 25), 40)
        rows.append(make_row(Span(f" {left(clean(str(key)), 22)} ", "muted"), lines[0]))
        rows += [make_row(" " * 24, line) for line in lines[1:]]
    return rows


def _cell(text: str) -> str:
    """A cell a spreadsheet will not run as a formula."""
    kept = clean(text, 2_000)
    return f"'{kept}" if kept.startswith(_FORMULA) else kept


def write_csv(rows: Iterable[HistoryEntry], path: Path) -> int:
    """Write rows to a new file that only its owner can read.

    Returns:
        How many rows were written.

    Raises:
        OSError: The file exists already, or cannot be written.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    count = 0
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for row in rows:
            cells = (row.symbol, row.event, row.severity, row.answer, row.source_class, row.text)
            writer.writerow((iso_utc(row.time_ns), *map(_cell, cells)))
            count += 1
    return count
