"""The dashboard as the command line wants it, over a monitor in this process or an engine's."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orderflow_tui.commands.browser_tab import end_with_the_server, in_browser
from orderflow_tui.commands.shutdown import Shutdown
from orderflow_tui.config.edit import SettingsFile
from orderflow_tui.config.load import LoadedConfig
from orderflow_tui.config.screen_settings import bells, screen_settings
from orderflow_tui.config.values import invalid
from orderflow_tui.support.terminal import GONE, SCREEN_STREAMS, is_hung_up
from orderflow_tui.views.frozen_views import MonitorPort

if TYPE_CHECKING:
    from orderflow_tui.tui.state.engine_controls import EngineControls
    from orderflow_tui.tui.state.first_run import FirstRun
    from orderflow_tui.tui.state.positions_desk import PositionsDesk
    from orderflow_tui.tui.state.replay_port import ReplayPort


def refuse_without_terminal() -> None:
    """Raise DataValidationError where nothing could be painted or pressed; leave where the terminal has just gone."""
    if not in_browser() and any(map(is_hung_up, SCREEN_STREAMS)):
        raise SystemExit(GONE)
    if not in_browser() and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise invalid("the screen needs a terminal on stdin and stderr; use `orderflow-tui headless` without one")


def begin(ending: Shutdown) -> None:
    """From here on the screen's end is certain, with its server's where it is a browser's tab."""
    ending.start()
    if in_browser():
        end_with_the_server(ending)


def run_screen(
    monitor: MonitorPort,
    directory: Path | None,
    screen: Mapping[str, object],
    loaded: LoadedConfig,
    ending: Shutdown,
    *,
    first_run: FirstRun | None = None,
    replay: ReplayPort | None = None,
    settings_file: SettingsFile | None = None,
    notices: Sequence[str] = (),
    engine: EngineControls | None = None,
    tell_setting: Callable[[str, Any], object] | None = None,
    when_painted: Callable[[], object] | None = None,
) -> int:
    """Run the dashboard until the trader leaves; returns the exit code.

    Args:
        monitor: What is shown, and who takes the answers.
        directory: The journal's; None where it is on another machine.
        screen: What the command line says of the screen.
        loaded: The settings.
        ending: Told where a defect ends the screen.
        first_run: Shown first when there is nothing to watch.
        replay: What the keys of a replay drive, or None.
        settings_file: What the settings screen writes to, or None.
        notices: What the trader should know once, at the start.
        engine: The engine this is a screen of; None where the monitor is in this process.
        tell_setting: Tells the engine's other screens what was changed on this one.
        when_painted: Called once, when the first frame is out.
    """
    from orderflow_tui.tui.run_dashboard import run_dashboard  # noqa: PLC0415 only a screen needs textual
    from orderflow_tui.tui.state.attention import Attention  # noqa: PLC0415
    from orderflow_tui.tui.state.settings_model import SettingsDesk  # noqa: PLC0415

    ui = screen_settings({**loaded.ui, **screen})
    try:
        return run_dashboard(
            monitor,
            ending=ending,
            history_directory=directory,
            fps=ui.fps,
            tz=ui.tz,
            theme=ui.theme,
            first_run=first_run,
            mouse=not ui.no_mouse,
            ascii_only=ui.ascii,
            attention=Attention(bell=not ui.no_bell, bells=bells(ui.sounds), title=not ui.no_title, notify=ui.notify),
            keys={name: str(keys) for name, keys in loaded.keys.items()},
            replay=replay,
            export_directory=directory,
            settings=SettingsDesk(ui, screen, settings_file, tell_setting),
            positions=_positions(loaded, changeable=settings_file is not None and replay is None),
            notices=notices,
            engine=engine,
            when_painted=when_painted,
        )
    except Exception as defect:
        ending.ask(f"the screen failed: {type(defect).__name__}", 1)
        raise


def _positions(loaded: LoadedConfig, *, changeable: bool) -> PositionsDesk:
    """The positions file of a live run that is its own; a demo's, a replay's and a broker's are not changed here."""
    from orderflow_tui.tui.state.positions_desk import PositionsDesk  # noqa: PLC0415 only a screen needs it

    setting = loaded.config.positions
    if not changeable:
        return PositionsDesk(None, "these positions are not from a file of this run: they cannot be changed here")
    if Path(setting).suffix != ".toml":
        return PositionsDesk(None, f"positions come from {setting}: change them there")
    return PositionsDesk(Path(setting).expanduser())
