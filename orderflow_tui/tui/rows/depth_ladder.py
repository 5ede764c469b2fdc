"""The depth ladder: bids on the left, asks on the right, best in the first row, sizes as bars."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, zip_longest

from msgspec import Struct

from orderflow_tui.core.model.events import Levels
from orderflow_tui.core.model.units import price_text
from orderflow_tui.tui.look.formatting import compact, crop, left, right, shares, span_text
from orderflow_tui.tui.look.styled_lines import Row, Span, make_row
from orderflow_tui.views.frozen_views import SymbolView, WallMark

WALL_LETTERS = {"seen": "W", "hit": "!", "pulled": "x"}
_NS = 1_000_000_000


def wall_letter(walls: Sequence[WallMark], side: str, price: int) -> str:
    """`W` a wall stands there, `!` it is being sold into, `x` it was withdrawn; a blank otherwise."""
    return next((WALL_LETTERS[wall.state] for wall in walls if wall.side == side and wall.price == price), " ")


def depth_words(view: SymbolView, width: int) -> str:
    """What the depth is, and how old the quote itself is: `NBBO, 1 level, quote 3:10 old`."""
    words = view.capabilities.depth_label
    if view.quote_time_ns:
        age = max(0.0, (view.now_ns - view.quote_time_ns) / _NS)
        long = f"{words}, quote {span_text(age)} old"
        return long if len(long) <= width else words
    return words


class _Half:
    """The columns of one side; both sides share them so that the ladder stands still."""

    def __init__(self, width: int, price_width: int) -> None:
        self.wide = width >= 28
        self.price = price_width
        self.size = 7 if self.wide else 5
        self.cumulative = 6 if width >= 22 else 0
        self.bar = max(0, width - 1 - self.price - 1 - self.size - 1 - self.cumulative - 1)

    def size_text(self, size: int, scale: int) -> str:
        text = shares(size, scale) if self.wide else compact(size, scale)
        return right(text if len(text) <= self.size else compact(size, scale), self.size)


def _bar(size: int, largest: int, width: int) -> int:
    return max(1, round(size / largest * width)) if largest and size and width else 0


class _Level(Struct, frozen=True):
    """One level as it is drawn."""

    price: int
    size: int
    total: int
    letter: str
    bar: int


def _bid(half: _Half, level: _Level, scale: int) -> list[Span]:
    letter, bar = level.letter, level.bar
    token = "bid bold" if letter != " " else "bid"
    return [
        Span(letter, "alert"),
        Span(right(compact(level.total, scale), half.cumulative - 1) + " " if half.cumulative else "", "muted"),
        Span(" " * (half.bar - bar) + "█" * bar + " ", "bid"),
        Span(half.size_text(level.size, scale), token),
        Span(" " + right(price_text(level.price), half.price) + " ", token),
    ]


def _ask(half: _Half, level: _Level, scale: int) -> list[Span]:
    letter, bar = level.letter, level.bar
    token = "ask bold" if letter != " " else "ask"
    return [
        Span(" " + left(price_text(level.price), half.price) + " ", token),
        Span(half.size_text(level.size, scale), token),
        Span(" " + "█" * bar + " " * (half.bar - bar), "ask"),
        Span(" " + right(compact(level.total, scale), half.cumulative - 1) if half.cumulative else "", "muted"),
        Span(letter, "alert"),
    ]


def _caption(view: SymbolView, width: int, *, named: bool) -> Row:
    inner = f" {depth_words(view, width - 14)} " if named else ""
    room = max(0, width - len(inner) - 12)
    line = f" BIDS {'─' * (room // 2)}{inner}{'─' * (room - room // 2)} ASKS "
    return make_row(Span(line, "muted"))


def ladder_rows(view: SymbolView, width: int, most: int = 10, *, named: bool = True) -> list[Row]:
    """A caption, which says how deep and how old the book is where it is `named`, then one row a level."""
    rows = [_caption(view, width, named=named)]
    bids, asks = view.bids[:most], view.asks[:most]
    if not bids and not asks:
        words = "no quotes: tape rules only" if not view.capabilities.quotes else "no book yet"
        return [*rows, make_row(Span(f" {words}", "muted"))]
    scale = view.capabilities.size_scale
    price_width = max(len(price_text(price)) for price, _ in (*bids, *asks))
    half = _Half((width - 1) // 2, max(6, price_width))
    bid_levels, ask_levels = (
        _levels(view.walls, side, levels, half.bar, largest=max(size for _, size in (*bids, *asks)))
        for side, levels in (("bid", bids), ("ask", asks))
    )
    blank = Span(" " * ((width - 1) // 2))
    for bid, ask in zip_longest(bid_levels, ask_levels):
        left_spans = _bid(half, bid, scale) if bid else [blank]
        right_spans = _ask(half, ask, scale) if ask else []
        rows.append(Row((*left_spans, Span("│", "muted"), *right_spans)))
    return rows


def wall_rows(view: SymbolView, width: int, most: int = 3) -> list[Row]:
    """Each wall with its life: what it is, how old, what was taken and cancelled from it; the loudest first."""
    loud = {"pulled": 0, "hit": 1, "seen": 2}
    walls = sorted(view.walls, key=lambda wall: (loud[wall.state], -wall.size))[:most]
    return [
        make_row(
            Span(f" {WALL_LETTERS[wall.state]} ", "alert"), Span(_whole(wall_words(view, wall), width - 4), wall.side)
        )
        for wall in walls
    ]


def _whole(words: Sequence[str], width: int) -> str:
    """The leading words that fit, none cut in the middle but the first."""
    text = crop(words[0], width)
    for more in words[1:]:
        if len(text) + len(more) + 2 > width:
            break
        text += f", {more}"
    return text


def wall_words(view: SymbolView, wall: WallMark) -> list[str]:
    """`bid 12,400 at 13.83 hit`, `8s old`, `9,100 sold in 30 s`, `300 cancelled`."""
    scale = view.capabilities.size_scale
    taken = "bought" if wall.side == "ask" else "sold"
    words = [f"{wall.side} {shares(wall.size, scale)} at {price_text(wall.price)}"]
    if wall.state == "pulled":
        words[0] += f" PULLED {_age(view.now_ns - wall.gone_ns)} ago"
    else:
        words[0] += " hit" if wall.state == "hit" else " stands"
        words.append(_age(view.now_ns - wall.since_ns))
    words += [] if wall.in_sight else ["out of sight"]
    words += [f"{compact(wall.sold, scale)} {taken}"] if wall.sold else []
    words += [f"{compact(wall.cancelled, scale)} cancelled"] if wall.cancelled and wall.state != "pulled" else []
    words += [f"{compact(wall.added, scale)} added"] if wall.added else []
    return words


def _age(nanoseconds: int) -> str:
    seconds = max(0, nanoseconds) / _NS
    return f"{seconds:.0f}s" if seconds < 100 else span_text(seconds)


def _levels(walls: Sequence[WallMark], side: str, levels: Levels, bar: int, *, largest: int) -> list[_Level]:
    totals = accumulate(size for _, size in levels)
    return [
        _Level(price, size, total, wall_letter(walls, side, price), _bar(size, largest, bar))
        for (price, size), total in zip(levels, totals, strict=True)
    ]
