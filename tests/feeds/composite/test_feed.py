"""Two sources as one: the tape of the first, the book of the second, each with its own health."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Book, Event, Gap, Print, Quote
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.composite.feed import MARGIN_MS, CompositeFeed
from orderflow_tui.feeds.feed import (
    ApiFault,
    Arrival,
    BadPayload,
    Batch,
    FeedEnded,
    FeedGap,
    FeedMessage,
    FeedStatus,
    Put,
    SymbolCapabilities,
    SymbolNote,
)
from orderflow_tui.feeds.simulator.databento.gateway import DatabentoMarket, Gateway
from orderflow_tui.feeds.simulator.faults import Fault, FaultPlan
from orderflow_tui.feeds.simulator.market import Market
from orderflow_tui.feeds.simulator.market_history import NANOS
from tests.feeds.collector import Collector
from tests.feeds.contract.wires import SECRET, SYMBOLS, alpaca_app, alpaca_feed, databento_feed, http
from tests.feeds.databento.serving import listening

NBBO = ((251_000, 300),), ((251_200, 200),)
DEEP = tuple((251_000 - 100 * at, 500) for at in range(10)), tuple((251_200 + 100 * at, 400) for at in range(10))


class Scripted:
    """A feed whose messages a test sends."""

    def __init__(self, **shown: Any) -> None:
        self.shown = Capabilities(**{"source": "tape", "source_class": "live", "host": "there", **shown})
        self.put: Put = print
        self.symbols: tuple[str, ...] = ()
        self.stopped = False

    @property
    def capabilities(self) -> Capabilities:
        return self.shown

    def start(self, symbols: Any, put: Put) -> None:
        self.symbols, self.put = tuple(symbols), put

    def set_symbols(self, symbols: Any) -> None:
        self.symbols = tuple(symbols)

    def set_urgency(self, symbols: Any) -> None:
        self.urgent = tuple(symbols)

    def request_side_check(self, asked: Any) -> None:
        self.asked = asked

    def stop(self) -> None:
        self.stopped = True


class Two:
    """A composite of two scripted feeds."""

    def __init__(self, **tape: Any) -> None:
        self.tape = Scripted(streaming=True, **tape)
        self.depth = Scripted(source="deep", dataset="ONE", depth_levels=10, streaming=True, joint_sequence=True)
        self.got = Collector()
        self.feed = CompositeFeed(self.tape, self.depth, stale_seconds=0.3)
        self.feed.start(["ACME"], self.got)

    def quote(self, at: int = 1, **more: Any) -> None:
        self.tape.put(batch(Book(at * NS, at, *NBBO), **more))

    def book(self, at: int = 2, *others: Event, **more: Any) -> None:
        self.depth.put(batch(Book(at * NS, at, *DEEP), *others, **{"vouched_ns": at * NS, **more}))

    def told(self) -> list[Event]:
        return [event for one in self.got.of(Batch) for event in one.events]

    @property
    def shown(self) -> Capabilities:
        return self.got.of(SymbolCapabilities, "ACME")[-1].capabilities


def batch(*events: Event, symbol: str = "ACME", **more: Any) -> Batch:
    return Batch(symbol, "stream", events, Arrival.now(), **more)


@pytest.fixture
def two() -> Iterator[Two]:
    made = Two()
    yield made
    made.feed.stop()
    assert made.tape.stopped
    assert made.depth.stopped


def test_the_book_is_the_second_ones_and_sides_come_from_the_firsts_quotes(two: Two) -> None:
    two.quote(1)
    assert two.shown.depth_levels == 1
    assert two.shown.depth_label == "NBBO, 1 level; deep shows none"
    two.book(2, Print(2 * NS, 3, 251_000, 100))
    two.quote(3)
    kinds = [(type(event), getattr(event, "time_ns", 0) // NS) for event in two.told()]
    assert kinds == [(Book, 1), (Gap, 2), (Quote, 1), (Book, 2), (Quote, 3)]
    assert [event.tape for event in two.told() if isinstance(event, Gap)] == [False]
    assert (two.shown.depth_levels, two.shown.depth_source, two.shown.depth_margin_ms) == (10, "deep", MARGIN_MS)
    assert two.shown.depth_label == "10 levels from deep ONE"
    assert not two.shown.joint_sequence
    assert two.feed.capabilities.dataset == "deep-ONE"


def test_prints_halts_and_health_of_the_tape_are_its_own(two: Two) -> None:
    two.tape.put(batch(Print(NS, 1, 251_000, 100), vouched_ns=NS))
    two.book(2)
    two.depth.put(batch(Print(3 * NS, 9, 251_000, 100), vouched_ns=3 * NS))
    batches = two.got.of(Batch)
    assert [one.channel for one in batches] == ["stream", "depth"]
    assert [one.vouched_ns for one in batches] == [NS, 0]
    assert [type(event) for event in two.told()].count(Print) == 1


def test_history_of_the_book_is_not_told_but_its_end_is_in_use(two: Two) -> None:
    two.book(2, backfill=True)
    assert two.told() == []
    two.depth.put(batch(vouched_ns=5 * NS))
    assert [type(event) for event in two.told()] == [Gap, Book]


def lost(two: Two) -> None:
    """The best bid and offer are the tape's again, and no wall was seen to go."""
    two.got.wait(
        SymbolCapabilities, lambda one: one.capabilities.depth_levels == 1 and one.arrival.mono_ns > 0, count=2
    )
    gap, book = two.told()[-2:]
    assert isinstance(gap, Gap)
    assert isinstance(book, Book)
    assert (gap.tape, len(book.bids), book.since_ns) == (False, 1, NS)
    assert two.shown.depth_source == ""


