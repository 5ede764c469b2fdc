"""Each name is told once a second that time has passed."""

from __future__ import annotations

import time
from collections import deque
from typing import Final

from orderflow_tui.core.announcer import LATE_NS
from orderflow_tui.core.model.events import Clock
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Arrival
from orderflow_tui.monitor.blindness import BlindnessTracker
from orderflow_tui.monitor.clock import RunClock
from orderflow_tui.monitor.outbox import Outbox
from orderflow_tui.monitor.status import RunState
from orderflow_tui.monitor.view_pace import ViewPace
from orderflow_tui.monitor.watched_symbol import STALE_AFTER_S
from orderflow_tui.monitor.watched_symbols import WatchedSymbols

_TICK_NS: Final = 50_000_000
"""Telling names the time lets other work have its turn after so long."""


class SecondTicks:
    """Used by the monitor's thread alone.

    Args:
        symbols: Who is told.
        clock: The run's time.
        outbox: Takes what they say.
        blindness: Judges what is seen of each.
        state: Knows how the feed stands.
        views: Know whether anybody looks.
    """

    def __init__(
        self,
        symbols: WatchedSymbols,
        clock: RunClock,
        outbox: Outbox,
        *,
        blindness: BlindnessTracker,
        state: RunState,
        views: ViewPace,
    ) -> None:
        self._symbols = symbols
        self._clock = clock
        self._outbox = outbox
        self._blindness = blindness
        self._state = state
        self._views = views
        self._due: deque[str] = deque()
        """Names that are still to be told this second's time."""

    @property
    def due(self) -> bool:
        """Whether some are still to be told."""
        return bool(self._due)

    def begin(self) -> None:
        """A second has passed: all names are due."""
        self._due = deque(dict.fromkeys([*self._due, *(one.core.symbol for one in self._symbols.all())]))

    def tell(self) -> None:
        """Tell those that are due; what takes long is spread over the monitor's rounds.

        A machine that wakes up has an hour of seconds to make up for in each name, a twentieth of a second's work.
        """
        until = time.monotonic_ns() + _TICK_NS
        while self._due:
            watched = self._symbols.get(self._due.popleft())
            if watched is not None:
                arrival = Arrival.now()
                behind_ns = self._clock.behind_ns(watched.core.terms.capabilities.delay_seconds)
                at = self._clock.answered_ns(arrival) - behind_ns
                watched.clock_moved(arrival.wall_ns)
                if not (self._views.makes_views or watched.health.reason):
                    watched.recorder.keep(watched.core, at // NS)  # a screen that comes has the map of its last minutes
                if watched.core.announcer.outcomes is not None:
                    stale = (watched.age_s(arrival.wall_ns) or 0.0) > STALE_AFTER_S
                    watched.core.announcer.outcomes.seen = not (watched.health.reason or stale)
                for output in watched.core.process((Clock(at),), news_from_ns=at - LATE_NS):
                    self._outbox.say(watched, output, arrival)
                self._blindness.check(watched, self._state.feed, arrival)
            if time.monotonic_ns() >= until:
                return
