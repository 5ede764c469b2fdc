"""What the core refuses: data that cannot be a book or a tape, each with a stable code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # its classes cost a start of the screen, which needs none of them, 8 ms
    from orderflow_tui.core.model.data_models import OrderBookSnapshot, PriceLevel, TimeAndSalesRecord

MAX_AGE: Final = timedelta(seconds=30)
"""Older is refused; exactly this old is not. From 10 s up the screen warns with the age."""
WARN_AGE: Final = timedelta(seconds=10)
"""Up to and including this age a snapshot is fine."""
MAX_AHEAD: Final = timedelta(seconds=2)
"""A stamp further in the future than this is refused: clocks do not differ by more."""
TICKER: Final = r"(?:[A-Z][A-Z0-9.]{0,4}[prw][A-Z.]{0,3}w?|[A-Z][A-Z0-9.]{0,9})"
"""A ticker within a longer pattern; the small letters are preferred, rights and when-issued: `BACpL`."""
SYMBOL: Final = re.compile(TICKER)
"""What a ticker looks like; nothing else reaches a URL, a file name or the screen."""
_SIDES: Final = frozenset({"buy", "sell", "unknown"})


class DataValidationError(ValueError):
    """Data or a setting that is refused.

    Attributes:
        code: The stable word for the reason, e.g. `LEVEL2_STALE` or `CONFIG_INVALID`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def validate_level2_data(
    snapshot: OrderBookSnapshot, *, now: datetime | None = None, delay_seconds: int = 0, market_open: bool = True
) -> None:
    """Refuse a book that is impossible, too old or from the future.

    Prices are dollars, sizes shares, times aware. A book may lack a side; a locked one (bid equal to ask) is refused
    like a crossed one, because the caller decides for how long that is normal.

    Args:
        snapshot: The book.
        now: The instant to judge its age by; None is the system clock.
        delay_seconds: How late the source is by contract; such an age is not staleness.
        market_open: False for a closed market, whose last book does not become stale.

    Raises:
        DataValidationError: With code `LEVEL2_SYMBOL`, `LEVEL2_PRICE`, `LEVEL2_SIZE`, `LEVEL2_BID_SORT`,
            `LEVEL2_ASK_SORT`, `LEVEL2_CROSSED`, `LEVEL2_FUTURE` or `LEVEL2_STALE`; `PAYLOAD_MALFORMED` for a time
            without a zone.
    """
    _check_symbol(snapshot.symbol, "LEVEL2_SYMBOL")
    for side, levels in (("bid", snapshot.bids), ("ask", snapshot.asks)):
        for price, size in levels:
            _check_price(price, "LEVEL2_PRICE", side)
            _check_size(size, "LEVEL2_SIZE", side)
    if not _falling(snapshot.bids):
        raise DataValidationError("LEVEL2_BID_SORT", "bids are not sorted from the highest price down")
    if not _falling(snapshot.asks[::-1]):
        raise DataValidationError("LEVEL2_ASK_SORT", "asks are not sorted from the lowest price up")
    if snapshot.bids and snapshot.asks and snapshot.bids[0][0] >= snapshot.asks[0][0]:
        kind = "locked" if snapshot.bids[0][0] == snapshot.asks[0][0] else "crossed"
        raise DataValidationError("LEVEL2_CROSSED", f"{kind}: bid {snapshot.bids[0][0]}, ask {snapshot.asks[0][0]}")
    _check_age(snapshot, now, timedelta(seconds=delay_seconds), market_open=market_open)


def validate_tape_data(ticks: Iterable[TimeAndSalesRecord]) -> None:
    """Refuse a list of prints that cannot be one symbol's tape in the order it happened.

    Equal times are legal. Prices are dollars, sizes shares, times aware.

    Raises:
        DataValidationError: With code `TAPE_SYMBOL` (a bad one, or more than one), `TAPE_PRICE`, `TAPE_SIZE`,
            `TAPE_SIDE` or `TAPE_CHRONOLOGY`; `PAYLOAD_MALFORMED` for a time without a zone.
    """
    records: Sequence[TimeAndSalesRecord] = tuple(ticks)
    for tick in records:
        _check_symbol(tick.symbol, "TAPE_SYMBOL")
        if tick.symbol != records[0].symbol:
            raise DataValidationError("TAPE_SYMBOL", f"prints of {records[0].symbol} and {tick.symbol} are mixed")
        _check_price(tick.price, "TAPE_PRICE", "print")
        _check_size(tick.size, "TAPE_SIZE", "print")
        if tick.side not in _SIDES:
            raise DataValidationError("TAPE_SIDE", f"side {tick.side!r:.20} is not buy, sell or unknown")
        _aware(tick.timestamp_utc, "a print's time")
    for before, after in pairwise(records):
        if after.timestamp_utc < before.timestamp_utc:
            raise DataValidationError(
                "TAPE_CHRONOLOGY", f"{after.timestamp_utc:%H:%M:%S.%f} comes after {before.timestamp_utc:%H:%M:%S.%f}"
            )


def _check_symbol(symbol: object, code: str) -> None:
    if not isinstance(symbol, str) or SYMBOL.fullmatch(symbol) is None:
        raise DataValidationError(code, f"{symbol!r:.20} is not a ticker like AAPL or BRK.B")


def _check_price(price: object, code: str, what: str) -> None:
    if not isinstance(price, Decimal):
        raise DataValidationError(code, f"{what} price is a {type(price).__name__}, not a Decimal of dollars")
    if not price.is_finite() or price <= 0:
        raise DataValidationError(code, f"{what} price {price!s:.20} is not above 0")


def _check_size(size: object, code: str, what: str) -> None:
    if not isinstance(size, int) or isinstance(size, bool):
        raise DataValidationError(code, f"{what} size is a {type(size).__name__}, not a whole number")
    if size <= 0:
        raise DataValidationError(code, f"{what} size {size} is not above 0")


def _falling(levels: Sequence[PriceLevel]) -> bool:
    return all(before[0] > after[0] for before, after in pairwise(levels))


def _aware(moment: datetime, what: str) -> datetime:
    if moment.utcoffset() is None:
        raise DataValidationError("PAYLOAD_MALFORMED", f"{what} has no zone: give an aware datetime (UTC)")
    return moment


def _check_age(snapshot: OrderBookSnapshot, now: datetime | None, delay: timedelta, *, market_open: bool) -> None:
    moment = _aware(now, "now") if now is not None else datetime.now(UTC)
    stamp = _aware(snapshot.timestamp_utc, "the snapshot's time")
    quote = _aware(snapshot.quote_time_utc, "the quote's time") if snapshot.quote_time_utc is not None else stamp
    ahead = max(stamp, quote) - moment
    if ahead > MAX_AHEAD:
        raise DataValidationError("LEVEL2_FUTURE", f"stamped {ahead.total_seconds():.1f} s in the future")
    age = moment - delay - stamp
    if market_open and age > MAX_AGE:
        raise DataValidationError("LEVEL2_STALE", f"{age.total_seconds():.1f} s old, limit {MAX_AGE.seconds} s")
