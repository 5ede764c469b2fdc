"""What one symbol's panel says, as rows for its width and height."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from orderflow_tui.core.model.units import price_text, spell_dollars
from orderflow_tui.tui.look.blocks import Beside, Block, fit
from orderflow_tui.tui.look.formatting import (
    BLANK,
    Zone,
    average_price,
    change_text,
    clean,
    left,
    right,
    shares,
    span_text,
    whole_facts,
    wrap,
)
from orderflow_tui.tui.look.styled_lines import EMPTY_ROW, Row, Span, make_row, restyle
from orderflow_tui.tui.rows.depth_ladder import ladder_rows, wall_rows
from orderflow_tui.tui.rows.flow_rows import context_rows, flow_rows, leave_row
from orderflow_tui.tui.rows.price_ladder import PriceLadder, sees_row
from orderflow_tui.tui.rows.tape_rows import print_rows, spark_rows
from orderflow_tui.tui.state.own_orders import orders_text
from orderflow_tui.tui.state.screen_model import blind_holding
from orderflow_tui.views.frozen_views import CANNOT_LEAVE, PositionView, SymbolView

CHIP_WIDTH = 9
HEADER_WIDTH = 26
"""Cells of mark, number, symbol, price and change."""
WIDE = 76
"""From this width the ladder and the prints stand side by side."""
PRINTS_BESIDE = 15
MOST_LEAST = 7
"""Rows the book has before context and thresholds have theirs."""
LEAST_LADDER = 9
"""Rows from which a price ladder below the book is worth its place."""
CHIP_TOKENS = {
    "EXIT": "exit", "STOP": "exit", "BLIND": "blind", "HALTED": "exit-line", "ALERT": "alert", "WATCH": "watch",
    "CALM": "calm",
}  # fmt: skip
WHY_TOKENS = CHIP_TOKENS | {"EXIT": "exit-line", "STOP": "exit-line", "BLIND": "alert"}
LOUD_CHIPS = frozenset({"EXIT", "STOP", "BLIND", "HALTED"})
_REFUSED = {"LEVEL2": "The feed sent a broken book", "TAPE": "The feed sent broken prints"}
"""What a refused payload's code begins with, and what it means."""
_UPPER = LOUD_CHIPS | {"ALERT", "WATCH", "NO QUOTES", "NO DATA"}


class PanelSize(Struct, frozen=True):
    """Where and how a panel is drawn."""

    width: int
    height: int
    number: int
    """The key that selects it; 0 for none."""
    selected: bool
    pinned: bool
    zone: Zone
    edit_key: str = ""
    """The key that edits the selected position; empty where positions cannot be edited."""


def chip_text(chip: str) -> str:
    """A state that asks for something is in capitals, a quiet one is not."""
    return chip if chip in _UPPER else chip.lower()


def chip_token(view: SymbolView) -> str:
    """How the chip is written; an exit whose kind of evidence is not known to be better than chance is calmer."""
    return CHIP_TOKENS["ALERT"] if view.chip == "EXIT" and view.calm_exit else CHIP_TOKENS.get(view.chip, "muted")


def chip_span(view: SymbolView) -> Span:
    """The chip in a fixed number of cells; the loudest states stand in brackets so that they show without colour."""
    text = chip_text(view.chip)
    framed = f"[{text}]" if view.chip in LOUD_CHIPS else text
    return Span(framed.center(CHIP_WIDTH), chip_token(view))


def panel_rows(view: SymbolView, frame: PanelSize) -> list[Row]:
    """The whole panel, exactly `frame.height` rows."""
    if frame.width < 2 or frame.height < 1:
        return []
    body = _body(view, frame)
    rows = [_header(_underived(view) if view.stale else view, frame), *body]
    rows += [EMPTY_ROW] * (frame.height - len(rows))
    return rows[: frame.height]


def _body(view: SymbolView, frame: PanelSize) -> list[Row]:
    height = frame.height - 1
    if blind_holding(view):
        alarm = _blind_rows(view, frame)[:height]
        rest = fit(_blocks(_underived(view), frame, blind=True), height - len(alarm))
        stale = [restyle(row, "stale") for row in rest]
        return alarm + stale
    if not looks_old(view):
        return fit(_blocks(view, frame), height)
    rows = fit(_blocks(_underived(view) if view.stale else view, frame), height)
    return [restyle(row, "stale") for row in rows]


def looks_old(view: SymbolView) -> bool:
    """Whether it is painted as what it is: not current. From 3 s on, or while the monitor is silent."""
    return view.old or view.stale


def _underived(view: SymbolView) -> SymbolView:
    """The view without the figures that would be read as current."""
    position = view.position and replace(view.position, pnl=None, pnl_percent=None, stop_words="")
    return replace(view, window=None, leave=None, context=None, change_60s=None, position=position)


