"""What a recommendation rests on where no one rule does, and what recommendations were worth."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.rules.rule import Prior

EXIT: Final = "exit"
"""The name under which outcomes of recommendations are counted."""
COUNTED_SIGNALS: Final = "acts"
"""Enough counted signals within the window. The journal's word."""
PRICE_ALARM: Final = "price_alarm"
"""It comes back because the price went on against an answer."""

PRIORS: Final[dict[str, Prior]] = {
    "exit": Prior(31, 65, (2, -21, 25), (4, -20, 27)),
    "exit:acts": Prior(9, 56, (0, -39, 38), (-11, -48, 32)),
    "exit:beyond_range": Prior(3, 33, (-18, -67, 42), (-23, -66, 38)),
    "exit:price_alarm": Prior(5, 80, (8, -40, 55), (32, -22, 84)),
    "exit:thin_bid": Prior(8, 75, (20, -23, 55), (22, -22, 57)),
    "exit:unmoved": Prior(6, 67, (-12, -55, 34), (-11, -56, 35)),
}

KINDS: Final = {
    COUNTED_SIGNALS: "three large sellers",
    PRICE_ALARM: "price alarm after a hold",
}
"""What each basis is called on an exit card."""
