"""What the host is asked and what it answered, decoded: shared by the public client and the polling feed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final, Protocol

import msgspec
from msgspec import Struct, field

from orderflow_tui.config.secrets import secret_text
from orderflow_tui.config.sources import source_named
from orderflow_tui.config.values import check_encrypted
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Print
from orderflow_tui.core.model.units import datetime_ns
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.feeds.errors import FeedError, PayloadError, one_line
from orderflow_tui.feeds.feed import Arrival, MarketState
from orderflow_tui.feeds.live.budget import RateLimiter
from orderflow_tui.feeds.live.budgeted_http import HttpSession, Reply, Request, error_text
from orderflow_tui.feeds.live.retry import DEFAULT_POLICY, RetryPolicy
from orderflow_tui.feeds.live.side_checks import DEADLINE_SECONDS, PastQuotes
from orderflow_tui.feeds.polygon import endpoints, wire
from orderflow_tui.feeds.polygon.normalize import (
    MAX_AHEAD_NS,
    ShownBook,
    book_of_levels,
    book_of_quote,
    price_before,
    quotes_of,
    time_ns,
)
from orderflow_tui.feeds.polygon.sale_conditions import UpdateRule
from orderflow_tui.support.decoding import NO_JSON

HEARTBEAT: Final = "SPY"
"""Asked for in every snapshot: it trades all day, so its times show that a response is fresh."""
SIMULATOR_LEVELS: Final = 10
MOST_QUOTES: Final = 50_000
ARRIVAL_JITTER: Final = 0.05
"""Seconds added to the budget's second, because requests reach the server less evenly than they start."""
_ANSWERED: Final = frozenset({"OK", "DELAYED"})
_STATES: Final[dict[str, MarketState]] = {"open": "open", "closed": "closed", "extended-hours": "extended-hours"}
_ANY_KEY: Final = "0q0z0x"
"""What a simulated market is sent without a key; no word, for keys are masked in every text."""


class SourceConfig(Protocol):
    """The part of the configuration this source reads."""

    @property
    def data_source(self) -> str:
        """`polygon` or `simulator`."""
        ...

    @property
    def polygon_api_key(self) -> object:
        """A `SecretStr`, a plain string or None."""
        ...

    @property
    def polygon_base_url(self) -> str:
        """Where the REST host is."""
        ...

    @property
    def requests_per_second(self) -> float:
        """The budget of request starts."""
        ...

    @property
    def unencrypted_host(self) -> str | None:
        """The host that may be sent the key unencrypted; None for none."""
        ...

    @property
    def polygon_ws_url(self) -> str:
        """Where the stream is."""
        ...

    @property
    def stream(self) -> str:
        """`auto`, `on` or `off`."""
        ...


class BooksAnswer(Struct):
    """One answer about the books of several symbols.

    Attributes:
        arrival: When it came.
        books: Good rows by symbol.
        without_quote: Symbols whose row has no quote.
        malformed: Symbols whose row cannot be read, and why.
        depth_levels: Levels a side the answering endpoint can show.
        unnamed: Rows so malformed that they name no symbol.
        vouched_ns: Newest time over all its rows, never later than its arrival; 0 where it names none.
        quotes: Whether any row has the quote's field: without it the plan has no quotes.
        prices: The price of each symbol's last trade, for the tick test.
    """

    arrival: Arrival
    depth_levels: int = 1
    books: dict[str, ShownBook] = field(default_factory=dict)
    without_quote: set[str] = field(default_factory=set)
    malformed: dict[str, str] = field(default_factory=dict)
    unnamed: int = 0
    vouched_ns: int = 0
    quotes: bool = False
    prices: dict[str, Print] = field(default_factory=dict)

    def vouch(self, moment_ns: int) -> None:
        """Take one row's time into the vouched instant; one from the future vouches for nothing."""
        if moment_ns <= self.arrival.wall_ns + MAX_AHEAD_NS:
            self.vouched_ns = max(self.vouched_ns, min(moment_ns, self.arrival.wall_ns))


class ListPage(Struct, frozen=True):
    """One page of prints, rows still raw.

    Attributes:
        rows: As the host wrote them.
        following: The next page's request, or None.
        reply: Body, arrival and start.
    """

    rows: Sequence[msgspec.Raw]
    following: Request | None
    reply: Reply


def key_of(config: SourceConfig) -> str:
    """The key as text, empty without one; a simulated market takes any word."""
    key = secret_text(config.polygon_api_key)
    return key or (_ANY_KEY if config.data_source == "simulator" else "")


