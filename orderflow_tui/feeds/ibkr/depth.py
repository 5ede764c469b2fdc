"""A book as the broker tells it: rows of (price, venue) by their place, merged into price levels once they are whole.

The messages have no sequence, no time and no mark where a change ends, and come in three dialects; one way of applying
them is right for all three: insert and delete shift, a delete past the end takes the last row, an update past the end
appends.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from orderflow_tui.core.model.events import Levels
from orderflow_tui.feeds.ibkr.wire import DepthRow

INSERT, UPDATE, DELETE = 0, 1, 2
LEVELS_SHOWN: Final = 10
_ROUND_LOT: Final = 100
_ROUND_LOT_BELOW: Final = 2_500_000
"""Up to $250 a round lot is 100 shares, and odd lots are not in the book."""


class Row(NamedTuple):
    """What one venue shows at one price (units of $0.0001, shares)."""

    price: int
    size: int
    venue: str


class BookRows:
    """Both sides of one symbol's book, row by row.

    Args:
        rows: How many rows a side were asked for: a side that long is cut, and its last level with it.
    """

    def __init__(self, rows: int) -> None:
        self.asked = rows
        self.bids: list[Row] = []
        self.asks: list[Row] = []
        self.in_lots = False
        """Whether sizes must be round lots: in shares no row of a stock up to $250 is below 100."""
        self.broken = ""
        """Why the rows cannot be the book any more: it must be asked for again. Empty while they can."""

    def clear(self) -> None:
        """Both sides are empty now."""
        self.bids.clear()
        self.asks.clear()
        self.broken = ""

    def apply(self, change: DepthRow) -> None:
        """One message."""
        rows = self.bids if change.bid else self.asks
        place = change.place
        if change.op == DELETE:
            if rows:
                rows.pop(min(place, len(rows) - 1) if place >= 0 else -1)
            return
        if not 0 <= place <= len(rows) or len(rows) > 2 * self.asked:
            self.broken = f"row {place} of {len(rows)}"
            return
        row = Row(change.price, change.size, change.venue)
        if 0 < row.size < _ROUND_LOT and row.price <= _ROUND_LOT_BELOW:
            self.in_lots = True
        if change.op == INSERT:
            rows.insert(place, row)
        elif place < len(rows):
            rows[place] = row
        else:
            rows.append(row)

    @property
    def whole(self) -> bool:
        """Whether the rows can be a finished book: in order of price, and none twice. A change may still be under way.

        A crossed book is no finished one either.
        """
        bids, asks = self.bids, self.asks
        if bids and asks and bids[0].price >= asks[0].price:
            return False
        return _ordered(bids, falling=True) and _ordered(asks, falling=False)

    def levels(self) -> tuple[Levels, Levels]:
        """The best price levels of both sides, what all venues show there together."""
        return _merged(self.bids, self.asked), _merged(self.asks, self.asked)


def _ordered(rows: Sequence[Row], *, falling: bool) -> bool:
    before, seen = 0, set()
    for price, _, venue in rows:
        if before and (price > before if falling else price < before):
            return False
        if price != before:
            seen = {venue}
        elif venue in seen:
            return False
        else:
            seen.add(venue)
        before = price
    return True


def _merged(rows: Sequence[Row], asked: int) -> Levels:
    found: list[tuple[int, int]] = []
    price = size = 0
    for row in rows:
        if row.price != price:
            if size:
                found.append((price, size))
                if len(found) == LEVELS_SHOWN:
                    return tuple(found)
            price, size = row.price, 0
        size += row.size
    # Where as many rows came as were asked for, more venues may stand at the last price.
    if size and (len(rows) < asked or not found):
        found.append((price, size))
    return tuple(found)
