"""The only owner of core state and the only caller of the journal's writer: one thread between feeds and screen.

Feeds put messages on a bounded queue; this thread feeds the cores, journals what they say and publishes frozen views.
Everything the screen may call returns at once.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from orderflow_tui.core.model.data_models import Answer, WorkingOrder
from orderflow_tui.core.model.events import Clock, SidesTold
from orderflow_tui.core.model.outputs import AlertRaised, AlertUpdated, ExitAnswered, ExitTriggered, Output, SidesAsked
from orderflow_tui.core.model.units import NS, iso_utc
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.core.symbol_state import LATE_NS
from orderflow_tui.core.transcript import play
from orderflow_tui.feeds.feed import (
    ApiFault,
    Arrival,
    BadPayload,
    BandNote,
    Batch,
    Feed,
    FeedEnded,
    FeedGap,
    FeedMessage,
    FeedStatus,
    Played,
    SymbolNote,
)
from orderflow_tui.journal import records
from orderflow_tui.journal.restore import RestoredRecommendation
from orderflow_tui.journal.writer import JournalWriter
from orderflow_tui.monitor.blindness import Sight
from orderflow_tui.monitor.followup_store import FollowUpStore
from orderflow_tui.monitor.inbox import Inbox
from orderflow_tui.monitor.learned_store import LearnedStore
from orderflow_tui.monitor.publisher import Publisher
from orderflow_tui.monitor.resume import restore_into
from orderflow_tui.monitor.symbols import Reloads, Roster
from orderflow_tui.monitor.watched import STALE_AFTER_S, Watched
from orderflow_tui.positions import PositionManager
from orderflow_tui.recordings.writer import Recorder
from orderflow_tui.support.memory import max_rss_mb
from orderflow_tui.track_record.track_record import TrackRecord
from orderflow_tui.views.build_position import recommendations
from orderflow_tui.views.model import AlertLine, DetailView, RecommendationView, StatusView, SymbolView

_LIMIT: Final = 10_000
_REPLAY_LIMIT: Final = 4
"""A recording waits for the monitor instead of filling memory."""
_BATCHES_PER_ROUND: Final = 64
_SIDES_NS: Final = 2 * NS
"""An alert waits so long for the quotes of its span; then it is told as unsure."""
_TICK_NS: Final = 50_000_000
"""Telling names the time lets other work have its turn after so long."""
_NEWS_NS: Final = 10_000_000
"""News is published at once, but never more often than this: a storm of alerts is one paint, not a thousand."""

Listener = Callable[[str, int, Mapping[str, Any]], None]
"""Called in the monitor's thread after a record was written: `(record name, happened ns, fields)`; must not block."""


class _Answered(Struct, frozen=True):
    recommendation_id: str
    answer: Answer
    arrival: Arrival


class _Recover(Struct, frozen=True):
    symbol: str
    arrival: Arrival


class _Mine(Struct, frozen=True):
    symbol: str
    orders: tuple[WorkingOrder, ...]


class _WatchDetail(Struct, frozen=True):
    symbol: str


class _Stop(Struct, frozen=True):
    reason: str


_Command = _Answered | _Recover | _Mine | _WatchDetail | _Stop


