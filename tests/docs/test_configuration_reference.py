"""configuration.md beside its tables: what a symbol may set, what waits, which themes there are, and examples that load."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

import yaml

from orderflow_tui.commands.options import SCREEN
from orderflow_tui.config.load import SYMBOL_FIELDS, load_config
from orderflow_tui.config.reload import START_ONLY
from orderflow_tui.config.secrets import SECRET_NAMES
from orderflow_tui.config.sources import SETTINGS
from orderflow_tui.positions.toml_file import read_text
from orderflow_tui.tui.keys.user_keymap import check_keymap
from tests.docs.pages import ROOT, blocks, code, section, table
from tests.docs.references import CONFIGURATION as PAGE


def test_what_a_symbol_may_set_and_what_waits_for_the_next_start() -> None:
    text = section(PAGE, "## orderflow.toml")
    of_a_symbol, running = text.split("A symbol's table may set", 1)[1].split("A running program", 1)
    assert set(code(of_a_symbol)) == set(SYMBOL_FIELDS)
    waiting = running.split("still apply.", 1)[1].split("wait for the next start", 1)[0]
    of_sources = {name for name, setting in SETTINGS.items() if setting.kind != "secret"}
    assert set(code(waiting)) | of_sources == set(START_ONLY)


def test_names_of_secrets() -> None:
    listed = section(PAGE, "## Secrets").split("Known names:", 1)[1]
    assert tuple(code(listed)) == SECRET_NAMES


def test_theme_names() -> None:
    shipped = {yaml.safe_load(path.read_text())["name"] for path in (ROOT / "themes").glob("*.yaml")}
    row = next(row for row in table(section(PAGE, "## Screen")) if code(row[0]) == ["theme"])
    assert set(code(row[3])) == shipped


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
        assert set(loaded.ui) <= set(SCREEN)
        check_keymap(dict(loaded.keys))
        kinds.add("settings")
    assert kinds == {"positions", "settings"}
