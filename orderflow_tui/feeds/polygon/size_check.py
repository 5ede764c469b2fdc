"""Whether the snapshot counts shares or lots: its sizes are held against the NBBO, whose sizes are shares."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from orderflow_tui.feeds.feed import Arrival, BadPayload, Put
from orderflow_tui.feeds.polygon.books import BookPoller
from orderflow_tui.feeds.polygon.rest_calls import Gateway

AGAIN_SECONDS: Final = 900.0
TRIES: Final = 5
"""Quotes of busy names change between two requests; equal times turn up within a few tries or not at all."""


class UnitCheck:
    """One symbol a turn; used by one thread at a time.

    Args:
        gateway: Asked for the NBBO.
        books: What the snapshots showed.
        put: Where a correction is told.
        clock: Nanoseconds UTC.
        pause: Seconds between two symbols.
    """

    def __init__(self, gateway: Gateway, books: BookPoller, put: Put, clock: Callable[[], int], pause: float) -> None:
        self._gateway = gateway
        self._books = books
        self._put = put
        self._clock = clock
        self._pause = pause
        self._tries: Counter[str] = Counter()

    def turn(self, symbols: Callable[[], Sequence[str]]) -> float:
        """Check the next of these symbols; seconds until the next turn. Raises FeedError."""
        shown = [symbol for symbol in symbols() if self._books.last_shown(symbol) is not None]
        pending = [symbol for symbol in shown if self._tries[symbol] < TRIES]
        if not pending:
            self._tries.clear()
            return AGAIN_SECONDS if shown else self._pause
        symbol = pending[0]
        self._tries[symbol] += 1
        quote = self._gateway.nbbo(symbol)
        factor = self._books.unit_from(symbol, quote) if quote is not None else 0
        if factor is not None:
            self._tries[symbol] = TRIES
        if factor:
            detail = f"snapshot sizes are {'lots of ' + str(factor) if factor > 1 else 'shares'}: corrected"
            arrival = Arrival(time.monotonic_ns(), self._clock())
            self._put(BadPayload(symbol, "book", "LEVEL2_SIZE", detail, arrival, quarantined=True))
        return self._pause
