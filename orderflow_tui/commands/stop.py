"""Ends an engine: the journal is closed, every screen on it says so."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from orderflow_tui.commands.attach import chosen_place, look_at, terminal_name
from orderflow_tui.config.load import load_config
from orderflow_tui.engine.runtime_folder import is_held
from orderflow_tui.support.console import print_error, print_lines

_SECONDS: Final = 10.0


def run_stop(overrides: Mapping[str, object], config_file: str | None) -> int:
    """End the engine and wait until it is gone; 1 where it does not go, 2 where none runs."""
    place = chosen_place(load_config(overrides, path=config_file), overrides)
    monitor = look_at(place, fps=0)
    monitor.end_engine(f"stopped from {terminal_name()}")
    until = time.monotonic() + _SECONDS
    while is_held(place):
        if time.monotonic() > until:
            print_error(f"the engine (process {monitor.pid}) does not end: `kill {monitor.pid}` ends it")
            return 1
        time.sleep(0.02)
    print_lines([f"engine {monitor.pid} has ended; journal: {monitor.directory}"])
    return 0
