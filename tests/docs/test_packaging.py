"""The package's metadata is honest: what is imported is required, what is required is imported."""

from __future__ import annotations

import ast
import re
import sys
import tomllib

import orderflow_tui
from tests.docs.pages import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NOT_IMPORTED = {"tzdata"}
"""Data that zoneinfo needs where the system has none."""
MODULES = {"polygon-api-client": "polygon", "pyyaml": "yaml", "textual-plotext": "textual_plotext",
           "textual-serve": "textual_serve", "databento-dbn": "databento_dbn"}  # fmt: skip


def _package(requirement: str) -> str:
    return re.split(r"[<>=!~; \[]", requirement)[0]


def test_dependencies_are_what_is_imported() -> None:
    imported = set()
    for path in (ROOT / "orderflow_tui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.split(".")[0])
    required = {_package(entry) for entry in PROJECT["project"]["dependencies"]} - NOT_IMPORTED
    third_party = imported - set(sys.stdlib_module_names) - {"orderflow_tui"}
    extras = PROJECT["project"]["optional-dependencies"]
    optional = {
        _package(entry)
        for name, entries in extras.items()
        if name not in {"test", "bench", "conformance"}
        for entry in entries
    }
    assert third_party == {MODULES.get(name, name) for name in required | optional}


def test_one_version() -> None:
    assert PROJECT["project"]["version"] == orderflow_tui.__version__
    released = re.findall(r"^## \[(\d[^\]]*)\] - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert released[0] == orderflow_tui.__version__


def test_what_the_source_distribution_lists_is_there() -> None:
    for name in PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]:
        assert (ROOT / name.removeprefix("/")).exists(), name
