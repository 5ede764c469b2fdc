"""Plays a recorded symbol as its core was told everything then: for one alert, from a little before it on."""

from __future__ import annotations

from collections.abc import Iterable

from orderflow_tui.core.model.events import Clock
from orderflow_tui.core.transcript import CoreCall, Fed, data_time
from orderflow_tui.feeds.feed import Arrival, FeedEnded, FeedStatus, Played, Put
from orderflow_tui.recordings.formats.raw import RawSession
from orderflow_tui.recordings.replay_feed import Cue, ReplayFeed


class ExactFeed(ReplayFeed):
    """A `Feed` over one recorded symbol whose calls, not only its events, are played.

    Args:
        session: What to play.
        speed: Recorded seconds a second; 0 is as fast as it goes.
        fast_until_ns: Play as fast as it goes up to this instant of the data's time.
        paused: Whether to wait there.
        cues: What is called on the way, in the order of time.
    """

    def __init__(
        self, session: RawSession, *, speed: float, fast_until_ns: int, paused: bool = True, cues: Iterable[Cue] = ()
    ) -> None:
        super().__init__([session], speed=speed, fast_until_ns=fast_until_ns, paused=paused, cues=cues)
        self._session = session

    def _play(self, wanted: set[str], put: Put) -> None:
        symbol, pace = self._session.symbol, self._pace
        arrival = Arrival.now()
        put(FeedStatus("open", 0.0, 0.0, 0.0, connected=True, capabilities=self.capabilities, arrival=arrival))
        time_ns = 0
        for frame in self._session.frames() if symbol in wanted else ():
            time_ns = data_time(frame, time_ns)
            self._cue(time_ns, _nothing_waits)
            pace.wait_until(time_ns, _nothing_waits, event=not _only_time(frame))
            if pace.stopped.is_set():
                return
            put(Played(symbol, frame, time_ns, Arrival.now()))
        put(FeedEnded("the recording has ended", Arrival.now()))


def _only_time(frame: CoreCall) -> bool:
    return isinstance(frame, Fed) and all(isinstance(event, Clock) for event in frame.events)


def _nothing_waits() -> None:
    """Every call is delivered at once."""
