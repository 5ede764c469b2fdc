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


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.row.evidence)
def test_a_rule_that_listens_for_itself_is_known_to_its_file_and_the_catalogue_alone(part: type[RulePart]) -> None:
    own = Path(inspect.getfile(part))
    pattern = rf'"{part.row.evidence}"|rules\.{own.stem}\b|\b{part.__name__}\b'
    assert _files_with(pattern, PACKAGE) - LISTED == {f"core/rules/{own.name}"}


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.evidence)
def test_the_name_of_a_rules_evidence_stands_once_in_the_core(rule: Rule) -> None:
    files = _files_with(rf'(?<!mirrored=)"{rule.evidence}"', CORE)
    files -= {"core/model/data_models.py"} if rule.alert_type == rule.evidence else set()  # the plan's own type
    assert files == {f"core/rules/{rule.evidence}.py"}


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.evidence)
def test_every_rule_is_documented(rule: Rule) -> None:
    assert f"`{rule.evidence}`" in (PACKAGE.parent / "docs" / "rules.md").read_text(encoding="utf-8")
