"""What a record is worth saying outside the screen, and in which words."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from orderflow_tui.config.notify import LEVELS
from orderflow_tui.journal.record_words import record_words
from orderflow_tui.journal.records import (
    AlertRecord,
    AlertUpdatedRecord,
    ApiErrorRecord,
    ExitRecord,
    GapRecord,
    Record,
    RunStoppedRecord,
    StopRecord,
)
from orderflow_tui.support.console import printable
from orderflow_tui.track_record.evidence_kinds import Weight
from orderflow_tui.views.frozen_views import asked

_MOST_CHARACTERS = 400
_LEAST_RANK = 3


class Message(Struct, frozen=True):
    """One thing to say.

    Attributes:
        level: 1 warning, 2 critical, 3 exit.
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


def level_of(record: Record) -> int:
    """How urgent a record is: 0 for what is not said. Of alerts the rank decides: nearly all are critical."""
    return LEVELS.get(_level_name(record), 0)


def _level_name(record: Record) -> str:
    match record:
        case AlertRecord(late=False):
            return "warning" if record.rank == _LEAST_RANK else "critical"
        case AlertUpdatedRecord(late=False, exit_eligible=True) | StopRecord():
            return "critical"
        case ExitRecord() | ApiErrorRecord(error_type="401"):
            return "exit"
        case GapRecord():
            return "exit" if record.holding else ""
        case RunStoppedRecord():
            return "exit" if record.exit_code else ""
        case _:
            return ""


def message_of(record: Record, happened_ns: int) -> Message | None:
    """The message for a record, None where nothing is said of it."""
    level = level_of(record)
    if not level:
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
