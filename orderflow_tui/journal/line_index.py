"""A line index over a journal's day files: one entry a quarter of a megabyte, however long the journal is."""

from __future__ import annotations

import os
import re
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

import msgspec

from orderflow_tui.journal.file_lines import LONGEST_LINE, plain_bytes, unpack

SEGMENT_BYTES: Final = 1 << 18
_UNPACKED_IN_MEMORY: Final = 1 << 24
_UNPACKED_AT_ONCE: Final = 2
_LINES_AT_ONCE: Final = 12
_SYMBOLS: Final = re.compile(rb'"symbol":\s?"([^"\\]{1,12})"')
_EVENTS: Final = re.compile(rb'"event":\s?"([^"\\]{1,48})"')
_MOMENT: Final = re.compile(rb'"timestamp_utc":\s?"([0-9T:-]{16})')


class Segment(msgspec.Struct, gc=False):
    """Whole lines of one file: `[start, end)` holds `count` of them."""

    file: int
    start: int
    end: int
    count: int


class DayFiles:
    """The bytes of day files by number; packed days are unpacked once and few at a time."""

    def __init__(self) -> None:
        self.symbols: set[str] = set()
        """Symbols of the records indexed so far."""
        self.events: set[str] = set()
        """Kinds of the records indexed so far."""
        self.minutes: set[str] = set()
        """The UTC minutes at the edges of what was indexed: every day that has records has one here."""
        self._paths: list[tuple[Path, int]] = []
        self._numbers: dict[tuple[Path, int], int] = {}
        self._unpacked: OrderedDict[int, IO[bytes]] = OrderedDict()
        self._lines: OrderedDict[tuple[int, int], tuple[int, list[bytes]]] = OrderedDict()

    def number(self, path: Path, inode: int) -> int:
        """The number a file goes by; a file begun anew under an old name has another inode, and a packed one has 0."""
        known = path, inode
        if known not in self._numbers:
            self._numbers[known] = len(self._paths)
            self._paths.append(known)
        return self._numbers[known]

    def size(self, number: int) -> int:
        """A file's size, unpacked. Raises OSError, EOFError or zlib.error."""
        path, _ = self._paths[number]
        return path.stat().st_size if path.suffix != ".gz" else self._plain(number).seek(0, 2)

    def read(self, number: int, start: int, end: int) -> bytes:
        """Bytes of a file, also when it was packed since. Raises OSError, EOFError or zlib.error."""
        path, inode = self._paths[number]
        if path.suffix != ".gz":
            with suppress(FileNotFoundError), plain_bytes(path) as file:
                if os.fstat(file.fileno()).st_ino == inode:
                    file.seek(start)
                    return file.read(end - start)
        plain = self._plain(number)
        plain.seek(start)
        return plain.read(end - start)

    def backwards(self, number: int, end: int) -> Iterator[tuple[Segment, bytes]]:
        """What lies before `end` in segments, newest first, each with its bytes."""
        while end > 0:
            size = SEGMENT_BYTES
            while True:
                begin = max(end - size, 0)
                block = self.read(number, begin, end)
                cut = block.find(b"\n", 0, len(block) - 1) + 1 if begin else 0
                if cut or not begin:
                    break
                size = _doubled(size)  # one line longer than a segment
            if len(block) < end - begin:
                raise EOFError
            lines = block[cut:]
            self._collect(lines)
            yield Segment(number, begin + cut, end, lines.count(b"\n") + (not lines.endswith(b"\n"))), lines
            end = begin + cut

    def forwards(self, number: int, start: int, end: int) -> Iterator[tuple[Segment, bytes]]:
        """`[start, end)`, which begins and ends with whole lines, in segments, oldest first."""
        while start < end:
            size = SEGMENT_BYTES
            while True:
                block = self.read(number, start, min(start + size, end))
                cut = block.rfind(b"\n") + 1
                if cut or size >= end - start:
                    break
                size = _doubled(size)
            if not cut:
                raise EOFError
            lines = block[:cut]
            self._collect(lines)
            yield Segment(number, start, start + cut, lines.count(b"\n")), lines
            start += cut

    def lines(self, segment: Segment) -> tuple[int, list[bytes]]:
        """A segment's first offset and its lines, from a small cache. Raises OSError, EOFError or zlib.error."""
        place = (segment.file, segment.start)
        known = self._lines.get(place)
        if known is None or len(known[1]) != segment.count:
            lines = self.read(segment.file, segment.start, segment.end).removesuffix(b"\n").split(b"\n")
            if len(lines) != segment.count:
                raise EOFError  # the file is another one now
            known = self._lines[place] = (segment.start, lines)
            if len(self._lines) > _LINES_AT_ONCE:
                self._lines.popitem(last=False)
        self._lines.move_to_end(place)
        return known

    def line_at(self, number: int, offset: int) -> bytes:
        """The line that begins at an offset. Raises OSError, EOFError or zlib.error."""
        size = 1 << 13
        while True:
            block = self.read(number, offset, offset + size)
            end = block.find(b"\n")
            if end >= 0 or len(block) < size:
                return block[:end] if end >= 0 else block
            size = _doubled(size)

    def close(self) -> None:
        """Let the unpacked days go; they are unpacked again when asked for."""
        while self._unpacked:
            self._unpacked.popitem()[1].close()

    def _collect(self, lines: bytes) -> None:
        for pattern, names in ((_SYMBOLS, self.symbols), (_EVENTS, self.events)):
            names.update(name.decode("utf-8", "replace") for name in set(pattern.findall(lines)))
        edges = (0, max(lines.rfind(b'"timestamp_utc"'), 0))
        found = (_MOMENT.search(lines, edge) for edge in edges)
        self.minutes.update(match[1].decode() for match in found if match)

    def _plain(self, number: int) -> IO[bytes]:
        plain = self._unpacked.get(number)
        if plain is None:
            path, _ = self._paths[number]
            packed = path if path.suffix == ".gz" else path.with_name(path.name + ".gz")
            plain = tempfile.SpooledTemporaryFile(max_size=_UNPACKED_IN_MEMORY)  # noqa: SIM115 closed when it is let go
            try:
                unpack(packed, plain)
            except BaseException:
                plain.close()
                raise
            self._unpacked[number] = plain
            if len(self._unpacked) > _UNPACKED_AT_ONCE:
                self._unpacked.popitem(last=False)[1].close()
        self._unpacked.move_to_end(number)
        return plain


def _doubled(size: int) -> int:
    if size > LONGEST_LINE:
        raise EOFError  # no record is nearly as long
    return 2 * size
