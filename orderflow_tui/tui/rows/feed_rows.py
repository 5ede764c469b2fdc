"""The alert feed's rows."""

from __future__ import annotations

from orderflow_tui.tui.look.lines import Row, Span, make_row
from orderflow_tui.tui.look.text import Zone, clean, left, whole_facts
from orderflow_tui.views.model import AlertLine

RANK_MARKS = {1: "!!", 2: "! ", 3: "  "}
RANK_TOKENS = {1: "exit-line", 2: "alert", 3: ""}
FRONT = 21


def alert_row(alert: AlertLine, zone: Zone, width: int) -> Row:
    """Time, symbol, rank mark, words; what does not count towards an exit is quiet and says so."""
    token = RANK_TOKENS.get(alert.rank, "") if alert.counts else "muted"
    notes = []
    if not alert.counts:
        notes.append("shown only")
    if alert.demoted:
        notes.append("worse than chance here")
    if alert.late:
        notes.append("late")
    if alert.against == "short":
        notes.append("against your short")
    tail = f" ({', '.join(notes)})" if notes else ""
    mark = RANK_MARKS.get(alert.rank, "  ") if alert.counts else "  "
    words = whole_facts(clean(alert.text), max(8, width - FRONT - len(tail)))
    return make_row(
        Span(f" {zone.clock(alert.time_ns)} ", "muted"),
        Span(left(clean(alert.symbol), 7), "bold" if alert.counts else "muted"),
        Span(f"{mark} ", token),
        Span(words, token),
        Span(tail, "muted"),
    )
