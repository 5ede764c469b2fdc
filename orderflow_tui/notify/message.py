"""What a record is worth saying outside the screen, and in which words."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from orderflow_tui.config.notify import LEVELS
from orderflow_tui.journal.record_words import record_words
from orderflow_tui.journal.records import (
    AlertRecord,
    AlertUpdatedRecord,
    ExitRecord,
    GapRecord,
    Record,
    RunStoppedRecord,
)
from orderflow_tui.journal.severity import asks_to_act, severity_of
from orderflow_tui.support.console import printable
from orderflow_tui.track_record.evidence_kinds import Weight
from orderflow_tui.views.frozen_views import asked

_MOST_CHARACTERS = 400


class Message(Struct, frozen=True):
    """One thing to say.

    Attributes:
        level: 0 info, 1 warning, 2 critical, 3 exit.
        symbol: What it is about; empty for the connection.
        title: One short line without control characters.
        body: One line without control characters.
        happened_ns: When it happened, nanoseconds UTC.
        record: For programs; None for a test.
        weight: Of a recommendation: calmer where its kind of evidence is not known to be better than chance.
    """

    level: int
    symbol: str
    title: str
    body: str
    happened_ns: int
    record: Record | None
    weight: Weight = "leads"

    @property
    def urgent(self) -> bool:
        """Whether it may be loud."""
        return self.level >= LEVELS["exit"] and self.weight == "leads"


def weighed(message: Message, worth: str, weight: Weight) -> Message:
    """A recommendation with what its kind of evidence was worth; a kind that was worse than chance is a note."""
    body = f"{message.body} | {worth}"[:_MOST_CHARACTERS] if worth else message.body
    level = LEVELS["warning"] if weight == "note" else message.level
    title = message.title.replace(asked("leads"), asked(weight), 1)
    return replace(message, title=title, body=body, level=level, weight=weight)


def level_of(record: Record) -> int | None:
    """How urgent a record is: the screen's severity, above it what asks to act; None for what is not said."""
    if isinstance(record, AlertRecord | AlertUpdatedRecord) and record.late:
        return None
    if isinstance(record, AlertUpdatedRecord) and not record.exit_eligible:
        return None
    return LEVELS["exit"] if asks_to_act(record) else LEVELS.get(severity_of(record))


def message_of(record: Record, happened_ns: int) -> Message | None:
    """The message for a record, None where nothing is said of it."""
    level = level_of(record)
    if level is None:
        return None
    words, kind = record_words(record), "alert"
    match record:
        case RunStoppedRecord():
            words, kind = f"nothing is watched any more: {printable(record.reason)}", "FAILED"
        case ExitRecord():
            kind = asked("leads")
        case GapRecord():
            kind = "BLIND"
    symbol: str = getattr(record, "symbol", None) or ""
    return Message(level, symbol, f"{kind} {symbol}".strip(), words[:_MOST_CHARACTERS], happened_ns, record)
