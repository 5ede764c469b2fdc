"""The simulated market behind Alpaca's wire: market data only; there is no path that takes an order."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp

from orderflow_tui.feeds.simulator import alpaca_rows as rows
from orderflow_tui.feeds.simulator.alpaca_stream import AlpacaHub
from orderflow_tui.feeds.simulator.faults import Endpoint, FaultPlan
from orderflow_tui.feeds.simulator.gate import Gate, RateLimit
from orderflow_tui.feeds.simulator.market import Market
from orderflow_tui.feeds.simulator.market_history import NANOS
from orderflow_tui.feeds.simulator.query import BadQueryError, parse_time_query
from orderflow_tui.feeds.simulator.symbol_market import SymbolMarket

FREE_SYMBOLS: Final = 30
_RECENT_NS: Final = 900 * NANOS
_NOT_RECENT: Final = "subscription does not permit querying recent SIP data"


def create_alpaca_app(
    market: Market,
    *,
    key: str | None,
    clock: Callable[[], int] = time.time_ns,
    sip: bool = False,
    most: int | None = None,
    faults: FaultPlan | None = None,
    rate_limit: RateLimit | None = None,
) -> ASGIApp:
    """The server's application.

    Args:
        market: Advanced to the present on each request.
        key: The only key id accepted, with any secret; None for any but an empty one and `bad-key`.
        clock: Nanoseconds UTC.
        sip: The key has the consolidated tape; else IEX, and SIP 15 minutes late.
        most: Names one connection may stream; None for the plan's own number.
        faults: What goes wrong with which request.
        rate_limit: How many requests are taken.
    """
    rules = faults if faults is not None else FaultPlan()
    api = _Api(market, clock, sip=sip)
    fit = most if most is not None else None if sip else FREE_SYMBOLS
    hub = AlpacaHub(market, clock=clock, key=key, sip=sip, most=fit, faults=rules)
    inner = Starlette(
        routes=[
            Route("/v2/stocks/quotes/latest", api.quotes),
            Route("/v2/stocks/trades/latest", api.latest_trade),
            Route("/v2/stocks/trades", api.trades),
            Route("/v2/stocks/quotes", api.quote_history),
            Route("/v2/stocks/{symbol}/trades", api.trades),
            Route("/v2/stocks/{symbol}/quotes", api.quote_history),
            Route("/v2/stocks/{symbol}/trades/latest", api.latest_trade),
            WebSocketRoute("/v2/{feed}", hub.endpoint),
        ]
    )
    return Gate(
        inner,
        route=_endpoint_of,
        key=key,
        faults=rules,
        rate_limit=rate_limit or RateLimit(),
        monotonic=time.monotonic,
    )


def _endpoint_of(path: str, query: Mapping[str, str]) -> tuple[Endpoint, Sequence[str]] | None:
    parts = path.strip("/").split("/")
    if parts[:2] != ["v2", "stocks"] or len(parts) < 3:
        return None
    several = parts[2] in ("trades", "quotes")
    names = [name for name in query.get("symbols", "").split(",") if name] if several else [parts[2]]
    if "quotes" in parts[2:]:
        # The quotes in force are one request as a snapshot is; those of a past span are another.
        return ("quotes" if parts[-1] == "latest" else "nbbo"), names
    return ("last_trade" if parts[-1] == "latest" else "trades"), names


class _Api:
    def __init__(self, market: Market, clock: Callable[[], int], *, sip: bool) -> None:
        self._market = market
        self._clock = clock
        self._sip = sip

    async def quotes(self, request: Request) -> Response:
        """The quotes in force of several symbols."""
        now_ns = self._now()
        feed = request.query_params.get("feed", "sip")
        if feed == "sip" and not self._sip:
            return _refused(403, _NOT_RECENT)
        at_ns = now_ns - (_RECENT_NS if feed == "delayed_sip" else 0)
        found = {}
        for name in request.query_params.get("symbols", "").split(","):
            symbol = self._market.get(rows.read(name))
            quote = symbol.tape.quotes.newest(at_ns) if symbol is not None else None
            if symbol is not None and quote is not None:
                found[name] = rows.quote(symbol.instrument, quote, feed)
        return _json({"quotes": found})

    async def latest_trade(self, request: Request) -> Response:
        """The newest print, by which a key's worth is found out; of one symbol, or of several by name."""
        now_ns = self._now()
        feed = request.query_params.get("feed", "sip")
        if feed == "sip" and not self._sip:
            return _refused(403, _NOT_RECENT)
        newest: dict[str, rows.Row] = {}
        for symbol in self._asked(request):
            found = rows.of_feed(symbol.tape.prints.between(0, now_ns), feed)
            if found:
                newest[rows.written(symbol.instrument.symbol)] = rows.trade(symbol.instrument, found[-1])
        name = request.path_params.get("symbol")
        if name is None:
            return _json({"trades": newest})
        if name not in newest:
            return _refused(404, "no trade found")
        return _json({"symbol": name, "trade": newest[name]})

    async def trades(self, request: Request) -> Response:
        """Prints, oldest first unless asked otherwise, page by page. Without `feed` they are the whole tape's."""
        return self._history(request, "trades", self._prints)

    async def quote_history(self, request: Request) -> Response:
        """The quotes of a span, as the prints."""
        return self._history(request, "quotes", self._quotes)

    def _prints(self, symbol: SymbolMarket, first_ns: int, last_ns: int, feed: str) -> list[rows.Row]:
        kept = rows.of_feed(symbol.tape.prints.between(first_ns, last_ns), feed)
        return [rows.trade(symbol.instrument, row) for row in kept]

    def _quotes(self, symbol: SymbolMarket, first_ns: int, last_ns: int, feed: str) -> list[rows.Row]:
        return [rows.quote(symbol.instrument, row, feed) for row in symbol.tape.quotes.between(first_ns, last_ns)]

    def _history(
        self, request: Request, kind: str, made: Callable[[SymbolMarket, int, int, str], list[rows.Row]]
    ) -> Response:
        now_ns, params = self._now(), request.query_params
        feed = params.get("feed", "sip")
        try:
            query = parse_time_query(_times(params))
            offset = int(params.get("page_token") or "0")
        except (BadQueryError, ValueError) as error:
            return _refused(400, str(error))
        if params.get("feed") == "sip" and not self._sip and query.last_ns > now_ns - _RECENT_NS:
            return _refused(403, _NOT_RECENT)
        kept: list[tuple[str, rows.Row]] = []
        for symbol in self._asked(request):
            found = made(symbol, query.first_ns, min(query.last_ns, now_ns), feed)
            found = found[::-1] if params.get("sort") == "desc" else found
            kept += [(rows.written(symbol.instrument.symbol), row) for row in found]
        page = kept[offset : offset + query.limit]
        token = str(offset + query.limit) if len(kept) > offset + query.limit else None
        if "symbol" in request.path_params:
            name = request.path_params["symbol"]
            return _json({"symbol": name, kind: [row for _, row in page], "next_page_token": token})
        several: dict[str, list[rows.Row]] = {}
        for name, row in page:
            several.setdefault(name, []).append(row)
        return _json({kind: several, "next_page_token": token})

    def _asked(self, request: Request) -> list[SymbolMarket]:
        """The symbol of the path, or those that `symbols` names."""
        named = request.path_params.get("symbol") or request.query_params.get("symbols", "")
        return [symbol for name in named.split(",") if (symbol := self._market.get(rows.read(name))) is not None]

    def _now(self) -> int:
        now_ns = self._clock()
        self._market.advance(now_ns)
        return now_ns


def _times(params: Mapping[str, str]) -> dict[str, str]:
    named = {"order": "asc", "limit": params.get("limit", "1000")}
    if "start" in params:
        named["timestamp.gte"] = params["start"]
    if "end" in params:
        named["timestamp.lte"] = params["end"]
    return named


def _json(payload: object) -> Response:
    return Response(msgspec.json.encode(payload), media_type="application/json")


def _refused(status: int, message: str) -> Response:
    return Response(msgspec.json.encode({"message": message}), status, media_type="application/json")
