"""Telling a split from a trade: the quantity and the cost change by the same simple ratio, one up, one down."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

from orderflow_tui.core.model.holder import Position

_LARGEST: Final = 100
"""Both sides of a ratio are whole numbers up to this: 4:1, 3:2, 1:25."""
_COST_TOLERANCE: Final = Decimal("0.002")
"""Brokers round the average cost."""


def split_ratio(before: Position, now: Position) -> Fraction | None:
    """New shares for one old share if the change looks like a split, else None."""
    if before.quantity == now.quantity or not before.quantity or before.quantity * now.quantity < 0:
        return None
    if not before.average_cost or not now.average_cost:
        return None
    ratio = Fraction(now.quantity, before.quantity)
    if max(ratio.numerator, ratio.denominator) > _LARGEST:
        return None
    kept = before.average_cost * ratio.denominator / ratio.numerator
    return ratio if abs(now.average_cost - kept) <= kept * _COST_TOLERANCE else None
