"""The vendor's own client names the endpoints and their parameters; it never talks.

Its transport hides status codes, sleeps inside threads, never applies its timeouts and logs to stdout, so the exchange
is ours (`live/budgeted_http.py`). Importing it takes a third of a second and five megabytes, so each request is asked
of it once, with signs in the place of values: in a child process where that can be, else at the first request.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from orderflow_tui.core.model.validators import SYMBOL
from orderflow_tui.feeds.live.budgeted_http import Request
from orderflow_tui.support.forked import run_in_fork

_PATH: Final = re.compile(r"/[A-Za-z0-9._~/:,@%-]*")


Form = tuple[str, dict[str, str]]
"""A request's path and parameters, with `{0}`, `{1}` ... where its values go."""
_FORMS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "snapshots": lambda client: client.get_snapshot_all("stocks", tickers=["{0}"], include_otc=None, raw=True),
    "snapshot": lambda client: client.get_snapshot_ticker("stocks", "{0}", raw=True),
    "trades": lambda client: client.list_trades(
        "{0}", timestamp_gte="{1}", order="asc", sort="timestamp", limit="{2}", raw=True
    ),
    "trades_until": lambda client: client.list_trades(
        "{0}", timestamp_gte="{1}", timestamp_lt="{3}", order="asc", sort="timestamp", limit="{2}", raw=True
    ),
    "quotes": lambda client: client.list_quotes(
        "{0}", timestamp_lte="{1}", order="desc", sort="timestamp", limit="{2}", raw=True
    ),
    "nbbo": lambda client: client.get_last_quote("{0}", raw=True),
    "market_status": lambda client: client.get_market_status(raw=True),
    "entitlement": lambda client: client.list_universal_snapshots(ticker_any_of=["{0}"], limit=250, raw=True),
    "conditions": lambda client: client.list_conditions(asset_class="stocks", data_type="trade", limit=1_000, raw=True),
}


def _ask_the_client() -> dict[str, Form]:
    from polygon import RESTClient  # noqa: PLC0415 - see the module's docstring

    for name in ("RESTClient", "WebSocketClient"):
        # Their handlers write to stdout, which is the screen.
        logging.getLogger(name).handlers.clear()

    class Endpoints(RESTClient):  # type: ignore[misc]  # the package ships no types
        """Every method of the vendor's client, answering with the request it would have sent (call with `raw=True`)."""

        def _get(self, path: str, params: Mapping[str, object] | None = None, **_: object) -> Form:
            return path, {name: str(value) for name, value in (params or {}).items()}

    client = Endpoints(api_key="unused")
    return {name: form(client) for name, form in _FORMS.items()}


class _Learned:
    """The requests' forms, asked of the client once: in a child process where `prepare` was called in time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: dict[str, Form] = {}
        self._ask: Callable[[], dict[str, Form]] = _ask_the_client

    def prepare(self) -> None:
        """Begin to ask in a child, whose memory goes with it."""
        with self._lock:
            if not self._forms and self._ask is _ask_the_client:
                self._ask = run_in_fork(_ask_the_client)

    def form(self, name: str) -> Form:
        """One of them."""
        with self._lock:
            if not self._forms:
                self._forms = self._ask()
            return self._forms[name]


_learned: Final = _Learned()
prepare: Final = _learned.prepare
"""Call it before there are threads: the client's five megabytes then stay out of this process."""


def _named(name: str, *values: object, endpoint: str = "", symbol: str | None = None) -> Request:
    path, params = _learned.form(name)
    given = {f"{{{place}}}": str(value) for place, value in enumerate(values)}
    filled = {key: given.get(value, value) for key, value in params.items()}
    for sign, value in given.items():
        path = path.replace(sign, value)
    return Request(path, filled, endpoint or name, symbol)


def _checked(symbol: str) -> str:
    if SYMBOL.fullmatch(symbol) is None:
        raise ValueError(f"{symbol!r:.20} is not a ticker like AAPL or BRK.B")
    return symbol


def snapshots(symbols: Sequence[str]) -> Request:
    """NBBO, last trade and bars of several symbols in one answer. Never of none: that would be the whole market."""
    if not symbols:
        raise ValueError("a snapshot of no symbol would be one of the whole market")
    tickers = [_checked(symbol) for symbol in symbols]
    return _named("snapshots", ",".join(tickers), endpoint="snapshot")


def snapshot(symbol: str) -> Request:
    """NBBO, last trade and bars of one symbol."""
    return _named("snapshot", _checked(symbol), symbol=symbol)


def trades(symbol: str, *, from_ns: int, to_ns: int | None = None, limit: int) -> Request:
    """Prints from `from_ns` on and before `to_ns` (tape time, nanoseconds UTC), oldest first."""
    if to_ns is None:
        return _named("trades", _checked(symbol), from_ns, limit, symbol=symbol)
    return _named("trades_until", _checked(symbol), from_ns, limit, to_ns, endpoint="trades", symbol=symbol)


def quotes(symbol: str, *, to_ns: int, limit: int) -> Request:
    """Changes of the NBBO up to `to_ns` (tape time, nanoseconds UTC), newest first."""
    return _named("quotes", _checked(symbol), to_ns, limit, symbol=symbol)


def last_nbbo(symbol: str) -> Request:
    """The newest NBBO, whose sizes are shares."""
    return _named("nbbo", _checked(symbol), symbol=symbol)


def market_status() -> Request:
    """Whether the market is open now."""
    return _named("market_status")


def universal_snapshot(symbols: Sequence[str]) -> Request:
    """Snapshots with a `timeframe`: the one statement of whether the key's data is delayed."""
    return _named("entitlement", ",".join(_checked(symbol) for symbol in symbols))


def conditions() -> Request:
    """The sale conditions of stock trades with their update rules; the default limit of 10 would cut them short."""
    return _named("conditions")


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
