"""Puts feed, positions, journal, monitor and screen together, one function a way of running."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orderflow_tui import __version__
from orderflow_tui.commands.ending import Ending
from orderflow_tui.commands.headless_lines import HeadlessLines, HeadlessProblems
from orderflow_tui.config.edit import SettingsFile
from orderflow_tui.config.load import LoadedConfig, find_file, load_config, working_directory
from orderflow_tui.config.reload import ConfigWatcher
from orderflow_tui.config.screen import screen_settings
from orderflow_tui.config.sources import as_simulated, feed_of, source_named
from orderflow_tui.config.values import Settings, invalid
from orderflow_tui.core.model.capabilities import SourceClass
from orderflow_tui.feeds.feed import Feed
from orderflow_tui.journal.recommendations import journaled_recommendations
from orderflow_tui.journal.records import run_started
from orderflow_tui.journal.writer import JournalWriter, new_run_id
from orderflow_tui.monitor.clock import LiveClock, RecordedClock
from orderflow_tui.monitor.followup_store import FollowUpStore
from orderflow_tui.monitor.learned_store import LearnedStore
from orderflow_tui.monitor.monitor import Monitor
from orderflow_tui.monitor.symbols import Reloads
from orderflow_tui.positions import PositionManager, PositionsMissing, source_of
from orderflow_tui.recordings.writer import Recorder
from orderflow_tui.support.forked import apart
from orderflow_tui.support.memory import spare_memory
from orderflow_tui.support.output import print_error, print_lines, print_note, raw_stdout
from orderflow_tui.support.terminal import GONE
from orderflow_tui.track_record.track_record import TrackRecord

if TYPE_CHECKING:
    from orderflow_tui.notify.notifier import Notifier
    from orderflow_tui.recordings.replay_feed import ReplayFeed
    from orderflow_tui.tui.screens.first_run import FirstRun

_DEMO_REQUESTS: Final = 20.0
_RECORD_AFTER_S: Final = 1.0
"""Seconds after which the rules' records are read: the first paint comes before it."""


class LiveSettings:
    """Thresholds per symbol, and their reload from `orderflow.toml` while a run goes on."""

    def __init__(
        self, loaded: LoadedConfig, overrides: Mapping[str, Any], path: str | None, *, watch: bool = True
    ) -> None:
        self._watcher = ConfigWatcher(
            loaded,
            lambda: load_config(overrides, path=path),
            (lambda: find_file(os.environ, working_directory(), path)) if watch else None,
        )

    @property
    def message(self) -> str:
        """Why the file as it stands is not in force, or empty."""
        return self._watcher.message

    def poll(self) -> bool:
        """Look at the file; whether new settings are in force."""
        return self._watcher.poll() is not None

    def for_symbol(self, symbol: str) -> Settings:
        """The settings in force for a symbol."""
        return self._watcher.loaded.for_symbol(symbol)


def make_monitor(
    loaded: LoadedConfig,
    feed: Feed,
    positions: PositionManager,
    *,
    directory: Path,
    source_class: SourceClass,
    run_id: str,
    settings: Reloads,
    label: str,
    publish_hz: float,
    recordings: list[str] | None = None,
    infer_sides: bool | None = None,
    take_up: bool = True,
) -> Monitor:
    """The monitor of a run, with its journal, its recorder and what earlier runs left.

    Args:
        loaded: The settings.
        feed: Delivers the messages.
        positions: What is held and watched.
        directory: The journal's.
        source_class: Live, simulated or replayed: records of different classes never mix.
        run_id: Names the run in its records.
        settings: Thresholds per symbol, and their reload.
        label: What the status line calls the source.
        publish_hz: How often views are made at most; 0 where no screen looks.
        recordings: Of a replay: what is replayed.
        infer_sides: Of a replay: whether recorded aggressors are ignored.
        take_up: Whether to go on with what earlier runs left open and learned.
    """
    config = loaded.config
    data_source = "replay" if source_class == "replayed" else config.data_source
    writer = JournalWriter(
        directory, data_source=data_source, source_class=source_class, profile=config.profile, run_id=run_id
    )
    recorder = None
    if config.record is not None and source_class != "replayed":
        recorder = Recorder(
            config.record,
            run_id,
            profile=config.profile,
            source_class=source_class,
            data_source=data_source,
            journal=directory,
        )
    learned = LearnedStore(directory, source_named(data_source).learned_under) if take_up else None
    damaged: list[str] = []
    earlier = journaled_recommendations(directory, source_class, damaged=damaged) if take_up else []
    record = TrackRecord(directory, config.profile, run_id)
    if take_up:
        record.start(_RECORD_AFTER_S)
    monitor = Monitor(
        feed,
        positions,
        settings,
        writer,
        profile=config.profile,
        source_label=label,
        watchlist=config.monitoring_mode == "watchlist",
        earlier=earlier,
        learned=learned,
        followed=FollowUpStore(directory, source_class) if take_up and source_class != "replayed" else None,
        record=record,
        publish_hz=publish_hz,
        clock=RecordedClock() if source_class == "replayed" else LiveClock(),
        recorder=recorder,
        run=run_started(
            version=__version__,
            host=feed.capabilities.host,
            symbols=[position.symbol for position in positions.get_active_positions()],
            settings=config.recorded(),
            recordings=recordings,
            infer_sides=infer_sides,
        ),
    )
    if damaged:
        monitor.problems.append(lambda: f"what {', '.join(damaged)} left open is not taken up: it cannot be read whole")
    return monitor


