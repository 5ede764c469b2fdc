"""The window a red burst is found in: its length, its five-minute baseline, and the volume that would be a burst."""

from __future__ import annotations

from math import ceil
from typing import Any, Final

from orderflow_tui.core.market.volume_window import BASELINE_SECONDS, LONGEST_WINDOW, VolumeWindow
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules.alert_writer import Thresholds
from orderflow_tui.core.rules.burst_figures import guard_figures, robust_z

_PRINTS_WANTED: Final = 12
_GUARDED_FLOOR: Final = 30
_THIN_ABOVE: Final = 60.0
_THIN_BELOW: Final = 48.0
_NEVER: Final = 1 << 200


class BurstWindow:
    """The last B seconds of one symbol beside the 300 seconds before them.

    Args:
        window: The symbol's volume by the second.
        thresholds: Ratios, B and the profile.
    """

    __slots__ = (
        "base", "before", "covered_from", "fixed", "head", "need", "peak_ratio", "seconds", "thin", "thresholds",
        "window",
    )  # fmt: skip

    def __init__(self, window: VolumeWindow, thresholds: Thresholds) -> None:
        self.window = window
        self.thresholds = thresholds
        self.covered_from: int | None = None
        """The first second of known tape."""
        self.thin = False
        self.fixed = False
        """A living burst keeps the window it was found in."""
        self.peak_ratio = 0.0
        """The highest ratio of the living burst while it was not mostly one print; 0 while none lives."""
        self.seconds = self._first_length()
        self.head = -1
        """The second for which the following figures are prepared."""
        self.before = 0
        self.base = 0
        self.need = _NEVER
        """Above this volume the rest of the rule is asked."""

    def _floor(self) -> int:
        return min(LONGEST_WINDOW, max(_GUARDED_FLOOR, self.thresholds.bucket_seconds))

    def _first_length(self) -> int:
        return self._floor() if self.thresholds.profile == "guarded" else self.thresholds.bucket_seconds

    @property
    def warm_needed(self) -> int:
        """Seconds of covered tape the rule needs before it can speak."""
        return BASELINE_SECONDS + self.seconds

    def warm_seconds(self, second: int) -> int:
        """Seconds of covered tape there are, at most `warm_needed`."""
        if self.covered_from is None:
            return 0
        return max(0, min(self.warm_needed, second - self.covered_from + 1))

    def baseline(self, second: int) -> float:
        """Mean volume per window over the 300 seconds before the window that ends with `second`; 0 while warming."""
        if self.warm_seconds(second) < self.warm_needed:
            return 0.0
        start = second - self.seconds
        base = self.window.volume_through(start) - self.window.volume_through(start - BASELINE_SECONDS)
        return base * self.seconds / BASELINE_SECONDS

    def begin_coverage(self, time_ns: int) -> None:
        """The tape is seen at this instant; what is known already stays known."""
        if self.covered_from is None:
            self.covered_from = -(-time_ns // NS)

    def forget(self, from_second: int) -> None:
        """The tape is known from `from_second` on only: a gap, a new session, a reopening."""
        self.covered_from = from_second
        self.need = _NEVER
        self.head = -1

    def late_print(self) -> None:
        """A print was added to an earlier second: the prepared figures no longer hold."""
        self.head = -1

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Other thresholds are in force from the next print on."""
        self.thresholds = thresholds
        if not self.fixed:
            self.seconds = self._first_length()
            self.thin = False
        self.head = -1

    def prepare(self) -> None:
        """What stays the same within one second: baseline, the volume before the window, the volume needed."""
        window = self.window
        head = window.head
        self.head = head
        self.fit(head)
        start = head - self.seconds
        self.before = window.volume_through(start)
        self.need = _NEVER
        if self.warm_seconds(head) < self.warm_needed or self.thin:
            return
        self.base = self.before - window.volume_through(start - BASELINE_SECONDS)
        if self.base > 0:
            self.need = int(self.thresholds.volume_spike_threshold * self.base * self.seconds / BASELINE_SECONDS)

    def fit(self, head: int) -> None:
        """In `guarded`: B = 12 / r within its floor and 60 s, TAPE TOO THIN above 60 until below 48.

        Asked at prints and at whole seconds: silence, too, makes a tape too thin.
        """
        if self.thresholds.profile != "guarded" or self.fixed:
            return
        start = head - self.seconds
        prints = self.window.count_through(start) - self.window.count_through(start - BASELINE_SECONDS)
        wanted = _PRINTS_WANTED * BASELINE_SECONDS / prints if prints > 0 else float("inf")
        warm = self.warm_seconds(head) >= self.warm_needed
        self.thin = warm and (wanted >= _THIN_BELOW if self.thin else wanted > _THIN_ABOVE)
        self.seconds = max(self._floor(), min(LONGEST_WINDOW, ceil(min(wanted, LONGEST_WINDOW))))

    def figures(self, baseline: float) -> dict[str, Any]:
        """What an alert shows of the window."""
        window, seconds = self.window, self.seconds
        return {
            "window_seconds": seconds,
            "volume": window.volume - window.volume_through(window.head - seconds),
            "baseline": round(baseline, 2),
            "prints": window.count - window.count_through(window.head - seconds),
        }

    def guards(self, second: int, share: float) -> tuple[float, float, float]:
        """`(n_eff, lower Wilson bound of the share, largest print's part)` of the window that ends with `second`."""
        seconds = self.seconds - max(0, second - self.window.head)
        return guard_figures(self.window, seconds, share)

    def robust_z(self, second: int) -> float | None:
        """How unusual the volume of the window that ends with `second` is; shown, never a condition; None: warming."""
        warm = self.warm_seconds(second) >= self.warm_needed
        return robust_z(self.window, second, self.seconds) if warm else None
