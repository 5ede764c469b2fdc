"""What is asked for on one connection, who gets the few lines, and which answer belongs to what."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.errors import one_line
from orderflow_tui.feeds.feed import ApiFault, Arrival, ErrorType, MarketState, Put, SymbolNote
from orderflow_tui.feeds.ibkr import outgoing, wire
from orderflow_tui.feeds.ibkr.connection import Connection, TroubleError
from orderflow_tui.feeds.ibkr.error_codes import Meaning, meaning_of
from orderflow_tui.feeds.ibkr.historical_ticks import HistoricalTicks, Pace
from orderflow_tui.feeds.ibkr.market_data_lines import MarketDataLines
from orderflow_tui.feeds.ibkr.normalize import venues_of
from orderflow_tui.feeds.ibkr.requests import Asked, Requests
from orderflow_tui.feeds.ibkr.side_checks import SideChecks
from orderflow_tui.feeds.ibkr.subscriptions import Subscriptions
from orderflow_tui.feeds.ibkr.symbol import IbkrSymbol

TIME_SECONDS: Final = 5.0
TIME_ANSWER_SECONDS: Final = 10.0
SILENT_SECONDS: Final = 15.0
"""No data of any symbol for so long in the session, while the server answers: everything is asked for again."""
COMPETING_SECONDS: Final = 60.0
AGAIN_SECONDS: Final = 1.0
TELL_EVERY_SECONDS: Final = 60.0
COVER_NS: Final = NS // 4
QUIET_NS: Final = NS
DELAYED_IF_NEEDED: Final = 3
NO_DATA: Final = "no data"
"""What the broker says of a span in which there was none."""
LIVE_DATA: Final = 1
_MARKET: Final = (
    wire.DepthRow, wire.Trade, wire.Tick, wire.SizeTick, wire.LastPrint, wire.ValueTick,
)  # fmt: skip


class Session:
    """Everything on one connection. Used by the feed's thread alone.

    Args:
        connection: Open and ready.
        symbols: Every watched symbol; may change.
        books: MarketDataLines for books.
        tapes: MarketDataLines for tick-by-tick data.
        put: Where messages go.
        market: The market's state.
        pace: For requests about the past, over connections.
        sides: Questions about sides, over connections.
    """

    def __init__(
        self,
        connection: Connection,
        symbols: Mapping[str, IbkrSymbol],
        *,
        books: MarketDataLines,
        tapes: MarketDataLines,
        put: Put,
        market: Callable[[], MarketState],
        pace: Pace,
        sides: SideChecks,
        speed: float = 1.0,
    ) -> None:
        self.competing = False
        self.lost = ""
        """Why there is no data now though the connection stands."""
        self._connection = connection
        self._symbols = symbols
        self._put = put
        self._market = market
        self._speed = speed
        self._requests = Requests(connection.send)
        self._past = HistoricalTicks(self._requests, pace)
        self._pace, self._sides = pace, sides
        self._lines = Subscriptions(self._requests, self._past, symbols, books=books, tapes=tapes, put=put)
        self._told: dict[tuple[int, str], float] = {}
        now = time.monotonic()
        self._heard = self._time_answered = now
        self._heard_ns = 0
        self._time_asked = 0.0
        self._retry_at = 0.0
        self._renewed_for_silence = False
        self._farm_broken = False
        connection.send(outgoing.request(outgoing.DATA_TYPE, 1, DELAYED_IF_NEEDED))

    # --- asking -----------------------------------------------------------------------------------------------------

    def sync(self, wanted: Sequence[str], now: float) -> None:
        """Ask for what is missing of these symbols (the most urgent first), and for nothing else's any more."""
        self._lines.end_unwatched()
        self._spread_lots()
        if not self.lost and not self.competing:
            self._lines.ask(wanted, now)

    def _spread_lots(self) -> None:
        """The check box for lots is one for all symbols: what one book proves holds for those without a book too."""
        if any(symbol.lots for symbol in self._symbols.values()):
            for symbol in self._symbols.values():
                symbol.lots = True

    def renew(self, now: float, why: str) -> None:
        """Ask for everything again: the server forgot, or says nothing."""
        self._lines.clear()
        for symbol in self._symbols.values():
            symbol.disconnected()
        self._heard = now
        self.tell("timeout", why, Arrival.now())

    # --- answers ----------------------------------------------------------------------------------------------------

    def take(self, messages: Sequence[wire.Message], unread: Sequence[wire.WireError], arrival: Arrival) -> None:
        """The messages of one read."""
        now = time.monotonic()
        touched: dict[str, IbkrSymbol] = {}
        trades: dict[str, list[wire.Trade]] = {}
        for message in messages:
            if isinstance(message, wire.Failure):
                self._failed(message, arrival, now)
            elif isinstance(message, wire.ServerTime):
                self._time_answered = now
            elif not isinstance(message, wire.Version | wire.Ready):
                self._answered(message, arrival, now, touched, trades)
        for name, ticks in trades.items():
            touched[name].take_trades(ticks, arrival)
        if any(symbol.lots for symbol in touched.values()):
            self._spread_lots()
        for symbol in touched.values():
            symbol.flush(arrival, now, read=True)
        for error in unread:
            self._unread(error, arrival)

    def _answered(
        self,
        message: wire.Message,
        arrival: Arrival,
        now: float,
        touched: dict[str, IbkrSymbol],
        trades: dict[str, list[wire.Trade]],
    ) -> None:
        asked = self._requests.of(message.request)  # type: ignore[union-attr]  # only these reach it
        if asked is None:
            return
        if isinstance(message, _MARKET):
            self._heard, self._heard_ns = now, arrival.wall_ns
            self._renewed_for_silence = False
        symbol = self._symbols.get(asked.symbol)
        if symbol is None or asked.kind == "heartbeat":
            return
        touched[asked.symbol] = symbol
        if isinstance(message, wire.Trade):
            trades.setdefault(asked.symbol, []).append(message)
        elif isinstance(message, _MARKET):
            symbol.take(message, arrival, now)
        else:
            self._about(symbol, message, arrival, now)

    def _about(self, symbol: IbkrSymbol, message: wire.Message, arrival: Arrival, now: float) -> None:
        """What is no market data but about it."""
        match message:
            case wire.DataType():
                symbol.delayed = message.kind != LIVE_DATA
            case wire.Details():
                self._named(symbol, message, arrival)
            case wire.DetailsEnd():
                self._requests.done(message.request)
                if symbol.contract is None:
                    self._not_found(symbol, arrival)
            case wire.PastTrades():
                self._requests.done(message.request)
                self._past.came(symbol, message, arrival, now)
            case wire.PastQuotes():
                self._requests.done(message.request)
                self._sides.came(symbol, message)

    def _named(self, symbol: IbkrSymbol, message: wire.Details, arrival: Arrival) -> None:
        if symbol.contract is None and message.kind == "STK" and message.currency == "USD" and message.contract.con_id:
            symbol.contract = message.contract
            self._put(SymbolNote(symbol.symbol, "ok", "", arrival))

    def _not_found(self, symbol: IbkrSymbol, arrival: Arrival) -> None:
        symbol.refused = "IBKR knows no US stock of this symbol"
        self._put(SymbolNote(symbol.symbol, "not_found", symbol.refused, arrival))

    def _unread(self, error: wire.WireError, arrival: Arrival) -> None:
        asked = self._requests.of(error.request)
        if asked is None or asked.symbol not in self._symbols:
            self.tell("malformed", str(error), arrival)
            return
        symbol = self._symbols[asked.symbol]
        symbol.refuse("PAYLOAD_MALFORMED", str(error), arrival)
        if asked.kind == "book":
            symbol.depth.wants_renewal = "a message of it could not be read"

    # --- errors -----------------------------------------------------------------------------------------------------

    def _failed(self, failure: wire.Failure, arrival: Arrival, now: float) -> None:
        meaning = meaning_of(failure.code)
        asked = self._requests.of(failure.request)
        symbol = self._symbols.get(asked.symbol) if asked is not None else None
        if asked is None or symbol is None:
            self._connection_news(meaning, failure, arrival, now)
            return
        text = f"IBKR {failure.code}: {failure.text}"
        match meaning:
            case "notice":
                return
            case "competing":
                self._connection_news(meaning, failure, arrival, now)
            case "delayed":
                symbol.delayed = True
            case "reset":
                symbol.depth.reset(now)
            case "halted":
                self._requests.done(failure.request)
                symbol.depth.reset(now)
                self._lines.book_again(asked.symbol, now + AGAIN_SECONDS / self._speed)
            case "venues":
                symbol.depth.venues = venues_of(failure.text)
            case "unknown_symbol" if asked.kind == "details":
                self._requests.done(failure.request)
                self._not_found(symbol, arrival)
            case "other" if asked.kind in ("quotes", "heartbeat"):
                self.tell("network", text, arrival, symbol.symbol)
            case _:
                self._requests.done(failure.request)
                self._refused(asked, symbol, meaning, text, arrival)

    def _refused(self, asked: Asked, symbol: IbkrSymbol, meaning: Meaning, text: str, arrival: Arrival) -> None:
        error_type: ErrorType = "429" if meaning == "no_line" else "403"
        if asked.kind == "sides":
            self._sides.failed(symbol, for_good=NO_DATA not in text.lower())
            self.tell(error_type, text, arrival, asked.symbol, feature="past quotes")
        else:
            self.tell(error_type, text, arrival, asked.symbol, feature=asked.kind)
            self._lines.refused(asked, symbol, meaning, text, arrival)

    def _connection_news(self, meaning: Meaning, failure: wire.Failure, arrival: Arrival, now: float) -> None:
        text = f"IBKR {failure.code}: {failure.text}"
        match meaning:
            case "lost":
                self.lost = "TWS has lost its connection to IBKR"
                self._blind(self.lost, arrival)
                self.tell("network", text, arrival)
            case "back_lost":
                self.lost = ""
                self.renew(now, text)
            case "back_kept":
                self.lost = ""
                self._heard = now
                self._unblind()
                self.tell("network", text, arrival)
            case "farm_broken":
                self._farm_broken = True
                self.tell("network", text, arrival)
            case "farm_back" if self._farm_broken:
                self._farm_broken = False
                self.renew(now, text)
            case "competing":
                if not self.competing:
                    self.competing, self._retry_at = True, now + COMPETING_SECONDS / self._speed
                    self._blind("the data is on your other IBKR session", arrival)
                    self.tell("429", text, arrival)
            case "too_fast":
                self.tell("429", text, arrival)
            case "other" if failure.request < 0:
                self.tell("network", text, arrival)

    def _blind(self, reason: str, arrival: Arrival) -> None:
        """What is shown is of the past: no symbol may look calm."""
        for symbol in self._symbols.values():
            symbol.alive = False
            symbol.refuse("LEVEL2_STALE", reason, arrival)

    def _unblind(self) -> None:
        """The server kept its data: what did not change meanwhile holds, and will not be told again."""
        for symbol in self._symbols.values():
            symbol.alive = symbol.quote.bid > 0 or symbol.quote.ask > 0

    def tell(
        self, error_type: ErrorType, text: str, arrival: Arrival, symbol: str | None = None, feature: str = ""
    ) -> None:
        """Journal it, the same no more than once a minute."""
        key = (hash(text), symbol or "")
        now = time.monotonic()
        if now - self._told.get(key, -TELL_EVERY_SECONDS) < TELL_EVERY_SECONDS:
            return
        if len(self._told) > 1_000:
            self._told.clear()
        self._told[key] = now
        self._put(ApiFault(error_type, one_line(text), arrival, endpoint="ibkr", symbol=symbol, feature=feature))

    # --- time -------------------------------------------------------------------------------------------------------

    @property
    def waits(self) -> bool:
        """Whether a book is to be shown soon."""
        return any(symbol.waits for symbol in self._symbols.values())

    def show_waiting(self, now: float) -> None:
        """Show the books whose change is complete."""
        self._sides.tend(self._requests, self._pace, self._symbols, now)
        for symbol in tuple(self._symbols.values()):
            if symbol.waits:
                symbol.flush(Arrival.now(), now, read=False)

    def tend(self, now: float) -> None:
        """Several times a second: what time alone brings about. Raises TroubleError for a connection that is dead."""
        self._past.tend(self._symbols, now)
        if now - self._time_asked >= TIME_SECONDS / self._speed:
            if not self._time_asked:
                self._time_answered = now
            self._time_asked = now
            self._connection.send(outgoing.request(outgoing.TIME, 1))
        if now - self._time_answered > (TIME_ANSWER_SECONDS + TIME_SECONDS) / self._speed:
            raise TroubleError("TWS does not answer", "cut", "timeout")
        if self.competing and now >= self._retry_at:
            self.competing = False
            self.renew(now, "trying again after your other session")
        silent = now - self._heard > SILENT_SECONDS / self._speed
        if silent and self._symbols and self._market() == "open" and not self.lost and not self.competing:
            if self._renewed_for_silence:
                raise TroubleError("TWS answers but brings no data", "cut", "timeout")
            self._renewed_for_silence = True
            self.renew(now, f"no data of any symbol for {SILENT_SECONDS:.0f} s: asked for everything again")
        self._vouch(now)

    def _vouch(self, now: float) -> None:
        if self.lost or self.competing or not self._heard_ns:
            return
        arrival = Arrival.now()
        open_now = self._market() == "open"
        vouched_ns = self._heard_ns if open_now else arrival.wall_ns
        quiet = now - self._heard
        covered_ns = arrival.wall_ns - (COVER_NS if quiet < 1.0 else QUIET_NS)
        for symbol in self._symbols.values():
            symbol.judge_crossed(arrival)
            symbol.vouch(arrival, vouched_ns, covered_ns)
