"""Durations counted in logarithmic classes: constant memory, any number of them."""

from __future__ import annotations

from typing import Final

_STEPS_BITS: Final = 3


class DurationHistogram:
    """Counts durations in classes an eighth of an octave wide at most 12.5 % apart.

    Attributes:
        count: Durations seen.
        max_ns: The longest, exact.
    """

    __slots__ = ("_classes", "count", "max_ns")

    def __init__(self) -> None:
        self._classes: dict[int, int] = {}
        self.count = 0
        self.max_ns = 0

    def add(self, duration_ns: int) -> None:
        """Count one duration, nanoseconds."""
        shift = duration_ns.bit_length() - 1 - _STEPS_BITS
        index = (shift << _STEPS_BITS) + (duration_ns >> shift) if shift > 0 else duration_ns
        classes = self._classes
        if index in classes:
            classes[index] += 1
        else:
            classes[index] = 1
        self.count += 1
        self.max_ns = max(self.max_ns, duration_ns)

    def merge(self, other: DurationHistogram) -> None:
        """Count another's durations too."""
        for index, count in other._classes.items():
            self._classes[index] = self._classes.get(index, 0) + count
        self.count += other.count
        self.max_ns = max(self.max_ns, other.max_ns)

    def quantile_ns(self, part: float) -> int:
        """The duration that this part of all do not exceed, to 12.5 %; 0 without any."""
        wanted = max(part * self.count, 1)
        seen = 0
        for index in sorted(self._classes):
            seen += self._classes[index]
            if seen >= wanted:
                return min(_upper_ns(index), self.max_ns)
        return 0

    def summary(self) -> dict[str, float]:
        """Count, median, 99th percentile and maximum, in microseconds."""
        return {
            "count": self.count,
            "p50_us": round(self.quantile_ns(0.5) / 1_000, 1),
            "p99_us": round(self.quantile_ns(0.99) / 1_000, 1),
            "max_us": round(self.max_ns / 1_000, 1),
        }


def _upper_ns(index: int) -> int:
    """The largest duration of a class: below 16 ns each is its own, above that eight share an octave."""
    shift = max((index >> _STEPS_BITS) - 1, 0)
    return ((index - (shift << _STEPS_BITS) + 1) << shift) - 1
