"""A run's time: the wall's for a live feed, the recording's for a replay. The monitor does not know which it has."""

from __future__ import annotations

import time
from typing import Final, Protocol

from orderflow_tui.core.announcer import LATE_NS
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Arrival


class RunClock(Protocol):
    """What the monitor asks of time. All instants are nanoseconds UTC."""

    inbox_limit: int
    """How many feed messages may wait for the monitor."""
    takes_at_once: bool
    """Whether data may be worked on in the feed's thread; a recording waits for the monitor's instead."""
    asks_feed: bool
    """Whether questions about sides go to the feed; a recording holds the answers of its run."""
    follows_to_the_end: bool
    """Whether open outcomes are settled when the run ends; live ones go on after a restart."""
    now_ns: int
    """The newest instant of the run."""
    delay_ns: int
    """How late the feed is by contract."""

    def begin(self) -> None:
        """The run starts."""

    def second(self, arrival: Arrival) -> int | None:
        """A second has passed: the market's time to tell every symbol, or None where events alone carry time."""

    def reached(self, time_ns: int) -> bool:
        """The feed has brought data up to this instant; whether it moves this clock."""

    def started_at(self, time_ns: int) -> None:
        """When the run's first data happened, for its length."""

    def shown_ns(self) -> int:
        """The instant views are made for."""

    def answered_ns(self, arrival: Arrival) -> int:
        """The market's time at which an answer was given."""

    def news_from_ns(self, arrival: Arrival) -> int:
        """What happened before this instant is told late."""

    def behind_ns(self, delay_seconds: int) -> int:
        """How much later than the run's own data that of a symbol is, whose contract says so."""

    def closed(self, market: str) -> bool:
        """Whether data may be old because the market is closed."""

    def seconds(self, arrival: Arrival) -> float:
        """How long the run has lasted."""


class LiveClock:
    """The wall's time, less the feed's delay where the market's is meant."""

    inbox_limit: int = 10_000
    takes_at_once: bool = True
    asks_feed: bool = True
    follows_to_the_end: bool = False

    def __init__(self) -> None:
        self.now_ns = 0
        self.delay_ns = 0
        self._started_ns = time.time_ns()

    def begin(self) -> None:
        """The run starts now."""
        self.now_ns = time.time_ns()

    def second(self, arrival: Arrival) -> int:
        """The market's time now."""
        self.now_ns = arrival.wall_ns
        return arrival.wall_ns - self.delay_ns

    def reached(self, time_ns: int) -> bool:  # noqa: ARG002 the wall moves this clock
        """Data does not move the wall's time."""
        return False

    def started_at(self, time_ns: int) -> None:
        """A live run's length is the wall's."""

    def shown_ns(self) -> int:
        """Now."""
        return time.time_ns()

    def answered_ns(self, arrival: Arrival) -> int:
        """The market's time at the key press."""
        return arrival.wall_ns - self.delay_ns

    def news_from_ns(self, arrival: Arrival) -> int:
        """Thirty seconds before the market's time at arrival."""
        return arrival.wall_ns - self.delay_ns - LATE_NS

    def behind_ns(self, delay_seconds: int) -> int:
        """A login may have some symbols in real time and others fifteen minutes late."""
        return max(delay_seconds * NS - self.delay_ns, 0)

    def closed(self, market: str) -> bool:
        """As the feed says."""
        return market == "closed"

    def seconds(self, arrival: Arrival) -> float:
        """By the wall."""
        return _seconds(arrival.wall_ns - self._started_ns)


_REPLAY_LIMIT: Final = 4
"""A recording waits for the monitor instead of filling memory."""


class RecordedClock:
    """The recording's time, which its events move."""

    inbox_limit: int = _REPLAY_LIMIT
    takes_at_once: bool = False
    asks_feed: bool = False
    follows_to_the_end: bool = True

    def __init__(self) -> None:
        self.now_ns = 0
        self.delay_ns = 0
        self._first_ns = 0

    def begin(self) -> None:
        """Time begins with the first event."""

    def second(self, arrival: Arrival) -> None:
        """The events carry the time."""

    def reached(self, time_ns: int) -> bool:
        """Played up to this instant."""
        self.now_ns = max(self.now_ns, time_ns)
        return True

    def started_at(self, time_ns: int) -> None:
        """The recording's first instant."""
        self._first_ns = self._first_ns or time_ns

    def shown_ns(self) -> int:
        """How far it is played."""
        return self.now_ns

    def answered_ns(self, arrival: Arrival) -> int:  # noqa: ARG002 the key was pressed at the recording's instant
        """How far it is played."""
        return self.now_ns

    def news_from_ns(self, arrival: Arrival) -> int:  # noqa: ARG002 nothing is late
        """Nothing of a recording is late."""
        return 0

    def behind_ns(self, delay_seconds: int) -> int:  # noqa: ARG002 the recording's own times hold
        """A recording is as late as it is."""
        return 0

    def closed(self, market: str) -> bool:  # noqa: ARG002 what is played is not old
        """What is played is never old."""
        return False

    def seconds(self, arrival: Arrival) -> float:  # noqa: ARG002 the wall says nothing
        """By the recording."""
        return _seconds(self.now_ns - self._first_ns)


def _seconds(span_ns: int) -> float:
    return round(max(span_ns, 0) / NS, 3)
