"""The limits a reader relies on: how long a file, a class and a function may be, and that no module needs itself."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
MOST_LINES, MOST_FUNCTION_LINES, MEDIAN_FUNCTION_LINES, MOST_METHODS = 400, 60, 8, 25
MOST_ANY_PER_THOUSAND = 3.0
"""`Any` switches the type checker off where it stands."""


class Module(NamedTuple):
    """One file of the package."""

    name: str
    text: str
    tree: ast.Module


@cache
def modules() -> tuple[Module, ...]:
    paths = sorted((ROOT / "orderflow_tui").rglob("*.py"))
    texts = [path.read_text("utf-8") for path in paths]
    return tuple(Module(_name(path), text, ast.parse(text)) for path, text in zip(paths, texts, strict=True))


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _blocks(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement, however deep."""
    for statement in body:
        yield statement
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            yield from _blocks(getattr(statement, part, []))


def functions(module: Module) -> Iterator[tuple[str, int]]:
    """Each with its lines, docstring apart."""
    for node in _blocks(module.tree.body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            docstring = (first.end_lineno or 0) - first.lineno + 1 if said else 0
            yield f"{module.name}.{node.name}", (node.end_lineno or 0) - node.lineno + 1 - docstring


@cache
def classes() -> dict[str, ast.ClassDef]:
    return {
        f"{module.name}.{node.name}": node
        for module in modules()
        for node in _blocks(module.tree.body)
        if isinstance(node, ast.ClassDef)
    }


def of_textual() -> set[str]:
    """Classes that are Textual's apps, screens and widgets, directly or by way of another: it calls their methods."""
    found = {
        name.asname or name.name
        for module in modules()
        for node in module.tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("textual")
        for name in node.names
    }
    bases = {node.name: {_base(base) for base in node.bases} for node in classes().values()}
    while more := {name for name, parents in bases.items() if parents & found} - found:
        found |= more
    return found


def _base(node: ast.expr) -> str:
    node = node.value if isinstance(node, ast.Subscript) else node
    return node.id if isinstance(node, ast.Name) else ""


def test_no_module_is_longer_than_400_lines() -> None:
    assert {module.name: lines for module in modules() if (lines := module.text.count("\n")) > MOST_LINES} == {}


def test_no_function_is_longer_than_60_lines_and_half_of_them_are_short() -> None:
    lengths = [one for module in modules() for one in functions(module)]
    assert [one for one in lengths if one[1] > MOST_FUNCTION_LINES] == []
    assert statistics.median(length for _, length in lengths) <= MEDIAN_FUNCTION_LINES


def test_no_class_has_more_than_25_methods() -> None:
    exempt = of_textual()
    assert {"OrderFlowApp", "MainScreen"} <= exempt
    methods = {
        name: sum(isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) for one in node.body)
        for name, node in classes().items()
        if node.name not in exempt
    }
    assert len(methods) > 500
    assert {name: count for name, count in methods.items() if count > MOST_METHODS} == {}


def test_no_module_imports_itself_by_way_of_others_even_for_its_types() -> None:
    names = {module.name for module in modules()}
    needs: dict[str, set[str]] = {}
    for module in modules():
        found = needs[module.name] = set()
        for node in module.tree.body:
            inner = _blocks([node]) if isinstance(node, ast.If | ast.Try) else (node,)
            for statement in inner:
                if isinstance(statement, ast.ImportFrom) and statement.module:
                    whole = {f"{statement.module}.{name.name}" for name in statement.names}
                    found |= whole & names or {statement.module} & names
                elif isinstance(statement, ast.Import):
                    found |= {name.name for name in statement.names} & names
        found.discard(module.name)
    try:
        order = tuple(TopologicalSorter(needs).static_order())
    except CycleError as error:
        raise AssertionError(" -> ".join(error.args[1])) from None
    assert len(order) == len(names)


def test_any_is_rare() -> None:
    count = lines = 0
    for module in modules():
        lines += module.text.count("\n")
        if re.search(r"^from typing import .*\bAny\b", module.text, re.MULTILINE):
            count += sum(isinstance(node, ast.Name) and node.id == "Any" for node in ast.walk(module.tree))
    assert 1_000 * count / lines < MOST_ANY_PER_THOUSAND
