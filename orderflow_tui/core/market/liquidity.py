"""What leaving costs now: coverage, exit cost, minutes to leave (SPEC section 5). Prices in core units."""

from __future__ import annotations

from math import pi, sqrt
from typing import Final

from msgspec import Struct

from orderflow_tui.core.model.events import Levels
from orderflow_tui.core.model.units import PRICE_UNITS_PER_DOLLAR

TAPE_SHARE: Final = 0.10
"""The part of the tape a leaver takes without leaning on it."""
_BAND_TICKS: Final = 3
_BAND_PARTS: Final = 1_000  # 10 bp


class ExitCost(Struct, frozen=True):
    """What the shown book takes now.

    Attributes:
        filled: Size the bids take.
        missing: Size they do not; never priced.
        dollars: Sum of (mid - price) x shares over what is filled.
        basis_points: The same, of the filled notional at the mid.
    """

    filled: int
    missing: int
    dollars: float
    basis_points: float


def exit_cost(bids: Levels, asks: Levels, size: int, size_scale: int = 1) -> ExitCost | None:
    """Walk the bids for `size`; None without a two-sided book."""
    if not bids or not asks or size <= 0:
        return None
    twice_mid = bids[0][0] + asks[0][0]
    filled, twice_cost = _walk(bids, twice_mid, 0, size)
    notional = abs(twice_mid) * filled / 2
    dollars = twice_cost / 2 / PRICE_UNITS_PER_DOLLAR / size_scale
    return ExitCost(filled, size - filled, dollars, twice_cost / 2 / notional * 10_000 if notional else 0.0)


def band_size(bids: Levels, price_step: int) -> tuple[int, bool]:
    """Size bid at or above best bid - max(10 bp, 3 ticks), and whether the shown levels end inside that band."""
    if not bids:
        return 0, False
    best = bids[0][0]
    floor = best - max(abs(best) // _BAND_PARTS, _BAND_TICKS * price_step)
    total = sum(size for price, size in bids if price >= floor)
    return total, bids[-1][0] > floor


def minutes_to_leave(size: int, five_minute_volume: int) -> float | None:
    """Minutes to sell `size` at 10 % of the tape of the last five minutes; None when nothing traded."""
    if five_minute_volume <= 0:
        return None
    return size / (TAPE_SHARE * five_minute_volume / 5)


def slice_count(minutes: int) -> int:
    """Slices in so many minutes: one each 10 s in the first, 30 s within five, 60 s beyond."""
    return 6 if minutes <= 1 else 2 * minutes if minutes <= 5 else minutes


class SlicePlan(Struct, frozen=True):
    """What leaving in equal slices would cost at a refill rate.

    Attributes:
        minutes: From the first slice to one interval after the last.
        slices: How many.
        each: Size of the largest slice.
        filled: Size the bids take.
        missing: Size they do not; never priced.
        dollars: Against the mid of now, over what is filled.
        basis_points: The same, of the filled notional at the mid.
        behind: Size the book is still short of when the last slice is through: above 0 the refill does not keep up.
    """

    minutes: int
    slices: int
    each: int
    filled: int
    missing: int
    dollars: float
    basis_points: float
    behind: int


def slice_out(
    bids: Levels, asks: Levels, size: int, minutes: int, *, refill_per_second: float, size_scale: int = 1
) -> SlicePlan | None:
    """Leave `size` in equal slices over `minutes` while the bids refill at a measured, constant rate.

    Every slice walks the book of now behind what earlier slices took and was not yet refilled. This is the transient
    impact of Obizhaeva and Wang (2013), with the shown levels for their block-shaped book and a linear refill for
    their exponential one. How the price itself moves meanwhile is left out: see `waiting_risk`.

    Returns:
        The plan, or None without a two-sided book or a size.
    """
    if not bids or not asks or size <= 0:
        return None
    twice_mid = bids[0][0] + asks[0][0]
    slices = min(slice_count(minutes), size)
    back = refill_per_second * minutes * 60 / slices
    behind, filled, twice_cost = 0.0, 0, 0
    for index in range(slices):
        wanted = size * (index + 1) // slices - size * index // slices
        taken, cost = _walk(bids, twice_mid, round(behind), wanted)
        behind = max(0.0, behind + taken - back)
        filled += taken
        twice_cost += cost
    notional = abs(twice_mid) * filled / 2
    return SlicePlan(
        minutes=minutes,
        slices=slices,
        each=-(-size // slices),
        filled=filled,
        missing=size - filled,
        dollars=twice_cost / 2 / PRICE_UNITS_PER_DOLLAR / size_scale,
        basis_points=twice_cost / 2 / notional * 10_000 if notional else 0.0,
        behind=round(behind),
    )


def _walk(bids: Levels, twice_mid: int, skip: int, size: int) -> tuple[int, int]:
    """`(taken, twice the cost)` of selling `size` into what lies behind the first `skip`."""
    left, twice_cost = size, 0
    for price, shown in bids:
        gone = min(skip, shown)
        skip -= gone
        taken = min(left, shown - gone)
        twice_cost += (twice_mid - 2 * price) * taken
        left -= taken
        if not left:
            break
    return size - left, twice_cost


_RANGE_OF_SIGMA: Final = sqrt(8 / pi)
"""The mean range of a driftless Brownian motion is this many of its standard deviations (Parkinson 1980)."""
_RANGE_MINUTES: Final = 5


def waiting_risk(size: int, usual_range: int, minutes: float, size_scale: int = 1) -> float:
    """Dollars by which the proceeds of leaving evenly over `minutes` usually differ, either way, from leaving now.

    One standard deviation: size x sigma x sqrt(T / 3) (Almgren and Chriss 2000, constant rate), sigma from the usual
    five-minute range (Parkinson 1980).

    Args:
        size: Size units held at the start.
        usual_range: Median five-minute range, price units.
        minutes: Over which it is left.
        size_scale: Size units in a share.
    """
    sigma = usual_range / _RANGE_OF_SIGMA / PRICE_UNITS_PER_DOLLAR
    return size / size_scale * sigma * sqrt(minutes / _RANGE_MINUTES / 3)
