"""Volume bought and sold at each price of the session in progress, for a price ladder. Kept where somebody may look.

The prints of the last minutes are remembered, so that a correction or a cancel takes back what it counted at its price.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from orderflow_tui.core.market.sessions import Session
from orderflow_tui.core.model.events import BUY, SELL
from orderflow_tui.core.model.units import NS

MOST_PRICES: Final = 2_048
"""More are not kept: the half that lies farthest from the newest print goes."""
KEPT_SECONDS: Final = 300
"""Seconds with a print that may still be corrected; older ones stay as they were counted."""
KEPT_PRINTS: Final = 5_000
"""And so many prints at most: whole seconds go, the oldest first."""
Made = tuple[int, int, int]
"""`(price, size, side)` of a print."""


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

    def count(self, size: int, side: int) -> None:
        """Count so many shares more, or fewer: what was told as recent stays told."""
        if side == SELL:
            self.sold += size
            self.sold_then = min(self.sold_then, self.sold)
        elif side == BUY:
            self.bought += size
            self.bought_then = min(self.bought_then, self.bought)
        else:
            self.unsided += size
            self.unsided_then = min(self.unsided_then, self.unsided)


class VolumeAtPrice:
    """Real prices and sides, also for a short position. A print costs O(1)."""

    __slots__ = ("_kept", "_made", "_recent", "_session", "levels", "newest", "since_ns")

    def __init__(self) -> None:
        self.levels: dict[int, PriceVolume] = {}
        self.since_ns = 0
        """The session's first print that is counted; 0 before it."""
        self.newest = 0
        """The price of the newest print."""
        self._session: Session | None = None
        self._recent: set[int] = set()
        self._made: dict[int, list[Made]] = {}
        """The prints of the last seconds, by second."""
        self._kept = 0

    def add(self, session: Session | None, time_ns: int, price: int, size: int, side: int) -> None:
        """Count a print with a real price; another session than the one before begins at nothing."""
        if session is not self._session or not self.since_ns:
            self._session, self.since_ns = session, time_ns
            self.levels.clear()
            self._recent.clear()
            self._made.clear()
            self._kept = 0
        self.newest = price
        self._count(price, size, side)
        self._made.setdefault(time_ns // NS, []).append((price, size, side))
        self._kept += 1
        while len(self._made) > KEPT_SECONDS or (self._kept > KEPT_PRINTS and len(self._made) > 1):
            self._kept -= len(self._made.pop(next(iter(self._made))))

    def correct(self, first: int, last: int, prints: Iterable[tuple[int, int, int, int]]) -> None:
        """The seconds `first` to `last` as the tape has them now; prints that stand keep the side they had.

        Args:
            first: First whole second read again.
            last: Last one.
            prints: `(time_ns, price, size, side)` of all their prints with a real price.
        """
        oldest = min(self._made, default=last + 1)
        now: dict[int, list[Made]] = {second: [] for second in self._made if first <= second <= last}
        for time_ns, price, size, side in prints:
            if max(first, oldest) <= time_ns // NS <= last:
                now.setdefault(time_ns // NS, []).append((price, size, side))
        for second, made in now.items():
            self._replace(second, made)

    def _replace(self, second: int, made: list[Made]) -> None:
        before = list(self._made.get(second, ()))
        fresh: list[Made] = []
        kept: list[Made] = []
        for price, size, side in made:
            stands = next((one for one in before if one[:2] == (price, size)), None)
            if stands is None:
                fresh.append((price, size, side))
            else:
                before.remove(stands)
                kept.append(stands)
        for price, size, side in before:
            self._count(price, -size, side)
        for price, size, side in fresh:
            self._count(price, size, side)
        if before or fresh:
            self._kept += len(fresh) - len(before)
            self._made[second] = [*kept, *fresh]

    def _count(self, price: int, size: int, side: int) -> None:
        level = self.levels.get(price)
        if level is None:
            if size < 0:
                return
            if len(self.levels) >= MOST_PRICES:
                self._forget_far(price)
            level = self.levels[price] = PriceVolume()
        level.count(size, side)
        self._recent.add(price)
        if not (level.sold or level.bought or level.unsided):
            del self.levels[price]
            self._recent.discard(price)

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
            row = (
                price, level.sold - level.sold_then, level.bought - level.bought_then,
                level.unsided - level.unsided_then,
            )  # fmt: skip
            if any(row[1:]):
                found.append(row)
            level.sold_then, level.bought_then, level.unsided_then = level.sold, level.bought, level.unsided
        self._recent.clear()
        return found