def _header(view: SymbolView, frame: PanelSize) -> Row:
    base = "blind" if blind_holding(view) else "picked" if frame.selected else "bar"
    mark = ("#" if frame.pinned else ">") if frame.selected else "*" if frame.pinned else " "
    number = str(frame.number) if 0 < frame.number < 10 else " "
    price = price_text(view.last_price) if view.last_price is not None else BLANK
    change = change_text(view.change_60s, view.price_step) if view.change_60s is not None else ""
    front = f"{mark}{number} {left(clean(view.symbol), 6)}{right(price, 9)}{right(change, 7)} "
    age, age_token = _age(view)
    detail_width = frame.width - len(front) - CHIP_WIDTH - len(age) - 2
    detail = chip_detail(view, frame.zone)
    detail = "" if detail == quiet_words(view) else detail
    shown = left(detail, detail_width) if len(detail) <= detail_width else " " * max(0, detail_width)
    chip = chip_span(view)
    return make_row(Span(front, "bold"), chip, Span(f" {shown} "), Span(age, age_token), base=base)


def _age(view: SymbolView) -> tuple[str, str]:
    """How old the data is, beyond what it is late by contract."""
    age = right(BLANK if view.data_age_s is None else span_text(view.data_age_s), 5)
    return f"{age} ", "alert" if looks_old(view) and not blind_holding(view) else ""


def chip_detail(view: SymbolView, zone: Zone) -> str:
    """Why the chip is what it is; of a halt since when."""
    detail = clean(view.chip_detail)
    if view.chip != "HALTED" or not view.halted_ns:
        return detail
    return f"since {zone.clock(view.halted_ns)} {zone.label}: {detail}"


def _detail_width(view: SymbolView, frame: PanelSize) -> int:
    """Cells the header leaves the chip's reason."""
    return frame.width - HEADER_WIDTH - CHIP_WIDTH - len(_age(view)[0]) - 2


def _blocks(view: SymbolView, frame: PanelSize, *, blind: bool = False) -> list[Block]:
    """What the panel says from the top. The rows above the book are as many at each moment: nothing pushes the tape."""
    width, zone = frame.width, frame.zone
    leave, deep = _leave_rows(view, width), view.capabilities.depth_levels > 1
    flow, tape = flow_rows(view, width), spark_rows(view, width)
    held = view.position is not None and view.position.quantity
    blocks = [
        Block(0, [] if blind else leave, len(leave)),
        Block(0, _stop_rows(view, frame)),
        Block(1, _delay_rows(view, width)),
        Block(1, [] if blind else [_reason_row(view, frame)]),
        Block(2, [_position_row(view, width)]),
        Block(3, flow, len(flow)),
        Block(3, tape, len(tape)),
        Block(5, [leave_row(view, width)] if held and deep else []),
        Block(6, _working_rows(view, width)),
    ]
    least = max(3, min(MOST_LEAST, frame.height - 1 - sum(len(block.rows) for block in blocks)))
    wide = width >= WIDE
    book = _book(view, min(66, width - 28) if wide else width, zone, named=blind or bool(_reason(view, frame)))
    if wide:
        prints = [make_row(Span(f" PRINTS ({zone.label}) newest first", "muted"))]
        blocks.append(Block(4, Beside(book, [*prints, *_prints(view, width, zone)], min(66, width - 28)), least))
    else:
        blocks.append(Block(4, book, least))
    walls = wall_rows(view, width)
    blocks += [Block(6, walls, len(walls)), Block(7, context_rows(view, width))]
    blocks.append(Block(7, _threshold_rows(view, width)))
    used = sum(len(block.rows) for block in blocks)
    if not wide:
        blocks.append(Block(8, print_rows(view, width, zone)))
    if deep and used + LEAST_LADDER < frame.height:
        blocks.append(Block(9, PriceLadder(view, width, zone), LEAST_LADDER))
    return blocks


def _book(view: SymbolView, width: int, zone: Zone, *, named: bool) -> Sequence[Row]:
    """With depth its levels, best first; where there is but one, prices with what traded at each.

    What depth it is stands in the row above, except while that row says something else: then the book is `named`.
    """
    if view.capabilities.depth_levels > 1 or not view.capabilities.quotes:
        return ladder_rows(view, width, named=named)
    return PriceLadder(view, width, zone)


def _prints(view: SymbolView, width: int, zone: Zone) -> Sequence[Row]:
    return print_rows(view, width - min(66, width - 28) - 1, zone)[:PRINTS_BESIDE]


def _leave_rows(view: SymbolView, width: int) -> list[Row]:
    """What to read first: what leaving takes, one fact a row."""
    if view.leave is not None and view.leave.facts:
        first, *rest = (clean(fact) for fact in view.leave.facts)
        token = "exit-line" if first.startswith(CANNOT_LEAVE) else "strong"
        words = [Span(f" {whole_facts(first, width - 2)}", token)]
        return [make_row(span) for span in (*words, *(Span(f" {whole_facts(fact, width - 2)}") for fact in rest))]
    if view.position is None or not view.position.quantity:
        return []
    why = f" (data {span_text(view.data_age_s)} old)" if view.stale and view.data_age_s is not None else ""
    short = view.position.quantity < 0
    rows = [make_row(Span(f" {'Cover' if short else 'Sell'} all now: {BLANK}{why}", "strong"))]
    return rows if view.capabilities.depth_levels > 1 else [*rows, EMPTY_ROW]


