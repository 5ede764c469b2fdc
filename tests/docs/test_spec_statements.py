"""Every statement of the specification's table names tests that exist, or says why it has none."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
TABLE: dict[str, dict[str, list[str]]] = tomllib.loads((TESTS / "docs/spec_statements.toml").read_text("utf-8"))
UNTESTED = TABLE.pop("untested")
ROWS = [(f"{group}: {statement}", names) for group, rows in TABLE.items() for statement, names in rows.items()]


@cache
def functions(file: str) -> frozenset[str]:
    """`name` and `Class::name` of what a test file defines."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    inner = {
        f"{outer.name}::{one.name}"
        for outer in tree.body
        if isinstance(outer, ast.ClassDef)
        for one in outer.body
        if isinstance(one, ast.FunctionDef)
    }
    return frozenset(inner | {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)})


@pytest.mark.parametrize(("statement", "names"), ROWS)
def test_it_is_held_by_tests_that_exist(statement: str, names: list[str]) -> None:
    assert names
    for name in names:
        file, _, function = name.partition("::")
        assert function in functions(file), f"{statement}: tests/{file} has no {function}"


def test_what_is_untested_says_why() -> None:
    assert len(ROWS) > 100
    assert all(UNTESTED.values())
