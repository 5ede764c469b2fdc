"""What a change of the book brings about: walls and their verdicts, the stop, what rules listen to."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.announcer import Announcer
from orderflow_tui.core.exits.holding import Holding
from orderflow_tui.core.model.events import Book, Levels
from orderflow_tui.core.model.units import NS_PER_MS
from orderflow_tui.core.rules.active_rules import ActiveRules
from orderflow_tui.core.rules.rule_part import RuleInputs
from orderflow_tui.core.rules.walls import WallTracker

_STREAM_COVER_NS: Final = 250 * NS_PER_MS


class BookRules:
    """The book half of one symbol.

    Args:
        inputs: What rules look at.
        rules: Those that listen for themselves.
        holding: Knows the holder's own orders and the stop.
        announcer: Passes on what there is to say.
    """

    __slots__ = (
        "_announcer", "_classifier", "_context", "_holding", "_market", "_rules", "_terms", "_timers", "ask_walls",
        "bid_walls", "covered_ns", "crossed_since_ns",
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
        self.bid_walls = WallTracker(+1, inputs.writer, verdicts=True, pulled_rule=False)
        self.ask_walls = WallTracker(-1, inputs.writer, verdicts=False, pulled_rule=False)
        self.covered_ns = 0
        """Up to where the tape is known to be complete."""
        self.crossed_since_ns = 0
        """Since when the book is crossed; 0 while it is not."""

    def on_book(self, event: Book) -> None:
        """The book in force from this event on."""
        time_ns, bids, asks = event.time_ns, event.bids, event.asks
        if bids and asks and bids[0][0] >= asks[0][0]:
            self.crossed_since_ns = self.crossed_since_ns or time_ns
            return
        self.crossed_since_ns = 0
        terms = self._terms
        if not terms.capabilities.depth_source:
            self._classifier.on_book(event)
        if self._holding.owns:
            bids, asks = self._holding.without_own(bids, asks)
        market, timers = self._market, self._timers
        market.shows(time_ns, bids, asks)
        self._context.on_touch(time_ns, bids, asks)
        for listen in self._rules.on_book:
            listen(time_ns, bids, asks)
        threshold = terms.resting_threshold
        for tracker, levels in ((self.bid_walls, bids), (self.ask_walls, asks)):
            said = tracker.on_levels(time_ns, levels, threshold, market.price_step)
            if said:
                for output in said:
                    self._announcer.say(output)
            if tracker.next_ns < timers.due_ns:
                timers.due_ns = max(tracker.next_ns, time_ns + 1)
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

    @property
    def next_ns(self) -> int:
        """The earliest instant at which time alone changes something for a wall."""
        return min(self.bid_walls.next_ns, self.ask_walls.next_ns)

    def covered_to(self, time_ns: int, now_ns: int) -> None:
        """The tape is complete up to an instant: verdicts that waited for it can be given."""
        self.covered_ns = max(self.covered_ns, time_ns)
        self.judge_walls(max(time_ns, now_ns))

    def lose_sight(self, time_ns: int) -> None:
        """The book was not seen for a while."""
        for tracker in (self.bid_walls, self.ask_walls):
            tracker.lose_sight(time_ns)

    def judge_walls(self, time_ns: int) -> None:
        """Let time act on walls, and judge those that are gone as far as the tape is known."""
        capabilities = self._terms.capabilities
        if capabilities.joint_sequence:
            covered = time_ns
        elif capabilities.streaming:
            covered = max(self.covered_ns, time_ns - _STREAM_COVER_NS)
        else:
            covered = self.covered_ns
        covered -= capabilities.depth_margin_ms * NS_PER_MS
        for tracker in (self.bid_walls, self.ask_walls):
            for output in tracker.on_clock(time_ns, covered) or ():
                self._announcer.say(output)
