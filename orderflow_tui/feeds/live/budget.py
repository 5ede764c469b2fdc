"""One budget of request starts for all threads."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

_FOREVER: Final = threading.Event()


class StopSignal(Protocol):
    """What a waiting thread can be woken by; `threading.Event` is one."""

    def is_set(self) -> bool:
        """Whether to give up."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait up to so many seconds; True when it is time to give up."""
        ...


class RateLimiter:
    """At most so many request starts in any sliding second, first come, first served.

    From one a second up, the whole part of the rate fits into any second; below one, starts are `1 / rate` seconds
    apart (0.0833 is five a minute). A start waits only until the oldest one that still counts has left the second.

    Args:
        per_second: Allowed starts a second, above 0.
        margin: Seconds added to the second, because arrivals at the server jitter against starts here.
        clock: Seconds on a monotonic clock.
    """

    def __init__(self, per_second: float, *, margin: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._margin = margin
        self._clock = clock
        self._turn = threading.Condition()
        self._starts: deque[float] = deque()
        self.set_rate(per_second)
        self._held_until = -math.inf
        self._queue: deque[object] = deque()

    def set_rate(self, per_second: float) -> None:
        """Another budget from now on; starts of the last second count in it."""
        if not (math.isfinite(per_second) and per_second > 0):
            raise ValueError(f"requests a second must be finite and above 0, not {per_second!r}")
        with self._turn:
            self.per_second = per_second
            self._window = (1.0 if per_second >= 1 else 1 / per_second) + self._margin
            self._starts = deque(self._starts, maxlen=max(int(per_second), 1))

    def acquire(self, stop: StopSignal | None = None) -> bool:
        """Wait for a start and take it; False when `stop` was set first, and then nothing was taken."""
        stop = stop if stop is not None else _FOREVER
        ticket = object()
        with self._turn:
            self._queue.append(ticket)
            while self._queue[0] is not ticket:
                self._turn.wait()
        # Only the first in the queue waits on the clock: nobody overtakes, and a cancelled one costs nobody a start.
        try:
            while not stop.is_set():
                with self._turn:
                    now = self._clock()
                    wait = self._ready_at() - now
                    if wait <= 0:
                        self._starts.append(now)
                        return True
                stop.wait(wait)
            return False
        finally:
            with self._turn:
                self._queue.popleft()
                self._turn.notify_all()

    def hold(self, seconds: float) -> None:
        """Let nothing start for so many seconds: the server said it is too much."""
        with self._turn:
            self._held_until = max(self._held_until, self._clock() + seconds)

    def held_for(self) -> float:
        """Seconds until a hold ends, 0 without one."""
        with self._turn:
            return max(self._held_until - self._clock(), 0.0)

    def starts_last_second(self) -> int:
        """Request starts in the last second."""
        with self._turn:
            now = self._clock()
            return sum(now - start < 1 for start in self._starts)

    def _ready_at(self) -> float:
        full = len(self._starts) == self._starts.maxlen
        return max(self._starts[0] + self._window if full else -math.inf, self._held_until)