def _from_source(
    loaded: LoadedConfig,
    positions: PositionManager,
    settings: Reloads,
    *,
    publish_hz: float,
    take_up: bool = True,
    simulated: bool = False,
) -> tuple[Monitor, Path]:
    config = loaded.config
    source = source_named(config.data_source)
    if simulated:
        source = as_simulated(source)
    run_id = new_run_id(time.time_ns())
    directory = loaded.journal_dir(source.source_class)
    monitor = make_monitor(
        loaded,
        feed_of(source)(config),
        positions,
        directory=directory,
        source_class=source.source_class,
        run_id=run_id,
        settings=settings,
        label=source.label,
        publish_hz=publish_hz,
        take_up=take_up,
    )
    return monitor, directory


def show(
    monitor: Monitor,
    directory: Path,
    screen: Mapping[str, Any],
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
    from orderflow_tui.tui.app import run_dashboard  # noqa: PLC0415 only a screen needs textual
    from orderflow_tui.tui.state.attention import Attention  # noqa: PLC0415
    from orderflow_tui.tui.state.settings_model import SettingsDesk  # noqa: PLC0415

    ui = screen_settings({**loaded.ui, **screen})
    if not in_browser() and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise invalid("the screen needs a terminal on stdin and stderr; `orderflow-tui headless` needs none")
    ending = Ending(lambda reason, code: monitor.stop(reason, exit_code=code), screen=not in_browser())
    history = HistoryStore(directory)
    notifier = _notifier(loaded, ui.tz, monitor) if notifies else None
    if replay is not None:
        monitor.pace = lambda: (replay.paused, replay.speed)
    ending.start()
    if in_browser():
        _end_with_the_server(ending)
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
        _tell_losses(monitor, directory)
        ending.over()


def _notifier(loaded: LoadedConfig, tz: str, monitor: Monitor) -> Notifier | None:
    """Tells the channels of `[notify]` what the monitor journals; None where there are none."""
    if not loaded.notify:
        return None
    from orderflow_tui.config.notify import notify_settings  # noqa: PLC0415
    from orderflow_tui.notify.channels import channels_of  # noqa: PLC0415 only where it is set up
    from orderflow_tui.notify.notifier import Notifier  # noqa: PLC0415

    settings = notify_settings(loaded.notify)
    record = monitor.record
    notifier = Notifier(
        settings,
        channels_of(settings, loaded.env),
        tz=tz,
        demoted=record.demoted if record is not None else lambda _: False,
    )
    notifier.remember(one.record for one in monitor.earlier if one.answer is None and not one.resolved)
    monitor.listeners.append(notifier.on_record)
    monitor.problems.append(lambda: notifier.problem)
    notifier.start()
    return notifier


def run_notify(config_file: str | None) -> int:
    """Say a test message through every channel of `[notify]`; 1 where one fails."""
    from orderflow_tui.config.notify import notify_settings  # noqa: PLC0415
    from orderflow_tui.notify.channels import channels_of  # noqa: PLC0415
    from orderflow_tui.notify.notifier import try_out  # noqa: PLC0415

    loaded = load_config(path=config_file)
    channels = channels_of(notify_settings(loaded.notify), loaded.env)
    if not channels:
        raise invalid(
            "no channel is set up: give orderflow.toml a table [notify.command], [notify.desktop] or [notify.push]"
        )
    results = try_out(channels)
    for name, problem in results:
        print_lines([problem or f"{name}: said"])
    return 1 if any(problem for _, problem in results) else 0


def in_browser() -> bool:
    """Whether the screen is a browser's tab: `serve` says so to the processes it starts."""
    return os.environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver")


def _end_with_the_server(ending: Ending) -> None:
    """A killed server closes no tab: the dashboard sees that another process is its parent now."""
    server = os.getppid()

    def follow() -> None:
        while os.getppid() == server:
            time.sleep(0.5)
        ending.ask("the server is gone", GONE)

    threading.Thread(target=follow, name="serve", daemon=True).start()


def _tell_losses(monitor: Monitor, directory: Path) -> None:
    if monitor.failure is not None:
        print_error(f"the monitor failed: {monitor.failure!r}")
    if monitor.unwritten:
        print_error(f"{monitor.unwritten} records could not be written to {directory}")


def _discard(_: object) -> None:
    """For callbacks whose result nobody wants."""


def _checked(overrides: Mapping[str, Any], config_file: str | None) -> LoadedConfig:
    from orderflow_tui.config.schema import validate_order_flow_config  # noqa: PLC0415 pydantic

    loaded = load_config(overrides, path=config_file)
    validate_order_flow_config(loaded.config)
    return loaded


def run_live(overrides: Mapping[str, Any], config_file: str | None, screen: Mapping[str, Any]) -> int:
    """The dashboard on the configured source."""
    spare_memory()
    checked = apart(lambda: _checked(overrides, config_file))
    from orderflow_tui.tui.screens.first_run import FirstRun  # noqa: PLC0415

    loaded = checked()
    positions = PositionManager(source_of(loaded.config.positions, loaded.env), allow_missing=True)
    settings = LiveSettings(loaded, overrides, config_file)
    monitor, directory = _from_source(loaded, positions, settings, publish_hz=20.0)
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


def run_headless(overrides: Mapping[str, Any], config_file: str | None, duration: float | None, tz: str) -> int:
    """The same monitor without a screen: one plain line an alert on stdout."""
    spare_memory()
    screen_settings({"tz": tz})
    loaded = apart(lambda: _checked(overrides, config_file))()
    try:
        positions = PositionManager(source_of(loaded.config.positions, loaded.env))
    except PositionsMissing as missing:
        raise invalid(str(missing)) from None
    for note in positions.notes:
        print_error(f"positions: {note}")
    settings = LiveSettings(loaded, overrides, config_file)
    monitor, directory = _from_source(loaded, positions, settings, publish_hz=0.0)
    notifier = _notifier(loaded, tz, monitor)

    try:
        return run_headless_loop(monitor, directory, duration, tz, noted=lambda: positions.news)
    finally:
        if notifier is not None:
            notifier.close(2.0)


def run_headless_loop(
    monitor: Monitor, directory: Path, duration: float | None, tz: str, *, noted: Callable[[], str] = str
) -> int:
    """Run without a screen; what is wrong beside the run is told once on stderr.

    Args:
        monitor: Not started yet; it is stopped at the end.
        directory: Its journal's.
        duration: Seconds to run; None until it is asked to end.
        tz: Time zone of the lines.
        noted: Says what a changed file left out.
    """
    out, encoding = raw_stdout()
    lines = HeadlessLines(out, tz, encoding=encoding)
    problems = HeadlessProblems(
        (lambda: monitor.message, "all is in force again"),
        (noted, ""),
        (lambda: monitor.not_logging, "logging again: what waited is written"),
        (lambda: lines.problem, "alert lines are written again"),
        (lambda: monitor.journal_notice, ""),
    )
    monitor.listeners.append(lines.on_record)
    asked = threading.Event()
    ending = Ending(lambda reason, _: monitor.stop(reason), screen=False)
    ending.when_asked(lambda _: asked.set())
    ending.start()
    print_note(f"journal: {directory}")
    monitor.start()
    reason = _until_it_is_over(monitor, asked, duration, problems)
    monitor.stop(ending.reason or reason, timeout=5.0)
    if unwritten := lines.close():
        print_error(f"{unwritten} alert lines could not be written; the journal has them")
    problems.tell()
    _tell_losses(monitor, directory)
    if monitor.exit_code and monitor.failure is None:
        print_error(monitor.status().ended)
    ending.over()
    return monitor.exit_code or ending.code


def _until_it_is_over(
    monitor: Monitor, asked: threading.Event, duration: float | None, problems: HeadlessProblems
) -> str:
    """Wait for the end of a run without a screen; returns its reason."""
    deadline = None if duration is None else time.monotonic() + duration
    while not asked.is_set():
        problems.tell()
        if monitor.wait(0.05):
            return "the feed ended"
        if deadline is not None and time.monotonic() >= deadline:
            return "the duration is over"
    return "asked"


def run_demo(
    *,
    scenario: str,
    seed: int,
    depth: str,
    plan: str | None,
    wire: str,
    overrides: Mapping[str, Any],
    screen: Mapping[str, Any],
) -> int:
    """The dashboard on a simulated market of its own; the user's key, positions and journal are not touched.

    Each demo is another market, so nothing an earlier one left open is taken up. `wire` is the source it looks like.
    """
    from orderflow_tui.feeds.simulator import DEMO_POSITIONS_TOML  # noqa: PLC0415
    from orderflow_tui.feeds.simulator.process import SimulatorProcess  # noqa: PLC0415
    from orderflow_tui.positions.toml_file import read_text  # noqa: PLC0415

    spare_memory()
    source = source_named("simulator" if wire == "polygon" else wire)
    with SimulatorProcess(seed=seed, scenario=scenario, depth=depth, plan=plan, wire=wire) as market:
        given, env = source.reach(market.reached)
        settings = {"requests_per_second": _DEMO_REQUESTS, **overrides, **given}
        loaded = load_config(settings, env=env, files=False)
        positions = PositionManager.fixed(*read_text(DEMO_POSITIONS_TOML, "demo"))
        unwatched = LiveSettings(loaded, {}, None, watch=False)
        monitor, directory = _from_source(loaded, positions, unwatched, publish_hz=20.0, take_up=False, simulated=True)
        return show(monitor, directory, screen, loaded)
