"""Recordings of `--record` (`recorder.files`) as sessions: what the source delivered, for other rules to look at.

What the rules said and what was answered then plays no part here; to make an alert again as it was is `replay --alert`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import SIDE_GIVEN, UNKNOWN, Event, Gap, Print, SideCheckResult
from orderflow_tui.core.model.holder import Position
from orderflow_tui.core.transcript import Begin, Changed, CoreCall, Fed
from orderflow_tui.recordings.formats.recorded_session import RecordingError
from orderflow_tui.recordings.run_files import IMPORTED, RawError, RawReader, read_run, runs, symbols

_START: Final = 50
"""Calls within which the back-fill of the start has come."""


def is_raw(path: Path) -> bool:
    """Whether this is a run's recording or a directory of such."""
    return bool(runs(path))


def raw_symbols(path: Path) -> list[str]:
    """The symbols of the run that `open_raw` opens."""
    return symbols(_run(path))


def open_raw(path: Path, symbol: str) -> RawSession:
    """Open a symbol of a run.

    Args:
        path: A run's directory, or one that holds a single run.
        symbol: May be empty where there is only one.

    Raises:
        RecordingError: There are several runs, or several symbols and none is named, or nothing of it.
    """
    run = _run(path)
    there = symbols(run)
    if not symbol and len(there) != 1:
        example = f": give one of them, as {run}:{there[0]}" if there else ""
        raise RecordingError(f"{run}: {len(there)} symbols were recorded{example}")
    return RawSession(run, symbol or there[0])


def _run(path: Path) -> Path:
    there = runs(path)
    if len(there) != 1:
        newest = f", as {there[-1]}" if there else ""
        raise RecordingError(f"{path}: {len(there)} runs were recorded there: give one of them{newest}")
    return there[0]


class RawSession:
    """One symbol of a recorded run. Implements `RecordedSession`."""

    def __init__(self, run: Path, symbol: str) -> None:
        self.run, self.symbol = run, symbol
        self.name = f"{symbol}_{run.name}"

    def capabilities(self, *, infer_sides: bool = False) -> Capabilities:
        """What the source could show at the end; nobody answers questions about sides any more."""
        return replace(
            self._stood[0], source="replay", source_class="replayed", host=self.run.name, delay_seconds=0,
            side_check="none", sides_given=self._stood[0].sides_given and not infer_sides,
        )  # fmt: skip

    @property
    def position(self) -> Position | None:
        """What was held at the end."""
        return self._stood[1]

    def frames(self) -> Iterator[CoreCall]:
        """Everything as it was recorded. Raises RecordingError."""
        try:
            yield from RawReader(self.run, self.symbol).frames()
        except RawError as problem:
            raise RecordingError(str(problem)) from None

    def events(self, *, infer_sides: bool = False) -> Iterator[Event]:
        """What was delivered, in the order in which it came. Raises RecordingError."""
        if infer_sides and self._stood[0].sides_given:
            return map(_without_side, self._delivered())
        return self._delivered()

    def _delivered(self) -> Iterator[Event]:
        fed = (frame.events for frame in self.frames() if isinstance(frame, Fed))
        start = list(itertools.islice(fed, _START))
        times = [event.time_ns for events in start for event in events if not isinstance(event, SideCheckResult)]
        if times:
            yield Gap(min(times), "start of the recording")
        for events in itertools.chain(start, fed):
            yield from (event for event in events if not isinstance(event, SideCheckResult))

    @cached_property
    def _stood(self) -> tuple[Capabilities, Position | None]:
        capabilities: Capabilities | None = None
        position: Position | None = None
        about = read_run(self.run)
        for frame in self.frames():
            if isinstance(frame, Begin):
                capabilities, position = frame.capabilities, frame.position
                if about is not None and about.data_source == IMPORTED:
                    break
            elif isinstance(frame, Changed):
                capabilities = frame.capabilities or capabilities
                position = frame.held[0] if frame.held else position
        if capabilities is None:
            raise RecordingError(f"{self.run}: nothing of {self.symbol} was recorded")
        return capabilities, position


def _without_side(event: Event) -> Event:
    if not isinstance(event, Print) or not event.flags & SIDE_GIVEN:
        return event
    unsigned: Print = replace(event, flags=event.flags & ~SIDE_GIVEN, side=UNKNOWN)
    return unsigned
