"""A screen on an engine that runs already, from any terminal of its user."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orderflow_tui import __version__
from orderflow_tui.commands.browser_tab import in_browser
from orderflow_tui.commands.dashboard import begin, refuse_without_terminal, run_screen
from orderflow_tui.commands.shutdown import Shutdown
from orderflow_tui.config.edit import SettingsFile
from orderflow_tui.config.load import LoadedConfig, load_config
from orderflow_tui.config.screen_settings import ScreenSettings, screen_settings
from orderflow_tui.config.sources import source_named
from orderflow_tui.engine.client import RemoteMonitor
from orderflow_tui.engine.listener import connect, process_of
from orderflow_tui.engine.runtime_folder import (
    EngineError,
    EnginePlace,
    EngineSilentError,
    is_held,
    place_of,
    running_places,
)
from orderflow_tui.support.console import print_lines
from orderflow_tui.support.forked import run_in_fork
from orderflow_tui.support.memory import asyncio_without_tls

if TYPE_CHECKING:
    from orderflow_tui.commands.engine import ComingEngine
    from orderflow_tui.tui.state.first_run import FirstRun

_ENDS_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.2
_NEXT_SECONDS: Final = 1.0
_NOT_STARTED: Final = 2
"""The exit code of a watch that did not start: settings, positions, a place that is taken."""


def run_attach(
    overrides: Mapping[str, object],
    config_file: str | None,
    screen: Mapping[str, Any],
    *,
    ssh: str = "",
    plain: bool = False,
) -> int:
    """Show the engine of the configured journal, or the only one there is; of another machine with `ssh`."""
    if plain:
        return _attach_plainly(overrides, config_file)
    refuse_without_terminal()
    with asyncio_without_tls():  # an engine watches: this process opens no connection
        import orderflow_tui.tui.run_dashboard  # noqa: PLC0415, F401
    if ssh:
        return _attach_over_ssh(ssh, str(overrides.get("log_dir", "")), config_file, screen)
    loaded = run_in_fork(lambda: load_config(overrides, path=config_file))()
    place = chosen_place(loaded, overrides)
    monitor = look_at(place, fps=screen_settings({**loaded.ui, **screen}).fps)
    return show_engine(monitor, monitor.directory, screen, loaded, back=lambda: connect(place))


def _attach_plainly(overrides: Mapping[str, object], config_file: str | None) -> int:
    """Sentences on stdout instead of a screen."""
    from orderflow_tui.commands.plain import FPS, follow  # noqa: PLC0415 seldom wanted

    loaded = run_in_fork(lambda: load_config(overrides, path=config_file))()
    monitor = look_at(chosen_place(loaded, overrides), fps=FPS, screen=f"{terminal_name()}, in sentences")
    try:
        return follow(monitor, print_lines)
    finally:
        monitor.close()


def _attach_over_ssh(host: str, log_dir: str, config_file: str | None, screen: Mapping[str, Any]) -> int:
    from orderflow_tui.commands.over_ssh import Tunnel, checked_host, remote_socket  # noqa: PLC0415 seldom wanted

    loaded = run_in_fork(lambda: load_config({}, path=config_file))()
    fps = screen_settings({**loaded.ui, **screen}).fps
    with Tunnel(checked_host(host), remote_socket(host, log_dir)) as tunnel:
        name = f"{terminal_name()} on {socket.gethostname()}"
        monitor = RemoteMonitor(tunnel.connect(), version=__version__, screen=name, fps=fps)
        notice = f"history and exports stay on {host}: `ssh -t {host} orderflow-tui attach` has them"
        return show_engine(monitor, None, screen, loaded, again=tunnel.connect, notices=(notice,))


def journal_of(loaded: LoadedConfig) -> Path:
    """Where the engine of these settings writes."""
    return loaded.journal_dir(source_named(loaded.config.data_source).source_class)


def chosen_place(loaded: LoadedConfig, overrides: Mapping[str, object]) -> EnginePlace:
    """The engine that is meant: the configured journal's, else the only one that runs.

    Raises:
        EngineError: None runs, or several do.
    """
    place = place_of(journal_of(loaded))
    if is_held(place) or "log_dir" in overrides:
        return place
    running = running_places()
    if len(running) > 1:
        where = ", ".join(sorted(str(look_at(one, fps=0).directory) for one in running))
        raise EngineError(f"{len(running)} engines run: name the journal of one with --log-dir ({where})")
    return running[0] if running else place


def look_at(place: EnginePlace, *, fps: float, screen: str | None = None) -> RemoteMonitor:
    """The engine's monitor.

    Raises:
        EngineError: No engine runs there, it refuses this version, or it does not answer.
    """
    link = connect(place)
    pid = process_of(link)
    try:
        return RemoteMonitor(link, version=__version__, screen=screen or terminal_name(), fps=fps)
    except EngineSilentError:
        which, how = (f" (process {pid})", f"`kill -9 {pid}` ends it") if pid else ("", "end its process")
        raise EngineError(
            f"the engine{which} does not answer: it hangs or is suspended; {how}, and the next start takes up what is "
            "open"
        ) from None


def terminal_name() -> str:
    """What this screen is called on the others: its terminal, such as `pts/3`."""
    for descriptor in (0, 2) if sys.platform != "win32" else ():
        with suppress(OSError):
            return os.ttyname(descriptor).removeprefix("/dev/")
    return f"{'browser tab' if in_browser() else 'process'} {os.getpid()}"


class _Controls:
    """What the dashboard may do with its engine. Implements `tui.state.engine_controls.EngineControls`."""

    def __init__(
        self,
        monitor: RemoteMonitor,
        ui: ScreenSettings,
        ending: Shutdown,
        *,
        again: Callable[[], socket.socket] | None = None,
        start: Callable[[], ComingEngine] | None = None,
        back: Callable[[], socket.socket] | None = None,
    ) -> None:
        self._monitor = monitor
        self._on_quit = ui.on_quit
        self._again = again
        self._start = start
        self._back = back
        self._left = threading.Event()
        self._ending = ending
        self._coming: ComingEngine | None = None
        self._beginning = threading.Lock()
        self._starting = threading.Lock()
        self.ended = self.kept = False
        """Whether the trader has ended the watch here."""
        self.refused = ""
        """Why the engine that was to come up has not come."""

    @property
    def gone(self) -> str:
        """Why the engine sends no more."""
        return self._monitor.gone

    def asks(self) -> bool:
        """Whether the trader is asked what becomes of the engine: on the last screen, unless a setting says."""
        last = len(self._monitor.screens) <= 1
        if not last or self._monitor.gone or self._on_quit == "keep":
            return False
        if self._on_quit == "end":
            self.end()
            return False
        return True

    def keep(self) -> None:
        """The engine goes on without a screen."""
        self.kept = True
        self._monitor.keep_watching()

    def end(self) -> None:
        """End the engine."""
        with self._beginning:
            self.ended = True
        if not self._monitor.end_engine("quit") and self._coming is not None:
            self._coming.end()

    def begin(self) -> ComingEngine | None:
        """Start the engine, once, unless it has been ended before. Raises EngineError."""
        with self._beginning:
            if self._start is not None and self._coming is None and not self.ended:
                self._coming = self._start()
            return self._coming

    def show_what_comes(self) -> None:
        """Start the engine and show it, in a thread of its own; a screen without one leaves."""
        threading.Thread(target=self._await_coming, name="engine-comes", daemon=True).start()

    def _await_coming(self) -> None:
        try:
            coming = self.begin()
            if coming is not None:
                self._monitor.attach(coming.link(waiting=lambda: self._monitor.still_coming(time.time_ns())))
        except EngineError as refused:
            self.refused = str(refused)
            self._ending.ask("the watch did not start", _NOT_STARTED)

    def follow(self) -> None:
        """Show the next engine of this journal, whoever starts it, where this one is gone; in a thread of its own."""
        threading.Thread(target=self._await_next, name="engine-next", daemon=True).start()

    def leave(self) -> None:
        """The screen has been left."""
        self._left.set()

    def _await_next(self) -> None:
        while self._back is not None and not self._left.wait(_NEXT_SECONDS):
            if not self._monitor.gone or not self._starting.acquire(blocking=False):
                continue
            try:
                with suppress(EngineError):  # none yet, or it refuses: the screen says already that nothing is watched
                    link = self._back()
                    self._monitor.attach(link)
            finally:
                self._starting.release()

    def take_settings(self) -> Mapping[str, object]:
        """What other screens have changed since the last call."""
        return self._monitor.from_others.take_settings()

    def take_answers(self) -> Sequence[str]:
        """What was answered on other screens since the last call, in words."""
        return self._monitor.from_others.take_answers()

    def renew(self) -> str:
        """End the engine and start another, in a thread of its own: keys and settings are read anew."""
        if self._again is None:
            return "end it with `orderflow-tui stop`, then start `orderflow-tui` again"
        if not self._starting.acquire(blocking=False):
            return "the engine is starting"
        self._monitor.end_engine("started again")
        threading.Thread(target=self._await_end, name="engine-renew", daemon=True).start()
        return "starting the watch again"

    def _await_end(self) -> None:
        until = time.monotonic() + _ENDS_SECONDS
        while not self._monitor.gone and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
        time.sleep(_LOOK_SECONDS)  # it gives its place free once it has let its screens go
        self._start_again()

    def restart(self) -> str:
        """Start an engine again, in a thread of its own; the screen shows it when it is there."""
        if self._again is None:
            return "start the watch with `orderflow-tui` or `orderflow-tui headless`: it is shown here by itself"
        if not self._starting.acquire(blocking=False):
            return "the engine is starting"
        threading.Thread(target=self._start_again, name="engine-start", daemon=True).start()
        return "starting the engine again"

    def _start_again(self) -> None:
        try:
            if self._again is not None:
                self._monitor.attach(self._again())
        except EngineError as error:
            self._monitor.told(str(error))
        finally:
            self._starting.release()


def show_engine(
    monitor: RemoteMonitor,
    directory: Path | None,
    screen: Mapping[str, Any],
    loaded: LoadedConfig,
    *,
    start: Callable[[], ComingEngine] | None = None,
    again: Callable[[], socket.socket] | None = None,
    back: Callable[[], socket.socket] | None = None,
    settings_file: SettingsFile | None = None,
    first_run: FirstRun | None = None,
    notices: Sequence[str] = (),
) -> int:
    """Run the dashboard on an engine until the trader leaves; the engine goes on unless he ends it.

    Args:
        monitor: The engine's.
        directory: The journal's; None where it is on another machine, as the engine is.
        screen: What the command line says of the screen.
        loaded: The settings.
        start: Starts the engine that the monitor is not attached to yet, once the first frame is out.
        again: Reaches an engine again where it is gone; None where that is another's to do.
        back: Connects to an engine that another screen, a command or the system has started in the place of one that is
            gone; None where it is on another machine.
        settings_file: What the settings screen writes to, or None.
        first_run: Shown first when there is nothing to watch.
        notices: What the trader should know once, at the start.

    Raises:
        EngineError: The engine that was coming up has not come.
    """
    ui = screen_settings({**loaded.ui, **screen})
    ending = Shutdown(lambda _reason, _code: monitor.close(), screen=not in_browser())
    begin(ending)
    controls = _Controls(monitor, ui, ending, again=again, start=start, back=back)
    controls.follow()
    try:
        code = run_screen(
            monitor, directory, screen, loaded, ending,
            first_run=first_run, settings_file=settings_file, notices=notices,
            engine=controls, tell_setting=monitor.tell_setting,
            when_painted=controls.show_what_comes,
        )  # fmt: skip
    finally:
        controls.leave()
        monitor.close()
        ending.over()
    if controls.refused and not controls.ended:
        raise EngineError(controls.refused)
    if controls.kept or (ui.on_quit == "keep" and not ending.reason):
        controls.begin()  # left before its first frame was out
    if controls.ended and directory is not None and not in_browser():
        from orderflow_tui.commands.report import today  # noqa: PLC0415 only a day that has ended is added up

        print_lines(today(directory))
    elif controls.kept and not in_browser():
        print_lines(["the watch goes on: `orderflow-tui attach` shows it, `orderflow-tui stop` ends it"])
    return code
