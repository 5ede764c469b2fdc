"""Sellers who refill: an ask that trades far more than it ever showed while the price holds (one venue, real depth).

A refill is a rise of the best ask's shown size within 300 ms of an execution there. Source: Zotikov and Antonov,
arXiv 1909.09495, for the idea; measured as a note, never a reason to leave.
"""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.model.units import NS_PER_MS

_REFILL_NS: Final = 300 * NS_PER_MS
REFILLS: Final = 3
TIMES_SHOWN: Final = 3


class HiddenSeller:
    """Follows the best ask of one symbol (mirrored for a short: the best bid)."""

    __slots__ = ("_last_buy_ns", "_shown", "_told", "executed", "largest_shown", "opened_ns", "price", "refills")

    def __init__(self) -> None:
        self._begin(0, 0, 0)

    def _begin(self, time_ns: int, price: int, size: int) -> None:
        self.price, self.opened_ns = price, time_ns
        self.executed = self.refills = 0
        self.largest_shown = self._shown = size
        self._last_buy_ns = 0
        self._told = False

    def on_best_ask(self, time_ns: int, price: int, size: int) -> None:
        """The best ask after a change of the book. A higher one ends the level; a lower one starts its own."""
        if price != self.price:
            self._begin(time_ns, price, size)
            return
        if size > self._shown and self._last_buy_ns and time_ns - self._last_buy_ns <= _REFILL_NS:
            self.refills += 1
        self._shown = size
        self.largest_shown = max(self.largest_shown, size)

    def on_buy(self, time_ns: int, price: int, size: int, threshold: int) -> bool:
        """A buyer-started print; whether the level has now shown itself as a hidden seller, told once a level."""
        if price != self.price or self._told:
            return False
        self.executed += size
        self._last_buy_ns = time_ns
        self._told = (
            self.refills >= REFILLS and self.executed >= threshold and self.executed >= TIMES_SHOWN * self.largest_shown
        )
        return self._told
