"""What rules and recommendations were worth on recorded days, before a user's own record says something.

The figures stand in the file of each rule (`core/rules`, `core/exits/basis.py`), where `make evaluate` writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderflow_tui.core.exits import basis
from orderflow_tui.core.rules.catalogue import CATALOGUE
from orderflow_tui.core.rules.rule import Prior

LEAST: Final = 20
"""Outcomes below which a rule's figures are not quoted."""
LEAST_OF_KIND: Final = 6
"""The same of what a recommendation rests on: quoted with its interval, which tells how little it is."""
PRIORS: Final[Mapping[str, Prior]] = basis.PRIORS | {
    name: prior for rule in CATALOGUE for name, prior in rule.priors.items()
}


def prior_of(profile: str, name: str, least: int = LEAST) -> Prior | None:
    """What was measured of a rule or a kind of evidence; None in `plan`, of which nothing was, or for too few."""
    prior = PRIORS.get(name) if profile == "guarded" else None
    return None if prior is None or prior.n < least else prior
