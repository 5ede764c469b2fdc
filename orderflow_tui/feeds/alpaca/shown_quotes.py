"""The quotes in force by requests: as books where no stream has them, and as proof of what was in force."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from orderflow_tui.core.model.events import Book, Print
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.feeds.alpaca import wire
from orderflow_tui.feeds.alpaca.normalize import book_of
from orderflow_tui.feeds.errors import PayloadError
from orderflow_tui.feeds.feed import BadPayload, Batch, FeedMessage, SymbolNote
from orderflow_tui.feeds.live.budgeted_http import Reply
from orderflow_tui.feeds.live.side_checks import InForce
from orderflow_tui.feeds.live.tape_join import TapeJoin


class ShownQuotes:
    """What the newest answers showed; used by one thread at a time, `in_force` asked by any.

    Args:
        prices: Of each symbol where its tick test starts, where that is known.
    """

    def __init__(self, prices: Mapping[str, Print]) -> None:
        self._prices = prices
        self._in_force: dict[str, InForce] = {}
        self._crossed: set[str] = set()
        self._unquoted: set[str] = set()
        self._seq = 0

    def in_force(self, symbol: str) -> InForce | None:
        """What the newest answer proves of a symbol's quote; None without one."""
        shown, price = self._in_force.get(symbol), self._prices.get(symbol)
        return replace(shown, price=price) if shown is not None and price is not None else shown

    def without(self, symbol: str, feed: str, reply: Reply) -> FeedMessage | None:
        """The answer has no quote of a symbol: said once."""
        if symbol in self._unquoted:
            return None
        self._unquoted.add(symbol)
        return SymbolNote(symbol, "no_quotes", f"Alpaca's {feed} feed has no quote", reply.arrival)

    def message(
        self, symbol: str, raw: msgspec.Raw, reply: Reply, asked_ns: int, *, streamed: TapeJoin | None
    ) -> FeedMessage | None:
        """The quote in force, as of when it was asked for; of a streamed symbol only that it is there."""
        self._seq += 1
        try:
            quote = book_of(wire.quote_row(raw), self._seq)
        except PayloadError as error:
            return BadPayload(symbol, "book", "PAYLOAD_MALFORMED", str(error), reply.arrival)
        except DataValidationError as error:
            return BadPayload(symbol, "book", error.code, str(error), reply.arrival)
        self._unquoted.discard(symbol)
        crossed = bool(quote.bids and quote.asks and quote.bids[0][0] >= quote.asks[0][0])
        if crossed and streamed is None:
            # Once is a moment, twice is a state.
            again = symbol in self._crossed
            self._crossed.add(symbol)
            return BadPayload(symbol, "book", "LEVEL2_CROSSED", "locked or crossed", reply.arrival) if again else None
        self._crossed.discard(symbol)
        at_ns = max(asked_ns, quote.time_ns)
        if not crossed:
            self._in_force[symbol] = InForce(quote, at_ns, reply.arrival)
        shown = Book(at_ns, self._seq, quote.bids, quote.asks, quote.time_ns if quote.time_ns < at_ns else 0)
        batch = Batch(symbol, "book", (shown,), reply.arrival, vouched_ns=at_ns, quote_ns=quote.time_ns)
        if streamed is None:
            return batch
        if not crossed and streamed.first_quote(batch, asked_ns):
            return None
        return replace(batch, events=(), quote_ns=0)
