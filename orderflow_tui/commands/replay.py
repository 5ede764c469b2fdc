"""Recorded sessions and single alerts through the same monitor."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from orderflow_tui.commands.assembly import LiveSettings, make_monitor
from orderflow_tui.commands.dashboard_in_process import show
from orderflow_tui.commands.headless import run_headless_loop
from orderflow_tui.commands.headless_lines import HeadlessLines
from orderflow_tui.commands.replay_deck import Pass, ReplayDeck, Start
from orderflow_tui.config.edit import SettingsFile
from orderflow_tui.config.load import LoadedConfig, load_config
from orderflow_tui.config.screen_settings import screen_settings
from orderflow_tui.config.values import Settings, invalid
from orderflow_tui.core.model.events import Print
from orderflow_tui.core.model.holder import Position
from orderflow_tui.core.model.units import price_decimal
from orderflow_tui.core.model.validators import TICKER
from orderflow_tui.journal.writer import new_run_id
from orderflow_tui.monitor.monitor import Monitor
from orderflow_tui.positions import PositionManager
from orderflow_tui.recordings.formats.raw import RawSession
from orderflow_tui.recordings.open_recording import RecordedSession, expanded, open_recording
from orderflow_tui.recordings.replay_feed import ReplayFeed
from orderflow_tui.support.console import print_lines, raw_stdout

if TYPE_CHECKING:
    from orderflow_tui.recordings.reproduce import Recorded, Remade

_ASSUMED: Final = re.compile(rf"(?P<symbol>{TICKER}):(?P<quantity>[+-]?\d{{1,12}})(?:@(?P<price>[0-9.]{{1,15}}))?")
_DEFAULT_SHARES: Final = 1_000


def run_replay(
    prefixes: Sequence[str],
    *,
    speed: float,
    headless: bool,
    infer_sides: bool,
    assumed: Sequence[str],
    overrides: Mapping[str, object],
    config_file: str | None,
    screen: Mapping[str, object],
) -> int:
    """Recorded sessions through the same monitor."""
    overrides = {**overrides, "data_source": "replay"}
    loaded = load_config(overrides, path=config_file)
    given = expanded(prefixes)
    recordings = _opened(given, infer_sides=infer_sides)
    held = _held(recordings, assumed)
    run_id = new_run_id(time.time_ns())
    name = recordings[0].name
    directory = loaded.journal_dir("replayed", name, run_id)

    def make(start: Start) -> Pass:
        """One way through the files, opened for it alone."""
        monitors: list[Monitor] = []
        played = [open_recording(one) for one in given]
        feed = ReplayFeed(
            played, speed=start.speed, infer_sides=infer_sides, fast_until_ns=start.fast_until_ns,
            paused=start.paused, cues=start.calls(monitors),
        )  # fmt: skip
        monitor = make_monitor(
            loaded,
            feed,
            PositionManager.fixed(held),
            directory=directory,
            source_class="replayed",
            run_id=run_id,
            settings=LiveSettings(loaded, overrides, config_file),
            label=f"REPLAY {name}",
            publish_hz=0.0 if headless else 20.0,
            recordings=[recording.name for recording in played],
            infer_sides=infer_sides,
        )
        monitors.append(monitor)
        return Pass(monitor, feed)

    if headless:
        return run_headless_loop(make(Start(speed)).monitor, directory, None, screen_settings(screen).tz)
    file = SettingsFile(overrides, config_file)
    deck = ReplayDeck(make, Start(speed), directory, recordings)
    return show(deck, directory, screen, loaded, replay=deck, settings_file=file)


def _opened(given: Sequence[str], *, infer_sides: bool) -> list[RecordedSession]:
    """The recordings, which can be played together. Raises DataValidationError."""
    recordings = [open_recording(one) for one in given]
    names = [recording.name for recording in recordings]
    if len(set(names)) < len(names):
        raise invalid("the same recording was given twice: every print would count double")
    shown = [replace(recording.capabilities(infer_sides=infer_sides), host="") for recording in recordings]
    for recording, what in zip(recordings, shown, strict=True):
        if what != shown[0]:
            raise invalid(f"{names[0]} and {recording.name} hold different data: replay each alone")
    return recordings


def _held(recordings: Sequence[RecordedSession], assumed: Sequence[str]) -> list[Position]:
    """A position of each: the given one, the recorded one, else shares at the first price."""
    held = {position.symbol: position for position in map(_assumed, assumed)}
    strange = set(held) - {recording.symbol for recording in recordings}
    if strange:
        raise invalid(f"--position {min(strange)} refused: no recording of it was given")
    for recording in recordings:
        if isinstance(recording, RawSession) and recording.symbol not in held and recording.position is not None:
            held[recording.symbol] = recording.position
        if recording.symbol not in held:
            first = next((event for event in recording.events() if isinstance(event, Print)), None)
            if first is None:
                raise invalid(f"{recording.name}: no print to take a position's price from: give --position")
            held[recording.symbol] = Position(
                recording.symbol, _DEFAULT_SHARES, price_decimal(first.price), hypothetical=True
            )
    return list(dict.fromkeys(held[recording.symbol] for recording in recordings))


class _AsRecorded:
    """Thresholds of a replay that has its own: nothing of now changes them."""

    message = ""

    def __init__(self, config: Settings) -> None:
        self._config = config

    def poll(self) -> bool:
        return False

    def for_symbol(self, symbol: str) -> Settings:  # noqa: ARG002 each core brings its own
        return self._config


def run_alert(
    name: str,
    *,
    speed: float,
    headless: bool,
    journal: Path | None,
    overrides: Mapping[str, object],
    config_file: str | None,
    screen: Mapping[str, object],
) -> int:
    """One record of a journal made again from its run's recording; 1 where another came of it, or none."""
    from orderflow_tui.recordings.reproduce import find, reproduce  # noqa: PLC0415

    loaded = load_config({**overrides, "data_source": "replay"}, path=config_file)
    if loaded.config.record is None:
        raise invalid("--alert needs the directory of the recordings: --record DIR, or record in orderflow.toml")
    found = find(name, loaded.config.record, [journal] if journal else ())
    remade = reproduce(found)
    if headless:
        out, encoding = raw_stdout()
        lines = HeadlessLines(out, screen_settings(screen).tz, encoding=encoding)
        for said in remade.lately:
            lines.on_record(*said)
        lines.close()
    elif code := _show_alert(found, remade, speed, loaded, screen):
        return code
    print_lines([remade.words])
    return 0 if remade.same else 1


