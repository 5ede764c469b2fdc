"""From Alpaca's rows and frames to the core's events."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from orderflow_tui.core.model.events import (
    AUCTION,
    LATE_REPORT,
    OFF_EXCHANGE,
    PRICE,
    REGULAR,
    UNKNOWN,
    VOLUME,
    Book,
    Halt,
    Levels,
    Print,
)
from orderflow_tui.core.model.units import NS, PRICE_UNITS_PER_DOLLAR, price_units
from orderflow_tui.core.model.validators import MAX_AHEAD, DataValidationError
from orderflow_tui.feeds.alpaca.wire import (
    QuoteRow,
    StreamBand,
    StreamCorrection,
    StreamHalt,
    StreamQuote,
    StreamTrade,
    TradeRow,
)
from orderflow_tui.feeds.errors import one_line

MAX_AHEAD_NS: Final = int(MAX_AHEAD.total_seconds()) * NS
MOST_PRICE: Final = 10**9 * PRICE_UNITS_PER_DOLLAR
"""A billion dollars a share: no price of a stock, and far from what would overflow."""
MOST_SIZE: Final = 10**12
_LATEST_NS: Final = 2**63 - 1
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_VENUES: Final = {
    "A": 1, "B": 2, "C": 3, "D": 4, "I": 6, "J": 7, "K": 8, "M": 9, "N": 10, "P": 11, "Q": 12, "T": 12, "L": 14,
    "V": 15, "W": 16, "X": 17, "Y": 18, "Z": 19, "H": 20, "U": 21,
}  # fmt: skip
_OTHER_VENUE: Final = 1_000
"""Letters without an entry stay apart from one another: ids are unique per venue only."""
_FINRA: Final = "D"
TAKEN_BACK: Final = frozenset({"canceled", "cancelled", "incorrect"})

# What each letter leaves of a print; the worst of several decides. CTS speaks for tapes A and B, UTP for C.
_NOTHING: Final = frozenset("MQ9")
"""Official close and open, corrected consolidated close: they repeat volume that was printed before."""
_AUCTION: Final = frozenset("O56X")
_LATE: Final = frozenset("UZL23")
"""Sold out of sequence, sold last: volume of the day, reported after its moment."""
_VOLUME_ONLY: Final = frozenset("47VPCNRH")
"""Derivatively priced, qualified contingent, contingent, prior reference, cash, next day, seller, price variation."""
_REGULAR: Final = frozenset("@ EFITK1")
_CTS: Final = {"regular": _REGULAR | {"J"}, "volume": _VOLUME_ONLY | {"B"}, "late": _LATE}
_UTP: Final = {"regular": _REGULAR | frozenset("ABDSY"), "volume": _VOLUME_ONLY | {"W"}, "late": _LATE | {"G"}}
_TAPES: Final = {"A": _CTS, "B": _CTS, "C": _UTP}
_HALTED: Final = {"A": frozenset("124"), "B": frozenset("124"), "C": frozenset("HPF")}
"""Halt, pause, delayed opening. Price indications (5, 6) and quotation (Q) come while nothing trades."""
_TRADES: Final = {"A": frozenset("3"), "B": frozenset("3"), "C": frozenset("T")}


def time_ns(text: str) -> int:
    """RFC 3339 to nanoseconds UTC, never by way of a float. Raises DataValidationError (`PAYLOAD_MALFORMED`)."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise DataValidationError("PAYLOAD_MALFORMED", f"{one_line(text)[:40]!r} is not a time")
    seconds = _seconds(found[1])
    if found[3]:
        offset = int(found[4]) * 3_600 + int(found[5]) * 60
        seconds += offset if found[3] == "-" else -offset
    at_ns = seconds * NS + int((found[2] or "0").ljust(9, "0"))
    if not 0 < at_ns <= _LATEST_NS:
        raise DataValidationError("PAYLOAD_MALFORMED", "a time is out of range")
    return at_ns


@lru_cache(maxsize=256)
def _seconds(text: str) -> int:
    """Whole seconds of `2026-11-30T14:30:00`; prints of one second share the answer."""
    try:
        moment = datetime.fromisoformat(text.upper()).replace(tzinfo=UTC)
    except ValueError:
        raise DataValidationError("PAYLOAD_MALFORMED", "a time is out of range") from None
    return (moment - _EPOCH) // timedelta(seconds=1)


@lru_cache(maxsize=4_096)
def flags_of(conditions: tuple[str, ...], tape: str, venue: str) -> int:
    """What a print counts for, by its condition letters as its tape means them: bit flags of `core.events`.

    A letter nobody knows leaves volume, no price and no side. 0: it counts for nothing.
    """
    letters = frozenset(conditions)
    if letters & _NOTHING:
        return 0
    table = _TAPES.get(tape, _UTP)
    known = table["regular"] | table["volume"] | table["late"] | _AUCTION
    flags = REGULAR
    if letters & table["late"]:
        flags = VOLUME | LATE_REPORT
    elif letters & table["volume"] or letters - known:
        flags = VOLUME
    elif letters & _AUCTION:
        flags = VOLUME | PRICE
    if letters & _AUCTION:
        flags |= AUCTION
    return flags | OFF_EXCHANGE if venue == _FINRA else flags


