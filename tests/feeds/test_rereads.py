"""SPEC 4.4: recent minutes are read again, when the budget has room, to learn of corrections and busts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from orderflow_tui.core.model.events import Gap, TapeCorrection
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Batch
from orderflow_tui.feeds.polygon.feed import PolygonFeed
from orderflow_tui.feeds.polygon.rereads import Rereads
from orderflow_tui.feeds.polygon.rest_calls import Gateway
from orderflow_tui.feeds.polygon.tape import SymbolTape
from tests.feeds.collector import Collector
from tests.feeds.fake_polygon import Config, FakePolygon


@pytest.fixture
def got() -> Collector:
    return Collector()


class Reader:
    """A tape that has been polled up to now, and the rereads over it; its clock stands still at half a minute."""

    def __init__(self, host: FakePolygon, put: Collector) -> None:
        self.now_ns = time.time_ns() // (60 * NS) * 60 * NS - 30 * NS
        self.stop = threading.Event()
        config = Config(host.url, requests_per_second=100.0)
        self.gateway = Gateway(
            config, clock=lambda: self.now_ns, stop=self.stop, deadline_seconds=5.0, on_reply=lambda _: None
        )
        self.tape = SymbolTape("AAA", put, self.stop)
        self.rereads = Rereads(self.gateway, put, {"AAA": self.tape})

    def poll(self) -> None:
        self.tape.poll(self.gateway, self.now_ns, delay=lambda: 0, gap_ns=30 * NS, told_until=lambda: 0)


@pytest.fixture
def reader(host: FakePolygon, got: Collector) -> Iterator[Reader]:
    reader = Reader(host, got)
    yield reader
    reader.gateway.session.close()


def rereads(got: Collector) -> list[TapeCorrection]:
    return [event for batch in got.of(Batch) for event in batch.events if isinstance(event, TapeCorrection)]


def minute_before_last(now_ns: int) -> int:
    """First second of the newest minute that has been over for a minute."""
    return (now_ns // NS - 1) // 60 * 60 - 120


def test_a_minute_is_read_once_with_what_the_tape_says_now(host: FakePolygon, got: Collector, reader: Reader) -> None:
    first = minute_before_last(reader.now_ns)
    host.market.trade("AAA", at=(first + 10) * NS)
    busted = host.market.trade("AAA", size=90_000, at=(first + 20) * NS)
    host.market.trade("AAA", size=0, at=(first + 30) * NS, decimal_size="0.5")
    host.market.trade("AAA", at=(first + 61) * NS)
    reader.poll()
    busted["correction"] = 8
    late = host.market.trade("AAA", size=300, at=(first + 15) * NS)
    host.market.trades["AAA"].sort(key=lambda row: row["sip_timestamp"])
    assert late in host.market.trades["AAA"]
    reader.rereads.turn()
    (event,) = rereads(got)
    assert (event.from_second, event.time_ns) == (first, (first + 60) * NS)
    assert [(one.time_ns // NS - first, one.size) for one in event.prints] == [(10, 100), (15, 300)]
    reader.rereads.turn()
    assert len(rereads(got)) == 1


def test_a_page_with_a_bad_row_changes_nothing(host: FakePolygon, got: Collector, reader: Reader) -> None:
    first = minute_before_last(reader.now_ns)
    row = host.market.trade("AAA", at=(first + 10) * NS)
    reader.poll()
    row["price"] = -1
    reader.rereads.turn()
    assert rereads(got) == []


def test_before_the_first_answer_nothing_is_read(host: FakePolygon, got: Collector, reader: Reader) -> None:
    host.market.trades["AAA"] = []
    assert reader.rereads.turn() >= 1
    assert not host.seen


def test_the_tape_is_unknown_before_what_was_asked_and_silence_within_is_known(
    host: FakePolygon, got: Collector, reader: Reader
) -> None:
    host.market.trades["AAA"] = []
    reader.poll()
    reader.poll()
    gaps = [event for batch in got.of(Batch) for event in batch.events if isinstance(event, Gap)]
    (gap,) = gaps
    assert 410 * NS < reader.now_ns - gap.time_ns < 440 * NS


def test_the_feed_reads_again_by_itself(host: FakePolygon, got: Collector) -> None:
    host.market.quote("SPY", 500.0, 500.01)
    host.market.quote("AAA")
    host.market.trade("AAA", at=(minute_before_last(time.time_ns()) + 10) * NS)
    feed = PolygonFeed(Config(host.url), cycle_seconds=0.05, reread_after=0.2)
    feed.start(["AAA"], got)
    try:
        got.wait(Batch, lambda batch: any(isinstance(event, TapeCorrection) for event in batch.events))
    finally:
        feed.stop()
        assert feed.join(60)