def test_a_book_that_nothing_vouches_for_is_none_and_comes_back(two: Two) -> None:
    two.quote(1)
    two.book(2)
    lost(two)
    two.depth.put(batch(vouched_ns=9 * NS))
    assert two.shown.depth_levels == 10


@pytest.mark.parametrize("message", ["bad", "ended", "missing", "one_level"])
def test_what_ends_the_book_does_not_end_the_run(two: Two, message: str) -> None:
    two.quote(1)
    two.book(2)
    now = Arrival.now()
    messages: dict[str, FeedMessage] = {
        "bad": BadPayload("ACME", "book", "LEVEL2_PRICE", "no price", now),
        "ended": FeedEnded("the API key is refused", now, exit_code=1),
        "missing": SymbolNote("ACME", "not_found", "no such symbol", now),
        "one_level": SymbolCapabilities("ACME", Capabilities("deep", "live", "there"), now),
    }
    two.depth.put(messages[message])
    lost(two)
    assert not two.got.of(FeedEnded)
    assert not two.got.of(SymbolNote)
    assert all(bad.quarantined and bad.channel == "depth" for bad in two.got.of(BadPayload))


def test_what_is_wrong_with_the_second_is_said_and_final_for_nobody(two: Two) -> None:
    now = Arrival.now()
    two.tape.put(FeedStatus("open", 1, 5, 1, connected=True, capabilities=two.tape.shown, arrival=now, stream="stream"))
    two.depth.put(ApiFault("401", "refused", now, status=401, final=True))
    two.depth.put(FeedGap(None, 0, NS, "skipped", now))
    two.depth.put(FeedEnded("the API key is refused", now, exit_code=1))
    (fault, gap), status = two.got.of(ApiFault), two.got.of(FeedStatus)[-1]
    assert (fault.final, fault.endpoint, fault.detail) == (False, "depth", "deep: refused")
    assert (gap.detail, gap.endpoint) == ("deep: skipped", "depth")
    assert not two.got.of(FeedGap), "the tape goes on: nobody is blind"
    assert (status.connected, status.detail) == (True, "no depth: deep: the API key is refused")


