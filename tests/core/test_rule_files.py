"""A rule is one file and a line of the catalogue: nothing else in the program knows it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import orderflow_tui
from orderflow_tui.core.rules.catalogue import CATALOGUE, PARTS
from orderflow_tui.core.rules.rule import Rule
from orderflow_tui.core.rules.rule_part import RulePart

PACKAGE = Path(orderflow_tui.__path__[0])
CORE = PACKAGE / "core"
LISTED = {"core/rules/catalogue.py"}


def _files_with(pattern: str, root: Path) -> set[str]:
    return {
        str(path.relative_to(PACKAGE))
        for path in root.rglob("*.py")
        if re.search(pattern, path.read_text(encoding="utf-8"))
    }


ALSO_IN = {
    "WallRules": {"core/rules/wall_tracker.py", "views/build_symbol.py"},
    "RedBurstRule": {"core/model/data_models.py", "library/tape_monitor.py"},
}
"""Where else a rule is known, and why: the tracker follows the walls, and the ladder marks them; the red burst is one of
the plan's two types, and one of its public classes judges it."""


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_a_rule_is_known_to_its_files_and_the_catalogue_alone(part: type[RulePart]) -> None:
    own = Path(inspect.getfile(part))
    evidence = "|".join(row.evidence for row in part.rows)
    pattern = rf'(?<!mirrored=)"({evidence})"|rules\.({own.stem}|{evidence})\b|\b{part.__name__}\b'
    files = {f"core/rules/{own.name}"} | {f"core/rules/{row.evidence}.py" for row in part.rows}
    assert _files_with(pattern, PACKAGE) - LISTED == files | ALSO_IN.get(part.__name__, set())


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.evidence)
def test_the_name_of_a_rules_evidence_stands_once_in_the_core(rule: Rule) -> None:
    files = _files_with(rf'(?<!mirrored=)"{rule.evidence}"', CORE)
    files -= {"core/model/data_models.py"} if rule.alert_type == rule.evidence else set()  # the plan's own type
    assert files == {f"core/rules/{rule.evidence}.py"}


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.evidence)
def test_every_rule_is_documented(rule: Rule) -> None:
    assert f"`{rule.evidence}`" in (PACKAGE.parent / "docs" / "rules.md").read_text(encoding="utf-8")
