"""From the vendor's rows to the core's events and the public records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from orderflow_tui.core.model.data_models import OrderBookSnapshot, Side, TimeAndSalesRecord
from orderflow_tui.core.model.events import PRICE, REGULAR, SIDE, UNKNOWN, Book, Levels, Print
from orderflow_tui.core.model.units import (
    NS,
    PRICE_UNITS_PER_DOLLAR,
    price_decimal,
    price_units,
    utc_datetime,
    vendor_time_ns,
)
from orderflow_tui.core.model.validators import MAX_AHEAD, DataValidationError
from orderflow_tui.feeds.live.dedupe import SeenPrints
from orderflow_tui.feeds.polygon.sale_conditions import (
    DROPPED_CORRECTIONS,
    EMBEDDED,
    FINRA_VENUE,
    ConditionTable,
    flags_for,
)
from orderflow_tui.feeds.polygon.stream_wire import StreamTrade
from orderflow_tui.feeds.polygon.wire import BookRow, LastQuote, LastTrade, QuoteRow, TradeRow

TICK_TEST_CONFIDENCE: Final = 0.6
"""The tick test alone agrees with the true side in about three of four prints, less in fast ones."""
MAX_AHEAD_NS: Final = int(MAX_AHEAD.total_seconds()) * NS
MOST_PRICE: Final = 10**9 * PRICE_UNITS_PER_DOLLAR
"""A billion dollars a share: no price of a stock, and far from what would overflow."""
MOST_SIZE: Final = 10**12
_LATEST_NS: Final = 2**63 - 1
_NS_FROM: Final = 10**17
"""From here up a vendor's number is nanoseconds and needs no conversion."""


class ShownBook(Struct, frozen=True):
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
    bids = tuple((_bounded(price), _sized(size)) for price, size in row.bids)
    asks = tuple((_bounded(price), _sized(size)) for price, size in row.asks)
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
    """The core's event: the book in force at an instant, and since when it says of itself that it is."""
    since_ns = book.quote_ns if book.quote_ns < at_ns else 0
    return Book(time_ns=at_ns, seq=seq, bids=book.bids, asks=book.asks, since_ns=since_ns)


def quote_of(book: ShownBook) -> Book:
    """The best prices alone, from the quote's own time on."""
    bids, asks = (tuple((price, 0) for price, _ in side[:1]) for side in (book.bids, book.asks))
    return Book(book.quote_ns, 0, bids, asks)


def print_of(row: TradeRow | StreamTrade, now_ns: int, table: ConditionTable = EMBEDDED) -> Print:
    """One print as the core's event; size 0 is a fractional one, which is less than a share and counts for nothing.

    This runs once for every print of the tape, so the ordinary print takes the shortest way.

    Raises:
        DataValidationError: `TAPE_PRICE`, `TAPE_SIZE`, or `PAYLOAD_MALFORMED` for a time that cannot be.
    """
    try:
        price = round(row.price * PRICE_UNITS_PER_DOLLAR)
    except OverflowError:
        raise DataValidationError("TAPE_PRICE", f"print price {row.price:g} is impossible") from None
    sip_ns = row.sip_timestamp
    participant_ns = row.participant_timestamp or 0
    if sip_ns < _NS_FROM or 0 != participant_ns < _NS_FROM or participant_ns > _LATEST_NS:
        sip_ns, participant_ns = time_ns(sip_ns), time_ns(participant_ns)
    if not 0 < price <= MOST_PRICE or not 0 <= row.size <= MOST_SIZE or not 0 < sip_ns <= now_ns + MAX_AHEAD_NS:
        raise _impossible(row, price, sip_ns, now_ns)
    conditions = row.conditions
    if row.correction or row.trf_id or row.exchange == FINRA_VENUE:
        flags = flags_for(
            conditions or (),
            correction=row.correction,
            venue=row.exchange,
            trf_id=row.trf_id,
            sip_ns=sip_ns,
            participant_ns=participant_ns,
            table=table,
        )
    else:
        flags = table.flags(conditions) if conditions else REGULAR
    trade_id = row.id
    if not isinstance(trade_id, str):
        trade_id = "" if trade_id is None else str(trade_id)
    # By position, which is half the cost of by name: time, seq, price, size, flags, side, venue, trf, id, participant.
    return Print(
        sip_ns,
        row.sequence_number,
        price,
        int(row.size),
        flags,
        UNKNOWN,
        row.exchange,
        row.trf_id or 0,
        trade_id,
        participant_ns,
    )


