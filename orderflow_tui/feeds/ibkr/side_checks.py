"""Questions about sides, answered by the quotes of the past that the broker keeps.

Past quotes have whole seconds, as prints have: within one second nobody knows which came first. So a print is told with
a side only where every quote that may have been in force then says the same of it; the others are left out.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Final

from msgspec import Struct

from orderflow_tui.core.market.trade_side import side_by_quote
from orderflow_tui.core.model.events import Book, Print, SideCheckResult
from orderflow_tui.core.model.outputs import SideCheckRequested
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Arrival, Batch, Put
from orderflow_tui.feeds.ibkr.historical_ticks import Pace
from orderflow_tui.feeds.ibkr.requests import Requests
from orderflow_tui.feeds.ibkr.symbol import IbkrSymbol
from orderflow_tui.feeds.ibkr.wire import PastQuote, PastQuotes

QUOTES: Final = 1_000
"""The most that one request brings."""
SETTLE_SECONDS: Final = 1.0
"""A quote reaches the archive this long after it was in force."""
ANSWER_SECONDS: Final = 8.0
COST: Final = 2
"""The broker counts a request for past quotes twice."""
KEPT_FOR_PRINTS: Final = 20
"""Of the requests of ten minutes so many are for past prints alone: a reconnection needs them."""


class _Question(Struct, eq=False):
    """One that is open: when it is due, on the monotonic clock, and until when its answer must have come, 0 before."""

    asked: SideCheckRequested
    due: float
    by: float = 0.0


class SideChecks:
    """The open questions. `ask` may be called from any thread, all else by the feed's alone.

    Args:
        put: Where answers go.
    """

    def __init__(self, put: Put) -> None:
        self._put = put
        self._fresh: deque[SideCheckRequested] = deque()
        self._open: list[_Question] = []

    def ask(self, asked: SideCheckRequested) -> None:
        """Take a question; returns at once."""
        self._fresh.append(asked)

    def tend(self, requests: Requests | None, pace: Pace, symbols: Mapping[str, IbkrSymbol], now: float) -> None:
        """Ask what is due, one request a symbol at a time, and give up what cannot be answered.

        Args:
            requests: Of the connection; None without one.
            pace: For requests about the past.
            symbols: Every watched symbol.
            now: Seconds on the monotonic clock.
        """
        while self._fresh:
            self._open.append(_Question(self._fresh.popleft(), now + SETTLE_SECONDS))
        for question in tuple(self._open):
            symbol = symbols.get(question.asked.symbol)
            if requests is None or symbol is None or not symbol.past_quotes:
                self._tell(question, (), ())
            elif question.by:
                if now > question.by:
                    self._tell(question, (), ())
            elif now >= question.due and not requests.numbers("sides", question.asked.symbol):
                self._request(requests, pace, symbol, question, now)

    def came(self, symbol: IbkrSymbol, message: PastQuotes) -> None:
        """The quotes of a span."""
        quotes = sorted(message.quotes, key=lambda quote: quote.second)
        for question in self._asked(symbol.symbol):
            asked = question.asked
            prints, books = sided(symbol.tape.recent.span(asked.from_ns, asked.to_ns), quotes, asked.from_ns)
            self._tell(question, prints, books)

    def failed(self, symbol: IbkrSymbol, *, for_good: bool) -> None:
        """No quotes came; `for_good`: this login has none, sides stay unsure, and no alert waits for them again."""
        symbol.past_quotes = symbol.past_quotes and not for_good
        for question in self._asked(symbol.symbol):
            self._tell(question, (), ())

    def _asked(self, name: str) -> list[_Question]:
        return [question for question in self._open if question.by and question.asked.symbol == name]

    def _request(self, requests: Requests, pace: Pace, symbol: IbkrSymbol, question: _Question, now: float) -> None:
        if symbol.contract is None or not pace.take(now, cost=COST, left=KEPT_FOR_PRINTS):
            self._tell(question, (), ())
            return
        mine = [one for one in self._open if one.asked.symbol == symbol.symbol and not one.by]
        for one in mine:
            one.by = now + ANSWER_SECONDS
        last_ns = 0 if any(not one.asked.to_ns for one in mine) else max(one.asked.to_ns for one in mine)
        end = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime((last_ns or time.time_ns()) // NS + 1))
        requests.ask("sides", symbol.symbol, symbol.contract, 0, "", end, QUOTES, "BID_ASK", 0, 1, "")

    def _tell(self, question: _Question, prints: tuple[Print, ...], quotes: tuple[Book, ...]) -> None:
        self._open.remove(question)
        asked = question.asked
        answer = SideCheckResult(asked.time_ns, asked.key, answered=bool(quotes), prints=prints, quotes=quotes)
        self._put(Batch(asked.symbol, "tape", (answer,), Arrival.now()))


def sided(
    prints: Sequence[Print], quotes: Sequence[PastQuote], from_ns: int
) -> tuple[tuple[Print, ...], tuple[Book, ...]]:
    """The prints whose side every possible quote agrees on, and for each of their seconds one that was in force.

    Args:
        prints: Of the span, and those before it where a tick test starts.
        quotes: Oldest first.
        from_ns: Where the span begins, nanoseconds UTC.
    """
    kept: list[Print] = []
    books: list[Book] = []
    told_second = at = 0
    for event in prints:
        if event.time_ns < from_ns:
            kept.append(event)
            continue
        second = (event.participant_ns or event.time_ns) // NS
        at = 0 if second < told_second else at
        while at + 1 < len(quotes) and quotes[at + 1].second < second:
            at += 1
        if not quotes or quotes[at].second >= second:
            continue
        possible = takewhile(lambda quote, second=second: quote.second <= second, quotes[at:])  # type: ignore[misc]
        if len({side_by_quote(event.price, quote.bid, quote.ask) for quote in possible}) > 1:
            continue
        if second != told_second:
            told_second = second
            bid, ask = quotes[at].bid, quotes[at].ask
            books.append(
                Book(event.time_ns - 1, 0, ((bid, 1),) if bid else (), ((ask, 1),) if ask else (), second * NS - 1)
            )
        kept.append(event)
    return tuple(kept), tuple(books)
