"""A replay's way through its recording, in one row: start, what is played, what was raised there, end, now."""

from __future__ import annotations

from typing import Final, NamedTuple

from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.look.styled_lines import Row, Span, make_row
from orderflow_tui.views.replay_progress import MarkKind, ReplayView

_SIGNS: Final[dict[MarkKind, tuple[str, str]]] = {"alert": ("!", "alert"), "exit": ("E", "exit-line")}
_UNKNOWN: Final = "--:--:--"


class TimeBar(NamedTuple):
    """The row, and where in it the recording lies."""

    row: Row
    cells: range
    """Columns of the recording's span; empty while its end is not known."""
    replay: ReplayView

    def time_at(self, column: int) -> int | None:
        """The instant under a column, nanoseconds UTC; None beside the bar."""
        if column not in self.cells:
            return None
        span = self.replay.end_ns - self.replay.start_ns
        return self.replay.start_ns + (column - self.cells.start) * span // max(1, len(self.cells) - 1)


def time_bar(replay: ReplayView, zone: Zone, width: int) -> TimeBar:
    """The row for this width."""
    start = zone.clock(replay.start_ns) if replay.start_ns else _UNKNOWN
    end = zone.clock(replay.end_ns) if replay.end_ns else _UNKNOWN
    now = zone.clock(replay.at_ns) if replay.at_ns else _UNKNOWN
    words = f"now {now}"
    if replay.seeks_ns:
        words += f", going to {zone.clock(replay.seeks_ns)}"
    before, after = f" {start} ", f" {end}  {words} "
    cells = max(0, width - len(before) - len(after))
    known = range(len(before), len(before) + cells) if replay.end_ns > replay.start_ns else range(0)
    return TimeBar(make_row(before, *_spans(replay, cells), after, base="bar"), known, replay)


def _spans(replay: ReplayView, cells: int) -> list[Span]:
    span = replay.end_ns - replay.start_ns
    if span <= 0 or not cells:
        return [Span("─" * cells, "muted")]

    def cell(time_ns: int) -> int:
        return min(max((time_ns - replay.start_ns) * (cells - 1) // span, 0), cells - 1)

    here = cell(replay.at_ns)
    signs = [("━", "strong") if column < here else ("─", "muted") for column in range(cells)]
    for time_ns, kind in sorted(replay.marks, key=lambda mark: mark[1] == "exit"):  # an exit hides an alert
        signs[cell(time_ns)] = _SIGNS[kind]
    signs[here] = ("┃", "strong")
    spans: list[Span] = []
    for sign, token in signs:
        if spans and spans[-1].token == token:
            spans[-1] = Span(spans[-1].text + sign, token)
        else:
            spans.append(Span(sign, token))
    return spans
