"""The history's rows, its records in full, and its export."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from orderflow_tui.journal import records
from orderflow_tui.journal.history import HistoryRow
from orderflow_tui.support.open_flags import NEW
from orderflow_tui.tui.look.formatting import Zone, clean, left, whole_facts, wrap
from orderflow_tui.tui.look.styled_lines import Row, Span, make_row
from orderflow_tui.tui.state.history_filter import local_time

SEVERITY_MARKS = {"critical": "!!", "warning": "! ", "info": "i "}
_COLUMNS = ("timestamp_utc", "symbol", "event", "severity", "answer", "source_class", "text", "event_id")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
FRONT = 40
"""Cells before a record's words."""
EVENT_WORDS = {
    records.ALERT: "alert",
    records.ALERT_UPDATED: "updated",
    records.STOP_ALERT: "stop",
    records.EXIT_TRIGGERED: "EXIT",
    records.EXIT_ACKNOWLEDGED: "answer",
    records.ANSWER_TAKEN_BACK: "took back",
    records.EXIT_RESOLVED: "resolved",
    records.ALERT_OUTCOME: "outcome",
    records.DATA_VALIDATION_ERROR: "bad data",
    records.API_ERROR: "api error",
    records.MONITORING_GAP: "gap",
    records.MONITORING_RESUMED: "resumed",
    records.SYMBOL_STATUS: "status",
    records.RUN_STARTED: "started",
    records.RUN_STOPPED: "stopped",
}
_LOUD = {records.EXIT_TRIGGERED: "exit-line", records.STOP_ALERT: "alert"}
_QUIET = frozenset({records.RUN_STARTED, records.RUN_STOPPED, records.ALERT_OUTCOME})


def history_row(entry: HistoryRow, zone: Zone, width: int, *, cursor: bool) -> Row:
    """One record in a line: day, time, class of source, kind, symbol, severity, words, answer."""
    token = "" if cursor else _LOUD.get(entry.event, "muted" if entry.event in _QUIET else "")
    source = "" if entry.source_class == "live" else (clean(entry.source_class)[:3].upper() or "?")
    unanswered = "no answer" if entry.event == records.EXIT_TRIGGERED else ""
    given = clean(entry.answer) or unanswered
    answer = f" [{given}]" if given else ""
    words = whole_facts(clean(entry.text), max(4, width - FRONT - len(answer)))
    return make_row(
        Span(">" if cursor else " "),
        Span(f"{left(local_time(entry.timestamp_utc, zone)[5:], 14)} ", "" if cursor else "muted"),
        Span(left(source, 4), "" if cursor else "watch"),
        Span(left(EVENT_WORDS.get(entry.event, clean(entry.event)), 10), token),
        Span(left(clean(entry.symbol), 7), "bold"),
        Span(f"{SEVERITY_MARKS.get(entry.severity, '  ')} ", "bold" if cursor else "alert"),
        Span(words, token),
        Span(answer, "bold"),
        base="cursor" if cursor else "",
    )


def rule_of(fields: Mapping[str, object]) -> str:
    """The rule a record is about, by the name its outcomes go by; empty for other records."""
    if fields.get("event") == records.EXIT_TRIGGERED:
        return "exit" if fields.get("kind") == "flow" else ""
    evidence = fields.get("evidence")
    told = fields.get("event") in {records.ALERT, records.ALERT_UPDATED, records.ALERT_OUTCOME}
    return evidence if told and isinstance(evidence, str) and evidence != "stop" else ""


def record_rows(fields: Mapping[str, object], width: int) -> list[Row]:
    """Every field of a record, long values over several rows."""
    from orderflow_tui.core.rules.catalogue import NO_SELLERS  # noqa: PLC0415 loads every rule; no screen needs them

    rows: list[Row] = []
    evidence = fields.get("evidence")
    for key, given in fields.items():
        value = evidence if key == "alert_type" and evidence in NO_SELLERS else given
        words = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
        lines = wrap(clean(words, 4_000), max(10, width - 25), 40)
        rows.append(make_row(Span(f" {left(clean(str(key)), 22)} ", "muted"), lines[0]))
        rows += [make_row(" " * 24, line) for line in lines[1:]]
    return rows


def _cell(text: str) -> str:
    """A cell a spreadsheet will not run as a formula."""
    kept = clean(text, 2_000)
    return f"'{kept}" if kept.startswith(_FORMULA) else kept


class CsvFile:
    """Rows in a new file that only its owner can read; one that could not be finished is removed.

    Args:
        directory: Where.
        stem: It becomes `stem.csv`, or with a number where that name is taken.

    Raises:
        OSError: The file cannot be written; from `write` and at the end too.
    """

    def __init__(self, directory: Path, stem: str) -> None:
        import csv  # noqa: PLC0415 only an export writes it

        self.path, descriptor = _create(directory, stem)
        self._file = os.fdopen(descriptor, "w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)

    def __enter__(self) -> Self:
        self._writer.writerow(_COLUMNS)
        return self

    def write(self, rows: Iterable[HistoryRow]) -> None:
        """Add rows."""
        for row in rows:
            self._writer.writerow([_cell(getattr(row, column)) for column in _COLUMNS])

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        try:
            self._file.close()
        except OSError:
            self.path.unlink(missing_ok=True)
            raise
        if kind is not None:
            self.path.unlink(missing_ok=True)


def _create(directory: Path, stem: str) -> tuple[Path, int]:
    for number in count(1):
        path = directory / (f"{stem}.csv" if number == 1 else f"{stem}-{number}.csv")
        try:
            return path, os.open(path, NEW, 0o600)
        except FileExistsError:
            continue
    raise AssertionError
