"""The newest prints of a symbol, for whoever asks by which quotes they were made."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from operator import attrgetter
from typing import Final

from orderflow_tui.core.market.volume_window import LONGEST_WINDOW
from orderflow_tui.core.model.events import LATE_REPORT, PRICE, Print
from orderflow_tui.core.model.units import NS

RECENT_PRINTS: Final = 4_096
"""Remembered at most."""
RECENT_NS: Final = (LONGEST_WINDOW + 60) * NS
"""How long they are remembered: the rules ask about a window that ends now, and a poll may be late."""
_TIME_AND_SEQUENCE: Final = attrgetter("time_ns", "seq")


class RecentPrints:
    """One symbol's; used under its owner's lock."""

    __slots__ = ("_before", "_recent")

    def __init__(self) -> None:
        self._recent: deque[Print] = deque()
        self._before: list[Print] = []
        """Of what is no longer remembered the last prints with two different prices."""

    def add(self, prints: Iterable[Print]) -> None:
        """Remember what is delivered now."""
        recent = self._recent
        recent.extend(prints)
        while recent and (len(recent) > RECENT_PRINTS or recent[0].time_ns < recent[-1].time_ns - RECENT_NS):
            _remember(self._before, recent.popleft())

    def forget_from(self, time_ns: int) -> None:
        """What was delivered from an instant on is told again."""
        self._recent = deque(event for event in self._recent if event.time_ns < time_ns)

    def span(self, from_ns: int, to_ns: int = 0) -> tuple[Print, ...]:
        """The prints of a span (`to_ns` 0: up to the newest), as far as they are remembered.

        Before them stand the last prints with two different prices, whenever they were made: where a tick test starts.
        """
        recent = sorted(self._recent, key=_TIME_AND_SEQUENCE)
        before = list(self._before)
        for event in recent:
            if event.time_ns < from_ns:
                _remember(before, event)
        inside = (event for event in recent if event.time_ns >= from_ns and (not to_ns or event.time_ns <= to_ns))
        return (*before, *inside)


def _remember(before: list[Print], event: Print) -> None:
    """Keep the last prints with two different prices, the newest last."""
    if not event.flags & PRICE or event.flags & LATE_REPORT:
        return
    if before and before[-1].price == event.price:
        before[-1] = event
    else:
        before[:] = [*before[-1:], event]
