"""Thresholds that fit the name: what a session teaches, and what it hands to the next (SPEC section 5, `guarded`)."""

from __future__ import annotations

from array import array
from datetime import date
from typing import Final

from msgspec import Struct

from orderflow_tui.core.model.events import Levels

_STEP_BITS: Final = 5
_STEPS: Final = 1 << _STEP_BITS
_HIGH: Final = 0.995
_MEANS: Final = 3.0
_GROWTH: Final = 2.0 ** (1 / 1_800)
"""Weights grow by this each second, so that older ones halve in 30 minutes."""
_READY_SECONDS: Final = 300
_RESCALE: Final = 1e12
PRINTS_NEEDED: Final = 2_000
"""Reconstructed prints after which today's 99.5th percentile may stand for a missing last session's."""
_PASSES: Final = 3


def _class_of(size: int) -> int:
    shift = max(size.bit_length() - 1 - _STEP_BITS, 0)
    return (shift << _STEP_BITS) + (size >> shift)


def _upper(index: int) -> int:
    """The largest size of a class, 3 % above its smallest."""
    if index < 2 * _STEPS:
        return index
    shift = (index >> _STEP_BITS) - 1
    return ((index - (shift << _STEP_BITS) + 1) << shift) - 1


class SizeHistogram:
    """Weighted sizes in classes of 3 %: quantiles and mean in 4 kB for a stock, whatever the number of samples."""

    __slots__ = ("_sum", "_weights", "highest", "total")

    def __init__(self) -> None:
        self._weights = array("d")
        self._sum = 0.0
        self.total = 0.0
        self.highest = 0

    def add(self, size: int, weight: float = 1.0) -> None:
        """Count a size (at least 1)."""
        shift = size.bit_length() - 1 - _STEP_BITS
        index = (shift << _STEP_BITS) + (size >> shift) if shift > 0 else size
        if index >= len(self._weights):
            self._weights.frombytes(bytes(8 * (index + _STEPS - len(self._weights))))
        self._weights[index] += weight
        self.total += weight
        self._sum += weight * size
        self.highest = max(self.highest, size)

    @property
    def mean(self) -> float:
        """Weighted mean, 0 without samples."""
        return self._sum / self.total if self.total else 0.0

    def quantile(self, part: float) -> int:
        """The size that this part of the weight does not exceed, to 3 %; 0 without samples."""
        if not self.total:
            return 0
        above = self.total * (1.0 - part)
        index = _class_of(self.highest)
        weights = self._weights
        while index > 0:
            above -= weights[index]
            if above < 0:
                break
            index -= 1
        return min(_upper(index), self.highest)

    def part_below(self, size: int) -> float:
        """The part of the weight at or below a size's class, 0 to 1."""
        if not self.total:
            return 0.0
        return sum(self._weights[: _class_of(size) + 1]) / self.total

    def scale(self, factor: float) -> None:
        """Multiply every weight, so that growing weights stay finite."""
        for index, weight in enumerate(self._weights):
            if weight:
                self._weights[index] = weight * factor
        self.total *= factor
        self._sum *= factor


class SessionStats(Struct, frozen=True):
    """What one session of a name taught.

    Attributes:
        day: New York date.
        session: `pre`, `regular`, `post`, `always`.
        resting: T for resting sizes at the session's end, size units; 0 when it was never ready.
        print_size: 99.5th percentile of its reconstructed on-exchange prints, size units; 0 for too few.
        burst_ratio: The ratio its bursts passed three times; 0 when they did not.
        usual_range: Median five-minute range, price units; 0 without one.
    """

    day: date
    session: str
    resting: int = 0
    print_size: int = 0
    burst_ratio: float = 0.0
    usual_range: int = 0


class SizeLearner:
    """Learns one session of one name.

    Args:
        last: What the last session of the same kind taught, if any.
    """

    __slots__ = ("_growth", "_resting", "_sampled", "burst_peaks", "last", "learnt_resting", "prints")

    def __init__(self, last: SessionStats | None = None) -> None:
        self.last = last
        self._resting = SizeHistogram()
        self.prints = SizeHistogram()
        self._sampled = 0
        self._growth = 1.0
        self.learnt_resting = last.resting if last else 0
        self.burst_peaks: list[float] = []

    def whole_seconds(self, count: int, bids: Levels, asks: Levels) -> None:
        """Sample the shown levels in force for `count` whole seconds, one by one: all at once would round otherwise."""
        histogram = self._resting
        for _ in range(count):
            self._growth *= _GROWTH
            for levels in (bids, asks):
                for _, size in levels:
                    histogram.add(size, self._growth)
            if self._growth > _RESCALE:
                histogram.scale(1.0 / self._growth)
                self._growth = 1.0
        self._sampled += count
        if self._sampled >= _READY_SECONDS:
            self.learnt_resting = max(round(_MEANS * histogram.mean), histogram.quantile(_HIGH))

    @property
    def ready(self) -> bool:
        """Whether the resting threshold is this session's own."""
        return self._sampled >= _READY_SECONDS

    @property
    def largest_resting(self) -> int:
        """The largest shown size sampled."""
        return self._resting.highest

    def resting_place(self, size: int) -> float:
        """Where a size stands among the sampled levels, 0 to 1."""
        return self._resting.part_below(size)

    @property
    def learnt_print(self) -> int:
        """The last session's 99.5th percentile of prints, today's after 2,000 where there is none; 0 unknown."""
        if self.last and self.last.print_size:
            return self.last.print_size
        return self.prints.quantile(_HIGH) if self.prints.total >= PRINTS_NEEDED else 0

    @property
    def learnt_ratio(self) -> float:
        """The ratio this name's bursts passed three times in the last session; 0 unknown."""
        return self.last.burst_ratio if self.last else 0.0

    def burst_peaked(self, ratio: float) -> None:
        """A burst ended with this highest ratio."""
        self.burst_peaks = sorted([*self.burst_peaks, ratio], reverse=True)[:_PASSES]

    def taught(self, day: date, session: str, usual_range: int | None, living_burst: float = 0.0) -> SessionStats:
        """What this session has taught so far; what it was too short for stays as the last one left it.

        Args:
            day: New York date.
            session: Its name.
            usual_range: Median five-minute range, price units.
            living_burst: The highest ratio of a burst that has not ended yet; 0 without one.
        """
        before = self.last or SessionStats(day, session)
        peaks = sorted([*self.burst_peaks, living_burst] if living_burst else self.burst_peaks, reverse=True)
        unlearnt = 0.0 if self.ready else before.burst_ratio
        return SessionStats(
            day,
            session,
            self.learnt_resting,
            self.prints.quantile(_HIGH) if self.prints.total >= PRINTS_NEEDED else before.print_size,
            round(peaks[_PASSES - 1], 4) if len(peaks) >= _PASSES else unlearnt,
            usual_range or before.usual_range,
        )
