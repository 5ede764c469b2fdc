"""Everything known about one symbol, as rows to scroll through."""

from __future__ import annotations

from collections.abc import Sequence

from orderflow_tui.core.units import price_text
from orderflow_tui.tui.feed_rows import alert_row
from orderflow_tui.tui.ladder import WALL_LETTERS
from orderflow_tui.tui.lines import Row, Span, make_row
from orderflow_tui.tui.panel_rows import Frame, panel_rows
from orderflow_tui.tui.tape_rows import print_rows
from orderflow_tui.tui.text import Zone, clean, shares, wrap
from orderflow_tui.views import AlertLine, SymbolView

PANEL_ROWS = 24
ALERTS_SHOWN = 50


def detail_rows(view: SymbolView, alerts: Sequence[AlertLine], zone: Zone, width: int) -> list[Row]:
    """Panel with the whole ladder, walls, prints, thresholds and rules, alerts, counters."""
    frame = Frame(width, PANEL_ROWS, 0, selected=False, pinned=False, zone=zone)
    rows = [row for row in panel_rows(view, frame) if row.plain.strip()]
    rows += _section("Walls", _walls(view, zone))
    thresholds = (
        [make_row(f" {line}") for line in wrap(clean(view.thresholds), width - 2, 3)] if view.thresholds else []
    )
    live = wrap("live: " + clean(", ".join(view.live_rules)), width - 2, 4) if view.live_rules else []
    rows += _section("Thresholds and rules", [*thresholds, *(make_row(f" {line}") for line in live)])
    mine = [alert_row(alert, zone, width) for alert in alerts if alert.symbol == view.symbol][:ALERTS_SHOWN]
    rows += _section(f"Alerts of {clean(view.symbol)} ({zone.label})", mine)
    rows += _section(f"Last prints ({zone.label})", print_rows(view, width, zone))
    counters = [make_row(f" {key.replace('_', ' '):<20}{count:>12,}") for key, count in (view.counters or {}).items()]
    return rows + _section("Counters", counters)


def _section(title: str, rows: Sequence[Row]) -> list[Row]:
    return [make_row(f" {title}", base="bar"), *(rows or [make_row(Span(" none", "muted"))])]


def _walls(view: SymbolView, zone: Zone) -> list[Row]:
    words = {"seen": "stands", "hit": "is being sold into", "pulled": "was withdrawn"}
    rows = []
    for wall in view.walls:
        state = "is being bought from" if wall.side == "ask" and wall.state == "hit" else words[wall.state]
        size = shares(wall.size, view.capabilities.size_scale)
        text = f" {WALL_LETTERS[wall.state]} {wall.side} {size:>9} at {price_text(wall.price)} {state}"
        rows.append(make_row(Span(text, wall.side), Span(f"  since {zone.clock(wall.since_ns)} {zone.label}", "muted")))
    return rows