def test_a_late_tape_has_no_book_of_now() -> None:
    two = Two(delay_seconds=900)
    two.book(2)
    two.feed.stop()
    assert two.shown.depth_label == "NBBO, 1 level; deep is not for a late tape"
    assert two.told() == []


def test_a_tape_that_turns_out_to_be_late_loses_the_book(two: Two) -> None:
    two.quote(1)
    two.book(2)
    two.tape.shown = Capabilities("tape", "live", "there", streaming=True, delay_seconds=900)
    two.tape.put(FeedStatus("open", 1, 5, 1, connected=True, capabilities=two.tape.shown, arrival=Arrival.now()))
    lost(two)


def test_a_late_book_and_one_of_one_level_are_not_used(two: Two) -> None:
    two.depth.put(batch(Book(2 * NS, 2, *NBBO), vouched_ns=2 * NS))
    assert two.shown.depth_levels == 1
    late = Capabilities("deep", "live", "there", depth_levels=10, delay_seconds=900)
    two.depth.put(SymbolCapabilities("ACME", late, Arrival.now()))
    two.book(3)
    assert two.told() == []
    assert two.shown.depth_label == "NBBO, 1 level; deep is late"


def test_symbols_and_urgency_reach_both(two: Two) -> None:
    two.feed.set_symbols(["ACME", "BOLT"])
    two.feed.set_urgency(["BOLT"])
    assert two.tape.symbols == two.depth.symbols == ("ACME", "BOLT")
    assert two.tape.urgent == two.depth.urgent == ("BOLT",)
    assert two.got.of(SymbolCapabilities, "BOLT")


class _Locked(Market):
    """Two servers advance it, each in its thread."""

    lock = threading.Lock()

    def advance(self, to_ns: int) -> None:
        with self.lock:
            super().advance(to_ns)


@contextmanager
def both(*faults: Fault) -> Iterator[Collector]:
    """One market behind Alpaca's wire and Databento's, and what a feed of both tells."""
    served = DatabentoMarket.of(SYMBOLS, seed=5, now_ns=time.time_ns(), history_ns=20 * NANOS)
    served.market.__class__ = _Locked
    gateway = Gateway(served, key=SECRET, faults=FaultPlan(faults))
    with http(alpaca_app(served.market, FaultPlan())) as (tape,), listening(gateway.serve) as depth:
        feed, got = CompositeFeed(alpaca_feed(tape), databento_feed(depth), stale_seconds=1.0), Collector()
        feed.start(SYMBOLS, got)
        try:
            yield got
        finally:
            feed.stop()


def deep(one: SymbolCapabilities) -> bool:
    return one.symbol == "ACME" and one.capabilities.depth_levels == 10


def test_one_market_behind_two_wires() -> None:
    with both() as got:
        got.wait(SymbolCapabilities, deep)
        mark = got.mark()
        got.wait(
            Batch, lambda one: one.symbol == "ACME" and any(type(e) is Print for e in one.events), count=3, since=mark
        )
        events = [event for one in got.of(Batch, "ACME") for event in one.events]
        prints = [(event.time_ns, event.trade_id) for event in events if isinstance(event, Print)]
        assert len(prints) == len(set(prints))
        assert all(trade_id for _, trade_id in prints)
        assert [len(event.bids) for event in events if isinstance(event, Book)][-1] == 10
        assert any(isinstance(event, Quote) for event in events)


def test_a_dead_depth_source_falls_back_and_returns() -> None:
    with both(Fault("stream", "silence", frames=40)) as got:
        got.wait(SymbolCapabilities, deep)
        mark = got.mark()
        got.wait(SymbolCapabilities, lambda one: "databento shows none" in one.capabilities.depth_label, since=mark)
        got.wait(Batch, lambda one: any(isinstance(e, Gap) and not e.tape for e in one.events), since=mark)
        got.wait(SymbolCapabilities, deep, since=mark)
    assert not got.of(FeedEnded)
