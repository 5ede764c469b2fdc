"""A simulated book as rows of (price, venue), and its changes in the three ways TWS tells them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from orderflow_tui.feeds.simulator.book import BookSide
from orderflow_tui.feeds.simulator.ibkr.tws_behavior import Dialect
from orderflow_tui.feeds.simulator.market_history import PRICE_UNITS_PER_DOLLAR, PRICE_UNITS_PER_TICK

VENUES: Final = {
    1: "AMEX", 2: "BEX", 3: "NYSENAT", 4: "FINRA", 7: "EDGEA", 8: "DRCTEDGE", 9: "CHX", 10: "NYSE", 11: "ARCA",
    12: "NASDAQ", 15: "IEX", 17: "PSX", 18: "BYX", 19: "BATS", 20: "PEARL", 21: "MEMX",
}  # fmt: skip
INSERT, UPDATE, DELETE = 0, 1, 2


class Row(NamedTuple):
    """What one venue shows at one price, as text on the wire."""

    price: str
    size: str
    venue: str


Change = tuple[int, int, Row]
"""Place, operation, row."""
_NOTHING: Final = Row("0.0", "0", "")


def dollars(units: int) -> str:
    """A price of so many units of $0.0001 as TWS writes it."""
    return f"{units / PRICE_UNITS_PER_DOLLAR:g}" if units % 100 else f"{units / PRICE_UNITS_PER_DOLLAR:.2f}"


def rows_of(side: BookSide, most: int, *, round_lot: int, deep: Sequence[str] | None, unit: int) -> list[Row]:
    """One side's rows, best first, venues in order of their names within a price; odd lots are not shown."""
    found: list[Row] = []
    shown: set[str] = set()
    for tick in sorted(side.levels, reverse=side.sign > 0):
        by_venue: dict[str, int] = {}
        for order in side.levels[tick].orders:
            name = VENUES.get(order.venue, "NASDAQ")
            by_venue[name] = by_venue.get(name, 0) + order.size
        for name in sorted(by_venue):
            size = by_venue[name] // round_lot * round_lot
            if not size or (deep is not None and name not in deep and name in shown):
                continue
            shown.add(name)
            found.append(Row(dollars(tick * PRICE_UNITS_PER_TICK), str(size // unit), name))
            if len(found) == most:
                return found
    return found


def by_price(rows: Sequence[Row], most: int) -> list[Row]:
    """One exchange's rows: a row a price, without a name."""
    sizes: dict[str, int] = {}
    for row in rows:
        sizes[row.price] = sizes.get(row.price, 0) + int(row.size)
    return [Row(price, str(size), "") for price, size in sizes.items()][:most]


def changes(old: Sequence[Row], new: Sequence[Row], most: int, dialect: Dialect) -> Iterator[Change]:
    """How a side of a book becomes another one."""
    if dialect == "live":
        yield from _shifting(old, new, most)
        return
    gone = range(len(new), len(old))
    for place in gone if dialect == "paper" else reversed(gone):
        yield place, DELETE, _NOTHING
    if dialect == "smart":
        yield from ((place, INSERT, new[place]) for place in range(len(old), len(new)))
    for place in range(min(len(old), len(new))):
        if old[place] != new[place]:
            yield place, UPDATE, new[place]
    if dialect == "paper":
        yield from ((place, INSERT, new[place]) for place in range(len(old), len(new)))


def _shifting(old: Sequence[Row], new: Sequence[Row], most: int) -> Iterator[Change]:
    now = list(old)
    prices = {row.price for row in new}
    for place in range(len(now) - 1, -1, -1):
        if now[place].price not in prices:
            del now[place]
            yield place, DELETE, _NOTHING
    for place, row in enumerate(new):
        if place < len(now) and now[place].price == row.price:
            if now[place] != row:
                now[place] = row
                yield place, UPDATE, row
            continue
        if len(now) == most:
            now.pop()
            yield most - 1, DELETE, _NOTHING
        now.insert(place, row)
        yield place, INSERT, row
