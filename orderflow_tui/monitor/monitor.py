"""The only owner of core state and the only caller of the journal's writer, between feeds and screen.

Feeds put messages on a bounded queue; one thread feeds the cores, journals what they say and publishes frozen views.
While it waits, live data is worked on in the thread that brings it (`Inbox`), one at a time. Everything the screen may
call returns at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from orderflow_tui.core.model.outputs import Output
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.feeds.feed import Arrival, Batch, Feed, FeedEnded, FeedMessage
from orderflow_tui.journal.records import RunStartedRecord, RunStoppedRecord
from orderflow_tui.journal.writer import JournalWriter
from orderflow_tui.monitor.answers import answer
from orderflow_tui.monitor.blindness import BlindnessTracker
from orderflow_tui.monitor.clock import LiveClock, RunClock
from orderflow_tui.monitor.commands import AnswerGiven, Command, OwnOrders, Recover, ScreensLook, Stop, WatchDetails
from orderflow_tui.monitor.guarded_reads import Guard
from orderflow_tui.monitor.inbox import Inbox
from orderflow_tui.monitor.intake import Intake
from orderflow_tui.monitor.outbox import Listener, Outbox
from orderflow_tui.monitor.pending_side_checks import PendingSideChecks
from orderflow_tui.monitor.publisher import Publisher
from orderflow_tui.monitor.resume import EarlierRuns, resume_into, unwatched
from orderflow_tui.monitor.screen_port import ScreenPort
from orderflow_tui.monitor.second_ticks import SecondTicks
from orderflow_tui.monitor.status import AS_IT_COMES, RunState, status_view
from orderflow_tui.monitor.stores import Stores
from orderflow_tui.monitor.view_pace import ViewPace
from orderflow_tui.monitor.watched_symbols import Reloads, WatchedSymbols
from orderflow_tui.positions import PositionManager
from orderflow_tui.recordings.writer import Recorder
from orderflow_tui.support.memory import max_rss_mb
from orderflow_tui.track_record.track_record import TrackRecord
from orderflow_tui.views.frozen_views import StatusView

_BATCHES_PER_ROUND: Final = 64
LAST_TRY_SECONDS = 1.0
"""How long the end of a run waits for a disk that takes nothing."""
LOOK_NS = NS
"""How often files are looked at and names are told the time."""


class Monitor(ScreenPort):
    """Runs the rules over one feed.

    Args:
        feed: Delivers the messages.
        positions: What is held and watched.
        thresholds: In force per symbol, and their reloads.
        journal: Where everything said is written.
        profile: Shown and recorded.
        source_label: What the status line calls the source.
        watchlist: Whether to watch symbols that are not held too.
        earlier: What earlier runs left; None takes up nothing and keeps nothing.
        record: How each rule has done so far; None shows nothing of it.
        publish_hz: How often views are made at most; 0 makes none (no screen looks).
        clock: The run's time; the wall's where nothing else is said.
        recorder: Keeps what the cores are told; None keeps nothing. It is closed at the end.
        run: What is recorded of its start.
    """

    def __init__(
        self,
        feed: Feed,
        positions: PositionManager,
        thresholds: Reloads,
        journal: JournalWriter,
        *,
        profile: str,
        source_label: str,
        watchlist: bool = False,
        earlier: EarlierRuns | None = None,
        record: TrackRecord | None = None,
        publish_hz: float = 20.0,
        clock: RunClock | None = None,
        recorder: Recorder | None = None,
        run: RunStartedRecord | None = None,
    ) -> None:
        self._feed = feed
        self._clock: RunClock = clock or LiveClock()
        self.earlier = earlier or EarlierRuns()
        self._views = ViewPace(int(NS / publish_hz) if publish_hz > 0 else 0)
        self._rearms_alone = False
        self._run_started = run or RunStartedRecord(version="", host="", symbols=[], settings={})
        self._thread = threading.Thread(target=self._run, name="monitor", daemon=True)
        self._ended = threading.Event()
        self.listeners: list[Listener] = [record.on_record] if record is not None else []
        self._recorder = recorder
        self.pace: Callable[[], tuple[bool, float]] = lambda: AS_IT_COMES
        """Whether a replay waits, and its recorded seconds a second."""
        self.on_command: Callable[[int, AnswerGiven | OwnOrders], None] = lambda *_: None
        """Called in the monitor's thread with the run's time for each of the trader's words the rules go by."""
        kept = Stores(self.earlier.learned, self.earlier.followed)
        core = SymbolCore if recorder is None else recorder.core
        self._symbols = WatchedSymbols(
            positions, thresholds, feed.capabilities, kept, watchlist=watchlist, charts=publish_hz > 0, new_core=core
        )
        self._clock.delay_ns = feed.capabilities.delay_seconds * NS
        self._state = RunState(source_label, profile)
        at_once = self._at_once if self._clock.takes_at_once else None
        inbox: Inbox[FeedMessage, Command] = Inbox(self._clock.inbox_limit, at_once)
        publisher = Publisher(status_view(self._state, journal, feed.capabilities, now_ns=0), record)
        self.listeners.append(publisher.on_record)
        super().__init__(inbox, publisher, journal, record)
        if recorder is not None:
            self.problems.append(lambda: recorder.problem)
        self._sides = PendingSideChecks(feed.request_side_check if self._clock.asks_feed else None)
        self._guard = Guard()
        self.problems.append(lambda: self._guard.problem)
        self._outbox = Outbox(journal, publisher.line, self._sides.put, self.listeners, self._guard)
        self._blindness = BlindnessTracker(self._outbox.write, self._outbox.blinded, time.time_ns())
        self._intake = Intake(self._symbols, self._blindness, self._clock, self._outbox, self._state)
        self._ticks = SecondTicks(
            self._symbols, self._clock, self._outbox, blindness=self._blindness, state=self._state, views=self._views
        )
        self._failure: BaseException | None = None
        self._views_awaited = False
        """The thread waits for no longer than until views are due."""
        self.unwritten = 0
        """Records the disk did not take before the end."""

    def rearm_alone(self) -> None:
        """Before the start: while no screen looks nobody can answer, so what is recommended is armed again by time."""
        self._rearms_alone = True
        self._symbols.set_alone(alone=True)

    def start(self) -> None:
        """Start the feed and the monitor's thread."""
        self._thread.start()

    def stop(self, reason: str = "asked", timeout: float = 0.4, exit_code: int = 0) -> None:
        """End the run: the feed is told, the journal closed. Waits for the thread at most `timeout` seconds."""
        self._feed.stop()
        if self._thread.is_alive():
            self._inbox.ask(Stop(reason, exit_code))
            self._thread.join(timeout)
            if self._thread.is_alive():  # it waits for room on the disk
                self.unwritten = self._journal.waiting

    @property
    def running(self) -> bool:
        """The monitor's thread has begun and not ended."""
        return self._thread.is_alive()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the feed's end or a stop; whether it came."""
        return self._ended.wait(timeout)

    @property
    def exit_code(self) -> int:
        """1 after a refused key or a failure of the monitor itself."""
        return self._state.exit_code

    @property
    def message(self) -> str:
        """What is wrong with files, sources and listeners, in one line; empty where nothing is."""
        return " | ".join(filter(None, (self._symbols.message, self.problem)))

    @property
    def failure(self) -> BaseException | None:
        """What ended the monitor's thread against its will."""
        return self._failure

    # --- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._inbox.begin()
        try:
            self._loop()
        except BaseException as failure:
            self._failure = failure
            self._state.exit_code = 1
            self._state.ended = f"the monitor failed: {type(failure).__name__}"
            self._publish()
            raise
        finally:
            self._feed.stop()
            self._inbox.close()
            self._inbox.end()
            self.unwritten = len(self._journal.close(LAST_TRY_SECONDS))
            self._symbols.close()
            if self._recorder is not None:
                self._recorder.close(LAST_TRY_SECONDS)
            self._ended.set()

    def _begin(self) -> None:
        self._clock.begin()
        started = Arrival.now()
        self._outbox.write(self._run_started, started.wall_ns, started)
        unwatched_ns = self.earlier.unwatched_ns
        if unwatched_ns is not None:
            self._outbox.write(unwatched(unwatched_ns, started.wall_ns), unwatched_ns, started)
        self._symbols.set_symbols()
        cores = {watched.core.symbol: watched.core for watched in self._symbols.all()}
        ended: list[Output] = [*resume_into(cores, self.earlier.recommendations, started.wall_ns)]
        ended += self._symbols.take_up(started.wall_ns)
        self._outbox.tell(ended, started)
        self._feed.start(self._symbols, self._inbox.put)
        self._publish()

    def _loop(self) -> None:
        self._begin()
        next_look = _next_look()
        while not self._take(0.0 if self._ticks.due else self._wait_s(next_look)):
            self._sides.ask()
            self._give_up_sides()
            if time.monotonic_ns() >= next_look:
                next_look = _next_look()
                self._look_round()
            self._ticks.tell()
            if self._views.makes_views and time.monotonic_ns() >= self._views.due_ns(news=self._outbox.news):
                self._publish(self._let_data_pass)

    def _wait_s(self, next_look: int) -> float:
        """How long the loop may sleep if no message comes."""
        now = time.monotonic_ns()
        wait_s = max(0.0, (next_look - now) / NS)
        self._views_awaited = self._views.makes_views and any(watched.dirty for watched in self._symbols.all())
        if self._views_awaited:
            wait_s = min(wait_s, max(0.0, (self._views.due_ns(news=self._outbox.news) - now) / NS))
        due_s = self._sides.due_s()
        return wait_s if due_s is None else min(wait_s, due_s)

    def _take(self, wait_s: float) -> bool:
        """Handle what is on the queue, waiting at most `wait_s` for the first; whether the run is over."""
        if wait_s > 0:
            self._inbox.wait(wait_s)
        for _ in range(_BATCHES_PER_ROUND):
            if self._failure is not None:
                raise self._failure
            message = self._inbox.take()
            if message is None:
                return False
            if isinstance(message, Stop):
                self._state.exit_code = max(self._state.exit_code, message.exit_code)
                self._finish(message.reason)
                return True
            self._handle(message)
            if self._outbox.news:
                return False
        return False

    def _at_once(self, message: FeedMessage | Command) -> bool:
        """Work on live data in the feed's thread, with the turn; whether that is done."""
        if type(message) is not Batch or message.backfill or self._failure is not None:
            return False
        told = self._outbox.news
        try:
            self._intake.take(message)
        except BaseException as failure:  # noqa: BLE001 - it is the monitor's: its thread raises it, the feed's goes on
            self._failure = failure
        awaited = self._views_awaited or not self._views.makes_views
        if self._failure is not None or self._outbox.news > told or self._sides.unasked or not awaited:
            self._views_awaited = True
            self._inbox.call()
        return True

    def _handle(self, message: FeedMessage | AnswerGiven | Recover | OwnOrders | WatchDetails | ScreensLook) -> None:
        match message:
            case AnswerGiven():
                self.on_command(self._clock.now_ns, message)
                answer(message, self._symbols, self._clock, self._outbox)
                self._publish()
            case Recover():
                watched = self._symbols.get(message.symbol)
                if watched is not None:
                    self._blindness.clear(watched, message.arrival)
            case OwnOrders():
                self.on_command(self._clock.now_ns, message)
                self._symbols.set_own_orders(message.symbol, message.orders)
            case WatchDetails():
                self._publisher.watch_details(self._symbols, message.symbols)
            case ScreensLook():
                self._views.look(message.count, message.fps)
                self._symbols.set_alone(alone=self._rearms_alone and not message.count)
                self._publish()
            case _:
                self._intake.take(message)
                if isinstance(message, FeedEnded):
                    self._ended.set()

    def _finish(self, reason: str) -> None:
        self._give_up_sides(over=True)
        now = Arrival.now()
        if self._clock.follows_to_the_end:
            self._outbox.tell(self._symbols.end_outcomes(), now)
        record = RunStoppedRecord(
            reason=self._state.ended or reason,
            exit_code=self._state.exit_code,
            writes=self._journal.write_times.summary(),
            alerts=self._outbox.alerts,
            seconds=self._clock.seconds(now),
            max_rss_mb=max_rss_mb(),
        )
        self._guard.run("saving learned figures", partial(self._symbols.keep_learned, now=True), None)
        self._guard.run(
            "saving alerts being followed", partial(self._symbols.keep_followed, now.wall_ns, now=True), None
        )
        self._outbox.write(record, now.wall_ns, now)
        self._publish()

    # --- time ---------------------------------------------------------------------------------------------------

    def _look_round(self) -> None:
        arrival = Arrival.now()
        self._guard.run("checking the journal", self._journal.tick, None)
        at = self._clock.second(arrival)
        if at is not None:
            self._ticks.begin()
            self._outbox.tell(self._symbols.sold.tick(at, arrival.wall_ns), arrival)
        self._guard.run("saving learned figures", self._symbols.keep_learned, None)
        self._guard.run("saving alerts being followed", partial(self._symbols.keep_followed, arrival.wall_ns), None)
        if self._guard.run("reading positions and settings", self._symbols.reload, otherwise=False):
            self._feed.set_symbols(self._symbols)
            self._outbox.tell(self._symbols.closed(), arrival)
        self._feed.set_urgency(self._symbols.by_urgency(self._clock.now_ns))

    def _give_up_sides(self, *, over: bool = False) -> None:
        """Tell the cores which questions about sides are not answered in time; all of them when the run is `over`."""
        for symbol, told in self._sides.given_up(over=over):
            watched = self._symbols.get(symbol)
            if watched is not None:
                arrival = Arrival.now()
                for output in watched.core.process((told,)):
                    self._outbox.say(watched, output, arrival)

    # --- views --------------------------------------------------------------------------------------------------

    def _publish(self, between: Callable[[], None] = lambda: None) -> None:
        self._views.last_ns = time.monotonic_ns()
        news, self._outbox.news = self._outbox.news, False
        if self._views.makes_views:
            now_ns = self._clock.shown_ns()
            self._publisher.make(
                self._symbols,
                now_ns=now_ns,
                data_ns=now_ns - self._clock.delay_ns,
                mono_ns=self._views.last_ns,
                closed=self._clock.closed(self._state.market),
                between=between,
            )
        self._publisher.publish(self._make_status())
        if news and self._on_news is not None:
            self._on_news()

    def _let_data_pass(self) -> None:
        """Between two views: live data that came meanwhile waits for one view, not for those of all symbols."""
        if not self._clock.takes_at_once or self._failure is not None:
            return
        for _ in range(_BATCHES_PER_ROUND):
            batch = self._inbox.take_next(Batch)
            if batch is None:
                return
            self._intake.take(batch)

    def _make_status(self) -> StatusView:
        return status_view(
            self._state,
            self._journal,
            self._symbols.capabilities,
            now_ns=self._clock.now_ns,
            alerts=self._outbox.alerts,
            message=" | ".join(filter(None, (self.message, self._symbols.news, self.journal_notice))),
            positions_age_s=self._symbols.positions_age_s,
            pace=self.pace(),
        )


def _next_look() -> int:
    return time.monotonic_ns() // LOOK_NS * LOOK_NS + LOOK_NS
