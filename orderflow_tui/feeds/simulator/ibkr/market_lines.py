"""The lines one client of the simulated TWS has open, and what each of them is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from msgspec import Struct, field

from orderflow_tui.feeds.simulator.ibkr.book_rows import VENUES, Row, by_price, changes, dollars, rows_of
from orderflow_tui.feeds.simulator.ibkr.tws_behavior import Options
from orderflow_tui.feeds.simulator.market import Market
from orderflow_tui.feeds.simulator.market_history import NANOS, Print
from orderflow_tui.feeds.simulator.symbol_market import SymbolMarket

SAMPLE_SECONDS: Final = 0.25
LATE_NS: Final = 900 * NANOS
_LETTERS: Final = {14: "F", 37: "I", 32: "Z", 28: "5"}
_HALT: Final = 17


class Shared(Struct):
    """What all clients see."""

    market: Market
    options: Options
    clock: Callable[[], int]
    lost: bool = False
    refused_orders: int = 0
    volume: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Of each symbol: up to when, and how many shares were traded so far."""

    def day_volume(self, symbol: SymbolMarket, now_ns: int) -> int:
        """Shares traded since the server began, in the day's count."""
        name = symbol.instrument.symbol
        until, shares = self.volume.get(name, (now_ns, 1_000_000))
        shares += sum(row.size for row in symbol.tape.prints.between(until + 1, now_ns))
        self.volume[name] = (now_ns, shares)
        return shares


class Line(Struct):
    """One request that goes on."""

    kind: str
    symbol: SymbolMarket
    told_ns: int = 0
    bids: list[Row] = field(default_factory=list)
    asks: list[Row] = field(default_factory=list)
    rows: int = 0
    smart: bool = True
    extra: bool = False
    shown: tuple[object, ...] = ()
    halted: bool | None = None


class Send(Protocol):
    """Sends one message."""

    def __call__(self, *fields: object) -> None:
        """Its fields, in order."""


class MarketLines:
    """Those of one client, by the number of the request that opened each."""

    def __init__(self, shared: Shared, send: Send, drain: Callable[[], Awaitable[None]]) -> None:
        self._shared = shared
        self._send = send
        self._drain = drain
        self._sampled = 0.0
        self.open: dict[int, Line] = {}

    def count(self, *kinds: str) -> int:
        """How many of these kinds are open."""
        return sum(line.kind in kinds for line in self.open.values())

    async def tell(self, now: float) -> None:
        """Send each what is new, at this instant of the monotonic clock."""
        sample = now - self._sampled >= SAMPLE_SECONDS
        self._sampled = now if sample else self._sampled
        for number, line in tuple(self.open.items()):
            await self._tell(number, line, sample=sample)

    async def _tell(self, number: int, line: Line, *, sample: bool) -> None:
        now_ns, options = self._shared.market.now_ns, self._shared.options
        if line.kind == "book":
            await self._tell_book(number, line)
        elif line.kind == "quotes":
            if sample:
                self._tell_quote(number, line, now_ns)
        elif line.kind == "BidAsk":
            for row in line.symbol.tape.quotes.between(line.told_ns + 1, now_ns):
                sizes = shown_size(row.bid_size, options), shown_size(row.ask_size, options)
                second = row.sip_timestamp // NANOS
                self._send(99, number, 3, second, dollars(row.bid_price), dollars(row.ask_price), *sizes, 0)
        else:
            for trade in line.symbol.tape.prints.between(line.told_ns + 1, now_ns):
                self._send(99, number, 2, trade.sip_timestamp // NANOS, *tick_fields(trade))
        line.told_ns = now_ns

    def _tell_quote(self, number: int, line: Line, now_ns: int) -> None:
        options = self._shared.options
        late = options.delayed
        at_ns = now_ns - LATE_NS if late else now_ns
        tape, first = line.symbol.tape, 66 if late else 1
        quote, volume = tape.quotes.newest(at_ns), self._shared.day_volume(line.symbol, now_ns)
        last = tape.prints.newest(at_ns)
        if quote is None or last is None:
            return
        shown = (quote.bid_price, quote.bid_size, quote.ask_price, quote.ask_size, last.id, volume)
        if shown == line.shown:
            return
        line.shown = shown
        self._send(1, 6, number, first, dollars(quote.bid_price), shown_size(quote.bid_size, options), 1)
        self._send(1, 6, number, first + 1, dollars(quote.ask_price), shown_size(quote.ask_size, options), 1)
        self._send(1, 6, number, 68 if late else 4, dollars(last.price), last.size, 0)
        self._send(2, 6, number, 74 if late else 8, volume)
        if line.extra and not late:
            epoch_ms = last.sip_timestamp // 1_000_000
            self._send(46, 6, number, 48, f"{dollars(last.price)};{last.size};{epoch_ms};{volume};25.0931;false")
        band = line.symbol.bands.newest(at_ns)
        halted = band is not None and band.indicator == _HALT
        if halted != line.halted:
            line.halted = halted
            self._send(45, 6, number, 49, int(halted))

    async def _tell_book(self, number: int, line: Line) -> None:
        options = self._shared.options
        lot, unit = line.symbol.instrument.round_lot, 100 if options.lots else 1
        for bid in (True, False):
            side = line.symbol.bids if bid else line.symbol.asks
            new = rows_of(side, line.rows, round_lot=lot, deep=options.deep, unit=unit)
            new = new if line.smart else by_price(new, line.rows)
            old = line.bids if bid else line.asks
            dialect = "smart" if line.smart else options.dialect
            split = False
            for place, operation, row in changes(old, new, line.rows, dialect):
                if split and options.split_seconds:
                    await self._drain()
                    await asyncio.sleep(options.split_seconds)
                split = True
                if line.smart:
                    self._send(13, 1, number, place, row.venue, operation, int(bid), row.price, row.size, 1)
                else:
                    self._send(12, 1, number, place, operation, int(bid), row.price, row.size)
            if bid:
                line.bids = new
            else:
                line.asks = new


def print_fields(row: Print) -> tuple[object, ...]:
    """Price, size, venue and special conditions of a print, as the wire has them."""
    letters = "".join(_LETTERS.get(condition, "") for condition in row.conditions)
    size = row.decimal_size or row.size
    return dollars(row.price), size, VENUES.get(row.exchange, "NASDAQ"), f" {letters}" if letters else ""


def tick_fields(row: Print) -> tuple[object, ...]:
    """The same tick by tick, with its attributes."""
    price, size, venue, letters = print_fields(row)
    return price, size, 0, venue, letters


def shown_size(shares: int, options: Options) -> int:
    """In shares, or in lots where the server counts in them."""
    return shares // 100 if options.lots else shares
