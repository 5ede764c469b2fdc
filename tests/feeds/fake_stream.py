"""Polygon's WebSocket on loopback, beside the REST host and telling the same truth."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from tests.feeds.fake_polygon import Config, FakePolygon, Row

KEY = "test-key-SECRET"
Step = Callable[["FakeStream", ServerConnection], None]


def words(status: str, message: str = "") -> list[Row]:
    """A status frame."""
    return [{"ev": "status", "status": status, "message": message}]


class FakeStream:
    """The server; a context manager. `script` queues what the next connections do instead of serving."""

    def __init__(self, host: FakePolygon) -> None:
        self.host = host
        self.connections: list[ServerConnection] = []
        self.channels: dict[ServerConnection, set[str]] = {}
        self.said: list[str] = []
        self.opened = 0
        self.refuse_kinds: set[str] = set()
        self.beating = True
        self.closed = threading.Event()
        self._steps: list[Step] = []
        self._lock = threading.Lock()
        self._server: Server = serve(self._serve, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}/stocks"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        threading.Thread(target=self._beat, daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self.closed.set()
        self.drop()
        self._server.shutdown()

    def _beat(self) -> None:
        """SPY quotes all day long."""
        while not self.closed.wait(0.1):
            if self.beating:
                at = time.time_ns() // 1_000_000
                self.send({"ev": "Q", "sym": "SPY", "bp": 500, "bs": 1, "ap": 501, "as": 1, "t": at})
                self.send({"ev": "T", "sym": "SPY", "p": 500, "s": 1, "t": at, "i": str(at), "x": 4})

    def config(self, **changes: Any) -> Config:
        return self.host.config(**{"stream": "auto", "polygon_ws_url": self.url, **changes})

    def script(self, *steps: Step) -> None:
        self._steps.extend(steps)

    # --- the market ---------------------------------------------------------------------------------------------

    def trade(self, symbol: str, price: float = 10.0, size: float = 100, *, rest: bool = True, **more: Any) -> Row:
        """One print, on both ways out (`rest=False`: REST does not have it yet); returns the stream's event."""
        row = self.host.market.trade(symbol, price, size, **more)
        if not rest:
            self.host.market.trades[symbol].remove(row)
        event = {
            "ev": "T", "sym": symbol, "x": row["exchange"], "i": row["id"], "z": 3, "p": price, "s": size,
            "c": row.get("conditions"), "t": row["sip_timestamp"] // 1_000_000,
            "pt": row["participant_timestamp"] // 1_000_000, "q": row["sequence_number"],
        }  # fmt: skip
        self.send(event)
        return event

    def quote(self, symbol: str, bid: float, ask: float, *, size: int = 300, at: int | None = None) -> None:
        at = time.time_ns() if at is None else at
        self.host.market.quote(symbol, bid, ask, size=size, at=at)
        self.send(
            {"ev": "Q", "sym": symbol, "bx": 4, "bp": bid, "bs": size + 100, "ax": 7, "ap": ask, "as": size, "c": 0,
             "t": at // 1_000_000, "q": at % 1_000_000_000, "z": 3}
        )  # fmt: skip

    def send(self, *events: Row) -> None:
        """One frame to every connection, of what it is subscribed to."""
        with self._lock:
            listeners = [(one, set(subscribed)) for one, subscribed in self.channels.items()]
        for connection, subscribed in listeners:
            mine = [e for e in events if f"{e['ev']}.{e.get('sym') or e.get('T')}" in subscribed]
            if mine:
                self.raw(json.dumps(mine), connection)

    def raw(self, text: str | bytes, connection: ServerConnection | None = None) -> None:
        """A frame as it is, to one connection or to all."""
        for one in [connection] if connection is not None else list(self.channels):
            try:
                one.send(text)
            except ConnectionClosed:
                continue

    def drop(self, code: int = 1001, reason: str = "") -> None:
        """Close every connection."""
        for connection in list(self.connections):
            connection.close(code, reason)

    def cut(self) -> None:
        """Break every connection without a word."""
        for connection in list(self.connections):
            connection.socket.shutdown(2)

    def subscribed(self) -> set[str]:
        with self._lock:
            return set().union(*self.channels.values()) if self.channels else set()

    def until_subscribed(self, expected: set[str]) -> None:
        """The kinds of one subscription are asked for one after the other: wait for the last."""
        end = time.monotonic() + 60
        while self.subscribed() != expected and time.monotonic() < end:
            time.sleep(0.005)
        assert self.subscribed() == expected

    # --- one connection -----------------------------------------------------------------------------------------

    def _serve(self, connection: ServerConnection) -> None:
        self.opened += 1
        self.connections.append(connection)
        try:
            step = self._steps.pop(0) if self._steps else None
            if step is not None:
                step(self, connection)
            else:
                self.serve(connection)
        except ConnectionClosed:
            pass
        finally:
            with self._lock:
                self.channels.pop(connection, None)
            self.connections.remove(connection)

    def serve(self, connection: ServerConnection) -> None:
        """What the vendor does."""
        connection.send(json.dumps(words("connected", "Connected Successfully")))
        asked = json.loads(connection.recv())
        self.said.append(asked["action"])
        if asked != {"action": "auth", "params": KEY}:
            connection.send(json.dumps(words("auth_failed", "authentication failed")))
            return
        connection.send(json.dumps(words("auth_success", "authenticated")))
        with self._lock:
            self.channels[connection] = set()
        for message in connection:
            asked = json.loads(message)
            self.said.append(f"{asked['action']} {asked['params']}")
            for channel in asked["params"].split(","):
                if asked["action"] == "unsubscribe":
                    with self._lock:
                        self.channels[connection].discard(channel)
                elif channel.split(".")[0] in self.refuse_kinds:
                    connection.send(json.dumps(words("error", "not authorized")))
                    break
                else:
                    with self._lock:
                        self.channels[connection].add(channel)
                    connection.send(json.dumps(words("success", f"subscribed to: {channel}")))


def refuse(status: str, message: str = "") -> Step:
    """Say this instead of `connected`, and close."""
    return lambda server, connection: connection.send(json.dumps(words(status, message)))


def evict(server: FakeStream, connection: ServerConnection) -> None:
    """Acknowledge everything, then say that there are too many: what the vendor does over the cap."""
    connection.send(json.dumps(words("connected")))
    connection.recv()
    connection.send(json.dumps(words("auth_success")))
    asked = json.loads(connection.recv())
    for channel in asked["params"].split(","):
        connection.send(json.dumps(words("success", f"subscribed to: {channel}")))
    connection.send(json.dumps(words("max_connections", "Maximum number of websocket connections exceeded.")))
    connection.close(1008, "")


def silent(server: FakeStream, connection: ServerConnection) -> None:
    """Accept, and never say a word."""
    server.closed.wait(20)


def deaf(server: FakeStream, connection: ServerConnection) -> None:
    """Sign in, then answer no subscription."""
    connection.send(json.dumps(words("connected")))
    connection.recv()
    connection.send(json.dumps(words("auth_success")))
    server.closed.wait(20)
