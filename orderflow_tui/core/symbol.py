"""One symbol's whole state machine: events in, outputs out, by event time alone.

For a short position the events are mirrored at the door (prices negated, bids and asks swapped, sides turned), so that
every rule exists once; what comes out is written back by `AlertWriter`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from orderflow_tui.core.market.series import STEP_SECONDS
from orderflow_tui.core.market.sessions import session_at
from orderflow_tui.core.market.sweeps import SPAN_NS
from orderflow_tui.core.market.volume_window import BASELINE_SECONDS
from orderflow_tui.core.model.data_models import Answer
from orderflow_tui.core.model.events import (
    Book,
    Event,
    Gap,
    Halt,
    Levels,
    Print,
    Quote,
    SideCheckResult,
    TapeCorrection,
    TapeCovered,
)
from orderflow_tui.core.model.outputs import Output
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.on_book import BookSide
from orderflow_tui.core.on_tape import TapeSide
from orderflow_tui.core.rules.slow_bleed import BUCKET_SECONDS

_LONGEST_SILENCE_NS: Final = 3_600 * NS
"""Of a longer silence without a clock (a suspended laptop) only the last hour is lived through."""
PAUSE_NS: Final = 60 * NS
"""So long without a print is a pause for a symbol that prints `_BUSY_PRINTS` a minute."""
_BUSY_PRINTS: Final = 12
_OPEN: Final = frozenset({"regular", "always"})
"""Sessions in which a silence means something."""


def mirrored(event: Event) -> Event:
    """The event as a holder of the opposite position would see it."""
    if isinstance(event, Print):
        return Print(
            event.time_ns, event.seq, -event.price, event.size, event.flags, -event.side, event.venue, event.trf,
            event.trade_id, event.participant_ns,
        )  # fmt: skip
    if isinstance(event, TapeCorrection):
        turned = tuple(one for one in map(mirrored, event.prints) if isinstance(one, Print))
        return TapeCorrection(event.time_ns, event.from_second, turned)
    if isinstance(event, SideCheckResult):
        turned = tuple(one for one in map(mirrored, event.prints) if isinstance(one, Print))
        quotes = tuple(one for one in map(mirrored, event.quotes) if isinstance(one, Book))
        return SideCheckResult(event.time_ns, event.key, event.answered, turned, quotes)
    if isinstance(event, Book | Quote):
        return type(event)(event.time_ns, event.seq, _negated(event.asks), _negated(event.bids), event.since_ns)
    return event


def _negated(levels: Levels) -> Levels:
    return tuple((-price, size) for price, size in levels)


class SymbolCore(TapeSide, BookSide):
    """The rules of one symbol.

    Args:
        symbol: Ticker.
        thresholds: In force for this symbol.
        capabilities: What the source can show.
        position: What is held, or None for a watched symbol: alerts, never a recommendation.
        taught: What the last session of each name (`pre`, `regular`, ...) taught; used in `guarded` alone.
    """

    __slots__ = ()

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
                if seen.time_ns >= self._due_ns:
                    self._advance(seen.time_ns)
                if self._silent_ns:
                    self._after_silence(seen.time_ns)
                self._on_print(seen)  # type: ignore[arg-type]
            elif kind is Book:
                if seen.time_ns >= self._due_ns:
                    self._advance(seen.time_ns)
                if self._silent_ns and seen.time_ns - self.market.book_ns >= PAUSE_NS:
                    self._lose_sight(seen.time_ns)
                self._on_book(seen)  # type: ignore[arg-type]
            elif isinstance(seen, Quote):
                self.classifier.on_book(Book(seen.time_ns, seen.seq, seen.bids, seen.asks, seen.since_ns))
            else:
                self._on_other(seen)
        return out

    def answer(self, time_ns: int, recommendation_id: str, answer: Answer) -> Output | None:
        """The trader answered a recommendation; None when it is not there to answer."""
        return self.holding.answer(max(time_ns, self.now_ns), recommendation_id, answer)

    def _on_other(self, event: Event) -> None:
        time_ns = event.time_ns
        if isinstance(event, TapeCovered):
            self.covered_ns = max(self.covered_ns, time_ns)
            self.burst.span.begin_coverage(time_ns)
            self._judge_walls(max(time_ns, self.now_ns))
        elif isinstance(event, TapeCorrection):
            self._on_reread(event)
        elif isinstance(event, SideCheckResult):
            self._on_sides_told(event)
        elif isinstance(event, Gap):
            if event.tape:
                self._tape_known_from(-(-time_ns // NS))
            self._lose_sight(max(time_ns, self.now_ns))
        else:
            if time_ns >= self._due_ns:
                self._advance(time_ns)
            if isinstance(event, Halt):
                self.halted = (event.reason or "halted") if event.halted else ""
                self._set_flow(time_ns)
                self._tape_known_from(-(-time_ns // NS))

    def _tape_known_from(self, second: int) -> None:
        """Nothing before this second is to be compared with what follows."""
        self.burst.span.forget(second)
        self.bleed.forget()
        self.market.known_from(second)
        if self.series is not None:
            self.series.known_from(second)

    def _lose_sight(self, time_ns: int) -> None:
        """The book was not seen for a while."""
        for tracker in (self.bid_walls, self.ask_walls):
            tracker.lose_sight(time_ns)

    def _notice_silence(self, time_ns: int) -> None:
        """Nothing has printed for a while: a pause, where the symbol used to print."""
        session, newest, window = self.session, self.market.newest_print_ns, self.window
        if self._silent_ns or time_ns - newest < PAUSE_NS or self.halted:
            return
        known_from = self.burst.span.covered_from
        if known_from is None or session is None or session.name not in _OPEN:
            return
        seconds = min(BASELINE_SECONDS, max(PAUSE_NS // NS, window.head - known_from + 1))
        prints = window.count - window.count_through(window.head - seconds)
        if newest >= max(session.start_ns, known_from * NS) and prints * 60 >= _BUSY_PRINTS * seconds:
            self._silent_ns = newest

    def _after_silence(self, time_ns: int) -> None:
        """It prints again. What was before a pause is not what is usual now, whoever stopped the tape."""
        silent_ns, self._silent_ns = self._silent_ns, 0
        if time_ns - silent_ns < PAUSE_NS:
            return  # the prints of a connection that was away
        self._tape_known_from(-(-time_ns // NS))
        if time_ns >= self._news_from_ns:
            spent = round((time_ns - silent_ns) / NS)
            self._say_status("pause", time_ns, f"nothing printed for {spent:,} s: the burst rule warms up again")

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
        self._tick_ns = time_ns
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
            peak = burst.end()
            if peak:
                self.learner.burst_peaked(peak)
            self._fit_exit_ratio(time_ns)
        watch = self.holding.stop_watch
        if watch is not None and time_ns >= watch.wake_ns:
            self._tell(self.holding.check_stop(time_ns, self._news_from_ns))
        return self._next_due(time_ns, (second + 1) * NS)

    def _next_due(self, time_ns: int, due: int) -> int:
        """The next instant at which time alone does something: a timer's, or the whole second `due`."""
        sells, watch = self._sells, self.holding.stop_watch
        due = min(due, self.bid_walls.next_ns, self.ask_walls.next_ns, self.burst.ends_ns)
        if sells.crossed_ns:
            due = min(due, sells.first_ns + SPAN_NS + 1)
        if watch is not None and time_ns < watch.wake_ns < due:
            due = watch.wake_ns
        return max(due, time_ns + 1)

    def _whole_second(self, second: int, time_ns: int) -> None:
        """Sample the state in force at a whole second; what is told by the second."""
        market, holding, learner = self.market, self.holding, self.learner
        self._set_flow(time_ns)
        market.whole_second(second)
        self.context.whole_second(second * NS)
        holding.whole_second()
        self._sweep.forget(time_ns)
        if self.outcomes is not None:
            self._out += self.outcomes.whole_second(second, market)
        if self.series is not None and second % STEP_SECONDS == 0:
            self.series.sample(second, market, self.window, self.context, self.taken)
        if self._guarded:
            thin = holding.check_thin(second * NS)
            if thin is not None:
                self._say(thin)
            if market.bids or market.asks:
                learner.whole_seconds(1, market.bids, market.asks)
            self._fit_sizes()
            self.burst.span.fit(second)
            if second % BUCKET_SECONDS == 0:
                self._bleed(second)
                self._fit_exit_ratio(time_ns)
        if self.session is None or time_ns >= self.session.end_ns:
            self._enter_session(time_ns)
        self._notice_silence(time_ns)
        if holding.stop_watch is not None:
            self._tell(holding.check_stop(time_ns, self._news_from_ns))
        if holding.flow.current is not None or holding.stop_latch.current is not None:
            self._tell(holding.tend(time_ns))

    def _enter_session(self, time_ns: int) -> None:
        before = self.session
        self.session = session_at(time_ns, sessions=self.capabilities.sessions)
        self._silent_ns = 0
        self.holding.session_ns = self.session.start_ns
        if self.outcomes is not None:
            self._out += self.outcomes.end(time_ns, self.session.start_ns)
        if before is not None:
            known_from = self.burst.span.covered_from
            if known_from is not None:
                self.burst.span.forget(max(self.session.start_ns // NS, known_from))
            self.market.end_bar()
            done = self.taught_now(before)
            self.finished.append(done)
            self.taught[before.name] = done
            self.context.start_session()
            self.bleed.forget()
        self._unpriced = True
        self.window.most = 0
        self._begin_learning(self.taught.get(self.session.name), time_ns)
