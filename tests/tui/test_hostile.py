"""Text from outside is never markup, never an action, and never reaches the terminal with control characters."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.widgets import Input

import orderflow_tui.tui
from orderflow_tui.tui.screens.history import HistoryScreen
from orderflow_tui.tui.state.first_run import FirstRun
from orderflow_tui.views.frozen_views import RuleLine, SymbolView
from tests.tui.driving import block, press, running, screen_text, settled, toasts
from tests.tui.fake import FakeMonitor, alert, busy_market, detail, leave, position, recommendation, symbol_view, window
from tests.tui.journal_files import append, journal, record

HOSTILE = (
    "[/]",
    "[@click=app.quit]x[/] [bold $sym {0} %s",
    "\x1b]52;c;cHduZWQ=\x07\x1b[2J \u202eevil\u2066\u200f \x9b31m\x00\x08 e\u0301\u0301\u0301 日本語 🚀",
    "x" * 5_000,
)


def poisoned(text: str) -> FakeMonitor:
    """Every field that can carry outside text carries this one."""
    monitor = FakeMonitor()
    advice = recommendation(
        text, reason=text, evidence=(text, text), cost_line=text, recommendation_id=f"id{text}", header=text
    )
    held = position(1_000, 13.9, 1.0)
    view = symbol_view(
        text,
        "EXIT",
        detail=text,
        thresholds=text,
        live_rules=(text,),
        muted=text,
        counters={text: 1},
        recommendation=advice,
        position=replace(held, stop_words=text),
        leave=replace(leave(1_000), line=text),
        window=replace(window(), price_words=text),
    )
    blind = replace(view, symbol=f"B{text}", chip="BLIND", stale=True)
    lines = (alert(text, 0, text, evidence=text, why=(text,)), alert("BAC", 1, text))
    rules = (RuleLine(text, text, text, met=True),)
    monitor.details = dict.fromkeys((text, f"B{text}"), replace(detail(text), symbol=text, rules=rules))
    monitor.put(
        view, blind, alerts=lines, recommendations=(advice, replace(advice, recommendation_id="2")), source_label=text,
        host=text, profile=text, market=text, detail=text, missing_features=(text,), ended=text, config_message=text,
    )  # fmt: skip
    return monitor


def assert_clean(shown: str) -> None:
    assert all(char.isprintable() or char == "\n" for char in shown), repr(shown)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_text_in_every_field_is_only_text(text: str, tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    store = journal(folder, 5)
    poison = record(-1, symbol=text, text=text, severity=text, source_class=text, answer=text, recommendation_id=text)
    append(folder, poison, poison | {"event": text, "timestamp_utc": text, "event_id": "e-2"}, {**poison, text: text})
    first = FirstRun("message", Path(f"/{text[:100]}".replace("\x00", "")), text)
    async with running(poisoned(text), size=(100, 30), history=store, first_run=first, export_directory=tmp_path) as (
        app,
        pilot,
    ):
        for keys in (
            (),
            ("enter",),
            ("c", "v", "d"),
            ("escape", "f2"),
            ("escape", "escape", "h"),
            ("enter",),
            ("escape", "down", "enter"),
            ("escape", "y", "c", "s"),
        ):
            await press(pilot, *keys)
            await settled(pilot)
            assert_clean(screen_text(app))
        assert isinstance(app.screen, HistoryScreen)
        assert not app._exit
        assert_clean("".join(toasts(app)))
        if text == HOSTILE[0]:
            await press(pilot, "x")
            assert "[/]" in screen_text(app)


async def test_a_hostile_note_reaches_the_answer_cleaned_and_the_screen_as_text() -> None:
    monitor = busy_market()
    async with running(monitor) as (app, pilot):
        await press(pilot, "f2", "n")
        app.screen.query_one(Input).value = "[/] \x1b]0;x\x07 [@click=app.quit]x"
        await press(pilot, "enter")
        assert "note: [/] ]0;x [@click=app.quit]x" in block(app, "answer")
        await press(pilot, "h")
    assert monitor.answers[0][1].note == "[/] ]0;x [@click=app.quit]x"


def test_the_poison_covers_every_text_a_view_can_hold() -> None:
    """A new text field of the views must be poisoned here too."""
    texts = {name for name, kind in SymbolView.__annotations__.items() if kind in {"str", "tuple[str, ...]"}}
    assert texts == {"symbol", "chip_detail", "thresholds", "live_rules", "muted"}


SURFACES = {
    "Static", "Label", "Button", "Checkbox", "OptionList", "DataTable", "Tree", "Tab", "Collapsible", "notify",
    "RadioButton", "ListItem", "Link", "update",
}  # fmt: skip
MARKUP_ATTRIBUTES = {"border_title", "border_subtitle", "tooltip", "loading_message"}


def _sources() -> Iterator[tuple[Path, ast.AST]]:
    for path in Path(inspect.getfile(orderflow_tui.tui)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield path, node


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _has_markup_off(call: ast.Call) -> bool:
    return any(
        word.arg == "markup" and isinstance(word.value, ast.Constant) and word.value.value is False
        for word in call.keywords
    )


def _violation(node: ast.AST) -> str:
    shows = isinstance(node, ast.Call) and bool(node.args or node.keywords)  # a condition's notify() shows nothing
    if isinstance(node, ast.Call) and shows and _name(node.func) in SURFACES and not _has_markup_off(node):
        return f"{_name(node.func)} without markup=False"
    if isinstance(node, ast.Call) and _name(node.func) in {"from_markup", "render_markup"}:
        return _name(node.func)
    if isinstance(node, ast.Assign) and any(_name(target) in MARKUP_ATTRIBUTES for target in node.targets):
        return "a markup attribute is set"
    return ""


def test_no_text_is_handed_to_a_surface_that_reads_markup() -> None:
    found = [
        f"{path.name}:{getattr(node, 'lineno', 0)}: {_violation(node)}" for path, node in _sources() if _violation(node)
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    ["Static(text)", "self.notify(text)", "Label(f'{x}', markup=True)", "w.border_title = text", "Text.from_markup(x)"],
)
def test_the_lint_sees_what_it_is_for(source: str) -> None:
    assert any(_violation(node) for node in ast.walk(ast.parse(source)))


def test_no_colour_stands_in_the_code() -> None:
    def has_colour(value: Any) -> bool:
        digits = (
            (word[1:] for word in re.split(r"[\s=:;,]", value) if word[:1] == "#") if isinstance(value, str) else ()
        )
        return any(len(one) in {3, 6, 8} and set(one) <= set("0123456789abcdefABCDEF") for one in digits)

    found = {path.name for path, node in _sources() if isinstance(node, ast.Constant) and has_colour(node.value)}
    assert found == {"shipped_themes.py"}  # which another test holds to its file
