"""The liquidity map: price by time, as shades of what rested there, and what traded over it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from orderflow_tui.core.market.depth_history import COLUMNS, STEP_SECONDS, Column, DepthHistory
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.views.build_ladder import LadderWindow
from orderflow_tui.views.charts import SHADES, MapView

_HOLDS: Final = 3
"""Columns a book fills until the next one, where none was kept between them."""
ROWS: Final = 49
"""Prices of a map: an odd number, the ladder's middle in its middle."""


class MapRecorder:
    """Keeps one symbol's books for its map, and the map while nothing in it has changed."""

    __slots__ = ("_made", "history")

    def __init__(self) -> None:
        self.history = DepthHistory()
        self._made: tuple[tuple[int, int, int], MapView] | None = None

    def keep(self, core: SymbolCore, second: int) -> None:
        """Keep the book in force, where a column is due."""
        if not self.history.due(second) or core.series is None or not (core.market.bids or core.market.asks):
            return
        bids, asks = core.market.bids, core.market.asks
        if core.mirror.short:
            bids, asks = tuple((-price, size) for price, size in asks), tuple((-price, size) for price, size in bids)
        traded = core.series.at_price.recent()
        self.history.keep(second, bids, asks, traded if self.history.count else ())

    def view(self, window: LadderWindow) -> MapView | None:
        """The map of the prices the ladder shows and some beyond; None before there is a column."""
        if not self.history.count or not window.step:
            return None
        key = (self.history.count, window.step, window.centre)
        if self._made is None or self._made[0] != key:
            self._made = (key, map_view(self.history, window.step, window.centre))
        return self._made[1]


def map_view(history: DepthHistory, step: int, centre: int) -> MapView:
    """The map of `ROWS` prices of `step` around `centre`.

    A cell holds all that rested between its price and the next one. It is as bright as the root of its size over the
    largest in sight, so that a wall stands out and usual sizes are not black.
    """
    top = centre + ROWS // 2 * step
    end = history.newest
    sizes: dict[int, int] = {}
    asked: set[int] = set()
    prints: list[tuple[int, int, int, int, int]] = []
    for first, last, (_, bids, asks, traded) in _placed(history):
        for levels, is_ask in ((bids, False), (asks, True)):
            for price, size in levels:
                row = -((price - top) // step)
                if not 0 <= row < ROWS:
                    continue
                for cell in range(row * COLUMNS + first, row * COLUMNS + last):
                    sizes[cell] = sizes.get(cell, 0) + size
                    if is_ask:
                        asked.add(cell)
        for price, sold, bought, unsided in traded:
            row = -((price - top) // step)
            if 0 <= row < ROWS:
                prints.append((first, row, sold, bought, unsided))
    largest = max(sizes.values(), default=0)
    cells = bytearray(ROWS * COLUMNS)
    for cell, size in sizes.items():
        shade = max(1, math.ceil(SHADES * math.sqrt(size / largest)))
        cells[cell] = shade + (SHADES if cell in asked else 0)
    return MapView(STEP_SECONDS, end, COLUMNS, ROWS, step, top, largest, bytes(cells), tuple(prints))


def _placed(history: DepthHistory) -> Iterator[tuple[int, int, Column]]:
    """Each column kept with the columns of the map it fills: those up to the next one, where that comes soon."""
    kept = list(history.columns())
    places = [COLUMNS - 1 - (history.newest - column[0]) // STEP_SECONDS for column in kept]
    for index, (place, column) in enumerate(zip(places, kept, strict=True)):
        following = places[index + 1] if index + 1 < len(places) else place + 1
        last = following if following - place <= _HOLDS else place + 1
        if place >= 0 and last > place:
            yield place, last, column
