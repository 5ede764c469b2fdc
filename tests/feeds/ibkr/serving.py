"""A simulated TWS on loopback, in this process, with faults that a test lets happen while it runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from orderflow_tui.feeds.ibkr.feed import IbkrFeed
from orderflow_tui.feeds.simulator.ibkr.gateway import IbkrGateway
from orderflow_tui.feeds.simulator.ibkr.tws_behavior import IbkrFault, Options
from orderflow_tui.feeds.simulator.market import Market
from orderflow_tui.feeds.simulator.market_history import NANOS
from orderflow_tui.feeds.simulator.run_server import bind_loopback
from orderflow_tui.feeds.simulator.tcp_server import TcpServer
from tests.feeds.collector import Collector


@dataclass
class Config:
    """What the feed reads."""

    ibkr_port: int
    ibkr_host: str = "127.0.0.1"
    ibkr_books: int = 3
    ibkr_tapes: int = 5


@dataclass
class Served:
    """A server and what it serves."""

    port: int
    market: Market
    gateway: IbkrGateway
    call: Callable[[Callable[[], None]], None]

    @property
    def config(self) -> Config:
        return Config(self.port)

    def hit(self, kind: Any, **fault: Any) -> None:
        """Let a fault happen now, in the server's thread."""
        self.call(lambda: self.gateway.hit(IbkrFault(kind, **fault)))


@contextmanager
def served(
    symbols: Sequence[str] = ("ACME", "BOLT"), *, market: Market | None = None, **options: Any
) -> Iterator[Served]:
    """A market of now behind TWS's wire."""
    traded = market or Market(symbols, seed=5, now_ns=time.time_ns(), history_ns=20 * NANOS)
    gateway = IbkrGateway(traded, Options(**options))
    bound = bind_loopback(0)
    ready = threading.Event()
    server = TcpServer(gateway.serve, on_ready=ready.set)
    thread = threading.Thread(target=server.run, args=([bound],))
    thread.start()
    assert ready.wait(60)

    def call(work: Callable[[], None]) -> None:
        assert server._loop is not None
        server._loop.call_soon_threadsafe(work)

    try:
        yield Served(bound.getsockname()[1], traded, gateway, call)
    finally:
        server.stop()
        thread.join()
        bound.close()


@contextmanager
def running(config: Config, symbols: Sequence[str], *, speed: float = 10.0) -> Iterator[tuple[IbkrFeed, Collector]]:
    """A feed at work, ended afterwards."""
    got = Collector()
    feed = IbkrFeed(config, speed=speed)
    feed.start(symbols, got)
    try:
        yield feed, got
    finally:
        feed.stop()
        assert feed.join(60)
