"""Why a rule spoke: its figures beside their thresholds, and the nearest threshold at which it would not have."""

from __future__ import annotations

from math import sqrt
from typing import Any, Final

Z_90: Final = 1.6448536269514722
"""Two-sided 90 %."""


def why(*figures: tuple[str, float, float]) -> dict[str, Any]:
    """The explanation of a decision.

    Args:
        figures: `(name, value, threshold)` of every test that was passed.

    Returns:
        `why`: the figures; `silent_at`: the one with the least margin, and the threshold that would have kept it quiet.
    """
    rows = [
        {"figure": name, "value": round(value, 4), "threshold": round(threshold, 4)}
        for name, value, threshold in figures
    ]
    name, value, _ = min(figures, key=lambda one: abs(one[1] - one[2]) / max(abs(one[2]), 1e-9))
    return {"why": rows, "silent_at": {"figure": name, "threshold": round(value, 4)}}


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
