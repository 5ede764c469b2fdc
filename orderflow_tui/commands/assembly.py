"""What the commands that watch share: settings that reload, the monitor of a run, what is said at its end."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from orderflow_tui.config.load import LoadedConfig, find_file, load_config, working_directory
from orderflow_tui.config.reload import ConfigWatcher
from orderflow_tui.config.sources import Source, as_simulated, feed_of, source_named
from orderflow_tui.config.values import Settings
from orderflow_tui.core.model.capabilities import SourceClass
from orderflow_tui.feeds.feed import Feed
from orderflow_tui.journal.last_watched import unwatched_since
from orderflow_tui.journal.recommendations import journaled_recommendations
from orderflow_tui.journal.records import run_started
from orderflow_tui.journal.writer import JournalWriter, new_run_id
from orderflow_tui.monitor.clock import LiveClock, RecordedClock
from orderflow_tui.monitor.followup_store import FollowUpStore
from orderflow_tui.monitor.learned_store import LearnedStore
from orderflow_tui.monitor.monitor import Monitor
from orderflow_tui.monitor.resume import EarlierRuns
from orderflow_tui.monitor.watched_symbols import Reloads
from orderflow_tui.positions import PositionManager
from orderflow_tui.recordings.writer import Recorder
from orderflow_tui.support.console import PROGRAM, print_error, printable
from orderflow_tui.support.masking import masked
from orderflow_tui.support.version import __version__
from orderflow_tui.track_record.track_record import TrackRecord

_RECORD_AFTER_S: Final = 1.0
"""Seconds after which the rules' records are read: the first paint comes before it."""


class Run(Protocol):
    """What is asked at its end."""

    @property
    def failure(self) -> BaseException | None:
        """What ended its thread against its will."""

    @property
    def unwritten(self) -> int:
        """Records the disk did not take."""


class LiveSettings:
    """Thresholds per symbol, and their reload from `orderflow.toml` while a run goes on."""

    def __init__(
        self, loaded: LoadedConfig, overrides: Mapping[str, object], path: str | None, *, watch: bool = True
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
    unwatched_ns = unwatched_since(directory) if take_up else None
    writer = JournalWriter(
        directory, data_source=data_source, source_class=source_class, profile=config.profile, run_id=run_id
    )
    recorder = _recorder(config, directory, source_class, data_source, run_id)
    damaged: list[str] = []
    record = TrackRecord(directory, config.profile, run_id)
    earlier = None
    if take_up:
        earlier = EarlierRuns(
            journaled_recommendations(directory, source_class, damaged=damaged),
            unwatched_ns if writer.alone else None,
            *_stores(directory, source_class, data_source),
        )
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
        record=record,
        publish_hz=publish_hz,
        clock=RecordedClock() if source_class == "replayed" else LiveClock(),
        recorder=recorder,
        run=run_started(
            version=__version__,
            host=feed.capabilities.host,
            symbols=[position.symbol for position in positions.get_active_positions()],
            settings=config.recorded(),
            depth_source=config.depth_source,
            recordings=recordings,
            infer_sides=infer_sides,
        ),
    )
    if damaged:
        monitor.problems.append(
            lambda: f"open recommendations of {', '.join(damaged)} are not restored: they cannot be read to the end"
        )
    return monitor


def _stores(directory: Path, source_class: SourceClass, data_source: str) -> tuple[LearnedStore, FollowUpStore | None]:
    """What symbols taught, and alerts whose outcome is open: a replay follows its own to the end."""
    followed = FollowUpStore(directory, source_class) if source_class != "replayed" else None
    return LearnedStore(directory, source_named(data_source).learned_under), followed


def _recorder(
    config: Settings, journal: Path, source_class: SourceClass, data_source: str, run_id: str
) -> Recorder | None:
    if config.record is None or source_class == "replayed":
        return None
    return Recorder(
        config.record,
        run_id,
        profile=config.profile,
        source_class=source_class,
        data_source=data_source,
        journal=journal,
    )


def monitor_of_source(
    loaded: LoadedConfig,
    positions: PositionManager,
    settings: Reloads,
    *,
    publish_hz: float,
    take_up: bool = True,
    simulated: bool = False,
) -> tuple[Monitor, Path]:
    """The monitor of a live or a simulated source, and its journal's directory. Arguments as for `make_monitor`."""
    config = loaded.config
    source = source_named(config.data_source)
    if simulated:
        source = as_simulated(source)
    run_id = new_run_id(time.time_ns())
    directory = loaded.journal_dir(source.source_class)
    monitor = make_monitor(
        loaded,
        _feed(source, config),
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


def _feed(source: Source, config: Settings) -> Feed:
    """The source's feed, with another source's books where they are wanted."""
    feed: Feed = feed_of(source)(config)
    if config.depth_source is None:
        return feed
    from orderflow_tui.feeds.composite.feed import CompositeFeed  # noqa: PLC0415 only where there are two

    return CompositeFeed(feed, feed_of(source_named(config.depth_source))(config))


def losses(monitor: Run, directory: Path) -> list[str]:
    """What a run could not do to its end, a line each."""
    found = [] if monitor.failure is None else [f"the monitor failed: {monitor.failure!r}"]
    if monitor.unwritten:
        found.append(f"{monitor.unwritten} records could not be written to {directory}")
    return found


def losses_at_once(monitor: Run, directory: Path) -> str:
    """The same as they are printed, for a run that is ended from outside."""
    return "\n".join(f"{PROGRAM}: {printable(masked(line))}" for line in losses(monitor, directory))


def tell_losses(monitor: Run, directory: Path) -> None:
    """Say on stderr what a run could not do to its end."""
    for line in losses(monitor, directory):
        print_error(line)
