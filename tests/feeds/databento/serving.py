"""Databento's wire on loopback, in this process, with faults that a test adds while it runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from orderflow_tui.feeds.databento.feed import DatabentoFeed
from orderflow_tui.feeds.simulator.databento.gateway import DatabentoMarket, Gateway
from orderflow_tui.feeds.simulator.faults import Fault, FaultPlan
from orderflow_tui.feeds.simulator.market_history import NANOS
from orderflow_tui.feeds.simulator.run_server import bind_loopback
from orderflow_tui.feeds.simulator.tcp_server import Serve, TcpServer
from tests.feeds.collector import Collector

KEY = "db-unittest0000000000000000FVKHU"


@dataclass
class Config:
    """What the feed reads."""

    databento_gateway: str
    databento_api_key: str = KEY
    databento_dataset: str = "XNAS.ITCH"


@dataclass
class Served:
    """A gateway and what it serves."""

    address: str
    served: DatabentoMarket
    gateway: Gateway
    faults: FaultPlan


@contextmanager
def listening(serve: Serve) -> Iterator[str]:
    """A server of this function on loopback; its address."""
    bound = bind_loopback(0)
    ready = threading.Event()
    server = TcpServer(serve, on_ready=ready.set)
    thread = threading.Thread(target=server.run, args=([bound],))
    thread.start()
    assert ready.wait(60)
    try:
        yield f"127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.stop()
        thread.join()
        bound.close()


@contextmanager
def served(
    symbols: Sequence[str] = ("ACME", "BOLT"), *, faults: Sequence[Fault] = (), **options: Any
) -> Iterator[Served]:
    """A market of now behind Databento's wire."""
    market = DatabentoMarket.of(symbols, seed=5, now_ns=time.time_ns(), history_ns=20 * NANOS)
    plan = FaultPlan(faults)
    gateway = Gateway(market, key=KEY, faults=plan, **options)
    with listening(gateway.serve) as address:
        yield Served(address, market, gateway, plan)


@contextmanager
def running(config: Config, symbols: Sequence[str], *, pace: float = 10.0) -> Iterator[tuple[DatabentoFeed, Collector]]:
    """A feed at work, ended afterwards."""
    got = Collector()
    feed = DatabentoFeed(config, pace=pace)
    feed.start(symbols, got)
    try:
        yield feed, got
    finally:
        feed.stop()
        assert feed.join(60)
