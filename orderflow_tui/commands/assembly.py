"""Puts feed, positions, journal, monitor and screen together, one function a way of running."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orderflow_tui import __version__
from orderflow_tui.config.edit import SettingsFile
from orderflow_tui.config.load import LoadedConfig, find_file, load_config
from orderflow_tui.config.reload import ConfigWatcher
from orderflow_tui.config.screen import screen_settings
from orderflow_tui.config.values import Settings, invalid
from orderflow_tui.core.model.capabilities import SourceClass
from orderflow_tui.feeds.feed import Feed
from orderflow_tui.journal.records import run_started_fields
from orderflow_tui.journal.restore import restore
from orderflow_tui.journal.writer import JournalWriter, new_run_id
from orderflow_tui.monitor.followup_store import FollowUpStore
from orderflow_tui.monitor.learned_store import LearnedStore
from orderflow_tui.monitor.monitor import Monitor
from orderflow_tui.monitor.symbols import Reloads
from orderflow_tui.outbound.children import end_all
from orderflow_tui.positions import PositionManager, PositionsMissing, source_of
from orderflow_tui.recordings.writer import Recorder
from orderflow_tui.support.forked import apart
from orderflow_tui.support.memory import spare_memory
from orderflow_tui.support.output import print_error, print_lines, print_note, raw_stdout
from orderflow_tui.track_record.track_record import TrackRecord
from orderflow_tui.views.plain_lines import PlainLines, Troubles

if TYPE_CHECKING:
    from orderflow_tui.notify.notifier import Notifier
    from orderflow_tui.recordings.replay_feed import ReplayFeed
    from orderflow_tui.tui.screens.first_run import FirstRun

_DEMO_REQUESTS: Final = 20.0
_RECORD_AFTER_S: Final = 1.0
"""Seconds after which the rules' records are read: the first paint comes before it."""
_GONE: Final = 129
"""What a shell calls the end by SIGHUP."""


