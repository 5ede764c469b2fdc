"""The history the screen scrolls through: every record of a directory, read from its file when asked for."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from orderflow_tui.journal.days import day_files
from orderflow_tui.journal.file_lines import UNREADABLE, complete_end, plain_bytes
from orderflow_tui.journal.line_index import SEGMENT_BYTES, DayFiles, Segment
from orderflow_tui.journal.record_words import answer_words
from orderflow_tui.journal.records import (
    ANSWER_TAKEN_BACK,
    EXIT_ACKNOWLEDGED,
    EXIT_TRIGGERED,
    AnswerRecord,
    AnyRecord,
    ApiErrorRecord,
    BadDataRecord,
    TakenBackRecord,
    UnknownRecord,
    read_head,
    read_record,
)
from orderflow_tui.journal.severity import severity_of
from orderflow_tui.support.decoding import NO_JSON

NOT_A_RECORD: Final = "unreadable"
"""The kind a row has whose line is not a record, so that nothing in a file is hidden."""
_ANSWERS: Final = (EXIT_ACKNOWLEDGED.encode(), ANSWER_TAKEN_BACK.encode())
_CACHED_ROWS: Final = 1_024
_SHOWN_OF_GARBAGE: Final = 120

_decode = msgspec.json.Decoder(dict[str, object]).decode


class HistoryRow(msgspec.Struct, gc=False):
    """One record as the history's table shows it; texts are empty where the record has none.

    `offset` is where its line begins in file number `file` of the store; `answer` is the trader's latest, in words, on
    the recommendation's own row too.
    """

    event: str
    event_id: str = ""
    timestamp: str = ""
    timestamp_utc: str = ""
    symbol: str = ""
    severity: str = ""
    evidence: str = ""
    text: str = ""
    answer: str = ""
    run_id: str = ""
    source_class: str = ""
    recommendation_id: str = ""
    file: int = 0
    offset: int = 0


class HistoryStore:
    """Every record of a directory, newest first: `len(store)` of them are indexed, `store[0]` is the newest.

    Nothing is read at construction. `load` indexes backwards from the newest record as it stood then, `refresh` adds
    what was written since; both keep an entry a quarter of a megabyte, and rows are read from their file when they are
    asked for. For one thread, the screen's.

    A row's *place* stays its own while the list grows at both ends: 0, 1, 2 ... for records written since the
    construction, -1, -2 ... for those before it. Higher is newer.

    Args:
        directory: A journal; one that is not there yet may appear later.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.skipped = 0
        """Days that could not be read."""
        self._files = DayFiles()
        self._answers: dict[str, str] = {}
        self._older: list[Segment] = []
        self._older_ends: list[int] = []
        self._newer: list[Segment] = []
        self._newer_starts: list[int] = []
        self._newer_count = 0
        self._rows: dict[int, HistoryRow] = {}
        self._tail = _Tail(directory)
        self._backlog: Iterator[Segment] | None = self._segments_backwards()

    def anew(self) -> HistoryStore:
        """The same directory, looked at from the start."""
        return HistoryStore(self._directory)

    def __len__(self) -> int:
        return self._newer_count + (self._older_ends[-1] if self._older_ends else 0)

    def __getitem__(self, index: int) -> HistoryRow:
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self.at(self._newer_count - 1 - index)

    @property
    def places(self) -> range:
        """The places of all rows, newest first."""
        return range(self._newer_count - 1, self._newer_count - 1 - len(self), -1)

    @property
    def symbols(self) -> set[str]:
        """The symbols of what is indexed."""
        return self._files.symbols

    @property
    def events(self) -> set[str]:
        """The kinds of what is indexed."""
        return self._files.events

    @property
    def minutes(self) -> set[str]:
        """UTC minutes (`2025-10-22T14:35`): one at least of every day with records in what is indexed."""
        return self._files.minutes

    @property
    def loaded(self) -> bool:
        """Every record that was there at construction is indexed."""
        return self._backlog is None

    def load(self, rows: int = 2_000) -> int:
        """Index at least this many older records where there are as many; returns how many came, 0 at the end."""
        came = 0
        while self._backlog is not None and came < rows:
            segment = next(self._backlog, None)
            if segment is None:
                self._backlog = None
                break
            self._older.append(segment)
            self._older_ends.append((self._older_ends[-1] if self._older_ends else 0) + segment.count)
            came += segment.count
        return came

    def refresh(self) -> int:
        """Add what was written since; returns how many rows came. They stand at the front."""
        before = self._newer_count
        for path, inode, start, end in self._tail.news():
            try:
                for segment, lines in self._files.forwards(self._files.number(path, inode), start, end):
                    self._take_answers(lines, newest=True)
                    self._append(segment)
            except UNREADABLE:
                self.skipped += 1
        return self._newer_count - before

    def at(self, place: int) -> HistoryRow:
        """The row at a place; one whose line is not a record, or whose file is gone, says so in its text."""
        row = self._rows.get(place)
        if row is None:
            line, file, offset = self.line(place)
            row = _row(line, file, offset)
            if len(self._rows) >= _CACHED_ROWS:
                self._rows.clear()
            self._rows[place] = row
        if row.event == EXIT_TRIGGERED and row.recommendation_id:
            row.answer = self._answers.get(row.recommendation_id, row.answer)
        return row

    def line(self, place: int) -> tuple[bytes | None, int, int]:
        """A row's line with its file's number and its offset; None where the file can no longer be read."""
        segment, number = self._locate(place)
        try:
            offset, lines = self._files.lines(segment)
        except UNREADABLE:
            return None, segment.file, segment.start
        return lines[number], segment.file, offset + sum(map(len, lines[:number])) + number

    def lines_back(self, place: int) -> Iterator[tuple[int, bytes]]:
        """`(place, line)` from a place back to the oldest indexed; days that cannot be read are left out."""
        while place >= -(self._older_ends[-1] if self._older_ends else 0):
            segment, number = self._locate(place)
            try:
                lines = self._files.lines(segment)[1]
            except UNREADABLE:
                lines = []
            for index in range(number, -1, -1):
                if index < len(lines):
                    yield place - number + index, lines[index]
            place -= number + 1

    def detail(self, row: HistoryRow) -> dict[str, object]:
        """All fields of a row's record.

        Raises:
            LookupError: Its file is gone, or no longer holds it at its place.
        """
        try:
            record = _decode(self._files.line_at(row.file, row.offset))
        except (*UNREADABLE, *NO_JSON):
            raise LookupError(f"the record {row.event_id} is no longer in its file") from None
        if record.get("event_id", "") != row.event_id:
            raise LookupError(f"the record {row.event_id} has moved")
        return record

    def close(self) -> None:
        """Let unpacked days go; the store can still be used."""
        self._files.close()

    # --- the index ----------------------------------------------------------------------------------------------

    def _locate(self, place: int) -> tuple[Segment, int]:
        """The segment of a place and the line's number in it."""
        if place >= 0:
            index = bisect_right(self._newer_starts, place) - 1
            return self._newer[index], place - self._newer_starts[index]
        index = bisect_right(self._older_ends, -1 - place)
        return self._older[index], self._older_ends[index] + place

    def _append(self, segment: Segment) -> None:
        last = self._newer[-1] if self._newer else None
        adjoining = last is not None and (last.file, last.end) == (segment.file, segment.start)
        if last is not None and adjoining and segment.end - last.start <= SEGMENT_BYTES:
            last.end = segment.end
            last.count += segment.count
        else:
            self._newer.append(segment)
            self._newer_starts.append(self._newer_count)
        self._newer_count += segment.count

    def _segments_backwards(self) -> Iterator[Segment]:
        for path, inode, end in reversed(self._tail.start):
            number = self._files.number(path, inode)
            try:
                for segment, lines in self._files.backwards(number, self._files.size(number) if end is None else end):
                    self._take_answers(lines, newest=False)
                    yield segment
            except UNREADABLE:
                self.skipped += 1

    def _take_answers(self, lines: bytes, *, newest: bool) -> None:
        """Keep the latest answer of each recommendation, in whichever order the lines are met."""
        if not any(one in lines for one in _ANSWERS):
            return
        answers: dict[str, str] = {}
        for line in lines.split(b"\n"):
            if any(one in line for one in _ANSWERS):
                row = _row(line, 0, 0)
                if row.event in {EXIT_ACKNOWLEDGED, ANSWER_TAKEN_BACK} and row.recommendation_id:
                    answers[row.recommendation_id] = row.answer
        self._answers = {**self._answers, **answers} if newest else {**answers, **self._answers}


