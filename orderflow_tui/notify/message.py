"""What a record is worth saying outside the screen, and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from orderflow_tui.config.notify import LEVELS
from orderflow_tui.journal import records
from orderflow_tui.support.output import printable
from orderflow_tui.views.plain_lines import plain_words

_MOST_CHARACTERS = 400
_LEAST_RANK = 3


class Message(Struct, frozen=True):
    """One thing to say.

    Attributes:
        level: 1 warning, 2 critical, 3 exit.
        symbol: What it is about; empty for the connection.
        title: One short line without control characters.
        body: One line without control characters.
        event: The record's name.
        happened_ns: When it happened, nanoseconds UTC.
        fields: The record's fields, for programs.
    """

    level: int
    symbol: str
    title: str
    body: str
    event: str
    happened_ns: int
    fields: Mapping[str, Any]


def level_of(event: str, fields: Mapping[str, Any]) -> int:
    """How urgent a record is: 0 for what is not said. Of alerts the rank decides: nearly all are critical."""
    said: dict[str, str] = {
        records.STOP_ALERT: "critical",
        records.EXIT_TRIGGERED: "exit",
        records.MONITORING_GAP: "exit" if fields.get("holding") else "",
        records.RUN_STOPPED: "exit" if fields.get("exit_code") else "",
        records.API_ERROR: "exit" if fields.get("error_type") == "401" else "",
        records.ALERT: "warning" if fields.get("rank") == _LEAST_RANK else "critical",
        records.ALERT_UPDATED: "critical" if fields.get("exit_eligible") else "",
    }
    if fields.get("late"):
        return 0
    return LEVELS.get(said.get(event, ""), 0)


def message_of(event: str, happened_ns: int, fields: Mapping[str, Any]) -> Message | None:
    """The message for a record, None where nothing is said of it."""
    level = level_of(event, fields)
    words = plain_words(event, fields) if level else ""
    if level and event == records.RUN_STOPPED:
        words = f"nothing is watched any more: {printable(fields['reason'])}"
    if not words:
        return None
    symbol = str(fields.get("symbol") or "")
    kinds = {records.EXIT_TRIGGERED: "EXIT?", records.MONITORING_GAP: "BLIND", records.RUN_STOPPED: "FAILED"}
    title = f"{kinds.get(event, 'alert')} {symbol}".strip()
    return Message(level, symbol, title, words[:_MOST_CHARACTERS], event, happened_ns, fields)
