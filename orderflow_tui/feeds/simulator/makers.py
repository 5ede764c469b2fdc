"""The market makers of one symbol: limit orders and cancels gather around a reference price that wanders."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Final

from orderflow_tui.feeds.simulator.book import BookSide, Order, Side
from orderflow_tui.feeds.simulator.instruments import Instrument
from orderflow_tui.feeds.simulator.market_history import Aggressor

_VENUES: Final = (12, 12, 12, 11, 11, 19, 19, 9, 10, 21, 15)
_MIN_LEVELS: Final = 13
_FARTHEST_LEVEL: Final = 26
_REVERSION_S: Final = 180.0


class Makers:
    """They keep both sides of the book.

    Args:
        instrument: What is traded.
        rng: The market's.
        bids: The book's.
        asks: The book's.
        match: Executes what crosses: who takes, shares, and the worst tick; returns the shares executed.
    """

    def __init__(
        self,
        instrument: Instrument,
        rng: random.Random,
        bids: BookSide,
        asks: BookSide,
        match: Callable[[Aggressor, int, int], int],
    ) -> None:
        self._instrument = instrument
        self._rng = rng
        self.bids = bids
        self.asks = asks
        self._match = match
        self.reference = float(instrument.reference_tick)
        """The price they believe in, ticks."""
        self.pinned = False
        """Whether the reference stands still."""

    def pin(self, side: Side) -> None:
        """Hold the reference so that the present best of `side` stays their best."""
        self.pinned = True
        half = self._instrument.half_spread + 0.3
        self.reference = self.bids.best + half if side == "bid" else self.asks.best - half

    def release(self, impact_ticks: float = 0.0) -> None:
        """Let the reference wander again, from `impact_ticks` beside where it is."""
        self.pinned = False
        self.reference += impact_ticks

    @property
    def lead(self) -> float:
        """How far the reference is above the middle of the quote, ticks."""
        return self.reference - (self.bids.best + self.asks.best) / 2

    def venue(self) -> int:
        """Where the next order rests, an exchange id."""
        return self._rng.choice(_VENUES)

    def act(self) -> None:
        """One limit order or one cancel."""
        rng = self._rng
        side = self.bids if rng.random() < 0.5 else self.asks
        sign = side.sign
        instrument = self._instrument
        fair_bid = math.floor(self.reference - instrument.half_spread)
        fair = fair_bid if sign > 0 else math.ceil(self.reference + instrument.half_spread)
        if (side.best - fair) * sign > 0 and rng.random() < 0.7:
            self._cancel_one(side, side.best)
            return
        behind = min(11, int(-3.2 * math.log(1.0 - rng.random())))
        tick = fair - sign * behind
        target = instrument.level_size * (0.7 if behind == 0 else 1.1)
        level = side.levels.get(tick)
        if level is not None and rng.random() * (target * target + level.size * level.size) > target * target:
            self._cancel_one(side, tick)
            return
        self._limit_order(side, tick, self._resting_size())

    def _resting_size(self) -> int:
        rng = self._rng
        size = 100 * (1 + int(min(3.0, rng.expovariate(1.0)) * self._instrument.level_size / 350))
        return size if rng.random() < 0.9 else size + 1 + int(98 * rng.random())

    def _cancel_one(self, side: BookSide, tick: int) -> None:
        orders = side.levels[tick].orders
        index = int(self._rng.random() * len(orders))
        if not orders[index].managed:
            side.cancel(tick, index)
            self.keep_depth(side)

    def _limit_order(self, side: BookSide, tick: int, size: int) -> None:
        opposite = self.asks if side is self.bids else self.bids
        if (tick - opposite.best) * side.sign >= 0:
            size -= self._match("buy" if side is self.bids else "sell", size, tick)
        if size > 0:
            side.add(tick, Order(size, self.venue()))

    def wander(self, seconds: float, drift: float) -> None:
        """So many seconds have passed; `drift` is in ticks a second. Orders too far behind are withdrawn."""
        if not self.pinned:
            pull = (self._instrument.reference_tick - self.reference) * seconds / _REVERSION_S
            noise = self._rng.gauss(0.0, self._instrument.volatility * math.sqrt(seconds))
            self.reference += pull + noise + drift * seconds
        for side in (self.bids, self.asks):
            farthest = side.best - side.sign * _FARTHEST_LEVEL
            if (side.worst() - farthest) * side.sign < 0:
                side.drop_beyond(farthest)
                self.keep_depth(side)

    def fill(self) -> None:
        """Rest orders on a side that is empty or shows too few levels."""
        half = self._instrument.half_spread
        for side, fair in (
            (self.bids, math.floor(self.reference - half)),
            (self.asks, math.ceil(self.reference + half)),
        ):
            if not side.levels:
                for behind in range(_MIN_LEVELS):
                    for _ in range(3):
                        side.add(fair - side.sign * behind, Order(self._resting_size(), self.venue()))
            self.keep_depth(side)

    def keep_depth(self, side: BookSide) -> None:
        """Rest orders behind the last of a side that shows too few levels."""
        while len(side.levels) < _MIN_LEVELS:
            tick = side.worst() - side.sign
            side.add(tick, Order(self._resting_size(), self.venue()))
