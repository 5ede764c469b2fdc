"""One client of the simulated TWS: what it has asked for, and what it is sent."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct, field

from orderflow_tui.feeds.simulator.ibkr.book_rows import VENUES, Row, by_price, changes, dollars, rows_of
from orderflow_tui.feeds.simulator.ibkr.frames import ClientError, frame, received
from orderflow_tui.feeds.simulator.ibkr.tws_behavior import DELAYED, LIVE, IbkrFault, Options
from orderflow_tui.feeds.simulator.market import Market
from orderflow_tui.feeds.simulator.market_history import NANOS, Print
from orderflow_tui.feeds.simulator.symbol_market import SymbolMarket

STEP_SECONDS: Final = 0.02
SAMPLE_SECONDS: Final = 0.25
LATE_NS: Final = 900 * NANOS
MOST_PAST: Final = 1_000
ORDERS: Final = frozenset({"3", "4", "5", "15", "16", "19", "21", "58", "62", "99"})
"""Orders, their ends, exercises, and what an account would have to be asked for: refused, all of them."""
_READ_ONLY: Final = "Error validating request: the API interface is in Read-Only mode."
_LETTERS: Final = {14: "F", 37: "I", 32: "Z", 28: "5"}
_REFUSALS: Final = {
    354: "Requested market data is not subscribed.",
    10089: "Requested market data requires additional subscription for API.",
    10092: "Deep market data is not supported for this combination of security type/exchange",
    10189: "Failed to request tick-by-tick data. No market data permissions",
    162: "Historical Market Data Service error message: no market data permissions",
}
_VENUES_SAID: Final = ("NASDAQ", "ARCA", "BATS", "NYSE", "IEX", "EDGEA", "BYX", "BEX", "MEMX")
_RESET: Final = "Market depth data has been RESET. Please empty deep book contents before applying any new entries."
_HALT: Final = 17
_PLAIN_DETAILS: Final = 164
"""From this version on contract details name neither their own version nor the size multiplier."""


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


class Client:
    """Serves one connection that is ready."""

    def __init__(self, shared: Shared, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._shared = shared
        self._reader = reader
        self._writer = writer
        self._lines: dict[int, Line] = {}
        self._mute_until = 0.0
        self._cut = False
        self._data_type = LIVE
        self._sampled = 0.0

    async def serve(self) -> None:
        """Until either side ends it."""
        parts = {asyncio.create_task(self._reads()), asyncio.create_task(self._tells())}
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
        for part in done:
            part.result()

    def send(self, *fields: object) -> None:
        """One message, unless the client is cut or told nothing now."""
        if not self._cut and time.monotonic() >= self._mute_until:
            self._writer.write(frame(*fields))

    def fail(self, request: int, code: int, text: str) -> None:
        """An error, a warning or a notice."""
        self.send(4, 2, request, code, text, "")

    def close(self) -> None:
        """End it cleanly."""
        self._writer.close()

    def forget(self) -> None:
        """Every line is gone."""
        self._lines.clear()

    def hit(self, fault: IbkrFault) -> None:
        """One of the faults that concern a connection."""
        match fault.kind:
            case "drop":
                self._writer.transport.abort()
            case "close":
                self.close()
            case "cut_frame":
                self._writer.write(frame(12, 1, 1, 0, 0, 1, "10.00", "100")[:-6])
                self._cut = True
                self._writer.close()
            case "mute":
                self._mute_until = time.monotonic() + fault.seconds
            case "competing":
                for number in self._lines:
                    self.fail(number, 10197, "No market data during competing live session")
                self.forget()
            case "book_reset" | "book_halt":
                self._book_fault(reset=fault.kind == "book_reset")

    def _book_fault(self, *, reset: bool) -> None:
        for number, line in tuple(self._lines.items()):
            if line.kind != "book":
                continue
            line.bids, line.asks = [], []
            if reset:
                self.fail(
                    number, 317,
                    _RESET,
                )  # fmt: skip
            else:
                del self._lines[number]
                self.fail(number, 316, "Market depth data has been HALTED. Please re-subscribe.")

    # --- requests ---------------------------------------------------------------------------------------------------

    async def _reads(self) -> None:
        while True:
            asked = await received(self._reader)
            try:
                self._take(asked)
            except (IndexError, ValueError) as error:
                raise ClientError(f"request {asked[0]} cannot be read") from error

    def _take(self, asked: list[str]) -> None:  # noqa: C901, PLR0912 one row a request
        kind = asked[0]
        match kind:
            case "1":
                self._quotes(int(asked[2]), asked[3:15], asked[16])
            case "2":
                self._end(int(asked[2]), "quotes")
            case "9":
                self._details(int(asked[2]), asked[4])
            case "10":
                self._book(int(asked[2]), asked[3:15], int(asked[15]), smart=asked[16] == "1")
            case "11":
                self._end_book(int(asked[2]), smart=asked[3] == "1")
            case "49":
                self.send(49, 1, self._shared.clock() // NANOS)
            case "59":
                self._data_type = int(asked[2])
            case "61":
                self.send(62, 1)
            case "96":
                self._past(int(asked[1]), asked[2:14], asked[16], int(asked[17]), asked[18])
            case "97":
                self._ticks(int(asked[1]), asked[2:14], asked[14])
            case "98":
                self._end(int(asked[1]), "AllLast", "BidAsk", "Last")
            case "82" | "8" | "14" | "17":
                return
            case _ if kind in ORDERS:
                self._shared.refused_orders += 1
                number = asked[1] if kind == "3" else "-1"
                self.fail(int(number) if number.isdigit() else -1, 321, _READ_ONLY)
            case _:
                self.fail(-1, 320, "Error reading request: unknown message id")

    def _symbol(self, request: int, contract: Sequence[str]) -> SymbolMarket | None:
        name = re.sub(r" PR([A-Z]?)$", r"p\1", contract[1])
        found = self._shared.market.get(name.replace(" ", "."))
        if found is None:
            self.fail(request, 200, "No security definition has been found for the request")
        return found

    def _details(self, request: int, name: str) -> None:
        found = self._symbol(request, ["", name])
        if found is None:
            return
        made = found.instrument
        number = 100_000 + sum(ord(letter) * 31**place for place, letter in enumerate(made.symbol)) % 900_000
        primary = "NASDAQ" if made.tape == 3 else "NYSE"
        old = self._shared.options.version < _PLAIN_DETAILS
        self.send(
            10, *((8,) if old else ()), request, name, "STK", "", "0", "", "SMART", "USD", name, "NMS", name, number,
            "0.01", *((100,) if old else ()), "", "LMT,MKT",
            "SMART,NASDAQ,ARCA,IEX,NYSE", 1, 0, made.name, primary, "", "Technology", "Computers", "Computers",
            "US/Eastern", "", "", "", 0, 0, 1, "", "", "26", "", "COMMON", "0.0001", "0.0001", "100",
        )  # fmt: skip
        self.send(52, 1, request)

    def _refuses(self, request: int, code: int) -> bool:
        if code:
            self.fail(request, code, _REFUSALS.get(code, "Requested market data is not subscribed."))
        return bool(code)

    def _count(self, *kinds: str) -> int:
        return sum(line.kind in kinds for line in self._lines.values())

    def _quotes(self, request: int, contract: Sequence[str], generic: str) -> None:
        found = self._symbol(request, contract)
        if found is None or self._refuses(request, self._shared.options.quotes_error):
            return
        late = self._shared.options.delayed
        if late and self._data_type != DELAYED:
            self.fail(request, 354, _REFUSALS[354])
            return
        if late:
            self.fail(request, 10167, "Requested market data is not subscribed. Displaying delayed market data.")
        self.send(58, 1, request, DELAYED if late else LIVE)
        self._lines[request] = Line("quotes", found, extra="233" in generic.split(","))

    def _book(self, request: int, contract: Sequence[str], rows: int, *, smart: bool) -> None:
        options = self._shared.options
        found = self._symbol(request, contract)
        if found is None or self._refuses(request, 354 if options.delayed else options.depth_error):
            return
        if self._count("book") >= options.books:
            self.fail(request, 309, f"Max number ({options.books}) of market depth requests has been reached")
            return
        self._lines[request] = Line("book", found, rows=min(rows, 200), smart=smart)
        if smart and options.deep is not None:
            top = [name for name in _VENUES_SAID if name not in options.deep]
            said = "".join(f"{name}; " for name in options.deep), "".join(f"{name}; " for name in top)
            self.fail(
                request, 2152,
                f"Exchanges - Depth: {said[0]}Top: {said[1]}Need additional market data permissions - Depth: {said[1]}",
            )  # fmt: skip

    def _ticks(self, request: int, contract: Sequence[str], kind: str) -> None:
        options = self._shared.options
        found = self._symbol(request, contract)
        if found is None or self._refuses(request, 10189 if options.delayed else options.ticks_error):
            return
        if kind not in ("AllLast", "Last", "BidAsk"):
            self.fail(request, 321, "Error validating request: tick type")
            return
        if self._count("AllLast", "Last", "BidAsk") >= options.tapes:
            self.fail(request, 10190, "Max number of tick-by-tick requests has been reached.")
            return
        self._lines[request] = Line(kind, found, self._shared.market.now_ns)

    def _end(self, request: int, *kinds: str) -> None:
        line = self._lines.get(request)
        if line is None or line.kind not in kinds:
            self.fail(request, 300, f"Can't find EId with tickerId:{request}")
            return
        del self._lines[request]

    def _end_book(self, request: int, *, smart: bool) -> None:
        line = self._lines.get(request)
        if line is None or line.kind != "book" or line.smart != smart:
            self.fail(request, 310, f"Can't find the subscribed market depth with tickerId:{request}")
            return
        del self._lines[request]

    def _past(self, request: int, contract: Sequence[str], end: str, most: int, what: str) -> None:
        found = self._symbol(request, contract)
        if found is None or self._refuses(request, self._shared.options.past_error):
            return
        until = datetime.strptime(end, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
        last_ns = (int(until.timestamp()) + 1) * NANOS - 1
        last_ns = min(last_ns, self._shared.market.now_ns)
        if what == "BID_ASK":
            quotes = found.tape.quotes.between(0, last_ns)[-min(most, MOST_PAST) :]
            told = [
                (row.sip_timestamp // NANOS, 0, dollars(row.bid_price), dollars(row.ask_price),
                 self._size(row.bid_size), self._size(row.ask_size))
                for row in quotes
            ]  # fmt: skip
            self.send(97, request, len(told), *(part for row in told for part in row), 1)
            return
        kept = found.tape.prints.between(0, last_ns)[-min(most, MOST_PAST) :] if what == "TRADES" else []
        ticks = [part for row in kept for part in (row.sip_timestamp // NANOS, 0, *self._print(row))]
        self.send(98, request, len(kept), *ticks, 1)

    # --- what is told -----------------------------------------------------------------------------------------------

    async def _tells(self) -> None:
        market = self._shared.market
        while True:
            await asyncio.sleep(STEP_SECONDS)
            market.advance(self._shared.clock())
            if not self._shared.lost:
                now = time.monotonic()
                sample = now - self._sampled >= SAMPLE_SECONDS
                self._sampled = now if sample else self._sampled
                for number, line in tuple(self._lines.items()):
                    await self._tell(number, line, sample=sample)
            await self._writer.drain()

    async def _tell(self, number: int, line: Line, *, sample: bool) -> None:
        now_ns = self._shared.market.now_ns
        if line.kind == "book":
            await self._tell_book(number, line)
        elif line.kind == "quotes":
            if sample:
                self._tell_quote(number, line, now_ns)
        elif line.kind == "BidAsk":
            for row in line.symbol.tape.quotes.between(line.told_ns + 1, now_ns):
                sizes = self._size(row.bid_size), self._size(row.ask_size)
                second = row.sip_timestamp // NANOS
                self.send(99, number, 3, second, dollars(row.bid_price), dollars(row.ask_price), *sizes, 0)
        else:
            for trade in line.symbol.tape.prints.between(line.told_ns + 1, now_ns):
                self.send(99, number, 2, trade.sip_timestamp // NANOS, *self._tick(trade))
        line.told_ns = now_ns

    def _print(self, row: Print) -> tuple[object, ...]:
        letters = "".join(_LETTERS.get(condition, "") for condition in row.conditions)
        size = row.decimal_size or row.size
        return dollars(row.price), size, VENUES.get(row.exchange, "NASDAQ"), f" {letters}" if letters else ""

    def _tick(self, row: Print) -> tuple[object, ...]:
        price, size, venue, letters = self._print(row)
        return price, size, 0, venue, letters

    def _size(self, shares: int) -> int:
        return shares // 100 if self._shared.options.lots else shares

    def _tell_quote(self, number: int, line: Line, now_ns: int) -> None:
        late = self._shared.options.delayed
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
        self.send(1, 6, number, first, dollars(quote.bid_price), self._size(quote.bid_size), 1)
        self.send(1, 6, number, first + 1, dollars(quote.ask_price), self._size(quote.ask_size), 1)
        self.send(1, 6, number, 68 if late else 4, dollars(last.price), last.size, 0)
        self.send(2, 6, number, 74 if late else 8, volume)
        if line.extra and not late:
            epoch_ms = last.sip_timestamp // 1_000_000
            self.send(46, 6, number, 48, f"{dollars(last.price)};{last.size};{epoch_ms};{volume};25.0931;false")
        band = line.symbol.bands.newest(at_ns)
        halted = band is not None and band.indicator == _HALT
        if halted != line.halted:
            line.halted = halted
            self.send(45, 6, number, 49, int(halted))

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
                    await self._writer.drain()
                    await asyncio.sleep(options.split_seconds)
                split = True
                if line.smart:
                    self.send(13, 1, number, place, row.venue, operation, int(bid), row.price, row.size, 1)
                else:
                    self.send(12, 1, number, place, operation, int(bid), row.price, row.size)
            if bid:
                line.bids = new
            else:
                line.asks = new
