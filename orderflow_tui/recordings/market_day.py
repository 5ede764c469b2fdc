"""Takes chosen symbols out of a vendor's day file in one pass and keeps them as compact recordings.

What is kept is a run's directory as `--record` writes it, `<to>/<file>-<digest>/<SYMBOL>-<day>.raw`, which `replay` and
`evaluate` read like any other. The digest is of the files' names, sizes and times and of this program's version, so
that a file that changed, or is read differently by now, is read anew. A symbol's recording appears whole or not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from orderflow_tui.core.market.sessions import new_york_day
from orderflow_tui.core.model.events import Event
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.core.transcript import Begin, CoreCall, Fed, Rules, encode
from orderflow_tui.recordings.formats import dbn, flat_files
from orderflow_tui.recordings.formats.dbn import DbnSession
from orderflow_tui.recordings.formats.flat_files import FlatSession
from orderflow_tui.recordings.formats.recorded_session import RecordingError, repeated_rows
from orderflow_tui.recordings.open_recording import RecordedSession, open_recording
from orderflow_tui.recordings.run_files import IMPORTED, LENGTH_BYTES, RUN_FILE, Day, Run, day_name, symbols
from orderflow_tui.recordings.writer import SymbolDayFile
from orderflow_tui.support.atomic_file import replace_file
from orderflow_tui.support.version import __version__

_BATCH: Final = 2_000
"""Events in one frame."""
_SAY_SECONDS: Final = 0.3
_RULES: Final = Rules(10_000, 3.0, 4.0, 120, 10, "guarded")
"""A recording begins with thresholds; whoever reads an imported one has its own."""


class MarketDay(Struct, frozen=True):
    """A vendor's file of a day and the symbols wanted of it.

    Attributes:
        files: What has to be read: of flat files the trades and, where they are there, the quotes.
        symbols: Tickers.
    """

    files: tuple[str, ...]
    symbols: tuple[str, ...]

    @property
    def packed_bytes(self) -> int:
        """The files' size on disk. Raises OSError."""
        return sum(Path(file).stat().st_size for file in self.files)

    @property
    def run_name(self) -> str:
        """The directory of what is taken out of them. Raises OSError."""
        digest = hashlib.sha256(__version__.encode())
        for file in map(Path, self.files):
            about = file.stat()
            digest.update(f"\n{file.name} {about.st_size} {about.st_mtime_ns}".encode())
        return f"{Path(self.files[0]).name.split('.')[0]}-{digest.hexdigest()[:8]}"


class Imported(Struct, frozen=True):
    """What came of a day: the recordings, each as `open_recording` takes it, and rows that stood there twice."""

    recordings: tuple[str, ...]
    repeated: int = 0


def market_days(given: Iterable[str]) -> dict[str, MarketDay]:
    """Which of these recordings lie in a vendor's day file, each with its file's day and all that is wanted of it.

    Args:
        given: As for `open_recording`, each with one symbol.

    Raises:
        RecordingError: As `open_recording`.
    """
    files: dict[str, tuple[str, ...]] = {}
    wanted: dict[tuple[str, ...], set[str]] = {}
    for one in given:
        session = open_recording(one)
        if isinstance(session, FlatSession | DbnSession):
            files[one] = tuple(map(str, session.files))
            wanted.setdefault(files[one], set()).add(session.symbol)
    return {one: MarketDay(where, tuple(sorted(wanted[where]))) for one, where in files.items()}


def import_day(day: MarketDay, to: str) -> Imported:
    """Keep the day's symbols in a directory, those that are not there yet.

    Raises:
        RecordingError: The files cannot be read, or have nothing of a symbol; what was taken out before is kept.
    """
    repeated = 0
    try:
        run = Path(to) / day.run_name
        new = [symbol for symbol in day.symbols if symbol not in symbols(run)]
        if new:
            about = Run(run.name, "guarded", "replayed", IMPORTED, "", __version__)
            replace_file(run / RUN_FILE, msgspec.json.encode(about))
            with _reading(run) as reading:
                repeated = _take(day, new, run, reading)
    except OSError as problem:
        raise RecordingError(f"{day.files[0]}: cannot be kept in {to}: {problem.strerror or problem}") from None
    if missing := [symbol for symbol in new if symbol not in symbols(run)]:
        raise RecordingError(f"{day.files[0]}: no rows for {', '.join(missing)}")
    return Imported(tuple(f"{run}:{symbol}" for symbol in day.symbols), repeated)


