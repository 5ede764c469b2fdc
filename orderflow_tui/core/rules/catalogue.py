"""Every rule, a line each. A new one is its file, its line here, its test and its documentation."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.mirror import Mirror
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.data_models import Against
from orderflow_tui.core.rules import (
    ask_wall,
    bid_wall,
    bid_wall_hit,
    bid_wall_pulled,
    block,
    hidden_seller,
    red_burst,
    sell_print,
    slow_bleed,
    thin_exit,
)
from orderflow_tui.core.rules.rule import Profile, Rule
from orderflow_tui.core.rules.rule_part import RulePart

_RULES: Final[tuple[Rule | type[RulePart], ...]] = (
    bid_wall.BID_WALL,
    bid_wall_hit.BID_WALL_HIT,
    ask_wall.ASK_WALL,
    bid_wall_pulled.BID_WALL_PULLED,
    sell_print.SellPrintRule,
    red_burst.RED_BURST,
    block.BlockRule,
    slow_bleed.SlowBleedRule,
    hidden_seller.HiddenSellerRule,
    thin_exit.ThinExitRule,
)
CATALOGUE: Final[tuple[Rule, ...]] = tuple(rule if isinstance(rule, Rule) else rule.row for rule in _RULES)
"""In the order in which the screen lists what is live."""
PARTS: Final[tuple[type[RulePart], ...]] = tuple(rule for rule in _RULES if not isinstance(rule, Rule))
"""The rules that listen for themselves; those of the resting sizes and of the burst are asked by the book and tape."""
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
