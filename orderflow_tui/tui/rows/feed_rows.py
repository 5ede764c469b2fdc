"""The alert feed's rows."""

from __future__ import annotations

from orderflow_tui.tui.look.formatting import Zone, clean, left, whole_facts
from orderflow_tui.tui.look.styled_lines import Row, Span, make_row
from orderflow_tui.views.frozen_views import AlertLine

SEVERITY_MARKS = {"critical": "!!", "warning": "!", "info": "info"}
SEVERITY_TOKENS = {"critical": "exit-line", "warning": "alert", "info": "muted"}
FRONT = 22


def alert_row(alert: AlertLine, zone: Zone, width: int) -> Row:
    """Time, symbol, severity, words; what does not count towards an exit is quiet: `info`."""
    token, notes = SEVERITY_TOKENS[alert.severity], []
    if alert.demoted:
        notes.append("worse than chance here")
    if alert.late:
        notes.append("late")
    if alert.against == "short":
        notes.append("against your short")
    text = clean(alert.text)
    first = min((text.index(mark) for mark in (", ", " | ", " (") if mark in text), default=len(text))
    while notes and FRONT + first + _cells(notes) > width:
        notes.pop()  # the words before what is said of them
    words = whole_facts(text, max(8, width - FRONT - _cells(notes)))
    return make_row(
        Span(f" {zone.clock(alert.time_ns)} ", "muted"),
        Span(left(clean(alert.symbol), 7), "muted" if alert.severity == "info" else "bold"),
        Span(f"{SEVERITY_MARKS[alert.severity]:<4} ", token),
        Span(words, "" if alert.severity == "warning" else token),
        Span(f" ({', '.join(notes)})" if notes else "", "muted"),
    )


def _cells(notes: list[str]) -> int:
    return len(", ".join(notes)) + 3 if notes else 0
