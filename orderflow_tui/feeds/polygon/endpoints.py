"""The vendor's own client names the endpoints and their parameters; it never talks.

Its transport hides status codes, sleeps inside threads, never applies its timeouts and logs to stdout, so the exchange
is ours (`live/http.py`). Importing it takes a third of a second, hence only when the first request is built.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from orderflow_tui.core.model.validators import SYMBOL
from orderflow_tui.feeds.live.http import Request

if TYPE_CHECKING:
    from polygon import RESTClient

_PATH: Final = re.compile(r"/[A-Za-z0-9._~/:,@%-]*")


@cache
def _client() -> RESTClient:
    from polygon import RESTClient  # noqa: PLC0415 - see the module's docstring

    for name in ("RESTClient", "WebSocketClient"):
        # Their handlers write to stdout, which is the screen.
        logging.getLogger(name).handlers.clear()

    class Endpoints(RESTClient):  # type: ignore[misc]  # the package ships no types
        """Every method of the vendor's client, answering with the request it would have sent (call with `raw=True`)."""

        def _get(self, path: str, params: Mapping[str, object] | None = None, **_: object) -> Request:
            return Request(path, {name: str(value) for name, value in (params or {}).items()})

    return Endpoints(api_key="unused")


def _named(request: Any, endpoint: str, symbol: str | None = None) -> Request:
    return Request(request.path, request.params, endpoint, symbol)


def _checked(symbol: str) -> str:
    if SYMBOL.fullmatch(symbol) is None:
        raise ValueError(f"{symbol!r:.20} is not a ticker like AAPL or BRK.B")
    return symbol


def snapshots(symbols: Sequence[str]) -> Request:
    """NBBO, last trade and bars of several symbols in one answer. Never of none: that would be the whole market."""
    if not symbols:
        raise ValueError("a snapshot of no symbol would be one of the whole market")
    tickers = [_checked(symbol) for symbol in symbols]
    return _named(_client().get_snapshot_all("stocks", tickers=tickers, include_otc=None, raw=True), "snapshot")


def snapshot(symbol: str) -> Request:
    """NBBO, last trade and bars of one symbol."""
    return _named(_client().get_snapshot_ticker("stocks", _checked(symbol), raw=True), "snapshot", symbol)


def trades(symbol: str, *, from_ns: int, to_ns: int | None = None, limit: int) -> Request:
    """Prints from `from_ns` on and before `to_ns` (tape time, nanoseconds UTC), oldest first."""
    request = _client().list_trades(
        _checked(symbol),
        timestamp_gte=from_ns,
        timestamp_lt=to_ns,
        order="asc",
        sort="timestamp",
        limit=limit,
        raw=True,
    )
    return _named(request, "trades", symbol)


def quotes(symbol: str, *, to_ns: int, limit: int) -> Request:
    """Changes of the NBBO up to `to_ns` (tape time, nanoseconds UTC), newest first."""
    request = _client().list_quotes(
        _checked(symbol),
        timestamp_lte=to_ns,
        order="desc",
        sort="timestamp",
        limit=limit,
        raw=True,
    )
    return _named(request, "quotes", symbol)


def last_nbbo(symbol: str) -> Request:
    """The newest NBBO, whose sizes are shares."""
    return _named(_client().get_last_quote(_checked(symbol), raw=True), "nbbo", symbol)


def market_status() -> Request:
    """Whether the market is open now."""
    return _named(_client().get_market_status(raw=True), "market_status")


def universal_snapshot(symbols: Sequence[str]) -> Request:
    """Snapshots with a `timeframe`: the one statement of whether the key's data is delayed."""
    tickers = [_checked(symbol) for symbol in symbols]
    request = _client().list_universal_snapshots(ticker_any_of=tickers, limit=250, raw=True)
    return _named(request, "entitlement")


def conditions() -> Request:
    """The sale conditions of stock trades with their update rules; the default limit of 10 would cut them short."""
    request = _client().list_conditions(asset_class="stocks", data_type="trade", limit=1_000, raw=True)
    return _named(request, "conditions")


def simulator_books(symbols: Sequence[str]) -> Request:
    """The simulator's books with all their levels; the vendor has no such endpoint."""
    return Request("/sim/v1/books", {"tickers": ",".join(_checked(symbol) for symbol in symbols)}, "books")


def next_page(request: Request, next_url: str) -> Request | None:
    """The page after `request`: only path and query of `next_url` count, the host stays the configured one."""
    try:
        parts = urlsplit(next_url)
    except ValueError:
        return None
    if _PATH.fullmatch(parts.path) is None or not parts.query.isprintable() or not parts.query.isascii():
        return None
    return Request(parts.path, {}, request.endpoint, request.symbol, parts.query)
