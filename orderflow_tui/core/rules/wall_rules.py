"""The four rules about resting sizes: what walls stand on either side of the book, and what becomes of them."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import BUY, SELL, Levels, Print
from orderflow_tui.core.model.units import NS_PER_MS
from orderflow_tui.core.rules.ask_wall import ASK_WALL
from orderflow_tui.core.rules.bid_wall import BID_WALL
from orderflow_tui.core.rules.bid_wall_hit import BID_WALL_HIT
from orderflow_tui.core.rules.bid_wall_pulled import BID_WALL_PULLED
from orderflow_tui.core.rules.rule import Profile
from orderflow_tui.core.rules.rule_part import RuleInputs, RulePart
from orderflow_tui.core.rules.wall_tracker import WallTracker

_STREAM_COVER_NS: Final = 250 * NS_PER_MS


class WallRules(RulePart):
    """Listens to books, to what they may have lost to prints, and to the time verdicts wait for."""

    rows = (BID_WALL, BID_WALL_HIT, ASK_WALL, BID_WALL_PULLED)
    __slots__ = ("asks", "bids")

    def __init__(self, inputs: RuleInputs) -> None:
        super().__init__(inputs)
        self.bids = WallTracker(+1, inputs.writer, verdicts=True, pulled_rule=False)
        self.asks = WallTracker(-1, inputs.writer, verdicts=False, pulled_rule=False)

    @classmethod
    def listens(cls, profile: Profile, source: Capabilities) -> bool:  # noqa: ARG003 a wall that stands is followed to its end
        """Wherever there are books."""
        return True

    def set_source(self, source: Capabilities) -> None:
        """What can be known of a bid that is gone."""
        self.bids.set_source(deep=source.depth_levels > 1, streaming=source.books_streamed)

    @property
    def next_ns(self) -> int:
        """The earliest instant at which time alone changes something for a wall."""
        return min(self.bids.next_ns, self.asks.next_ns)

    def on_book(self, time_ns: int, bids: Levels, asks: Levels) -> None:
        """Follow the walls that stand, and see new ones."""
        inputs = self.inputs
        threshold, step, timers = inputs.terms.resting_threshold, inputs.market.price_step, inputs.timers
        for tracker, levels in ((self.bids, bids), (self.asks, asks)):
            stirs = bool(tracker.walls)
            if not stirs:
                for level in levels:  # the hot path: most books show neither a wall nor a large size
                    if level[1] > threshold:
                        stirs = True
                        break
            if stirs:
                for output in tracker.on_levels(time_ns, levels, threshold, step):
                    inputs.say(output)
            if tracker.next_ns < timers.due_ns:
                timers.due_ns = max(tracker.next_ns, time_ns + 1)

    def on_sale(self, event: Print, side: int, unproven: bool) -> None:  # noqa: ARG002 who cannot be proven a buyer may be none
        """A print on an exchange that may have consumed a wall."""
        bids = self.bids
        if side == BUY or not (bids.walls or bids.closing):
            return
        hit = bids.on_sell(event.time_ns, event.price, event.size, aggressor=side == SELL)
        if hit is not None:
            self.inputs.say(hit)

    def off_exchange(self, event: Print, side: int) -> None:
        """It consumes no shown size, but may be the report of a print that did."""
        if side != BUY:
            self.bids.on_sell(event.time_ns, event.price, event.size, aggressor=False)

    def on_covered(self, time_ns: int) -> None:
        """Verdicts that waited for the tape can be given."""
        self._judge(time_ns)

    def settle(self, time_ns: int) -> None:
        """Let time act on walls, and judge those that are gone as far as the tape is known."""
        self._judge(time_ns)

    def _judge(self, time_ns: int) -> None:
        source, covered = self.inputs.terms.capabilities, self.inputs.timers.covered_ns
        if source.joint_sequence:
            covered = time_ns
        elif source.streaming:
            covered = max(covered, time_ns - _STREAM_COVER_NS)
        covered -= source.depth_margin_ms * NS_PER_MS
        for tracker in (self.bids, self.asks):
            for output in tracker.on_clock(time_ns, covered) or ():
                self.inputs.say(output)

    def lose_sight(self, time_ns: int) -> None:
        """What is gone when sight returns was not seen to go."""
        for tracker in (self.bids, self.asks):
            tracker.lose_sight(time_ns)
