"""The book half of a symbol: quotes, walls and their verdicts, the stop."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.model.events import Book, Levels
from orderflow_tui.core.model.units import NS_PER_MS
from orderflow_tui.core.symbol_state import SymbolState

_STREAM_COVER_NS: Final = 250 * NS_PER_MS


class BookSide(SymbolState):
    """What books bring about."""

    __slots__ = ()

    def _on_book(self, event: Book) -> None:
        time_ns, bids, asks = event.time_ns, event.bids, event.asks
        if bids and asks and bids[0][0] >= asks[0][0]:
            self.crossed_since_ns = self.crossed_since_ns or time_ns
            return
        self.crossed_since_ns = 0
        if not self.capabilities.depth_source:
            self.classifier.on_book(event)
        holding = self.holding
        if holding.owns:
            bids, asks = holding.without_own(bids, asks)
        market = self.market
        market.shows(time_ns, bids, asks)
        self.context.on_touch(time_ns, bids, asks)
        if self._guarded and asks:
            self.hidden.on_best_ask(time_ns, asks[0][0], asks[0][1])
        threshold = self.resting_threshold
        for tracker, levels in ((self.bid_walls, bids), (self.ask_walls, asks)):
            said = tracker.on_levels(time_ns, levels, threshold, market.price_step)
            if said:
                for output in said:
                    self._say(output)
            if tracker.next_ns < self._due_ns:
                self._due_ns = max(tracker.next_ns, time_ns + 1)
        self._check_holding(time_ns, bids)

    def _check_holding(self, time_ns: int, bids: Levels) -> None:
        """What a changed book means for the stop and for what is recommended."""
        holding, market = self.holding, self.market
        watch = holding.stop_watch
        if watch is not None and bids and (watch.stirred or bids[0][0] - watch.stop <= market.near_distance):
            self._tell(holding.check_stop(time_ns, self._news_from_ns))
            self._due_ns = min(self._due_ns, watch.wake_ns)
        if holding.flow.current is not None or holding.stop_latch.current is not None:
            self._tell(holding.tend(time_ns))

    def _judge_walls(self, time_ns: int) -> None:
        if self.capabilities.joint_sequence:
            covered = time_ns
        elif self.capabilities.streaming:
            covered = max(self.covered_ns, time_ns - _STREAM_COVER_NS)
        else:
            covered = self.covered_ns
        covered -= self.capabilities.depth_margin_ms * NS_PER_MS
        for tracker in (self.bid_walls, self.ask_walls):
            for output in tracker.on_clock(time_ns, covered) or ():
                self._say(output)
