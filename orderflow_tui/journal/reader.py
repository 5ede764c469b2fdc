"""Reading the journal: all records of a directory's days, and the history the screen scrolls through."""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec

from orderflow_tui.journal.directory import day_files
from orderflow_tui.journal.lines import backward, complete_end, forward, opened
from orderflow_tui.journal.records import EXIT_ACKNOWLEDGED, EXIT_TRIGGERED

MOST_ROWS: Final = 100_000
"""Rows a history holds; older records stay in their files."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class JournalReader:
    """Every record of one directory, day by day; never more than a piece of a day in memory.

    Args:
        directory: A journal's directory; one that is not there has no records.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.skipped = 0
        """Lines and packed days that could not be read so far."""

    def lines(self, *, newest_first: bool = False, since: date | None = None) -> Iterator[bytes]:
        """The lines as they stand, without newlines; blank ones are left out, torn ones are not.

        Args:
            newest_first: From the newest record back.
            since: Leave out earlier days (UTC).
        """
        for path in _days(self.directory, since, newest_first=newest_first):
            try:
                with opened(path) as file:
                    found = backward(file, file.seek(0, 2)) if newest_first else forward(file)
                    yield from (line for _, line in found if line)
            except (EOFError, zlib.error, OSError):
                self.skipped += 1  # a damaged packed day, or one removed while reading

    def records(self, *, newest_first: bool = False, since: date | None = None) -> Iterator[dict[str, Any]]:
        """The records; what is no JSON object is counted in `skipped`. Arguments as for `lines`."""
        for line in self.lines(newest_first=newest_first, since=since):
            try:
                yield _decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self.skipped += 1


class HistoryRow(msgspec.Struct, gc=False):
    """One record as the history's table shows it; texts are empty where the record has none.

    `offset` is where its line begins in file number `file` of the store; `answer` is the trader's latest, in words, on
    the recommendation's own row too.
    """

    event: str
    event_id: str
    timestamp: str
    timestamp_utc: str
    symbol: str
    severity: str
    evidence: str
    text: str
    counts: bool
    answer: str
    run_id: str
    source_class: str
    recommendation_id: str
    file: int
    offset: int


class _Line(msgspec.Struct, gc=False):
    """What of a record a row needs."""

    event: str
    event_id: str = ""
    timestamp: str = ""
    timestamp_utc: str = ""
    symbol: str | None = None
    severity: str | None = None
    evidence: str | list[str] | None = None
    text: str = ""
    reason: str = ""
    detail: str = ""
    error_type: str = ""
    code: str = ""
    note: str = ""
    counts: bool = False
    answer: str = ""
    shares: int = 0
    minutes: int = 0
    run_id: str = ""
    source_class: str = ""
    recommendation_id: str = ""


_decode_line = msgspec.json.Decoder(_Line).decode


