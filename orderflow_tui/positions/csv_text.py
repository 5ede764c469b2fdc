"""The bytes of an export as rows of cells: its encoding, its delimiter, its quotation marks."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from msgspec import Struct

from orderflow_tui.positions.errors import PositionsError

_DELIMITERS: Final = (",", ";", "\t", "|")
_LOOKED_AT: Final = 4_000
"""Rows in which the column names are looked for."""
_LONGEST_CELL: Final = 200
"""Longer ones are notices; no name, ticker or number is."""
_SENTINEL: Final = "\x7fend"
"""Stands after the last line: what swallows it is a quotation mark that was never closed."""
_OTHERS: Final = (
    (b"PK\x03\x04", "an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a packed file"),
)
_MARKUP: Final = re.compile(r"\s*(<|OFXHEADER|\{|\[\s*\{)")
_SEPARATOR_LINE: Final = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_INVISIBLE: Final = str.maketrans("", "", "\u200b\u200e\u200f\u2060\ufeff")
_FORMULA: Final = re.compile(r'="(.*)"')
"""How a text is kept from Excel: `="0001"`."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


class Line(Struct, frozen=True):
    """One row.

    Attributes:
        number: The line in the file on which it ends, from 1.
        cells: Trimmed, runs of blanks made one.
    """

    number: int
    cells: tuple[str, ...]

    @property
    def filled(self) -> tuple[str, ...]:
        """The cells that are not empty."""
        return tuple(cell for cell in self.cells if cell)


def decoded(content: bytes, name: str) -> str:
    """The text of an export: UTF-8, UTF-16 with its mark, else Windows-1252 (names with accents).

    Raises:
        PositionsError: It is no text, or text that is no table.
    """
    for magic, what in _OTHERS:
        if content.startswith(magic):
            raise PositionsError(f"{name}: {what}, not CSV: save or export it as CSV")
    try:
        wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    if _CONTROL.search(text):
        raise PositionsError(f"{name}: not text")
    if _MARKUP.match(text):
        raise PositionsError(
            f"{name}: not a CSV file (it begins like HTML, XML, OFX or JSON): export your positions as CSV"
        )
    return text


def rows_of(text: str, name: str, is_header: Callable[[Sequence[str]], bool]) -> tuple[list[Line], str]:
    """All rows that are not empty, and the delimiter they were split at.

    The delimiter is the one at which some row becomes column names; where none does, the most frequent one.

    Raises:
        PositionsError: A quotation mark is never closed, or a cell is longer than any.
    """
    told = _SEPARATOR_LINE.match(text)
    if told:
        return _split(text, name, told[1]), told[1]
    by_frequency = sorted(_DELIMITERS, key=text[:4096].count, reverse=True)
    for delimiter in by_frequency:
        try:
            if any(is_header(line.cells) for line in islice(_lines(text, delimiter), _LOOKED_AT)):
                return _split(text, name, delimiter), delimiter
        except csv.Error:
            continue
    return _split(text, name, by_frequency[0]), by_frequency[0]


def _split(text: str, name: str, delimiter: str) -> list[Line]:
    if len(delimiter.encode()) != 1 or delimiter in '"\r\n ':
        raise PositionsError(f"{name}:1: cells cannot be apart by {delimiter!a}")
    number = 0
    lines: list[Line] = []
    try:
        for line in _lines(text, delimiter):
            number = line.number
            lines.append(line)
    except csv.Error as error:
        raise PositionsError(f"{name}:{number + 1}: not CSV: {ascii(str(error))[1:-1][:100]}") from None
    if not lines or lines[-1].cells != (_SENTINEL,):
        raise PositionsError(f"{name}: a quotation mark is opened and never closed, so rows may be missing")
    return [line for line in lines[:-1] if line.filled]


def _lines(text: str, delimiter: str) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(f"{text}\n{_SENTINEL}", newline=""), delimiter=delimiter)
    for cells in reader:
        yield Line(reader.line_num, tuple(map(_trimmed, cells)))


def _trimmed(cell: str) -> str:
    text = " ".join(cell.translate(_INVISIBLE).split())[:_LONGEST_CELL]
    formula = _FORMULA.fullmatch(text)
    return formula[1] if formula else text
