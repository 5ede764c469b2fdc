"""What is counted towards an exit: alerts of large sellers, each price once in half a minute."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from itertools import takewhile
from typing import Final

from msgspec import Struct

from orderflow_tui.core.model.data_models import OrderFlowAlert
from orderflow_tui.core.model.outputs import AlertRaised, AlertUpdated
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules.catalogue import COUNTED_ONCE

ALERTS_NEEDED: Final = 3
_SIGNAL_NS: Final = 30 * NS


class CountedSignal(Struct, frozen=True):
    """One counted thing a seller did."""

    time_ns: int
    offered: bool
    """A wall on the far side; all of them together count once."""
    low: int
    high: int
    alert: OrderFlowAlert
    prints: int
    shares: int


class SignalCounter:
    """Counts signals: at most one per (side, price) in 30 s whatever the evidence; all ask walls together once.

    The newest half minute's prices are kept apart, ascending: no two of them overlap, so one look finds whether
    another one would, however many there are.
    """

    __slots__ = ("_highs", "_lows", "_near", "_near_from", "_offered", "_signals", "_window_ns", "counted")

    def __init__(self, window_seconds: int) -> None:
        self._signals: deque[CountedSignal] = deque()
        self._window_ns = window_seconds * NS
        self._offered = 0
        self._near: deque[CountedSignal] = deque()
        self._near_from = 0
        self._lows: list[int] = []
        self._highs: list[int] = []
        self.counted = 0

    @property
    def window_seconds(self) -> int:
        """How far back signals reach."""
        return self._window_ns // NS

    @property
    def _near_ns(self) -> int:
        return min(_SIGNAL_NS, self._window_ns)

    def set_window(self, seconds: int) -> None:
        """How far back signals reach, seconds, inclusive."""
        self._window_ns = seconds * NS

    def add(self, raised: AlertRaised) -> bool:
        """Take a counting `large_seller` alert; whether the window now holds enough signals."""
        alert, time_ns = raised.alert, raised.time_ns
        offered = (alert.against, alert.evidence) in COUNTED_ONCE
        newest_ns = max(time_ns, self._signals[-1].time_ns) if self._signals else time_ns
        self._forget(newest_ns)
        if time_ns < newest_ns - self._window_ns:
            return False
        if self._offered if offered else self._counted_near(raised, newest_ns):
            return False
        signal = CountedSignal(time_ns, offered, raised.low, raised.high, alert, raised.prints, alert.order_size or 0)
        _put_in(self._signals, signal)
        self._offered += offered
        if not offered and time_ns >= self._near_from:
            at = bisect_left(self._lows, signal.low)
            self._lows.insert(at, signal.low)
            self._highs.insert(at, signal.high)
            _put_in(self._near, signal)
        self.counted += 1
        return len(self._signals) >= ALERTS_NEEDED

    def _counted_near(self, raised: AlertRaised, newest_ns: int) -> bool:
        """Whether something at these prices was counted within half a minute of it."""
        if raised.time_ns == newest_ns and newest_ns - self._near_ns >= self._near_from:
            at = bisect_right(self._lows, raised.high)
            return at > 0 and self._highs[at - 1] >= raised.low
        late = takewhile(lambda one: raised.time_ns - one.time_ns <= _SIGNAL_NS, reversed(self._signals))
        return any(
            not one.offered
            and one.time_ns - raised.time_ns <= _SIGNAL_NS
            and one.low <= raised.high
            and raised.low <= one.high
            for one in late
        )

    def _forget(self, newest_ns: int) -> None:
        """Drop signals that lie outside the window that ends with the newest, and old ones from what is near."""
        signals, near = self._signals, self._near
        while signals and signals[0].time_ns < newest_ns - self._window_ns:
            self._offered -= signals.popleft().offered
        self._near_from = max(self._near_from, newest_ns - self._near_ns)
        while near and near[0].time_ns < self._near_from:
            at = bisect_left(self._lows, near.popleft().low)
            del self._lows[at], self._highs[at]

    def signals(self) -> tuple[CountedSignal, ...]:
        """The signals in the window, oldest first."""
        return tuple(self._signals)


def _put_in(signals: deque[CountedSignal], signal: CountedSignal) -> None:
    """In the order of their time; of two at one instant the one that came first stands first."""
    at = len(signals)
    while at and signals[at - 1].time_ns > signal.time_ns:
        at -= 1
    signals.insert(at, signal)


def evidence_of(output: AlertRaised | AlertUpdated) -> bool:
    """Whether an output is counted evidence for an exit: a counting alert, or a burst beyond its exit ratio."""
    alert = output.alert
    if alert.is_burst:
        return alert.exit_eligible
    return isinstance(output, AlertRaised) and alert.counts
