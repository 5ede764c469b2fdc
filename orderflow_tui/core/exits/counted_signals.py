"""What is counted towards an exit: alerts of large sellers, each price once in half a minute."""

from __future__ import annotations

from collections import deque
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
    """Counts signals: at most one per (side, price) in 30 s whatever the evidence; all ask walls together once."""

    __slots__ = ("_signals", "_window_ns", "counted")

    def __init__(self, window_seconds: int) -> None:
        self._signals: deque[CountedSignal] = deque()
        self._window_ns = window_seconds * NS
        self.counted = 0

    @property
    def window_seconds(self) -> int:
        """How far back signals reach."""
        return self._window_ns // NS

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
        for signal in self._signals:
            if signal.offered != offered:
                continue
            near = abs(time_ns - signal.time_ns) <= _SIGNAL_NS
            if offered or (near and signal.low <= raised.high and raised.low <= signal.high):
                return False
        at = len(self._signals)
        while at and self._signals[at - 1].time_ns > time_ns:
            at -= 1
        signal = CountedSignal(time_ns, offered, raised.low, raised.high, alert, raised.prints, alert.order_size or 0)
        self._signals.insert(at, signal)
        self.counted += 1
        return len(self._signals) >= ALERTS_NEEDED

    def _forget(self, newest_ns: int) -> None:
        """Drop signals that lie outside the window that ends with the newest."""
        signals = self._signals
        while signals and signals[0].time_ns < newest_ns - self._window_ns:
            signals.popleft()

    def signals(self) -> tuple[CountedSignal, ...]:
        """The signals in the window, oldest first."""
        return tuple(self._signals)


def evidence_of(output: AlertRaised | AlertUpdated) -> bool:
    """Whether an output is counted evidence for an exit: a counting alert, or a burst beyond its exit ratio."""
    alert = output.alert
    if alert.is_burst:
        return alert.exit_eligible
    return isinstance(output, AlertRaised) and alert.counts
