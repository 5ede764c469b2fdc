"""Counted signals from the journal's alerts: one a side and price in 30 seconds (SPEC section 5)."""

from __future__ import annotations

from collections import Counter, deque
from datetime import datetime
from typing import Final

from orderflow_tui.core.rules.catalogue import COUNTED_ONCE

_SIGNAL_SECONDS: Final = 30.0
_WINDOW_SECONDS: Final = 120.0
_MOST: Final = 256
"""Recent signals of one symbol; more within two minutes are far beyond what the figure is about."""


class CountedSignals:
    """Counts signals as the exit rule does, from what the records hold.

    Prices are the alerts' own; the rule also knows which prices an episode touched, so that this may count a few more.
    """

    def __init__(self) -> None:
        self.by_symbol: Counter[str] = Counter()
        self._recent: dict[str, deque[tuple[float, bool, float | None]]] = {}

    def add(self, symbol: str, evidence: str, against: str, moment: str, price: float | None) -> None:
        """A counted `large_seller` alert; one whose time cannot be read is a signal of its own."""
        try:
            at = datetime.fromisoformat(moment).timestamp()
        except ValueError:
            self.by_symbol[symbol] += 1
            return
        recent = self._recent.get(symbol)
        if recent is None:
            recent = self._recent[symbol] = deque(maxlen=_MOST)
        while recent and recent[0][0] < at - _WINDOW_SECONDS:
            recent.popleft()
        offered = (against, evidence) in COUNTED_ONCE
        for then, far, level in recent:
            if far == offered and (offered or (abs(at - then) <= _SIGNAL_SECONDS and level == price)):
                return
        recent.append((at, offered, price))
        self.by_symbol[symbol] += 1
