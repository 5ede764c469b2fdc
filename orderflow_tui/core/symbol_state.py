"""What is kept of one symbol, whichever half of the market an event comes from."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from orderflow_tui.core.exits.holding import Holding
from orderflow_tui.core.learning.exit_ratio import ratio_in_force
from orderflow_tui.core.learning.learned_sizes import SPLIT, SessionStats, SizeLearner, split_words
from orderflow_tui.core.learning.outcomes import Outcomes
from orderflow_tui.core.market.indicators import Context
from orderflow_tui.core.market.series import Series
from orderflow_tui.core.market.sessions import Session, session_at
from orderflow_tui.core.market.state import MarketState
from orderflow_tui.core.market.sweeps import Aggressor, Sweep
from orderflow_tui.core.market.trade_side import SideClassifier
from orderflow_tui.core.market.volume_window import VolumeWindow
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.data_models import Against, Position
from orderflow_tui.core.model.outputs import (
    AlertRaised,
    AlertUpdated,
    ExitTriggered,
    Output,
    StatusChanged,
    StatusKind,
)
from orderflow_tui.core.model.units import NEVER_NS, NS, price_text
from orderflow_tui.core.rules.alert_writer import AlertWriter, Thresholds
from orderflow_tui.core.rules.hidden_seller import HiddenSeller
from orderflow_tui.core.rules.price_move import PriceMoves
from orderflow_tui.core.rules.red_burst import RedBurst
from orderflow_tui.core.rules.side_check import BY_QUOTES, UNSURE, SideCheck, doubted, with_sides
from orderflow_tui.core.rules.slow_bleed import SlowBleed
from orderflow_tui.core.rules.walls import WallTracker

TAPE_ROWS: Final = 40
_EVENT_NS: Final = 1_800 * NS
LATE_NS: Final = 30 * NS
"""How far the instant before which nothing is news lies behind the data's own time in a live run."""

TapeRow = tuple[int, int, int, int, int]
"""`(time_ns, price, size, side, flags)` of a print, in real prices and sides."""


