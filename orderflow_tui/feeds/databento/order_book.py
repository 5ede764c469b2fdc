"""A venue's book made of its orders (schema `mbo`): size by price, from each order's life.

Source: databento.com/docs/schemas-and-data-formats/mbo: A adds, C takes off so many shares, M moves an order or changes
its size, R clears all; trades and fills change nothing, the cancel that follows them does.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from itertools import islice
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

if TYPE_CHECKING:
    from databento_dbn import MBOMsg

LEVELS: Final = 10
"""Shown a side."""
TOP_OF_BOOK: Final = 1 << 6
"""The record is a side's whole best price, not an order."""
_UNDEFINED_PRICE: Final = 2**63 - 1


class _Side(Struct, eq=False):
    """Shares at each price, and the prices in rising order."""

    sizes: dict[int, int] = field(default_factory=dict)
    prices: list[int] = field(default_factory=list)

    def add(self, price: int, size: int) -> None:
        """So many shares more at this price, or fewer."""
        left = self.sizes.get(price, 0) + size
        if price not in self.sizes:
            insort(self.prices, price)
        if left > 0:
            self.sizes[price] = left
        else:
            self.sizes.pop(price, None)
            del self.prices[bisect_left(self.prices, price)]

    def clear(self) -> None:
        """Nothing rests here."""
        self.sizes.clear()
        self.prices.clear()


class OrderBook:
    """The orders of one symbol at one venue."""

    def __init__(self) -> None:
        self.unknown = 0
        """Cancels of orders from before the file began: they change nothing that is shown."""
        self._orders: dict[int, tuple[str, int, int]] = {}
        self._sides: Final = {"B": _Side(), "A": _Side()}

    def apply(self, record: MBOMsg) -> None:
        """Take one of A, C, M and R. Raises ValueError."""
        action, side = str(record.action), str(record.side)
        if action == "R":
            self._orders.clear()
            for one in self._sides.values():
                one.clear()
            return
        if side not in self._sides:
            raise ValueError(f"action {action} without a side")
        if record.flags & TOP_OF_BOOK:
            self._replace_top(side, record)
        elif action in {"A", "M"}:
            self._take_off(record.order_id)
            self._rest(record.order_id, side, record.price, record.size)
        else:
            self._cancel(record.order_id, record.size)

    def levels(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """The best prices (1e-9 dollars) and sizes of bids and asks, best first."""
        bids, asks = self._sides["B"], self._sides["A"]
        return (
            [(price, bids.sizes[price]) for price in islice(reversed(bids.prices), LEVELS)],
            [(price, asks.sizes[price]) for price in islice(asks.prices, LEVELS)],
        )

    def _rest(self, order_id: int, side: str, price: int, size: int) -> None:
        if price == _UNDEFINED_PRICE or price <= 0:
            raise ValueError(f"price {price} (1e-9 dollars) must be above 0 and possible")
        if size:
            self._orders[order_id] = (side, price, size)
            self._sides[side].add(price, size)

    def _take_off(self, order_id: int) -> None:
        known = self._orders.pop(order_id, None)
        if known is not None:
            self._sides[known[0]].add(known[1], -known[2])

    def _cancel(self, order_id: int, size: int) -> None:
        known = self._orders.get(order_id)
        if known is None:
            self.unknown += 1
            return
        side, price, left = known
        size = min(size, left)
        self._sides[side].add(price, -size)
        if size < left:
            self._orders[order_id] = (side, price, left - size)
        else:
            del self._orders[order_id]

    def _replace_top(self, side: str, record: MBOMsg) -> None:
        self._orders = {number: order for number, order in self._orders.items() if order[0] != side}
        self._sides[side].clear()
        if record.price != _UNDEFINED_PRICE:
            self._rest(record.order_id, side, record.price, record.size)