class Gateway:
    """Asks the host; safe from any thread.

    Args:
        config: Source, key, host and budget.
        clock: Nanoseconds UTC.
        stop: Ends waits for the budget when set.
        limiter: The budget; by default one of the configured rate.
        deadline_seconds: A whole exchange ends within this.
        policy: How long a 429 slows everything.
        on_reply: Told of each successful exchange before its caller is.
    """

    def __init__(
        self,
        config: SourceConfig,
        *,
        clock: Callable[[], int] = time.time_ns,
        stop: threading.Event | None = None,
        limiter: RateLimiter | None = None,
        deadline_seconds: float = 10.0,
        policy: RetryPolicy = DEFAULT_POLICY,
        on_reply: Callable[[Arrival], None] | None = None,
    ) -> None:
        key = key_of(config)
        if config.data_source == "polygon" and not key:
            raise DataValidationError("CONFIG_INVALID", "POLYGON_API_KEY is not set")
        if key:
            check_encrypted(config, source_named("polygon").settings)
        self.limiter = limiter or RateLimiter(config.requests_per_second, margin=ARRIVAL_JITTER)
        self.session = HttpSession(
            config.polygon_base_url,
            key,
            limiter=self.limiter,
            stop=stop,
            deadline_seconds=deadline_seconds,
            clock=clock,
            policy=policy,
            on_reply=on_reply,
        )
        self.source = "simulator" if config.data_source == "simulator" else "polygon"
        self.deep = self.source == "simulator"
        """Whether books with several levels are asked for; false for good once the host has no such endpoint."""
        self.reported_delay = False
        """Whether an answer called its data delayed."""

    def books(self, symbols: Sequence[str]) -> BooksAnswer:
        """The books of these symbols and the heartbeat's, in one request.

        Raises:
            FeedError: One of its subclasses; status 400 or 404 may be about any of the symbols.
        """
        asked = tuple(dict.fromkeys((*symbols, HEARTBEAT)))
        if self.deep:
            try:
                return self._deep_books(self.session.get(endpoints.simulator_books(asked)))
            except FeedError as error:
                if error.status != HTTPStatus.NOT_FOUND:
                    raise
                self.deep = False
        reply = self.session.get(endpoints.snapshots(asked))
        page = wire.decode(reply.body, wire.SnapshotPage)
        return _snapshots(reply, self._rows(page.tickers, page.status, reply))

    def single_book(self, symbol: str) -> BooksAnswer:
        """One symbol's book from its own endpoint, which a host without the joint one has too.

        Raises:
            FeedError: `SymbolNotFoundError` where there is none.
        """
        reply = self.session.get(endpoints.snapshot(symbol))
        page = wire.decode(reply.body, wire.SingleSnapshot)
        return _snapshots(reply, [] if page.ticker == wire.NULL else [page.ticker])

    def page(self, request: Request, *, deadline_seconds: float | None = None) -> ListPage:
        """One page of prints or quotes; its `following` names the next one. Raises FeedError."""
        reply = self.session.get(request, deadline_seconds=deadline_seconds)
        page = wire.decode(reply.body, wire.RowsPage)
        rows = self._rows(page.results, page.status, reply)
        following = endpoints.next_page(request, page.next_url) if page.next_url else None
        return ListPage(rows, following, reply)

    def past_quotes(self, symbol: str, to_ns: int, limit: int) -> PastQuotes:
        """The quotes up to an instant. Raises FeedError."""
        page = self.page(endpoints.quotes(symbol, to_ns=to_ns, limit=limit), deadline_seconds=DEADLINE_SECONDS)
        try:
            quotes = quotes_of(wire.decode_rows(page.rows, list[wire.QuoteRow]))
        except (*NO_JSON, DataValidationError) as error:
            raise PayloadError(message=f"quotes: {one_line(str(error))}") from None
        return PastQuotes(quotes, page.following is not None or len(page.rows) >= limit, page.reply.arrival)

    def nbbo(self, symbol: str) -> ShownBook | None:
        """The newest NBBO with sizes in shares, None where the host has none. Raises FeedError."""
        reply = self.session.get(endpoints.last_nbbo(symbol))
        quote = wire.decode(reply.body, wire.LastNbbo).results
        return book_of_quote(symbol, quote) if quote is not None else None

    def market_status(self, *, deadline_seconds: float | None = None) -> tuple[MarketState, int]:
        """The market's state, and how far the host's clock is ahead of ours, nanoseconds. Raises FeedError."""
        reply = self.session.get(endpoints.market_status(), deadline_seconds=deadline_seconds)
        status = wire.decode(reply.body, wire.MarketStatus)
        try:
            skew = datetime_ns(datetime.fromisoformat(status.server_time)) - reply.arrival.wall_ns
        except ValueError:
            skew = 0
        return _STATES.get(status.market, "unknown"), skew

    def delayed(self, symbols: Sequence[str], *, deadline_seconds: float | None = None) -> bool | None:
        """Whether the key's data is delayed, None where the host does not say. Raises FeedError."""
        reply = self.session.get(endpoints.universal_snapshot(symbols), deadline_seconds=deadline_seconds)
        rows = wire.decode(reply.body, wire.UniversalPage).results or []
        said = {part.timeframe for row in rows for part in (row.last_quote, row.last_trade) if part is not None}
        if "DELAYED" in said:
            return True
        return False if "REAL-TIME" in said else None

    def conditions(self, *, deadline_seconds: float | None = None) -> list[UpdateRule]:
        """What the vendor's list says of each sale condition. Raises FeedError."""
        reply = self.session.get(endpoints.conditions(), deadline_seconds=deadline_seconds)
        rows = wire.decode(reply.body, wire.ConditionsPage).results or []
        return [
            UpdateRule(row.id, volume=updates.volume, last=updates.last)
            for row in rows
            if "trade" in row.data_types and row.update_rules and (updates := row.update_rules.consolidated)
        ]

    def _deep_books(self, reply: Reply) -> BooksAnswer:
        page = wire.decode(reply.body, wire.BooksPage)
        answer = BooksAnswer(reply.arrival, SIMULATOR_LEVELS, quotes=True)
        for raw in self._rows(page.books, page.status, reply):
            try:
                book = book_of_levels(wire.decode_row(raw, wire.BookRow))
            except (*NO_JSON, DataValidationError) as error:
                _set_aside(answer, raw, error)
                continue
            if book.bids or book.asks:
                answer.books[book.symbol] = book
            else:
                answer.without_quote.add(book.symbol)
            answer.vouch(book.quote_ns)
        return answer

    def _rows(self, rows: Sequence[msgspec.Raw] | None, status: str, reply: Reply) -> Sequence[msgspec.Raw]:
        """An absent or null list is an empty one in an answer that says OK, and no answer at all otherwise."""
        self.reported_delay = self.reported_delay or status == "DELAYED"
        if rows is None and status not in _ANSWERED:
            said = one_line(error_text(reply.body)) or "no rows and no status"
            raise PayloadError(HTTPStatus.OK, message=f"unreadable answer: {said}")
        return rows or []


