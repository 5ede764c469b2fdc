"""From the vendor's messages to the core's events: units of $0.0001, shares, nanoseconds UTC."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.model.events import REGULAR, UNKNOWN, Book, Levels, Print
from orderflow_tui.core.model.units import PRICE_UNITS_PER_DOLLAR, price_units
from orderflow_tui.core.model.validators import MAX_AHEAD, DataValidationError
from orderflow_tui.feeds._template.wire import Quote, Trade

_AHEAD_NS: Final = int(MAX_AHEAD.total_seconds()) * 10**9
_MOST_PRICE: Final = 10**9 * PRICE_UNITS_PER_DOLLAR
_MOST_SIZE: Final = 10**12


def print_of(row: Trade, now_ns: int, seq: int) -> Print:
    """One print. Raises DataValidationError for what cannot be."""
    if not 0 < row.price * PRICE_UNITS_PER_DOLLAR <= _MOST_PRICE:
        raise DataValidationError("TAPE_PRICE", f"print price {row.price:g} is impossible")
    if not 0 <= row.size <= _MOST_SIZE:
        raise DataValidationError("TAPE_SIZE", f"print size {row.size} is impossible")
    _check_time(row.time_ns, now_ns)
    return Print(row.time_ns, seq, price_units(row.price), row.size, REGULAR, UNKNOWN, 0, 0, row.id)


def book_of(row: Quote, now_ns: int, seq: int) -> Book:
    """The best bid and offer as a book of one level. Raises DataValidationError for what cannot be."""
    _check_time(row.time_ns, now_ns)
    return Book(row.time_ns, seq, _level(row.bid, row.bid_size), _level(row.ask, row.ask_size))


def _check_time(time_ns: int, now_ns: int) -> None:
    if not 0 < time_ns <= now_ns + _AHEAD_NS:
        raise DataValidationError("PAYLOAD_MALFORMED", "a time is out of range")


def _level(price: float, size: int) -> Levels:
    if not 0 <= price * PRICE_UNITS_PER_DOLLAR <= _MOST_PRICE or not 0 <= size <= _MOST_SIZE:
        raise DataValidationError("LEVEL2_PRICE", f"{size} at {price:g} is impossible")
    return ((price_units(price), size),) if price and size else ()
