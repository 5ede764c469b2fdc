"""What one symbol's market looks like now and over the last minute, in core units (mirrored for a short position)."""

from __future__ import annotations

from array import array
from collections import deque
from statistics import median
from typing import Final

from orderflow_tui.core.model.events import Levels
from orderflow_tui.core.model.units import NS, default_price_step

SAMPLES: Final = 60
"""Seconds over which coverage and cost are compared."""
_RING: Final = 192
_NO_SAMPLES: Final = array("q", bytes(8 * _RING))
_BAR_SECONDS: Final = 300
_BARS: Final = 78
_ENOUGH_BARS: Final = 6


class MarketState:
    """Book, last price, the quotes of the last minute by whole seconds, and five-minute ranges."""

    __slots__ = (
        "_asks",
        "_bids",
        "_known_from",
        "_newest_sample",
        "_sampled",
        "asks",
        "bar",
        "bids",
        "book_ns",
        "last_price",
        "newest_print_ns",
        "price_step",
        "ranges",
        "taught_range",
        "usual_range",
    )

    def __init__(self) -> None:
        self.bids: Levels = ()
        self.asks: Levels = ()
        self.book_ns = 0
        self.last_price: int | None = None
        self.price_step = 100
        self.newest_print_ns = 0
        self.taught_range = 0
        self.ranges: deque[int] = deque(maxlen=_BARS)
        self.usual_range: int | None = None
        """Median five-minute range: today's from half an hour on, until then the last session's; None without any."""
        self._sampled = array("q", _NO_SAMPLES)
        self._bids = array("q", _NO_SAMPLES)
        self._asks = array("q", _NO_SAMPLES)
        self._newest_sample = 0
        self.bar: tuple[int, int, int] | None = None
        self._known_from = 0

    @property
    def bid(self) -> int | None:
        """The best bid, None without one."""
        return self.bids[0][0] if self.bids else None

    def traded_at(self, time_ns: int, price: int) -> None:
        """A print with a real price, not older than the one before."""
        before = self.last_price
        if before is None:
            before = price
            self.price_step = default_price_step(price)
        self.last_price = price
        bar = self.bar
        if bar is None:
            second = time_ns // NS
            start = second - second % _BAR_SECONDS
            self.bar = (start, min(before, price), max(before, price))
        elif not bar[1] <= price <= bar[2]:
            self.bar = (bar[0], min(bar[1], price), max(bar[2], price))

    def known_from(self, second: int) -> None:
        """The tape is known from here on only: a bar that began before is no whole bar."""
        self._known_from = second
        self.bar = None

    def shows(self, time_ns: int, bids: Levels, asks: Levels) -> None:
        """A book is in force from `time_ns` on."""
        self.bids, self.asks, self.book_ns = bids, asks, time_ns
        if self.last_price is None and bids:
            self.price_step = default_price_step(bids[0][0])

    def whole_second(self, second: int) -> None:
        """Keep the state in force at a whole second."""
        if self.bids and self.asks:
            slot = second % _RING
            self._sampled[slot], self._bids[slot], self._asks[slot] = second, self.bids[0][0], self.asks[0][0]
            self._newest_sample = second
        if self.bar is not None and second >= self.bar[0] + _BAR_SECONDS:
            self.end_bar()

    def end_bar(self) -> None:
        """A five-minute bar, or a session, is over: keep the range of a whole bar. A bar without a print is none."""
        if self.bar is not None:
            if self.bar[0] >= self._known_from:
                self.keep_range(self.bar[2] - self.bar[1])
            self.bar = None

    def keep_range(self, height: int) -> None:
        """A whole five-minute bar had this range, price units."""
        self.ranges.append(height)
        self._fit_range()

    def start_session(self, taught_range: int) -> None:
        """Ranges are a session's own; until it has enough the last one's median (0: none) stands in."""
        self.ranges.clear()
        self.taught_range = taught_range
        self._fit_range()

    def _fit_range(self) -> None:
        if len(self.ranges) < _ENOUGH_BARS and self.taught_range:
            self.usual_range = self.taught_range
        else:
            self.usual_range = round(median(self.ranges)) if self.ranges else None

    def quote_at(self, second: int) -> tuple[int, int] | None:
        """`(bid, ask)` in force at a whole second of the last three minutes."""
        newest = self._newest_sample
        for at in range(min(second, newest), max(newest - _RING, 0), -1):
            slot = at % _RING
            if self._sampled[slot] == at:
                return self._bids[slot], self._asks[slot]
        return None

    def quote_before(self, seconds: int) -> tuple[int, int] | None:
        """`(bid, ask)` before the window of `seconds` that ends with the newest print."""
        return self.quote_at(self.newest_print_ns // NS - seconds + 1)

    def ticks_moved(self, seconds: int) -> int | None:
        """By how many ticks the mid has moved within the window of `seconds` that ends with the newest print."""
        then = self.quote_before(seconds)
        if then is None or not self.bids or not self.asks:
            return None
        return round((self.bids[0][0] + self.asks[0][0] - then[0] - then[1]) / 2 / self.price_step)

    @property
    def near_distance(self) -> int:
        """max(2 spreads, half the median five-minute range)."""
        spread = self.asks[0][0] - self.bids[0][0] if self.bids and self.asks else self.price_step
        half = (self.usual_range or 0) // 2
        return max(2 * spread, half)