class LiveSettings:
    """Thresholds per symbol, and their reload from `orderflow.toml` while a run goes on."""

    def __init__(
        self, loaded: LoadedConfig, overrides: Mapping[str, Any], path: str | None, *, watch: bool = True
    ) -> None:
        self._watcher = ConfigWatcher(
            loaded,
            lambda: load_config(overrides, path=path),
            (lambda: find_file(os.environ, Path.cwd(), path)) if watch else None,
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


def _source_class(config: Settings) -> SourceClass:
    return "live" if config.data_source == "polygon" else "simulated"


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
    run_fields: Mapping[str, Any],
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
        run_fields: What `run_started` records beside the standard fields.
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
    record = TrackRecord(directory, config.profile, run_id)
    if take_up:
        record.start(_RECORD_AFTER_S)
    return Monitor(
        feed,
        positions,
        settings,
        writer,
        profile=config.profile,
        source_label=label,
        watchlist=config.monitoring_mode == "watchlist",
        restored=restore(directory, source_class) if take_up else (),
        learned=LearnedStore(directory) if take_up else None,
        followed=FollowUpStore(directory, source_class) if take_up and source_class != "replayed" else None,
        record=record,
        publish_hz=publish_hz,
        replayed=source_class == "replayed",
        recorder=recorder,
        run_fields=run_started_fields(
            version=__version__,
            host=feed.capabilities.host,
            symbols=[position.symbol for position in positions.get_active_positions()],
            settings=config.recorded(),
            **run_fields,
        ),
    )


def _polygon(
    loaded: LoadedConfig,
    positions: PositionManager,
    settings: Reloads,
    *,
    publish_hz: float,
    take_up: bool = True,
) -> tuple[Monitor, Path]:
    from orderflow_tui.feeds.polygon.feed import PolygonFeed  # noqa: PLC0415 replays need no client

    config = loaded.config
    source_class = _source_class(config)
    run_id = new_run_id(time.time_ns())
    directory = loaded.journal_dir(source_class)
    label = "LIVE polygon" if source_class == "live" else "SIMULATED"
    monitor = make_monitor(
        loaded,
        PolygonFeed(config),
        positions,
        directory=directory,
        source_class=source_class,
        run_id=run_id,
        settings=settings,
        label=label,
        publish_hz=publish_hz,
        run_fields={},
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
    _end_with_the_terminal(monitor)
    history = HistoryStore(directory)
    notifier = _notifier(loaded, ui.tz, monitor) if notifies else None
    if replay is not None:
        monitor.pace = lambda: (replay.paused, replay.speed)
    monitor.start()
    try:
        return run_dashboard(
            monitor,
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
    finally:
        monitor.stop("quit")
        history.close()
        if notifier is not None:
            notifier.close(0.1)
        _tell_losses(monitor, directory)


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
    notifier.remember(one.record for one in monitor.restored if one.answer is None and not one.resolved)
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


def _end_with_the_terminal(monitor: Monitor) -> None:
    """A closed window ends the run as it should end: what was learnt kept, the journal closed."""

    def gone(*_: object) -> None:
        monitor.stop("the terminal is gone", timeout=2.0)
        end_all()
        os._exit(_GONE)

    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, gone)
    if in_browser():
        server = os.getppid()

        def follow_the_server() -> None:
            while os.getppid() == server:  # a killed server closes no tab
                time.sleep(1.0)
            gone()

        threading.Thread(target=follow_the_server, name="serve", daemon=True).start()
    signal.signal(signal.SIGTERM, _leave)


def _leave(*_: object) -> None:
    raise SystemExit(0)


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
    monitor, directory = _polygon(loaded, positions, settings, publish_hz=20.0)
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
    monitor, directory = _polygon(loaded, positions, settings, publish_hz=0.0)
    notifier = _notifier(loaded, tz, monitor)

    def refused() -> str:
        return positions.message or settings.message or monitor.problem

    try:
        return plain(monitor, directory, duration, tz, refused=refused)
    finally:
        if notifier is not None:
            notifier.close(2.0)


def plain(
    monitor: Monitor, directory: Path, duration: float | None, tz: str, *, refused: Callable[[], str] = str
) -> int:
    """Run without a screen; what is wrong beside the run is told once on stderr.

    Args:
        monitor: Not started yet; it is stopped at the end.
        directory: Its journal's.
        duration: Seconds to run; None until it is asked to end.
        tz: Time zone of the lines.
        refused: Says why a changed file is not in force.
    """
    out, encoding = raw_stdout()
    lines = PlainLines(out, tz, encoding=encoding)
    troubles = Troubles(
        (refused, "all is in force again"),
        (lambda: monitor.not_logging, "logging again: what waited is written"),
        (lambda: lines.problem, "alert lines are written again"),
        (lambda: monitor.journal_notice, ""),
    )
    monitor.listeners.append(lines.on_record)
    asked = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: asked.set())
    print_note(f"journal: {directory}")
    monitor.start()
    reason = _until_it_is_over(monitor, asked, duration, troubles)
    monitor.stop(reason, timeout=5.0)
    if unwritten := lines.close():
        print_error(f"{unwritten} alert lines could not be written; the journal has them")
    troubles.tell()
    _tell_losses(monitor, directory)
    if monitor.exit_code and monitor.failure is None:
        print_error(monitor.status().ended)
    return monitor.exit_code


def _until_it_is_over(monitor: Monitor, asked: threading.Event, duration: float | None, troubles: Troubles) -> str:
    """Wait for the end of a run without a screen; returns its reason."""
    deadline = None if duration is None else time.monotonic() + duration
    while not asked.is_set():
        troubles.tell()
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
    overrides: Mapping[str, Any],
    screen: Mapping[str, Any],
) -> int:
    """The dashboard on a simulated market of its own; the user's key, positions and journal are not touched.

    Each demo is another market, so nothing an earlier one left open is taken up.
    """
    from orderflow_tui.feeds.simulator import DEMO_POSITIONS_TOML  # noqa: PLC0415
    from orderflow_tui.feeds.simulator.process import SimulatorProcess  # noqa: PLC0415
    from orderflow_tui.positions.toml_file import read_text  # noqa: PLC0415

    spare_memory()
    with SimulatorProcess(seed=seed, scenario=scenario, depth=depth, plan=plan) as market:
        settings = {
            "requests_per_second": _DEMO_REQUESTS,
            **overrides,
            "data_source": "simulator",
            "polygon_base_url": market.url,
        }
        loaded = load_config(settings, env={"POLYGON_API_KEY": market.api_key}, files=False)
        positions = PositionManager.fixed(*read_text(DEMO_POSITIONS_TOML, "demo"))
        unwatched = LiveSettings(loaded, {}, None, watch=False)
        monitor, directory = _polygon(loaded, positions, unwatched, publish_hz=20.0, take_up=False)
        return show(monitor, directory, screen, loaded)
