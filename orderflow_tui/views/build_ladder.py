"""The price ladder's rows: which prices it shows, so that it stands still, and what traded at each this session."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.views.frozen_views import LadderView

ROWS_EACH_WAY: Final = 20
_STAYS: Final = 2
"""Rows the inside may move away from the middle before the ladder follows."""
_MULTIPLES: Final = (1, 2, 5, 10, 20, 50, 100)
_WIDE, _TOO_WIDE, _TOO_NARROW = 4.0, 6.0, 1.5
"""Rows a spread takes at most when a step is chosen, and where another step is chosen."""


class LadderWindow:
    """The prices one symbol's ladder shows. It moves only when the inside has left its middle."""

    __slots__ = ("_multiple", "centre", "step")

    def __init__(self) -> None:
        self._multiple = 1
        self.step = 0
        self.centre = 0

    def follow(self, bid: int, ask: int, price_step: int) -> None:
        """Show the prices around this inside.

        Args:
            bid: Best bid, or the last price where there is none.
            ask: Best ask, likewise.
            price_step: The smallest step between quotes.
        """
        spread = (ask - bid) / (price_step * self._multiple)
        if spread > _TOO_WIDE or (spread < _TOO_NARROW and self._multiple > 1):
            ticks = (ask - bid) / price_step
            self._multiple = next((times for times in _MULTIPLES if ticks <= _WIDE * times), _MULTIPLES[-1])
        step = price_step * self._multiple
        middle = (bid + ask) // 2
        if step != self.step or abs(middle - self.centre) > _STAYS * step:
            self.step, self.centre = step, middle - middle % step


def ladder_view(core: SymbolCore, window: LadderWindow) -> LadderView | None:
    """The ladder of a symbol as it is now; None before there is a price."""
    market = core.market
    real = core.mirror.price
    known = [real(levels[0][0]) for levels in (market.bids, market.asks) if levels]
    if not known and market.last_price is not None:
        known = [real(market.last_price)]
    if not known:
        return None
    window.follow(min(known), max(known), market.price_step)
    step = window.step
    if core.series is None:
        return LadderView(step, window.centre)
    traded = core.series.at_price
    low = window.centre - ROWS_EACH_WAY * step
    return LadderView(step, window.centre, traded.since_ns, traded.between(low, step, 2 * ROWS_EACH_WAY + 1))
