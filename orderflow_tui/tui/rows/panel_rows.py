"""What one symbol's panel says, as rows for its width and height."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from orderflow_tui.core.model.units import price_text
from orderflow_tui.tui.look.blocks import Block, fit
from orderflow_tui.tui.look.lines import EMPTY_ROW, Row, Span, make_row, restyle
from orderflow_tui.tui.look.text import (
    BLANK,
    Zone,
    average_price,
    change_text,
    clean,
    crop,
    left,
    right,
    shares,
    signed_money,
    span_text,
    wrap,
)
from orderflow_tui.tui.rows.flow_rows import context_rows, flow_rows, leave_row
from orderflow_tui.tui.rows.ladder import ladder_rows, wall_rows
from orderflow_tui.tui.rows.tape_rows import print_rows, spark_rows
from orderflow_tui.tui.state.model import blind_holding
from orderflow_tui.tui.state.own_orders import orders_text
from orderflow_tui.views.model import CANNOT_LEAVE, PositionView, SymbolView

CHIP_WIDTH = 9
WIDE = 76
"""From this width the ladder and the prints stand side by side."""
CHIP_TOKENS = {
    "EXIT": "exit", "BLIND": "blind", "HALTED": "exit-line", "ALERT": "alert", "WATCH": "watch", "CALM": "calm",
}  # fmt: skip
WHY_TOKENS = CHIP_TOKENS | {"EXIT": "exit-line", "BLIND": "alert"}
_LOUD = frozenset({"EXIT", "BLIND", "HALTED"})
_UPPER = frozenset({"EXIT", "BLIND", "ALERT", "WATCH", "HALTED", "NO QUOTES", "NO DATA"})


class PanelSize(Struct, frozen=True):
    """Where and how a panel is drawn."""

    width: int
    height: int
    number: int
    """The key that selects it; 0 for none."""
    selected: bool
    pinned: bool
    zone: Zone


def chip_text(chip: str) -> str:
    """A state that asks for something is in capitals, a quiet one is not."""
    return chip if chip in _UPPER else chip.lower()


def chip_span(chip: str) -> Span:
    """The chip in a fixed number of cells; the loudest states stand in brackets so that they show without colour."""
    text = chip_text(chip)
    framed = f"[{text}]" if chip in _LOUD else text
    return Span(framed.center(CHIP_WIDTH), CHIP_TOKENS.get(chip, "muted"))


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
        stale = [restyle(row, "stale") for row in fit(_blocks(_underived(view), frame)[2:], height - len(alarm))]
        return alarm + stale
    if not view.stale:
        return fit(_blocks(view, frame), height)
    return [restyle(row, "stale") for row in fit(_blocks(_underived(view), frame), height)]


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
    detail = clean(view.chip_detail)
    shown = left(detail, detail_width) if len(detail) <= detail_width else " " * max(0, detail_width)
    chip = chip_span(view.chip)
    return make_row(Span(front, "bold"), chip, Span(f" {shown} "), Span(age, age_token), base=base)


def _age(view: SymbolView) -> tuple[str, str]:
    """How old the data is, beyond what it is late by contract."""
    age = right(BLANK if view.data_age_s is None else span_text(view.data_age_s), 5)
    return f"{age} ", "alert" if view.stale and not blind_holding(view) else ""


def _blocks(view: SymbolView, frame: PanelSize) -> list[Block]:
    width, zone = frame.width, frame.zone
    leave, why = _leave_rows(view, width), _why_rows(view, frame)
    blocks = [
        Block(0, leave, len(leave)),
        Block(1, why, len(why)),
        Block(1, _held_rows(view, width)),
        Block(2, [_position_row(view, width)]),
    ]
    flow = flow_rows(view, width)
    blocks.append(Block(3, flow, len(flow)))
    tape, walls = spark_rows(view, width), wall_rows(view, width)
    if width >= WIDE:
        book = _side_by_side(view, width, zone)
        blocks += [Block(4, book, min(4, len(book))), Block(6, walls), Block(5, tape, len(tape))]
    else:
        book = ladder_rows(view, width)
        blocks += [Block(4, book, min(4, len(book))), Block(6, walls), Block(5, tape, len(tape))]
    held = view.position is not None and view.position.quantity
    blocks.append(Block(4, [leave_row(view, width)] if held else []))
    blocks += [Block(7, context_rows(view, width)), Block(7, _threshold_rows(view, width))]
    if width < WIDE:
        blocks.append(Block(8, print_rows(view, width, zone)))
    return blocks


def _side_by_side(view: SymbolView, width: int, zone: Zone) -> list[Row]:
    ladder_width = min(66, width - 28)
    ladder = ladder_rows(view, ladder_width)
    prints = print_rows(view, width - ladder_width - 1, zone)
    caption = make_row(Span(f" PRINTS ({zone.label}) newest first", "muted"))
    count = max(len(ladder), min(len(prints) + 1, 16))
    joined: list[Row] = []
    for index in range(count):
        one = ladder[index] if index < len(ladder) else EMPTY_ROW
        other = caption if index == 0 else prints[index - 1] if index <= len(prints) else EMPTY_ROW
        pad = Span(" " * (ladder_width - len(one.plain)) + " ")
        joined.append(Row((*one.spans, pad, *other.spans)))
    return joined


def _leave_rows(view: SymbolView, width: int) -> list[Row]:
    """The line to read first."""
    if view.leave is not None and view.leave.line:
        token = "exit-line" if view.leave.line.startswith(CANNOT_LEAVE) else "strong"
        return [make_row(Span(f" {line}", token)) for line in wrap(clean(view.leave.line), width - 2, 3)]
    if view.position is None or not view.position.quantity:
        return []
    why = f" (data {span_text(view.data_age_s)} old)" if view.stale and view.data_age_s is not None else ""
    return [make_row(Span(f" leave now: {BLANK}{why}", "strong"))]


def _why_rows(view: SymbolView, frame: PanelSize) -> list[Row]:
    """That the data is late by contract; the chip's reason, where the header has no room for it."""
    detail = clean(view.chip_detail)
    age, _ = _age(view)
    rows = []
    if view.capabilities.delay_seconds:
        words = f"DELAYED {view.capabilities.delay_seconds // 60} min: none of this is now"
        rows.append(make_row(Span(f" {crop(words, frame.width - 2)}", "alert")))
    if not detail or len(detail) <= frame.width - 26 - CHIP_WIDTH - len(age) - 2:
        return rows
    return [*rows, make_row(Span(f" {crop(detail, frame.width - 2)}", WHY_TOKENS.get(view.chip, "muted")))]


