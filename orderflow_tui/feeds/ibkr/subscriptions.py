"""What each symbol is asked for: its name, its quote, and one of the few lines for books and ticks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from orderflow_tui.feeds.errors import one_line
from orderflow_tui.feeds.feed import Arrival, Put, SymbolNote
from orderflow_tui.feeds.ibkr import wire
from orderflow_tui.feeds.ibkr.depth_line import ROWS_ASKED
from orderflow_tui.feeds.ibkr.error_codes import Meaning
from orderflow_tui.feeds.ibkr.historical_ticks import HistoricalTicks
from orderflow_tui.feeds.ibkr.market_data_lines import MarketDataLines
from orderflow_tui.feeds.ibkr.requests import Asked, Requests
from orderflow_tui.feeds.ibkr.symbol import IbkrSymbol
from orderflow_tui.feeds.live.symbol_spellings import spaced

HEARTBEAT: Final = "SPY"
RENEW_EVERY_SECONDS: Final = 5.0
DETAILS_SECONDS: Final = 20.0
GENERIC_TICKS: Final = "233"


class Subscriptions:
    """Who has which line on one connection. Used by the feed's thread alone.

    Args:
        requests: Of the connection.
        past: Asked for past ticks where a tick line begins.
        symbols: Every watched symbol; may change.
        books: MarketDataLines for books.
        tapes: MarketDataLines for tick-by-tick data.
        put: Where messages go.
    """

    def __init__(
        self,
        requests: Requests,
        past: HistoricalTicks,
        symbols: Mapping[str, IbkrSymbol],
        *,
        books: MarketDataLines,
        tapes: MarketDataLines,
        put: Put,
    ) -> None:
        self._requests = requests
        self._past = past
        self._symbols = symbols
        self._books, self._tapes = books, tapes
        self._put = put
        self._no_book: set[str] = set()
        self._no_ticks: set[str] = set()
        self._book_after: dict[str, float] = {}
        self.clear()

    def clear(self) -> None:
        """Nobody has a line now."""
        for number, _ in self._requests.all():
            self._requests.cancel(number)
        self._past.clear()
        self._books.clear()
        self._tapes.clear()

    def book_again(self, name: str, at: float) -> None:
        """Its book is asked for again, not before this instant on the monotonic clock."""
        self._book_after[name] = at

    def end_unwatched(self) -> None:
        """Ask for nothing more about symbols that are not watched any more."""
        for number, asked in self._requests.all():
            if asked.symbol not in self._symbols and asked.kind != "heartbeat":
                self._requests.cancel(number)

    def ask(self, wanted: Sequence[str], now: float) -> None:
        """Ask for what is missing of these symbols, the most urgent first."""
        known = [name for name in wanted if self._quoted(self._symbols[name], now)]
        if HEARTBEAT not in known and not self._requests.numbers("heartbeat"):
            self._requests.ask("heartbeat", HEARTBEAT, wire.Contract(HEARTBEAT), 0, "", 0, 0, "")
        self._share_books([name for name in known if name not in self._no_book], now)
        self._share_tapes([name for name in known if name not in self._no_ticks], known, now)

    def _quoted(self, symbol: IbkrSymbol, now: float) -> bool:
        """Whether its quote is asked for; its contract is asked for first."""
        name = symbol.symbol
        if symbol.refused:
            return False
        if symbol.contract is None:
            pending = self._requests.numbers("details", name)
            asked = self._requests.of(pending[0]) if pending else None
            if asked is not None and now - asked.at < DETAILS_SECONDS:
                return False
            for number in pending:
                self._requests.done(number)
            contract = wire.Contract(spaced(name))
            self._requests.ask("details", name, contract, 0, "", "", "")
            return False
        if not self._requests.numbers("quotes", name):
            self._requests.ask("quotes", name, symbol.contract, 0, GENERIC_TICKS, 0, 0, "")
        return True

    def _share_books(self, names: Sequence[str], now: float) -> None:
        gained, lost = self._books.assign(names, now)
        for name in lost:
            self._requests.cancel_all("book", name)
            if name in self._symbols:
                self._symbols[name].depth.end()
        for name in self._books.holders:
            symbol = self._symbols[name]
            after = self._book_after.get(name, 0.0)
            if symbol.depth.wants_renewal and now >= after:
                self._requests.cancel_all("book", name)
                self._book_after[name] = now + RENEW_EVERY_SECONDS
            if (
                (name in gained or not self._requests.numbers("book", name))
                and now >= after
                and symbol.contract is not None
            ):
                symbol.depth.begin(now)
                self._requests.ask("book", name, symbol.contract, ROWS_ASKED, 1, "")

    def _share_tapes(self, names: Sequence[str], known: Sequence[str], now: float) -> None:
        gained, lost = self._tapes.assign(names, now)
        for name in lost:
            self._requests.cancel_all("ticks", name)
            self._past.forget(name)
        holders = self._tapes.holders
        for name in known:
            symbol = self._symbols[name]
            if symbol.ticks_dead:
                symbol.ticks_dead = False
                self._requests.cancel_all("ticks", name)
            if name in holders and (name in gained or not self._requests.numbers("ticks", name)):
                self._begin_ticks(symbol, now)
            elif name not in holders and symbol.tape.mode != "sampled":
                arrival = Arrival.now()
                symbol.tape.begin_sampling(arrival.wall_ns, arrival, "no tick-by-tick line")

    def _begin_ticks(self, symbol: IbkrSymbol, now: float) -> None:
        assert symbol.contract is not None
        symbol.tape.begin()
        self._requests.ask("ticks", symbol.symbol, symbol.contract, "AllLast", 0, 0)
        self._past.begin(symbol, now)

    def refused(self, asked: Asked, symbol: IbkrSymbol, meaning: Meaning, text: str, arrival: Arrival) -> None:
        """A request was refused: the symbol shows less, and somebody else may have its line."""
        name = asked.symbol
        if asked.kind == "book":
            symbol.depth.end()
            if meaning == "no_line":
                self._books.refused(name)
            else:
                self._no_book.add(name)
                self._books.drop([name])
        elif asked.kind == "ticks":
            self._past.forget(name)
            symbol.tape.end()
            if meaning == "no_line":
                self._tapes.refused(name)
            else:
                self._no_ticks.add(name)
                self._tapes.drop([name])
        elif asked.kind == "past":
            self._past.refused(symbol, text, arrival)
        elif asked.kind == "quotes":
            symbol.refused = one_line(f"no market data: {text}")
            self._put(SymbolNote(name, "no_quotes", symbol.refused, arrival))
