"""Reads a recorded session: the pair `<prefix>.trades.csv.gz` and `<prefix>.book.csv.gz`.

Columns: `ts_ns,seq,price,size,side,kind` and `ts_ns,seq,bp1,bs1,..,ap1,as1,..`; one `seq` orders both, and at an equal
`seq` the print comes before the book row, which is the state after it.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from math import isfinite, nan
from pathlib import Path
from typing import Final, TextIO

from msgspec import Struct, field

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import (
    AUCTION,
    BUY,
    HIDDEN,
    OFF_EXCHANGE,
    PRICE,
    REGULAR,
    SELL,
    SIDE_GIVEN,
    UNKNOWN,
    VOLUME,
    Book,
    Levels,
    Print,
)
from orderflow_tui.core.model.units import PRICE_UNITS_PER_DOLLAR
from orderflow_tui.core.model.validators import SYMBOL
from orderflow_tui.recordings.formats.recorded_session import LONGEST_LINE, UNREADABLE, RecordingError, Repeats, shown
from orderflow_tui.support.bounded_file import open_regular

_TRADES: Final = ".trades.csv.gz"
_BOOK: Final = ".book.csv.gz"
COIN_SCALE: Final = 100_000_000

# Condition flags of the consolidated-tape recordings (hexadecimal, after the venue).
_NO_VOLUME: Final = 0x1000000 | 0x4000000
_CROSSES: Final = 0x40 | 0x80 | 0x100 | 0x200000
_NO_SIDE: Final = (
    0x100000 | 0x200 | 0x2000000 | 0x800 | 0x2 | 0x4 | 0x8 | 0x4000 | 0x40000 | 0x2000 | 0x400000 | 0x20000
)  # fmt: skip
_MOST: Final = 1 << 60
"""Of a price or a size in the core's units: sums of it stay numbers that a float holds."""
_SIDES: Final = {"B": BUY, "S": SELL, "": UNKNOWN}


class Recording(Struct, frozen=True):
    """One recorded session.

    Attributes:
        name: The pair's common prefix without its folder.
        symbol: The name up to its first `_`, upper case.
        trades: The file of prints.
        book: The file of books.
        levels: Levels a side the book shows.
        sides_given: The first print names its aggressor.
        size_scale: Size units in one share or coin.
        quotes: There are rows of books.
        repeats: Prints whose time and sequence, and books that are wholly the row's before, as last read.
    """

    name: str
    symbol: str
    trades: Path
    book: Path
    levels: int
    sides_given: bool
    size_scale: int
    quotes: bool = True
    repeats: Repeats = field(default_factory=Repeats)

    def capabilities(self, *, infer_sides: bool = False) -> Capabilities:
        """What this recording can show."""
        return Capabilities(
            source="replay",
            source_class="replayed",
            host=self.name,
            depth_levels=self.levels,
            streaming=True,
            sides_given=self.sides_given and not infer_sides,
            joint_sequence=True,
            single_venue=self.levels > 1,
            sessions=self.size_scale == 1,
            size_scale=self.size_scale,
            quotes=self.quotes,
        )

    def events(self, *, infer_sides: bool = False) -> Iterator[Print | Book]:
        """All events in the order in which they happened."""
        self.repeats.rows = 0
        prints = _prints(self, given=not infer_sides)
        books = _books(self)
        pending_print, pending_book = next(prints, None), next(books, None)
        while pending_print is not None or pending_book is not None:
            if pending_book is None or (
                pending_print is not None
                and (pending_print.time_ns, pending_print.seq) <= (pending_book.time_ns, pending_book.seq)
            ):
                assert pending_print is not None
                yield pending_print
                pending_print = next(prints, None)
            else:
                yield pending_book
                pending_book = next(books, None)


def pair_of(prefix: str) -> tuple[Path, Path]:
    """The paths a pair with this prefix has (either file of it is taken too)."""
    for ending in (_TRADES, _BOOK):
        prefix = prefix.removesuffix(ending)
    return Path(prefix + _TRADES), Path(prefix + _BOOK)


def open_pair(prefix: str) -> Recording:
    """Find the pair with this common prefix (either file of it is taken too).

    Raises:
        RecordingError: A file is missing or its head is not a recording's.
    """
    trades, book = pair_of(prefix)
    for path in (trades, book):
        if not path.is_file():
            message = f"no recording: {path} is missing; give the common prefix of a .trades.csv.gz and a .book.csv.gz"
            raise RecordingError(message)
    name = trades.name.removesuffix(_TRADES)
    stem = name.split("_", 1)[0]
    symbol = stem if SYMBOL.fullmatch(stem) else stem.upper()
    if not SYMBOL.fullmatch(symbol):
        raise RecordingError(f"{trades}: the name up to its first _ must be a symbol, not {symbol!r}")
    quoted = _rows(book)
    header = next(quoted, [])
    levels = sum(column.startswith("bp") for column in header)
    if not levels or header[:2] != ["ts_ns", "seq"]:
        raise RecordingError(f"{book}: line 1: expected the columns ts_ns,seq,bp1,bs1,..,ap1,as1,..")
    rows = _rows(trades)
    if next(rows, [])[:6] != ["ts_ns", "seq", "price", "size", "side", "kind"]:
        raise RecordingError(f"{trades}: line 1: expected the columns ts_ns,seq,price,size,side,kind")
    first = next(rows, None)
    coin = header[-1] == "ex_ts_ns"
    given = first is not None and len(first) > 4 and bool(first[4])
    quotes = next(quoted, None) is not None
    return Recording(name, symbol, trades, book, levels, given, COIN_SCALE if coin else 1, quotes)


