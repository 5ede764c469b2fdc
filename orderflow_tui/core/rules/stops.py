"""The holder's stop: near, and crossed by the bid for a second. Outside the count, in both profiles."""

from __future__ import annotations

from typing import Final, Literal

from orderflow_tui.core.model.units import NEVER_NS, NS

_CROSSED_NS: Final = NS


class StopWatch:
    """Watches one stop price. Prices in core units (mirrored for a short position).

    `near` fires once until the price has left twice the widest distance that was near since, so that a spread that
    flickers does not arm it again; `crossed` once until the bid is back above the stop.
    """

    __slots__ = ("_crossed", "_near_within", "_through_ns", "stop")

    def __init__(self, stop: int) -> None:
        self.stop = stop
        self._near_within = 0
        self._crossed = False
        self._through_ns = 0

    @property
    def crossed(self) -> bool:
        """The bid has been through the stop for a second and is not back yet."""
        return self._crossed

    @property
    def stirred(self) -> bool:
        """Something was said or is pending, so that any bid may change it."""
        return self._near_within > 0 or self._crossed or self._through_ns > 0

    @property
    def wake_ns(self) -> int:
        """When time alone makes it crossed; far in the future when nothing is pending."""
        return self._through_ns + _CROSSED_NS if self._through_ns and not self._crossed else NEVER_NS

    def on_bid(self, time_ns: int, bid: int, near_distance: int) -> Literal["stop_near", "stop_crossed"] | None:
        """Take the best bid in force; call again with the same bid when a second has passed."""
        if bid < self.stop:
            self._through_ns = self._through_ns or time_ns
            if not self._crossed and time_ns - self._through_ns >= _CROSSED_NS:
                self._crossed = True
                self._near_within = max(self._near_within, near_distance, 1)
                return "stop_crossed"
            return None
        self._through_ns = 0
        self._crossed = False
        distance = bid - self.stop
        if distance > 2 * max(near_distance, self._near_within):
            self._near_within = 0
        elif distance <= near_distance:
            first = not self._near_within
            self._near_within = max(self._near_within, near_distance, 1)
            return "stop_near" if first else None
        return None