def _stop_rows(view: SymbolView, frame: PanelSize) -> list[Row]:
    """The stop, on a row of its own; that there is none, so that neighbours' rows stand beside each other."""
    position = view.position
    if position is None or not position.quantity:
        return []
    words = clean(position.stop_words)
    if not words and position.stop is None:
        how = f" ({frame.edit_key} sets one)" if frame.selected and frame.edit_key else ""
        return [make_row(Span(f" No stop set{how}", "muted"))]
    words = words or f"Stop {price_text(position.stop or 0)}"
    return [make_row(Span(f" {whole_facts(words, frame.width - 2)}", "exit-line" if "STOP HIT" in words else ""))]


def _delay_rows(view: SymbolView, width: int) -> list[Row]:
    """That the data is late by contract."""
    if not view.capabilities.delay_seconds:
        return []
    words = f"DELAYED {view.capabilities.delay_seconds // 60} min: none of this is now"
    return [make_row(Span(f" {whole_facts(words, width - 2)}", "alert"))]


def _reason_row(view: SymbolView, frame: PanelSize) -> Row:
    """The chip's reason where the header has no room for it, what an answer keeps quiet, or what the source shows."""
    reason = _reason(view, frame)
    return make_row(*reason) if reason else sees_row(view, frame.width)


def _reason(view: SymbolView, frame: PanelSize) -> tuple[Span, ...]:
    """What the row has to say beside what the source shows; empty for nothing."""
    quiet, detail = quiet_words(view), chip_detail(view, frame.zone)
    told = not detail or detail == quiet or len(detail) <= _detail_width(view, frame)
    if not told and (not quiet or view.chip not in {"CALM", "WATCH"}):
        return (Span(f" {whole_facts(detail, frame.width - 2)}", WHY_TOKENS.get(view.chip, "muted")),)
    if quiet:
        return (Span(f" ■ {whole_facts(quiet, frame.width - 4)}", "alert" if view.muted else "exit-line"),)
    return ()


def blind_reason(view: SymbolView) -> str:
    """Why nothing can be trusted, in words: a refused book's code says nothing to a trader."""
    code, _, detail = clean(view.chip_detail).partition(": ")
    if not code.isupper() or " " in code:
        return clean(view.chip_detail) or "no good data"
    if code == "LEVEL2_STALE" and detail:
        return detail
    what = _REFUSED.get(code.split("_", 1)[0], "The feed sent bad data")
    return f"{what}{f': {detail}' if detail else ''}"


def quiet_words(view: SymbolView) -> str:
    """What an answer keeps quiet, and until when; empty where none does."""
    advice = view.recommendation
    return clean(advice.header if advice is not None and advice.header else view.muted)


def _working_rows(view: SymbolView, width: int) -> list[Row]:
    """Which orders the book is shown without."""
    working = view.position.working if view.position is not None else ()
    words = f" yours, left out of the book: {orders_text(working)}"
    return [make_row(Span(whole_facts(words, width), "muted"))] if working else []


def _position_row(view: SymbolView, width: int) -> Row:
    position = view.position
    if position is None or not position.quantity:
        return make_row(Span(" not held, watched", "muted"))
    side = "LONG" if position.quantity > 0 else "SHORT"
    scale = view.capabilities.size_scale
    assumed = "hypothetical " if position.hypothetical else ""
    held = f" {assumed}{side} {shares(abs(position.quantity), scale)} @ {average_price(position.average_cost)} "
    profit, token = _profit(position)
    return make_row(held, Span(profit if len(held) + len(profit) <= width else "", token))


def _profit(position: PositionView) -> tuple[str, str]:
    if position.pnl is None:
        return f"P&L {BLANK}", "muted"
    percent = "" if position.pnl_percent is None else f" {round(position.pnl_percent, 2) + 0.0:+.2f}%"
    token = "profit" if position.pnl > 0 else "loss" if position.pnl < 0 else ""
    return f"P&L {spell_dollars(position.pnl, plus=True)}{percent}", token


def _threshold_rows(view: SymbolView, width: int) -> list[Row]:
    words = whole_facts(clean(view.thresholds), width - 2)
    return [make_row(Span(f" {words}", "muted"))] if words else []


def _blind_rows(view: SymbolView, frame: PanelSize) -> list[Row]:
    """Holding shares while blind: the loudest rows there are."""
    position = view.position
    held = shares(abs(position.quantity), view.capabilities.size_scale) if position else ""
    side = "short " if position and position.quantity < 0 else ""
    since = f"last good book {frame.zone.clock(view.book_time_ns)} {frame.zone.label}, below is OLD; "
    words = (
        f"NO TRUSTED DATA: {side}{held} {clean(view.symbol)} held, not seen",
        blind_reason(view),
        f"{since if view.book_time_ns else ''}r retries",
    )
    return [make_row(f" {line}", base="blind") for text in words for line in wrap(text, frame.width - 2, 6)]
