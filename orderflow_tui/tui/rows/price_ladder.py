"""The price ladder: prices down the middle, what traded at each beside it, what rests there where it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, overload

from orderflow_tui.core.model.events import Levels
from orderflow_tui.core.model.units import PRICE_UNITS_PER_DOLLAR, price_text
from orderflow_tui.tui.look.formatting import Zone, compact, left, right, shares, whole_facts
from orderflow_tui.tui.look.styled_lines import Row, Span, make_row
from orderflow_tui.tui.rows.depth_ladder import depth_words, wall_letter
from orderflow_tui.views.frozen_views import SymbolView

MOST_ROWS: Final = 41
_WIDE: Final = 56
"""From this width sizes are written in full."""
_TAG: Final = 10
_SOLD, _BOUGHT, _UNSIDED = "█", "▒", "░"
"""A bar's parts: told apart without colour too."""


class PriceLadder(Sequence[Row]):
    """A caption, then one row a price, around the middle, in as many rows as somebody asks for.

    Nothing in it moves because a figure grew: each column has its cells, and the prices stand still while the inside
    stays near the middle.
    """

    def __init__(self, view: SymbolView, width: int, zone: Zone) -> None:
        self._view = view
        self._width = width
        self._zone = zone
        ladder = view.ladder
        self._rows = ladder.rows if ladder is not None else ()
        self._wide = width >= _WIDE
        self._size = 8 if self._wide else 6
        self._price = max(8, len(price_text(ladder.centre)) + 1) if ladder is not None else 8
        room = max(0, width - 2 - 4 * self._size - self._price)
        self._tag = max(0, min(_TAG, room - 1))
        self._bar = max(0, room - self._tag - 1)
        if ladder is None:
            return
        self._traded = {price: (sold, bought, unsided) for price, sold, bought, unsided in ladder.rows}
        self._bids, self._asks = self._resting(view.bids), self._resting(view.asks)
        self._tags = self._marks()

    def __len__(self) -> int:
        return 1 if self._view.ladder is None else MOST_ROWS + 1

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        """The first so many rows are the whole ladder at that height; any other part is of the highest one."""
        whole = isinstance(index, slice) and not index.start
        rows = self._made(len(range(len(self))[index]) if whole and isinstance(index, slice) else len(self))
        return rows if whole else rows[index]

    def _made(self, height: int) -> list[Row]:
        if height < 1:
            return []
        ladder = self._view.ladder
        if ladder is None:
            words = "no quotes: tape rules only" if not self._view.capabilities.quotes else "no price yet"
            return [make_row(Span(f" {words}", "muted"))]
        count = height - 1
        top = ladder.centre + count // 2 * ladder.step
        prices = [top - row * ladder.step for row in range(count)]
        most = max((sum(self._traded.get(price, ())) for price in prices), default=0)
        return [self._caption(), *(self._row(price, most) for price in prices)]

    def _resting(self, levels: Levels) -> dict[int, int]:
        """What rests at each row's prices."""
        ladder, found = self._view.ladder, dict[int, int]()
        assert ladder is not None
        for price, size in levels:
            row = price - (price - ladder.centre) % ladder.step
            found[row] = found.get(row, 0) + size
        return found

    def _marks(self) -> dict[int, str]:
        """What is to be known of a price: the stop before the last print before what was paid."""
        view, ladder, tags = self._view, self._view.ladder, dict[int, str]()
        assert ladder is not None
        position = view.position
        marks = [("last", view.last_price)]
        if position is not None and position.quantity:
            cost = round(position.average_cost * PRICE_UNITS_PER_DOLLAR)
            marks = [("stop", position.stop), *marks, ("cost", cost)]
        for name, price in marks:
            if price is not None:
                row = price - (price - ladder.centre) % ladder.step
                tags[row] = f"{tags[row]} {name}" if row in tags else name
        return tags

    def _caption(self) -> Row:
        size, price = self._size, self._price
        head = f"{'SOLD':>{size}} {'BID':>{size}}{'PRICE':>{price}}{'ASK':>{size}} {'BOUGHT':>{size}} "
        ladder = self._view.ladder
        if ladder is not None and ladder.since_ns:
            since = f" since {self._zone.clock(ladder.since_ns)[:5]}"
            named = f"{since} {self._zone.label}"
            head += named if len(head) + len(named) <= self._width else since
        return make_row(Span(left(head, self._width), "muted"))

    def _row(self, price: int, most: int) -> Row:
        walls = self._view.walls
        sold, bought, unsided = self._traded.get(price, (0, 0, 0))
        bid, ask = self._bids.get(price, 0), self._asks.get(price, 0)
        tag = self._tags.get(price, "")
        strong = "strong" if "last" in tag else "exit-line" if "stop" in tag else ""
        return self._within(
            Span(self._sized(sold), "sell"),
            Span(wall_letter(walls, "bid", price), "alert"),
            Span(self._sized(bid), "bid bold" if bid else ""),
            Span(right(price_text(price), self._price), strong or ("" if bid or ask or sold or bought else "muted")),
            Span(self._sized(ask), "ask bold" if ask else ""),
            Span(wall_letter(walls, "ask", price), "alert"),
            Span(self._sized(bought), "buy"),
            *self._bars(sold, bought, unsided, most),
            Span(left(f" {tag}", self._tag) if tag and self._tag else " " * self._tag, strong or "muted"),
        )

    def _within(self, *spans: Span) -> Row:
        """The columns that fit whole."""
        kept, used = list[Span](), 0
        for span in spans:
            used += len(span.text)
            if used > self._width:
                break
            kept.append(span)
        return Row(tuple(kept))

    def _sized(self, size: int) -> str:
        if not size:
            return " " * self._size
        scale = self._view.capabilities.size_scale
        text = shares(size, scale)
        return right(text if len(text) < self._size else compact(size, scale), self._size)

    def _bars(self, sold: int, bought: int, unsided: int, most: int) -> list[Span]:
        """All that traded at a price as one bar, in parts by who started it."""
        total = sold + bought + unsided
        if not total or not most or not self._bar:
            return [Span(" " * (self._bar + 1))]
        cells = max(1, round(total / most * self._bar))
        first = round(sold / total * cells)
        second = round((sold + bought) / total * cells) - first
        rest = cells - first - second
        return [
            Span(" " + _SOLD * first, "sell"),
            Span(_BOUGHT * second, "buy"),
            Span(_UNSIDED * rest, "muted"),
            Span(" " * (self._bar - cells)),
        ]


def sees_row(view: SymbolView, width: int) -> Row:
    """What the source shows of this symbol, in one row; whose sides the prints have, where there is room."""
    words, sides = depth_words(view, width - 2), view.capabilities.sides_label
    longer = f"{words}, {sides}" if sides else words
    return make_row(Span(f" {whole_facts(longer if len(longer) <= width - 2 else words, width - 2)}", "muted"))
