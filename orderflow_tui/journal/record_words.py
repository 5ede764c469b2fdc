"""A record in one line of words: what `headless` prints and what a message says."""

from __future__ import annotations

from orderflow_tui.journal.records import (
    AlertRecord,
    AlertUpdatedRecord,
    AnswerRecord,
    ApiErrorRecord,
    BadDataRecord,
    ExitRecord,
    GapRecord,
    Record,
    ResolvedRecord,
    ResumedRecord,
    StopRecord,
)
from orderflow_tui.support.output import printable


def record_words(record: Record) -> str:
    """The line for a record without its time, printable; empty where there is nothing to say."""
    words = _words(record)
    return f"{printable(getattr(record, 'symbol', None) or 'all')} {printable(words)}" if words else ""


def _words(record: Record) -> str:
    match record:
        case AlertRecord() | AlertUpdatedRecord():
            late = " LATE" if record.late else ""
            update = " (update)" if isinstance(record, AlertUpdatedRecord) else ""
            words = f"{record.severity} {record.evidence}{late}{update}: {record.text}"
        case StopRecord():
            words = f"STOP: {record.text}"
        case ExitRecord():
            words = f"EXIT RECOMMENDED: {record.reason}"
        case AnswerRecord():
            words = f"answered: {record.answer}"
        case ResolvedRecord():
            words = f"recommendation resolved: {record.reason}"
        case GapRecord():
            words = f"BLIND: {record.reason}"
        case ResumedRecord():
            words = "data is back"
        case ApiErrorRecord():
            words = f"error {record.error_type}: {record.detail}"
        case BadDataRecord():
            words = f"refused {record.code}: {record.detail}"
        case _:
            words = ""
    return words
