"""The dashboard in a pane of a few rows: what asks first, then every symbol in its place."""

from __future__ import annotations

from orderflow_tui.core.model.units import price_text
from orderflow_tui.tui.look.formatting import BLANK, clean
from orderflow_tui.tui.look.styled_lines import Row, Span, make_row
from orderflow_tui.tui.rows.bar_rows import badge_span, blind_rows
from orderflow_tui.tui.rows.panel_rows import LOUD_CHIPS, chip_text, chip_token, looks_old
from orderflow_tui.tui.rows.table_rows import cost_words
from orderflow_tui.tui.state.order import stop_cents
from orderflow_tui.tui.state.screen_model import ScreenModel
from orderflow_tui.views.frozen_views import SymbolView

MOST_ROWS = 5
"""A pane of so many rows shows nothing else."""
_MARKS = {"ALERT": "!", "WATCH": "."}


def small_rows(model: ScreenModel, key: str, width: int, height: int) -> list[Row]:
    """At most `height` rows; a symbol is never cut, and what does not fit is counted."""
    if model.status is None:
        return [make_row(" waiting for the monitor", base="bar")]
    rows = blind_rows(model, width)[: height - 1]
    items = [_item(model.views[name], key, selected=name == model.selected) for name in model.order]
    if not rows:
        items.insert(0, [badge_span(model.status)])
    line: list[Span] = []
    for at, item in enumerate(items):
        joint = Span(" | " if line else " ", "muted")
        taken = sum(len(span.text) for span in (*line, joint, *item))
        last = len(rows) == height - 1
        tail = f" +{len(items) - at}" if last and at < len(items) - 1 else ""
        if line and taken + len(tail) > width:
            if last:
                line.append(Span(f" +{len(items) - at}", "strong"))
                break
            rows.append(Row(tuple(line)))
            line, joint = [], Span(" ", "muted")
        line += [joint, *item]
    return [*rows, Row(tuple(line))][:height]


def _item(view: SymbolView, key: str, *, selected: bool) -> list[Span]:
    name = Span(clean(view.symbol, 12), "picked" if selected else "bold")
    if view.chip in LOUD_CHIPS:
        words = "EXIT? " if view.chip == "EXIT" else f"{chip_text(view.chip)} "
        spans = [Span(words, chip_token(view)), name]
        cost = cost_words(view)
        spans += [Span(f" {cost}")] if cost else []
        cents = None if view.stale else stop_cents(view)
        spans += [Span(f" stop {cents:.0f}c" if cents > 0 else " STOP HIT", "alert")] if cents is not None else []
        return [*spans, Span(f" {key}", "strong")] if view.chip in {"EXIT", "STOP"} else spans
    price = BLANK if view.last_price is None else price_text(view.last_price)
    mark = _MARKS.get(view.chip, "")
    tail = [Span(f" {mark}", chip_token(view))] if mark else []
    return [name, Span(f" {price}", "stale" if looks_old(view) else ""), *tail]
