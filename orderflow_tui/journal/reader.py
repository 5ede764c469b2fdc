"""Reading the journal: all records of a directory's days. The screen's history is in `history`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from orderflow_tui.journal.days import days_of, files_of
from orderflow_tui.journal.file_lines import UNREADABLE, backward, forward, newest_lines, opened
from orderflow_tui.journal.records import AnyRecord, UnknownRecord, read_record
from orderflow_tui.support.decoding import NO_JSON


class JournalReader:
    """Every record of one directory, day by day; never more than a piece of a day in memory.

    Args:
        directory: A journal's directory; one that is not there has no records.
        day: Only this day (`2026-01-31`).
        newest_bytes: Of a day's file so many at its end alone; None for all of it. A packed one that is larger is
            damaged.
    """

    def __init__(self, directory: Path, day: str = "", *, newest_bytes: int | None = None) -> None:
        self.directory = directory
        self._only = day
        self._newest_bytes = newest_bytes
        self.skipped = 0
        """Lines and packed days that could not be read so far."""
        self.damaged: list[str] = []
        """Names of days that could not be read to their end."""
        self._day = ""
        self._offset = 0

    @property
    def place(self) -> str:
        """Where the line read last begins."""
        return f"{self._day} at byte {self._offset:,}"

    def lines(self, *, newest_first: bool = False, since: date | None = None) -> Iterator[bytes]:
        """The lines as they stand, without newlines; blank ones are left out, torn ones are not.

        Args:
            newest_first: From the newest record back.
            since: Leave out earlier days (UTC).
        """
        for path in self._paths(since, newest_first=newest_first):
            try:
                self._day = path.name
                with opened(path, self._newest_bytes) as file:
                    start, end = newest_lines(file, self._newest_bytes)
                    found = backward(file, end, start) if newest_first else forward(file, start)
                    for self._offset, line in found:
                        if line:
                            yield line
            except UNREADABLE:
                self.skipped += 1  # a damaged packed day, or one removed while reading
                self.damaged.append(path.name)

    def records(self, *, newest_first: bool = False, since: date | None = None) -> Iterator[AnyRecord | UnknownRecord]:
        """The records; what is none is counted in `skipped`. Arguments as for `lines`."""
        for line in self.lines(newest_first=newest_first, since=since):
            try:
                yield read_record(line)
            except NO_JSON:
                self.skipped += 1

    def _paths(self, since: date | None, *, newest_first: bool) -> Iterator[Path]:
        """The files, each day's looked for when its turn comes: days are packed meanwhile."""
        days = [self._only] if self._only else days_of(self.directory)
        for day in reversed(days) if newest_first else days:
            if since is None or day >= since.isoformat():
                paths = list(files_of(self.directory, day))
                yield from reversed(paths) if newest_first else paths