def _impossible(row: TradeRow | StreamTrade, price: int, sip_ns: int, now_ns: int) -> DataValidationError:
    if price <= 0:
        return DataValidationError("TAPE_PRICE", f"print price {row.price:g} is not above 0")
    if price > MOST_PRICE:
        return DataValidationError("TAPE_PRICE", f"print price {row.price:g} is impossible")
    if row.size < 0:
        return DataValidationError("TAPE_SIZE", f"print size {row.size:g} is below 0")
    if row.size > MOST_SIZE:
        return DataValidationError("TAPE_SIZE", f"print size {row.size:g} is impossible")
    if sip_ns <= 0:
        return DataValidationError("PAYLOAD_MALFORMED", "a print has no time")
    return DataValidationError("PAYLOAD_MALFORMED", f"a print is {(sip_ns - now_ns) / NS:.1f} s in the future")


def records_of(symbol: str, rows: Iterable[TradeRow], now_ns: int) -> list[TimeAndSalesRecord]:
    """Prints as public records, by tape time and sequence: no repeats, no cancelled, corrected or fractional ones.

    No quotes are at hand here, so the side is the tick test's: up is a buy, down is a sell, level as the last change
    was, and `unknown` before the first change and for prints without an aggressor or at a price of another moment.

    Raises:
        DataValidationError: As `print_of`.
    """
    seen = SeenPrints()
    # A corrected row may bear the id of its correction, so it must not count as seen.
    standing = ((print_of(row, now_ns), row) for row in rows if row.correction not in DROPPED_CORRECTIONS)
    kept = [(event, row) for event, row in standing if event.size and seen.is_new(event)]
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
    return ((_bounded(price), _sized(size or 0) * unit),)


def quoted_price(price: float | None) -> int:
    """A streamed quote's price in units of $0.0001; 0 is a side without a quote. Raises DataValidationError."""
    units = _bounded(price or 0.0)
    if units < 0:
        raise DataValidationError("LEVEL2_PRICE", f"price {price:g} is below 0")
    return units


def quotes_of(rows: Iterable[QuoteRow]) -> tuple[Book, ...]:
    """The quotes of `/v3/quotes` whose prices differ from the one before, as books of one level without a size.

    Returns:
        Oldest first, whatever the order of the rows.

    Raises:
        DataValidationError: A price or a time cannot be.
    """
    books: list[Book] = []
    before = (-1, -1)
    for row in sorted(rows, key=lambda row: (row.sip_timestamp, row.sequence_number)):
        prices = (quoted_price(row.bid_price), quoted_price(row.ask_price))
        if prices != before:
            before = prices
            bid, ask = prices
            bids, asks = ((bid, 0),) if bid else (), ((ask, 0),) if ask else ()
            books.append(Book(time_ns(row.sip_timestamp), row.sequence_number, bids, asks))
    return tuple(books)


def price_before(trade: LastTrade) -> Print | None:
    """The price of a snapshot's last trade, of which nothing else counts; None where it made none.

    Raises:
        DataValidationError: A price or a time cannot be.
    """
    price = quoted_price(trade.price)
    if not price or not flags_for(trade.conditions or ()) & PRICE:
        return None
    return Print(time_ns(trade.time), 0, price, 0, PRICE)


def quoted_size(size: float | None) -> int:
    """A streamed quote's size in shares. Raises DataValidationError."""
    shares = _sized(size or 0)
    if shares < 0:
        raise DataValidationError("LEVEL2_SIZE", f"size {size:g} is below 0")
    return shares


def _bounded(price: float) -> int:
    """Dollars to price units; one that would overflow is refused, what is below 0 is judged where a book is."""
    if abs(price) * PRICE_UNITS_PER_DOLLAR > MOST_PRICE:
        raise DataValidationError("LEVEL2_PRICE", f"price {price:g} is impossible")
    return price_units(float(price))


def _sized(size: float) -> int:
    if abs(size) > MOST_SIZE:
        raise DataValidationError("LEVEL2_SIZE", f"size {size:g} is impossible")
    return int(size)
