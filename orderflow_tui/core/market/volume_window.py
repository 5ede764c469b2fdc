"""Volume by the second, as running totals: any window or baseline of the last eight minutes in O(1).

State is about 20 kB a symbol whatever the rate. A window is the current, partial second and the B - 1 before it; its
baseline the 300 whole seconds before that.
"""

from __future__ import annotations

from array import array
from itertools import pairwise
from typing import Final

from orderflow_tui.core.model.events import BUY, SELL

BASELINE_SECONDS: Final = 300
LONGEST_WINDOW: Final = 60
_RING: Final = 512
_FINE: Final = 64
_ZEROS: Final = array("q", bytes(8 * _RING))


class VolumeWindow:
    """Running totals of eligible volume at the end of each second.

    `head` is the newest second that holds a print; -1 before the first. Sizes are integers, so sums are exact.
    """

    __slots__ = (
        "_buy", "_count", "_head_largest", "_head_squares", "_largest", "_sell", "_squares", "_volume", "buy", "count",
        "head", "most", "sell", "volume",
    )  # fmt: skip

    def __init__(self) -> None:
        self.head = -1
        self.most = 0
        """The largest print before the head since whoever keeps the sessions put it to 0."""
        self.volume = 0
        self.sell = 0
        self.buy = 0
        self.count = 0
        self._volume = array("q", _ZEROS)
        self._sell = array("q", _ZEROS)
        self._buy = array("q", _ZEROS)
        self._count = array("q", _ZEROS)
        self._squares = [0] * _FINE
        self._largest = [0] * _FINE
        self._head_squares = self._head_largest = 0

    def roll(self, second: int) -> None:
        """Make `second` the head; the seconds between hold no volume. Does nothing for the head or before."""
        head = self.head
        if head < 0:
            self.head = second
            return
        if second <= head:
            return
        volume, sell, buy, count = self._volume, self._sell, self._buy, self._count
        for silent in range(max(head, second - _RING), second):
            slot = silent % _RING
            volume[slot] = self.volume
            sell[slot] = self.sell
            buy[slot] = self.buy
            count[slot] = self.count
        slot = head % _FINE
        self._squares[slot], self._largest[slot] = self._head_squares, self._head_largest
        self.most = max(self.most, self._head_largest)
        for fresh in range(max(head + 1, second - _FINE + 1), second):
            slot = fresh % _FINE
            self._squares[slot] = 0
            self._largest[slot] = 0
        self._head_squares = self._head_largest = 0
        self.head = second

    def add(self, second: int, size: int, side: int) -> None:
        """Add a print to its own second: the head, a newer one, or one up to a minute back."""
        if second > self.head:
            self.roll(second)
        self.volume += size
        self.count += 1
        if side == SELL:
            self.sell += size
        elif side == BUY:
            self.buy += size
        if second < self.head:
            self._add_back(second, size, side)
            return
        self._head_squares += size * size
        self._head_largest = max(self._head_largest, size)

    def _add_back(self, second: int, size: int, side: int) -> None:
        slot = second % _FINE
        self._squares[slot] += size * size
        self._largest[slot] = max(self._largest[slot], size)
        self.most = max(self.most, size)
        for past in range(second, self.head):
            slot = past % _RING
            self._volume[slot] += size
            self._count[slot] += 1
            if side == SELL:
                self._sell[slot] += size
            elif side == BUY:
                self._buy[slot] += size

    @property
    def oldest(self) -> int:
        """The oldest second whose own volume is still known."""
        return self.head - _RING + 2

    def of_second(self, second: int) -> tuple[int, int, int, int]:
        """`(volume, sells, buys, prints)` of one second."""
        return (
            self.volume_through(second) - self.volume_through(second - 1),
            self.sell_through(second) - self.sell_through(second - 1),
            self.buy_through(second) - self.buy_through(second - 1),
            self.count_through(second) - self.count_through(second - 1),
        )

    def replace_second(self, second: int, totals: tuple[int, int, int, int], sizes: list[int]) -> None:
        """Put `(volume, sells, buys, prints)` in the place of a second's count; `sizes` are its prints'."""
        before = self.of_second(second)
        volume, sell, buy, count = (new - old for new, old in zip(totals, before, strict=True))
        self.volume += volume
        self.sell += sell
        self.buy += buy
        self.count += count
        for past in range(second, self.head):
            slot = past % _RING
            self._volume[slot] += volume
            self._sell[slot] += sell
            self._buy[slot] += buy
            self._count[slot] += count
        squares, largest = sum(size * size for size in sizes), max(sizes, default=0)
        if second == self.head:
            self._head_squares, self._head_largest = squares, largest
        elif second > self.head - _FINE:
            self._squares[second % _FINE], self._largest[second % _FINE] = squares, largest

    def volume_through(self, second: int) -> int:
        """Total volume up to the end of `second`."""
        return self.volume if second >= self.head else self._volume[second % _RING]

    def sell_through(self, second: int) -> int:
        """Total volume that sellers started up to the end of `second`."""
        return self.sell if second >= self.head else self._sell[second % _RING]

    def buy_through(self, second: int) -> int:
        """Total volume that buyers started up to the end of `second`."""
        return self.buy if second >= self.head else self._buy[second % _RING]

    def count_through(self, second: int) -> int:
        """Prints up to the end of `second`."""
        return self.count if second >= self.head else self._count[second % _RING]

    def squares(self, window: int) -> int:
        """Sum of squared sizes over the window that ends at the head. O(window), for the rare case it is asked."""
        past = range(self.head - window + 1, self.head)
        return self._head_squares + sum(self._squares[second % _FINE] for second in past)

    def largest(self, window: int) -> int:
        """The largest single print of the window that ends at the head."""
        past = range(self.head - window + 1, self.head)
        return max(self._head_largest, max((self._largest[second % _FINE] for second in past), default=0))

    def by_second(self, now: int, seconds: int) -> tuple[list[int], list[int], list[int]]:
        """Volume, and what sellers and buyers started of it, of the seconds up to `now`, oldest first."""
        slots = [second % _RING for second in range(now - seconds, min(now + 1, self.head))]
        newer = seconds + 1 - len(slots)
        rings = ((self._volume, self.volume), (self._sell, self.sell), (self._buy, self.buy))
        totals = [[*map(ring.__getitem__, slots), *[newest] * newer] for ring, newest in rings]
        volumes, sells, buys = ([new - old for old, new in pairwise(row)] for row in totals)
        return volumes, sells, buys
