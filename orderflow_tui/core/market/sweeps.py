"""Reconstructed prints: same side within 50 ms and adjoining prices are one aggressor; sweeps within 250 ms."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.model.units import NS_PER_MS

SPAN_NS: Final = 50 * NS_PER_MS
SWEEP_NS: Final = 250 * NS_PER_MS
_SWEEP: Final = 3
_ROOM: Final = 32


class Aggressor:
    """One side's growing reconstructed print. `count` is 0 while none is open."""

    __slots__ = (
        "at_touch", "count", "crossed_ns", "first_ns", "first_price", "high", "last_ns", "low", "swept", "unproven",
        "volume",
    )  # fmt: skip

    def __init__(self) -> None:
        self.count = 0
        self.unproven = False
        """Of one of its prints no quote says at which side it was made."""
        self.swept = False
        """It took three levels or venues within 250 ms of its first print."""
        self.volume = 0
        self.at_touch = 0
        self.first_ns = self.last_ns = self.crossed_ns = 0
        self.first_price = self.low = self.high = 0

    def start(self, time_ns: int, price: int, size: int, touching: bool, threshold: int) -> None:
        """Open with this print."""
        self.count = 1
        self.unproven = self.swept = False
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

    def copy(self) -> Aggressor:
        """The same, apart."""
        other = Aggressor()
        for name in self.__slots__:
            setattr(other, name, getattr(self, name))
        return other

    def absorb(self, later: Aggressor) -> None:
        """Another large part of the same sweep."""
        self.count += later.count
        self.volume += later.volume
        self.at_touch += later.at_touch
        self.last_ns = max(self.last_ns, later.last_ns)
        self.low, self.high = min(self.low, later.low), max(self.high, later.high)
        self.unproven = self.unproven or later.unproven


class Sweep:
    """The prices and venues at which one side was the aggressor within the last 250 ms.

    Attributes:
        prices: When each price was last taken; whoever has a print writes it here, which costs less than a call.
        venues: The same of each venue.
    """

    __slots__ = ("prices", "venues")

    def __init__(self) -> None:
        self.prices: dict[int, int] = {}
        self.venues: dict[int, int] = {}

    def forget(self, time_ns: int) -> None:
        """Keep the state small; once a second is enough."""
        if len(self.prices) > _ROOM:
            self.prices = {at: seen for at, seen in self.prices.items() if time_ns - seen <= SWEEP_NS}

    def within(self, end_ns: int, step: int) -> tuple[int, int]:
        """`(price levels, venues)` of the 250 ms up to an instant."""
        begin_ns = end_ns - SWEEP_NS
        prices = [price for price, seen in self.prices.items() if seen >= begin_ns]
        levels = (max(prices) - min(prices)) // step + 1 if prices else 0
        return levels, sum(seen >= begin_ns for seen in self.venues.values())


def is_sweep(levels: int, venues: int) -> bool:
    """Three price levels or three venues at once."""
    return levels >= _SWEEP or venues >= _SWEEP
