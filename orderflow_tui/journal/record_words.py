"""A record in one line of words: what `headless` prints and what a message says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderflow_tui.core.model.units import spell_dollars
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
    SymbolStatus,
    SymbolStatusRecord,
    TakenBackRecord,
)
from orderflow_tui.journal.severity import severity_of
from orderflow_tui.support.console import printable

EXIT_WORDS: Final = "EXIT RECOMMENDED"
ANSWERED: Final[Mapping[str, str]] = {"exited": "sold all", "trimmed": "sold some", "hold": "kept", "snooze": "snoozed"}
"""What the screen calls each answer once it is given."""
_STATUS_WORDS: Final[Mapping[SymbolStatus, str]] = {
    "halted": "HALTED",
    "resumed": "trades again",
    "pause": "PAUSE",
    "split": "SPLIT",
    "new_price": "NEW PRICE",
    "book_won": "has a book now",
    "book_lost": "has no book now",
    "tape_won": "has every print now",
    "tape_lost": "has sampled prints now",
    "shows": "shows",
}


def record_words(record: Record) -> str:
    """The line for a record without its time, printable; empty where there is nothing to say.

    Symbol, severity, words; a recommendation's words are louder than a severity.
    """
    words = event_words(record)
    severity = "" if isinstance(record, ExitRecord) else severity_of(record)
    symbol = printable(getattr(record, "symbol", None) or "all")
    return " ".join(filter(None, (symbol, severity, words))) if words else ""


def event_words(record: Record) -> str:
    """What happened, without symbol and severity, printable."""
    return printable(_words(record))


def answer_words(record: AnswerRecord | TakenBackRecord) -> str:
    """`sold some 3,000`, `snoozed 5 min`, `kept`."""
    words = ANSWERED.get(record.answer, record.answer)
    if record.answer == "trimmed":
        return f"{words} {record.shares:,}"
    if record.answer == "snooze" and isinstance(record, AnswerRecord):
        return f"{words} {record.minutes} min"
    return words


def _words(record: Record) -> str:
    match record:
        case AlertRecord() | AlertUpdatedRecord():
            late = " LATE" if record.late else ""
            update = " (update)" if isinstance(record, AlertUpdatedRecord) else ""
            words = f"{record.evidence}{late}{update}: {record.text}"
        case StopRecord():
            words = f"STOP: {record.text}"
        case ExitRecord():
            words = f"{EXIT_WORDS}: {record.reason}{_held(record)}"
        case AnswerRecord() | TakenBackRecord():
            done = "answered" if isinstance(record, AnswerRecord) else "answer taken back"
            words = f"{done}{f' on {record.screen}' if record.screen else ''}: {answer_words(record)}"
        case ResolvedRecord():
            words = f"recommendation {record.status}: {record.reason}"
        case GapRecord():
            words = f"BLIND: {record.reason}"
        case ResumedRecord():
            words = "data is back"
        case _:
            words = _of_the_source(record)
    return words


def _held(record: ExitRecord) -> str:
    """` | LONG 8,000, sell into the bids shown -$237`: what is held, what leaving cost as far as shown."""
    if not record.quantity:
        return ""
    side, act = ("LONG", "sell into the bids") if record.quantity > 0 else ("SHORT", "cover at the offers")
    cost = "" if record.exit_cost is None else f", {act} shown {spell_dollars(-abs(float(record.exit_cost)))}"
    return f" | {side} {abs(record.quantity):,}{cost}"


def _of_the_source(record: Record) -> str:
    match record:
        case ApiErrorRecord():
            words = f"error {record.error_type}: {record.detail}"
        case BadDataRecord():
            words = f"refused {record.code}: {record.detail}"
        case SymbolStatusRecord():
            words = f"{_STATUS_WORDS[record.status]}: {record.reason}"
        case _:
            words = ""
    return words
