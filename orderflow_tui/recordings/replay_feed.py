"""Plays recorded sessions through the same messages a live feed sends, at any speed."""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Clock, Event, Gap
from orderflow_tui.core.model.outputs import SideCheckRequested
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Arrival, Batch, FeedEnded, FeedMessage, FeedStatus, Put, Step
from orderflow_tui.recordings.formats.recorded_session import repeated_rows, repeated_words
from orderflow_tui.recordings.open_recording import RecordedSession, RecordingError

_BATCH: Final = 250
_PACE_NS: Final = 50_000_000
_LONGEST_SLEEP_S: Final = 0.25
_LOOK_S: Final = 0.02
"""How often a replay that waits looks for a key."""
_SKIP_NS: Final = 3_600 * NS
"""Nights and years between recordings are not waited for."""
_SECOND_BY_SECOND_NS: Final = 360 * NS
"""Before the instant that is sought each second is delivered apart: charts that keep minutes are then as played."""

Cue = tuple[int, Callable[[], None]]
"""An instant in nanoseconds UTC, and what is called once everything up to it has been delivered."""


class ReplayFeed:
    """A `Feed` over one recording or several played together by their own clocks.

    Args:
        recordings: What to play; all start at the earliest first event.
        speed: Recorded seconds a second; 0 is as fast as it goes.
        infer_sides: Ignore recorded aggressors.
        fast_until_ns: Play as fast as it goes up to this recorded instant; 0 does not.
        paused: Whether to wait, there or at the start.
        cues: What is called on the way, in the order of time.
    """

    def __init__(
        self,
        recordings: Sequence[RecordedSession],
        *,
        speed: float = 1.0,
        infer_sides: bool = False,
        fast_until_ns: int = 0,
        paused: bool = False,
        cues: Iterable[Cue] = (),
    ) -> None:
        self._recordings = tuple(recordings)
        self._infer = infer_sides
        self._pace = _Pace(speed, fast_until_ns, paused=paused)
        self._cues = deque(cues)
        self._capabilities = recordings[0].capabilities(infer_sides=infer_sides)

    @property
    def capabilities(self) -> Capabilities:
        """Of the first recording."""
        return self._capabilities

    @property
    def speed(self) -> float:
        """Recorded seconds a second; 0 is as fast as it goes."""
        return self._pace.speed

    @property
    def paused(self) -> bool:
        """Whether playing waits."""
        return self._pace.paused.is_set()

    def set_speed(self, speed: float) -> None:
        """Play on at another speed."""
        self._pace.speed = speed

    def toggle_pause(self) -> bool:
        """Wait, or go on; whether it waits now."""
        return self._pace.toggle()

    def step(self, step: Step) -> None:
        """Wait, and play up to and with the next event, or one second on; seconds without an event are passed over."""
        self._pace.step(step)

    @property
    def seeks_ns(self) -> int:
        """The instant that is played to as fast as it goes, nanoseconds UTC; 0 where none is."""
        return self._pace.fast_until_ns

    @property
    def arrived_ns(self) -> int:
        """The last instant that was passed as fast as it goes when playing came to what was sought."""
        return self._pace.arrived_ns

    def seek(self, time_ns: int) -> None:
        """Play to a later instant as fast as it goes; whether playing waits there is as it was."""
        self._pace.seek(time_ns)

    def start(self, symbols: Iterable[str], put: Put) -> None:
        """Play the recordings of these symbols from a thread of its own."""
        wanted = set(symbols)
        threading.Thread(target=self._run, args=(wanted, put), name="replay", daemon=True).start()

    def set_symbols(self, symbols: Iterable[str]) -> None:
        """A recording's symbols are what they are."""

    def set_urgency(self, symbols: Sequence[str]) -> None:
        """A recording is played in its own order."""

    def request_side_check(self, asked: SideCheckRequested) -> None:
        """A recording's books are all there: nobody asks."""

    def stop(self) -> None:
        """Ask the thread to end."""
        self._pace.stopped.set()

    def _run(self, wanted: set[str], put: Put) -> None:
        try:
            self._play(wanted, put)
        except RecordingError as problem:
            put(FeedEnded(str(problem), Arrival.now(), exit_code=1))

    def _play(self, wanted: set[str], put: Put) -> None:
        arrival = Arrival.now()
        put(FeedStatus("open", 0.0, 0.0, 0.0, connected=True, capabilities=self._capabilities, arrival=arrival))
        chosen = [recording for recording in self._recordings if recording.symbol in wanted]
        symbols = tuple(dict.fromkeys(recording.symbol for recording in chosen))
        merged = heapq.merge(*(_tagged(recording, infer=self._infer) for recording in chosen), key=lambda item: item[0])
        batch = _Batches(put)
        try:
            self._deliver(merged, symbols, batch)
        except RecordingError:
            batch.flush()
            raise
        if not self._pace.stopped.is_set():
            batch.flush()
            repeated = repeated_words(repeated_rows(chosen))
            put(FeedEnded(f"the recording has ended{repeated and f'; {repeated}'}", Arrival.now()))

    def _deliver(self, merged: Iterable[tuple[int, str, Event]], symbols: Sequence[str], batch: _Batches) -> None:
        """Each event when it is due, and the clock of every whole second between."""
        pace = self._pace
        clock_s = 0
        for time_ns, symbol, event in merged:
            if time_ns - clock_s * NS > _SKIP_NS:
                clock_s = time_ns // NS
                pace.jump()
            while (clock_s + 1) * NS <= time_ns and not pace.stopped.is_set():
                clock_s += 1
                self._cue(clock_s * NS, batch.flush)
                waited = pace.wait_until(clock_s * NS, batch.flush, event=False)
                for every in symbols:
                    batch.add(every, Clock(clock_s * NS))
                if waited or 0 < pace.fast_until_ns - clock_s * NS < _SECOND_BY_SECOND_NS:
                    batch.flush()
            self._cue(time_ns, batch.flush)
            waited = pace.wait_until(time_ns, batch.flush)
            if pace.stopped.is_set():
                return
            batch.add(symbol, event)
            if waited:
                batch.flush()

    def _cue(self, next_ns: int, flush: Callable[[], None]) -> None:
        """Call what is due before this instant."""
        while self._cues and self._cues[0][0] < next_ns:
            flush()
            self._cues.popleft()[1]()


