"""Polygon's wire format on loopback, with faults where they really happen: in the server."""

from __future__ import annotations

import gzip
import json
import operator
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, quote, urlsplit

Row = dict[str, Any]
Fault = Callable[["Handler"], None]
SNAPSHOTS = "/v2/snapshot/locale/us/markets/stocks/tickers"


@dataclass
class Config:
    """What the feed reads of the configuration."""

    polygon_base_url: str
    data_source: str = "polygon"
    polygon_api_key: Any = "test-key-SECRET"
    requests_per_second: float = 200.0
    polygon_ws_url: str = "ws://127.0.0.1:9/stocks"
    stream: str = "off"
    unencrypted_host: str | None = None


@dataclass
class Seen:
    """One request as the server saw it."""

    at: float
    path: str
    query: dict[str, str]
    headers: dict[str, str]


def condition(number: int, *, volume: bool = True, last: bool = True) -> Row:
    """One row of the list of sale conditions."""
    rules = {"updates_high_low": last, "updates_open_close": last, "updates_volume": volume}
    return {"id": number, "type": "sale_condition", "update_rules": {"consolidated": rules}, "data_types": ["trade"]}


def ordinary_conditions() -> list[Row]:
    """Ordinary ones, enough for a list that is believed."""
    return [condition(number) for number in (1, 3, 4, 6, 11, 23, 24, 27, 30, 31, 34, 35, 36)]


@dataclass
class Market:
    """What the server answers from."""

    quotes: dict[str, Row] = field(default_factory=dict)
    trades: dict[str, list[Row]] = field(default_factory=dict)
    books: dict[str, Row] | None = None
    nbbo: dict[str, Row] = field(default_factory=dict)
    history: dict[str, list[Row]] = field(default_factory=dict)
    state: str | None = "open"
    timeframe: str | None = None
    conditions: list[Row] = field(default_factory=ordinary_conditions)
    envelope: str = "OK"
    page_size: int | None = None
    page_host: str = "https://api.massive.com"

    def quote(
        self, symbol: str, bid: float = 10.00, ask: float = 10.01, *, size: int = 300, at: int | None = None
    ) -> Row:
        """Set a symbol's NBBO; returns the row for spoiling."""
        at = time.time_ns() if at is None else at
        row = {"ticker": symbol, "updated": at, "lastQuote": {"P": ask, "S": size, "p": bid, "s": size + 100, "t": at}}
        self.quotes[symbol] = row
        return row

    def quoted(self, symbol: str, bid: float, ask: float, *, at: int) -> Row:
        """Append a change of the NBBO to its history; returns the row for spoiling."""
        rows = self.history.setdefault(symbol, [])
        row = {
            "ask_price": ask, "ask_size": 300, "ask_exchange": 11, "bid_price": bid, "bid_size": 400, "bid_exchange": 12,
            "participant_timestamp": at - 1_000_000, "sequence_number": len(rows) + 1, "sip_timestamp": at, "tape": 3,
        }  # fmt: skip
        rows.append(row)
        return row

    def trade(self, symbol: str, price: float = 10.0, size: float = 100, *, at: int | None = None, **more: Any) -> Row:
        """Append a print; returns the row for spoiling."""
        rows = self.trades.setdefault(symbol, [])
        at = time.time_ns() if at is None else at
        row = {
            "price": price, "size": size, "sip_timestamp": at, "participant_timestamp": at - 1_000_000,
            "sequence_number": len(rows) + 1, "exchange": 11, "id": str(len(rows) + 1), "tape": 3, **more,
        }  # fmt: skip
        rows.append(row)
        return row


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: FakePolygon
    wbufsize = 65_536

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        self.seen = Seen(time.monotonic(), parts.path, query, {k.lower(): v for k, v in self.headers.items()})
        self.server.seen.append(self.seen)
        try:
            fault = self.server.next_fault(parts.path)
            if fault is not None:
                fault(self)
            else:
                self.reply(*self.server.answer(parts.path, query))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def reply(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = dict(headers or {})
        if status == 200 and "gzip" in self.headers.get("Accept-Encoding", "") and "Content-Encoding" not in headers:
            data = gzip.compress(data, 1)
            headers["Content-Encoding"] = "gzip"
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()


class FakePolygon(ThreadingHTTPServer):
    """The server; a context manager. `script` queues faults for the next requests of a path, `always` keeps one."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.market = Market()
        self.seen: list[Seen] = []
        self.connections = 0
        self.released = threading.Event()
        self._scripts: dict[str, list[Fault]] = {}
        self._standing: dict[str, Fault] = {}
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def config(self, **changes: Any) -> Config:
        return Config(self.url, **changes)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self.released.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of the tests."""

    def script(self, path: str, *faults: Fault) -> None:
        self._scripts.setdefault(path, []).extend(faults)

    def always(self, path: str, fault: Fault | None) -> None:
        with self._lock:
            if fault is None:
                self._standing.pop(path, None)
            else:
                self._standing[path] = fault

    def next_fault(self, path: str) -> Fault | None:
        with self._lock:
            for prefix, faults in self._scripts.items():
                if path.startswith(prefix) and faults:
                    return faults.pop(0)
            return next((fault for prefix, fault in self._standing.items() if path.startswith(prefix)), None)

    def asked(self, path: str) -> list[Seen]:
        return [seen for seen in list(self.seen) if seen.path.startswith(path)]

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Any]:  # noqa: PLR0911 - one line an endpoint
        market = self.market
        last = path.rsplit("/", 1)[-1]
        if path == SNAPSHOTS:
            asked = query["tickers"].split(",")
            return 200, {"status": market.envelope, "tickers": [market.quotes[s] for s in asked if s in market.quotes]}
        if path.startswith(SNAPSHOTS + "/"):
            if last not in market.quotes:
                return 404, {"status": "NOT_FOUND", "message": "Ticker not found."}
            return 200, {"status": market.envelope, "ticker": market.quotes[last]}
        if path.startswith("/v3/trades/"):
            return self._rows("trades", self.market.trades, last, query)
        if path.startswith("/v3/quotes/"):
            return self._rows("quotes", self.market.history, last, query)
        if path.startswith("/v2/last/nbbo/") and last in market.nbbo:
            return 200, {"status": "OK", "results": market.nbbo[last]}
        if path == "/v3/reference/conditions":
            assert query == {"asset_class": "stocks", "data_type": "trade", "limit": "1000"}
            return 200, {"status": "OK", "results": market.conditions}
        if path == "/v1/marketstatus/now" and market.state is not None:
            return 200, {"market": market.state, "serverTime": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())}
        if path == "/v3/snapshot" and market.timeframe is not None:
            return 200, {"results": [{"ticker": "SPY", "last_quote": {"timeframe": market.timeframe}}], "status": "OK"}
        if path == "/sim/v1/books" and market.books is not None:
            asked = query["tickers"].split(",")
            return 200, {"status": "OK", "books": [market.books[s] for s in asked if s in market.books]}
        return 404, b"404 page not found"

    def _quotes(self, symbol: str, query: dict[str, str]) -> tuple[int, Any]:
        rows = sorted(self.market.history.get(symbol, []), key=lambda row: row["sip_timestamp"])
        for name, holds in _FILTERS.items():
            if name in query:
                rows = [row for row in rows if holds(row["sip_timestamp"], int(query[name]))]
        if query.get("order", "desc") == "desc":
            rows.reverse()
        return 200, {"status": self.market.envelope, "results": rows[: int(query.get("limit", "1000"))]}

    def _rows(self, kind: str, tapes: dict[str, list[Row]], symbol: str, query: dict[str, str]) -> tuple[int, Any]:
        if kind == "quotes":
            return self._quotes(symbol, query)
        if "cursor" in query:
            start, low, high, limit = (int(part) for part in query["cursor"].split(","))
        else:
            start, low, limit = 0, int(query["timestamp.gte"]), int(query["limit"])
            high = int(query.get("timestamp.lt", 2**62))
        rows = [row for row in tapes.get(symbol, []) if low <= row["sip_timestamp"] < high]
        rows.sort(key=lambda row: row["sip_timestamp"])
        size = min(limit, self.market.page_size or limit)
        body: Row = {"status": self.market.envelope, "request_id": "1", "results": rows[start : start + size]}
        if start + size < len(rows):
            cursor = quote(f"{start + size},{low},{high},{limit}")
            body["next_url"] = f"{self.market.page_host}/v3/{kind}/{symbol}?cursor={cursor}"
        return 200, body


