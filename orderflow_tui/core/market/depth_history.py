"""The last five minutes of one symbol's book and prints, a column every two seconds, for a map of liquidity.

Made only where somebody looks: 48 kB a symbol and its prints. Real prices and sides, also for a short position.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Final

from orderflow_tui.core.model.events import Levels

STEP_SECONDS: Final = 2
COLUMNS: Final = 150
LEVELS: Final = 10
"""Levels of a side that are kept."""
MOST_PRINTS: Final = 16
"""Prices of a column at which the most traded; the others are not kept."""
_WIDTH: Final = 2 * LEVELS

Traded = tuple[int, int, int, int]
"""`(price, sold, bought, unsided)`."""
Column = tuple[int, list[tuple[int, int]], list[tuple[int, int]], tuple[Traded, ...]]
"""`(second, bids, asks, traded)`."""


class DepthHistory:
    """A ring of books as columns of numbers."""

    __slots__ = ("_prices", "_prints", "_seconds", "_sizes", "count")

    def __init__(self) -> None:
        self._seconds = array("q", bytes(8 * COLUMNS))
        self._prices = array("q", bytes(8 * COLUMNS * _WIDTH))
        self._sizes = array("q", bytes(8 * COLUMNS * _WIDTH))
        self._prints: list[tuple[Traded, ...]] = [()] * COLUMNS
        self.count = 0
        """Columns ever kept."""

    @property
    def newest(self) -> int:
        """The Unix second of the newest column; 0 before the first."""
        return self._seconds[(self.count - 1) % COLUMNS] if self.count else 0

    def due(self, second: int) -> bool:
        """Whether a column is to be kept at this second; also where time went back, in a replay."""
        return not self.newest <= second < self.newest + STEP_SECONDS

    def keep(self, second: int, bids: Levels, asks: Levels, traded: Sequence[Traded]) -> None:
        """Keep the book in force at a second and what traded since the column before. Time that goes back empties it.

        Args:
            second: Unix second.
            bids: Best first.
            asks: Best first.
            traded: Since the last call.
        """
        if second < self.newest:
            self.count = 0
        slot = self.count % COLUMNS
        start = slot * _WIDTH
        self._seconds[slot] = second
        for first, levels in ((start, bids[:LEVELS]), (start + LEVELS, asks[:LEVELS])):
            for place in range(LEVELS):
                price, size = levels[place] if place < len(levels) else (0, 0)
                self._prices[first + place], self._sizes[first + place] = price, size
        most = sorted(traded, key=lambda row: row[1] + row[2] + row[3], reverse=True)[:MOST_PRINTS]
        self._prints[slot] = tuple(most)
        self.count += 1

    def columns(self) -> Iterator[Column]:
        """Each column, oldest first."""
        for index in range(max(0, self.count - COLUMNS), self.count):
            slot = index % COLUMNS
            start = slot * _WIDTH
            middle, end = start + LEVELS, start + _WIDTH
            bids = [one for one in zip(self._prices[start:middle], self._sizes[start:middle], strict=True) if one[1]]
            asks = [one for one in zip(self._prices[middle:end], self._sizes[middle:end], strict=True) if one[1]]
            yield self._seconds[slot], bids, asks, self._prints[slot]
