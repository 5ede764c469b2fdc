"""When views are made: as often as the fastest screen is sent them, and a moment before it is."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from orderflow_tui.core.model.units import NS

_NEWS_NS: Final = 10_000_000
"""News is published at once, but never more often than this: a storm of alerts is one paint, not a thousand."""
_AHEAD_NS: Final = 8_000_000
"""Screens are sent what there is at whole multiples of their pause (`engine.server`): it is made so long before."""


class ViewPace(Struct):
    """All instants are the monotonic clock's, nanoseconds.

    Attributes:
        least_ns: Between two publications at least; 0 where no views are made at all.
        screens: How many look; with none, no views are made.
        pause_ns: Of the fastest screen; 0 where that is not known, or no screen has one.
        last_ns: The last publication.
    """

    least_ns: int
    screens: int = 1
    pause_ns: int = 0
    last_ns: int = 0

    def look(self, count: int, fps: float) -> None:
        """So many screens look, the fastest of them so many times a second."""
        self.screens, self.pause_ns = count, round(NS / fps) if fps > 0 else 0

    @property
    def makes_views(self) -> bool:
        """Whether anybody looks."""
        return self.least_ns > 0 and self.screens > 0

    def due_ns(self, *, news: bool) -> int:
        """When the next publication is due, where there is something to publish."""
        if news:
            return self.last_ns + _NEWS_NS
        if self.pause_ns <= self.least_ns:
            return self.last_ns + self.least_ns
        return ((self.last_ns + _AHEAD_NS) // self.pause_ns + 1) * self.pause_ns - _AHEAD_NS
