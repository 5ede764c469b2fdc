"""Everything known about one symbol, as rows to scroll through."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace
from rich.cells import cell_len

from orderflow_tui.tui.look.formatting import Zone, clean, left, whole_facts, wrap
from orderflow_tui.tui.look.styled_lines import EMPTY_ROW, Row, Span, make_row
from orderflow_tui.tui.rows.depth_ladder import wall_rows
from orderflow_tui.tui.rows.feed_rows import alert_row
from orderflow_tui.tui.rows.panel_rows import PanelSize, panel_rows
from orderflow_tui.tui.rows.tape_rows import print_rows
from orderflow_tui.tui.state.tape_filter import TapeFilter
from orderflow_tui.views.frozen_views import AlertLine, DetailView, RuleLine, SymbolView

PANEL_ROWS = 24
ALERTS_SHOWN = 50
WALLS_SHOWN = 12
TWO_COLUMNS = 118
"""From this width what is asked why stands beside the panel."""
_RULE_NAME, _RULE_VALUE = 22, 15
_LINES = 6
"""Most rows of one text."""


class DetailFrame(Struct, frozen=True):
    """How the detail is drawn."""

    width: int
    zone: Zone
    tape: TapeFilter
    alert: AlertLine | None = None
    """The one that was opened: it stands first."""


def detail_rows(
    view: SymbolView, detail: DetailView | None, alerts: Sequence[AlertLine], frame: DetailFrame
) -> list[Row]:
    """Panel, why something fired or nothing did, walls, thresholds, alerts, tape, counters; in two columns if wide."""
    mine = [alert for alert in alerts if alert.symbol == view.symbol]
    zone, width = frame.zone, frame.width
    opened = frame.alert if frame.alert is not None and frame.alert.symbol == view.symbol else None
    if width < TWO_COLUMNS:
        rows = [] if opened is None else _alert(opened, "This alert", zone, width)
        rows += [*_panel(view, zone, width), *_why(detail, mine, zone, width), *_walls(view, width)]
        rows += [*_alerts(view, mine, zone, width), *_tape(view, detail, frame, width), *_facts(view, width)]
        return rows
    one = width * 9 // 16
    other = width - one - 1
    front = [*_panel(view, zone, one), *_walls(view, one), *_alerts(view, mine, zone, one), *_facts(view, one)]
    back = [] if opened is None else _alert(opened, "This alert", zone, other)
    return _beside(front, [*back, *_why(detail, mine, zone, other), *_tape(view, detail, frame, other)], one)


def _beside(first: Sequence[Row], second: Sequence[Row], width: int) -> list[Row]:
    rows = []
    for index in range(max(len(first), len(second))):
        one = first[index] if index < len(first) else EMPTY_ROW
        other = second[index] if index < len(second) else EMPTY_ROW
        pad = Span(" " * max(0, width - len(one.plain)), one.base)
        spans = tuple(Span(span.text, f"{one.base} {span.token}".strip()) for span in one.spans)
        more = tuple(Span(span.text, f"{other.base} {span.token}".strip()) for span in other.spans)
        rows.append(Row((*spans, pad, Span(" "), *more)))
    return rows


def _section(title: str, rows: Sequence[Row], width: int) -> list[Row]:
    head = make_row(left(f" {title}", width), base="bar")
    return [head, *(rows or [make_row(Span(" none", "muted"))])]


def _panel(view: SymbolView, zone: Zone, width: int) -> list[Row]:
    frame = PanelSize(width, PANEL_ROWS, 0, selected=False, pinned=False, zone=zone)
    return [row for row in panel_rows(view, frame) if row.plain.strip()]


def _why(detail: DetailView | None, alerts: Sequence[AlertLine], zone: Zone, width: int) -> list[Row]:
    """How near each rule is to speaking, and why the newest alert was raised."""
    rules = [] if detail is None else [row for line in detail.rules for row in _rule_rows(line, width)]
    rows = _section("RULES NOW (* = condition met)", rules, width)
    newest = next((alert for alert in alerts if alert.why), None)
    if newest is None:
        return rows
    return rows + _alert(newest, "Why the last alert", zone, width)


def _alert(alert: AlertLine, title: str, zone: Zone, width: int) -> list[Row]:
    """One alert whole: its words, the figures it was raised for, how its kind did before."""
    words = [make_row(f" {text}") for text in wrap(clean(alert.text), width - 2, _LINES)]
    words += [
        make_row(Span(f"   {text}", "muted")) for why in alert.why for text in wrap(clean(why), width - 4, _LINES)
    ]
    if alert.record:
        words += [make_row(Span(f"   {text}", "muted")) for text in wrap(clean(alert.record), width - 4, _LINES)]
    return _section(f"{title}, {zone.clock(alert.time_ns)} {zone.label}", words, width)


def _rule_rows(line: RuleLine, width: int) -> list[Row]:
    """A rule's figure beside its threshold; the threshold below where there is no room beside it."""
    threshold = clean(line.threshold)
    mark = Span(" * " if line.met else "   ", "alert")
    front = (mark, Span(left(line.name, _RULE_NAME), "muted"), Span(left(clean(line.value), _RULE_VALUE), "strong"))
    if cell_len(threshold) <= width - _RULE_NAME - _RULE_VALUE - 4:
        return [make_row(*front, threshold)]
    return [make_row(*front), *(make_row(f"      {text}") for text in wrap(threshold, max(10, width - 7), _LINES))]


def _walls(view: SymbolView, width: int) -> list[Row]:
    return _section("Walls", wall_rows(view, width, WALLS_SHOWN), width)


def _alerts(view: SymbolView, alerts: Sequence[AlertLine], zone: Zone, width: int) -> list[Row]:
    rows = [alert_row(alert, zone, width) for alert in alerts[:ALERTS_SHOWN]]
    return _section(f"Alerts of {clean(view.symbol, 12)} ({zone.label})", rows, width)


def _tape(view: SymbolView, detail: DetailView | None, frame: DetailFrame, width: int) -> list[Row]:
    prints = view.prints if detail is None else detail.prints
    kept = frame.tape.keep(prints)
    rows = print_rows(replace(view, prints=kept), width, frame.zone, len(kept))
    title = f"Tape {frame.zone.label} {len(kept)}/{len(prints)}: {frame.tape.words}"
    return _section(whole_facts(title, width - 2), rows, width)


def _facts(view: SymbolView, width: int) -> list[Row]:
    words = wrap(clean(view.thresholds), width - 2, 3) if view.thresholds else []
    words += wrap("live: " + clean(", ".join(view.live_rules)), width - 2, 4) if view.live_rules else []
    rows = _section("Thresholds and rules", [make_row(f" {line}") for line in words], width)
    counters = [make_row(f" {key.replace('_', ' '):<20}{count:>12,}") for key, count in (view.counters or {}).items()]
    return rows + _section("Counters", counters, width)
