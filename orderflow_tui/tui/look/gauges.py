"""Gauges and sparklines made of characters; every mark is readable without colour."""

from __future__ import annotations

import math
from collections.abc import Sequence

_EIGHTHS = "▁▂▃▄▅▆▇█"
SIDE_MARKS = ((0.8, "S", "B"), (0.6, "s", "b"))
"""The letter of whoever started at least so much of a moment's volume: sellers, buyers."""
_UNKNOWN = 0.5


def gauge(value: float, full: float, width: int, marks: Sequence[tuple[float, str]]) -> str:
    """A bar of `width` cells for `value` of `full`, with letters standing at thresholds."""
    if width <= 0 or full <= 0:
        return ""
    filled = min(width, max(0, round(value / full * width)))
    cells = ["━"] * filled + ["─"] * (width - filled)
    for at, mark in marks:
        place = min(width - 1, max(0, round(at / full * width) - 1))
        cells[place] = mark
    return "".join(cells)


def bins(samples: Sequence[int], width: int) -> tuple[list[int], int]:
    """The samples summed into at most `width` equal steps, newest last.

    Returns:
        The sums, and how many samples each holds (the newest end is always whole).
    """
    if width <= 0 or not samples:
        return [], 1
    step = math.ceil(len(samples) / width)
    start = len(samples) % step
    sums = [sum(samples[:start])] if start else []
    sums += [sum(samples[index : index + step]) for index in range(start, len(samples), step)]
    return sums, step


def spark(values: Sequence[float]) -> str:
    """Eight heights, scaled from nothing to the largest; nothing at all is a blank."""
    top = max(values, default=0)
    if not top or not math.isfinite(top):
        return " " * len(values)
    return "".join(" " if value <= 0 else _EIGHTHS[min(7, max(0, math.ceil(value / top * 8) - 1))] for value in values)


def side_letters(volume: Sequence[int], sold: Sequence[int], bought: Sequence[int]) -> str:
    """Under each spark bar who was the aggressor.

    `S` and `B` from 80% of the volume, `s` and `b` from 60%, `?` where the side of half of it or more is not known,
    `·` between; blank without volume.
    """
    return "".join(map(side_letter, volume, sold, bought))


def side_letter(total: int, sold: int, bought: int) -> str:
    """The letter of one moment."""
    if not total:
        return " "
    for share, seller, buyer in SIDE_MARKS:
        if max(sold, bought) >= share * total:
            return seller if sold > bought else buyer
    return "?" if total - sold - bought >= _UNKNOWN * total else "·"


def trend(samples: Sequence[float]) -> str:
    """`falling`, `rising` or `flat`: the last quarter's mean against the first quarter's, 10% apart."""
    if len(samples) < 8:
        return ""
    quarter = len(samples) // 4
    first, last = sum(samples[:quarter]) / quarter, sum(samples[-quarter:]) / quarter
    if last < first * 0.9:
        return "falling"
    return "rising" if last > first * 1.1 else "flat"
