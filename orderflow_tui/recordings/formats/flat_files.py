"""Reads Polygon's (Massive's) flat files of US stocks: `us_stocks_sip/trades_v1` and `quotes_v1`, `.csv` or `.csv.gz`.

A day's file holds the whole market sorted by ticker; it is read as a stream and no further than the last wanted symbol.
Columns go by their names. Trades: `ticker, conditions, correction, exchange, id, participant_timestamp, price,
sequence_number, sip_timestamp, size, tape, trf_id, trf_timestamp`. Quotes: `ticker` (in some `Ticker`), `ask_price,
ask_size, bid_price, bid_size, sequence_number, sip_timestamp` and others not needed here. Times are nanoseconds UTC.
Source: massive.com/docs/flat-files/stocks.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain, groupby, islice
from operator import attrgetter
from pathlib import Path
from typing import Final, TypeVar

from msgspec import Struct, field

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Book, Levels, Print
from orderflow_tui.core.model.units import NEVER_NS, NS
from orderflow_tui.feeds.polygon.normalize import print_of, quoted_price, quoted_size
from orderflow_tui.feeds.polygon.sale_conditions import DROPPED_CORRECTIONS
from orderflow_tui.feeds.polygon.wire import TradeRow
from orderflow_tui.recordings.formats.market_file import Row, column_names, names_in, symbol_rows
from orderflow_tui.recordings.formats.recorded_session import Reading, RecordingError, Repeats, bounded, shown

_TRADES: Final = (
    "ticker", "conditions", "correction", "exchange", "id", "participant_timestamp", "price", "sequence_number",
    "sip_timestamp", "size", "trf_id",
)  # fmt: skip
_QUOTES: Final = ("ticker", "ask_price", "ask_size", "bid_price", "bid_size", "sequence_number", "sip_timestamp")
_ROOM: Final = 4_096
"""Rows of a symbol that may lie this far from their place in time."""
SHARES_SINCE_NS: Final = 1_762_146_000 * NS
"""2025-11-03 00:00 in New York: from here on quotes are in shares; older files have round lots, or were made anew."""
_ROUND_LOT: Final = 100
_SAMPLE: Final = 1_000
"""Quotes looked at to tell shares from round lots."""

E = TypeVar("E", Print, Book)
Numbered = tuple[int, E]
"""An event and the line it stands in."""
_time = attrgetter("time_ns")


def _ticker(row: Row) -> str:
    return row[1][0]


class FlatSession(Struct, frozen=True):
    """One symbol's rows of a day's trades and, where they are there, quotes.

    Attributes:
        name: Symbol and the trades file's name without its endings.
        symbol: Ticker.
        trades: The file of trades.
        quotes: The file of quotes, or None.
        repeats: Rows with the time and sequence of another (of a print the id too) that were left out, as last read.
    """

    name: str
    symbol: str
    trades: Path
    quotes: Path | None
    repeats: Repeats = field(default_factory=Repeats)

    @property
    def files(self) -> tuple[Path, ...]:
        """What is read."""
        return (self.trades,) if self.quotes is None else (self.trades, self.quotes)

    def capabilities(self, *, infer_sides: bool = False) -> Capabilities:
        """The consolidated tape and its best bid and offer; sides are always inferred."""
        del infer_sides
        return Capabilities(
            source="replay",
            source_class="replayed",
            host=self.name,
            depth_levels=1,
            streaming=True,
            quotes=self.quotes is not None,
        )

    def events(self, *, infer_sides: bool = False) -> Iterator[Print | Book]:
        """The symbol's prints and quotes by the tape's time, at equal times prints first.

        Cancelled and corrected prints and those of less than a share are left out. What a print counts for is decided
        as in the live feed.

        Raises:
            RecordingError: A row cannot be right, the symbol has no trades, or its rows do not lie together.
        """
        del infer_sides
        self.repeats.rows = 0
        for _, events in symbol_events(self, (self.symbol,)):
            yield from events
            return
        raise RecordingError(f"{self.trades}: no rows for {self.symbol}")


def symbol_events(
    session: FlatSession, symbols: Collection[str], reading: Reading | None = None
) -> Iterator[tuple[str, Iterator[Print | Book]]]:
    """Each of these symbols that the files of this session hold, with its events as `FlatSession.events` gives them.

    One pass over the files: a symbol's events are taken before the next symbol is asked for.

    Args:
        session: Of whichever symbol; its `repeats` count those of all of them.
        symbols: Wanted.
        reading: Told how far the files are read.

    Raises:
        RecordingError: As `FlatSession.events`; a symbol without trades is left out.
    """
    quotes = None
    if session.quotes is not None:
        quotes = groupby(symbol_rows(session.quotes, symbols, _QUOTES, reading), key=_ticker)
    for symbol, rows in groupby(symbol_rows(session.trades, symbols, _TRADES, reading), key=_ticker):
        prints = _in_time(session.trades, session.repeats, _decoded(session.trades, rows, _print))
        if quotes is None or session.quotes is None:
            yield symbol, prints
            continue
        beside, quoted = next(quotes, ("", iter(())))
        if beside != symbol:
            raise RecordingError(f"{session.quotes}: no rows for {symbol}")
        # At equal times the merge takes what comes first here.
        yield (
            symbol,
            heapq.merge(prints, _in_time(session.quotes, session.repeats, _books(session.quotes, quoted)), key=_time),
        )


def is_flat(first_line: bytes) -> bool:
    """Whether this is the head of a flat file."""
    names = names_in(first_line)
    return "ticker" in names and "sip_timestamp" in names


def open_flat(path: Path, symbol: str) -> FlatSession:
    """A symbol's rows of this file and its partner, found by `trades` and `quotes` in folder or file name.

    Args:
        path: A file of trades or of quotes.
        symbol: Ticker; empty is refused.

    Raises:
        RecordingError: No symbol, no trades, or a column is missing.
    """
    if not symbol:
        raise RecordingError(f"{path}: a flat file holds many symbols: give one after a colon, as in {path.name}:AAPL")
    quotes_given = "ask_price" in column_names(path)
    partner = _partner(path, "quotes", "trades") if quotes_given else _partner(path, "trades", "quotes")
    if quotes_given and partner is None:
        raise RecordingError(f"{path}: no trades beside these quotes: the same path with trades for quotes")
    trades, quotes = (partner, path) if quotes_given else (path, partner)
    assert trades is not None
    _check_columns(trades, _TRADES)
    if quotes is not None:
        _check_columns(quotes, _QUOTES)
    return FlatSession(f"{symbol.lower()}_{trades.name.split('.')[0]}", symbol, trades, quotes)


def _partner(path: Path, mine: str, other: str) -> Path | None:
    """The same path with the last `mine` in it replaced, where that is a file."""
    before, found, after = str(path).rpartition(mine)
    partner = Path(before + other + after)
    return partner if found and partner.is_file() else None


def _check_columns(path: Path, wanted: tuple[str, ...]) -> None:
    missing = sorted(set(wanted) - set(column_names(path)))
    if missing:
        raise RecordingError(f"{path}: line 1: the column {missing[0]} is missing")


def _decoded(path: Path, rows: Iterable[Row], decode: Callable[[list[str]], E | None]) -> Iterator[Numbered[E]]:
    for number, row in rows:
        try:
            event = decode(row)
        except (ValueError, OverflowError) as problem:
            raise RecordingError(f"{path}: line {number}: {shown(problem)}") from problem
        if event is not None:
            yield number, event


def _in_time(path: Path, repeats: Repeats, events: Iterable[Numbered[E]]) -> Iterator[E]:
    """The events by time and sequence, each once; what lies further than `_ROOM` rows from its place is refused."""
    before: tuple[int, int, str] | None = None
    for event in _sorted(path, events):
        mark = (event.time_ns, event.seq, event.trade_id if isinstance(event, Print) else "")
        if mark == before:
            repeats.rows += 1
            continue
        before = mark
        yield event


def _sorted(path: Path, events: Iterable[Numbered[E]]) -> Iterator[E]:
    waiting: list[tuple[int, int, str, int, E]] = []
    given_ns = 0
    for number, event in events:
        if event.time_ns < given_ns:
            raise RecordingError(f"{path}: line {number}: time {event.time_ns} lies more than {_ROOM} rows back")
        name = event.trade_id if isinstance(event, Print) else ""
        entry = (event.time_ns, event.seq, name, number, event)
        if len(waiting) < _ROOM:
            heapq.heappush(waiting, entry)
            continue
        first = heapq.heappushpop(waiting, entry)
        given_ns = first[0]
        yield first[-1]
    while waiting:
        yield heapq.heappop(waiting)[-1]


def _print(row: list[str]) -> Print | None:
    """A row of `_TRADES` as the live feed takes it; None for a cancelled or fractional one."""
    _, conditions, correction, exchange, trade_id, participant, price, sequence, sip, size, trf = row
    trade = TradeRow(
        price=float(price),
        size=float(size),
        sip_timestamp=bounded(sip),
        sequence_number=bounded(sequence),
        exchange=bounded(exchange),
        id=trade_id,
        conditions=tuple(map(int, conditions.split(","))) if conditions else None,
        correction=int(correction) if correction else None,
        participant_timestamp=bounded(participant or "0"),
        trf_id=bounded(trf or "0"),
    )
    if trade.correction in DROPPED_CORRECTIONS:
        return None
    event = print_of(trade, NEVER_NS)
    return event if event.size else None


def _books(path: Path, rows: Iterable[Row]) -> Iterator[Numbered[Book]]:
    """The quotes in shares. Round lots show by sizes that are no multiples of 100: shares came in whole round lots."""
    quotes = _decoded(path, rows, _quote)
    sample = list(islice(quotes, _SAMPLE))
    old = bool(sample) and sample[0][1].time_ns < SHARES_SINCE_NS
    lots = old and any(size % _ROUND_LOT for _, book in sample for _, size in book.bids + book.asks)
    for number, book in chain(sample, quotes):
        yield number, _in_shares(book) if lots else book


def _quote(row: list[str]) -> Book | None:
    """A row of `_QUOTES`; None for a locked or crossed one, which the live feed leaves out too."""
    _, ask_price, ask_size, bid_price, bid_size, sequence, sip = row
    bids, asks = _side(bid_price, bid_size), _side(ask_price, ask_size)
    at_ns = bounded(sip)
    if not at_ns:
        raise ValueError("a quote has no time")
    if bids and asks and bids[0][0] >= asks[0][0]:
        return None
    return Book(at_ns, bounded(sequence), bids, asks)


def _side(price_text: str, size_text: str) -> Levels:
    price, size = quoted_price(float(price_text or 0)), quoted_size(float(size_text or 0))
    return ((price, size),) if price and size else ()


def _in_shares(book: Book) -> Book:
    bids = tuple((price, size * _ROUND_LOT) for price, size in book.bids)
    asks = tuple((price, size * _ROUND_LOT) for price, size in book.asks)
    return Book(book.time_ns, book.seq, bids, asks)
