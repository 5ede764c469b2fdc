"""What happens to a symbol beside its alerts, as lines of the feed: halts, resumptions, blindness, recovery."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.model.severity import Shown
from orderflow_tui.journal.record_words import record_words
from orderflow_tui.journal.records import GapRecord, Record, ResumedRecord, SymbolStatusRecord
from orderflow_tui.views.frozen_views import AlertLine

_ALL: Final = "all"


def status_line(record: Record, happened_ns: int) -> AlertLine | None:
    """The record's line, in the words it has everywhere; None where it is no news of a symbol's standing."""
    severity: Shown
    match record:
        case GapRecord():
            severity = "critical" if record.holding or record.symbol is None else "warning"
        case SymbolStatusRecord(status="halted"):
            severity = "critical"
        case ResumedRecord() | SymbolStatusRecord(status="resumed"):
            severity = "info"
        case _:
            return None
    symbol = record.symbol or _ALL
    return AlertLine(
        episode_id=f"{symbol}:{record.event}:{happened_ns}",
        time_ns=happened_ns,
        symbol=symbol,
        evidence="status",
        severity=severity,
        rank={"critical": 1, "warning": 2, "info": 3}[severity],
        counts=severity != "info",
        text=record_words(record).partition(" ")[2],
    )
