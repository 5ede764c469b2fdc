"""What alerts and recommendations of a kind were worth: one answer for the screen, messages and the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from orderflow_tui.core.exits.basis import EXIT
from orderflow_tui.track_record.evidence_kinds import KINDS, Weight, weight_of
from orderflow_tui.track_record.priors import LEAST_OF_KIND, prior_of
from orderflow_tui.track_record.rule_record import ENOUGH, RuleRecord, points_words, verdict_words

Rules = Mapping[str, RuleRecord]
"""A user's own record, by rule and by `rule:kind`."""
UNKNOWN: Final = "not known"


class Worth(Struct, frozen=True):
    """What followed a kind.

    Attributes:
        n: Outcomes it rests on.
        lift: On other moments, points with their 95 % interval.
        here: It is the user's own record; otherwise what was measured on recorded days.
    """

    n: int
    lift: tuple[int, int, int]
    here: bool

    @property
    def words(self) -> str:
        """In one line."""
        return f"{self.n:,} {'here' if self.here else 'on recorded days'}, {points_words(self.lift)}"


def verdict_of(worth: Worth | None) -> str:
    """The word for it: `better than chance`, `not above chance`, `worse than chance`, `not known`."""
    return UNKNOWN if worth is None else verdict_words(worth.lift)


def rule_kind(rules: Rules, profile: str, evidence: str, basis: str = "") -> str:
    """The name whose record tells of an alert: its kind of evidence where that has one, else its rule."""
    name = f"{evidence}:{basis}" if basis else evidence
    rule = rules.get(name)
    own = rule is not None and rule.n >= ENOUGH
    return name if own or prior_of(profile, name) is not None else evidence


def exit_kind(basis: str) -> tuple[str, str]:
    """The name under which a recommendation's evidence is counted, and what it is in words."""
    kind = KINDS.get(basis)
    return (EXIT, "") if kind is None else (kind.name, kind.words)


def worth_of(rules: Rules, profile: str, name: str, least: int) -> Worth | None:
    """The user's own record where there is enough of it, else what was measured on recorded days; None: not known.

    Args:
        rules: The user's own record.
        profile: In force; only `guarded` was measured.
        name: The rule or `rule:kind`.
        least: Measured outcomes below which a figure is not quoted.
    """
    rule = rules.get(name)
    if rule is not None and rule.n >= ENOUGH and (lift := rule.lift_random) is not None:
        points = (round(100 * lift.value), round(100 * lift.low), round(100 * lift.high))
        return Worth(rule.n, points, here=True)
    prior = prior_of(profile, name, least)
    return None if prior is None else Worth(prior.n, prior.random, here=False)


def exit_worth(rules: Rules, profile: str, basis: str) -> tuple[Worth | None, Weight]:
    """What a recommendation's kind of evidence was worth, and how loud that lets it be."""
    name, words = exit_kind(basis)
    worth = worth_of(rules, profile, name, LEAST_OF_KIND) if words else None
    return worth, weight_of(worth.lift if worth is not None else None)
