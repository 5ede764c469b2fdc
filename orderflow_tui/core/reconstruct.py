"""Reconstructed prints: same side within 50 ms and adjoining prices are one aggressor."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.units import NS_PER_MS

SPAN_NS: Final = 50 * NS_PER_MS
_SWEEP: Final = 3


class Aggressor:
    """One side's growing reconstructed print. `count` is 0 while none is open."""

    __slots__ = (
        "at_touch", "count", "crossed_ns", "first_ns", "first_price", "high", "last_ns", "low", "venues", "volume",
    )  # fmt: skip

    def __init__(self) -> None:
        self.count = 0
        self.volume = 0
        self.at_touch = 0
        self.first_ns = self.last_ns = self.crossed_ns = 0
        self.first_price = self.low = self.high = 0
        self.venues: set[int] = set()

    def is_sweep(self, step: int) -> bool:
        """Three price levels or three venues taken at once."""
        return self.high - self.low >= (_SWEEP - 1) * step or len(self.venues) >= _SWEEP

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