def _held_rows(view: SymbolView, width: int) -> list[Row]:
    """What an answer keeps quiet, and until when; which orders the book is shown without."""
    advice, working = view.recommendation, view.position.working if view.position is not None else ()
    rows: list[Row] = []
    if advice is not None and advice.header:
        rows.append(make_row(Span(f" ■ {crop(clean(advice.header), width - 4)}", "exit-line")))
    elif view.muted:
        rows.append(make_row(Span(f" ■ {crop(clean(view.muted), width - 4)}", "alert")))
    if working:
        rows.append(make_row(Span(crop(f" yours, left out of the book: {orders_text(working)}", width), "muted")))
    return rows


def _position_row(view: SymbolView, width: int) -> Row:
    position = view.position
    if position is None or not position.quantity:
        return make_row(Span(" not held, watched", "muted"))
    side = "LONG" if position.quantity > 0 else "SHORT"
    scale = view.capabilities.size_scale
    assumed = "hypothetical " if position.hypothetical else ""
    held = f" {assumed}{side} {shares(abs(position.quantity), scale)} @ {average_price(position.average_cost)} "
    profit, token = _profit(position)
    stop_words = clean(position.stop_words)
    if not stop_words and position.stop is not None:
        stop_words = f"stop {price_text(position.stop)}"
    if view.leave is not None and stop_words and stop_words in view.leave.line:
        stop_words = ""
    stop_token = "exit-line" if "CROSSED" in stop_words.upper() else ""
    room = width - len(held) - len(profit) - 3
    return make_row(held, Span(profit, token), Span("  " + crop(stop_words, room) if room > 8 else "", stop_token))


def _profit(position: PositionView) -> tuple[str, str]:
    if position.pnl is None:
        return f"P&L {BLANK}", "muted"
    percent = "" if position.pnl_percent is None else f" {position.pnl_percent:+.2f}%"
    token = "profit" if position.pnl > 0 else "loss" if position.pnl < 0 else ""
    return f"P&L {signed_money(position.pnl)}{percent}", token


def _threshold_rows(view: SymbolView, width: int) -> list[Row]:
    rows = [make_row(Span(f" {crop(clean(view.thresholds), width - 2)}", "muted"))] if view.thresholds else []
    if view.live_rules:
        rules = "rules live: " + ", ".join(view.live_rules)
        rows += [make_row(Span(f" {line}", "muted")) for line in wrap(clean(rules), width - 2, 2)]
    return rows


def _blind_rows(view: SymbolView, frame: PanelSize) -> list[Row]:
    """Holding shares while blind: the loudest rows there are."""
    position = view.position
    held = shares(abs(position.quantity), view.capabilities.size_scale) if position else ""
    side = "short " if position and position.quantity < 0 else ""
    since = frame.zone.clock(view.book_time_ns)
    words = (
        f"!! BLIND !! {side}{held} {clean(view.symbol)} held, not seen",
        clean(view.chip_detail) or "no good data",
        f"last good book {since} {frame.zone.label}, below is OLD; r retries",
    )
    return [make_row(f" {line}", base="blind") for text in words for line in wrap(text, frame.width - 2, 2)]
