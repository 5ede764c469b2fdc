"""What each rule was worth on recorded days, by profile and evidence, before a user's own record says something.

Written by `make evaluate` with the table of docs/rules.md; not by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderflow_tui.track_record.rule_record import Prior

PRIOR: Final[Mapping[tuple[str, str], Prior]] = {
    ("guarded", "ask_wall"): Prior(99, 78, (13, 1, 25), (18, 5, 30)),
    ("guarded", "bid_wall"): Prior(92, 60, (-4, -18, 9), (-6, -20, 8)),
    ("guarded", "bid_wall_hit"): Prior(31, 74, (4, -18, 25), (9, -17, 35)),
    ("guarded", "block"): Prior(83, 59, (-2, -16, 13), (-1, -16, 15)),
    ("guarded", "exit"): Prior(31, 65, (2, -21, 25), (4, -20, 27)),
    ("guarded", "red_burst"): Prior(224, 65, (3, -6, 11), (3, -6, 12)),
    ("guarded", "red_burst:moved"): Prior(124, 60, (-6, -18, 6), (-3, -14, 9)),
    ("guarded", "red_burst:thin_bid"): Prior(74, 74, (17, 1, 31), (14, -2, 28)),
    ("guarded", "red_burst:unmoved"): Prior(25, 60, (2, -24, 27), (0, -25, 26)),
    ("guarded", "sell_print"): Prior(178, 66, (5, -5, 15), (7, -5, 19)),
}
