"""What happens to a symbol beside its alerts, as lines of the feed: halts, resumptions, blindness, recovery."""

from __future__ import annotations

from typing import Final

from orderflow_tui.journal.record_words import event_words
from orderflow_tui.journal.records import GapRecord, Record, ResumedRecord, SymbolStatusRecord
from orderflow_tui.journal.severity import severity_of
from orderflow_tui.views.frozen_views import AlertLine

_ALL: Final = "all"


def status_line(record: Record, happened_ns: int) -> AlertLine | None:
    """The record's line, in the words it has everywhere; None where it is no news of a symbol's standing."""
    severity = severity_of(record)
    if not severity or not isinstance(record, GapRecord | ResumedRecord | SymbolStatusRecord):
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
        text=event_words(record),
    )
