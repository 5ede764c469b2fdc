"""How the feed stands as a whole: connected or not, what the plan has, and what the status line is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Arrival, FeedGap, FeedStatus, MarketState, Put
from orderflow_tui.feeds.live.budget import RateLimiter

GAP_SECONDS: Final = 30.0
"""A longer silence of the whole connection is a gap in the data."""
OUTAGE_SECONDS: Final = 3.0
"""Failing for longer than this without one success: the connection is down, not a symbol."""
DELAYED_SECONDS: Final = 900
CLOCK_SKEW_NS: Final = 2 * NS
STATUS_SECONDS: Final = 1.0


class LinkState:
    """State that all workers share; every method is safe from any thread.

    Args:
        capabilities: What the source is believed to show before it was asked.
        put: Where messages go.
        limiter: For the figures of the budget; None where the source is asked nothing.
        clock: Nanoseconds UTC.
        recovered: Called when an outage has ended.
    """

    def __init__(
        self,
        capabilities: Capabilities,
        *,
        put: Put,
        limiter: RateLimiter | None,
        clock: Callable[[], int],
        recovered: Callable[[], None],
    ) -> None:
        self.capabilities = capabilities
        self.market: MarketState = "unknown"
        self.skew_ns = 0
        self.cycle_seconds = 1.0
        self.gap_told_until_ns = 0
        self._put = put
        self._limiter = limiter
        self._clock = clock
        self._recovered = recovered
        self._lock = threading.Lock()
        self._answered_wall_ns = 0
        self._answered_at = time.monotonic()
        self._missing: set[str] = set()
        self._stream = ""
        self._retry_at = 0.0
        self._reported_at = 0.0
        self._reported: FeedStatus | None = None

    @property
    def gap_ns(self) -> int:
        """A silence longer than this is a gap; slow budgets have long cycles."""
        return int(max(GAP_SECONDS, 3 * self.cycle_seconds) * NS)

    @property
    def connected(self) -> bool:
        """Whether the host has answered lately, or nothing has failed since it did."""
        return not self._retry_at or time.monotonic() - self._answered_at <= OUTAGE_SECONDS

    def answered(self, arrival: Arrival) -> None:
        """An exchange succeeded. Tells of the gap before its caller can deliver what followed it.

        The wall clock decides: on a suspended machine the monotonic one stands still.
        """
        with self._lock:
            silent_from, self._answered_wall_ns = self._answered_wall_ns, arrival.wall_ns
            gap = bool(silent_from) and arrival.wall_ns - silent_from > self.gap_ns
            outage = gap or not self.connected
            self._answered_at = time.monotonic()
            self._retry_at = 0.0
            if gap:
                self.gap_told_until_ns = arrival.wall_ns
        if gap:
            self._put(FeedGap(None, silent_from, arrival.wall_ns, "no answer from the host", arrival))
        if outage:
            self._recovered()

    def failed(self, retry_seconds: float) -> None:
        """An exchange failed; the next one of its kind follows in so many seconds."""
        with self._lock:
            self._retry_at = time.monotonic() + retry_seconds

    def is_missing(self, feature: str) -> bool:
        """Whether the plan lacks it."""
        with self._lock:
            return feature in self._missing

    def set_feature(self, feature: str, *, missing: bool) -> bool:
        """Note whether the plan has it; True when that is news."""
        with self._lock:
            news = missing != (feature in self._missing)
            (self._missing.add if missing else self._missing.discard)(feature)
        return news

    def learn(self, **facts: object) -> None:
        """Correct what the source is believed to show (fields of `Capabilities`)."""
        with self._lock:
            self.capabilities = replace(self.capabilities, **facts)

    def set_stream(self, state: str) -> None:
        """How the stream stands, in a word or two."""
        self._stream = state

    def report(self) -> None:
        """Send the status where it changed, at most once a second."""
        with self._lock:
            now = time.monotonic()
            if now - self._reported_at < STATUS_SECONDS:
                return
            status = self._status(now)
            if self._reported is not None and replace(status, arrival=self._reported.arrival) == self._reported:
                return
            self._reported, self._reported_at = status, now
        self._put(status)

    def _status(self, now: float) -> FeedStatus:
        return FeedStatus(
            market=self.market,
            requests_last_second=self._limiter.starts_last_second() if self._limiter else 0.0,
            requests_budget=self._limiter.per_second if self._limiter else 0.0,
            cycle_seconds=round(self.cycle_seconds, 2),
            connected=self.connected,
            capabilities=self.capabilities,
            arrival=Arrival(time.monotonic_ns(), self._clock()),
            detail=self._detail(now),
            missing_features=tuple(sorted(self._missing)),
            stream=self._stream,
        )

    def _detail(self, now: float) -> str:
        held = self._limiter.held_for() if self._limiter else 0.0
        if held > 0:
            return f"rate limited, {held:.0f} s"
        if not self.connected:
            return f"retrying in {max(self._retry_at - now, 0):.0f} s"
        if abs(self.skew_ns) > CLOCK_SKEW_NS:
            return f"this machine's clock is {abs(self.skew_ns) / NS:.0f} s {'behind' if self.skew_ns > 0 else 'ahead'}"
        return ""
