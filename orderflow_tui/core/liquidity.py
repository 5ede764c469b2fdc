"""What leaving costs now: coverage, exit cost, minutes to leave (SPEC section 5). Prices in core units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orderflow_tui.core.events import Levels
from orderflow_tui.core.units import PRICE_UNITS_PER_DOLLAR

TAPE_SHARE: Final = 0.10
"""The part of the tape a leaver takes without leaning on it."""
_BAND_TICKS: Final = 3
_BAND_PARTS: Final = 1_000  # 10 bp


@dataclass(frozen=True, slots=True)
class ExitCost:
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
    left = size
    twice_mid = bids[0][0] + asks[0][0]
    twice_cost = 0
    for price, shown in bids:
        taken = min(left, shown)
        twice_cost += (twice_mid - 2 * price) * taken
        left -= taken
        if not left:
            break
    filled = size - left
    notional = abs(twice_mid) * filled / 2
    dollars = twice_cost / 2 / PRICE_UNITS_PER_DOLLAR / size_scale
    return ExitCost(filled, left, dollars, twice_cost / 2 / notional * 10_000 if notional else 0.0)


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
