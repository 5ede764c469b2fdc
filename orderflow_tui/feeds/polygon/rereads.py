"""Reads recent minutes again, in the part of the budget that yields first, to learn of corrections and busts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderflow_tui.core.model.events import Print, TapeCorrection
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Batch, Put
from orderflow_tui.feeds.live.budgeted_http import Request
from orderflow_tui.feeds.polygon import endpoints
from orderflow_tui.feeds.polygon.rest_calls import Gateway
from orderflow_tui.feeds.polygon.tape import LIMIT, SymbolTape

MINUTE: Final = 60
REST_SECONDS: Final = 60
"""A minute is read again when it has been over for so long: most corrections are in by then."""
PAGES: Final = 8


class Rereads:
    """One minute of one symbol a turn, each minute once.

    Args:
        gateway: The host.
        put: Where messages go.
        tapes: The symbols' tapes; may change between turns.
    """

    def __init__(self, gateway: Gateway, put: Put, tapes: Mapping[str, SymbolTape]) -> None:
        self._gateway = gateway
        self._put = put
        self._tapes = tapes
        self._done: dict[str, int] = {}

    def turn(self) -> float:
        """Read the minute that has waited the longest; seconds until the next turn.

        Raises:
            FeedError: The exchange failed; the minute stays to be read.
        """
        tapes = dict(self._tapes)
        self._done = {symbol: done for symbol, done in self._done.items() if symbol in tapes}
        if not all(tape.covered_second for tape in tapes.values()):
            return 1.0
        due = [
            (self._done.get(symbol, 0), symbol, last)
            for symbol, tape in tapes.items()
            if (last := tape.covered_second // MINUTE * MINUTE - REST_SECONDS) > self._done.get(symbol, 0)
        ]
        if due:
            _, symbol, last = min(due)
            self._read(tapes[symbol], last)
            self._done[symbol] = last
        return max(1.0, MINUTE / 2 / max(1, len(tapes)))

    def _read(self, tape: SymbolTape, last: int) -> None:
        """Read the minute that ends with second `last - 1`; a minute too full for its pages is left as it is."""
        first = last - MINUTE
        request: Request | None = endpoints.trades(tape.symbol, from_ns=first * NS, to_ns=last * NS, limit=LIMIT)
        prints: list[Print] = []
        for _ in range(PAGES):
            if request is None:
                break
            page = self._gateway.page(request)
            rows = tape.again(page)
            if rows is None:
                return
            prints += rows
            request = page.following
        if request is not None:
            return
        whole = {_identity(index, event): event for index, event in enumerate(prints)}
        ordered = sorted(whole.values(), key=lambda event: (event.time_ns, event.seq))
        self._put(Batch(tape.symbol, "tape", (TapeCorrection(last * NS, first, tuple(ordered)),), page.reply.arrival))


def _identity(index: int, event: Print) -> tuple[int, int, str]:
    """Prints without an id are never the same one."""
    return (event.venue, event.trf, event.trade_id) if event.trade_id else (-1, index, "")
