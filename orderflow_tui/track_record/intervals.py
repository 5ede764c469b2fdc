"""Intervals for shares and for differences of shares.

Sources: E. B. Wilson (1927), Probable inference, JASA 22; R. G. Newcombe (1998), Interval estimation for the difference
between independent proportions, Statistics in Medicine 17, method 10; K.-Y. Liang, S. L. Zeger (1986), Biometrika 73,
for sums of blocks whose members are not independent.
"""

from __future__ import annotations

from collections.abc import Collection
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


def wilson(hits: float, n: float, z: float = Z95) -> Interval | None:
    """The share `hits / n` with Wilson's interval; None for n = 0. `hits` may be a sum of shares.

    Raises:
        ValueError: More hits than trials, or fewer than none.
    """
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} hits of {n} are impossible")
    if n == 0:
        return None
    share, z2 = hits / n, z * z
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    # At the ends the exact bound is the end itself, which rounding misses.
    return Interval(share, 0.0 if hits == 0 else centre - half, 1.0 if hits == n else centre + half)


def lift(hits: float, n: float, control_hits: float, control_n: float, z: float = Z95) -> Interval | None:
    """The difference of two shares with Newcombe's interval; None where either has no trials."""
    own, control = wilson(hits, n, z), wilson(control_hits, control_n, z)
    if own is None or control is None:
        return None
    value = own.value - control.value
    low = value - sqrt((own.value - own.low) ** 2 + (control.high - control.value) ** 2)
    high = value + sqrt((own.high - own.value) ** 2 + (control.value - control.low) ** 2)
    return Interval(value, low, high)


def paired_lift(blocks: Collection[tuple[float, float, float]]) -> Interval | None:
    """The difference of two shares whose trials come in blocks, each trial with its own control.

    Trials of one block share their market and are not independent, so the interval comes from the blocks' sums; it is
    never narrower than that of as many independent trials, which a few blocks would promise.

    Args:
        blocks: Of each block the trials, their sum, and the sum of their controls' shares.

    Returns:
        None without a trial.
    """
    n, own, control = (sum(block[place] for block in blocks) for place in range(3))
    if not n:
        return None
    value = (own - control) / n
    apart = sum(((block[1] - block[2]) - value * block[0]) ** 2 for block in blocks)
    half = Z95 * sqrt(apart * len(blocks) / max(1, len(blocks) - 1)) / n
    alone = lift(min(own, n), n, min(control, n), n)
    assert alone is not None
    return Interval(value, max(-1.0, min(alone.low, value - half)), min(1.0, max(alone.high, value + half)))