_FILTERS: dict[str, Callable[[int, int], bool]] = {
    "timestamp.gte": operator.ge, "timestamp.gt": operator.gt, "timestamp.lte": operator.le, "timestamp.lt": operator.lt,
}  # fmt: skip


def status(code: int, body: Any = b"", **headers: str) -> Fault:
    """Answer with this status."""
    return lambda handler: handler.reply(code, body, {name.replace("_", "-"): value for name, value in headers.items()})


def say(body: Any) -> Fault:
    """Answer 200 with this body."""
    return lambda handler: handler.reply(200, body)


def hang(handler: Handler) -> None:
    """Say nothing until the server closes."""
    handler.server.released.wait(30)
    handler.close_connection = True


def drip_body(handler: Handler) -> None:
    """A body of one byte every 50 ms, without end."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    _drip(handler)


def drip_head(handler: Handler) -> None:
    """Headers of one byte every 50 ms, without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drip(handler)


def _drip(handler: Handler) -> None:
    handler.close_connection = True
    while not handler.server.released.wait(0.05):
        handler.wfile.write(b"a")
        handler.wfile.flush()


def cut_body(handler: Handler) -> None:
    """Half a body, then nothing."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"status":"OK","results":[')
    handler.wfile.flush()
    handler.close_connection = True


def drop(handler: Handler) -> None:
    """Close without a word."""
    handler.close_connection = True


def bomb(megabytes: int) -> Fault:
    """A small gzip body that unpacks to so many megabytes."""
    packed = gzip.compress(b"\0" * (megabytes * 2**20), 1)
    return lambda handler: handler.reply(200, packed, {"Content-Encoding": "gzip"})


def after(seconds: float, then: Fault | None = None) -> Fault:
    """Answer late."""

    def fault(handler: Handler) -> None:
        handler.server.released.wait(seconds)
        if then is not None:
            then(handler)
        else:
            seen = handler.seen
            handler.reply(*handler.server.answer(seen.path, seen.query))

    return fault
