"""What a change of the book brings about: what rules listen to, the stop, what is recommended."""

from __future__ import annotations

from orderflow_tui.core.announcer import Announcer
from orderflow_tui.core.exits.holding import Holding
from orderflow_tui.core.model.events import Book, Levels
from orderflow_tui.core.rules.active_rules import ActiveRules
from orderflow_tui.core.rules.rule_part import RuleInputs


class BookRules:
    """The book half of one symbol.

    Args:
        inputs: What rules look at.
        rules: Those that listen.
        holding: Knows the holder's own orders and the stop.
        announcer: Passes on what there is to say.
    """

    __slots__ = (
        "_announcer", "_classifier", "_context", "_holding", "_market", "_rules", "_terms", "_timers",
        "crossed_since_ns",
    )  # fmt: skip

    def __init__(self, inputs: RuleInputs, rules: ActiveRules, holding: Holding, announcer: Announcer) -> None:
        self._terms = inputs.terms
        self._market = inputs.market
        self._classifier = inputs.classifier
        self._timers = inputs.timers
        self._rules = rules
        self._context = inputs.context
        self._holding = holding
        self._announcer = announcer
        self.crossed_since_ns = 0
        """Since when the book is crossed; 0 while it is not."""

    def on_book(self, event: Book) -> None:
        """The book in force from this event on."""
        time_ns, bids, asks = event.time_ns, event.bids, event.asks
        if bids and asks and bids[0][0] >= asks[0][0]:
            self.crossed_since_ns = self.crossed_since_ns or time_ns
            return
        self.crossed_since_ns = 0
        if not self._terms.capabilities.depth_source:
            self._classifier.on_book(event)
        if self._holding.owns:
            bids, asks = self._holding.without_own(bids, asks)
        self._market.shows(time_ns, bids, asks)
        self._context.on_touch(time_ns, bids, asks)
        for listen in self._rules.on_book:
            listen(time_ns, bids, asks)
        self._check_holding(time_ns, bids)

    def _check_holding(self, time_ns: int, bids: Levels) -> None:
        """What a changed book means for the stop and for what is recommended."""
        holding = self._holding
        watch = holding.stop_watch
        if watch is not None and bids and (watch.stirred or bids[0][0] - watch.stop <= self._market.near_distance):
            self._announcer.check_stop(time_ns)
            self._timers.wake(watch.wake_ns)
        if holding.flow.current is not None or holding.stop_latch.current is not None:
            self._announcer.tend(time_ns)