def _tagged(recording: RecordedSession, *, infer: bool) -> Iterator[tuple[int, str, Event]]:
    """A recording's events with their time and symbol; before its first one nothing is known."""
    known = False
    for event in recording.events(infer_sides=infer):
        if not known:
            known = True
            yield event.time_ns, recording.symbol, Gap(event.time_ns, "start of the recording")
        yield event.time_ns, recording.symbol, event


class _Batches:
    """Collects events per symbol and puts them together."""

    def __init__(self, put: Callable[[FeedMessage], None]) -> None:
        self._put = put
        self._events: dict[str, list[Event]] = {}
        self._count = 0

    def add(self, symbol: str, event: Event) -> None:
        self._events.setdefault(symbol, []).append(event)
        self._count += 1
        if self._count >= _BATCH:
            self.flush()

    def flush(self) -> None:
        arrival = Arrival.now()
        for symbol, events in self._events.items():
            self._put(Batch(symbol, "tape", events, arrival))
        self._events, self._count = {}, 0


class _Pace:
    """Keeps recorded time in step with the clock on the wall."""

    def __init__(self, speed: float, fast_until_ns: int, *, paused: bool) -> None:
        self.speed = speed
        self.stopped = threading.Event()
        self.paused = threading.Event()
        if paused:
            self.paused.set()
        self.fast_until_ns = fast_until_ns
        self.arrived_ns = 0
        self._at_wall = 0
        self._at_recorded = 0
        self._for_speed = -1.0
        self._lock = threading.Lock()
        self._steps: deque[Step] = deque()
        self._passed_ns = self._second_ns = 0

    def toggle(self) -> bool:
        """Wait, or go on; whether it waits now."""
        with self._lock:
            self._steps.clear()
            if self.paused.is_set():
                self.paused.clear()
            else:
                self.paused.set()
            return self.paused.is_set()

    def step(self, step: Step) -> None:
        """Wait, and let a step pass."""
        with self._lock:
            self.paused.set()
            self._steps.append(step)

    def seek(self, time_ns: int) -> None:
        """Let everything before this instant pass at once."""
        with self._lock:
            self._steps.clear()
            self.fast_until_ns = time_ns

    def jump(self) -> None:
        """The next instant is due now."""
        self._for_speed = -1.0

    def wait_until(self, recorded_ns: int, before_sleep: Callable[[], None], *, event: bool = True) -> bool:
        """Wait until this recorded instant is due; whether what is due then is to be shown at once.

        Args:
            recorded_ns: When it happened.
            before_sleep: Called before each wait.
            event: Whether it is more than time that passes.
        """
        shown = self._wait_until(recorded_ns, before_sleep, event=event)
        self._passed_ns = max(self._passed_ns, recorded_ns)
        return shown

    def _wait_until(self, recorded_ns: int, before_sleep: Callable[[], None], *, event: bool) -> bool:
        waited = False
        while not self.stopped.is_set():
            if self._is_fast(recorded_ns):
                return waited
            if self.paused.is_set():
                if self._stepped(recorded_ns, event=event):
                    return True
                before_sleep()
                self._for_speed = -1.0
                self.stopped.wait(_LOOK_S)
                continue
            speed = self.speed
            if speed <= 0:
                return waited
            if speed != self._for_speed:
                self._for_speed = speed
                self._at_wall, self._at_recorded = time.monotonic_ns(), recorded_ns
            due = self._at_wall + int((recorded_ns - self._at_recorded) / speed)
            early = due - time.monotonic_ns()
            if early < _PACE_NS:
                return waited
            before_sleep()
            waited = True
            self.stopped.wait(min(early / NS, _LONGEST_SLEEP_S))
        return waited

    def _is_fast(self, recorded_ns: int) -> bool:
        """Whether this lies before the instant that is sought; one that is reached is sought no more."""
        with self._lock:
            if recorded_ns < self.fast_until_ns:
                self._for_speed = -1.0
                return True
            if self.fast_until_ns:
                self.fast_until_ns, self.arrived_ns = 0, self._passed_ns
            return False

    def _stepped(self, recorded_ns: int, *, event: bool) -> bool:
        """Whether a step lets this pass."""
        if recorded_ns <= self._second_ns:
            return True
        with self._lock:
            if not self._steps:
                return False
            if self._steps[0] == "event":
                if event:
                    self._steps.popleft()
                return True
            self._steps.popleft()
            self._second_ns = max(self._passed_ns + NS, recorded_ns)
            return True
