"""One symbol's whole state machine: events in, outputs out, by event time alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from orderflow_tui.core.announcer import Announcer
from orderflow_tui.core.exits.holding import Holding
from orderflow_tui.core.learning.learned_sizes import SessionStats
from orderflow_tui.core.learning.position_split import split_ratio
from orderflow_tui.core.learning.session_learning import SessionLearning
from orderflow_tui.core.market.indicators import Indicators
from orderflow_tui.core.market.series import STEP_SECONDS, Series
from orderflow_tui.core.market.sessions import session_at
from orderflow_tui.core.market.silence import PAUSE_NS, Silence
from orderflow_tui.core.market.state import MarketState
from orderflow_tui.core.market.timers import Timers
from orderflow_tui.core.market.trade_side import SideClassifier
from orderflow_tui.core.market.volume_window import VolumeWindow
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import (
    Book,
    Event,
    Gap,
    Halt,
    Print,
    Quote,
    SideCheckResult,
    TapeCorrection,
    TapeCovered,
)
from orderflow_tui.core.model.holder import Answer, Position
from orderflow_tui.core.model.outputs import Output
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.on_book import BookRules
from orderflow_tui.core.on_tape import TapeRules
from orderflow_tui.core.rules.active_rules import ActiveRules
from orderflow_tui.core.rules.alert_writer import AlertWriter, Thresholds
from orderflow_tui.core.rules.burst_window import BurstWindow
from orderflow_tui.core.rules.rule_part import RuleInputs
from orderflow_tui.core.rules.terms import SymbolTerms
from orderflow_tui.core.short_as_long import Mirror, mirrored
from orderflow_tui.core.side_check_results import SideAnswers

_LONGEST_SILENCE_NS: Final = 3_600 * NS
"""Of a longer silence without a clock (a suspended laptop) only the last hour is lived through."""
_FIT_SECONDS: Final = 10
"""How often the exit ratio follows the session."""


class SymbolCore:
    """The rules of one symbol: parts with a state of their own, and the order in which they hear of things.

    Args:
        symbol: Ticker.
        thresholds: In force for this symbol.
        capabilities: What the source can show.
        position: What is held, or None for a watched symbol: alerts, never a recommendation.
        taught: What the last session of each name (`pre`, `regular`, ...) taught; used in `guarded` alone.
    """

    __slots__ = (
        "announcer", "answers", "book", "classifier", "context", "holding", "learning", "market", "mirror", "rules",
        "silence", "span", "symbol", "tape", "terms", "timers", "window", "writer",
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
        self.mirror = Mirror(short=position is not None and position.quantity < 0)
        self.terms = SymbolTerms(thresholds, capabilities)
        self.writer = AlertWriter(symbol, thresholds.profile, self.mirror, capabilities.size_scale)
        self.timers = Timers()
        self.market = MarketState()
        self.window = VolumeWindow()
        self.span = BurstWindow(self.window, thresholds)
        self.classifier = SideClassifier(joint_sequence=capabilities.joint_sequence, polled=capabilities.polled)
        self.context = Indicators(self.window)
        self.silence = Silence(self.market, self.window)
        self.holding = Holding(symbol, thresholds, capabilities, self.writer, self.market)
        self.holding.set_position(position)
        self.learning = SessionLearning(
            self.terms, self.market, self.timers, self.span, mirror=self.mirror, taught=taught
        )
        self.announcer = Announcer(self.terms, self.market, self.timers, self.holding)
        self.answers = SideAnswers(symbol, self.terms, self.announcer)
        inputs = self._rule_inputs()
        self.rules = ActiveRules(inputs)
        self.book = BookRules(inputs, self.rules, self.holding, self.announcer)
        self.tape = TapeRules(inputs, self.rules, self.learning)
        self.set_capabilities(capabilities)

    def set_position(self, position: Position | None) -> None:
        """What is held now, in the direction this was made for; a split of it is one of what was learned."""
        before = self.holding.position
        ratio = split_ratio(before, position) if before is not None and position is not None else None
        self.holding.set_position(position)
        if ratio is not None:
            self.learning.know_split(float(ratio))

    def _rule_inputs(self) -> RuleInputs:
        span = self.span
        return RuleInputs(
            terms=self.terms,
            writer=self.writer,
            market=self.market,
            window=self.window,
            span=span,
            classifier=self.classifier,
            context=self.context,
            timers=self.timers,
            held=self.holding,
            say=self.announcer.say,
            say_sided=self.answers.say,
            say_status=self.announcer.say_status,
            learn_print=self.learning.learn_print,
            learn_burst=self.learning.learn_burst,
            tape_known_from=lambda: span.covered_from,
        )

    @property
    def series(self) -> Series | None:
        """The last half hour for charts, where somebody looks at them."""
        return self.tape.series

    @series.setter
    def series(self, series: Series | None) -> None:
        self.tape.series = series

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Other thresholds are in force from the next event on; open episodes keep what they opened with."""
        self.terms.set_thresholds(thresholds)
        self.writer.profile = thresholds.profile
        self.rules.fit(self.terms)
        self.span.set_thresholds(thresholds)
        self.learning.fit_exit_ratio(self.timers.now_ns)
        self.learning.fit_sizes()
        self.holding.counted_signals.set_window(thresholds.alert_window_seconds)

    def set_capabilities(self, capabilities: Capabilities) -> None:
        """The source turned out to show something else."""
        self.terms.capabilities = self.holding.capabilities = capabilities
        self.writer.depth_source = capabilities.depth_source
        self.classifier.polled = capabilities.polled
        self.rules.fit(self.terms)
        self.learning.fit_sizes()

    # --- events -------------------------------------------------------------------------------------------------

    def process(
        self, events: Iterable[Event], *, news_from_ns: int = 0, hear: Callable[[Output], None] | None = None
    ) -> list[Output]:
        """Take events in processing order.

        Args:
            events: Of this symbol.
            news_from_ns: Alerts that happened before this instant are late: marked, and they open nothing.
            hear: Called with each thing there is to say as soon as it is known, before what follows from it.

        Returns:
            What there is to say, in order.
        """
        out = self.announcer.begin(news_from_ns, hear)
        short, timers, silence = self.mirror.short, self.timers, self.silence
        on_print, on_book = self.tape.on_print, self.book.on_book
        for event in events:
            seen = mirrored(event) if short else event
            kind = type(seen)
            if kind is Print:
                if seen.time_ns >= timers.due_ns:
                    self._advance(seen.time_ns)
                if silence.since_ns:
                    self._end_silence(seen.time_ns)
                on_print(seen)  # type: ignore[arg-type]
            elif kind is Book:
                if seen.time_ns >= timers.due_ns:
                    self._advance(seen.time_ns)
                if silence.since_ns and seen.time_ns - self.market.book_ns >= PAUSE_NS:
                    self.rules.lose_sight(seen.time_ns)
                on_book(seen)  # type: ignore[arg-type]
            elif isinstance(seen, Quote):
                self.classifier.on_book(Book(seen.time_ns, seen.seq, seen.bids, seen.asks, seen.since_ns))
            else:
                self._on_other(seen)
        return out

    def answer(self, time_ns: int, recommendation_id: str, answer: Answer) -> Output | None:
        """The trader answered a recommendation; None when it is not there to answer."""
        return self.holding.answer(max(time_ns, self.timers.now_ns), recommendation_id, answer)

    def _on_other(self, event: Event) -> None:
        time_ns, now_ns = event.time_ns, self.timers.now_ns
        if isinstance(event, TapeCovered):
            self.span.begin_coverage(time_ns)
            self.timers.covered_ns = max(self.timers.covered_ns, time_ns)
            self.rules.on_covered(max(time_ns, now_ns))
        elif isinstance(event, TapeCorrection):
            for output in self.tape.correct(event):
                self.announcer.put(output)
        elif isinstance(event, SideCheckResult):
            self.answers.take(event)
        elif isinstance(event, Gap):
            if event.tape:
                self._tape_known_from(-(-time_ns // NS))
            self.rules.lose_sight(max(time_ns, now_ns))
        else:
            if time_ns >= self.timers.due_ns:
                self._advance(time_ns)
            if isinstance(event, Halt):
                self.terms.halted = (event.reason or "halted") if event.halted else ""
                self.terms.set_flow(time_ns)
                self._tape_known_from(-(-time_ns // NS))

    def _tape_known_from(self, second: int) -> None:
        """Nothing before this second is to be compared with what follows."""
        self.span.forget(second)
        self.rules.forget()
        self.market.known_from(second)
        if self.tape.series is not None:
            self.tape.series.known_from(second)

    def _end_silence(self, time_ns: int) -> None:
        """It prints again. What was before a pause is not what is usual now, whoever stopped the tape."""
        seconds = self.silence.end(time_ns)
        if not seconds:
            return
        self._tape_known_from(-(-time_ns // NS))
        if time_ns >= self.announcer.news_from_ns:
            text = f"nothing printed for {seconds:,} s: the burst rule warms up again"
            self.announcer.say_status("pause", time_ns, text)

    # --- time ---------------------------------------------------------------------------------------------------

    def _advance(self, time_ns: int) -> None:
        """Everything that time alone brings about up to `time_ns`, each at its own instant, clock events or not."""
        due = self.timers.due_ns or time_ns
        if time_ns - due > _LONGEST_SILENCE_NS:
            due = (time_ns - _LONGEST_SILENCE_NS) // NS * NS
        while due <= time_ns:
            due = self._tick(due)
        self.timers.due_ns = due

    def _tick(self, time_ns: int) -> int:
        """Let fire what is due at this instant; returns the next one."""
        timers = self.timers
        timers.tick_ns = time_ns
        self.rules.on_time(time_ns)
        second = time_ns // NS
        if second >= timers.next_second:
            timers.next_second = second + 1
            timers.now_ns = max(timers.now_ns, time_ns)
            self._whole_second(second, time_ns)
        self.rules.settle(time_ns)
        watch = self.holding.stop_watch
        if watch is not None and time_ns >= watch.wake_ns:
            self.announcer.check_stop(time_ns)
        return self._next_due(time_ns, (second + 1) * NS)

    def _next_due(self, time_ns: int, due: int) -> int:
        """The next instant at which time alone does something: a timer's, or the whole second `due`."""
        watch = self.holding.stop_watch
        due = min(due, self.rules.next_ns)
        if watch is not None and time_ns < watch.wake_ns < due:
            due = watch.wake_ns
        return max(due, time_ns + 1)

    def _whole_second(self, second: int, time_ns: int) -> None:
        """Sample the state in force at a whole second; what is told by the second."""
        market, learning = self.market, self.learning
        self.terms.set_flow(time_ns)
        market.whole_second(second)
        self.context.whole_second(second * NS)
        self.holding.whole_second()
        self.announcer.whole_second(second)
        if self.series is not None and second % STEP_SECONDS == 0:
            self.series.sample(second, market, self.window, self.context, self.tape.taken)
        for listen in self.rules.whole_second:
            listen(second, time_ns)
        if self.terms.guarded:
            learning.whole_second()
            self.span.fit(second)
            if second % _FIT_SECONDS == 0:
                learning.fit_exit_ratio(time_ns)
        if learning.session is None or time_ns >= learning.session.end_ns:
            self._enter_session(time_ns)
        holding = self.holding
        if holding.stop_watch is not None:
            self.announcer.check_stop(time_ns)
        if holding.flow.current is not None or holding.stop_latch.current is not None:
            self.announcer.tend(time_ns)
        if not self.terms.halted:
            self.silence.notice(time_ns, learning.session, self.span.covered_from)

    def _enter_session(self, time_ns: int) -> None:
        before = self.learning.session
        session = session_at(time_ns, sessions=self.terms.capabilities.sessions)
        self.silence.since_ns = 0
        self.holding.session_ns = session.start_ns
        self.announcer.end_session(time_ns, session.start_ns)
        if before is not None:
            known_from = self.span.covered_from
            if known_from is not None:
                self.span.forget(max(session.start_ns // NS, known_from))
            self.market.end_bar()
            self.learning.finish(before)
            self.context.start_session()
            self.rules.forget()
        self.window.most = 0
        self.learning.enter(session, time_ns)
