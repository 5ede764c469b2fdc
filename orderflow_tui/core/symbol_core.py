"""One symbol's whole state machine: events in, outputs out, by event time alone.

For a short position the events are mirrored at the door (prices negated, bids and asks swapped, sides turned), so that
every rule exists once; what comes out is written back by `AlertWriter`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from orderflow_tui.core.capabilities import Capabilities
from orderflow_tui.core.context import Context
from orderflow_tui.core.data_models import Against, Answer, Position
from orderflow_tui.core.events import (
    AUCTION,
    BUY,
    LATE_REPORT,
    OFF_EXCHANGE,
    PRICE,
    SELL,
    VOLUME,
    Book,
    Event,
    Gap,
    Halt,
    Levels,
    Print,
    Reread,
    TapeCovered,
)
from orderflow_tui.core.exit_desk import ExitDesk
from orderflow_tui.core.hidden_seller import HiddenSeller
from orderflow_tui.core.learning import Learner, Taught
from orderflow_tui.core.market import MarketState
from orderflow_tui.core.outputs import AlertRaised, AlertUpdated, Output
from orderflow_tui.core.reconstruct import SPAN_NS, Aggressor
from orderflow_tui.core.red_burst import RedBurst
from orderflow_tui.core.reread import recount
from orderflow_tui.core.rules import AlertWriter, Thresholds
from orderflow_tui.core.series import STEP_SECONDS, Series
from orderflow_tui.core.session import Session, session_at
from orderflow_tui.core.slow_bleed import BUCKET_SECONDS, SlowBleed
from orderflow_tui.core.tape_alerts import block_alert, hidden_seller_alert, sell_print_alert, slow_bleed_alert
from orderflow_tui.core.trade_side import SideClassifier
from orderflow_tui.core.units import NS, NS_PER_MS
from orderflow_tui.core.volume_window import VolumeWindow
from orderflow_tui.core.walls import WallTracker

_LATE_NS: Final = 2 * NS
_STREAM_COVER_NS: Final = 250 * NS_PER_MS
TAPE_ROWS: Final = 40
_EVENT_NS: Final = 1_800 * NS
_LONGEST_SILENCE_NS: Final = 3_600 * NS
"""Of a longer silence without a clock (a suspended laptop) only the last hour is lived through."""

TapeRow = tuple[int, int, int, int, int]
"""`(time_ns, price, size, side, flags)` of a print, in real prices and sides."""


def mirrored(event: Event) -> Event:
    """The event as a holder of the opposite position would see it."""
    if isinstance(event, Print):
        return Print(
            event.time_ns, event.seq, -event.price, event.size, event.flags, -event.side, event.venue, event.trf,
            event.trade_id, event.participant_ns,
        )  # fmt: skip
    if isinstance(event, Reread):
        turned = tuple(one for one in map(mirrored, event.prints) if isinstance(one, Print))
        return Reread(event.time_ns, event.from_second, turned)
    if isinstance(event, Book):
        return Book(event.time_ns, event.seq, _negated(event.asks), _negated(event.bids))
    return event


def _negated(levels: Levels) -> Levels:
    return tuple((-price, size) for price, size in levels)


class SymbolCore:
    """The rules of one symbol.

    Args:
        symbol: Ticker.
        thresholds: In force for this symbol.
        capabilities: What the source can show.
        position: What is held, or None for a watched symbol: alerts, never a recommendation.
        taught: What the last session of each name (`pre`, `regular`, ...) taught; used in `guarded` alone.
    """

    __slots__ = (
        "_buys", "_due_ns", "_flow_on", "_guarded", "_news_from_ns", "_next_second", "_out", "_sells", "ask_walls",
        "bid_walls", "bleed", "burst", "capabilities", "classifier", "context", "corrected_seconds", "covered_ns",
        "crossed_since_ns", "desk", "event_times_ns", "finished", "halted", "hidden", "late_prints", "learner",
        "market", "now_ns", "print_threshold", "prints", "resting_threshold", "series", "session", "short", "symbol",
        "taken", "tape", "taught", "thresholds", "uncounted_prints", "window", "writer",
    )  # fmt: skip

    def __init__(
        self,
        symbol: str,
        thresholds: Thresholds,
        capabilities: Capabilities,
        position: Position | None = None,
        taught: Mapping[str, Taught] | None = None,
    ) -> None:
        self.symbol = symbol
        self.thresholds = thresholds
        self.capabilities = capabilities
        self.short = position is not None and position.quantity < 0
        against: Against = "short" if self.short else "long"
        self.writer = AlertWriter(symbol, thresholds.profile, against, capabilities.size_scale)
        self.market = MarketState()
        self.desk = ExitDesk(symbol, thresholds, capabilities, self.writer, self.market)
        self.desk.set_position(position)
        self.window = VolumeWindow()
        self.classifier = SideClassifier(joint_sequence=capabilities.joint_sequence)
        self.context = Context(self.window)
        self.burst = RedBurst(self.window, thresholds, self.writer, self.market.ticks_moved, self.context.side_accuracy)
        deep = capabilities.depth_levels > 1
        self.bid_walls = WallTracker(
            +1,
            self.writer,
            verdicts=True,
            pulled_rule=deep or capabilities.streaming,
            at_least=not (deep or capabilities.streaming),
        )
        self.ask_walls = WallTracker(-1, self.writer, verdicts=False, pulled_rule=False)
        self._sells = Aggressor()
        self._buys = Aggressor()
        self.hidden = HiddenSeller()
        self.bleed = SlowBleed()
        self.taught = dict(taught or {})
        self.finished: list[Taught] = []
        """What sessions that ended have taught, for whoever keeps it."""
        self.learner = Learner()
        self._guarded = thresholds.profile == "guarded"
        self.resting_threshold = self.print_threshold = self.configured_threshold
        """T for resting sizes and for reconstructed prints, in size units."""
        self.event_times_ns: tuple[int, ...] = ()
        """The holder's events (earnings): relative-volume rules are off within 30 minutes of them."""
        self.session: Session | None = None
        self.halted = ""
        self._flow_on = True
        self.now_ns = 0
        self.covered_ns = 0
        self.crossed_since_ns = 0
        self.prints = self.late_prints = self.uncounted_prints = self.corrected_seconds = 0
        self.tape: deque[TapeRow] = deque(maxlen=TAPE_ROWS)
        self.taken = 0
        """Size that sellers took from the book's bids, on exchanges, since the start."""
        self.series: Series | None = None
        """The last half hour for charts, where somebody looks at them."""
        self._due_ns = 0
        self._next_second = 0
        self._news_from_ns = 0
        self._out: list[Output] = []

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
        self._fit_exit_ratio()
        self._fit_sizes()
        self.desk.acts.set_window(thresholds.alert_window_seconds)

    def set_capabilities(self, capabilities: Capabilities) -> None:
        """The source turned out to show something else."""
        self.capabilities = self.desk.capabilities = capabilities
        self.bid_walls.set_source(deep=capabilities.depth_levels > 1, streaming=capabilities.streaming)

    def process(self, events: Iterable[Event], *, news_from_ns: int = 0) -> list[Output]:
        """Take events in processing order.

        Args:
            events: Of this symbol.
            news_from_ns: Alerts that happened before this instant are late: marked, and they open nothing.

        Returns:
            What there is to say, in order.
        """
        self._news_from_ns = news_from_ns
        out: list[Output] = []
        self._out = out
        short = self.short
        for event in events:
            seen = mirrored(event) if short else event
            kind = type(seen)
            if kind is Print:
                self._on_print(seen)  # type: ignore[arg-type]
            elif kind is Book:
                self._on_book(seen)  # type: ignore[arg-type]
            else:
                self._on_other(seen)
        return out

    def keep_prints(self, rows: int = TAPE_ROWS) -> None:
        """How many of the newest prints to keep for a reader."""
        self.tape = deque(self.tape, maxlen=rows)

    def answer(self, time_ns: int, recommendation_id: str, answer: Answer) -> Output | None:
        """The trader answered a recommendation; None when it is not there to answer."""
        return self.desk.answer(max(time_ns, self.now_ns), recommendation_id, answer)

    def _on_other(self, event: Event) -> None:
        time_ns = event.time_ns
        if isinstance(event, TapeCovered):
            self.covered_ns = max(self.covered_ns, time_ns)
            if self.burst.covered_from is None:
                self.burst.covered_from = -(-time_ns // NS)
            self._judge_walls(max(time_ns, self.now_ns))
        elif isinstance(event, Reread):
            self._on_reread(event)
        elif isinstance(event, Gap):
            self._tape_known_from(-(-time_ns // NS))
            for tracker in (self.bid_walls, self.ask_walls):
                tracker.lose_sight(max(time_ns, self.now_ns))
        else:
            if time_ns >= self._due_ns:
                self._advance(time_ns)
            if isinstance(event, Halt):
                self.halted = (event.reason or "halted") if event.halted else ""
                self._set_flow(time_ns)
                self._tape_known_from(-(-time_ns // NS))

    def _on_reread(self, event: Reread) -> None:
        """A minute as the tape has it now; an alert that rested on what changed stands and gets a note."""
        last = event.time_ns // NS - 1
        differing, change = recount(self.window, self.market, event.from_second, last, event.prints)
        if not differing:
            return
        self.corrected_seconds += differing
        self.burst.late_print()
        noted = self.burst.corrected(event.from_second, last, change)
        if noted is not None:
            self._out.append(noted)

    def _tape_known_from(self, second: int) -> None:
        """Nothing before this second is to be compared with what follows."""
        self.burst.forget(second)
        self.bleed.forget()
        self.market.known_from(second)
        if self.series is not None:
            self.series.known_from(second)

    # --- the tape -----------------------------------------------------------------------------------------------

    def _on_print(self, event: Print) -> None:  # noqa: C901 the hot path: a call saved is a tenth of it
        time_ns, flags = event.time_ns, event.flags
        if time_ns >= self._due_ns:
            self._advance(time_ns)
        side = self.classifier.classify(event)
        if not flags & VOLUME:
            self.uncounted_prints += 1
            return
        self.prints += 1
        market, price, size = self.market, event.price, event.size
        newest = market.newest_print_ns
        if flags & PRICE and time_ns >= newest and (price != market.last_price or market.bar is None):
            market.traded_at(time_ns, price)
        self.tape.append((time_ns, -price, size, -side, flags) if self.short else (time_ns, price, size, side, flags))
        if flags & AUCTION:
            return
        if flags & LATE_REPORT or time_ns < newest - _LATE_NS:
            self.late_prints += 1
            return
        if time_ns > newest:
            market.newest_print_ns = time_ns
        self.window.add(time_ns // NS, size, side)
        said = self.burst.on_print(time_ns, price) if self._flow_on else None
        if said is not None:
            self._say(said)
        context = self.context
        context.turnover += price * size
        context.squares += size * size
        context.sure += size * self.classifier.confidence
        if flags & OFF_EXCHANGE:
            self._off_exchange(event, side)
        elif side != BUY:
            self._on_sale(time_ns, price, size, side, event.venue)
        elif self._guarded:
            self._on_purchase(time_ns, price, size)

    def _off_exchange(self, event: Print, side: int) -> None:
        """A print no exchange's book took part in: it consumes no shown size; a large one is a block."""
        if side != BUY:
            self.bid_walls.on_sell(event.time_ns, event.price, event.size, aggressor=False)
        threshold = self.print_threshold
        if self._guarded and event.size > threshold:
            self._say(block_alert(self.writer, event, threshold))

    def _on_sale(self, time_ns: int, price: int, size: int, side: int, venue: int) -> None:
        """A print on an exchange that sellers started, or may have."""
        if self.bid_walls.has_any:
            hit = self.bid_walls.on_sell(time_ns, price, size, aggressor=side == SELL)
            if hit is not None:
                self._say(hit)
        if side != SELL:
            return
        self.taken += size
        threshold = self.print_threshold
        quote = self.classifier.quote
        touching = quote is not None and price <= quote[2]
        sells = self._sells
        if not sells.extend(time_ns, price, size, self.market.price_step, touching, threshold):
            self._end_sells()
            sells.start(time_ns, price, size, touching, threshold)
            self._due_ns = min(self._due_ns, time_ns + SPAN_NS + 1)
        sells.venues.add(venue)

    def _end_sells(self) -> None:
        sells = self._sells
        if sells.crossed_ns:
            self._say(sell_print_alert(self.writer, sells, self.print_threshold, self.market.price_step))
        if sells.count:
            if self._guarded:
                self.learner.prints.add(sells.volume)
            sells.venues.clear()
        sells.count = sells.crossed_ns = 0

    def _on_purchase(self, time_ns: int, price: int, size: int) -> None:
        """A print that buyers started: it teaches what large is here, and may unmask a hidden seller."""
        buys = self._buys
        if not buys.extend(time_ns, price, size, self.market.price_step, False, 0):
            if buys.count:
                self.learner.prints.add(buys.volume)
            buys.start(time_ns, price, size, False, 0)
        capabilities = self.capabilities
        if capabilities.single_venue and capabilities.depth_levels > 1:
            threshold = self.print_threshold
            if self.hidden.on_buy(time_ns, price, size, threshold):
                self._say(hidden_seller_alert(self.writer, self.hidden, time_ns, threshold))

    # --- the book -----------------------------------------------------------------------------------------------

    def _on_book(self, event: Book) -> None:
        time_ns, bids, asks = event.time_ns, event.bids, event.asks
        if time_ns >= self._due_ns:
            self._advance(time_ns)
        if bids and asks and bids[0][0] >= asks[0][0]:
            self.crossed_since_ns = self.crossed_since_ns or time_ns
            return
        self.crossed_since_ns = 0
        self.classifier.on_book(event)
        desk = self.desk
        bids, asks = desk.without_own(bids, asks)
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
        watch = desk.stop_watch
        if watch is not None:
            self._out += desk.check_stop(time_ns, self._news_from_ns)
            self._due_ns = min(self._due_ns, watch.wake_ns)
        if desk.flow.current is not None or desk.stop_latch.current is not None:
            self._out += desk.tend(time_ns)

    # --- time ---------------------------------------------------------------------------------------------------

    def _advance(self, time_ns: int) -> None:
        """Everything that time alone brings about up to `time_ns`, each at its own instant, clock events or not."""
        due = self._due_ns or time_ns
        if time_ns - due > _LONGEST_SILENCE_NS:
            due = (time_ns - _LONGEST_SILENCE_NS) // NS * NS
        while due <= time_ns:
            due = self._tick(due)
        self._due_ns = due

    def _tick(self, time_ns: int) -> int:
        """Let fire what is due at this instant; returns the next one."""
        sells, burst, bid_walls, ask_walls = self._sells, self.burst, self.bid_walls, self.ask_walls
        if sells.count and time_ns - sells.first_ns > SPAN_NS:
            self._end_sells()
        second = time_ns // NS
        if second >= self._next_second:
            self._next_second = second + 1
            self.now_ns = max(self.now_ns, time_ns)
            self._whole_second(second, time_ns)
        if time_ns >= bid_walls.next_ns or time_ns >= ask_walls.next_ns:
            self._judge_walls(time_ns)
        if time_ns >= burst.ends_ns:
            self.learner.burst_peaked(burst.end())
        watch = self.desk.stop_watch
        if watch is not None and time_ns >= watch.wake_ns:
            self._out += self.desk.check_stop(time_ns, self._news_from_ns)
        return self._next_due(time_ns, (second + 1) * NS)

    def _next_due(self, time_ns: int, due: int) -> int:
        """The next instant at which time alone does something: a timer's, or the whole second `due`."""
        sells, watch = self._sells, self.desk.stop_watch
        due = min(due, self.bid_walls.next_ns, self.ask_walls.next_ns, self.burst.ends_ns)
        if sells.count:
            due = min(due, sells.first_ns + SPAN_NS + 1)
        if watch is not None and time_ns < watch.wake_ns < due:
            due = watch.wake_ns
        return max(due, time_ns + 1)

    def _whole_second(self, second: int, time_ns: int) -> None:
        """Sample the state in force at a whole second; what is told by the second."""
        market, desk, learner = self.market, self.desk, self.learner
        self._set_flow(time_ns)
        market.whole_second(second)
        self.context.whole_second(second * NS)
        desk.whole_second()
        if self.series is not None and second % STEP_SECONDS == 0:
            self.series.sample(second, market, self.window, self.context, self.taken)
        if self._guarded:
            thin = desk.check_thin(second * NS)
            if thin is not None:
                self._say(thin)
            if market.bids or market.asks:
                learner.whole_seconds(1, market.bids, market.asks)
            self._fit_sizes()
            if second % BUCKET_SECONDS == 0:
                self._bleed(second)
        if self.session is None or time_ns >= self.session.end_ns:
            self._enter_session(time_ns)
        if desk.stop_watch is not None:
            self._out += desk.check_stop(time_ns, self._news_from_ns)
        if desk.flow.current is not None or desk.stop_latch.current is not None:
            self._out += desk.tend(time_ns)

    def _bleed(self, end: int) -> None:
        """Ten seconds that end with second `end - 1` are over."""
        window = self.window
        begin = end - BUCKET_SECONDS
        if window.head < begin or self.burst.covered_from is None or begin < self.burst.covered_from:
            return
        sells = window.sell_through(end - 1) - window.sell_through(begin - 1)
        buys = window.buy_through(end - 1) - window.buy_through(begin - 1)
        if self.bleed.bucket(sells, buys):
            price = self.market.last_price
            if price is not None and not self.halted and not self.near_event(end * NS):
                self._say(slow_bleed_alert(self.writer, self.bleed, end * NS, price))
            self.bleed.restart()

    def _judge_walls(self, time_ns: int) -> None:
        if self.capabilities.joint_sequence:
            covered = time_ns
        elif self.capabilities.streaming:
            covered = max(self.covered_ns, time_ns - _STREAM_COVER_NS)
        else:
            covered = self.covered_ns
        for tracker in (self.bid_walls, self.ask_walls):
            for output in tracker.on_clock(time_ns, covered) or ():
                self._say(output)

    def _enter_session(self, time_ns: int) -> None:
        before = self.session
        self.session = session_at(time_ns, sessions=self.capabilities.sessions)
        if before is not None:
            self.burst.forget(max(self.session.start_ns // NS, 0))
            self.market.end_bar()
            done = self.taught_now(before)
            self.finished.append(done)
            self.taught[before.name] = done
            self.market.ranges.clear()
            self.context.start_session()
            self.bleed.forget()
        last = self.taught.get(self.session.name)
        self.learner = Learner(last)
        self.market.taught_range = last.usual_range if last else 0
        self._fit_exit_ratio()
        self._fit_sizes()

    def _fit_sizes(self) -> None:
        configured, learner = self.configured_threshold, self.learner
        self.resting_threshold = max(configured, learner.learnt_resting) if self._guarded else configured
        self.print_threshold = max(configured, learner.learnt_print) if self._guarded else configured

    def _fit_exit_ratio(self) -> None:
        learnt = self.learner.learnt_ratio if self._guarded else 0.0
        self.burst.exit_ratio = max(self.thresholds.red_burst_threshold, learnt)

    def taught_now(self, session: Session | None = None) -> Taught:
        """What the current session (or one that has just ended) has taught."""
        session = session or self.session or session_at(self.now_ns, sessions=self.capabilities.sessions)
        return self.learner.taught(session.day, session.name, self.market.usual_range, self.burst.peak_ratio)

    # --- what is said -------------------------------------------------------------------------------------------

    def _say(self, output: Output) -> None:
        """Pass an alert on; weigh it where it counts."""
        if not isinstance(output, AlertRaised | AlertUpdated):
            self._out.append(output)
            return
        if output.time_ns < self._news_from_ns:
            self._out.append(replace(output, alert=replace(output.alert, late=True)))
            return
        self._out.append(output)
        opened = self.desk.weigh(output)
        if opened is not None:
            self._out.append(opened)
