"""Why a rule spoke: its figures beside their thresholds, and the nearest threshold at which it would not have."""

from __future__ import annotations

from math import sqrt
from typing import Final

Z_90: Final = 1.6448536269514722
"""Two-sided 90 %."""


Figure = tuple[str, float, float] | tuple[str, float, float, float]
"""`(name, value, threshold)` of a test that was passed, and how far beyond the value its threshold would have had to
lie to fail it: 0 (left out) for a strict comparison, 1 for "at least 3 acts", -1 for "at most 120 s"."""


def why(*figures: Figure) -> dict[str, object]:
    """The explanation of a decision.

    Args:
        figures: Every test that was passed.

    Returns:
        `why`: the figures; `silent_at`: the one with the least margin, and the threshold that would have kept it quiet.
    """
    rows = [{"figure": one[0], "value": round(one[1], 4), "threshold": round(one[2], 4)} for one in figures]
    nearest = min(figures, key=lambda one: abs(one[1] - one[2]) / max(abs(one[2]), 1e-9))
    beyond = nearest[3] if len(nearest) == 4 else 0.0
    return {"why": rows, "silent_at": {"figure": nearest[0], "threshold": round(nearest[1] + beyond, 4)}}


def wilson(share: float, n: float, z: float = Z_90) -> tuple[float, float]:
    """Wilson's interval for a share seen in `n` (effective) trials; (0, 1) for none. Source: Wilson (1927)."""
    if n <= 0:
        return 0.0, 1.0
    square = z * z / n
    centre = share + square / 2
    spread = z * sqrt(share * (1 - share) / n + square / (4 * n))
    return (centre - spread) / (1 + square), (centre + spread) / (1 + square)


def true_share(measured: float, accuracy: float) -> float:
    """The share behind a measured one when each side is right with this probability: m = a p + (1 - a)(1 - p)."""
    if accuracy <= 0.5:
        return measured
    return max(0.0, min(1.0, (measured - (1 - accuracy)) / (2 * accuracy - 1)))
