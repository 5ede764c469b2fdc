"""The last half hour of one symbol, a sample every five seconds, for charts and for how fast the book refills.

Made only where somebody may look: 29 kB a symbol, and 90 bytes a price at which something traded today. Prices in core
units (mirrored for a short position).
"""

from __future__ import annotations

from array import array
from typing import Final

from msgspec import Struct

from orderflow_tui.core.market.indicators import Indicators
from orderflow_tui.core.market.liquidity import band_size
from orderflow_tui.core.market.state import MarketState
from orderflow_tui.core.market.volume_at_price import VolumeAtPrice
from orderflow_tui.core.market.volume_window import VolumeWindow
from orderflow_tui.core.model.units import NS

STEP_SECONDS: Final = 5
SAMPLES: Final = 360
_REFILL_STEPS: Final = 60
_LEAST_REFILL_STEPS: Final = 12
_UNKNOWN: Final = 0


class Sample(Struct, frozen=True):
    """The state at one instant.

    Attributes:
        second: Unix second.
        bid: Best bid, 0 where there is none.
        ask: Best ask, 0 where there is none.
        last: Last price, 0 before the first print.
        volume: Running total of eligible volume.
        sold: Running total that sellers started.
        bought: Running total that buyers started.
        cvd: Buys less sells of the session.
        cvd_error: One standard error of it.
        vwap: The session's, price units; 0 without volume.
        bid_depth: Size bid within the band of `liquidity.band_size`.
        ask_depth: The same on the other side.
        taken: Running total that sellers took from the bids, on exchanges.
    """

    second: int
    bid: int
    ask: int
    last: int
    volume: int
    sold: int
    bought: int
    cvd: int
    cvd_error: float
    vwap: float
    bid_depth: int
    ask_depth: int
    taken: int


_WHOLE: Final = ("second", "bid", "ask", "last", "volume", "sold", "bought", "cvd", "bid_depth", "ask_depth", "taken")
_REAL: Final = ("cvd_error", "vwap")


def sample_now(second: int, market: MarketState, window: VolumeWindow, context: Indicators, taken: int) -> Sample:
    """The state at `second`. O(levels shown)."""
    figures = context.figures(second * NS)
    bids, asks, step = market.bids, market.asks, market.price_step
    return Sample(
        second=second,
        bid=bids[0][0] if bids else _UNKNOWN,
        ask=asks[0][0] if asks else _UNKNOWN,
        last=market.last_price or _UNKNOWN,
        volume=window.volume,
        sold=window.sell,
        bought=window.buy,
        cvd=figures.cvd,
        cvd_error=figures.cvd_error,
        vwap=figures.vwap or 0.0,
        bid_depth=band_size(bids, step)[0],
        ask_depth=band_size(tuple((-price, size) for price, size in asks), step)[0],
        taken=taken,
    )


class Series:
    """A ring of samples as columns of numbers."""

    __slots__ = ("_columns", "_known_from", "at_price", "count", "refill_per_second")

    def __init__(self) -> None:
        whole = {name: array("q", bytes(8 * SAMPLES)) for name in _WHOLE}
        real = {name: array("d", bytes(8 * SAMPLES)) for name in _REAL}
        self._columns: dict[str, array[int] | array[float]] = {**whole, **real}
        self._known_from = 0
        self.at_price = VolumeAtPrice()
        """Volume bought and sold at each price of the session in progress."""
        self.count = 0
        """Samples ever taken."""
        self.refill_per_second: float | None = None
        """Net size a second that came to the bids within reach over the last five minutes.

        By conservation: what was taken from them plus what they have grown, over the time. Churn (orders added and
        cancelled again) cancels out. The band follows the best bid, so bids at lower prices count as refill: it says
        how many shares come within reach, not that the price holds. None before one minute is known.
        """

    def sample(self, second: int, market: MarketState, window: VolumeWindow, context: Indicators, taken: int) -> None:
        """Keep the state at a whole second; a second already kept is not kept twice."""
        if self.count and second <= self._columns["second"][(self.count - 1) % SAMPLES]:
            return
        now = sample_now(second, market, window, context, taken)
        slot = self.count % SAMPLES
        for name, column in self._columns.items():
            column[slot] = getattr(now, name)
        self.count += 1
        self.refill_per_second = self._refill()

    def known_from(self, second: int) -> None:
        """The tape was not seen before this second: the book's refill is measured from here on."""
        self._known_from = max(self._known_from, second)

    def rows(self) -> list[Sample]:
        """All samples, oldest first."""
        first = max(0, self.count - SAMPLES)
        return [self._at(index % SAMPLES) for index in range(first, self.count)]

    def _at(self, slot: int) -> Sample:
        return Sample(**{name: column[slot] for name, column in self._columns.items()})  # type: ignore[arg-type]

    def _refill(self) -> float | None:
        now = self._at((self.count - 1) % SAMPLES)
        for steps in range(min(_REFILL_STEPS, self.count - 1), _LEAST_REFILL_STEPS - 1, -1):
            then = self._at((self.count - 1 - steps) % SAMPLES)
            if then.second >= self._known_from and _UNKNOWN not in (then.bid, now.bid):
                grown = now.bid_depth - then.bid_depth
                return max(0.0, (now.taken - then.taken + grown) / (now.second - then.second))
        return None
