"""Runs the dashboard on a terminal, from its start to its exit code."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orderflow_tui.support.console import print_error
from orderflow_tui.tui.app import OrderFlowApp
from orderflow_tui.tui.keys.guarded_app import EndPort
from orderflow_tui.tui.keys.user_keymap import KeymapError
from orderflow_tui.tui.look.formatting import NEW_YORK
from orderflow_tui.tui.state.attention import Attention
from orderflow_tui.tui.state.engine_controls import EngineControls
from orderflow_tui.views.frozen_views import MonitorPort

if TYPE_CHECKING:
    from orderflow_tui.tui.state.first_run import FirstRun
    from orderflow_tui.tui.state.positions_desk import PositionsDesk
    from orderflow_tui.tui.state.replay_port import ReplayPort
    from orderflow_tui.tui.state.settings_model import SettingsDesk

SWITCH_INTERVAL = 0.0005
"""Seconds a thread keeps the interpreter: the feed's threads must not hold a key press up."""


def run_dashboard(
    monitor: MonitorPort,
    *,
    history_directory: Path | None = None,
    fps: float = 10.0,
    tz: str = NEW_YORK,
    theme: str | None = None,
    first_run: FirstRun | None = None,
    mouse: bool = True,
    ascii_only: bool = False,
    attention: Attention | None = None,
    keys: Mapping[str, str] | None = None,
    replay: ReplayPort | None = None,
    export_directory: Path | None = None,
    settings: SettingsDesk | None = None,
    positions: PositionsDesk | None = None,
    notices: Sequence[str] = (),
    engine: EngineControls | None = None,
    ending: EndPort | None = None,
    when_painted: Callable[[], object] | None = None,
) -> int:
    """Show the dashboard until the trader leaves.

    Garbage is not collected before the first paint, which it would hold up by a fifth.

    Returns:
        The exit code: 0, what the monitor's status asks for, 1 after a crash of the screen, 2 for a refused keymap.
    """
    gc.disable()
    try:
        app = OrderFlowApp(
            monitor, fps=fps, tz=tz, theme=theme, first_run=first_run, attention=attention, keys=keys,
            replay=replay, export_directory=export_directory,
            settings=settings, positions=positions, notices=notices, engine=engine, freeze=True,
        )  # fmt: skip
        app.ending, app.when_painted = ending, when_painted
        app.history_directory = history_directory
        app.ascii_only = ascii_only
        sys.setswitchinterval(SWITCH_INTERVAL)
        result = app.run(mouse=mouse)
    except KeymapError as error:
        print_error(error)
        return 2
    finally:
        gc.enable()
    return app.return_code or result or 0
