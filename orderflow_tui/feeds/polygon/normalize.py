"""From the vendor's rows to the core's events and the public records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from orderflow_tui.core.data_models import OrderBookSnapshot, Side, TimeAndSalesRecord
from orderflow_tui.core.eligibility import DROPPED_CORRECTIONS, flags_for
from orderflow_tui.core.events import SIDE, Book, Levels, Print
from orderflow_tui.core.units import NS, price_decimal, price_units, utc_datetime, vendor_time_ns
from orderflow_tui.core.validators import MAX_AHEAD, DataValidationError
from orderflow_tui.feeds.polygon.wire import BookRow, LastQuote, TradeRow

TICK_TEST_CONFIDENCE: Final = 0.6
"""The tick test alone agrees with the true side in about three of four prints, less in fast ones."""
MAX_AHEAD_NS: Final = int(MAX_AHEAD.total_seconds()) * NS
_LATEST_NS: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ShownBook:
    """What a row shows, in the core's units.

    Attributes:
        symbol: Ticker.
        bids: `(price, size)`, best first; empty where nobody bids.
        asks: `(price, size)`, best first.
        quote_ns: The quote's own time, nanoseconds UTC, 0 where unknown.
    """

    symbol: str
    bids: Levels
    asks: Levels
    quote_ns: int


def time_ns(value: int | None) -> int:
    """A vendor's time, 0 where there is none. Raises DataValidationError (`PAYLOAD_MALFORMED`) for an absurd one."""
    if value is None or value == 0:
        return 0
    found = vendor_time_ns(value)
    if not 0 < found <= _LATEST_NS:
        raise DataValidationError("PAYLOAD_MALFORMED", "a time is out of range")
    return found


def book_of_quote(symbol: str, quote: LastQuote, unit: int = 1) -> ShownBook:
    """The NBBO as a book of one level a side; a price of 0 or none is a side without a quote. `unit` scales sizes."""
    return ShownBook(
        symbol,
        _level(quote.bid, quote.bid_size, unit),
        _level(quote.ask, quote.ask_size, unit),
        time_ns(quote.time),
    )


def book_of_levels(row: BookRow) -> ShownBook:
    """A book with several levels a side."""
    bids = tuple((price_units(price), int(size)) for price, size in row.bids)
    asks = tuple((price_units(price), int(size)) for price, size in row.asks)
    return ShownBook(row.ticker, bids, asks, time_ns(row.t))


def scaled(book: ShownBook, unit: int) -> ShownBook:
    """The same book with its sizes multiplied: a source that still counts round lots."""
    if unit == 1:
        return book
    return replace(
        book,
        bids=tuple((price, size * unit) for price, size in book.bids),
        asks=tuple((price, size * unit) for price, size in book.asks),
    )


def snapshot_of(book: ShownBook, *, vouched_ns: int, depth_levels: int, source: str) -> OrderBookSnapshot:
    """The public record; its time is the instant the response vouches for, the quote's own stands beside it."""
    return OrderBookSnapshot(
        symbol=book.symbol,
        bids=tuple((price_decimal(price), size) for price, size in book.bids),
        asks=tuple((price_decimal(price), size) for price, size in book.asks),
        timestamp_utc=utc_datetime(vouched_ns),
        depth_levels=depth_levels,
        source=source,
        quote_time_utc=utc_datetime(book.quote_ns) if book.quote_ns else None,
    )


def event_of(book: ShownBook, *, at_ns: int, seq: int) -> Book:
    """The core's event."""
    return Book(time_ns=at_ns, seq=seq, bids=book.bids, asks=book.asks)


def print_of(row: TradeRow, now_ns: int) -> Print | None:
    """One print as the core's event; None for a fractional one, which rounds to no share.

    Raises:
        DataValidationError: `TAPE_PRICE`, `TAPE_SIZE`, or `PAYLOAD_MALFORMED` for a time that cannot be.
    """
    price = price_units(row.price)
    if price <= 0:
        raise DataValidationError("TAPE_PRICE", f"print price {row.price:g} is not above 0")
    if row.size < 0:
        raise DataValidationError("TAPE_SIZE", f"print size {row.size:g} is below 0")
    sip_ns = time_ns(row.sip_timestamp)
    if not sip_ns:
        raise DataValidationError("PAYLOAD_MALFORMED", "a print has no time")
    if sip_ns - now_ns > MAX_AHEAD_NS:
        raise DataValidationError("PAYLOAD_MALFORMED", f"a print is {(sip_ns - now_ns) / NS:.1f} s in the future")
    if row.size < 1:
        return None
    participant_ns = time_ns(row.participant_timestamp)
    flags = flags_for(
        row.conditions or (),
        correction=row.correction,
        venue=row.exchange,
        trf_id=row.trf_id,
        sip_ns=sip_ns,
        participant_ns=participant_ns,
    )
    return Print(
        time_ns=sip_ns,
        seq=row.sequence_number,
        price=price,
        size=int(row.size),
        flags=flags,
        venue=row.exchange,
        trf=row.trf_id or 0,
        trade_id=str(row.id) if row.id is not None else "",
        participant_ns=participant_ns,
    )


def records_of(symbol: str, rows: Iterable[TradeRow], now_ns: int) -> list[TimeAndSalesRecord]:
    """Prints as public records, sorted by tape time and sequence, without cancelled, corrected and fractional ones.

    No quotes are at hand here, so the side is the tick test's: up is a buy, down is a sell, level as the last change
    was, and `unknown` before the first change and for prints without an aggressor or at a price of another moment.

    Raises:
        DataValidationError: As `print_of`.
    """
    kept = [
        (event, row) for row in rows if row.correction not in DROPPED_CORRECTIONS and (event := print_of(row, now_ns))
    ]
    kept.sort(key=lambda pair: (pair[0].time_ns, pair[0].seq))
    records: list[TimeAndSalesRecord] = []
    last_price = 0
    direction: Side = "unknown"
    for event, row in kept:
        side: Side = "unknown"
        if event.flags & SIDE:
            if last_price and event.price != last_price:
                direction = "buy" if event.price > last_price else "sell"
            last_price = event.price
            side = direction
        records.append(_record(symbol, event, row, side))
    return records


def _record(symbol: str, event: Print, row: TradeRow, side: Side) -> TimeAndSalesRecord:
    return TimeAndSalesRecord(
        symbol=symbol,
        price=price_decimal(event.price),
        size=event.size,
        side=side,
        timestamp_utc=utc_datetime(event.time_ns),
        sequence=event.seq,
        venue=event.venue,
        trf=event.trf,
        trade_id=event.trade_id,
        conditions=row.conditions or (),
        side_confidence=TICK_TEST_CONFIDENCE if side != "unknown" else 0.0,
        participant_time_utc=utc_datetime(event.participant_ns) if event.participant_ns else None,
    )


def _level(price: float | None, size: float | None, unit: int) -> Levels:
    if not price:
        return ()
    return ((price_units(price), int(size or 0) * unit),)
