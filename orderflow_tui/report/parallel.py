"""A large journal is added up by its days on every core; the figures are those of one pass.

Children are forked and write their days' parts to pipes: a pool of the standard library holds more days at once, and
loads more than the report itself.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import IO, Any, Final

from orderflow_tui.journal.days import days_of, files_of
from orderflow_tui.journal.reader import JournalReader
from orderflow_tui.report.tally import Tally

LEAST_BYTES: Final = 64 * 2**20
"""Less is read before other processes have started."""
MOST_PROCESSES: Final = 4
_PIECE: Final = 500


def add_journal(tally: Tally, directory: Path, since: date | None, least_bytes: int = LEAST_BYTES) -> None:
    """Add a journal's records up, oldest day first.

    Raises:
        RuntimeError: A child process was killed.
    """
    days = [day for day in days_of(directory) if since is None or day >= since.isoformat()]
    processes = min(os.cpu_count() or 1, len(days), MOST_PROCESSES) if hasattr(os, "fork") else 1
    if processes < 2 or sum(_size(path) for day in days for path in files_of(directory, day)) < least_bytes:
        _take(tally, JournalReader(directory), since)
        return
    with ExitStack() as stack:
        children = [_Child(tally, directory, days[number::processes]) for number in range(processes)]
        for child in children:
            stack.callback(child.end)
        for number in range(len(days)):
            child = children[number % processes]
            tally.merge(child.next(), child.pieces())


class _Child:
    """A process that adds up some of the days, each waiting in the pipe until it is asked for."""

    def __init__(self, tally: Tally, directory: Path, days: Sequence[str]) -> None:
        reading, writing = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                with os.fdopen(writing, "wb") as pipe:
                    _run(tally, directory, days, pipe)
            finally:
                # Whatever happened: the rest of the program is the parent's.
                os._exit(0)
        os.close(writing)
        self._pipe = os.fdopen(reading, "rb")

    def next(self) -> Tally:
        """The next of its days, without what waits. Raises RuntimeError where it was killed."""
        part: Tally = self._load()
        return part

    def pieces(self) -> Iterator[bytes]:
        """What waits in the day just had, a piece of it in memory. Raises RuntimeError."""
        while piece := self._load():
            yield from piece

    def _load(self) -> Any:
        try:
            return pickle.load(self._pipe)  # noqa: S301 our own child's
        except (EOFError, pickle.UnpicklingError) as error:
            raise RuntimeError("a process of the report ended early: is there memory left?") from error

    def end(self) -> None:
        """It has nothing more to say that anybody wants."""
        self._pipe.close()
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def _run(tally: Tally, directory: Path, days: Sequence[str], pipe: IO[bytes]) -> None:
    for day in days:
        part = tally.part()
        _take(part, JournalReader(directory, day))
        later, part.later = part.later, []
        pickle.dump(part, pipe)
        for start in range(0, len(later), _PIECE):
            pickle.dump(later[start : start + _PIECE], pipe)
        pickle.dump([], pipe)
        pipe.flush()


def _take(tally: Tally, reader: JournalReader, since: date | None = None) -> None:
    tally.take(reader.lines(since=since), lambda: reader.place)
    tally.unreadable += reader.skipped
    tally.unreadable_at += [f"{day}: damaged, read as far as it goes" for day in reader.damaged]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
