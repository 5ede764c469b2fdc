"""A name that is watched no more while what it raised is still followed: only its price is looked at.

Whoever follows a recommendation sells, and the name leaves the positions at once; its outcome is the one that matters.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from orderflow_tui.core.learning.outcomes import FOLLOW_SECONDS, Outcomes
from orderflow_tui.core.model.events import Book, Event
from orderflow_tui.core.model.outputs import AlertOutcome
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.monitor.watched_symbol import STALE_AFTER_S


class SoldSymbol:
    """Follows to their end what a core has raised; no rule runs.

    Args:
        core: Will be fed no more.
        outcomes: What it followed.
        now_ns: Nanoseconds UTC.
    """

    def __init__(self, core: SymbolCore, outcomes: Outcomes, now_ns: int) -> None:
        self.symbol = core.symbol
        self.outcomes = outcomes
        self._market = core.market
        self._mirror = core.mirror
        self._heard_ns = now_ns

    def take(self, events: Iterable[Event], now_ns: int) -> list[AlertOutcome]:
        """The feed delivered something at `now_ns`; what is settled by it."""
        self._heard_ns = now_ns
        self.outcomes.seen = True
        settled: list[AlertOutcome] = []
        for event in events:
            seen = self._mirror.event(event)
            if isinstance(seen, Book) and not (seen.bids and seen.asks and seen.bids[0][0] >= seen.asks[0][0]):
                settled += self._advance(seen.time_ns)
                self._market.shows(seen.time_ns, seen.bids, seen.asks)
        return settled

    def second(self, time_ns: int, now_ns: int) -> list[AlertOutcome]:
        """Time has reached `time_ns` (`now_ns` less the source's delay); what is settled by it."""
        self.outcomes.seen = now_ns - self._heard_ns <= STALE_AFTER_S * NS
        return self._advance(time_ns)

    def _advance(self, time_ns: int) -> list[AlertOutcome]:
        last = time_ns // NS
        settled: list[AlertOutcome] = []
        for second in range(max(self.outcomes.newest + 1, last - FOLLOW_SECONDS), last + 1):
            settled += self.outcomes.whole_second(second, self._market)
        return settled


class SoldSymbols:
    """Those whose alerts are still followed. Used by the monitor's thread alone."""

    def __init__(self) -> None:
        self._followed: list[SoldSymbol] = []
        self._one_is_over = False

    def __iter__(self) -> Iterator[str]:
        """Every symbol the feed is still to deliver for them."""
        return (one.symbol for one in self._followed)

    def add(self, core: SymbolCore) -> None:
        """A symbol is watched no more: it is followed if anything of it is not settled."""
        outcomes = core.announcer.outcomes
        if outcomes is not None and outcomes.pending:
            self._followed.append(SoldSymbol(core, outcomes, time.time_ns()))

    def feed(self, symbol: str, events: Iterable[Event], now_ns: int) -> list[AlertOutcome]:
        """Pass on what the feed delivered; what is settled by it."""
        settled: list[AlertOutcome] = []
        for one in self._followed:
            if one.symbol == symbol:
                settled += one.take(events, now_ns)
        return settled

    def tick(self, at_ns: int, now_ns: int) -> list[AlertOutcome]:
        """Time has reached `at_ns`; what is settled by it. A symbol goes once nothing of it is followed."""
        settled: list[AlertOutcome] = []
        for one in self._followed:
            settled += one.second(at_ns, now_ns)
        following = [one for one in self._followed if one.outcomes.pending]
        self._one_is_over = self._one_is_over or len(following) < len(self._followed)
        self._followed = following
        return settled

    def end(self) -> list[AlertOutcome]:
        """A recording is over: what is known of each alert."""
        return [told for one in self._followed for told in one.outcomes.end(one.outcomes.newest * NS)]

    @property
    def outcomes(self) -> list[Outcomes]:
        """What is not settled yet."""
        return [one.outcomes for one in self._followed]

    def gone(self) -> bool:
        """Whether a symbol needs no more data since the last call."""
        gone, self._one_is_over = self._one_is_over, False
        return gone