class Monitor:
    """Runs the rules over one feed. Implements `views.MonitorPort`.

    Args:
        feed: Delivers the messages.
        positions: What is held and watched.
        thresholds: In force per symbol, and their reloads.
        journal: Where everything said is written.
        profile: Shown and recorded.
        source_label: What the status line calls the source.
        watchlist: Whether to watch symbols that are not held too.
        restored: Recommendations and answers an earlier run left open.
        learned: Where what each name teaches is kept between sessions; None keeps nothing.
        followed: Where alerts are kept whose outcome is not known yet; None keeps nothing.
        record: How each rule has done so far; None shows nothing of it.
        publish_hz: How often views are made at most; 0 makes none (no screen looks).
        replayed: Time is the recording's, not the wall's.
        recorder: Keeps what the cores are told; None keeps nothing. It is closed at the end.
        run_fields: What `run_started` records beside the standard fields.
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
        restored: Iterable[RestoredRecommendation] = (),
        learned: LearnedStore | None = None,
        followed: FollowUpStore | None = None,
        record: TrackRecord | None = None,
        publish_hz: float = 20.0,
        replayed: bool = False,
        recorder: Recorder | None = None,
        run_fields: Mapping[str, Any] | None = None,
    ) -> None:
        self._feed = feed
        self._journal = journal
        self._profile = profile
        self._label = source_label
        self.restored = tuple(restored)
        """What an earlier run left open."""
        self._publish_ns = int(NS / publish_hz) if publish_hz > 0 else 0
        self._replayed = replayed
        self._run_fields = dict(run_fields or {})
        self._inbox: Inbox[FeedMessage, _Command] = Inbox(_REPLAY_LIMIT if replayed else _LIMIT)
        self._thread = threading.Thread(target=self._run, name="monitor", daemon=True)
        self._ended = threading.Event()
        self.record = record
        self.listeners: list[Listener] = [record.on_record] if record is not None else []
        self._recorder = recorder
        self.problems: list[Callable[[], str]] = [] if recorder is None else [lambda: recorder.problem]
        """Asked for what the status line should tell of the listeners; they answer at once."""
        self.pace: Callable[[], tuple[bool, float]] = lambda: (False, 1.0)
        """Whether a replay waits, and its recorded seconds a second."""
        self._roster = Roster(
            positions,
            thresholds,
            feed.capabilities,
            watchlist=watchlist,
            learned=learned,
            charts=publish_hz > 0,
            followed=followed,
            new_core=SymbolCore if recorder is None else recorder.core,
        )
        self._now_ns = self._first_ns = 0
        self._market = "unknown"
        self._feed_status: FeedStatus | None = None
        self._ended_reason = ""
        self._exit_code = 0
        self._alerts = 0
        self._last_publish = 0
        self._started_ns = time.time_ns()
        self._sight = Sight(self._write, self._blinded, self._started_ns)
        self._publisher = Publisher(self._make_status(), record)
        self._asked: deque[tuple[int, SidesAsked]] = deque()
        """Questions about sides, each with the instant until which its answer is waited for, on the monotonic clock."""
        self._to_tick: deque[str] = deque()
        """Names that are still to be told this second's time."""
        self._news = False
        self._on_news: Callable[[], None] | None = None
        self._failure: BaseException | None = None
        self._handlers: dict[type, Callable[[Any], None]] = {
            Batch: self._on_batch,
            Played: self._on_played,
            BadPayload: self._on_bad,
            ApiFault: self._on_fault,
            SymbolNote: self._on_note,
            BandNote: self._on_band,
            FeedGap: self._on_gap,
            FeedStatus: self._on_feed_status,
            FeedEnded: self._on_end,
            _Answered: self._on_answer,
            _Recover: self._on_recover,
            _Mine: self._on_mine,
            _WatchDetail: self._on_watch_detail,
        }
        self.unwritten = 0
        """Records the disk did not take before the end."""

    # --- asked by the screen and the command line, from any thread ------------------------------------------------

    @property
    def version(self) -> int:
        """Grows with every publication."""
        return self._publisher.version

    def views(self) -> Mapping[str, SymbolView]:
        """The newest view of each symbol."""
        return self._publisher.views

    def status(self) -> StatusView:
        """The newest status line."""
        return self._publisher.status

    def alert_lines(self) -> tuple[AlertLine, ...]:
        """The newest alert lines, newest first."""
        return self._publisher.lines

    def recommendations(self) -> tuple[RecommendationView, ...]:
        """Open ones first, then those held and snoozed."""
        return self._publisher.cards

    def answer(self, recommendation_id: str, answer: Answer) -> None:
        """Record the trader's answer."""
        self._inbox.ask(_Answered(recommendation_id, answer, Arrival.now()))

    def recover(self, symbol: str) -> None:
        """Try a BLIND symbol again now."""
        self._inbox.ask(_Recover(symbol, Arrival.now()))

    def own_orders(self, symbol: str, orders: tuple[WorkingOrder, ...]) -> None:
        """These orders in the symbol's book are the holder's, beside those of the positions' source, until the end."""
        self._inbox.ask(_Mine(symbol, orders))

    def watch_detail(self, symbol: str) -> None:
        """Make `detail()` for this symbol from now on; an empty one ends it."""
        self._inbox.ask(_WatchDetail(symbol))

    def detail(self) -> DetailView | None:
        """The newest detail of the watched symbol; None until it is made."""
        return self._publisher.detail

    def rule_record(self, evidence: str) -> str:
        """How a rule (`exit` for recommendations) has done on this user's data, in one line; empty where not kept."""
        return self.record.words(evidence) if self.record is not None else ""

    def on_news(self, listener: Callable[[], None]) -> None:
        """Call back, in the monitor's thread, once news has been published."""
        self._on_news = listener

    @property
    def not_logging(self) -> str:
        """Why records wait for the disk, in one line; empty where none does."""
        return "" if self._journal.healthy else f"NOT LOGGING: {self._journal.problem}; records wait"

    @property
    def journal_notice(self) -> str:
        """What befell the journal in the last minute though nothing waits, in one line; or empty."""
        return self._journal.notice

    @property
    def problem(self) -> str:
        """What is wrong beside the run, in one line; empty where nothing is."""
        return " | ".join(filter(None, (told() for told in self.problems)))

    def start(self) -> None:
        """Start the feed and the monitor's thread."""
        self._thread.start()

    def stop(self, reason: str = "asked", timeout: float = 0.4) -> None:
        """End the run: the feed is told, the journal closed. Waits for the thread at most `timeout` seconds."""
        self._feed.stop()
        if self._thread.is_alive():
            self._inbox.ask(_Stop(reason))
            self._thread.join(timeout)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the feed's end or a stop; whether it came."""
        return self._ended.wait(timeout)

    @property
    def exit_code(self) -> int:
        """1 after a refused key or a failure of the monitor itself."""
        return self._exit_code

    @property
    def failure(self) -> BaseException | None:
        """What ended the monitor's thread against its will."""
        return self._failure

    # --- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._loop()
        except BaseException as failure:
            self._failure = failure
            self._exit_code = 1
            self._ended_reason = f"the monitor failed: {type(failure).__name__}"
            self._publish()
            raise
        finally:
            self._feed.stop()
            self._inbox.close()
            self.unwritten = len(self._journal.close(1.0))
            if self._recorder is not None:
                self._recorder.close()
            self._ended.set()

    def _loop(self) -> None:
        self._now_ns = 0 if self._replayed else time.time_ns()
        started = Arrival.now()
        self._write(records.RUN_STARTED, started.wall_ns, started, self._run_fields)
        self._roster.set_symbols()
        cores = {watched.core.symbol: watched.core for watched in self._roster.all()}
        ended: list[Output] = [*restore_into(cores, self.restored, started.wall_ns)]
        ended += self._roster.take_up(started.wall_ns)
        self._tell(ended, started)
        self._feed.start(self._roster, self._inbox.put)
        self._publish()
        next_second = time.monotonic_ns() // NS * NS + NS
        while True:
            wait_s = max(0.0, (next_second - time.monotonic_ns()) / NS)
            if self._publish_ns and any(watched.dirty for watched in self._roster.all()):
                every = _NEWS_NS if self._news else self._publish_ns
                wait_s = min(wait_s, max(0.0, (self._last_publish + every - time.monotonic_ns()) / NS))
            if self._asked:
                wait_s = min(wait_s, max(0.0, (self._asked[0][0] - time.monotonic_ns()) / NS))
            if self._take(0.0 if self._to_tick else wait_s):
                return
            self._answer_sides()
            if time.monotonic_ns() >= next_second:
                next_second = time.monotonic_ns() // NS * NS + NS
                self._each_second()
            self._tick()
            if self._publish_ns:
                since = time.monotonic_ns() - self._last_publish
                if since >= (_NEWS_NS if self._news else self._publish_ns):
                    self._publish()

    def _take(self, wait_s: float) -> bool:
        """Handle what is on the queue, waiting at most `wait_s` for the first; whether the run is over."""
        for _ in range(_BATCHES_PER_ROUND):
            message = self._inbox.take(wait_s)
            if message is None:
                return False
            if isinstance(message, _Stop):
                self._finish(message.reason)
                return True
            self._handle(message)
            if self._news:
                return False
            wait_s = 0.0
        return False

    def _finish(self, reason: str) -> None:
        self._answer_sides(over=True)
        now = Arrival.now()
        if self._replayed:
            self._tell(self._roster.end_outcomes(), now)
        fields = records.run_stopped_fields(
            self._ended_reason or reason,
            exit_code=self._exit_code,
            writes=self._journal.write_times.summary(),
            alerts=self._alerts,
            seconds=self._seconds(now),
            max_rss_mb=max_rss_mb(),
        )
        self._roster.keep_learned(now=True)
        self._roster.keep_followed(now.wall_ns, now=True)
        self._write(records.RUN_STOPPED, now.wall_ns, now, fields)
        self._publish()

    def _seconds(self, now: Arrival) -> float:
        """How long the run lasted, in a replay by the recording's time."""
        span = self._now_ns - self._first_ns if self._replayed else now.wall_ns - self._started_ns
        return round(max(span, 0) / NS, 3)

    def _handle(self, message: FeedMessage | _Answered | _Recover | _Mine | _WatchDetail) -> None:
        self._handlers[type(message)](message)

    def _on_gap(self, message: FeedGap) -> None:
        fields = {"symbol": message.symbol, "reason": message.reason, "channel": "connection"}
        fields |= {"from_utc": iso_utc(message.from_ns), "to_utc": iso_utc(message.to_ns)}
        self._write(records.MONITORING_GAP, message.from_ns, message.arrival, fields)

    def _on_end(self, message: FeedEnded) -> None:
        self._ended_reason = message.reason
        self._exit_code = max(self._exit_code, message.exit_code)
        self._ended.set()

    def _on_mine(self, message: _Mine) -> None:
        self._roster.set_own(message.symbol, message.orders)

    def _on_watch_detail(self, message: _WatchDetail) -> None:
        self._publisher.watch_detail(self._roster, message.symbol)

    def _on_batch(self, batch: Batch) -> None:
        self._tell(self._roster.take_left(batch.symbol, batch.events, batch.arrival.wall_ns), batch.arrival)
        watched = self._roster.get(batch.symbol)
        if watched is None:
            return
        arrival = batch.arrival
        for channel in batch.channels:
            self._sight.good(watched, channel, arrival)
        watched.skipped_prints += batch.skipped_prints
        watched.duplicates += batch.duplicates
        watched.note = ""
        if batch.vouched_ns:
            watched.vouched_ns = max(watched.vouched_ns, batch.vouched_ns)
        if batch.quote_ns:
            watched.quote_ns = batch.quote_ns
        news_from = 0
        if self._replayed:
            if batch.events:
                self._first_ns = self._first_ns or batch.events[0].time_ns
                self._reached(watched, batch.events[-1].time_ns)
        else:
            news_from = arrival.wall_ns - self._roster.capabilities.delay_seconds * NS - LATE_NS
        for output in watched.core.process(batch.events, news_from_ns=news_from):
            self._say(watched, output, arrival)
        watched.dirty = True

    def _on_played(self, played: Played) -> None:
        watched = self._roster.get(played.symbol)
        if watched is None:
            return
        self._first_ns = self._first_ns or played.time_ns
        self._reached(watched, played.time_ns)
        watched.core, outputs = play(played.frame, watched.core)
        for output in outputs:
            self._say(watched, output, played.arrival)

    def _reached(self, watched: Watched, time_ns: int) -> None:
        """A recording is played up to this instant."""
        self._now_ns = max(self._now_ns, time_ns)
        watched.vouched_ns = max(watched.vouched_ns, time_ns)
        watched.dirty = True

    def _on_bad(self, bad: BadPayload) -> None:
        self._sight.refused(bad, self._roster.get(bad.symbol))

    def _on_fault(self, fault: ApiFault) -> None:
        fields = records.error_fields(
            fault.error_type,
            fault.detail,
            symbol=fault.symbol,
            status=fault.status,
            endpoint=fault.endpoint,
            feature=fault.feature,
        )
        self._write(records.API_ERROR, fault.arrival.wall_ns, fault.arrival, fields)

    def _on_recover(self, message: _Recover) -> None:
        watched = self._roster.get(message.symbol)
        if watched is not None:
            self._sight.clear(watched, message.arrival)

    def _blinded(self) -> None:
        self._news = True

    def _on_note(self, message: SymbolNote) -> None:
        watched = self._roster.get(message.symbol)
        if watched is None:
            return
        watched.dirty = True
        known = bool(watched.note)
        watched.note = message.detail or "not found at the source" if message.standing == "not_found" else ""
        if watched.note and not known:
            fields = records.error_fields("404", watched.note, symbol=message.symbol)
            self._write(records.API_ERROR, message.arrival.wall_ns, message.arrival, fields)
        watched.no_quotes = message.standing == "no_quotes"
        watched.fit(self._roster.capabilities)

    def _on_band(self, message: BandNote) -> None:
        watched = self._roster.get(message.symbol)
        if watched is not None:
            watched.band = (message.lower, message.upper)
            watched.dirty = True

    def _on_feed_status(self, message: FeedStatus) -> None:
        self._feed_status = message
        self._market = message.market
        self._roster.set_capabilities(message.capabilities)

    # --- time ---------------------------------------------------------------------------------------------------

    def _each_second(self) -> None:
        arrival = Arrival.now()
        self._journal.tick()
        if not self._replayed:
            self._now_ns = arrival.wall_ns
            at = arrival.wall_ns - self._roster.capabilities.delay_seconds * NS
            self._to_tick = deque(dict.fromkeys([*self._to_tick, *(one.core.symbol for one in self._roster.all())]))
            self._tell(self._roster.tend_left(at, arrival.wall_ns), arrival)
        self._roster.keep_learned()
        self._roster.keep_followed(arrival.wall_ns)
        if self._roster.reload():
            self._feed.set_symbols(self._roster)
            self._tell(self._roster.closed(), arrival)
        self._feed.set_urgency(self._roster.by_urgency(self._now_ns))

    def _tick(self) -> None:
        """Tell each name that time has passed, once a second; what takes long is spread over the loop's rounds.

        A machine that wakes up has an hour of seconds to make up for in each name, a twentieth of a second's work.
        """
        until = time.monotonic_ns() + _TICK_NS
        while self._to_tick:
            watched = self._roster.get(self._to_tick.popleft())
            if watched is not None:
                arrival = Arrival.now()
                at = arrival.wall_ns - self._roster.capabilities.delay_seconds * NS
                watched.clock_moved(arrival.wall_ns)
                if watched.core.outcomes is not None:
                    stale = (watched.age_s(arrival.wall_ns) or 0.0) > STALE_AFTER_S
                    watched.core.outcomes.seen = not (watched.health.reason or stale)
                for output in watched.core.process((Clock(at),), news_from_ns=at - LATE_NS):
                    self._say(watched, output, arrival)
                self._sight.check(watched, self._feed_status, arrival)
            if time.monotonic_ns() >= until:
                return

    # --- what is said -------------------------------------------------------------------------------------------

    def _say(self, watched: Watched, output: Output, arrival: Arrival) -> None:
        if isinstance(output, SidesAsked):
            if self._replayed:  # the answer is part of the recording
                return
            self._asked.append((time.monotonic_ns() + _SIDES_NS, output))
            self._feed.tell_sides(output)
            return
        if not isinstance(output, AlertUpdated) or output.journal:
            event, happened_ns, fields = records.output_record(output)
            urgent = isinstance(output, ExitTriggered | ExitAnswered)
            self._write(event, happened_ns, arrival, fields, sync=urgent)
            self._news = True
        if isinstance(output, AlertRaised):
            self._alerts += 1
        self._publisher.line(watched, output)
        watched.dirty = True

    def _answer_sides(self, *, over: bool = False) -> None:
        """Tell the cores which questions about sides are not answered in time; all of them when the run is `over`."""
        while self._asked and (over or self._asked[0][0] <= time.monotonic_ns()):
            _, asked = self._asked.popleft()
            watched = self._roster.get(asked.symbol)
            if watched is not None:
                arrival = Arrival.now()
                for output in watched.core.process((SidesTold(asked.time_ns, asked.key, answered=False),)):
                    self._say(watched, output, arrival)

    def _tell(self, outputs: Iterable[Output], arrival: Arrival) -> None:
        """Journal what concerns nothing on the screen."""
        for output in outputs:
            event, happened_ns, fields = records.output_record(output)
            self._write(event, happened_ns, arrival, fields)

    def _on_answer(self, message: _Answered) -> None:
        one = (message.recommendation_id.split(":", 1)[0],)
        for symbol in self._publisher.together.get(message.recommendation_id, one):
            self._answer_symbol(symbol, message)

    def _answer_symbol(self, symbol: str, message: _Answered) -> None:
        watched = self._roster.get(symbol)
        if watched is None:
            return
        now_ns = message.arrival.wall_ns - self._roster.capabilities.delay_seconds * NS
        if self._replayed:
            now_ns = self._now_ns
        ids = [message.recommendation_id]
        if message.recommendation_id.startswith("market:"):
            cards = recommendations(watched.core, now_ns)
            ids = [card.recommendation_id for card in cards if card.status == "open" and card.kind == "flow"]
        for recommendation_id in ids:
            output = watched.core.answer(now_ns, recommendation_id, message.answer)
            if output is not None:
                self._say(watched, output, message.arrival)
        self._publish()

    def _write(
        self, event: str, happened_ns: int, arrival: Arrival, fields: Mapping[str, Any], *, sync: bool = False
    ) -> None:
        self._journal.write(event, happened_ns, arrival.mono_ns, fields, sync=sync)
        for listener in self.listeners:
            listener(event, happened_ns, fields)

    # --- views --------------------------------------------------------------------------------------------------

    def _publish(self) -> None:
        self._last_publish = time.monotonic_ns()
        if self._publish_ns:
            now_ns = self._now_ns if self._replayed else time.time_ns()
            self._publisher.make(
                self._roster,
                now_ns=now_ns,
                data_ns=now_ns - self._roster.capabilities.delay_seconds * NS,
                mono_ns=self._last_publish,
                closed=self._market == "closed" and not self._replayed,
            )
        self._publisher.publish(self._make_status())
        if self._news:
            self._news = False
            if self._on_news is not None:
                self._on_news()

    def _make_status(self) -> StatusView:
        feed, capabilities = self._feed_status, self._roster.capabilities
        paused, speed = self.pace()
        journal = self._journal
        detail = feed.detail if feed else ""
        if not journal.healthy:
            detail = f"NOT LOGGING: {journal.problem}, {journal.waiting} waiting"
        if self._exit_code:
            detail = self._ended_reason
        return StatusView(
            source_label=self._label + (" DELAYED 15 min" if capabilities.delay_seconds else ""),
            source_class=capabilities.source_class,
            host=capabilities.host,
            profile=self._profile,
            market=self._market,
            now_ns=self._now_ns,
            requests_last_second=feed.requests_last_second if feed else 0.0,
            requests_budget=feed.requests_budget if feed else 0.0,
            cycle_seconds=feed.cycle_seconds if feed else 0.0,
            connected=feed.connected if feed else False,
            detail=detail,
            logging=journal.healthy,
            alerts_total=self._alerts,
            missing_features=feed.missing_features if feed else (),
            stream=feed.stream if feed else "",
            ended=self._ended_reason,
            config_message=" | ".join(filter(None, (self._roster.message, self.problem, self.journal_notice))),
            positions_age_s=self._roster.positions_age_s,
            paused=paused,
            speed=speed,
            exit_code=self._exit_code,
        )
