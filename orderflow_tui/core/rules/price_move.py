"""Whether the price has moved before a burst is told, and what kind of evidence that makes of the burst.

Measured (docs/rules.md): a burst that the price has not answered yet is followed by falls, more so where the bid at the
touch is smaller than usual; one whose price is already down is not.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from orderflow_tui.core.market.indicators import Indicators
from orderflow_tui.core.market.state import MarketState
from orderflow_tui.core.model.units import CENT

Basis = Literal["thin_bid", "unmoved", "moved", "beyond_range", ""]


class PriceMove(Struct, frozen=True):
    """The mid over a burst's window.

    Attributes:
        ticks: By how many ticks it has moved; None where no quote tells.
        basis: `unmoved` (not down), `thin_bid` (not down, and the bid at the touch is below its usual size), `moved`
            (down by a tick and more, and less than a usual five-minute range), `beyond_range`; empty: not known.
        before: Twice the mid before the window, core units; 0 where not known.
        step: One tick, price units.
    """

    ticks: int | None = None
    basis: Basis = ""
    before: int = 0
    step: int = CENT


class PriceMoves:
    """Tells how far the mid has moved.

    Args:
        market: Its quotes by the second.
        context: Knows the usual size at the touch.
    """

    __slots__ = ("_context", "_market")

    def __init__(self, market: MarketState, context: Indicators) -> None:
        self._market = market
        self._context = context

    def over(self, seconds: int, before: int = 0) -> PriceMove:
        """The move within the window of `seconds` that ends with the newest print.

        Args:
            seconds: The window.
            before: Twice the mid before the burst began, where that was earlier: a fall in steps is one fall.
        """
        market = self._market
        ticks, then = market.ticks_moved(seconds), market.quote_before(seconds)
        if ticks is None or then is None:
            return PriceMove()
        known = then[0] + then[1]
        if ticks >= 0:
            thin = market.bids[0][1] < self._context.usual_touch
            return PriceMove(ticks, "thin_bid" if thin else "unmoved", known, market.price_step)
        fall = max(known, before or known) - market.bids[0][0] - market.asks[0][0]
        usual = market.usual_range
        basis: Basis = "moved" if usual and fall < 2 * usual else "beyond_range"
        return PriceMove(ticks, basis, known, market.price_step)
