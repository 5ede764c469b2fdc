"""One client of the simulated TWS: what it asks for, and what it is refused."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from orderflow_tui.feeds.simulator.ibkr.book_rows import dollars
from orderflow_tui.feeds.simulator.ibkr.frames import ClientError, frame, received
from orderflow_tui.feeds.simulator.ibkr.market_lines import Line, MarketLines, Shared, print_fields, shown_size
from orderflow_tui.feeds.simulator.ibkr.tws_behavior import DELAYED, LIVE, IbkrFault
from orderflow_tui.feeds.simulator.market_history import NANOS
from orderflow_tui.feeds.simulator.symbol_market import SymbolMarket

STEP_SECONDS: Final = 0.02
MOST_PAST: Final = 1_000
ORDERS: Final = frozenset({"3", "4", "5", "15", "16", "19", "21", "58", "62", "99"})
"""Orders, their ends, exercises, and what an account would have to be asked for: refused, all of them."""
_READ_ONLY: Final = "Error validating request: the API interface is in Read-Only mode."
_REFUSALS: Final = {
    354: "Requested market data is not subscribed.",
    10089: "Requested market data requires additional subscription for API.",
    10092: "Deep market data is not supported for this combination of security type/exchange",
    10189: "Failed to request tick-by-tick data. No market data permissions",
    162: "Historical Market Data Service error message: no market data permissions",
}
_VENUES_SAID: Final = ("NASDAQ", "ARCA", "BATS", "NYSE", "IEX", "EDGEA", "BYX", "BEX", "MEMX")
_RESET: Final = "Market depth data has been RESET. Please empty deep book contents before applying any new entries."
_PLAIN_DETAILS: Final = 164
"""From this version on contract details name neither their own version nor the size multiplier."""


class Client:
    """Serves one connection that is ready."""

    def __init__(self, shared: Shared, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._shared = shared
        self._reader = reader
        self._writer = writer
        self._lines = MarketLines(shared, self.send, writer.drain)
        self._mute_until = 0.0
        self._cut = False
        self._data_type = LIVE

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
        self._lines.open.clear()

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
                for number in self._lines.open:
                    self.fail(number, 10197, "No market data during competing live session")
                self.forget()
            case "book_reset" | "book_halt":
                self._book_fault(reset=fault.kind == "book_reset")

    def _book_fault(self, *, reset: bool) -> None:
        for number, line in tuple(self._lines.open.items()):
            if line.kind != "book":
                continue
            line.bids, line.asks = [], []
            if reset:
                self.fail(
                    number, 317,
                    _RESET,
                )  # fmt: skip
            else:
                del self._lines.open[number]
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
        self._lines.open[request] = Line("quotes", found, extra="233" in generic.split(","))

    def _book(self, request: int, contract: Sequence[str], rows: int, *, smart: bool) -> None:
        options = self._shared.options
        found = self._symbol(request, contract)
        if found is None or self._refuses(request, 354 if options.delayed else options.depth_error):
            return
        if self._lines.count("book") >= options.books:
            self.fail(request, 309, f"Max number ({options.books}) of market depth requests has been reached")
            return
        self._lines.open[request] = Line("book", found, rows=min(rows, 200), smart=smart)
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
        if self._lines.count("AllLast", "Last", "BidAsk") >= options.tapes:
            self.fail(request, 10190, "Max number of tick-by-tick requests has been reached.")
            return
        self._lines.open[request] = Line(kind, found, self._shared.market.now_ns)

    def _end(self, request: int, *kinds: str) -> None:
        line = self._lines.open.get(request)
        if line is None or line.kind not in kinds:
            self.fail(request, 300, f"Can't find EId with tickerId:{request}")
            return
        del self._lines.open[request]

    def _end_book(self, request: int, *, smart: bool) -> None:
        line = self._lines.open.get(request)
        if line is None or line.kind != "book" or line.smart != smart:
            self.fail(request, 310, f"Can't find the subscribed market depth with tickerId:{request}")
            return
        del self._lines.open[request]

    def _past(self, request: int, contract: Sequence[str], end: str, most: int, what: str) -> None:
        options = self._shared.options
        found = self._symbol(request, contract)
        if found is None or self._refuses(request, options.past_error):
            return
        until = datetime.strptime(end, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
        last_ns = (int(until.timestamp()) + 1) * NANOS - 1
        last_ns = min(last_ns, self._shared.market.now_ns)
        if what == "BID_ASK":
            quotes = found.tape.quotes.between(0, last_ns)[-min(most, MOST_PAST) :]
            told = [
                (row.sip_timestamp // NANOS, 0, dollars(row.bid_price), dollars(row.ask_price),
                 shown_size(row.bid_size, options), shown_size(row.ask_size, options))
                for row in quotes
            ]  # fmt: skip
            self.send(97, request, len(told), *(part for row in told for part in row), 1)
            return
        kept = found.tape.prints.between(0, last_ns)[-min(most, MOST_PAST) :] if what == "TRADES" else []
        ticks = [part for row in kept for part in (row.sip_timestamp // NANOS, 0, *print_fields(row))]
        self.send(98, request, len(kept), *ticks, 1)

    # --- what is told -----------------------------------------------------------------------------------------------

    async def _tells(self) -> None:
        while True:
            await asyncio.sleep(STEP_SECONDS)
            self._shared.market.advance(self._shared.clock())
            if not self._shared.lost:
                await self._lines.tell(time.monotonic())
            await self._writer.drain()