def _snapshots(reply: Reply, rows: Sequence[msgspec.Raw]) -> BooksAnswer:
    answer = BooksAnswer(reply.arrival)
    for raw in rows:
        try:
            row = wire.decode_row(raw, wire.TickerRow)
            times = [time_ns(row.updated)]
            if row.last_trade is not None:
                times.append(time_ns(row.last_trade.time))
                price = price_before(row.last_trade)
                if price is not None:
                    answer.prices[row.ticker] = price
            if row.last_quote is not None:
                times.append(time_ns(row.last_quote.time))
                answer.quotes = True
                book = book_of_quote(row.ticker, row.last_quote)
                if book.bids or book.asks:
                    answer.books[row.ticker] = book
            if row.ticker not in answer.books:
                answer.without_quote.add(row.ticker)
        except (*NO_JSON, DataValidationError) as error:
            _set_aside(answer, raw, error)
            continue
        for moment in times:
            answer.vouch(moment)
    return answer


def _set_aside(answer: BooksAnswer, raw: msgspec.Raw, error: Exception) -> None:
    try:
        symbol = wire.decode_row(raw, wire.TickerName).ticker
    except NO_JSON:
        answer.unnamed += 1
        return
    answer.malformed[symbol] = one_line(str(error))


def capabilities_of(gateway: Gateway) -> Capabilities:
    """What the source is believed to show before it was asked."""
    simulated = gateway.source == "simulator"
    return Capabilities(
        source=gateway.source,
        source_class="simulated" if simulated else "live",
        host=gateway.session.host,
        depth_levels=SIMULATOR_LEVELS if simulated else 1,
        single_venue=simulated,
        sessions=not simulated,
        side_check="asked",
    )