def unknown_letters(conditions: tuple[str, ...], tape: str) -> tuple[str, ...]:
    """The letters among some conditions that this tape does not know."""
    table = _TAPES.get(tape, _UTP)
    known = table["regular"] | table["volume"] | table["late"] | _AUCTION | _NOTHING
    return tuple(letter for letter in conditions if letter not in known)


def venue_of(letter: str) -> int:
    """The venue's number as the core counts them, 0 where none is named."""
    if not letter:
        return 0
    return _VENUES.get(letter) or _OTHER_VENUE + ord(letter[0])


def id_of(trade_id: int | str | None) -> str:
    """A print's id as text, empty without one."""
    return "" if trade_id is None else str(trade_id)


def print_of(row: TradeRow | StreamTrade | StreamCorrection, now_ns: int, seq: int) -> Print:
    """One print as the core's event; size 0 is less than a share. One that was taken back has no flags.

    Args:
        row: Of REST or the stream; of a correction the corrected print.
        now_ns: Nanoseconds UTC, to know the future by.
        seq: Its place among prints of the same instant.

    Raises:
        DataValidationError: `TAPE_PRICE`, `TAPE_SIZE`, or `PAYLOAD_MALFORMED` for a time that cannot be.
    """
    if not 0 < row.price * PRICE_UNITS_PER_DOLLAR <= MOST_PRICE or not (
        price := round(row.price * PRICE_UNITS_PER_DOLLAR)
    ):
        raise DataValidationError("TAPE_PRICE", f"print price {row.price:g} is impossible")
    if not 0 <= row.size <= MOST_SIZE:
        raise DataValidationError("TAPE_SIZE", f"print size {row.size:g} is impossible")
    at_ns = time_ns(row.time)
    if at_ns > now_ns + MAX_AHEAD_NS:
        raise DataValidationError("PAYLOAD_MALFORMED", f"a print is {(at_ns - now_ns) / NS:.1f} s in the future")
    taken_back = isinstance(row, TradeRow) and row.update in TAKEN_BACK
    flags = 0 if taken_back else flags_of(row.conditions or (), row.tape, row.venue)
    return Print(at_ns, seq, price, int(row.size), flags, UNKNOWN, venue_of(row.venue), 0, id_of(row.id))


def book_of(row: QuoteRow | StreamQuote, seq: int) -> Book:
    """The best bid and offer as a book of one level a side, at the quote's own time.

    Raises:
        DataValidationError: `LEVEL2_PRICE`, `LEVEL2_SIZE`, or `PAYLOAD_MALFORMED` for a time that cannot be.
    """
    return Book(time_ns(row.time), seq, _level(row.bid, row.bid_size), _level(row.ask, row.ask_size))


def quotes_of(rows: Iterable[QuoteRow]) -> tuple[Book, ...]:
    """Past quotes whose prices differ from the one before, oldest first, as books of one level without a size.

    Raises:
        DataValidationError: A price or a time cannot be.
    """
    books: list[Book] = []
    for seq, book in enumerate(sorted((book_of(row, 0) for row in rows), key=lambda book: book.time_ns)):
        bids, asks = (tuple((price, 0) for price, _ in side) for side in (book.bids, book.asks))
        if not books or (bids, asks) != (books[-1].bids, books[-1].asks):
            books.append(Book(book.time_ns, seq, bids, asks))
    return tuple(books)


def band_of(row: StreamBand) -> tuple[int, int]:
    """The lower and the upper price in force, units of $0.0001, 0 for none. Raises DataValidationError."""
    lower, upper = _price(row.lower or 0.0), _price(row.upper or 0.0)
    if lower and upper and lower > upper:
        raise DataValidationError("LEVEL2_PRICE", f"bands of {row.lower:g} and {row.upper:g}")
    return lower, upper


def halt_of(row: StreamHalt) -> Halt | None:
    """Whether trading stopped or reopened; None for a status that is neither. Raises DataValidationError."""
    at_ns = time_ns(row.time)
    tape = row.tape if row.tape in _HALTED else "C"
    if row.code in _HALTED[tape]:
        return Halt(at_ns, halted=True, reason=one_line(row.reason or row.message or row.reason_code))
    if row.code in _TRADES[tape]:
        return Halt(at_ns, halted=False, reason="trading resumed")
    return None


def _level(price: float | None, size: float | None) -> Levels:
    units = _price(price or 0.0)
    shares = size or 0.0
    if not 0 <= shares <= MOST_SIZE:
        raise DataValidationError("LEVEL2_SIZE", f"size {shares:g} is impossible")
    return ((units, int(shares)),) if units and int(shares) else ()


def _price(price: float) -> int:
    if not 0 <= price * PRICE_UNITS_PER_DOLLAR <= MOST_PRICE:
        raise DataValidationError("LEVEL2_PRICE", f"price {price:g} is impossible")
    return price_units(price)
