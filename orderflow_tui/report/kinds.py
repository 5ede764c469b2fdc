"""Alerts and recommendations by kind of evidence, and what each kind was worth on days the rules were not made on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from orderflow_tui.track_record.evidence_kinds import weight_of
from orderflow_tui.track_record.priors import LEAST
from orderflow_tui.track_record.worth import Rules, Worth, exit_kind, exit_worth, rule_kind, verdict_of, worth_of
from orderflow_tui.views.frozen_views import asked

Figures = dict[str, Any]
_MOST: Final = 1_000
"""Kinds told apart; a journal of this program has a few dozen."""


class Kinds:
    """Counts alerts and recommendations by profile and kind."""

    def __init__(self) -> None:
        self._alerts: Counter[tuple[str, str, str, str]] = Counter()
        """By profile, evidence, basis and severity."""
        self._exits: Counter[tuple[str, str]] = Counter()
        """By profile and basis."""

    def alert(self, profile: str, evidence: str, severity: str, details: Mapping[str, object]) -> None:
        """An alert."""
        key = (profile, evidence, _basis(details), severity)
        if key in self._alerts or len(self._alerts) < _MOST:
            self._alerts[key] += 1

    def exit(self, profile: str, details: Mapping[str, object]) -> None:
        """A recommendation that rests on flow."""
        key = (profile, _basis(details))
        if key in self._exits or len(self._exits) < _MOST:
            self._exits[key] += 1

    def merge(self, other: Kinds) -> None:
        """Add another's counts."""
        self._alerts.update(other._alerts)
        self._exits.update(other._exits)

    @property
    def by_evidence(self) -> Counter[tuple[str, str]]:
        """Alerts by evidence and severity."""
        found: Counter[tuple[str, str]] = Counter()
        for (_, evidence, _, severity), count in self._alerts.items():
            found[evidence or "none", severity] += count
        return found

    def alert_figures(self, rules: Rules) -> dict[str, Figures]:
        """For JSON, most first: what each kind was worth, how many there were."""
        found: Counter[tuple[str, str, str]] = Counter()
        for (profile, evidence, basis, severity), count in self._alerts.items():
            found[profile, rule_kind(rules, profile, evidence, basis) or "none", severity] += count
        return {
            " ".join(key): {
                **dict(zip(("profile", "kind", "severity"), key, strict=True)),
                **_worth(worth_of(rules, key[0], key[1], LEAST)),
                "alerts": count,
            }
            for key, count in found.most_common()
        }

    def exit_figures(self, rules: Rules) -> dict[str, Figures]:
        """The same of recommendations; `asked` is what the screen calls one."""
        rows: dict[str, Figures] = {}
        for (profile, basis), count in self._exits.most_common():
            worth, weight = exit_worth(rules, profile, basis)
            name, words = exit_kind(basis)
            row = rows.setdefault(f"{profile} {name}", {"profile": profile, "kind": name, "recommendations": 0})
            row |= {"asked": asked(weight), "words": words or "evidence of no kind", **_worth(worth)}
            row["recommendations"] += count
        return rows


def _worth(worth: Worth | None) -> Figures:
    weight = weight_of(worth.lift if worth is not None else None)
    return {"weight": weight, "verdict": verdict_of(worth), "worth": "" if worth is None else worth.words}


def _basis(details: Mapping[str, object]) -> str:
    basis = details.get("basis")
    return basis if isinstance(basis, str) else ""
