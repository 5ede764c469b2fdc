"""How loud a record is, in one place: feed, history, plain lines, notifications, reports and sentences agree."""

from __future__ import annotations

from typing import Final, Literal

from orderflow_tui.core.model.severity import Shown, shown_severity
from orderflow_tui.journal.records import (
    API_ERROR,
    EXIT_RESOLVED,
    EXIT_TRIGGERED,
    MONITORING_GAP,
    MONITORING_RESUMED,
    RUN_STOPPED,
    SYMBOL_STATUS,
    AlertRecord,
    AlertUpdatedRecord,
    ApiErrorRecord,
    ExitRecord,
    GapRecord,
    Record,
    ResolvedRecord,
    ResumedRecord,
    RunStoppedRecord,
    StopRecord,
    SymbolStatusRecord,
)

LOUD_BY_ITSELF: Final = (
    EXIT_TRIGGERED, EXIT_RESOLVED, MONITORING_GAP, MONITORING_RESUMED, SYMBOL_STATUS, API_ERROR, RUN_STOPPED,
)  # fmt: skip
"""Events whose records have a severity and no field for it."""


def severity_of(record: Record) -> Shown | Literal[""]:
    """What the screen marks the record with; empty where it is no event of the market or of the watch.

    An alert that counts for nothing is information, however large it is. What asks to act now is critical.
    """
    found: Shown | Literal[""] = ""
    match record:
        case AlertRecord() | AlertUpdatedRecord():
            found = shown_severity(record.severity, counts=record.counts or record.exit_eligible)
        case StopRecord():
            found = shown_severity(record.severity, counts=True)
        case GapRecord():
            found = "critical" if record.holding or record.symbol is None else "warning"
        case ExitRecord() | SymbolStatusRecord(status="halted") | ApiErrorRecord(error_type="401"):
            found = "critical"
        case RunStoppedRecord():
            found = "critical" if record.exit_code else ""
        case ResumedRecord() | SymbolStatusRecord(status="resumed") | ResolvedRecord(status="unanswered"):
            found = "info"
    return found


def asks_to_act(record: Record) -> bool:
    """Whether a critical record wants an answer now: an exit, lost sight of what is held, the end of the watch."""
    match record:
        case ExitRecord() | ApiErrorRecord(error_type="401"):
            return True
        case GapRecord():
            return bool(record.holding)
        case RunStoppedRecord():
            return bool(record.exit_code)
    return False