class HistoryStore:
    """The newest records of some directories, newest first: `len(store)`, `store[0]` is the newest.

    Nothing is read at construction: `load` reads backwards from the newest record as it stood then, `refresh` adds what
    was written since. Both are for one thread, the screen's.

    Args:
        directories: Journals; one that is not there yet may appear later.
        most_rows: How many rows to hold.
    """

    def __init__(self, directories: Iterable[Path], *, most_rows: int = MOST_ROWS) -> None:
        self.skipped = 0
        """Lines and packed days that could not be read."""
        self._most_rows = most_rows
        self._files: list[Path] = []
        self._words: dict[str, str] = {}
        self._answers: dict[str, str] = {}
        self._recommendations: dict[str, HistoryRow] = {}
        self._older: list[HistoryRow] = []
        self._newer: list[HistoryRow] = []
        self._tails = [_Tail(directory) for directory in dict.fromkeys(directories)]
        self._backlog: Iterator[HistoryRow] | None = heapq.merge(
            *(self._rows_backwards(tail) for tail in self._tails), key=lambda row: row.timestamp, reverse=True
        )

    def __len__(self) -> int:
        return len(self._older) + len(self._newer)

    def __getitem__(self, index: int) -> HistoryRow:
        if index < 0:
            index += len(self)
        newer = len(self._newer)
        return self._newer[newer - 1 - index] if 0 <= index < newer else self._older[index - newer]

    @property
    def loaded(self) -> bool:
        """Every record that was there at construction, or as many as are held, has been read."""
        return self._backlog is None

    def load(self, rows: int = 2_000) -> int:
        """Read up to this many older records; returns how many came, 0 when there are no more."""
        came = 0
        while self._backlog is not None and came < rows:
            row = next(self._backlog, None)
            if row is None or len(self) >= self._most_rows:
                self._backlog = None
                break
            self._older.append(row)
            came += 1
        return came

    def refresh(self) -> int:
        """Add what was written since; returns how many rows came. They stand at the front."""
        fresh = [row for tail in self._tails for row in self._rows_since(tail)]
        fresh.sort(key=lambda row: row.timestamp)
        self._newer += fresh
        excess = len(self) - self._most_rows
        if excess > 0:
            self._backlog = None
            del self._older[max(len(self._older) - excess, 0) :]
            del self._newer[: max(len(self) - self._most_rows, 0)]
        return len(fresh)

    def detail(self, row: HistoryRow) -> dict[str, Any]:
        """All fields of a row's record.

        Raises:
            LookupError: Its file is gone, or no longer holds it at its place.
        """
        try:
            with opened(self._files[row.file]) as file:
                _, line = next(forward(file, row.offset))
            record = _decode(line)
        except (OSError, EOFError, zlib.error, StopIteration, msgspec.DecodeError, UnicodeDecodeError):
            raise LookupError(f"the record {row.event_id} is no longer in its file") from None
        if record.get("event_id", "") != row.event_id:
            raise LookupError(f"the record {row.event_id} is no longer at its place")
        return record

    # --- reading ------------------------------------------------------------------------------------------------

    def _rows_backwards(self, tail: _Tail) -> Iterator[HistoryRow]:
        for path, end in reversed(tail.start):
            try:
                with opened(path) as file:
                    number = self._number(path)
                    for offset, line in backward(file, file.seek(0, 2) if end is None else end):
                        if row := self._row(line, number, offset, backwards=True):
                            yield row
            except (EOFError, zlib.error, OSError):
                self.skipped += 1

    def _rows_since(self, tail: _Tail) -> Iterator[HistoryRow]:
        for path, start, end in tail.news():
            try:
                with opened(path) as file:
                    number = self._number(path)
                    for offset, line in forward(file, start, end):
                        if line and (row := self._row(line, number, offset, backwards=False)):
                            yield row
            except OSError:
                self.skipped += 1

    def _row(self, line: bytes, file: int, offset: int, *, backwards: bool) -> HistoryRow | None:
        try:
            found = _decode_line(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.skipped += 1
            return None
        same = self._same
        row = HistoryRow(
            event=same(found.event),
            event_id=found.event_id,
            timestamp=found.timestamp,
            timestamp_utc=found.timestamp_utc if found.timestamp_utc != found.timestamp else found.timestamp,
            symbol=same(found.symbol or ""),
            severity=same(found.severity or ""),
            evidence=same(found.evidence) if isinstance(found.evidence, str) else "",
            text=_text(found),
            counts=found.counts,
            answer=same(_answer_words(found)),
            run_id=same(found.run_id),
            source_class=same(found.source_class),
            recommendation_id=same(found.recommendation_id),
            file=file,
            offset=offset,
        )
        if row.recommendation_id:
            self._join(row, backwards=backwards)
        return row

    def _join(self, row: HistoryRow, *, backwards: bool) -> None:
        """Bring an answer and its recommendation's row together, in whichever order they are read."""
        known = self._answers.get(row.recommendation_id)
        if row.event == EXIT_TRIGGERED:
            row.answer = known or row.answer
            self._recommendations[row.recommendation_id] = row
        elif row.event == EXIT_ACKNOWLEDGED and (known is None or not backwards):
            self._answers[row.recommendation_id] = row.answer
            if asked := self._recommendations.get(row.recommendation_id):
                asked.answer = row.answer

    def _same(self, text: str) -> str:
        """One object for equal texts: a hundred thousand rows share a few hundred words."""
        return self._words.setdefault(text, text)

    def _number(self, path: Path) -> int:
        if path not in self._files:
            self._files.append(path)
        return self._files.index(path)


class _Tail:
    """Where one directory's records ended when last looked at."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.start: list[tuple[Path, int | None]] = []
        """The day files at construction and where each ended; None for a packed one."""
        self._ends: dict[str, tuple[int, int]] = {}
        for path in day_files(directory):
            if path.suffix == ".gz":
                self.start.append((path, None))
                self._ends[path.name.removesuffix(".gz")] = (0, 0)
                continue
            try:
                with path.open("rb") as file:
                    end = complete_end(file)
                self._ends[path.name] = (path.stat().st_ino, end)
            except OSError:
                continue  # removed since it was listed
            self.start.append((path, end))

    def news(self) -> list[tuple[Path, int, int]]:
        """`(file, start, end)` of whole lines not yet reported."""
        found = []
        for path in day_files(self.directory):
            if path.suffix == ".gz":
                continue
            try:
                status = path.stat()
                inode, start = self._ends.get(path.name, (status.st_ino, 0))
                if inode != status.st_ino or status.st_size < start:
                    start = 0  # another file under this name
                if status.st_size == start:
                    continue
                with path.open("rb") as file:
                    end = complete_end(file)
            except OSError:
                continue  # gone between listing and opening; what it held is shown already
            self._ends[path.name] = (status.st_ino, end)
            if end > start:
                found.append((path, start, end))
        return found


def _days(directory: Path, since: date | None, *, newest_first: bool) -> list[Path]:
    days = [path for path in day_files(directory) if since is None or path.name[:10] >= since.isoformat()]
    return days[::-1] if newest_first else days


def _text(line: _Line) -> str:
    if line.text or line.reason:
        return line.text or line.reason
    if line.error_type:
        return " ".join(part for part in (line.error_type, line.code, line.detail) if part)
    return line.note


def _answer_words(line: _Line) -> str:
    if line.answer == "trimmed":
        return f"trimmed {line.shares:,}"
    if line.answer == "snooze":
        return f"snooze {line.minutes} min"
    return line.answer
