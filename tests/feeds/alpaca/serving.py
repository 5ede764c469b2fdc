"""Alpaca's wire on loopback, in this process, with faults that a test adds while it runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from orderflow_tui.feeds.alpaca.feed import AlpacaFeed
from orderflow_tui.feeds.live.retry import RetryPolicy
from orderflow_tui.feeds.simulator.alpaca_server import create_alpaca_app
from orderflow_tui.feeds.simulator.faults import Fault, FaultPlan
from orderflow_tui.feeds.simulator.market import Market
from orderflow_tui.feeds.simulator.market_history import NANOS
from orderflow_tui.feeds.simulator.run_server import LoopbackServer, bind_loopback
from orderflow_tui.feeds.simulator.symbol_market import Flow, SymbolMarket
from tests.feeds.collector import Collector

QUICK = RetryPolicy(base_delay=0.02, max_delay=0.1)
KEY, SECRET = "PKTESTKEY0001", "secret-of-the-test-key"


@dataclass
class Config:
    """What the feed reads."""

    url: str
    alpaca_feed: str = "auto"
    alpaca_key_id: str = KEY
    alpaca_secret_key: str = SECRET
    requests_per_second: float = 20.0
    stream: str = "auto"
    unencrypted_host: str | None = None

    @property
    def alpaca_data_url(self) -> str:
        return self.url

    @property
    def alpaca_stream_url(self) -> str:
        return self.url.replace("http", "ws", 1)


@dataclass
class Served:
    """A server and what it serves."""

    url: str
    market: Market
    faults: FaultPlan


@contextmanager
def served(
    symbols: Sequence[str] = ("ACME", "BOLT"),
    *,
    faults: Sequence[Fault] = (),
    history_s: int = 20,
    quiet_s: int = 0,
    **options: Any,
) -> Iterator[Served]:
    """A market of now behind Alpaca's wire, in which nothing has happened for `quiet_s`."""
    market = Market(symbols, seed=5, now_ns=time.time_ns() - quiet_s * NANOS, history_ns=history_s * NANOS)
    if quiet_s:
        for symbol in symbols:
            cast("SymbolMarket", market.get(symbol)).set_flow(Flow(market=1e-9, book=1e-9))
    plan = FaultPlan(faults)
    bound = bind_loopback(0)
    ready = threading.Event()
    server = LoopbackServer(create_alpaca_app(market, key=KEY, faults=plan, **options), on_ready=ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    assert ready.wait(60)
    try:
        yield Served(f"http://127.0.0.1:{bound.getsockname()[1]}", market, plan)
    finally:
        server.should_exit = True
        thread.join()
        bound.close()


@contextmanager
def running(config: Config, symbols: Sequence[str], *, pace: float = 10.0) -> Iterator[tuple[AlpacaFeed, Collector]]:
    """A feed at work, ended afterwards."""
    got = Collector()
    feed = AlpacaFeed(config, policy=QUICK, cycle_seconds=0.2, stream_pace=pace)
    feed.start(symbols, got)
    try:
        yield feed, got
    finally:
        feed.stop()
        assert feed.join(60)
