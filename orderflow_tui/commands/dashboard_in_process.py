"""The dashboard over a monitor: what is wired to it, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orderflow_tui.commands.assembly import losses_at_once, tell_losses
from orderflow_tui.commands.browser_tab import in_browser
from orderflow_tui.commands.dashboard import begin, refuse_without_terminal, run_screen
from orderflow_tui.commands.notify import notifier_of
from orderflow_tui.commands.shutdown import Shutdown
from orderflow_tui.config.edit import SettingsFile
from orderflow_tui.config.load import LoadedConfig
from orderflow_tui.config.screen_settings import screen_settings
from orderflow_tui.monitor.monitor import Monitor

if TYPE_CHECKING:
    from orderflow_tui.commands.replay_deck import ReplayDeck
    from orderflow_tui.tui.state.first_run import FirstRun


def show(
    monitor: Monitor | ReplayDeck,
    directory: Path,
    screen: Mapping[str, object],
    loaded: LoadedConfig,
    *,
    first_run: FirstRun | None = None,
    replay: ReplayDeck | None = None,
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
    refuse_without_terminal()
    tz = screen_settings({**loaded.ui, **screen}).tz
    ending = Shutdown(
        lambda reason, code: monitor.stop(reason, exit_code=code),
        screen=not in_browser(),
        losses=partial(losses_at_once, monitor, directory),
    )
    notifier = notifier_of(loaded, tz, monitor) if notifies and isinstance(monitor, Monitor) else None
    begin(ending)
    monitor.start()
    try:
        return run_screen(
            monitor, directory, screen, loaded, ending,
            first_run=first_run, replay=replay, settings_file=settings_file, notices=notices,
        )  # fmt: skip
    finally:
        failed = ending.code == 1
        monitor.stop(ending.reason or "quit", timeout=1.0, exit_code=ending.code if failed else 0)
        if notifier is not None:
            notifier.close(1.0 if failed else 0.1)
        tell_losses(monitor, directory)
        ending.over()