def _show_alert(
    found: Recorded, remade: Remade, speed: float, loaded: LoadedConfig, screen: Mapping[str, object]
) -> int:
    """The alert's recording on the screen, from a little before the alert on; returns the exit code."""
    from orderflow_tui.recordings.exact_feed import ExactFeed  # noqa: PLC0415
    from orderflow_tui.recordings.reproduce import PRE_ROLL_NS  # noqa: PLC0415

    session = RawSession(found.run, found.symbol)
    run_id = new_run_id(time.time_ns())
    config = replace(loaded.config, profile=found.about.profile, monitoring_mode="watchlist")
    loaded = dataclasses.replace(loaded, config=config)
    directory = loaded.journal_dir("replayed", session.name, run_id)
    position = session.position

    def make(start: Start) -> Pass:
        monitors: list[Monitor] = []
        feed = ExactFeed(
            RawSession(found.run, found.symbol), speed=start.speed, fast_until_ns=start.fast_until_ns,
            paused=start.paused, cues=start.calls(monitors),
        )  # fmt: skip
        monitor = make_monitor(
            loaded,
            feed,
            PositionManager.fixed([position] if position else (), [found.symbol]),
            directory=directory,
            source_class="replayed",
            run_id=run_id,
            settings=_AsRecorded(config),
            label=f"REPLAY {session.name}",
            publish_hz=20.0,
            recordings=[session.name],
            infer_sides=False,
        )
        monitor.problems.append(lambda: remade.verdict)
        monitors.append(monitor)
        return Pass(monitor, feed)

    begin = Start(speed, max(remade.at_ns - PRE_ROLL_NS, 1), paused=True)
    deck = ReplayDeck(make, begin, directory, [session])
    return show(deck, directory, screen, loaded, replay=deck)


def _assumed(text: str) -> Position:
    """`BAC:1000@13.86` as a position that is assumed, not held."""
    match = _ASSUMED.fullmatch(text)
    if match is None or not match["price"] or not int(match["quantity"]):
        raise invalid(f"--position {text!a} refused: give SYMBOL:QUANTITY@PRICE, as in BAC:1000@13.86")
    try:
        price = Decimal(match["price"])
    except InvalidOperation:
        raise invalid(f"--position {text!a} refused: {match['price']} is not a price") from None
    if price <= 0:
        raise invalid(f"--position {text!a} refused: the price must be above 0")
    return dataclasses.replace(Position(match["symbol"], int(match["quantity"]), price), hypothetical=True)
