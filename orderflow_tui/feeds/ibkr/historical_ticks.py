"""Past ticks of one symbol, page by page from now backwards, within the broker's pace for such requests."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Arrival
from orderflow_tui.feeds.ibkr.requests import Requests
from orderflow_tui.feeds.ibkr.symbol import IbkrSymbol
from orderflow_tui.feeds.ibkr.tape import BACKFILL_SECONDS
from orderflow_tui.feeds.ibkr.wire import PastTrades, Trade

PAGE: Final = 1_000
MOST_PAGES: Final = 6
SETTLE_SECONDS: Final = 2.0
"""A tick reaches the archive this long after it reached the stream."""
ANSWER_SECONDS: Final = 8.0
REQUESTS, REQUESTS_SECONDS = 50, 600.0
"""The broker takes 60 such requests in ten minutes."""


class Pace:
    """How many requests for past ticks have been sent lately."""

    def __init__(self) -> None:
        self._sent: deque[float] = deque(maxlen=REQUESTS)

    def take(self, now: float, *, cost: int = 1, left: int = 0) -> bool:
        """Whether one more may be sent; it counts as sent then.

        Args:
            now: Seconds on the monotonic clock.
            cost: As how many the broker counts it.
            left: So many are to be left for others.
        """
        if sum(now - sent < REQUESTS_SECONDS for sent in self._sent) + cost > REQUESTS - left:
            return False
        self._sent.extend([now] * cost)
        return True


class PastTicks(Struct):
    """What was asked of one symbol's past, and what has come of it.

    Attributes:
        from_second: The oldest second wanted.
        due: When to ask, on the monotonic clock.
        end_second: Up to which second the next page is asked for; 0 before the first.
        by: Until when an answer must have come; 0 while nothing is asked.
        pages: How many have come.
        trades: Oldest first.
        whole_from: The first second of which all ticks are here, once it is over.
    """

    from_second: int
    due: float
    end_second: int = 0
    by: float = 0.0
    pages: int = 0
    trades: list[Trade] = field(default_factory=list)
    whole_from: int = 0

    def page(self, trades: tuple[Trade, ...]) -> bool:
        """Take a page; whether another, older one is needed."""
        self.pages += 1
        self.by = 0.0
        if not trades:
            self.whole_from = self.from_second
            return False
        oldest = trades[0].second
        before = self.trades[0].second if self.trades else oldest + PAGE * PAGE
        # The seam's second is whole in the page that was asked for up to its end.
        self.trades = [one for one in trades if one.second <= before] + [
            one for one in self.trades if one.second > before
        ]
        if len(trades) < PAGE or oldest < self.from_second:
            self.whole_from = self.from_second
            return False
        self.whole_from = oldest + 1
        self.end_second = oldest + 1
        return self.pages < MOST_PAGES and oldest < before


class HistoricalTicks:
    """Asks for past ticks of whoever's tick line has begun. Used by the feed's thread alone.

    Args:
        requests: Of the connection.
        pace: Over connections.
    """

    def __init__(self, requests: Requests, pace: Pace) -> None:
        self._requests = requests
        self._pace = pace
        self._jobs: dict[str, PastTicks] = {}

    def begin(self, symbol: IbkrSymbol, now: float) -> None:
        """Ask soon for what lies before: from the newest tick that was delivered, or what baselines need."""
        oldest = max(symbol.tape.newest_second, time.time_ns() // NS - BACKFILL_SECONDS)
        self._jobs[symbol.symbol] = PastTicks(oldest, now + SETTLE_SECONDS)

    def forget(self, name: str) -> None:
        """Its tick line is gone."""
        self._jobs.pop(name, None)

    def clear(self) -> None:
        """All tick lines are gone."""
        self._jobs.clear()

    def came(self, symbol: IbkrSymbol, message: PastTrades, arrival: Arrival, now: float) -> None:
        """A page of them."""
        job = self._jobs.get(symbol.symbol)
        if job is None or (job.page(message.trades) and self._ask(symbol, job, now)):
            return
        del self._jobs[symbol.symbol]
        symbol.tape.joined(job.trades, job.whole_from, arrival)

    def refused(self, symbol: IbkrSymbol, why: str, arrival: Arrival) -> None:
        """There are none to be had."""
        if self._jobs.pop(symbol.symbol, None) is not None:
            symbol.tape.joined(None, 0, arrival, f"no past prints: {why}")

    def tend(self, symbols: Mapping[str, IbkrSymbol], now: float) -> None:
        """Ask when it is time, and wait no longer than that."""
        for name, job in tuple(self._jobs.items()):
            symbol = symbols.get(name)
            if symbol is None:
                del self._jobs[name]
            elif not job.by and not job.pages and now >= job.due:
                if not self._ask(symbol, job, now):
                    self.refused(symbol, "too many requests for them", Arrival.now())
            elif job.by and now > job.by:
                self._requests.cancel_all("past", name)
                self.refused(symbol, "no answer in time", Arrival.now())

    def _ask(self, symbol: IbkrSymbol, job: PastTicks, now: float) -> bool:
        if symbol.contract is None or not self._pace.take(now):
            return False
        job.by = now + ANSWER_SECONDS
        end = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime(job.end_second or time.time_ns() // NS))
        self._requests.ask("past", symbol.symbol, symbol.contract, 0, "", end, PAGE, "TRADES", 0, 0, "")
        return True
