"""Reading the journal: all records of a directory's days. The screen's history is in `history`."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from orderflow_tui.journal.directory import day_files
from orderflow_tui.journal.lines import backward, forward, opened
from orderflow_tui.support.decoding import NO_JSON

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class JournalReader:
    """Every record of one directory, day by day; never more than a piece of a day in memory.

    Args:
        directory: A journal's directory; one that is not there has no records.
        day: Only the day file of this name.
    """

    def __init__(self, directory: Path, day: str = "") -> None:
        self.directory = directory
        self._only = day
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
        for path in _days(self.directory, since, newest_first=newest_first):
            if self._only not in ("", path.name):
                continue
            try:
                self._day = path.name
                with opened(path) as file:
                    found = backward(file, file.seek(0, 2)) if newest_first else forward(file)
                    for self._offset, line in found:
                        if line:
                            yield line
            except (EOFError, zlib.error, OSError):
                self.skipped += 1  # a damaged packed day, or one removed while reading
                self.damaged.append(path.name)

    def records(self, *, newest_first: bool = False, since: date | None = None) -> Iterator[dict[str, Any]]:
        """The records; what is no JSON object is counted in `skipped`. Arguments as for `lines`."""
        for line in self.lines(newest_first=newest_first, since=since):
            try:
                yield _decode(line)
            except NO_JSON:
                self.skipped += 1


def _days(directory: Path, since: date | None, *, newest_first: bool) -> list[Path]:
    days = [path for path in day_files(directory) if since is None or path.name[:10] >= since.isoformat()]
    return days[::-1] if newest_first else days
