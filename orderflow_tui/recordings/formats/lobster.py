"""Reads LOBSTER's pair of files: `TICKER_DATE_START_END_message_LEVELS.csv` and the same with `orderbook`.

Row N of the order book is the book after message N. A message is `time,type,order id,size,price,direction`: seconds
after midnight in New York with decimals, prices in $0.0001, the direction of the resting order (1 buy, -1 sell). A row
of the book is ask price, ask size, bid price, bid size of each level. Source: lobsterdata.com, data structure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import zip_longest
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import (
    AUCTION,
    BUY,
    HIDDEN,
    PRICE,
    REGULAR,
    SELL,
    SIDE_GIVEN,
    UNKNOWN,
    VOLUME,
    Book,
    Halt,
    Levels,
    Print,
)
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.model.validators import TICKER
from orderflow_tui.recordings.formats.recorded_session import MOST_PRICE, MOST_SIZE, RecordingError, lines, shown

_NEW_YORK: Final = ZoneInfo("America/New_York")
_NAME: Final = re.compile(
    rf"(?P<stem>(?P<symbol>{TICKER})_(?P<day>\d{{4}}-\d\d-\d\d)_\d{{1,8}}_\d{{1,8}})"
    r"(?:_(?P<kind>message|orderbook)_(?P<levels>\d{1,3})\.csv(?P<gz>\.gz)?)?"
)
_MOST_LEVELS: Final = 10
"""Deeper ones are left out: nothing here looks further."""
_NO_LEVEL: Final = 9_999_999_999
_DAY_SECONDS: Final = 86_400
_HIDDEN_SIDES_UNTIL: Final = date(2014, 7, 14)
"""From this day on every hidden execution says `buy`, whichever side rested (help.lobsterdata.com, 856882)."""
_EXECUTED, _HIDDEN_EXECUTED, _CROSS, _HALT = "4", "5", "6", "7"
_QUIET: Final = frozenset({"1", "2", "3"})
_AGGRESSORS: Final = {"1": SELL, "-1": BUY}
_HALTS: Final = {"-1": True, "1": False}


class LobsterSession(Struct, frozen=True):
    """One ticker's day on Nasdaq.

    Attributes:
        name: The files' common name, `AAPL_2012-06-21_34200000_57600000`.
        symbol: Ticker.
        day: New York's date.
        messages: The file of messages.
        books: The file of books.
        columns: Levels a side in the file.
    """

    name: str
    symbol: str
    day: date
    messages: Path
    books: Path
    columns: int

    def capabilities(self, *, infer_sides: bool = False) -> Capabilities:
        """One venue's book to at most ten levels, with the aggressors of visible executions."""
        return Capabilities(
            source="replay",
            source_class="replayed",
            host=self.name,
            depth_levels=min(self.columns, _MOST_LEVELS),
            streaming=True,
            sides_given=not infer_sides,
            joint_sequence=True,
            single_venue=True,
        )

    def events(self, *, infer_sides: bool = False) -> Iterator[Print | Book | Halt]:
        """Executions and halts with the changes of the shown book; the row's number, from 0, is their sequence.

        Raises:
            RecordingError: At a row that cannot be right, or where one file ends before the other.
        """
        decode = _Messages(self.day, given=not infer_sides)
        last: tuple[Levels, Levels] | None = None
        before = b""
        for seq, (message, row) in enumerate(zip_longest(lines(self.messages), lines(self.books))):
            if message is None or row is None:
                short = self.messages if message is None else self.books
                raise RecordingError(f"{short}: line {seq + 1}: missing, the other file goes on")
            try:
                at_ns, event = decode.message(message, seq)
            except ValueError as problem:
                raise RecordingError(f"{self.messages}: line {seq + 1}: {shown(problem)}") from problem
            if event is not None:
                yield event
            if row == before:
                continue
            before = row
            try:
                book = _book(row, self.columns)
            except ValueError as problem:
                raise RecordingError(f"{self.books}: line {seq + 1}: {shown(problem)}") from problem
            if book != last:
                last = book
                yield Book(at_ns, seq, *book)


def is_lobster(path: Path) -> bool:
    """Whether the name is a LOBSTER file's or the common part of one's."""
    return _NAME.fullmatch(path.name) is not None


