"""The day's and the minute's bar of one symbol, kept as prints come."""

from __future__ import annotations

import random

from orderflow_tui.feeds.simulator.instruments import TICKS_PER_DOLLAR, Instrument
from orderflow_tui.feeds.simulator.market_history import NANOS, PRICE_UNITS_PER_DOLLAR, Print

_MINUTE_NS = 60 * NANOS


class Bar:
    """Open, high, low, close, volume and the volume-weighted price; prices in units of $0.0001."""

    __slots__ = ("close", "count", "high", "low", "notional", "open", "volume")

    def __init__(self, price: int) -> None:
        self.open = self.high = self.low = self.close = price
        self.volume = 0
        self.notional = 0
        self.count = 0

    def add(self, price: int, size: int) -> None:
        """Counts a print."""
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.close = price
        self.volume += size
        self.notional += price * size
        self.count += 1

    @property
    def vwap(self) -> float:
        """Volume-weighted average price, units of $0.0001."""
        return self.notional / self.volume if self.volume else float(self.close)


class SessionBars:
    """The session so far, the current minute, and an invented previous close.

    Args:
        instrument: What is traded; the same instrument has the same previous day.
    """

    def __init__(self, instrument: Instrument) -> None:
        rng = random.Random(f"session:{instrument.symbol}")  # noqa: S311
        price = instrument.reference_tick * PRICE_UNITS_PER_DOLLAR // TICKS_PER_DOLLAR
        self.previous_close = int(price * rng.uniform(0.985, 1.015)) // 100 * 100
        self.previous_volume = instrument.level_size * rng.randrange(2_000, 4_000)
        self.day = Bar(price)
        self.minute = Bar(price)
        self.minute_start_ns = 0
        # The morning before the simulation began.
        self.day.volume = self.previous_volume // 3
        self.day.notional = self.day.volume * price

    def add(self, trade: Print) -> None:
        """Counts a print; odd lots are volume but move no open, high, low or close."""
        if trade.size == 0:
            return
        start_ns = trade.sip_timestamp - trade.sip_timestamp % _MINUTE_NS
        if start_ns != self.minute_start_ns:
            self.minute_start_ns = start_ns
            self.minute = Bar(self.minute.close)
        price = self.minute.close if 37 in trade.conditions else trade.price
        self.day.add(price, trade.size)
        self.minute.add(price, trade.size)
