"""What every source keeps: the market's prints, once each; an end at once; no key, no library's word on a terminal."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import BUY, SELL, Book, Print, TapeCovered
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.feeds.feed import ApiFault, Batch, Feed, FeedEnded, FeedStatus
from orderflow_tui.feeds.simulator.faults import Fault, FaultPlan
from tests.core.kit import MS, Rules
from tests.feeds.collector import Collector
from tests.feeds.contract.wires import (
    FEEDS,
    SECRET,
    SYMBOLS,
    WIRES,
    Feeds,
    Truth,
    Wired,
    alpaca_app,
    alpaca_feed,
    http,
    market_of_now,
    polygon_app,
    polygon_feed,
)

AT_ONCE = 1.0
"""Seconds: no network is waited for, whose deadlines are five and more; what it takes is far less."""


@pytest.fixture(params=WIRES)
def wired(request: pytest.FixtureRequest) -> Iterator[Wired]:
    with WIRES[request.param]() as found:
        yield found


@contextlib.contextmanager
def running(feed: Feed) -> Iterator[Collector]:
    got = Collector()
    feed.start(SYMBOLS, got)
    try:
        yield got
    finally:
        feed.stop()
        assert _joined(feed)


def _joined(feed: Feed) -> bool:
    join: Callable[[float], bool] | None = getattr(feed, "join", None)
    return join is None or join(20)


def prints(got: Collector, symbol: str, until_ns: int) -> list[Truth]:
    """Everything delivered so far from before an instant, by whatever way."""
    return sorted(
        (event.time_ns, event.price, event.size)
        for batch in got.of(Batch, symbol)
        for event in batch.events
        if isinstance(event, Print) and event.time_ns < until_ns and event.size
    )


def known(got: Collector, symbol: str, until: int = 0) -> int:
    """An instant (a millisecond a second from now, if none is given), once all of the tape before it is here.

    A server that a loaded machine holds up may send a print after the feed has taken silence for proof: prints come in
    order, so one from after the instant says that none from before it is still to come.
    """
    until = until or time.time_ns() // MS * MS + NS
    for kind in (TapeCovered, Print):
        got.wait(
            Batch,
            lambda batch, kind=kind: (  # type: ignore[misc]
                batch.symbol == symbol
                and any(isinstance(event, kind) and event.time_ns > until for event in batch.events)
            ),
        )
    return until


def assert_whole(wired: Wired, got: Collector) -> None:
    """Every print of every symbol came once, with its price and size."""
    until = known(got, SYMBOLS[0])
    for symbol in SYMBOLS:
        told = prints(got, symbol, known(got, symbol, until))
        came = sorted((time_ns // wired.stamps_ns, price, size) for time_ns, price, size in told)
        assert came == wired.printed(symbol, told[0][0], until)


def test_a_market_undisturbed(wired: Wired) -> None:
    """Every print once, with the wire's sides; without those, a book before the first print that needs one."""
    with running(wired.feed()) as got:
        assert_whole(wired, got)
        for symbol in SYMBOLS:
            events = [event for batch in got.of(Batch, symbol) for event in batch.events]
            sides = {event.side for event in events if isinstance(event, Print)}
            assert bool(sides & {BUY, SELL}) is wired.sides
            if not wired.sides:
                kinds = [type(event) for event in events]
                assert Book in kinds[: kinds.index(Print)]


