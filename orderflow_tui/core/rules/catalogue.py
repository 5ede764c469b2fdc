"""Every rule, a line each. A new one is its file, its line here, its test and its documentation."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.rules.block import BLOCK
from orderflow_tui.core.rules.hidden_seller import HIDDEN_SELLER
from orderflow_tui.core.rules.red_burst import RED_BURST
from orderflow_tui.core.rules.rule import Profile, Rule
from orderflow_tui.core.rules.sell_print import SELL_PRINT
from orderflow_tui.core.rules.slow_bleed import SLOW_BLEED
from orderflow_tui.core.rules.thin_exit import THIN_EXIT
from orderflow_tui.core.rules.walls import ASK_WALL, BID_WALL, BID_WALL_HIT, BID_WALL_PULLED

CATALOGUE: Final[tuple[Rule, ...]] = (
    BID_WALL,
    BID_WALL_HIT,
    ASK_WALL,
    BID_WALL_PULLED,
    SELL_PRINT,
    RED_BURST,
    BLOCK,
    SLOW_BLEED,
    HIDDEN_SELLER,
    THIN_EXIT,
)
"""In the order in which the screen lists what is live."""


def live_rules(capabilities: Capabilities, profile: Profile) -> tuple[str, ...]:
    """The evidence kinds that can fire on this source under this profile, in the catalogue's order."""
    return tuple(rule.evidence for rule in CATALOGUE if rule.enabled(profile) and rule.live(capabilities))
