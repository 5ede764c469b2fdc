"""What one symbol has to say: alerts in order, weighed where they count, followed where somebody asks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Final

from msgspec.structs import replace

from orderflow_tui.core.exits.holding import Holding
from orderflow_tui.core.learning.outcomes import Outcomes
from orderflow_tui.core.market.state import MarketState
from orderflow_tui.core.market.timers import Timers
from orderflow_tui.core.model.outputs import AlertOutput, AlertRaised, ExitTriggered, Output, StatusChanged, StatusKind
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules.terms import SymbolTerms

LATE_NS: Final = 30 * NS
"""How far the instant before which nothing is news lies behind the data's own time in a live run."""


class Announcer:
    """Collects the outputs of one call.

    Args:
        terms: Know how late the source is.
        market: The symbol's market.
        timers: Where it stands in event time.
        holding: Weighs what counts.
    """

    __slots__ = ("_hear", "_holding", "_market", "_terms", "_timers", "news_from_ns", "out", "outcomes")

    def __init__(self, terms: SymbolTerms, market: MarketState, timers: Timers, holding: Holding) -> None:
        self._terms = terms
        self._market = market
        self._timers = timers
        self._holding = holding
        self.news_from_ns = 0
        self.out: list[Output] = []
        self._hear: Callable[[Output], None] | None = None
        self.outcomes: Outcomes | None = None
        """What became of alerts, where somebody asks."""

    def begin(self, news_from_ns: int, hear: Callable[[Output], None] | None) -> list[Output]:
        """A call begins: what is said from now on goes to a list of its own, and from this instant on it is news.

        Args:
            news_from_ns: That instant.
            hear: Called with each output at once, before it is weighed or followed.
        """
        self.news_from_ns = news_from_ns
        self._hear = hear
        self.out = []
        return self.out

    def put(self, output: Output) -> None:
        """Say this as it is."""
        self.out.append(output)
        if self._hear is not None:
            self._hear(output)

    def say(self, output: AlertOutput) -> None:
        """Pass an alert on; weigh it where it counts."""
        if output.time_ns < self.news_from_ns:
            self.put(replace(output, alert=dataclasses.replace(output.alert, late=True)))
            return
        self.put(output)
        if self.outcomes is not None and isinstance(output, AlertRaised):
            self.outcomes.follow(output, self._market, self._told_ns(output.time_ns))
        self.weigh(output)

    def say_status(self, kind: StatusKind, time_ns: int, text: str) -> None:
        """Say what became of the symbol itself."""
        self.put(StatusChanged(self._holding.symbol, kind, time_ns, text))

    def weigh(self, output: AlertOutput) -> None:
        """Count an alert where it counts; say the recommendation when that makes one."""
        opened = self._holding.weigh(output)
        if opened is not None:
            self.tell((opened,))

    def tell(self, outputs: Iterable[Output]) -> None:
        """Pass on what the holding says; recommendations are followed."""
        for output in outputs:
            self.put(output)
            if self.outcomes is not None and isinstance(output, ExitTriggered):
                self.outcomes.follow(output, self._market, self._told_ns(output.time_ns))

    def check_stop(self, time_ns: int) -> None:
        """Hold the bid in force against the holder's stop."""
        self.tell(self._holding.check_stop(time_ns, self.news_from_ns))

    def tend(self, time_ns: int) -> None:
        """Let time and price act on what was recommended."""
        self.tell(self._holding.tend(time_ns))

    def whole_second(self, second: int) -> None:
        """Say what became of alerts."""
        if self.outcomes is not None:
            for outcome in self.outcomes.whole_second(second, self._market):
                self.put(outcome)

    def end_session(self, time_ns: int, begins_ns: int) -> None:
        """Another session begins: what is known of the alerts of the one before."""
        if self.outcomes is not None:
            for outcome in self.outcomes.end(time_ns, begins_ns):
                self.put(outcome)

    def _told_ns(self, time_ns: int) -> int:
        """When the trader can have been told what happened at `time_ns`: not before it is known here, nor arrived."""
        market, late = self._market, self.news_from_ns
        arrived_ns = late + LATE_NS + self._terms.capabilities.delay_seconds * NS if late else 0
        return max(time_ns, market.newest_print_ns, market.book_ns, self._timers.tick_ns, arrived_ns)
