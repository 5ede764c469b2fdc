"""The dashboard over a monitor: what is wired to it, and how it ends."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orderflow_tui.commands.assembly import tell_losses
from orderflow_tui.commands.browser_tab import end_with_the_server, in_browser
from orderflow_tui.commands.ending import Ending
from orderflow_tui.commands.notify import notifier_of
from orderflow_tui.config.edit import SettingsFile
from orderflow_tui.config.load import LoadedConfig
from orderflow_tui.config.screen import screen_settings
from orderflow_tui.config.values import invalid
from orderflow_tui.monitor.monitor import Monitor

if TYPE_CHECKING:
    from orderflow_tui.recordings.replay_feed import ReplayFeed
    from orderflow_tui.tui.screens.first_run import FirstRun


def show(
    monitor: Monitor,
    directory: Path,
    screen: Mapping[str, object],
    loaded: LoadedConfig,
    *,
    first_run: FirstRun | None = None,
    replay: ReplayFeed | None = None,
    settings_file: SettingsFile | None = None,
    notifies: bool = False,
    notices: Sequence[str] = (),
) -> int:
    """Run the dashboard over a monitor until the trader leaves; returns the exit code.

    Args:
        monitor: Not started yet; it is stopped at the end.
        directory: Its journal's.
        screen: What the command line says of the screen.
        loaded: The settings.
        first_run: Shown first when there is nothing to watch.
        replay: What the keys of a replay drive, or None.
        settings_file: What the settings screen writes to, or None.
        notifies: Whether the channels of `[notify]` are told.
        notices: What the trader should know once, at the start.
    """
    from orderflow_tui.journal.history import HistoryStore  # noqa: PLC0415
    from orderflow_tui.tui.run_dashboard import run_dashboard  # noqa: PLC0415 only a screen needs textual
    from orderflow_tui.tui.state.attention import Attention  # noqa: PLC0415
    from orderflow_tui.tui.state.settings_model import SettingsDesk  # noqa: PLC0415

    ui = screen_settings({**loaded.ui, **screen})
    if not in_browser() and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise invalid("the screen needs a terminal on stdin and stderr; use `orderflow-tui headless` without one")
    ending = Ending(lambda reason, code: monitor.stop(reason, exit_code=code), screen=not in_browser())
    history = HistoryStore(directory)
    notifier = notifier_of(loaded, ui.tz, monitor) if notifies else None
    if replay is not None:
        monitor.pace = lambda: (replay.paused, replay.speed)
    ending.start()
    if in_browser():
        end_with_the_server(ending)
    monitor.start()
    try:
        return run_dashboard(
            monitor,
            ending=ending,
            history=history,
            fps=ui.fps,
            tz=ui.tz,
            theme=ui.theme,
            first_run=first_run,
            mouse=not ui.no_mouse,
            attention=Attention(bell=not ui.no_bell, title=not ui.no_title, notify=ui.notify),
            keys={name: str(keys) for name, keys in loaded.keys.items()},
            on_pause=None if replay is None else lambda: _discard(replay.toggle_pause()),
            on_speed=None if replay is None else lambda factor: replay.set_speed(replay.speed * factor),
            on_step=None if replay is None else replay.step,
            export_directory=directory,
            settings=SettingsDesk(ui, screen, settings_file),
            notices=notices,
        )
    except Exception as defect:
        ending.ask(f"the screen failed: {type(defect).__name__}", 1)
        raise
    finally:
        failed = ending.code == 1
        monitor.stop(ending.reason or "quit", timeout=1.0, exit_code=ending.code if failed else 0)
        history.close()
        if notifier is not None:
            notifier.close(1.0 if failed else 0.1)
        tell_losses(monitor, directory)
        ending.over()


def _discard(_: object) -> None:
    """For callbacks whose result nobody wants."""