class SymbolState:
    """State and thresholds of one symbol; arguments as those of `SymbolCore`."""

    __slots__ = (
        "_buys", "_due_ns", "_flow_on", "_guarded", "_news_from_ns", "_next_second", "_out", "_sells", "_silent_ns",
        "_sweep", "_tick_ns", "_unnamed", "_unpriced", "ask_walls", "bid_walls", "bleed", "burst", "capabilities",
        "checks", "classifier", "context", "corrected_seconds", "covered_ns", "crossed_since_ns", "event_times_ns",
        "finished", "halted", "hidden", "holding", "late_prints", "learner", "market", "now_ns", "outcomes",
        "print_threshold", "prints", "resting_threshold", "series", "session", "short", "symbol", "taken", "tape",
        "taught", "thresholds", "uncounted_prints", "window", "writer",
    )  # fmt: skip

    def __init__(
        self,
        symbol: str,
        thresholds: Thresholds,
        capabilities: Capabilities,
        position: Position | None = None,
        taught: Mapping[str, SessionStats] | None = None,
    ) -> None:
        self.symbol = symbol
        self.thresholds = thresholds
        self.capabilities = capabilities
        self.short = position is not None and position.quantity < 0
        against: Against = "short" if self.short else "long"
        self.writer = AlertWriter(symbol, thresholds.profile, against, capabilities.size_scale)
        self.market = MarketState()
        self.holding = Holding(symbol, thresholds, capabilities, self.writer, self.market)
        self.holding.set_position(position)
        self.window = VolumeWindow()
        self.classifier = SideClassifier(joint_sequence=capabilities.joint_sequence, polled=capabilities.polled)
        self.context = Context(self.window)
        moves = PriceMoves(self.market, self.context)
        self.burst = RedBurst(self.window, thresholds, self.writer, moves.over, self.context.side_accuracy)
        self.checks = SideCheck()
        self.bid_walls = WallTracker(+1, self.writer, verdicts=True, pulled_rule=False)
        self.ask_walls = WallTracker(-1, self.writer, verdicts=False, pulled_rule=False)
        self._sells = Aggressor()
        self._buys = Aggressor()
        self._sweep = Sweep()
        self._unnamed: tuple[int, AlertRaised] | None = None
        """When the newest large sell began, and its alert, while it may still turn out to be a sweep."""
        self.hidden = HiddenSeller()
        self.bleed = SlowBleed()
        self.taught = dict(taught or {})
        self.finished: list[SessionStats] = []
        """What sessions that ended have taught, for whoever keeps it."""
        self.learner = SizeLearner()
        self._unpriced = True
        """No print of this session has had a price yet."""
        self._guarded = thresholds.profile == "guarded"
        self.resting_threshold = self.print_threshold = self.configured_threshold
        """T for resting sizes and for reconstructed prints, in size units."""
        self.event_times_ns: tuple[int, ...] = ()
        """The holder's events (earnings): relative-volume rules are off within 30 minutes of them."""
        self.session: Session | None = None
        self.halted = ""
        self._flow_on = True
        self.now_ns = self.covered_ns = self.crossed_since_ns = 0
        self.prints = self.late_prints = self.uncounted_prints = self.corrected_seconds = 0
        self.tape: deque[TapeRow] = deque(maxlen=TAPE_ROWS)
        self.taken = 0
        """Size that sellers took from the book's bids, on exchanges, since the start."""
        self.series: Series | None = None
        """The last half hour for charts, where somebody looks at them."""
        self.outcomes: Outcomes | None = None
        """What became of alerts, where somebody asks."""
        self._due_ns = self._next_second = self._news_from_ns = self._tick_ns = self._silent_ns = 0
        self._out: list[Output] = []
        self.set_capabilities(capabilities)

    @property
    def configured_threshold(self) -> int:
        """The configured T, in size units."""
        return self.thresholds.large_order_size_threshold * self.capabilities.size_scale

    def _set_flow(self, time_ns: int) -> None:
        """Whether rules of relative volume may speak: not in a halt, nor near one of the holder's events."""
        self._flow_on = not self.halted and not (self.event_times_ns and self.near_event(time_ns))

    def near_event(self, time_ns: int) -> bool:
        """Whether one of the holder's events lies within 30 minutes."""
        return any(abs(time_ns - at) <= _EVENT_NS for at in self.event_times_ns)

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Other thresholds are in force from the next event on; open episodes keep what they opened with."""
        self.thresholds = thresholds
        self._guarded = thresholds.profile == "guarded"
        self.writer.profile = thresholds.profile
        self.burst.set_thresholds(thresholds)
        self._fit_exit_ratio(self.now_ns)
        self._fit_sizes()
        self.holding.counted_signals.set_window(thresholds.alert_window_seconds)

    def set_capabilities(self, capabilities: Capabilities) -> None:
        """The source turned out to show something else."""
        self.capabilities = self.holding.capabilities = capabilities
        self.writer.depth_source = capabilities.depth_source
        self.classifier.polled = capabilities.polled
        self.burst.doubt = capabilities.sides_in_doubt
        self.bid_walls.set_source(deep=capabilities.depth_levels > 1, streaming=capabilities.books_streamed)
        self._fit_sizes()

    def set_taught(self, taught: Mapping[str, SessionStats]) -> None:
        """Other figures were learned of what the source shows now; this session begins to learn anew."""
        self.taught = dict(taught)
        last = self.taught.get(self.session.name) if self.session is not None else None
        price = self.market.last_price
        self._begin_learning(last if last is None or price is None else last.at_price(price), self.now_ns)

    def _fit_sizes(self) -> None:
        configured, learner = self.configured_threshold, self.learner
        if self.capabilities.sizes_unsure:
            # Nobody knows whether 300 means 300 shares or 300 round lots: no size is large.
            self.resting_threshold = self.print_threshold = NEVER_NS
            return
        self.resting_threshold = max(configured, learner.learnt_resting) if self._guarded else configured
        self.print_threshold = max(configured, learner.learnt_print) if self._guarded else configured

    def _fit_exit_ratio(self, time_ns: int) -> None:
        """The exit ratio of this instant: it grows with what today's bursts pass, at the pace of the session."""
        threshold, learner, session = self.thresholds.red_burst_threshold, self.learner, self.session
        if not self._guarded:
            self.burst.exit_ratio = threshold
            return
        part = (time_ns - session.start_ns) / (session.end_ns - session.start_ns) if session is not None else 1.0
        earlier = learner.last.burst_ratios if learner.last is not None else ()
        self.burst.exit_ratio = ratio_in_force(earlier, learner.burst_peaks, part, threshold)

    def _begin_learning(self, last: SessionStats | None, time_ns: int) -> None:
        """A session begins with what earlier ones taught."""
        self.learner = SizeLearner(last)
        self.market.start_session(last.typical("usual_range") if last else 0)
        self._fit_exit_ratio(time_ns)
        self._fit_sizes()

    def _first_price(self, time_ns: int, price: int) -> None:
        """The session's first price: where a stock was split over night, what it taught is rescaled."""
        market, last = self.market, self.learner.last
        if market.bids and market.asks:
            middle = abs(market.bids[0][0] + market.asks[0][0]) / 2
            if max(middle, abs(price)) > SPLIT * min(middle, abs(price)):
                return  # no price of this book: the next one may be
        self._unpriced = False
        fitted = None if last is None else last.at_price(price)
        if fitted is not last:
            assert last is not None
            self._begin_learning(fitted, time_ns)
            change = f"price {price_text(abs(price))}, {price_text(last.price)} last session"
            if fitted is None:
                self._say_status("new_price", time_ns, f"{change}: what earlier sessions taught is forgotten")
            else:
                self._say_status("split", time_ns, f"{change}: {split_words(last.price / abs(price))}")

    def taught_now(self, session: Session | None = None) -> SessionStats:
        """What the current session (or one that has just ended) has taught."""
        session = session or self.session or session_at(self.now_ns, sessions=self.capabilities.sessions)
        return self.learner.taught(
            session.day,
            session.name,
            self.market.usual_range,
            self.burst.peak_ratio,
            self.market.last_price or 0,
        )

    def keep_prints(self, rows: int = TAPE_ROWS) -> None:
        """How many of the newest prints to keep for a reader."""
        self.tape = deque(self.tape, maxlen=rows)

    def _say_status(self, kind: StatusKind, time_ns: int, text: str) -> None:
        """Say what became of the symbol itself."""
        self._out.append(StatusChanged(self.symbol, kind, time_ns, text))

    def _say(self, output: Output) -> None:
        """Pass an alert on; weigh it where it counts."""
        if not isinstance(output, AlertRaised | AlertUpdated):
            self._out.append(output)
            return
        if output.time_ns < self._news_from_ns:
            self._out.append(replace(output, alert=dataclasses.replace(output.alert, late=True)))
            return
        self._out.append(output)
        if self.outcomes is not None and isinstance(output, AlertRaised):
            self.outcomes.follow(output, self.market, self._told_ns(output.time_ns))
        opened = self.holding.weigh(output)
        if opened is not None:
            self._tell((opened,))

    def _say_sided(self, output: AlertRaised | AlertUpdated, from_ns: int, *, unproven: bool = False) -> None:
        """Pass on what rests on the sides of the prints from an instant on; where they are in doubt, ask or say so.

        Args:
            output: An alert, or news of one.
            from_ns: The first of its prints.
            unproven: No quote was known when one of them was made.
        """
        capabilities = self.capabilities
        doubt = capabilities.sides_in_doubt or (UNSURE if unproven else "")
        ask = capabilities.asks_sides or (unproven and capabilities.quotes and capabilities.side_check == "asked")
        if isinstance(output, AlertUpdated):
            if self.checks.grown(output):
                return
        elif ask and output.time_ns >= self._news_from_ns:
            self._out.append(self.checks.hold(self.symbol, output, from_ns))
            return
        if output.alert.alert_type != "red_burst":
            if doubt:
                output = replace(output, alert=doubted(output.alert, doubt))
            elif capabilities.streaming and capabilities.side_check == "asked":
                output = replace(output, alert=with_sides(output.alert, BY_QUOTES))
        self._say(output)

    def _tell(self, outputs: Iterable[Output]) -> None:
        """Pass on what the holding says; recommendations are followed."""
        for output in outputs:
            self._out.append(output)
            if self.outcomes is not None and isinstance(output, ExitTriggered):
                self.outcomes.follow(output, self.market, self._told_ns(output.time_ns))

    def _told_ns(self, time_ns: int) -> int:
        """When the trader can have been told what happened at `time_ns`: not before it is known here, nor arrived."""
        market, late = self.market, self._news_from_ns
        arrived_ns = late + LATE_NS + self.capabilities.delay_seconds * NS if late else 0
        return max(time_ns, market.newest_print_ns, market.book_ns, self._tick_ns, arrived_ns)
