"""From when to when recordings last."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final

from orderflow_tui.recordings.formats.recorded_session import RecordedSession, RecordingError

_AT_ONCE: Final = 1_000
_PAUSE_S: Final = 0.01
"""About as long as a thousand events take to read: the screen has its turn."""


def look_through(
    recordings: Sequence[RecordedSession], tell: Callable[[int, int], None], stopped: threading.Event
) -> None:
    """Find the first and the last instant of recordings that are played together.

    Args:
        recordings: Opened for this alone.
        tell: Called with the first instant, nanoseconds UTC, and 0, then with both.
        stopped: Ends it early.
    """
    starts: list[int] = []
    end_ns = 0
    try:
        for recording in recordings:
            first = next(iter(recording.events()), None)
            if first is not None:
                starts.append(first.time_ns)
        if not starts:
            return
        tell(min(starts), 0)
        for recording in recordings:
            events = iter(recording.events())
            while piece := list(islice(events, _AT_ONCE)):
                end_ns = max(end_ns, piece[-1].time_ns)
                if stopped.wait(_PAUSE_S):
                    return
    except RecordingError:  # playing it says so
        return
    tell(min(starts), end_ns)
