"""configuration.md names exactly the settings, options, variables, defaults and keys there are."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

import yaml

from orderflow_tui import cli
from orderflow_tui.config import KEY_VARIABLES, VARIABLES, OrderFlowConfig
from orderflow_tui.config_load import SYMBOL_FIELDS, load_config
from orderflow_tui.config_watch import START_ONLY
from orderflow_tui.positions.toml_file import read_text
from orderflow_tui.tui.bindings import SCOPES, named
from orderflow_tui.tui.keymap import check_keymap
from tests.docs.pages import ROOT, blocks, code, section, table

PAGE = ROOT / "docs" / "configuration.md"
VARIABLE_OF = {field: variable for variable, field in VARIABLES.items()}
OPTION_OF = {field: option for option, field, _, _ in cli._SETTINGS}


def test_settings_table() -> None:
    rows = {code(row[0])[0]: row for row in table(section(PAGE, "## Settings"))}
    assert set(rows) == set(OrderFlowConfig.model_fields)
    for field, (_, variable, option, default, *_) in rows.items():
        expected = list(KEY_VARIABLES) if field == "polygon_api_key" else [VARIABLE_OF[field]]
        assert code(variable) == expected
        assert code(option) == ([OPTION_OF[field]] if field in OPTION_OF else []), field
        value = OrderFlowConfig.model_fields[field].default
        assert code(default) == ([] if value is None else [str(value)]), field


def test_what_a_symbol_may_set_and_what_waits_for_the_next_start() -> None:
    text = section(PAGE, "## orderflow.toml")
    of_a_symbol, running = text.split("A symbol's table may set", 1)[1].split("A running program", 1)
    assert set(code(of_a_symbol)) == set(SYMBOL_FIELDS)
    waiting = running.split("stay in force.", 1)[1].split("wait for the next start", 1)[0]
    assert set(code(waiting)) | {"polygon_base_url", "polygon_ws_url"} == set(START_ONLY)


def test_screen_table() -> None:
    rows = {code(row[0])[0]: code(row[1])[0] for row in table(section(PAGE, "## Screen"))}
    assert rows == {name: f"--{name.replace('_', '-')}" for name in cli._SCREEN}


def test_theme_names() -> None:
    shipped = {yaml.safe_load(path.read_text())["name"] for path in (ROOT / "themes").glob("*.yaml")}
    row = next(row for row in table(section(PAGE, "## Screen")) if code(row[0]) == ["theme"])
    assert set(code(row[3])) == shipped


def test_keys_table() -> None:
    rows = [(code(row[0])[0], code(row[1])[0], row[2]) for row in table(section(PAGE, "## Keys"))]
    assert rows == [
        (binding.id, binding.key, f"{scope}: {binding.tooltip}")
        for scope, bindings in SCOPES.items()
        for binding in named(bindings)
    ]


def test_toml_examples_are_accepted(tmp_path: Path) -> None:
    kinds = set()
    for block in blocks("toml"):
        document = tomllib.loads(block.text, parse_float=Decimal)
        if "fault" in document:
            continue
        if "position" in document:
            positions, _ = read_text(block.text, block.page.name)
            assert positions
            kinds.add("positions")
            continue
        path = tmp_path / "orderflow.toml"
        path.write_text(block.text)
        loaded = load_config(env={}, cwd=tmp_path)
        assert loaded.path == path
        assert set(loaded.ui) <= set(cli._SCREEN)
        check_keymap(dict(loaded.keys))
        kinds.add("settings")
    assert kinds == {"positions", "settings"}
