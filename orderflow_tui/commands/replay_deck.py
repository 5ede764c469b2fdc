"""A replay that can be wound: forward at full speed, back by playing the recording anew up to there."""

from __future__ import annotations

import threading
from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from msgspec.structs import replace

from orderflow_tui.core.model.holder import Answer, WorkingOrder
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Step
from orderflow_tui.journal.directory import JournalError
from orderflow_tui.journal.records import AlertRecord, ExitRecord, Record
from orderflow_tui.journal.rewind import JournalMark
from orderflow_tui.monitor.commands import AnswerGiven, OwnOrders
from orderflow_tui.monitor.monitor import Monitor
from orderflow_tui.recordings.extent import look_through
from orderflow_tui.recordings.open_recording import RecordedSession, RecordingError
from orderflow_tui.recordings.replay_feed import Cue, ReplayFeed
from orderflow_tui.views.frozen_views import AlertLine, DetailView, RecommendationView, StatusView, SymbolView
from orderflow_tui.views.replay_progress import MarkKind, ReplayView

_MOST_MARKS: Final = 2_000
_END_SECONDS: Final = 10.0
"""How long the pass before may take to end; it waits for its disk only."""


class Start(NamedTuple):
    """How a pass begins."""

    speed: float
    fast_until_ns: int = 0
    paused: bool = False
    cues: tuple[tuple[int, AnswerGiven | OwnOrders], ...] = ()
    """What the trader said by then, with the recording's instant."""

    def calls(self, monitors: Sequence[Monitor]) -> list[Cue]:
        """The cues as a feed takes them; `monitors` holds its monitor once there is one."""
        return [(at, partial(_say_again, monitors, command)) for at, command in self.cues]


class Pass(NamedTuple):
    """One way through the recording."""

    monitor: Monitor
    feed: ReplayFeed


class Make(Protocol):
    """Makes a pass that is not started yet."""

    def __call__(self, start: Start) -> Pass:
        """A pass that begins so."""
        ...


class _Passes:
    """What is shown of a replay: the pass that was, until the one that plays has reached what was sought."""

    def __init__(self, first: Pass) -> None:
        self._now = self._shown = first
        self._on_news: Callable[[], None] | None = None
        self._detailed = ""

    def views(self) -> Mapping[str, SymbolView]:
        """The newest view of each symbol."""
        return self._shown.monitor.views()

    def alert_lines(self) -> tuple[AlertLine, ...]:
        """The newest alert lines, newest first."""
        return self._shown.monitor.alert_lines()

    def recommendations(self) -> tuple[RecommendationView, ...]:
        """Open ones first, then those held and snoozed."""
        return self._shown.monitor.recommendations()

    def answer(self, recommendation_id: str, answer: Answer) -> None:
        """Record the trader's answer."""
        self._now.monitor.answer(recommendation_id, answer)

    def recover(self, symbol: str) -> None:
        """Try a BLIND symbol again now."""
        self._now.monitor.recover(symbol)

    def own_orders(self, symbol: str, orders: tuple[WorkingOrder, ...]) -> None:
        """These orders in the symbol's book are the holder's."""
        self._now.monitor.own_orders(symbol, orders)

    def watch_detail(self, symbol: str) -> None:
        """Make `detail()` for this symbol from now on; an empty one ends it."""
        self._detailed = symbol
        self._now.monitor.watch_detail(symbol)

    def detail(self) -> DetailView | None:
        """The newest detail of the symbol that is watched; None until it is made."""
        return self._shown.monitor.detail()

    def rule_record(self, evidence: str) -> str:
        """How a rule has done, in one line."""
        return self._shown.monitor.rule_record(evidence)

    def on_news(self, listener: Callable[[], None]) -> None:
        """Call back, in the monitor's thread, once news has been published."""
        self._on_news = listener
        self._now.monitor.on_news(listener)


