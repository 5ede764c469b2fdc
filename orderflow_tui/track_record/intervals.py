"""Intervals for shares and for differences of shares.

Sources: E. B. Wilson (1927), Probable inference, JASA 22; R. G. Newcombe (1998), Interval estimation for the difference
between independent proportions, Statistics in Medicine 17, method 10.
"""

from __future__ import annotations

from math import sqrt
from typing import Final

from msgspec import Struct

Z95: Final = 1.959963984540054
"""Two-sided 95 %."""


class Interval(Struct, frozen=True):
    """An estimate and the 95 % interval around it; shares from 0 to 1, differences from -1 to 1."""

    value: float
    low: float
    high: float


def wilson(hits: int, n: int, z: float = Z95) -> Interval | None:
    """The share `hits / n` with Wilson's interval; None for n = 0.

    Raises:
        ValueError: More hits than trials, or fewer than none.
    """
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} hits of {n} cannot be")
    if n == 0:
        return None
    share, z2 = hits / n, z * z
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    # At the ends the exact bound is the end itself, which rounding misses.
    return Interval(share, 0.0 if hits == 0 else centre - half, 1.0 if hits == n else centre + half)


def lift(hits: int, n: int, control_hits: int, control_n: int, z: float = Z95) -> Interval | None:
    """The difference of two shares with Newcombe's interval; None where either has no trials."""
    own, control = wilson(hits, n, z), wilson(control_hits, control_n, z)
    if own is None or control is None:
        return None
    value = own.value - control.value
    low = value - sqrt((own.value - own.low) ** 2 + (control.high - control.value) ** 2)
    high = value + sqrt((own.high - own.value) ** 2 + (control.value - control.low) ** 2)
    return Interval(value, low, high)
