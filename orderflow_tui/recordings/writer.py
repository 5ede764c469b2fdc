"""Writes recordings: frames are packed and put on disk by a thread of its own, so that no disk holds up the monitor."""

from __future__ import annotations

import os
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from orderflow_tui.core.learning.learned_sizes import SessionStats
from orderflow_tui.core.market.sessions import new_york_day
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.holder import Position
from orderflow_tui.core.rules.alert_writer import Thresholds
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.core.transcript import CoreCall, encode
from orderflow_tui.recordings.recorded_core import RecordedCore
from orderflow_tui.recordings.run_files import LENGTH_BYTES, MAGIC, RUN_FILE, Day, RawError, Run, day_name
from orderflow_tui.support.atomic_file import replace_file
from orderflow_tui.support.open_flags import NEW
from orderflow_tui.support.version import __version__

_EVERY_SECONDS: Final = 0.5
_RETRY_SECONDS: Final = 0.05
_LIMIT: Final = 64 << 20
"""Bytes that wait for a disk which does not take them; more, and the run's recording ends."""
_BLOCK: Final = 1 << 20
"""Bytes of frames that are not waited for: a back-fill or a fast replay."""


class Recorder:
    """Records one run.

    What cannot be written waits; `problem` says so, and goes when all is written. A run that has lost something is
    recorded no further, for what comes after could not be played.

    Args:
        directory: Where recordings are kept; the run gets a folder of its own in it, for the owner alone.
        run_id: The run's id, as in the journal.
        profile: The run's.
        source_class: `live` or `simulated`.
        data_source: As the journal has it.
        journal: The journal's directory.
        limit: Bytes that may wait.
        clock: Nanoseconds UTC.

    Raises:
        RawError: The directory cannot be written.
    """

    def __init__(
        self,
        directory: Path,
        run_id: str,
        *,
        profile: str,
        source_class: str,
        data_source: str,
        journal: Path,
        limit: int = _LIMIT,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self.directory = directory / run_id
        self.problem = ""
        """Why not everything is on disk, in one line; empty when it is."""
        self._run_id = run_id
        self._limit, self._clock = limit, clock
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._close_by: float | None = None
        self._over = False
        self._waiting: dict[tuple[str, str], bytearray] = {}
        self._bytes = 0
        self._day = self._today()
        self._files: dict[tuple[str, str], SymbolDayFile] = {}
        self._blocks: dict[str, int] = {}
        about = Run(run_id, profile, source_class, data_source, str(journal.absolute()), __version__)
        try:
            replace_file(self.directory / RUN_FILE, msgspec.json.encode(about))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise RawError(f"{ascii(str(directory))[1:-1]} cannot be recorded to: {reason}") from None
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def core(
        self,
        symbol: str,
        thresholds: Thresholds,
        capabilities: Capabilities,
        position: Position | None = None,
        taught: Mapping[str, SessionStats] | None = None,
    ) -> SymbolCore:
        """A core that is recorded; arguments as `SymbolCore`'s."""
        record = partial(self._record, symbol)
        return RecordedCore(symbol, thresholds, capabilities, position, taught, record=record)

    def close(self, timeout: float = 1.0) -> None:
        """Write what waits; what is not written after `timeout` seconds is lost."""
        self._close_by = time.monotonic() + timeout
        self._wake.set()
        self._thread.join(timeout)

    def _record(self, symbol: str, frame: CoreCall) -> None:
        if self._over:
            return
        try:
            data = encode(frame)
        except (OverflowError, TypeError, ValueError) as error:  # what cannot be kept must not stop the rules
            self._end(f"NOT RECORDING: {type(error).__name__} in what the rules were told")
            return
        with self._lock:
            waiting = self._waiting.get((symbol, self._day))
            if waiting is None:
                waiting = self._waiting[symbol, self._day] = bytearray()
            waiting += len(data).to_bytes(LENGTH_BYTES, "big")
            waiting += data
            self._bytes += LENGTH_BYTES + len(data)
            full = self._bytes > self._limit
        if full:
            self._end(self.problem)
        elif self._bytes >= _BLOCK:
            self._wake.set()

    # --- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._over:
            until = self._close_by
            self._write()
            if until is not None and (not self.problem or time.monotonic() >= until):
                break
            self._wake.wait(_EVERY_SECONDS if until is None else _RETRY_SECONDS)
            self._wake.clear()
        for file in self._files.values():
            file.close()

    def _write(self) -> None:
        day = self._today()
        with self._lock:
            taken, self._waiting = self._waiting, {}
            self._bytes, self._day = 0, day
        for place, frames in taken.items():
            file = self._files.get(place)
            if file is None:
                file = self._files[place] = self._new_file(*place)
            file.add(frames)
            self._blocks[place[0]] += 1
        problem, held = "", 0
        for (symbol, of_day), file in list(self._files.items()):
            try:
                file.write()
            except OSError as error:
                problem = f"NOT RECORDING: {(error.strerror or type(error).__name__).lower()}"
                held += file.waiting
            else:
                if of_day != day:
                    self._files.pop((symbol, of_day)).close()
        with self._lock:
            if not self._over:
                self.problem = problem
        if held > self._limit:
            self._end(problem)

    def _new_file(self, symbol: str, day: str) -> SymbolDayFile:
        file = SymbolDayFile(self.directory / day_name(symbol, day))
        before = self._blocks.get(symbol, 0)
        head = msgspec.msgpack.encode(Day(self._run_id, symbol, before))
        file.add(len(head).to_bytes(LENGTH_BYTES, "big") + head)
        self._blocks[symbol] = before + 1
        return file

    def _end(self, problem: str) -> None:
        """Something is lost: the rest of the run is not recorded."""
        with self._lock:
            self._over = True
            self.problem = f"{problem or 'NOT RECORDING: the disk is too slow'}; over for this run"
            self._waiting = {}
        self._wake.set()

    def _today(self) -> str:
        return new_york_day(self._clock()).isoformat()


class SymbolDayFile:
    """One symbol's file of a day: packs at once, writes when it can."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1
        self._pack = zlib.compressobj()
        self._pending = bytearray(MAGIC)

    @property
    def waiting(self) -> int:
        """Bytes that are not on disk."""
        return len(self._pending)

    def add(self, frames: bytes | bytearray) -> None:
        """Make a block of whole frames."""
        packed = self._pack.compress(frames) + self._pack.flush(zlib.Z_SYNC_FLUSH)
        self._pending += len(packed).to_bytes(LENGTH_BYTES, "big") + zlib.crc32(packed).to_bytes(4, "big") + packed

    def write(self) -> None:
        """Write what waits. Raises OSError; what was not written waits on."""
        if self._fd < 0:
            self._fd = os.open(self._path, NEW | os.O_APPEND, 0o600)
        elif not os.path.samestat(os.stat(self._path), os.fstat(self._fd)):  # noqa: PTH116 twice a second
            raise FileNotFoundError(2, "the recording's file was replaced")
        while self._pending:
            del self._pending[: os.write(self._fd, self._pending)]

    def close(self, *, sync: bool = False) -> None:
        """Let the file go; `sync` waits until it is on disk. Raises OSError."""
        if self._fd >= 0:
            if sync:
                os.fsync(self._fd)
            os.close(self._fd)
            self._fd = -1
