"""Thresholds that fit the name: what a session teaches, and what it hands to the next (SPEC section 5, `guarded`)."""

from __future__ import annotations

from array import array
from datetime import date
from fractions import Fraction
from math import log
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from orderflow_tui.core.learning.exit_ratio import AGE_WEIGHT, PASSES, SESSIONS
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
"""Reconstructed prints after which a session's 99.5th percentile is worth something to other days."""
FEW_PRINTS: Final = 500
"""And after which it may stand in on a day of which nothing is known."""
SPLIT: Final = 1.5
"""A price that changed by more than this between two sessions was split, or its sizes are those of another market."""
_MOST_PARTS: Final = 100


def split_of(before: float, now: float, known: float = 0.0) -> float:
    """Into how many one share was split (a tenth: ten into one); 1: none; 0: nobody knows.

    A price alone does not tell a split from a crash, so that only a known one is believed.

    Args:
        before: The price it had, above 0.
        now: The price it has, above 0.
        known: The split that the holdings say there was; believed where the price is nearer to it than to none.
    """
    change = before / now
    if known and abs(log(change / known)) < abs(log(change)):
        return known
    return 1.0 if max(change, 1 / change) <= SPLIT else 0.0


def split_words(parts: float) -> str:
    """What is done with what a symbol taught when one share became so many."""
    ratio = Fraction(parts).limit_denominator(_MOST_PARTS)
    return f"split {ratio.numerator} for {ratio.denominator}, sizes and ranges of earlier sessions rescaled"


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
        price: The last price of the session, price units; 0 where none is known.
        earlier: Up to four sessions of the same kind before it, newest first.
    """

    day: date
    session: str
    resting: int = 0
    print_size: int = 0
    burst_ratio: float = 0.0
    usual_range: int = 0
    price: int = 0
    earlier: tuple[SessionStats, ...] = ()

    @property
    def sessions(self) -> tuple[SessionStats, ...]:
        """This one and those before it, newest first."""
        return (replace(self, earlier=()), *self.earlier)[:SESSIONS]

    @property
    def burst_ratios(self) -> list[float]:
        """What bursts passed three times, newest session first."""
        return [one.burst_ratio for one in self.sessions]

    def typical(self, name: str) -> int:
        """The weighted median of a figure over the sessions that have it; 0 where none has.

        The newest weighs most; one wild or calm day among several changes nothing.
        """
        known = [(getattr(one, name), AGE_WEIGHT**age) for age, one in enumerate(self.sessions) if getattr(one, name)]
        half = sum(weight for _, weight in known) / 2
        for value, weight in sorted(known):
            half -= weight
            if half <= 0:
                return int(value)
        return 0

    def at_price(self, price: int, known: float = 0.0) -> SessionStats:
        """The same for a stock that trades at `price` now.

        After a split (`split_of`) sizes grow as ranges shrink. Where nobody knows whether there was one they are
        forgotten. What bursts passed has no unit and stays.
        """
        before, now = abs(self.price), abs(price)
        parts = split_of(before, now, known) if before and now else 1.0
        if parts == 1:
            return self
        first, *earlier = (one.scaled(parts) if parts else one.ratios_alone() for one in self.sessions)
        return replace(first, earlier=tuple(earlier))

    def ratios_alone(self) -> SessionStats:
        """Without what has a unit."""
        return replace(self, resting=0, print_size=0, usual_range=0, price=0)

    def scaled(self, parts: float) -> SessionStats:
        """As it would have been with each share split into so many (a tenth: ten into one)."""
        return replace(
            self,
            resting=round(self.resting * parts),
            print_size=round(self.print_size * parts),
            usual_range=round(self.usual_range / parts),
            price=round(self.price / parts),
        )


class SizeLearner:
    """Learns one session of one name.

    Args:
        last: What earlier sessions of the same kind taught, if any.
    """

    __slots__ = ("_growth", "_resting", "_sampled", "burst_peaks", "last", "learnt_resting", "prints", "taught_print")

    def __init__(self, last: SessionStats | None = None) -> None:
        self.last = last
        self._resting = SizeHistogram()
        self.prints = SizeHistogram()
        self._sampled = 0
        self._growth = 1.0
        self.learnt_resting = last.typical("resting") if last else 0
        self.taught_print = last.typical("print_size") if last else 0
        """The 99.5th percentile of prints as earlier sessions had it; 0 unknown."""
        self.burst_peaks: list[float] = []
        """The highest ratios of today's bursts, highest first."""

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
        """The 99.5th percentile of prints: earlier sessions', or today's where that is larger; 0 unknown.

        Today's counts from 2,000 prints on, where nothing else is known from 500.
        """
        needed = PRINTS_NEEDED if self.taught_print else FEW_PRINTS
        return max(self.taught_print, self.prints.quantile(_HIGH) if self.prints.total >= needed else 0)

    def burst_peaked(self, ratio: float) -> None:
        """A burst that was not mostly one print ended with this highest ratio."""
        self.burst_peaks = sorted([*self.burst_peaks, ratio], reverse=True)[:PASSES]

    def taught(
        self, day: date, session: str, usual_range: int | None, living_burst: float = 0.0, price: int = 0
    ) -> SessionStats:
        """What this session has taught so far; what it was too short for stays as the one before left it.

        Args:
            day: New York date.
            session: Its name.
            usual_range: Median five-minute range, price units.
            living_burst: The highest ratio of a burst that has not ended yet; 0 without one.
            price: The last price, price units.
        """
        last = self.last
        before = last or SessionStats(day, session)
        peaks = sorted([*self.burst_peaks, living_burst] if living_burst else self.burst_peaks, reverse=True)
        unlearnt = 0.0 if self.ready else before.burst_ratio
        return SessionStats(
            day,
            session,
            self.learnt_resting,
            self.prints.quantile(_HIGH) if self.prints.total >= PRINTS_NEEDED else before.print_size,
            round(peaks[PASSES - 1], 4) if len(peaks) >= PASSES else unlearnt,
            usual_range or before.usual_range,
            abs(price) or before.price,
            () if last is None else tuple(one for one in last.sessions if one.day != day)[: SESSIONS - 1],
        )