def test_a_break_of_the_connection(
    wired: Wired, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is lost or doubled, and neither a key nor a library's word reaches a terminal."""
    caplog.set_level(logging.DEBUG)
    wired.faults.extend([wired.drop])
    with running(wired.feed()) as got:
        if wired.drop.endpoint == "stream":
            got.wait(ApiFault)
        assert_whole(wired, got)
    assert capfd.readouterr() == ("", "")
    ours = [record for record in caplog.records if not record.name.startswith("uvicorn")]  # the server's own are its
    said = [repr(message) for message in got.messages] + [record.getMessage() for record in ours]
    assert not any(part in line for line in said for part in (SECRET, SECRET[::-1]))
    assert not [record for record in ours if record.levelno >= logging.WARNING]


@contextlib.contextmanager
def black_hole() -> Iterator[str]:
    """A server that takes every connection and never says a word."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    taken.append(server.accept()[0])

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join(60)
    for one in taken:
        one.close()


@pytest.mark.parametrize("make", FEEDS.values(), ids=FEEDS)
def test_a_server_that_never_answers_holds_up_neither_start_nor_stop(make: Feeds) -> None:
    with black_hole() as address:
        feed = make(address)
        began = time.monotonic()
        feed.start(SYMBOLS, lambda _: None)
        started = time.monotonic()
        feed.set_symbols(SYMBOLS[:1])
        feed.set_urgency(SYMBOLS[:1])
        feed.stop()
        stopped = time.monotonic()
    assert started - began < AT_ONCE
    assert stopped - started < AT_ONCE
    assert _joined(feed)


@pytest.mark.parametrize("make", FEEDS.values(), ids=FEEDS)
def test_a_server_that_is_not_there_is_a_fault_and_no_end_and_no_word_on_a_terminal(
    make: Feeds, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with running(make("127.0.0.1:9")) as got:
        fault = got.wait(ApiFault)
        assert SECRET not in repr(fault)
        assert not got.of(FeedEnded)
    assert capfd.readouterr() == ("", "")
    # What a logger says at this level goes to the terminal where nobody has asked for it.
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def told_to_a_core(got: Collector, symbol: str, capabilities: Capabilities) -> dict[tuple[int, int, int], int]:
    """The side that a core gives each print, by its millisecond, price and size."""
    core = SymbolCore(symbol, Rules(profile="guarded"), capabilities)
    core.tape.keep_rows(100_000)
    for batch in got.of(Batch, symbol):
        core.process(batch.events)
    return {(time_ns // MS, price, size): side for time_ns, price, size, side, _ in core.tape.rows}


def test_the_same_market_has_the_same_prints_and_sides_on_every_tape() -> None:
    """One market behind two wires at once. Polygon's stream tells milliseconds: within one the quote may differ."""
    market = market_of_now()
    with http(polygon_app(market, FaultPlan()), alpaca_app(market, FaultPlan())) as (first, second):
        polygon, alpaca = polygon_feed(first), alpaca_feed(second)
        with running(polygon) as by_polygon, running(alpaca) as by_alpaca:
            began = max(known(got, SYMBOLS[0]) for got in (by_polygon, by_alpaca))
            until = began + 2 * NS
            for got in (by_polygon, by_alpaca):
                known(got, SYMBOLS[0], until)
            tapes = [
                told_to_a_core(got, SYMBOLS[0], feed.capabilities)
                for got, feed in ((by_polygon, polygon), (by_alpaca, alpaca))
            ]
    mine, others = ({key: side for key, side in tape.items() if began <= key[0] * MS < until} for tape in tapes)
    assert mine.keys() == others.keys()
    assert mine
    assert sum(mine[key] == others[key] for key in mine) >= 0.9 * len(mine)


def test_a_refused_key_is_the_end_and_says_so_once() -> None:
    for make, app in ((polygon_feed, polygon_app), (alpaca_feed, alpaca_app)):
        refused = FaultPlan([Fault("snapshot", "status", status=401), Fault("last_trade", "status", status=401)])
        with http(app(market_of_now(), refused)) as (address,), running(make(address)) as got:
            assert got.wait(FeedEnded).exit_code == 1


def test_a_web_source_only_ever_asks_for_data() -> None:
    """Nothing but GET by HTTP, and by its stream only who it is and what it wants to hear."""
    for make, app in ((polygon_feed, polygon_app), (alpaca_feed, alpaca_app)):
        asked: set[str] = set()
        with http(_overheard(app(market_of_now(), FaultPlan()), asked)) as (address,):
            feed = make(address)
            with running(feed) as got:
                got.wait(FeedStatus, lambda status: status.stream.startswith("stream"))
                feed.set_symbols(SYMBOLS[:1])
                got.wait(Batch, lambda batch: bool(batch.events), count=5)
        assert asked <= {"GET", "auth", "subscribe", "unsubscribe"}
        assert {"GET", "auth", "subscribe"} <= asked


def _overheard(app: ASGIApp, asked: set[str]) -> ASGIApp:
    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        async def heard() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive":
                asked.add(json.loads(message["text"])["action"])
            return message

        if scope["type"] == "http":
            asked.add(scope["method"])
        await app(scope, heard, send)

    return served


def test_no_heavy_library_comes_with_any_source() -> None:
    modules = ", ".join(
        f"orderflow_tui.feeds.{name}.feed" for name in ("polygon", "alpaca", "ibkr", "databento", "composite")
    )
    heavy = ("pandas", "numpy", "pyarrow", "databento", "ib_async", "alpaca")
    code = f"import sys, {modules}, databento_dbn; print([name for name in {heavy} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
