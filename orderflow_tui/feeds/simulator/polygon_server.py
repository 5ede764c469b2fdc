"""The simulated market behind Polygon's REST wire format."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route, WebSocketRoute
from starlette.types import ASGIApp

from orderflow_tui.feeds.simulator import polygon_wire
from orderflow_tui.feeds.simulator.faults import Endpoint, Fault, FaultPlan
from orderflow_tui.feeds.simulator.gate import FAULT_IN_SCOPE, Gate, RateLimit, error_body
from orderflow_tui.feeds.simulator.market import Market
from orderflow_tui.feeds.simulator.market_history import NANOS
from orderflow_tui.feeds.simulator.payload_faults import corrupt
from orderflow_tui.feeds.simulator.plans import DELAY_SECONDS, EVERYTHING, Plan
from orderflow_tui.feeds.simulator.polygon_stream import StreamHub
from orderflow_tui.feeds.simulator.query import (
    MAX_LIMIT,
    BadQueryError,
    TimeQuery,
    next_cursor,
    offset_cursor,
    page_of,
    parse_limit,
    parse_offset_cursor,
    parse_time_query,
)
from orderflow_tui.feeds.simulator.sale_conditions import sale_conditions
from orderflow_tui.feeds.simulator.symbol_market import SymbolMarket

Depth = Literal["full", "nbbo"]
Clock = Callable[[], int]

VENDOR_URL = "https://api.polygon.io"

_TICKERS = "/v2/snapshot/locale/us/markets/stocks/tickers"
_UNIVERSAL_MAX = 250
_CONDITIONS_MAX = 1_000


class _HttpError(Exception):
    def __init__(self, status: int, message: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def create_app(
    market: Market,
    *,
    clock: Clock = time.time_ns,
    key: str | None = None,
    depth: Depth = "full",
    faults: FaultPlan | None = None,
    rate_limit: RateLimit | None = None,
    next_url_base: str = VENDOR_URL,
    monotonic: Callable[[], float] = time.monotonic,
    plan: Plan = EVERYTHING,
) -> ASGIApp:
    """The server's application.

    Args:
        market: Advanced to the present on each request.
        clock: Nanoseconds UTC.
        key: The only API key accepted, or None for any but an empty one and `bad-key`.
        depth: `nbbo` leaves out `/sim/v1/books`.
        faults: What goes wrong with which request.
        rate_limit: How many requests are taken.
        next_url_base: The host that `next_url` names; the vendor's own by default, whatever host was asked.
        monotonic: Seconds, for the rate limit.
        plan: What the key is worth; of a delayed one the market itself lies 15 minutes back.

    Returns:
        An ASGI application.
    """
    rules = faults if faults is not None else FaultPlan()
    late_ns = DELAY_SECONDS * NANOS if plan.delayed else 0
    api = _Api(market, clock, next_url_base, plan, late_ns)
    hub = StreamHub(market, clock=lambda: clock() - late_ns, key=key, plan=plan, faults=rules)
    routes = api.routes(with_books=depth == "full")

    def route(path: str, query: Mapping[str, str]) -> tuple[Endpoint, Sequence[str]] | None:
        for candidate in routes:
            match, child = candidate.matches({"type": "http", "path": path, "method": "GET"})
            if match is Match.FULL:
                ticker = child["path_params"].get("ticker")
                listed = query.get("tickers", query.get("ticker.any_of", ""))
                return candidate.name, [ticker] if ticker else [name for name in listed.split(",") if name]  # type: ignore[return-value]
        return None

    served = [*routes, WebSocketRoute("/stocks", hub.endpoint)]
    inner = Starlette(routes=served, middleware=[Middleware(GZipMiddleware, minimum_size=500, compresslevel=4)])
    return Gate(
        inner,
        route=route,
        key=key,
        faults=rules,
        missing=plan.missing(),
        rate_limit=rate_limit or RateLimit(),
        monotonic=monotonic,
    )


class _Api:
    """The endpoints."""

    def __init__(self, market: Market, clock: Clock, next_url_base: str, plan: Plan, late_ns: int) -> None:
        self._market = market
        self._plan = plan
        self._late_ns = late_ns
        self._clock = clock
        self._next_url_base = next_url_base
        self._requests = 0

    def routes(self, *, with_books: bool) -> list[Route]:
        table: list[tuple[Endpoint, str, Callable[[Request], object]]] = [
            ("snapshot", _TICKERS, self._snapshots),
            ("snapshot", _TICKERS + "/{ticker}", self._snapshot),
            ("trades", "/v3/trades/{ticker}", self._trades),
            ("quotes", "/v3/quotes/{ticker}", self._quotes),
            (
                "nbbo",
                "/v2/last/nbbo/{ticker}",
                lambda request: self._results(polygon_wire.last_nbbo(self._symbol(request))),
            ),
            (
                "last_trade",
                "/v2/last/trade/{ticker}",
                lambda request: self._results(polygon_wire.last_trade(self._symbol(request))),
            ),
            ("universal", "/v3/snapshot", self._universal),
            ("status", "/v1/marketstatus/now", lambda _: polygon_wire.market_status(self._clock())),
            ("upcoming", "/v1/marketstatus/upcoming", lambda _: polygon_wire.upcoming_holidays(self._clock())),
            ("conditions", "/v3/reference/conditions", self._conditions),
            ("truth", "/sim/v1/truth/{ticker}", self._truth),
        ]
        if with_books:
            table.append(("books", "/sim/v1/books", self._books))
        return [Route(path, self._endpoint(answer), name=name) for name, path, answer in table]

    def _endpoint(self, answer: Callable[[Request], object]) -> Callable[[Request], object]:
        async def endpoint(request: Request) -> Response:
            self._market.advance(self._clock() - self._late_ns)
            self._requests += 1
            try:
                payload = answer(request)
            except BadQueryError as error:
                return _error(400, str(error))
            except _HttpError as error:
                return _error(error.status, error.message)
            fault: Fault | None = request.scope.get(FAULT_IN_SCOPE)
            if fault is not None:
                payload = corrupt(msgspec.to_builtins(payload), fault)
            return Response(msgspec.json.encode(payload), media_type="application/json")

        return endpoint

    def _envelope(self) -> polygon_wire.Json:
        return {"status": "DELAYED" if self._plan.delayed else "OK", "request_id": f"{self._requests:032x}"}

    def _results(self, results: object) -> polygon_wire.Json:
        return {**self._envelope(), "results": results}

    def _symbol(self, request: Request) -> SymbolMarket:
        symbol = self._market.get(request.path_params["ticker"])
        if symbol is None:
            raise _HttpError(404)
        return symbol

    def _listed(self, request: Request, parameter: str = "tickers") -> list[SymbolMarket]:
        names = [name for name in request.query_params.get(parameter, "").split(",") if name]
        found = (self._market.get(name) for name in dict.fromkeys(names or self._market.symbols))
        return [symbol for symbol in found if symbol is not None]

    def _snapshot(self, request: Request) -> polygon_wire.Json:
        return {**self._envelope(), "ticker": self._shown(self._symbol(request))}

    def _shown(self, symbol: SymbolMarket) -> polygon_wire.Json:
        """A ticker of a snapshot, without what the plan lacks."""
        row = polygon_wire.snapshot(symbol)
        if not self._plan.quotes:
            row.pop("lastQuote", None)
        if not self._plan.last_trade:
            row.pop("lastTrade", None)
        return row

    def _snapshots(self, request: Request) -> polygon_wire.Json:
        rows = [self._shown(symbol) for symbol in self._listed(request)]
        return {**self._envelope(), "count": len(rows), "tickers": rows}

    def _books(self, request: Request) -> polygon_wire.Json:
        return {"status": "OK", "books": [polygon_wire.book(symbol) for symbol in self._listed(request)]}

    def _trades(self, request: Request) -> polygon_wire.Json:
        symbol, query = self._symbol(request), parse_time_query(request.query_params)
        rows = symbol.tape.prints.between(query.first_ns, min(query.last_ns, symbol.now_ns))
        page, more = page_of(rows, query)
        payload = self._results([polygon_wire.trade_row(row, symbol.instrument.tape) for row in page])
        return self._with_next(payload, request, query, page[-1] if more else None)

    def _quotes(self, request: Request) -> polygon_wire.Json:
        symbol, query = self._symbol(request), parse_time_query(request.query_params)
        rows = symbol.tape.quotes.between(query.first_ns, min(query.last_ns, symbol.now_ns))
        page, more = page_of(rows, query)
        payload = self._results([polygon_wire.quote_row(row, symbol.instrument.tape) for row in page])
        return self._with_next(payload, request, query, page[-1] if more else None)

    def _with_next(
        self, payload: polygon_wire.Json, request: Request, query: TimeQuery, last: Any
    ) -> polygon_wire.Json:
        if last is not None:
            payload["next_url"] = f"{self._next_url_base}{request.url.path}?cursor={next_cursor(query, last)}"
        return payload

    def _offset_page(
        self, request: Request, rows: list[polygon_wire.Json], maximum: int, *, filters: str = ""
    ) -> polygon_wire.Json:
        cursor = request.query_params.get("cursor")
        if cursor is None:
            offset, limit = 0, parse_limit(request.query_params, default=10, maximum=maximum)
        else:
            offset, limit = parse_offset_cursor(cursor)
        payload = self._results(rows[offset : offset + limit])
        if len(rows) > offset + limit:
            where = f"{filters}cursor={offset_cursor(offset + limit, limit)}"
            payload["next_url"] = f"{self._next_url_base}{request.url.path}?{where}"
        return payload

    def _universal(self, request: Request) -> polygon_wire.Json:
        asked = request.query_params.get("ticker.any_of", "")
        names = list(dict.fromkeys(name for name in asked.split(",") if name)) or list(self._market.symbols)
        if len(names) > _UNIVERSAL_MAX:
            raise BadQueryError(f"ticker.any_of takes at most {_UNIVERSAL_MAX} tickers")
        rows: list[polygon_wire.Json] = []
        for name in names:
            symbol = self._market.get(name)
            rows.append(
                polygon_wire.universal_snapshot(symbol, self._plan)
                if symbol is not None
                else {"ticker": name, "error": "NOT_FOUND", "message": "Ticker not found."}
            )
        return self._offset_page(request, rows, _UNIVERSAL_MAX, filters=f"ticker.any_of={','.join(names)}&")

    def _conditions(self, request: Request) -> polygon_wire.Json:
        params = request.query_params
        stock_trades = params.get("asset_class", "stocks") == "stocks" and params.get("data_type", "trade") == "trade"
        return self._offset_page(request, sale_conditions() if stock_trades else [], _CONDITIONS_MAX)

    def _truth(self, request: Request) -> polygon_wire.Json:
        symbol, query = self._symbol(request), parse_time_query({"limit": str(MAX_LIMIT), **request.query_params})
        rows = symbol.tape.prints.between(query.first_ns, min(query.last_ns, symbol.now_ns))
        return {"status": "OK", **polygon_wire.truth(symbol, rows[-query.limit :])}


def _error(status: int, message: str | None) -> Response:
    return Response(error_body(status, message), status, media_type="application/json")
