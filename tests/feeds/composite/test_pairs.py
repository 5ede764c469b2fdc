"""Each pair of sources run for real: one market behind two wires, a book that is lost and comes back, a tape that is whole."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from starlette.types import ASGIApp

from orderflow_tui.core.model.events import Book, Gap, Print, Quote, TapeCovered
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.composite.feed import CompositeFeed
from orderflow_tui.feeds.feed import Batch, Feed, FeedEnded, SymbolCapabilities
from orderflow_tui.feeds.simulator.databento.gateway import DatabentoMarket, Gateway
from orderflow_tui.feeds.simulator.faults import Fault, FaultPlan
from orderflow_tui.feeds.simulator.market import Market
from orderflow_tui.feeds.simulator.market_history import NANOS
from tests.core.kit import MS
from tests.feeds.collector import Collector
from tests.feeds.contract.wires import (
    SECRET,
    SYMBOLS,
    alpaca_app,
    alpaca_feed,
    databento_feed,
    http,
    ibkr_feed,
    polygon_app,
    polygon_feed,
)
from tests.feeds.databento.serving import listening
from tests.feeds.ibkr import serving as ibkr

TAPES: dict[str, tuple[Callable[[Market, FaultPlan], ASGIApp], Callable[[str], Feed]]] = {
    "polygon": (polygon_app, polygon_feed),
    "alpaca": (alpaca_app, alpaca_feed),
}
SYMBOL = SYMBOLS[0]


class Locked(Market):
    """Two servers advance it, each in its thread."""

    lock = threading.Lock()

    def advance(self, to_ns: int) -> None:
        with self.lock:
            super().advance(to_ns)


@contextmanager
def databento_depth() -> Iterator[tuple[Market, Feed, Callable[[], None]]]:
    """A gateway, its feed, and what cuts their session."""
    served = DatabentoMarket.of(SYMBOLS, seed=5, now_ns=time.time_ns(), history_ns=20 * NANOS)
    served.market.__class__ = Locked
    faults = FaultPlan([Fault("stream", "silence", frames=40)])
    with listening(Gateway(served, key=SECRET, faults=faults).serve) as address:
        yield served.market, databento_feed(address), lambda: None


@contextmanager
def ibkr_depth() -> Iterator[tuple[Market, Feed, Callable[[], None]]]:
    """A TWS, its feed, and what cuts their connection."""
    market = Market(SYMBOLS, seed=5, now_ns=time.time_ns(), history_ns=20 * NANOS)
    market.__class__ = Locked
    with ibkr.served(SYMBOLS, market=market) as host:
        yield market, ibkr_feed(f"127.0.0.1:{host.port}"), lambda: host.hit("restart", seconds=1.5)


DEPTHS = {"databento": databento_depth, "ibkr": ibkr_depth}


def deep(one: SymbolCapabilities) -> bool:
    return one.symbol == SYMBOL and one.capabilities.depth_levels > 5


@pytest.mark.parametrize(("tape", "depth"), [("polygon", "databento"), ("polygon", "ibkr"), ("alpaca", "ibkr")])
def test_a_pair_of_sources(tape: str, depth: str) -> None:
    app, feed_of = TAPES[tape]
    with DEPTHS[depth]() as (market, books, cut), http(app(market, FaultPlan())) as (address,):
        feed, got = CompositeFeed(feed_of(address), books, stale_seconds=1.0), Collector()
        feed.start(SYMBOLS, got)
        try:
            got.wait(SymbolCapabilities, deep)
            mark = got.mark()
            cut()
            lost = got.wait(SymbolCapabilities, lambda one: one.symbol == SYMBOL and not deep(one), since=mark)
            assert f"; {depth} shows none" in lost.capabilities.depth_label
            got.wait(SymbolCapabilities, deep, since=got.messages.index(lost))
            until = time.time_ns()
            for kind in (TapeCovered, Print):
                got.wait(
                    Batch,
                    lambda one, kind=kind: (  # type: ignore[misc]
                        one.symbol == SYMBOL and any(isinstance(e, kind) and e.time_ns > until for e in one.events)
                    ),
                )
        finally:
            feed.stop()
        batches = got.of(Batch, SYMBOL)
    events = [event for one in batches for event in one.events]
    told = [
        (e.time_ns // MS, e.price, e.size) for e in events if isinstance(e, Print) and e.time_ns // MS < until // MS
    ]
    made = market.get(SYMBOL)
    assert made is not None
    rows = made.tape.prints.between(min(told)[0] * MS, until // MS * MS - 1)
    assert sorted(told) == sorted((row.sip_timestamp // MS, row.price, row.size) for row in rows if row.size)
    own = [event for one in batches if one.channel == "depth" for event in one.events]
    reasons = [event.reason for event in own if isinstance(event, Gap)]
    whose = [reason for reason in reasons if reason != "start"]  # with which the depth's own tape begins
    assert whose[:3] == [f"the book is {depth}'s now", f"no book from {depth}", f"the book is {depth}'s now"]
    assert not any(event.tape for event in own if isinstance(event, Gap))
    assert not any(isinstance(event, Print) for event in own)
    assert any(isinstance(event, Quote) for event in events)
    assert all(event.time_ns <= time.time_ns() + NS for event in own if isinstance(event, Book))
    assert not got.of(FeedEnded)
    assert SECRET not in repr(got.messages)
