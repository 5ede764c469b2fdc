"""Every source beside a simulated market behind its wire. A new source joins with one function and a row of `WIRES`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from orderflow_tui.feeds.alpaca.feed import AlpacaFeed
from orderflow_tui.feeds.composite.feed import CompositeFeed
from orderflow_tui.feeds.databento.feed import DatabentoFeed
from orderflow_tui.feeds.feed import Feed
from orderflow_tui.feeds.ibkr.feed import IbkrFeed
from orderflow_tui.feeds.live.retry import RetryPolicy
from orderflow_tui.feeds.polygon.feed import PolygonFeed
from orderflow_tui.feeds.simulator.alpaca_server import create_alpaca_app
from orderflow_tui.feeds.simulator.databento.gateway import DatabentoMarket, Gateway
from orderflow_tui.feeds.simulator.faults import Fault, FaultPlan
from orderflow_tui.feeds.simulator.market import Market
from orderflow_tui.feeds.simulator.market_history import FINRA_EXCHANGE, NANOS
from orderflow_tui.feeds.simulator.polygon_server import create_app
from orderflow_tui.feeds.simulator.run_server import LoopbackServer, bind_loopback
from tests.core.kit import MS
from tests.feeds.alpaca.serving import QUICK
from tests.feeds.alpaca.serving import Config as AlpacaConfig
from tests.feeds.databento.serving import Config as DatabentoConfig
from tests.feeds.databento.serving import listening
from tests.feeds.fake_polygon import Config as PolygonConfig
from tests.feeds.ibkr.serving import Config as IbkrConfig

SYMBOLS = ("ACME", "BOLT")
SECRET = "a-key-of-the-contract-0123456789"
Feeds = Callable[[str], Feed]
"""Makes a feed that reaches the server at this address, `host:port`."""
Truth = tuple[int, int, int]
"""Time, price and size of a print."""


@dataclass
class Wired:
    """A market and a source that can reach it.

    Attributes:
        market: The truth.
        faults: What goes wrong with the source's connection; a test adds to it.
        feed: Makes the source.
        drop: What breaks the connection once.
        all_venues: The wire has every venue's prints; otherwise those of the exchange alone.
        sides: The wire names the aggressor.
        stamps_ns: How finely the wire tells times.
    """

    market: Market
    faults: FaultPlan
    feed: Callable[[], Feed]
    drop: Fault
    all_venues: bool = True
    sides: bool = False
    stamps_ns: int = 1

    def printed(self, symbol: str, from_ns: int, until_ns: int) -> list[Truth]:
        """What was printed in a span, its times as finely as the wire tells them."""
        made = self.market.get(symbol)
        assert made is not None
        rows = made.tape.prints.between(from_ns, until_ns - 1)
        return sorted(
            (row.sip_timestamp // self.stamps_ns, row.price, row.size)
            for row in rows
            if row.size and (self.all_venues or row.exchange != FINRA_EXCHANGE)
        )


def market_of_now(symbols: Sequence[str] = SYMBOLS) -> Market:
    """A calm market with a little history."""
    return Market(symbols, seed=5, now_ns=time.time_ns(), history_ns=20 * NANOS)


@contextmanager
def http(*apps: ASGIApp) -> Iterator[list[str]]:
    """Applications in one loop, a port each; their `host:port`."""
    bound = [bind_loopback(0) for _ in apps]
    by_port = {one.getsockname()[1]: app for one, app in zip(bound, apps, strict=True)}

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        await by_port[scope["server"][1]](scope, receive, send)

    ready = threading.Event()
    server = LoopbackServer(dispatch, on_ready=ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": bound})
    thread.start()
    assert ready.wait(60)
    try:
        yield [f"127.0.0.1:{port}" for port in by_port]
    finally:
        server.should_exit = True
        thread.join()
        for one in bound:
            one.close()


def polygon_app(market: Market, faults: FaultPlan) -> ASGIApp:
    """The whole tape and one level, as Polygon sells it."""
    return create_app(market, key=SECRET, depth="nbbo", faults=faults)


def alpaca_app(market: Market, faults: FaultPlan) -> ASGIApp:
    """The whole tape, as Alpaca sells it."""
    return create_alpaca_app(market, key=SECRET, sip=True, faults=faults)


def polygon_feed(address: str, stream: str = "auto", **options: Any) -> Feed:
    """Polygon, hurried."""
    config = PolygonConfig(
        f"http://{address}",
        polygon_api_key=SECRET,
        polygon_ws_url=f"ws://{address}/stocks",
        requests_per_second=50,
        stream=stream,
    )
    return PolygonFeed(config, cycle_seconds=0.2, stream_pace=10.0, **options)


def alpaca_feed(address: str, policy: RetryPolicy = QUICK, **options: Any) -> Feed:
    """Alpaca, hurried."""
    config = AlpacaConfig(f"http://{address}", alpaca_key_id=SECRET, alpaca_secret_key=SECRET[::-1])
    return AlpacaFeed(config, policy=policy, cycle_seconds=0.2, stream_pace=10.0, **options)


def databento_feed(address: str) -> Feed:
    """Databento, hurried."""
    return DatabentoFeed(DatabentoConfig(address, databento_api_key=SECRET), pace=10.0)


def ibkr_feed(address: str) -> Feed:
    """TWS, hurried."""
    return IbkrFeed(IbkrConfig(int(address.rpartition(":")[2])), speed=10.0)


@contextmanager
def polygon_streamed() -> Iterator[Wired]:
    """Polygon by WebSocket."""
    market, faults = market_of_now(), FaultPlan()
    with http(polygon_app(market, faults)) as (address,):
        drop = Fault("stream", "close", frames=8, code=1000)
        yield Wired(market, faults, lambda: polygon_feed(address), drop, stamps_ns=MS)


@contextmanager
def polygon_polled() -> Iterator[Wired]:
    """Polygon by requests alone."""
    market, faults = market_of_now(), FaultPlan()
    with http(polygon_app(market, faults)) as (address,):
        yield Wired(
            market, faults, lambda: polygon_feed(address, "off"), Fault("trades", "status", status=500, times=4)
        )


@contextmanager
def alpaca_streamed() -> Iterator[Wired]:
    """Alpaca by WebSocket."""
    market, faults = market_of_now(), FaultPlan()
    with http(alpaca_app(market, faults)) as (address,):
        yield Wired(market, faults, lambda: alpaca_feed(address), Fault("stream", "close", frames=8, code=1000))


@contextmanager
def databento_streamed() -> Iterator[Wired]:
    """Databento's gateway: Nasdaq's own prints, with their sides."""
    served, faults = DatabentoMarket.of(SYMBOLS, seed=5, now_ns=time.time_ns(), history_ns=20 * NANOS), FaultPlan()
    with listening(Gateway(served, key=SECRET, faults=faults).serve) as address:
        yield Wired(
            served.market,
            faults,
            lambda: databento_feed(address),
            Fault("stream", "close", frames=8),
            all_venues=False,
            sides=True,
        )


WIRES: dict[str, Callable[[], AbstractContextManager[Wired]]] = {
    "polygon-stream": polygon_streamed,
    "polygon-polls": polygon_polled,
    "alpaca": alpaca_streamed,
    "databento": databento_streamed,
}
FEEDS: dict[str, Feeds] = {
    "polygon": polygon_feed,
    "alpaca": alpaca_feed,
    "databento": databento_feed,
    "ibkr": ibkr_feed,
    "polygon+databento": lambda address: CompositeFeed(polygon_feed(address), databento_feed(address)),
    "alpaca+ibkr": lambda address: CompositeFeed(alpaca_feed(address), ibkr_feed(address)),
}
