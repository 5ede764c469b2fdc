"""The dashboard on the configured source: `orderflow-tui` without a command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orderflow_tui.commands.assembly import LiveSettings, checked_config, monitor_of_source
from orderflow_tui.commands.dashboard import show
from orderflow_tui.config.edit import SettingsFile
from orderflow_tui.positions import PositionManager, source_of
from orderflow_tui.support.forked import apart
from orderflow_tui.support.memory import spare_memory


def run_live(overrides: Mapping[str, Any], config_file: str | None, screen: Mapping[str, Any]) -> int:
    """The dashboard on the configured source."""
    spare_memory()
    checked = apart(lambda: checked_config(overrides, config_file))
    from orderflow_tui.tui.screens.first_run import FirstRun  # noqa: PLC0415

    loaded = checked()
    positions = PositionManager(source_of(loaded.config.positions, loaded.env), allow_missing=True)
    settings = LiveSettings(loaded, overrides, config_file)
    monitor, directory = monitor_of_source(loaded, positions, settings, publish_hz=20.0)
    first_run = None
    if positions.missing:
        first_run = FirstRun("no_positions_file", Path(loaded.config.positions), positions.message)
    elif not positions.get_active_positions():
        first_run = FirstRun("nothing_held", Path(loaded.config.positions), "")
    file = SettingsFile(overrides, config_file)
    notices = [f"positions: {note}" for note in positions.notes]
    return show(
        monitor, directory, screen, loaded, first_run=first_run, settings_file=file, notifies=True, notices=notices
    )
