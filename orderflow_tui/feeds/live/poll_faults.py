"""From a failed poll to what is said about it and when it is tried again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from orderflow_tui.feeds.errors import (
    AuthError,
    FeedError,
    NetworkError,
    NotEntitledError,
    RateLimitError,
    ServerError,
    SymbolNotFoundError,
)
from orderflow_tui.feeds.feed import ApiFault, Arrival, FeedEnded, Put, SymbolNote
from orderflow_tui.feeds.live.link import LinkState
from orderflow_tui.feeds.live.retry import RetryPolicy
from orderflow_tui.feeds.live.schedule import Job

TELL_AFTER_SECONDS: Final = 8.0
"""A poll failing for so long is told of before its retries are used up: hung exchanges are slow to fail."""
CONNECTION_EVERY_SECONDS: Final = 5.0
"""While the connection is down, one fault in so many seconds speaks for all symbols."""
NOT_IN_PLAN_SECONDS: Final = 900.0
NOT_FOUND_SECONDS: Final = 60.0
OPTIONAL_SECONDS: Final = 60.0
FEATURES: Final = {"snapshot": "quotes", "trades": "trades"}


class PollFaults:
    """What the workers' failures amount to; safe from any thread.

    Args:
        standing: The feed's shared state.
        put: Where messages go.
        policy: Waits between attempts, and how many make a fault.
        clock: Nanoseconds UTC.
    """

    def __init__(self, standing: LinkState, put: Put, policy: RetryPolicy, clock: Callable[[], int]) -> None:
        self.ended = False
        self._standing = standing
        self._put = put
        self._policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self._not_found: set[str] = set()
        self._connection_told_at = 0.0

    def succeeded(self, job: Job) -> None:
        """A poll succeeded: what was missing is there."""
        if job.failures:
            job.failures, job.failing_since = 0, 0.0
            job.suspect = False
        # An optional turn may have asked nothing, so its success proves nothing.
        feature = None if job.optional else FEATURES.get(job.endpoint)
        if feature is not None and self._standing.set_feature(feature, missing=False):
            self._standing.learn(**{feature: True})
        if job.symbol is not None and job.symbol in self._not_found:
            self._not_found.discard(job.symbol)
            self._put(SymbolNote(job.symbol, "ok", "", self._now()))

    def failed(self, job: Job, error: FeedError, started: float) -> float:
        """A poll failed: say so where it is time, and return the seconds from its start to its next one."""
        if isinstance(error, AuthError):
            self._end(job, error)
            return NOT_IN_PLAN_SECONDS
        if job.optional:
            job.failures += 1
            job.suspect = isinstance(error, NetworkError)
            return NOT_IN_PLAN_SECONDS if isinstance(error, NotEntitledError) else OPTIONAL_SECONDS
        if isinstance(error, NotEntitledError):
            return self._not_in_plan(job, error)
        if isinstance(error, SymbolNotFoundError) and job.symbol is not None:
            if job.symbol not in self._not_found:
                self._not_found.add(job.symbol)
                self._put(SymbolNote(job.symbol, "not_found", str(error), self._now()))
            return NOT_FOUND_SECONDS
        return self._try_again(job, error, started)

    def _try_again(self, job: Job, error: FeedError, started: float) -> float:
        job.failures += 1
        job.failing_since = job.failing_since or started
        job.suspect = isinstance(error, NetworkError)
        wait = self._policy.delay(job.failures, error.retry_after)
        curable = isinstance(error, (NetworkError, ServerError, RateLimitError))
        if curable:
            self._standing.failed(wait)
        failing_for = time.monotonic() - job.failing_since
        long_hold = job.failures == 1 and wait >= TELL_AFTER_SECONDS
        late = job.failures > self._policy.max_retries or failing_for >= TELL_AFTER_SECONDS
        if not curable or late or long_hold:
            self._tell(job, error)
        return time.monotonic() - started + wait

    def _tell(self, job: Job, error: FeedError) -> None:
        symbol = job.symbol
        if not self._standing.connected:
            with self._lock:
                now = time.monotonic()
                if now - self._connection_told_at < CONNECTION_EVERY_SECONDS:
                    return
                self._connection_told_at = now
            symbol = None
        self._put(
            ApiFault(
                error.error_type, str(error), self._now(), status=error.status, endpoint=job.endpoint, symbol=symbol
            )
        )

    def _not_in_plan(self, job: Job, error: NotEntitledError) -> float:
        feature = FEATURES[job.endpoint]
        if self._standing.set_feature(feature, missing=True):
            self._standing.learn(**{feature: False})
            self._put(ApiFault("403", str(error), self._now(), status=403, endpoint=job.endpoint, feature=feature))
        return NOT_IN_PLAN_SECONDS

    def _end(self, job: Job, error: AuthError) -> None:
        with self._lock:
            if self.ended:
                return
            self.ended = True
        now = self._now()
        self._put(ApiFault("401", str(error), now, status=error.status, endpoint=job.endpoint, final=True))
        self._put(FeedEnded("the API key is refused", now, exit_code=1))

    def _now(self) -> Arrival:
        return Arrival(time.monotonic_ns(), self._clock())
