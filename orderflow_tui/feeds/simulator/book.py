"""A price-time priority order book with reserve (iceberg) orders. Prices are ticks of $0.01."""

from __future__ import annotations

from collections import deque
from typing import Literal, NamedTuple

Side = Literal["bid", "ask"]


class Order:
    """A resting order.

    Attributes:
        size: Shares shown.
        venue: Exchange id.
        reserve: Shares hidden behind the shown ones.
        peak: Shares shown anew whenever the shown ones are gone.
        managed: Placed by a scenario: only the scenario withdraws it.
    """

    __slots__ = ("managed", "peak", "reserve", "size", "venue")

    def __init__(self, size: int, venue: int, *, reserve: int = 0, managed: bool = False) -> None:
        self.size = size
        self.venue = venue
        self.reserve = reserve
        self.peak = size
        self.managed = managed


class Fill(NamedTuple):
    """One execution against one resting order."""

    tick: int
    size: int
    venue: int


class Level:
    """The orders at one price, first come first served; `size` is what they show together."""

    __slots__ = ("orders", "size")

    def __init__(self) -> None:
        self.orders: deque[Order] = deque()
        self.size = 0


class BookSide:
    """One side of the book.

    Args:
        side: `bid` or `ask`.
    """

    __slots__ = ("best", "levels", "sign")

    def __init__(self, side: Side) -> None:
        self.sign = 1 if side == "bid" else -1
        self.levels: dict[int, Level] = {}
        self.best = 0

    def add(self, tick: int, order: Order) -> None:
        """Rests an order; the caller has matched it before."""
        level = self.levels.get(tick)
        if level is None:
            level = self.levels[tick] = Level()
            if len(self.levels) == 1 or (tick - self.best) * self.sign > 0:
                self.best = tick
        level.orders.append(order)
        level.size += order.size

    def cancel(self, tick: int, index: int) -> None:
        """Withdraws the order at a place in a level's queue."""
        level = self.levels[tick]
        order = level.orders[index]
        del level.orders[index]
        level.size -= order.size
        if not level.orders:
            self._remove_level(tick)

    def withdraw(self, tick: int, order: Order) -> None:
        """Withdraws this order if it still rests at this price."""
        level = self.levels.get(tick)
        if level is not None and order in level.orders:
            self.cancel(tick, level.orders.index(order))

    def take(self, size: int, limit: int) -> list[Fill]:
        """Executes an incoming order against this side.

        Args:
            size: Shares wanted.
            limit: The worst tick accepted.

        Returns:
            The fills in order of execution; together at most `size` shares.
        """
        fills: list[Fill] = []
        sign = self.sign
        levels = self.levels
        while size > 0 and levels:
            tick = self.best
            if (tick - limit) * sign < 0:
                break
            level = levels[tick]
            order = level.orders[0]
            done = min(size, order.size)
            size -= done
            order.size -= done
            level.size -= done
            fills.append(Fill(tick, done, order.venue))
            if order.size == 0:
                level.orders.popleft()
                self._refill(tick, level, order)
        return fills

    def drop_beyond(self, tick: int) -> None:
        """Forgets the levels worse than `tick`."""
        for worse in [t for t in self.levels if (t - tick) * self.sign < 0]:
            del self.levels[worse]

    def worst(self) -> int:
        """The worst price there is, in ticks."""
        return min(self.levels) if self.sign > 0 else max(self.levels)

    def depth(self, levels: int) -> list[tuple[int, int]]:
        """The best levels as (tick, shares shown), best first."""
        ticks = sorted(self.levels, reverse=self.sign > 0)[:levels]
        return [(tick, self.levels[tick].size) for tick in ticks]

    def touch(self) -> tuple[int, int, int]:
        """The best tick, and the shares and the id of the venue that shows most there."""
        orders = self.levels[self.best].orders
        if len(orders) == 1:
            return self.best, orders[0].size, orders[0].venue
        shown: dict[int, int] = {}
        for order in orders:
            shown[order.venue] = shown.get(order.venue, 0) + order.size
        venue = max(shown, key=shown.__getitem__)
        return self.best, shown[venue], venue

    def _refill(self, tick: int, level: Level, order: Order) -> None:
        if order.reserve:
            order.size = min(order.peak, order.reserve)
            order.reserve -= order.size
            level.orders.append(order)
            level.size += order.size
        elif not level.orders:
            self._remove_level(tick)

    def _remove_level(self, tick: int) -> None:
        levels = self.levels
        del levels[tick]
        if tick == self.best and levels:
            best = tick
            while best not in levels:
                best -= self.sign
            self.best = best
