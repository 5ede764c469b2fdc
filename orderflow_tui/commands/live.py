"""The dashboard on the configured source: an engine in a process of its own, and a screen on it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from orderflow_tui import __version__
from orderflow_tui.commands.attach import journal_of, look_at, show_engine, terminal_name
from orderflow_tui.commands.dashboard import refuse_without_terminal
from orderflow_tui.commands.engine import ComingEngine, start_engine
from orderflow_tui.config.edit import SettingsFile
from orderflow_tui.config.load import LoadedConfig
from orderflow_tui.config.quick_check import begin_check
from orderflow_tui.config.screen_settings import screen_settings
from orderflow_tui.config.sources import source_named
from orderflow_tui.engine.client import NOTHING_YET, RemoteMonitor
from orderflow_tui.engine.listener import connect
from orderflow_tui.engine.runtime_folder import EngineError, is_held, place_of
from orderflow_tui.positions import PositionManager, source_of
from orderflow_tui.support.console import print_note
from orderflow_tui.support.memory import asyncio_without_tls, spare_memory

if TYPE_CHECKING:
    from orderflow_tui.tui.state.first_run import FirstRun

_FILES: Final = (".toml", ".csv")
"""How positions that are files end; a broker is asked by the engine alone."""


def run_live(overrides: Mapping[str, object], config_file: str | None, screen: Mapping[str, Any]) -> int:
    """Start the engine of the configured journal where none runs, and show a screen on it."""
    spare_memory()
    checked = begin_check(overrides, config_file)
    try:
        place_of(Path(os.sep))  # whether there is a place for an engine is not a matter of the journal
    except EngineError as refused:
        loaded = checked()
        refuse_without_terminal()
        print_note(f"the watch ends with this screen: {refused}")
        return _run_in_this_process(loaded, overrides, config_file, screen)
    with asyncio_without_tls():  # an engine watches: this process opens no connection
        import orderflow_tui.tui.run_dashboard  # noqa: PLC0415, F401 while the settings are checked
    loaded = checked()
    ui = screen_settings({**loaded.ui, **screen})
    refuse_without_terminal()
    starter = _Starter(loaded, overrides, config_file, ends_with_screens=ui.on_quit == "end")
    runs = is_held(starter.place)
    return show_engine(
        look_at(starter.place, fps=ui.fps) if runs else _not_yet_there(loaded, ui.fps),
        starter.directory,
        screen,
        loaded,
        start=None if runs else starter.start,
        again=starter.again,
        back=lambda: connect(starter.place),
        settings_file=SettingsFile(overrides, config_file),
        first_run=_first_run(loaded),
        notices=("this screen joined an engine that was already running",) if runs else (),
    )


def _not_yet_there(loaded: LoadedConfig, fps: float) -> RemoteMonitor:
    """The monitor of an engine that is coming up: what is known of it without it."""
    source = source_named(loaded.config.data_source)
    status = replace(
        NOTHING_YET,
        source_label=source.label,
        source_class=source.source_class,
        profile=loaded.config.profile,
        now_ns=time.time_ns(),
    )
    return RemoteMonitor(None, version=__version__, screen=terminal_name(), fps=fps, status=status)


class _Starter:
    """Starts the engine of one journal, once or again."""

    def __init__(
        self, loaded: LoadedConfig, overrides: Mapping[str, object], config_file: str | None, *, ends_with_screens: bool
    ) -> None:
        self.directory = journal_of(loaded)
        self.place = place_of(self.directory)
        self._overrides = overrides
        self._config_file = config_file
        self._ends_with_screens = ends_with_screens

    def start(self) -> ComingEngine:
        """Start it."""
        return start_engine(
            self.directory, self._overrides, self._config_file, ends_with_screens=self._ends_with_screens
        )

    def again(self) -> socket.socket:
        """Start it where none runs, and connect as soon as it takes screens. Raises EngineError."""
        return connect(self.place) if is_held(self.place) else self.start().link()


def _first_run(loaded: LoadedConfig) -> FirstRun | None:
    """What to do next where the positions file is not there or holds nothing; a broker is asked by the engine alone."""
    from orderflow_tui.tui.state.first_run import FirstRun  # noqa: PLC0415

    path = Path(loaded.config.positions)
    if path.suffix not in _FILES:
        return None
    positions = PositionManager(source_of(loaded.config.positions, loaded.env), allow_missing=True)
    if positions.missing:
        return FirstRun("no_positions_file", path, positions.message)
    return None if positions.get_active_positions() else FirstRun("nothing_held", path, "")


def _run_in_this_process(
    loaded: LoadedConfig, overrides: Mapping[str, object], config_file: str | None, screen: Mapping[str, Any]
) -> int:
    """The dashboard with its monitor in this process, where no engine can be reached."""
    from orderflow_tui.commands.assembly import LiveSettings, monitor_of_source  # noqa: PLC0415 no engine, no monitor
    from orderflow_tui.commands.dashboard_in_process import show  # noqa: PLC0415
    from orderflow_tui.tui.state.first_run import FirstRun  # noqa: PLC0415

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