class _Tail:
    """Where the directory's records ended when last looked at."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.start: list[tuple[Path, int, int | None]] = []
        """The day files at construction, their inodes and where each ended; 0 and None for a packed one."""
        self._ends: dict[str, tuple[int, int]] = {}
        for path in day_files(directory):
            if path.suffix == ".gz":
                self.start.append((path, 0, None))
                self._ends[path.name.removesuffix(".gz")] = (0, 0)
                continue
            try:
                with plain_bytes(path) as file:
                    inode, end = os.fstat(file.fileno()).st_ino, complete_end(file)
            except OSError:
                continue  # removed since it was listed, or no file of a journal
            self._ends[path.name] = (inode, end)
            self.start.append((path, inode, end))

    def news(self) -> list[tuple[Path, int, int, int]]:
        """`(file, inode, start, end)` of whole lines not yet reported."""
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
                with plain_bytes(path) as file:
                    end = complete_end(file)
            except OSError:
                continue  # gone between listing and opening; what it held is shown already
            self._ends[path.name] = (status.st_ino, end)
            if end > start:
                found.append((path, status.st_ino, start, end))
        return found


def _row(line: bytes | None, file: int, offset: int) -> HistoryRow:
    if line is None:
        return HistoryRow(NOT_A_RECORD, text="the record's file is gone or has changed", file=file, offset=offset)
    try:
        record = _record(line)
    except NO_JSON:
        shown = line[:_SHOWN_OF_GARBAGE].decode("utf-8", "replace")
        return HistoryRow(NOT_A_RECORD, text=f"this line is not a record: {shown}", file=file, offset=offset)
    evidence: object = getattr(record, "evidence", "")
    return HistoryRow(
        event=record.event,
        event_id=record.event_id,
        timestamp=record.timestamp,
        timestamp_utc=record.timestamp_utc,
        symbol=getattr(record, "symbol", "") or "",
        severity="" if isinstance(record, UnknownRecord) else severity_of(record),
        evidence=evidence if isinstance(evidence, str) else "",
        text=_text(record),
        answer=answer_words(record) if isinstance(record, AnswerRecord) else "",
        run_id=record.run_id,
        source_class=record.source_class,
        recommendation_id=getattr(record, "recommendation_id", ""),
        file=file,
        offset=offset,
    )


def _record(line: bytes) -> AnyRecord | UnknownRecord:
    """A line's record, or what one that lacks something tells of itself."""
    try:
        return read_record(line)
    except NO_JSON:
        return read_head(line)


def _text(record: AnyRecord | UnknownRecord) -> str:
    match record:
        case ApiErrorRecord() | BadDataRecord():
            return " ".join(part for part in (record.error_type, record.code, record.detail) if part)
        case AnswerRecord():
            return record.note
        case TakenBackRecord():
            return answer_words(record)
        case _:
            words: str = getattr(record, "text", "") or getattr(record, "reason", "")
            return f"{words} (late)" if getattr(record, "late", False) else words