def _rows(path: Path) -> Iterator[list[str]]:
    try:
        with open_regular(path) as raw, gzip.open(raw, "rt", encoding="ascii", newline="") as file:
            yield from csv.reader(_lines(file))
    except (*UNREADABLE, UnicodeDecodeError, csv.Error) as problem:
        raise RecordingError(f"{path}: not readable as gzipped CSV: {shown(problem)}") from problem


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise csv.Error(f"a line of {LONGEST_LINE:,} characters or more")
        yield line


def _prints(recording: Recording, *, given: bool) -> Iterator[Print]:
    rows = _rows(recording.trades)
    next(rows)
    scale = recording.size_scale
    before = (-1, -1)
    for number, row in enumerate(rows, start=2):
        try:
            at = _in_order(row, before)
            event = _print(row, at, scale, given=given)
        except (ValueError, IndexError, OverflowError, InvalidOperation) as problem:
            raise RecordingError(f"{recording.trades}: line {number}: {shown(problem)}") from problem
        if at == before:
            recording.repeats.rows += 1
            continue
        before = at
        yield event


def _print(row: list[str], at: tuple[int, int], scale: int, *, given: bool) -> Print:
    price, size = _price(row[2]), _size(row[3], scale)
    flags, venue = _kind(row[5])
    side = UNKNOWN
    if row[4] not in _SIDES:
        raise ValueError(f"side {row[4]!r:.20} must be B, S or empty")
    if row[4] and given:
        side = _SIDES[row[4]]
        flags |= SIDE_GIVEN
    return Print(*at, price, size, flags, side, venue)


def _price(text: str) -> int:
    """Whole units of $0.0001. Raises ValueError."""
    value = _number("price", text)
    price = round(value * PRICE_UNITS_PER_DOLLAR)
    if value > 0 and not price:
        raise ValueError(f"price {text!r:.20} is below $0.0001, the smallest step of a price here")
    return _possible("price", text, price)


def _size(text: str, scale: int) -> int:
    """Whole shares, or coins in units of the scale. Raises ValueError."""
    value = _number("size", text)
    if scale == 1 and not value.is_integer():
        raise ValueError(f"size {text!r:.20} must be whole shares: leave fractions of a share out")
    return _possible("size", text, int(Decimal(text) * scale))


def _number(what: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = nan
    if not isfinite(value):
        raise ValueError(f"{what} {text!r:.20} is not a number")
    return value


def _possible(what: str, text: str, value: int) -> int:
    if value <= 0:
        raise ValueError(f"{what} {text!r:.20} must be above 0")
    if value > _MOST:
        raise ValueError(f"{what} {text!r:.20} is out of range")
    return value


def _in_order(row: list[str], before: tuple[int, int]) -> tuple[int, int]:
    """A row's time and sequence, which never go back: the core takes events in the order in which they happened."""
    try:
        at = (int(row[0]), int(row[1]))
    except ValueError:
        raise ValueError(f"time {row[0]!r:.25} and sequence {row[1]!r:.25} must be whole numbers") from None
    if max(at) >= 1 << 63:
        raise ValueError(f"time or sequence {max(at)} is out of range")
    if at < before:
        raise ValueError(f"time and sequence {at} come after {before}")
    return at


def _kind(kind: str) -> tuple[int, int]:
    """Flags and venue of a print from its `kind` column."""
    if kind == "v":
        return REGULAR, 0
    if kind == "h":
        return REGULAR | HIDDEN, 0
    if kind == "x":
        return VOLUME | PRICE | AUCTION, 0
    venue, _, conditions = kind.partition(":")
    try:
        bits = int(conditions, 16) if venue.isascii() else -1
    except ValueError:
        bits = -1
    if len(venue) != 1 or bits < 0:
        raise ValueError(
            f"kind {kind!r:.20} is unknown: v (visible), h (hidden), x (auction), or a venue's letter, a colon and "
            "condition bits in hexadecimal"
        )
    if bits & _NO_VOLUME:
        return 0, ord(venue)
    flags = REGULAR
    if bits & _CROSSES:
        flags = VOLUME | PRICE | AUCTION
    elif bits & _NO_SIDE:
        flags = VOLUME
    return flags | (OFF_EXCHANGE if venue == "D" else 0), ord(venue)


def _books(recording: Recording) -> Iterator[Book]:
    rows = _rows(recording.book)
    next(rows)
    levels, scale = recording.levels, recording.size_scale
    ask_start = 2 + 2 * levels
    before = (0, 0)
    last: list[str] = []
    for number, row in enumerate(rows, start=2):
        if row == last:
            recording.repeats.rows += 1
            continue
        last = row
        try:
            before = _in_order(row, before)
            yield Book(
                *before,
                _levels(row, 2, ask_start, scale),
                _levels(row, ask_start, ask_start + 2 * levels, scale),
            )
        except (ValueError, IndexError, OverflowError, InvalidOperation) as problem:
            raise RecordingError(f"{recording.book}: line {number}: {shown(problem)}") from problem


def _levels(row: list[str], start: int, end: int, scale: int) -> Levels:
    shown_levels = [(row[at], row[at + 1]) for at in range(start, end, 2) if row[at] and row[at + 1]]
    try:
        levels = tuple(
            (
                round(float(price) * PRICE_UNITS_PER_DOLLAR),
                int(size) if scale == 1 else round(float(size) * scale),
            )
            for price, size in shown_levels
        )
    except (ValueError, OverflowError):
        levels = ((0, 0),)
    if any(not 0 < price <= _MOST or not 0 < size <= _MOST for price, size in levels):
        # The slow way says what is wrong.
        return tuple((_price(price), _size(size, scale)) for price, size in shown_levels)
    return levels
