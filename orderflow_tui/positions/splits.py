"""What is said of a split that the holdings show."""

from __future__ import annotations

from orderflow_tui.core.learning.position_split import split_ratio
from orderflow_tui.core.model.holder import Position


def split_note(before: Position, now: Position) -> str:
    """What to say of a split, or empty where there was none."""
    ratio = split_ratio(before, now)
    if ratio is None:
        return ""
    words = f"{now.symbol}: {before.quantity:,} at {before.average_cost} became {now.quantity:,} at {now.average_cost}"
    note = f"{words}: a {ratio.numerator}-for-{ratio.denominator} split"
    if now.stop is not None and now.stop == before.stop:
        note += f"; your stop {now.stop} was set before it, look at it"
    return note
