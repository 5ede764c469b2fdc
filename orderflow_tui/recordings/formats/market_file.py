"""Rows of chosen symbols out of a vendor's CSV file that holds the whole market, sorted by ticker, in one pass.

A file is read in pieces of whole lines. Within a piece each ticker's rows lie together, so that where they end is found
by bisection and rows of others are neither split nor counted one by one. In which order the tickers come is not asked.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

from orderflow_tui.recordings.formats.recorded_session import (
    LONGEST_LINE,
    Reading,
    RecordingError,
    opened,
    packed_position,
    shown,
)

_CHUNK: Final = 1 << 20

Row = tuple[int, list[str]]
"""The line it stands in, and the wanted columns."""


def column_names(path: Path) -> list[str]:
    """The head's names in lower case. Raises RecordingError."""
    with opened(path) as file:
        return names_in(file.readline(LONGEST_LINE))


def names_in(line: bytes) -> list[str]:
    """A head's names in lower case."""
    return [name.strip(' "').casefold() for name in line.decode("utf-8-sig", "replace").strip().split(",")]


def symbol_rows(
    path: Path, symbols: Collection[str], columns: Sequence[str], reading: Reading | None = None
) -> Iterator[Row]:
    """The rows of these symbols, one symbol after the other as the file has them.

    Ends with the piece in which the last of them ends. A symbol without rows has none here.

    Args:
        path: The file; its head has all the columns.
        symbols: Tickers.
        columns: Wanted; the first is the ticker's.
        reading: Told how far it is.

    Raises:
        RecordingError: It cannot be read, a row is short, or a symbol's rows do not lie together.
    """
    over: set[str] = set()
    current = ""
    with opened(path) as file:
        names = names_in(file.readline(LONGEST_LINE))
        places = [names.index(name) for name in columns]
        rows = _Rows(path, places, len(names))
        number = 1
        while piece := file.read(_CHUNK) + file.readline(LONGEST_LINE):
            for name, begin, end in _stretches(piece, rows.key):
                if name != current and name:
                    over.update({current} & set(symbols))
                    current = name
                if name not in symbols:
                    continue
                line = number + piece.count(b"\n", 0, begin) + 1
                if name in over:
                    raise rows.unsorted(line, name)
                yield from rows.read(piece[begin:end], line, name)
            number += piece.count(b"\n")
            if reading is not None:
                reading(path, packed_position(file))
            if len(over) == len(symbols):
                return


class _Rows:
    def __init__(self, path: Path, places: Sequence[int], columns: int) -> None:
        self._path, self._places, self._columns = path, places, columns
        self._ticker, self._least = places[0], max(places)

    def key(self, piece: bytes, begin: int) -> str:
        """The ticker of the row that begins there; empty where it has none."""
        end = piece.find(b"\n", begin)
        line = piece[begin:] if end < 0 else piece[begin:end]
        if not self._ticker:
            return line.partition(b",")[0].strip(b'"\r').decode("latin-1")
        try:
            cells = next(csv.reader([line.decode("latin-1")]), [])
        except csv.Error:
            return ""
        return cells[self._ticker] if len(cells) > self._ticker else ""

    def read(self, piece: bytes, number: int, symbol: str) -> Iterator[Row]:
        """The rows of a piece that begins with this line and holds this symbol alone."""
        rows = csv.reader(piece.decode("latin-1").split("\n"))
        read = 0
        try:
            for row in rows:
                line = number + read
                read = rows.line_num
                if not row:
                    continue
                if len(row) <= self._ticker or row[self._ticker] != symbol:
                    raise self.unsorted(line, symbol)
                if len(row) <= self._least:
                    message = f"{len(row)} columns where the head has {self._columns}"
                    raise RecordingError(f"{self._path}: line {line}: {message}")
                yield line, [row[place] for place in self._places]
        except csv.Error as problem:
            raise RecordingError(f"{self._path}: line {number + read}: {shown(problem)}") from problem

    def unsorted(self, line: int, symbol: str) -> RecordingError:
        """What is wrong where a symbol's rows do not lie together."""
        return RecordingError(
            f"{self._path}: line {line}: rows of {symbol} lie apart; the file must be sorted by ticker"
        )


def _stretches(piece: bytes, key: Callable[[bytes, int], str]) -> Iterator[tuple[str, int, int]]:
    """The key of each stretch of equal keys, where it begins and where it ends."""
    begin = 0
    while begin < len(piece):
        name, low, high = key(piece, begin), begin, len(piece)
        while True:  # the row at `low` has this key; no row from `high` on is known to have it
            row = piece.find(b"\n", (low + high) // 2, high - 1) + 1 or piece.find(b"\n", low, high - 1) + 1
            if not row:
                break
            if key(piece, row) == name:
                low = row
            else:
                high = row
        yield name, begin, high
        begin = high
