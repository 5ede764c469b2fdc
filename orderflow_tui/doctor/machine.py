"""Checks of this machine: settings, positions, the journal's directory, the terminal."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from orderflow_tui.config.load import LoadedConfig
from orderflow_tui.config.schema import validate_order_flow_config
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.journal.directory import MARKER
from orderflow_tui.positions import PositionManager, PositionsError, PositionsMissing, source_of
from orderflow_tui.support.bounded_file import read_bounded
from orderflow_tui.support.findings import Finding

_LEAST_FREE = 200 * 2**20
_LEAST_COLUMNS, _LEAST_ROWS = 80, 24


def settings(loaded: LoadedConfig) -> Finding:
    """Whether the settings suffice for a run."""
    where = str(loaded.path) if loaded.path else "no orderflow.toml"
    config = loaded.config
    try:
        validate_order_flow_config(config)
    except DataValidationError as refused:
        return Finding("settings", "FAIL", str(refused), "set it, then run `orderflow-tui doctor` again")
    return Finding("settings", "ok", f"source {config.data_source}, profile {config.profile}, {where}")


def positions(loaded: LoadedConfig) -> tuple[Finding, PositionManager | None]:
    """What is held, as the configured source has it now."""
    setting = loaded.config.positions
    try:
        manager = PositionManager(source_of(setting, loaded.env))
    except PositionsMissing as missing:
        return Finding("positions", "FAIL", str(missing), "start `orderflow-tui` and press w for an example file"), None
    except (PositionsError, DataValidationError) as refused:
        return Finding("positions", "FAIL", str(refused), "fix the setting named above"), None
    held, notes = manager.get_active_positions(), "; ".join(manager.notes)
    said = f"{len(held)} held from {setting}: {', '.join(position.symbol for position in held) or 'nothing'}"
    if not held:
        return Finding("positions", "warn", said, "there is nothing to watch over: add a [[position]]"), manager
    if notes:
        return Finding("positions", "warn", f"{said}; {notes}", "check that this is what you hold"), manager
    without = [position.symbol for position in held if position.stop is None]
    if without:
        return Finding("positions", "ok", f"{said}; no stop for {', '.join(without)}"), manager
    return Finding("positions", "ok", said), manager


def journal(directory: Path, source_class: str) -> Finding:
    """Whether the journal's directory can be written to and belongs to this class of source."""
    nearest = next((folder for folder in (directory, *directory.absolute().parents) if folder.exists()), Path("/"))
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        return Finding("journal", "FAIL", f"{directory} cannot be written to", "choose another with --log-dir")
    marker = directory / MARKER
    try:
        owner = read_bounded(marker, follow_link=False).decode("ascii", "replace").strip()
    except FileNotFoundError:
        owner = ""
    except OSError as error:
        return Finding(
            "journal", "FAIL", f"{marker}: {error.strerror or error}", "remove it, or choose another with --log-dir"
        )
    if owner and owner != source_class:
        said = f"{directory} belongs to {owner} data, this source is {source_class}"
        return Finding("journal", "FAIL", said, "choose another with --log-dir: journals never mix")
    free = shutil.disk_usage(nearest).free
    if free < _LEAST_FREE:
        return Finding("journal", "warn", f"{directory}: only {free // 2**20:,} MB free", "make room")
    return Finding("journal", "ok", f"{directory}, {free // 2**30:,} GB free")


def terminal(env: Mapping[str, str]) -> Finding:
    """Whether the dashboard can be read here."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return Finding("terminal", "warn", "none on stdin and stdout", "`orderflow-tui headless` needs none")
    columns, rows = shutil.get_terminal_size()
    colours = "NO_COLOR" if env.get("NO_COLOR") else env.get("COLORTERM") or env.get("TERM") or "unknown"
    said = f"{columns}x{rows}, {colours}, {sys.stdout.encoding}"
    if "utf" not in sys.stdout.encoding.lower():
        return Finding("terminal", "warn", said, "set a UTF-8 locale, e.g. LANG=C.UTF-8: bars are drawn with it")
    if columns < _LEAST_COLUMNS or rows < _LEAST_ROWS:
        return Finding("terminal", "warn", said, f"make it {_LEAST_COLUMNS}x{_LEAST_ROWS} or larger")
    return Finding("terminal", "ok", said)