def open_lobster(path: Path) -> LobsterSession:
    """The pair to which this file belongs; of their common name the one pair there is.

    Raises:
        RecordingError: A file is missing, or the name says no day or levels.
    """
    match = _NAME.fullmatch(path.name)
    if match is None or match["kind"] is None:
        stem = path.name if match is None else match["stem"]
        found = sorted(path.parent.glob(f"{stem}_message_*.csv*"))
        if len(found) != 1 or _NAME.fullmatch(found[0].name) is None:
            raise RecordingError(f"{path}: expected one {stem}_message_LEVELS.csv (or .csv.gz) beside it")
        return open_lobster(found[0])
    try:
        day = date.fromisoformat(match["day"])
    except ValueError as problem:
        raise RecordingError(f"{path}: {match['day']} is not a day") from problem
    levels = int(match["levels"])
    if not levels:
        raise RecordingError(f"{path}: expected one level a side or more")
    files = []
    for kind in ("message", "orderbook"):
        plain = path.with_name(f"{match['stem']}_{kind}_{match['levels']}.csv")
        packed = plain.with_name(f"{plain.name}.gz")
        file = packed if packed.is_file() and (match["gz"] or not plain.is_file()) else plain
        if not file.is_file():
            raise RecordingError(f"no recording: {plain} (or .gz) is missing")
        files.append(file)
    return LobsterSession(match["stem"], match["symbol"], day, files[0], files[1], levels)


class _Messages:
    """Decodes messages of one day; times never go back."""

    def __init__(self, day: date, *, given: bool) -> None:
        self._midnight_ns = int(datetime.combine(day, time(), _NEW_YORK).timestamp()) * NS
        self._given = given
        self._hidden_given = given and day < _HIDDEN_SIDES_UNTIL
        self._before_ns = 0

    def message(self, line: bytes, seq: int) -> tuple[int, Print | Halt | None]:
        """A message's time and what it says beside the book. Raises ValueError."""
        fields = line.decode("ascii").strip().split(",")
        if len(fields) < 6:
            raise ValueError("expected time,type,order id,size,price,direction")
        at_ns = self._midnight_ns + _nanoseconds(fields[0])
        if at_ns < self._before_ns:
            raise ValueError(f"time {fields[0]} is before the line above")
        self._before_ns = at_ns
        kind = fields[1]
        if kind in _QUIET:
            return at_ns, None
        if kind == _HALT:
            return at_ns, _halt(at_ns, fields[4])
        if kind == _CROSS and fields[3] == "0":
            return at_ns, None
        return at_ns, self._print(at_ns, seq, fields)

    def _print(self, at_ns: int, seq: int, fields: list[str]) -> Print:
        _, kind, _, size_text, price_text, direction = fields[:6]
        price, size = int(price_text), int(size_text)
        _check(price, size)
        if kind == _CROSS:
            return Print(at_ns, seq, price, size, VOLUME | PRICE | AUCTION)
        if direction not in _AGGRESSORS:
            raise ValueError(f"direction {direction!r:.20} must be 1 or -1")
        flags, given = REGULAR, self._given
        if kind == _HIDDEN_EXECUTED:
            flags, given = REGULAR | HIDDEN, self._hidden_given
        elif kind != _EXECUTED:
            raise ValueError(f"type {kind!r:.20} must be 1 to 7")
        if given:
            return Print(at_ns, seq, price, size, flags | SIDE_GIVEN, _AGGRESSORS[direction])
        return Print(at_ns, seq, price, size, flags, UNKNOWN)


def _nanoseconds(text: str) -> int:
    whole, _, decimals = text.partition(".")
    if not (whole.isdigit() and (not decimals or decimals.isdigit())) or int(whole) > _DAY_SECONDS:
        raise ValueError(f"time {text!r:.40} must be seconds after midnight")
    return int(whole) * NS + int(f"{decimals:0<9.9}")


def _halt(at_ns: int, price: str) -> Halt | None:
    """Price -1 halts, 1 resumes trading; 0 resumes quoting, while nothing trades yet."""
    if price == "0":
        return None
    if price not in _HALTS:
        raise ValueError(f"a halt's price {price!r:.20} must be -1, 0 or 1")
    return Halt(at_ns, _HALTS[price], "halted" if _HALTS[price] else "")


def _book(line: bytes, columns: int) -> tuple[Levels, Levels]:
    fields = line.decode("ascii").strip().split(",")
    if len(fields) != 4 * columns:
        raise ValueError(f"expected {4 * columns} columns for {columns} levels, not {len(fields)}")
    end = 4 * min(columns, _MOST_LEVELS)
    return _levels(fields, 2, end), _levels(fields, 0, end)


def _levels(fields: list[str], start: int, end: int) -> Levels:
    found = []
    for at in range(start, end, 4):
        price, size = int(fields[at]), int(fields[at + 1])
        if abs(price) != _NO_LEVEL:
            _check(price, size)
            found.append((price, size))
    return tuple(found)


def _check(price: int, size: int) -> None:
    if not 0 < price <= MOST_PRICE:
        raise ValueError(f"price {price} must be above 0 and below {MOST_PRICE}")
    if not 0 < size <= MOST_SIZE:
        raise ValueError(f"size {size} must be above 0 and below {MOST_SIZE}")
