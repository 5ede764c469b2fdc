"""Where a quiet symbol's tick test starts: the price of its last print from before the back-fill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from orderflow_tui.core.model.events import PRICE, Print
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.feeds.alpaca import wire
from orderflow_tui.feeds.alpaca.host import Host
from orderflow_tui.feeds.alpaca.normalize import print_of
from orderflow_tui.feeds.alpaca.tape import BACKFILL_NS
from orderflow_tui.feeds.errors import FeedError, PayloadError, one_line
from orderflow_tui.feeds.feed import Arrival, BadPayload, Batch, FeedMessage

_NOT_FOUND: Final = 404


class LastPrices:
    """Asks once for each symbol; used by one thread at a time, `before` read by any."""

    def __init__(self, host: Host) -> None:
        self.before: dict[str, Print] = {}
        """Of each symbol the last price that the back-fill does not reach; of the print nothing else counts."""
        self._host = host
        self._asked: set[str] = set()

    def ask(self, symbols: Sequence[str]) -> list[FeedMessage]:
        """The last prices of symbols not asked for yet. Raises FeedError; they are asked for again then."""
        new = [symbol for symbol in symbols if symbol not in self._asked]
        if not new:
            return []
        try:
            reply = self._host.last_prints(new)
        except FeedError as error:
            if error.status != _NOT_FOUND:
                raise
            self._asked.update(new)  # nothing was printed of any of them
            return []
        self._asked.update(new)
        rows = wire.latest_trades(reply.body).trades or {}
        messages: list[FeedMessage] = []
        for symbol in new:
            raw = rows.get(self._host.spellings.of(symbol))
            if raw is None:
                continue
            try:
                last = print_of(wire.trade_row(raw), reply.arrival.wall_ns, 0)
            except PayloadError as error:
                messages.append(_set_aside(symbol, "PAYLOAD_MALFORMED", error, reply.arrival))
                continue
            except DataValidationError as error:
                messages.append(_set_aside(symbol, error.code, error, reply.arrival))
                continue
            if last.flags & PRICE and last.time_ns < reply.arrival.wall_ns - self._host.delay_ns - BACKFILL_NS:
                self.before[symbol] = price = Print(last.time_ns, 0, last.price, 0, PRICE)
                messages.append(Batch(symbol, "book", (price,), reply.arrival))
        return messages

    def forget(self, symbol: str) -> None:
        """It is not watched any more: asked for again when it is."""
        self._asked.discard(symbol)
        self.before.pop(symbol, None)


def _set_aside(symbol: str, code: str, why: Exception, arrival: Arrival) -> BadPayload:
    return BadPayload(symbol, "tape", code, one_line(f"last print: {why} (set aside)"), arrival, quarantined=True)
