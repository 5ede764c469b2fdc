"""Every rule, a line each. A new one is its file, its line here, its test and its documentation."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.data_models import Against
from orderflow_tui.core.rules import block, hidden_seller, red_burst, sell_print, slow_bleed, thin_exit, wall_rules
from orderflow_tui.core.rules.rule import Profile, Rule
from orderflow_tui.core.rules.rule_part import RulePart
from orderflow_tui.core.short_as_long import Mirror

PARTS: Final[tuple[type[RulePart], ...]] = (
    wall_rules.WallRules,
    sell_print.SellPrintRule,
    red_burst.RedBurstRule,
    block.BlockRule,
    slow_bleed.SlowBleedRule,
    hidden_seller.HiddenSellerRule,
    thin_exit.ThinExitRule,
)
"""In the order in which they hear of things."""
CATALOGUE: Final[tuple[Rule, ...]] = tuple(row for part in PARTS for row in part.rows)
"""In the order in which the screen lists what is live."""
NO_SELLERS: Final[frozenset[str]] = frozenset(rule.evidence for rule in CATALOGUE if not rule.large_seller)
"""Evidence of no one large seller: shown by its own name instead of the plan's type."""


def live_rules(capabilities: Capabilities, profile: Profile) -> tuple[str, ...]:
    """The evidence kinds that can fire on this source under this profile, in the catalogue's order."""
    return tuple(rule.evidence for rule in CATALOGUE if rule.enabled(profile) and rule.live(capabilities))


COUNTED_ONCE: Final[frozenset[tuple[Against, str | None]]] = frozenset(
    (mirror.against, mirror.words(rule.evidence, rule.mirrored or rule.evidence))
    for rule in CATALOGUE
    if rule.counted_once
    for mirror in (Mirror(), Mirror(short=True))
)
"""Evidence, beside the position it endangers, of which all together counts once towards an exit."""
