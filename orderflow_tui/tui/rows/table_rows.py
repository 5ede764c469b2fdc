"""All symbols, a row each, in columns: as many as fit, the stop and the cost of selling before the rest."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct

from orderflow_tui.core.model.units import price_text, spell_dollars
from orderflow_tui.tui.look.formatting import (
    BLANK,
    change_text,
    clean,
    left,
    right,
    shares,
    span_text,
    whole_facts,
)
from orderflow_tui.tui.look.styled_lines import Row, Span, make_row, restyle
from orderflow_tui.tui.rows.panel_rows import WHY_TOKENS, chip_text, chip_token, looks_old
from orderflow_tui.tui.state.order import stop_cents
from orderflow_tui.tui.state.screen_model import ScreenModel, blind_holding
from orderflow_tui.views.frozen_views import SymbolView


class Column(Struct, frozen=True):
    """One column.

    Attributes:
        title: Its heading.
        width: Cells with the gap before it.
        rank: Columns of a higher rank go first where the width does not do.
        cell: The text and its token.
        sort: What it is sorted by, empty for none; the heading says so.
    """

    title: str
    width: int
    rank: int
    cell: Callable[[SymbolView], tuple[str, str]]
    sort: str = ""


def _last(view: SymbolView) -> tuple[str, str]:
    return (BLANK if view.last_price is None else price_text(view.last_price)), ""


def _change(view: SymbolView) -> tuple[str, str]:
    if view.stale or view.change_60s is None:
        return BLANK, "muted"
    return change_text(view.change_60s, view.price_step), ""


def _held(view: SymbolView) -> tuple[str, str]:
    if view.position is None or not view.position.quantity:
        return "-", "muted"
    sign = "-" if view.position.quantity < 0 else ""
    return sign + shares(abs(view.position.quantity)), ""


def _pnl(view: SymbolView) -> tuple[str, str]:
    position = view.position
    if position is None or not position.quantity:
        return "-", "muted"
    if view.stale or position.pnl is None:
        return BLANK, "muted"
    return spell_dollars(position.pnl, plus=True), "profit" if position.pnl > 0 else "loss" if position.pnl < 0 else ""


def _percent(view: SymbolView) -> tuple[str, str]:
    position = view.position
    if position is None or view.stale or position.pnl_percent is None:
        return "-", "muted"
    percent = round(position.pnl_percent, 2) + 0.0  # never -0.00%
    return f"{percent:+.2f}%" if abs(percent) < 100 else f"{percent:+,.0f}%", ""


def _stop(view: SymbolView) -> tuple[str, str]:
    if view.position is None or view.position.stop is None:
        return "-", "muted"
    cents = None if view.stale else stop_cents(view)
    if cents is None:
        return price_text(view.position.stop), "muted"
    if cents <= 0:
        return "STOP HIT", "exit-line"
    return (f"{cents:.0f}c" if cents < 1_000 else f"${cents / 100:,.0f}"), ""


def _sold(view: SymbolView) -> tuple[str, str]:
    share = view.window.sell_share if view.window is not None and not view.stale else None
    return ("-", "muted") if share is None else (f"{share:.0%}", "")


def _volume(view: SymbolView) -> tuple[str, str]:
    window = view.window
    if window is None or view.stale or window.ratio is None:
        return "-", "muted"
    token = (
        "exit-line" if window.ratio > window.exit_ratio else "alert" if window.ratio > window.spike_threshold else ""
    )
    return f"{min(window.ratio, 999):.1f}x", token


def _coverage(view: SymbolView) -> tuple[str, str]:
    cover = view.leave.coverage if view.leave is not None and not view.stale else None
    return ("-", "muted") if cover is None else (f"{cover:.1f}x", "")


def _sell_all(view: SymbolView) -> tuple[str, str]:
    if view.position is None or not view.position.quantity:
        return "-", "muted"
    words = cost_words(view)
    return (words, "") if words else (BLANK, "muted")


def cost_words(view: SymbolView) -> str:
    """What selling all costs: `-$237`, `-$350+` where the book ends before; of one level, `9% shown`; empty for old."""
    leave = view.leave
    if leave is None or leave.cost is None or view.stale:
        return ""
    if leave.not_shown and view.capabilities.depth_levels == 1:
        return f"{leave.filled / (leave.filled + leave.not_shown):.0%} shown"
    return f"{spell_dollars(-leave.cost)}{'+' if leave.not_shown else ''}"


def _age(view: SymbolView) -> tuple[str, str]:
    if view.data_age_s is None:
        return BLANK, "muted"
    return span_text(view.data_age_s), "alert" if looks_old(view) else "muted"


COLUMNS = (
    Column("LAST", 9, 0, _last),
    Column("1m", 7, 4, _change),
    Column("HELD", 8, 6, _held),
    Column("P&L $", 9, 1, _pnl, "pnl"),
    Column("P&L %", 8, 8, _percent),
    Column("STOP", 9, 2, _stop, "stop"),
    Column("SOLD", 6, 5, _sold),
    Column("VOL", 7, 4, _volume),
    Column("DEPTH", 7, 9, _coverage),
    Column("SELL ALL", 10, 3, _sell_all),
    Column("AGE", 6, 7, _age),
)
FRONT = 4 + 7 + 11
"""Mark and number, symbol, state."""
LEAST_WHY = 20


@lru_cache(maxsize=64)
def columns_in(width: int) -> tuple[Column, ...]:
    """The columns that fit."""
    columns = list(COLUMNS)
    while columns and FRONT + sum(column.width for column in columns) > width:
        columns.remove(max(columns, key=lambda column: column.rank))
    return tuple(columns)


def table_head(model: ScreenModel, width: int) -> Row:
    """The headings; a sorted column bears a mark."""

    def title(words: str, sort: str) -> str:
        return f"{words}*" if sort and model.sort == sort else words

    columns = columns_in(width)
    front = f"    {left(title('SYM', 'symbol'), 7)}{left(title(' STATE', 'urgency'), 11)}"
    cells = "".join(right(title(column.title, column.sort), column.width) for column in columns)
    rest = width - len(front) - len(cells)
    return make_row(Span(f"{front}{cells}{'  WHY' if rest >= LEAST_WHY else ''}", "bold"), base="bar")


def table_row(view: SymbolView, number: int, width: int, *, selected: bool, pinned: bool) -> Row:
    """One symbol."""
    mark = ("#" if pinned else ">") if selected else "*" if pinned else " "
    key = f"{number}" if number < 10 else " "
    columns = columns_in(width)
    spans = [
        Span(f"{mark}{key}  {left(clean(view.symbol), 7)}", "bold"),
        Span(left(f" {chip_text(view.chip)}", 11), chip_token(view)),
    ]
    for column in columns:
        text, token = column.cell(view)
        spans.append(Span(right(text, column.width), token))
    rest = width - FRONT - sum(column.width for column in columns)
    if rest >= LEAST_WHY:
        asked = view.recommendation
        answered = view.muted if asked is None else asked.header or asked.reason
        why = view.chip_detail or answered
        spans.append(Span(f"  {whole_facts(clean(why), rest - 3)}", WHY_TOKENS.get(view.chip, "muted")))
    base = "blind" if blind_holding(view) else "picked" if selected else ""
    if base == "blind" or not looks_old(view):
        return Row(tuple(spans), base)
    row = restyle(Row(tuple(spans)), "stale")  # of a picked row that is old the symbol alone is painted as picked
    return Row((Span(spans[0].text, "picked"), *row.spans[1:])) if selected else row
