"""Reconstructed prints: same side within 50 ms and adjoining prices are one aggressor; sweeps within 250 ms."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.units import NS_PER_MS

SPAN_NS: Final = 50 * NS_PER_MS
SWEEP_NS: Final = 250 * NS_PER_MS
_SWEEP: Final = 3
_ROOM: Final = 32


class Aggressor:
    """One side's growing reconstructed print. `count` is 0 while none is open."""

    __slots__ = (
        "at_touch", "count", "crossed_ns", "first_ns", "first_price", "high", "last_ns", "low", "volume",
    )  # fmt: skip

    def __init__(self) -> None:
        self.count = 0
        self.volume = 0
        self.at_touch = 0
        self.first_ns = self.last_ns = self.crossed_ns = 0
        self.first_price = self.low = self.high = 0

    def start(self, time_ns: int, price: int, size: int, touching: bool, threshold: int) -> None:
        """Open with this print."""
        self.count = 1
        self.volume = size
        self.at_touch = size if touching else 0
        self.first_ns = self.last_ns = time_ns
        self.first_price = self.low = self.high = price
        self.crossed_ns = time_ns if self.at_touch > threshold else 0

    def extend(self, time_ns: int, price: int, size: int, step: int, touching: bool, threshold: int) -> bool:  # noqa: PLR0917 once a print
        """Grow by this print of the same side; False where it does not belong to what is open."""
        low, high = self.low, self.high
        if not self.count or abs(time_ns - self.first_ns) > SPAN_NS or not low - step <= price <= high + step:
            return False
        self.count += 1
        self.volume += size
        self.last_ns = time_ns
        if touching:
            self.at_touch += size
            if self.at_touch > threshold and not self.crossed_ns:
                self.crossed_ns = time_ns
        if price < low:
            self.low = price
        elif price > high:
            self.high = price
        return True


class Sweep:
    """The prices and venues at which one side was the aggressor within the last 250 ms. O(1) a print, amortised."""

    __slots__ = ("_prices", "_room", "_venues")

    def __init__(self) -> None:
        self._prices: dict[int, int] = {}
        self._venues: dict[int, int] = {}
        self._room = _ROOM

    def take(self, time_ns: int, price: int, venue: int) -> None:
        """A print of this side."""
        prices = self._prices
        prices[price] = self._venues[venue] = time_ns
        if len(prices) > self._room:
            self._prices = {at: seen for at, seen in prices.items() if time_ns - seen <= SWEEP_NS}
            self._room = max(_ROOM, 2 * len(self._prices))

    def within(self, end_ns: int, step: int) -> tuple[int, int]:
        """`(price levels, venues)` of the 250 ms up to an instant."""
        begin_ns = end_ns - SWEEP_NS
        prices = [price for price, seen in self._prices.items() if seen >= begin_ns]
        levels = (max(prices) - min(prices)) // step + 1 if prices else 0
        return levels, sum(seen >= begin_ns for seen in self._venues.values())


def is_sweep(levels: int, venues: int) -> bool:
    """Three price levels or three venues at once."""
    return levels >= _SWEEP or venues >= _SWEEP
