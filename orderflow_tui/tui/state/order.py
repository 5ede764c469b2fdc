"""In which order symbols stand on the screen: the positions file's, until the trader asks for another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

from orderflow_tui.core.model.units import PRICE_UNITS_PER_DOLLAR
from orderflow_tui.views.frozen_views import SymbolView

Sort = Literal["file", "urgency", "pnl", "stop", "symbol"]

SORT_WORDS: Final[Mapping[Sort, str]] = {
    "file": "positions file",
    "urgency": "urgency",
    "pnl": "P&L, worst first",
    "stop": "distance to stop, nearest first",
    "symbol": "symbol",
}
"""Every way to sort, in the order the key walks through them, with what it is called."""

_LAST = float("inf")


def stop_distance(view: SymbolView) -> float | None:
    """How far the price one could leave at is from the stop, as a share of that price; below 0 beyond the stop.

    None without a stop or a price.
    """
    position = view.position
    if position is None or position.stop is None or not position.quantity:
        return None
    side = view.bids if position.quantity > 0 else view.asks
    price = side[0][0] if side else view.last_price
    if not price:
        return None
    return (price - position.stop) / price * (1 if position.quantity > 0 else -1)


def stop_cents(view: SymbolView) -> float | None:
    """The same in cents."""
    position, share = view.position, stop_distance(view)
    if position is None or share is None:
        return None
    side = view.bids if position.quantity > 0 else view.asks
    price = side[0][0] if side else view.last_price or 0
    return share * price / PRICE_UNITS_PER_DOLLAR * 100


def _pnl(view: SymbolView) -> float:
    known = view.position.pnl if view.position is not None else None
    return _LAST if known is None else known


def _stop(view: SymbolView) -> float:
    known = stop_distance(view)
    return _LAST if known is None else known


_KEYS: Final[Mapping[Sort, Callable[[SymbolView], float | str]]] = {
    "urgency": lambda view: view.urgency,
    "pnl": _pnl,
    "stop": _stop,
    "symbol": lambda view: view.symbol,
}


def ranked(views: Mapping[str, SymbolView], sort: Sort) -> tuple[str, ...]:
    """The symbols as sorted by what is known now; equals keep the positions file's order. Empty for that order."""
    if sort == "file":
        return ()
    key = _KEYS[sort]
    return tuple(sorted(views, key=lambda name: key(views[name])))


def placed(views: Mapping[str, SymbolView], places: tuple[str, ...]) -> list[str]:
    """Every symbol where the last sort put it; what came since stands behind, in the positions file's order."""
    known = [name for name in places if name in views]
    return [*known, *(name for name in views if name not in set(known))]
