"""An Alpaca account on loopback, and stand-ins for the clients of Robinhood and Interactive Brokers."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

KEYS = {"APCA_API_KEY_ID": "AK-id-SECRET", "APCA_API_SECRET_KEY": "as-SECRET-key"}


def row(symbol: str, qty: str, cost: str, **more: Any) -> dict[str, Any]:
    """A position as Alpaca documents it, with fields nobody reads."""
    return {
        "asset_id": "904837e3-3b76-47ec-b432-046db621571b", "symbol": symbol, "exchange": "NASDAQ",
        "asset_class": "us_equity", "avg_entry_price": cost, "qty": qty, "side": "long", "market_value": "600.0",
        "cost_basis": "500.0", "unrealized_pl": "100.0", "current_price": "120.0", "change_today": "0.0084", **more,
    }  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    server: FakeAlpaca

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        time.sleep(self.server.delay)
        right = all(self.headers.get(name) == value for name, value in self.server.expected.items())
        body = self.server.body if isinstance(self.server.body, bytes) else json.dumps(self.server.body).encode()
        self.send_response(self.server.status if right else 401)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(10**6 if self.server.drip else len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
            while self.server.drip:
                time.sleep(self.server.drip)
                self.wfile.write(b" ")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Quiet."""


class FakeAlpaca(ThreadingHTTPServer):
    """Answers with `body` and `status`; a context manager."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.body: Any = []
        self.status = 200
        self.delay = self.drip = 0.0
        self.headers: dict[str, str] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.expected = {"APCA-API-KEY-ID": KEYS["APCA_API_KEY_ID"], "APCA-API-SECRET-KEY": KEYS["APCA_API_SECRET_KEY"]}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of the tests."""


ROBINHOOD = """
import os
print("Starting login process...")
def login(username, password, mfa_code=None, store_session=False):
    print("password is", password)
    from requests.sessions import Session, extract_cookies_to_jar
    assert Session().get_redirect_target("a redirection") is None
    assert extract_cookies_to_jar("jar", "request", "answer") is None
    if password == "ask":
        input("Enter the sms verification code sent to your device: ")
    if password == "hang":
        import time; time.sleep(30)
    if password == "crash":
        raise RuntimeError("the password was " + password)
    return {"access_token": "t"} if password == "right" else None
def get_open_stock_positions():
    return [
        {"symbol": "AAPL", "quantity": "10.50000000", "average_buy_price": "150.2500"},
        {"instrument": "https://api.robinhood.com/instruments/1/", "quantity": "3.0", "average_buy_price": "480.1"},
    ]
def get_symbol_by_url(url):
    return "BRK-B"
"""

IB = """
from enum import Flag, auto
from types import SimpleNamespace as N
class StartupFetch(Flag):
    POSITIONS = auto()
    ORDERS_OPEN = auto()
class IB:
    def connect(self, host, port, *, clientId, timeout, readonly, account, fetchFields):
        print("connecting")
        assert readonly is True and fetchFields == StartupFetch.POSITIONS
        if port == 1:
            raise ConnectionRefusedError("no")
    def positions(self, account):
        stock = lambda symbol, position, cost: N(
            contract=N(symbol=symbol, secType="STK", currency="USD"), position=position, avgCost=cost)
        return [stock("BRK B", -7.0, 481.25), stock("NIO", 500.0, 4.4),
                N(contract=N(symbol="ES", secType="FUT", currency="USD"), position=1.0, avgCost=5000.0)]
    def disconnect(self):
        pass
"""


REQUESTS = """
class Session:
    def get_redirect_target(self, response):
        return "http://elsewhere.example/"
def extract_cookies_to_jar(jar, request, response):
    return "a cookie kept"
"""


def stand_in_requests(folder: Path) -> None:
    """Of the library `requests` what decides about redirects and cookies."""
    package = folder / "requests"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "sessions.py").write_text(REQUESTS)


def stand_ins(folder: Path) -> dict[str, str]:
    """Install the stand-ins; returns the environment under which a child finds them first."""
    package = folder / "robin_stocks"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "robinhood.py").write_text(ROBINHOOD)
    (folder / "ib_async.py").write_text(IB)
    stand_in_requests(folder)
    return {"PYTHONPATH": str(folder)}
