"""What each rule was worth on recorded days, by profile and evidence, before a user's own record says something.

Written by `make evaluate` with the table of docs/rules.md; not by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderflow_tui.track_record.rule_record import Prior

PRIOR: Final[Mapping[tuple[str, str], Prior]] = {
    ("guarded", "ask_wall"): Prior(99, 78, (13, 1, 25), (22, 9, 35)),
    ("guarded", "bid_wall"): Prior(92, 60, (-4, -18, 9), (-10, -24, 4)),
    ("guarded", "bid_wall_hit"): Prior(31, 74, (4, -18, 25), (4, -28, 36)),
    ("guarded", "block"): Prior(83, 59, (-2, -16, 13), (1, -15, 16)),
    ("guarded", "exit"): Prior(53, 66, (2, -16, 19), (7, -11, 25)),
    ("guarded", "red_burst"): Prior(225, 65, (2, -7, 11), (6, -3, 15)),
    ("guarded", "sell_print"): Prior(185, 67, (6, -4, 16), (14, -1, 28)),
}