def bytes_read(day: MarketDay, to: str) -> int:
    """How much of a day's files has been read by whoever imports it now; 0 where that is not known."""
    try:
        return int(_progress_file(Path(to) / day.run_name).read_bytes()[:20])
    except (OSError, ValueError):
        return 0


def _progress_file(run: Path) -> Path:
    return run.with_name(f".{run.name}.reading")


@contextlib.contextmanager
def _reading(run: Path) -> Iterator[_Reading]:
    reading = _Reading(_progress_file(run))
    try:
        yield reading
    finally:
        reading.path.unlink(missing_ok=True)


class _Reading:
    """Writes down how far the files are read, for another process to show."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: dict[Path, int] = {}
        self._said = 0.0

    def __call__(self, path: Path, position: int) -> None:
        self._read[path] = position
        if time.monotonic() - self._said > _SAY_SECONDS:
            self._said = time.monotonic()
            replace_file(self.path, b"%d" % sum(self._read.values()))


def _take(day: MarketDay, wanted: Iterable[str], run: Path, reading: _Reading) -> int:
    """Rows that stood there twice are counted once; how many."""
    flat: dict[str, FlatSession] = {}
    records: list[DbnSession] = []
    for symbol in wanted:
        session = open_recording(f"{day.files[0]}:{symbol}")
        if isinstance(session, FlatSession):
            flat[symbol] = session
        elif isinstance(session, DbnSession):
            records.append(session)
    if flat:
        for symbol, events in flat_files.symbol_events(next(iter(flat.values())), flat.keys(), reading):
            with _kept(run, [flat[symbol]]) as files:
                for event in events:
                    files[symbol].add(event)
    if records:
        with _kept(run, records) as files:
            for one, told in dbn.symbol_events(records, reading=reading):
                files[one.symbol].add(told)
    return repeated_rows(flat.values())


@contextlib.contextmanager
def _kept(run: Path, sessions: Iterable[RecordedSession]) -> Iterator[dict[str, _SymbolFile]]:
    """Files to write these symbols to; they get their names when all went well."""
    files = {session.symbol: _SymbolFile(run, session) for session in sessions}
    try:
        yield files
        for file in files.values():
            file.finish()
    finally:
        for file in files.values():
            file.abandon()


class _SymbolFile:
    """One symbol's recording while it is written; nothing is there of a symbol without events."""

    def __init__(self, run: Path, session: RecordedSession) -> None:
        self._run = run
        self._begin = Begin.of(SymbolCore(session.symbol, _RULES, session.capabilities()))
        self._events: list[Event] = []
        self._part = run / f"{session.symbol}.{os.getpid()}.part"
        self._file: SymbolDayFile | None = None
        self._day = ""

    def add(self, event: Event) -> None:
        """One more event. Raises OSError."""
        self._events.append(event)
        if len(self._events) >= _BATCH:
            self._write()

    def finish(self) -> None:
        """Put it in its place. Raises OSError."""
        if self._events:
            self._write()
        if self._file is not None:
            self._file.close(sync=True)
            self._part.replace(self._run / day_name(self._begin.symbol, self._day))

    def abandon(self) -> None:
        """Leave nothing behind of what was not finished."""
        if self._file is not None:
            self._file.close()
            self._part.unlink(missing_ok=True)

    def _write(self) -> None:
        if self._file is None:
            self._day = new_york_day(self._events[0].time_ns).isoformat()
            self._part.unlink(missing_ok=True)
            self._file = SymbolDayFile(self._part)
            head = msgspec.msgpack.encode(Day(self._run.name, self._begin.symbol, 0))
            self._file.add(_framed(head))
            self._file.add(_framed(encode(self._begin)))
        call: CoreCall = Fed(0, self._events)
        self._file.add(_framed(encode(call)))
        self._file.write()
        self._events = []


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(LENGTH_BYTES, "big") + data
