"""Volume bought and sold at each price of the session in progress, for a price ladder. Kept where somebody may look.

Prints that a later correction takes back stay counted: nobody knows any more at which price a second's volume traded.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from orderflow_tui.core.market.sessions import Session
from orderflow_tui.core.model.events import BUY, SELL

MOST_PRICES: Final = 2_048
"""More are not kept: the half that lies farthest from the newest print goes."""


class PriceVolume(Struct):
    """What traded at one price, in size units.

    Attributes:
        sold: Started by sellers.
        bought: Started by buyers.
        unsided: Of unknown side, auctions among it.
        sold_then: `sold` when `recent` was last asked.
        bought_then: `bought` then.
        unsided_then: `unsided` then.
    """

    sold: int = 0
    bought: int = 0
    unsided: int = 0
    sold_then: int = 0
    bought_then: int = 0
    unsided_then: int = 0


class VolumeAtPrice:
    """Real prices and sides, also for a short position. A print costs O(1)."""

    __slots__ = ("_recent", "_session", "levels", "newest", "since_ns")

    def __init__(self) -> None:
        self.levels: dict[int, PriceVolume] = {}
        self.since_ns = 0
        """The session's first print that is counted; 0 before it."""
        self.newest = 0
        """The price of the newest print."""
        self._session: Session | None = None
        self._recent: set[int] = set()

    def add(self, session: Session | None, time_ns: int, price: int, size: int, side: int) -> None:
        """Count a print with a real price; another session than the one before begins at nothing."""
        if session is not self._session or not self.since_ns:
            self._session, self.since_ns = session, time_ns
            self.levels.clear()
            self._recent.clear()
        level = self.levels.get(price)
        if level is None:
            if len(self.levels) >= MOST_PRICES:
                self._forget_far(price)
            level = self.levels[price] = PriceVolume()
        if side == SELL:
            level.sold += size
        elif side == BUY:
            level.bought += size
        else:
            level.unsided += size
        self.newest = price
        self._recent.add(price)

    def _forget_far(self, price: int) -> None:
        nearest = sorted(self.levels, key=lambda at: abs(at - price))[: MOST_PRICES // 2]
        self.levels = {at: self.levels[at] for at in nearest}
        self._recent.intersection_update(nearest)

    def between(self, low: int, step: int, count: int) -> tuple[tuple[int, int, int, int], ...]:
        """`(price, sold, bought, unsided)` of rows of `step` from `low` up, those alone where something traded.

        A row holds its price and what lies between it and the next one, such as a print at the middle of a spread.
        O(prices kept).
        """
        rows: dict[int, list[int]] = {}
        high = low + step * count
        for price, level in self.levels.items():
            if low <= price < high:
                row = rows.setdefault(price - (price - low) % step, [0, 0, 0])
                row[0] += level.sold
                row[1] += level.bought
                row[2] += level.unsided
        return tuple((price, sold, bought, unsided) for price, (sold, bought, unsided) in sorted(rows.items()))

    def recent(self) -> list[tuple[int, int, int, int]]:
        """`(price, sold, bought, unsided)` of what traded since the last call, lowest price first."""
        found = []
        for price in sorted(self._recent):
            level = self.levels[price]
            found.append(
                (price, level.sold - level.sold_then, level.bought - level.bought_then,
                 level.unsided - level.unsided_then)
            )  # fmt: skip
            level.sold_then, level.bought_then, level.unsided_then = level.sold, level.bought, level.unsided
        self._recent.clear()
        return found
