"""`headless`: the monitor without a screen, one line per alert."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from orderflow_tui.commands.assembly import LiveSettings, losses_at_once, monitor_of_source, tell_losses
from orderflow_tui.commands.engine import serve_screens
from orderflow_tui.commands.headless_lines import HeadlessLines, HeadlessProblems
from orderflow_tui.commands.notify import notifier_of
from orderflow_tui.commands.shutdown import Shutdown
from orderflow_tui.config.load import LoadedConfig
from orderflow_tui.config.quick_check import begin_check
from orderflow_tui.config.screen_settings import screen_settings
from orderflow_tui.config.values import invalid
from orderflow_tui.engine.server import EngineServer
from orderflow_tui.monitor.monitor import Monitor
from orderflow_tui.positions import PositionManager, PositionsMissing, source_of
from orderflow_tui.support.console import print_error, print_note, raw_stdout
from orderflow_tui.support.memory import settle_memory, spare_memory

_VIEWS_A_SECOND: Final = 20.0
_SWITCH_SECONDS: Final = 0.0005
"""How long a thread keeps the interpreter: what is sent to screens must not hold up a frame."""


def run_headless(overrides: Mapping[str, object], config_file: str | None, duration: float | None, tz: str) -> int:
    """The same monitor without a screen: one plain line an alert on stdout."""
    spare_memory()
    screen_settings({"tz": tz})
    loaded = begin_check(overrides, config_file)()
    try:
        positions = PositionManager(source_of(loaded.config.positions, loaded.env))
    except PositionsMissing as missing:
        raise invalid(str(missing)) from None
    for note in positions.notes:
        print_error(f"positions: {note}")
    settings = LiveSettings(loaded, overrides, config_file)
    monitor, directory = monitor_of_source(loaded, positions, settings, publish_hz=_VIEWS_A_SECOND)
    return _watch(monitor, directory, loaded, tz, duration=duration, noted=lambda: positions.news)


def run_watch(
    loaded: LoadedConfig, overrides: Mapping[str, object], config_file: str | None, *, ends_with_screens: bool
) -> int:
    """The engine of a dashboard: what is missing yet is shown on its screens, which started it."""
    positions = PositionManager(source_of(loaded.config.positions, loaded.env), allow_missing=True)
    settings = LiveSettings(loaded, overrides, config_file)
    monitor, directory = monitor_of_source(loaded, positions, settings, publish_hz=_VIEWS_A_SECOND)
    tz = screen_settings(loaded.ui).tz
    return _watch(monitor, directory, loaded, tz, for_screens=True, ends_with_screens=ends_with_screens)


def _watch(
    monitor: Monitor,
    directory: Path,
    loaded: LoadedConfig,
    tz: str,
    *,
    duration: float | None = None,
    noted: Callable[[], str] = str,
    for_screens: bool = False,
    ends_with_screens: bool = False,
) -> int:
    def serve(ending: Shutdown) -> EngineServer | None:
        return serve_screens(
            monitor, directory, lambda reason: ending.ask(reason, 0), ends_with_screens=ends_with_screens
        )

    notifier = notifier_of(loaded, tz, monitor)
    sys.setswitchinterval(_SWITCH_SECONDS)
    settle_memory()
    try:
        return run_headless_loop(monitor, directory, duration, tz, noted=noted, serve=serve, for_screens=for_screens)
    finally:
        if notifier is not None:
            notifier.close(2.0)


def run_headless_loop(
    monitor: Monitor,
    directory: Path,
    duration: float | None,
    tz: str,
    *,
    noted: Callable[[], str] = str,
    serve: Callable[[Shutdown], EngineServer | None] = lambda _: None,
    for_screens: bool = False,
) -> int:
    """Run without a screen; what is wrong beside the run is told once on stderr.

    Args:
        monitor: Not started yet; it is stopped at the end.
        directory: Its journal's.
        duration: Seconds to run; None until it is asked to end.
        tz: Time zone of the lines.
        noted: Says what a changed file left out.
        serve: Lets screens attach.
        for_screens: When the feed has ended, screens that look are shown why before the run ends.
    """
    out, encoding = raw_stdout()
    lines = HeadlessLines(out, tz, encoding=encoding, worth=monitor.worth_of)
    problems = HeadlessProblems(
        (lambda: monitor.message, "all settings and positions are valid again"),
        (noted, ""),
        (lambda: monitor.not_logging, "logging again; the backlog is written"),
        (lambda: lines.problem, "alert lines are written again"),
        (lambda: monitor.journal_notice, ""),
    )
    monitor.listeners.append(lines.on_record)
    asked = threading.Event()
    ending = Shutdown(
        lambda reason, _: monitor.stop(reason), screen=False, losses=partial(losses_at_once, monitor, directory)
    )
    ending.when_asked(lambda _: asked.set())
    ending.start()
    server = serve(ending)
    print_note(f"journal: {directory}")
    if not for_screens:
        monitor.rearm_alone()
        print_note("while no screen is attached, a recommendation nobody answers is armed again after 300 s")
    gc.freeze()  # what is there now stays: looking through all of it again would hold an alert up for 30 ms
    monitor.start()
    looked_at = partial(bool, ()) if server is None or not for_screens else lambda: bool(server.names)
    reason = _until_it_is_over(monitor, asked, duration, problems, looked_at)
    monitor.stop(ending.reason or reason, timeout=5.0)
    if unwritten := lines.close():
        print_error(f"{unwritten} alert lines could not be written; the journal has them")
    problems.tell()
    tell_losses(monitor, directory)
    ended = monitor.status().ended
    if monitor.exit_code and monitor.failure is None:
        print_error(ended)
    elif ended:
        print_note(ended)
    if server is not None:
        server.close()
    ending.over()
    return monitor.exit_code or ending.code


def _until_it_is_over(
    monitor: Monitor,
    asked: threading.Event,
    duration: float | None,
    problems: HeadlessProblems,
    looked_at: Callable[[], bool],
) -> str:
    """Wait for the end of a run without a screen; returns its reason."""
    deadline = None if duration is None else time.monotonic() + duration
    while not asked.is_set():
        problems.tell()
        if monitor.wait(0.05):
            if looked_at():
                asked.wait(0.2)
                continue
            return "the feed ended"
        if deadline is not None and time.monotonic() >= deadline:
            return "the duration is over"
    return "asked"
