"""The fire drill as rows: one table a name, the sum of all first, what is not known under each."""

from __future__ import annotations

from collections.abc import Sequence

from orderflow_tui.core.market.liquidity import TAPE_SHARE
from orderflow_tui.core.model.units import spell_dollars
from orderflow_tui.tui.look.formatting import clean, compact, left, right, shares, wrap
from orderflow_tui.tui.look.styled_lines import EMPTY_ROW, Row, Span, make_row
from orderflow_tui.views.fire_drill import ALL, DrillLine, DrillView, drill_of_all, fire_drill
from orderflow_tui.views.frozen_views import SymbolView

METHOD = (
    "Cost: against the middle price of now, for what the shown bids take. Slices are equal; each finds the book "
    "of now, less what earlier ones took and the measured refill did not bring back. ± waiting: one standard "
    "deviation of what the price does to the proceeds meanwhile. Waiting trades a known cost for one that nobody "
    "knows. Refill: size that came within reach of the best bid, net, over the last five minutes, at whatever "
    "price it then was."
)


def drill_rows(views: Sequence[SymbolView], width: int) -> list[Row]:
    """All of the drill, `views` in the order they are shown."""
    drills = [(drill, view) for view in views if (drill := fire_drill(view)) is not None]
    if not drills:
        return [make_row(" nothing held: nothing to leave", base="bar")]
    rows: list[Row] = []
    total = drill_of_all(drill for drill, _ in drills)
    if total is not None and len(drills) > 1:
        title = _title(f" ALL  {total.quantity} of {len(drills)} names priced", "")
        rows += [title, *_table(total, width, 1), EMPTY_ROW]
    for drill, view in drills:
        rows += [*_name_rows(drill, view, width), EMPTY_ROW]
    return rows + [make_row(Span(f" {line}", "muted")) for line in wrap(METHOD, width - 2, 8)]


def _title(words: str, tail: str) -> Row:
    return make_row(Span(words, "bold"), Span(f"  {tail}" if tail else ""), base="bar")


def _name_rows(drill: DrillView, view: SymbolView, width: int) -> list[Row]:
    scale = view.capabilities.size_scale
    side = "LONG" if drill.quantity > 0 else "SHORT"
    flow = f"volume {compact(drill.traded_per_minute, scale)}/min" if drill.lines else ""
    if drill.refill_per_minute is not None:
        flow += f", refill {compact(round(drill.refill_per_minute), scale)}/min"
    rows = [_title(f" {clean(drill.symbol)}  {side} {shares(abs(drill.quantity))}", flow), *_table(drill, width, scale)]
    for note in drill.notes:
        rows += [make_row(Span(f"   {line}", "alert")) for line in wrap(note, width - 4, 3)]
    return rows


_HOW = 13
WIDE = 79
"""From this width the slices have a column."""


def _table(drill: DrillView, width: int, scale: int) -> list[Row]:
    if not drill.lines:
        return []
    whole = drill.symbol != ALL
    wide = width >= WIDE and whole
    head = f"   {left('', _HOW)}{right('cost', 10)}{right('± waiting', 12)}{right('unfilled', 11)}"
    if whole:
        head += right("bp", 7) + right("% of vol", 9)
    if wide:
        head += right("slices", 13) + " "
    return [make_row(Span(head, "muted")), *(_line(line, scale, whole=whole, wide=wide) for line in drill.lines)]


def _line(line: DrillLine, scale: int, *, whole: bool, wide: bool) -> Row:
    how = "now, at once" if not line.minutes else f"over {line.minutes} min"
    risk = "" if not line.minutes else "not known" if line.risk is None else f"±{spell_dollars(line.risk)}"
    missing = compact(line.not_priced, scale) if line.not_priced else ""
    spans = [
        Span(f"   {left(how, _HOW)}", "" if line.minutes else "bold"),
        Span(right(spell_dollars(-line.cost), 10), "strong"),
        Span(right(risk, 12)),
        Span(right(missing, 11), "alert"),
    ]
    if whole:
        heavy = line.tape_share is not None and line.tape_share > TAPE_SHARE
        share = Span(right(_part(line.tape_share), 8), "alert" if heavy else "")
        spans += [Span(right(f"{line.cost_bp:.1f}", 7)), share, Span("!" if heavy else " ", "alert")]
    if wide:
        slices = "" if not line.minutes else f"{line.slices} of {compact(line.each, scale)}"
        spans += [Span(right(slices, 13)), Span("+" if line.behind else " ", "alert")]
    return make_row(*spans)


def _part(share: float | None) -> str:
    if share is None:
        return ""
    return "<1%" if share < 0.01 else f"{share:.0%}" if share < 10 else ">999%"