class ReplayDeck(_Passes):
    """A monitor of a replay, and the keys that drive it. Implements `views.MonitorPort` and `tui`'s `ReplayPort`.

    Going back plays the recording anew to the instant that is sought, with the answers given until then; its journal
    is taken back to the run's start first, so that it says once what this replay said. The screen stays as it was
    until the instant is reached.

    Args:
        make: Makes a pass.
        begin: How the first begins.
        directory: The journal's.
        recordings: Opened for the deck alone, which looks through them for their end.
    """

    def __init__(self, make: Make, begin: Start, directory: Path, recordings: Sequence[RecordedSession]) -> None:
        super().__init__(make(begin))
        self._make = make
        self._mark = JournalMark(directory)
        self._recordings = recordings
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._target_ns = 0
        """What the thread that winds back is to reach; 0 while there is none."""
        self._given: list[tuple[int, AnswerGiven | OwnOrders]] = []
        self._marks: list[tuple[int, MarkKind]] = []
        self._extent = (0, 0)
        self._changes = 0
        self._problem = ""

    # --- the run ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start playing."""
        self._begin(self._now)
        looking = partial(look_through, self._recordings, self._found_extent, self._stopped)
        threading.Thread(target=looking, name="length of the recording", daemon=True).start()

    def stop(self, reason: str = "asked", timeout: float = 0.4, exit_code: int = 0) -> None:
        """End the run. Waits for its thread at most `timeout` seconds."""
        self._stopped.set()
        self._now.monitor.stop(reason, timeout, exit_code)

    @property
    def failure(self) -> BaseException | None:
        """What ended the monitor's thread against its will."""
        return self._now.monitor.failure

    @property
    def unwritten(self) -> int:
        """Records the disk did not take before the end."""
        return self._now.monitor.unwritten

    def _begin(self, one: Pass) -> None:
        one.monitor.pace = lambda: (one.feed.paused, one.feed.speed)
        one.monitor.on_command = self._said
        one.monitor.listeners.append(self._on_record)
        if self._on_news is not None:
            one.monitor.on_news(self._on_news)
        one.monitor.start()
        if self._detailed:
            one.monitor.watch_detail(self._detailed)

    def _found_extent(self, start_ns: int, end_ns: int) -> None:
        self._extent = (start_ns, end_ns)
        self._changes += 1

    def _said(self, at_ns: int, command: AnswerGiven | OwnOrders) -> None:
        if all(command != known for _, known in self._given):
            self._given.append((at_ns, command))

    def _on_record(self, record: Record, happened_ns: int) -> None:
        kind: MarkKind
        if isinstance(record, ExitRecord):
            kind = "exit"
        elif isinstance(record, AlertRecord) and record.counts:
            kind = "alert"
        else:
            return
        mark = (happened_ns, kind)
        if mark not in self._marks and len(self._marks) < _MOST_MARKS:
            insort(self._marks, mark)

    # --- the keys -----------------------------------------------------------------------------------------------

    def toggle_pause(self) -> None:
        """Wait, or go on."""
        self._now.feed.toggle_pause()

    def change_speed(self, factor: float) -> None:
        """Play on this much faster."""
        self._now.feed.set_speed(self._now.feed.speed * factor)

    def step(self, step: Step) -> None:
        """Wait, and play the next event or one second."""
        self._now.feed.step(step)

    def seek_by(self, seconds: int) -> str:
        """Go so many recorded seconds on, or back; returns what to tell."""
        with self._lock:
            here = self._target_ns or self._now.feed.seeks_ns or self._now.monitor.status().now_ns
        return self.seek(here + seconds * NS) if here else ""

    def seek(self, time_ns: int) -> str:
        """Go to an instant of the recording; returns what to tell, empty where the screen shows it."""
        start_ns, end_ns = self._extent
        target = max(min(time_ns, end_ns or time_ns), start_ns, 1)
        with self._lock:
            self._changes += 1
            if self._target_ns:
                self._target_ns = target
                return ""
            status = self._now.monitor.status()
            if target >= status.now_ns:
                if status.ended:
                    return "the recording has ended"
                self._now.feed.seek(target)
                return ""
            if not self._now.monitor.writes_alone:
                return "another program writes in this journal: a replay cannot go back in it"
            self._target_ns = target
        threading.Thread(target=self._wind_back, name="winding back", daemon=True).start()
        return ""

    def _wind_back(self) -> None:
        """Play anew until what is sought lies ahead: it may change meanwhile."""
        target = 0
        while not self._stopped.is_set():
            with self._lock:
                before = self._now
                if target and self._target_ns >= target:
                    before.feed.seek(self._target_ns)
                    self._target_ns = 0
                    return
                target = self._target_ns
            try:
                self._play_anew(before, target)
            except (OSError, JournalError, RecordingError) as problem:
                self._problem = f"the replay cannot go back: {problem}"
                self._target_ns = 0
                return

    def _play_anew(self, before: Pass, target: int) -> None:
        before.monitor.stop("went back in the recording", _END_SECONDS)
        if before.monitor.running:
            raise JournalError("its journal's disk does not answer")
        self._mark.restore()
        self._given = [(at, command) for at, command in self._given if at <= target]
        feed = before.feed
        self._now = self._make(Start(feed.speed, target, feed.paused, tuple(self._given)))
        self._begin(self._now)
        if self._stopped.is_set():
            self._now.monitor.stop()

    # --- what is shown ------------------------------------------------------------------------------------------

    @property
    def version(self) -> int:
        """Grows with every publication."""
        self._follow()
        return self._changes + self._shown.monitor.version

    def _follow(self) -> None:
        """Show the newest pass once it has reached what was sought."""
        with self._lock:
            now = self._now
            if now is self._shown or self._target_ns:
                return
            if not _seeks(now):
                self._changes += self._shown.monitor.version + 1
                self._shown = now

    def status(self) -> StatusView:
        """The newest status line, with the replay's place."""
        now, shown = self._now.monitor.status(), self._shown.monitor.status()
        seeks_ns = self._target_ns or _seeks(self._now)
        start_ns, end_ns = self._extent
        bar = ReplayView(start_ns, now.now_ns, end_ns, seeks_ns, tuple(self._marks))
        wound: dict[str, Any] = {"ended": ""} if shown is not now else {}
        failed: dict[str, Any] = {"ended": self._problem, "exit_code": 1} if self._problem else {}
        return replace(shown, replay=bar, **wound, **failed)


def _seeks(one: Pass) -> int:
    """What a pass plays to as fast as it goes, until its monitor has caught up; 0 where nothing is sought."""
    status = one.monitor.status()
    if status.ended:
        return 0
    behind = status.now_ns < one.feed.arrived_ns
    return one.feed.seeks_ns or (one.feed.arrived_ns if behind else 0)


def _say_again(monitors: Sequence[Monitor], command: AnswerGiven | OwnOrders) -> None:
    monitors[0].say_again(command)
