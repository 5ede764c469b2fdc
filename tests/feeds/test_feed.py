from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Gap, Print, TapeCovered
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.feeds.feed import BadPayload, Batch, Feed, FeedGap, FeedStatus, SymbolNote
from orderflow_tui.feeds.live.retry import RetryPolicy
from orderflow_tui.feeds.polygon import size_check
from orderflow_tui.feeds.polygon.feed import PolygonFeed
from tests.feeds.collector import Collector, is_book, is_tape, shown
from tests.feeds.fake_polygon import SNAPSHOTS, FakePolygon, Handler

QUICK = RetryPolicy(base_delay=0.02, max_delay=0.1)
Start = Callable[..., PolygonFeed]


@pytest.fixture(autouse=True)
def _near_servers() -> None:
    """What a source allows for a vendor's lag is what is asked about here."""


@pytest.fixture
def got() -> Collector:
    return Collector()


@pytest.fixture
def start(host: FakePolygon, got: Collector) -> Iterator[Start]:
    feeds: list[PolygonFeed] = []

    def begin(*symbols: str, config: Any = None, **options: Any) -> PolygonFeed:
        options = {"cycle_seconds": 0.05, "live_seconds": 0.6, "policy": QUICK, **options}
        feed = PolygonFeed(config or host.config(), **options)
        feeds.append(feed)
        feed.start(symbols, got)
        return feed

    host.market.timeframe = "REAL-TIME"
    host.market.quote("SPY", 500, 500.01)
    yield begin
    for feed in feeds:
        feed.stop()
    assert all(feed.join(60) for feed in feeds)


def test_books_and_prints_arrive(host: FakePolygon, got: Collector, start: Start) -> None:
    host.market.quote("KO", 70.0, 70.02)
    host.market.trade("KO", 70.01, 200, conditions=[37])
    feed: Feed = start("KO")
    book = got.wait(Batch, is_book("KO"))
    assert (shown(book).bids, shown(book).asks) == (((700_000, 400),), ((700_200, 300),))
    assert book.vouched_ns >= book.quote_ns > 0
    tape = got.wait(Batch, is_tape("KO"))
    gap, first, covered = tape.events
    assert isinstance(gap, Gap)
    assert isinstance(first, Print)
    assert (first.price, first.size, first.trade_id) == (700_100, 200, "1")
    assert isinstance(covered, TapeCovered)
    assert tape.backfill
    assert covered.time_ns <= tape.arrival.wall_ns - NS
    live = got.wait(Batch, lambda b: is_tape("KO")(b) and not b.backfill)
    assert live.events
    assert feed.capabilities == Capabilities("polygon", "live", host.url.removeprefix("http://"), side_check="asked")
    status_now = got.wait(FeedStatus, lambda s: s.market == "open" and s.connected)
    assert status_now.requests_budget == 200
    with pytest.raises(RuntimeError):
        feed.start(["KO"], got)


def test_one_request_for_all_books_and_one_a_symbol_for_its_prints(
    host: FakePolygon, got: Collector, start: Start
) -> None:
    for symbol in ("A", "B", "C"):
        host.market.quote(symbol)
    start("A", "B", "C")
    for symbol in ("A", "B", "C"):
        got.wait(Batch, is_tape(symbol), count=4)
    assert {seen.query["tickers"] for seen in host.asked(SNAPSHOTS)} == {"A,B,C,SPY"}
    live = host.asked("/v3/trades/A")[-1].query
    assert (live["order"], live["limit"]) == ("asc", "5000")


def test_backfill_reaches_seven_minutes_back_in_pieces(host: FakePolygon, got: Collector, start: Start) -> None:
    now = time.time_ns()
    for number in range(1_200):
        host.market.trade("KO", at=now - 400 * NS + number * NS // 4)
    host.market.trade("KO", at=now - 500 * NS, id="too old")
    host.market.page_size = 700
    start("KO")
    got.wait(Batch, lambda b: is_tape("KO")(b) and not b.backfill)
    history = [batch for batch in got.batches("KO", "tape") if batch.backfill]
    prints = got.prints("KO")
    assert len(prints) == 1_200
    assert max(len(batch.events) for batch in history) <= 501
    assert [event.time_ns for event in prints] == sorted(event.time_ns for event in prints)
    assert got.covered("KO") == sorted(got.covered("KO"))
    assert int(host.asked("/v3/trades")[0].query["timestamp.gte"]) == pytest.approx(now - 420 * NS, abs=5 * NS)


def test_overlapping_polls_neither_miss_nor_repeat(host: FakePolygon, got: Collector, start: Start) -> None:
    at = time.time_ns() - 5 * NS
    host.market.trade("KO", 10.0, at=at, id="1", exchange=11)
    host.market.trade("KO", 10.0, at=at, id=None)
    start("KO")
    got.wait(Batch, is_tape("KO"), count=3)
    # At the same instant as prints seen before, even a little earlier, and the same id on another venue.
    host.market.trade("KO", 10.1, at=at, id="2")
    host.market.trade("KO", 10.2, at=at - NS, id="3")
    host.market.trade("KO", 10.3, at=at, id="1", exchange=12)
    host.market.trade("KO", 10.0, at=at, id=None, sequence_number=2)
    host.market.trade("KO", 10.4, at=at, size=0, id="4")
    host.market.trade("KO", 10.5, at=at, id="5", conditions=[16])
    host.market.trade("KO", 10.6, at=at, id="6", correction=8)
    got.wait(Batch, lambda b: is_tape("KO")(b) and b.skipped_prints == 1)
    got.wait(Batch, is_tape("KO"), count=3, since=got.mark())
    found = [(event.price, event.venue, event.trade_id) for event in got.prints("KO")]
    assert sorted(found) == [
        (100_000, 11, ""), (100_000, 11, ""), (100_000, 11, "1"), (101_000, 11, "2"), (102_000, 11, "3"), (103_000, 12, "1"),
    ]  # fmt: skip
    assert sum(batch.skipped_prints for batch in got.batches("KO", "tape")) == 1
    assert sum(batch.duplicates for batch in got.batches("KO", "tape")) > 0


def test_a_poll_that_is_cut_short_goes_on_where_it_was(host: FakePolygon, got: Collector, start: Start) -> None:
    start("KO")
    got.wait(Batch, is_tape("KO"), count=2)
    host.market.page_size = 2
    now = time.time_ns()
    for number in range(25):
        host.market.trade("KO", at=now + number)
    got.wait(Batch, lambda b: any(isinstance(e, Print) and e.trade_id == "25" for e in b.events))
    assert [event.trade_id for event in got.prints("KO")] == [str(number) for number in range(1, 26)]
    assert got.covered("KO") == sorted(got.covered("KO"))


def test_a_books_time_is_the_quotes_when_it_changed_and_the_vouched_instant_otherwise(
    host: FakePolygon, got: Collector, start: Start
) -> None:
    now = time.time_ns()
    host.market.quote("KO", at=now - 300 * NS)
    host.market.quote("SPY", at=now - 20 * NS)
    start("KO")
    first = got.wait(Batch, is_book("KO"))
    assert (shown(first).time_ns, first.quote_ns) == (now - 20 * NS, now - 300 * NS)
    host.market.quote("SPY", at=now - 10 * NS)
    quiet = got.wait(Batch, lambda b: is_book("KO")(b) and b.vouched_ns == now - 10 * NS)
    assert shown(quiet).time_ns == now - 10 * NS
    host.market.quote("KO", 10.01, 10.02, at=now - 5 * NS)
    moved = got.wait(Batch, lambda b: is_book("KO")(b) and b.quote_ns == now - 5 * NS)
    assert shown(moved).time_ns == now - 5 * NS
    host.market.quote("KO", 10.02, 10.03, at=now - 7 * NS)
    behind = got.wait(Batch, lambda b: is_book("KO")(b) and b.quote_ns == now - 7 * NS)
    assert shown(behind).time_ns == now - 5 * NS


def test_without_the_heartbeat_the_rows_own_times_vouch(host: FakePolygon, got: Collector, start: Start) -> None:
    del host.market.quotes["SPY"]
    host.market.quote("KO")
    start("KO")
    assert got.wait(Batch, is_book("KO")).vouched_ns == host.market.quotes["KO"]["updated"]
    assert not got.of(BadPayload)


def test_stale_data_blinds_while_open_and_not_while_closed(host: FakePolygon, got: Collector, start: Start) -> None:
    old = time.time_ns() - 45 * NS
    host.market.quote("KO", at=old)
    host.market.quote("SPY", at=old)
    feed = start("KO")
    assert got.wait(BadPayload).code == "LEVEL2_STALE"
    assert not got.batches("KO", "book")
    feed.stop()
    host.market.state = "closed"
    calm = Collector()
    closed = PolygonFeed(host.config(), cycle_seconds=0.05)
    closed.start(["KO"], calm)
    calm.wait(Batch, is_book("KO"))
    closed.stop()
    assert closed.join(60)
    assert not calm.of(BadPayload)


def test_without_market_status_the_market_counts_as_open(host: FakePolygon, got: Collector, start: Start) -> None:
    host.market.state = None
    host.market.timeframe = None
    host.market.quote("KO", at=time.time_ns() - 45 * NS)
    host.market.quote("SPY", at=time.time_ns() - 45 * NS)
    start("KO")
    assert got.wait(BadPayload).code == "LEVEL2_STALE"
    assert got.wait(FeedStatus).market == "unknown"


@pytest.mark.parametrize("said_by", ["timeframe", "envelope"])
def test_delayed_data_is_known_as_such(host: FakePolygon, got: Collector, start: Start, said_by: str) -> None:
    if said_by == "timeframe":
        host.market.timeframe = "DELAYED"
    else:
        host.market.timeframe, host.market.envelope = None, "DELAYED"
    late = time.time_ns() - 903 * NS
    host.market.quote("KO", at=late)
    host.market.quote("SPY", at=late)
    host.market.trade("KO", at=late)
    feed = start("KO")
    got.wait(Batch, is_book("KO"))
    got.wait(Batch, lambda b: any(isinstance(e, Print) for e in b.events))
    assert feed.capabilities.delay_seconds == 900
    assert got.covered("KO")[-1] <= time.time_ns() - 901 * NS
    assert not got.of(BadPayload)


def test_a_future_quote_is_refused(host: FakePolygon, got: Collector, start: Start) -> None:
    host.market.quote("KO", at=time.time_ns() + 60 * NS)
    host.market.quote("IBM")
    start("KO", "IBM")
    assert got.wait(BadPayload).code == "LEVEL2_FUTURE"
    assert got.wait(Batch, is_book("IBM")).vouched_ns <= time.time_ns()


def test_a_crossed_quote_is_skipped_once_then_blinds(host: FakePolygon, got: Collector, start: Start) -> None:
    host.market.quote("KO", 10.0, 10.01)
    start("KO")
    got.wait(Batch, is_book("KO"))
    asked = len(host.asked(SNAPSHOTS))
    host.market.quote("KO", 10.02, 10.01)
    assert got.wait(BadPayload).code == "LEVEL2_CROSSED"
    assert len(host.asked(SNAPSHOTS)) >= asked + 2
    host.market.quote("KO", 10.0, 10.01)
    got.wait(Batch, is_book("KO"), since=got.mark())


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        ({"p": -1.0}, "LEVEL2_PRICE"),
        ({"S": 0}, "LEVEL2_SIZE"),
        ({"S": -3}, "LEVEL2_SIZE"),
        ({"P": "ten"}, "PAYLOAD_MALFORMED"),
        ({"t": -1}, "PAYLOAD_MALFORMED"),
    ],
)
def test_one_bad_row_spoils_no_other_symbol(
    host: FakePolygon, got: Collector, start: Start, spoil: Any, code: str
) -> None:
    host.market.quote("BAD")["lastQuote"].update(spoil)
    host.market.quote("KO")
    start("BAD", "KO")
    bad = got.wait(BadPayload, count=4)
    assert (bad.symbol, bad.channel, bad.code, bad.quarantined) == ("BAD", "book", code, False)
    got.wait(Batch, is_book("KO"))
    assert {bad.symbol for bad in got.of(BadPayload)} == {"BAD"}


def test_a_row_without_a_name_blinds_whoever_is_missing(host: FakePolygon, got: Collector, start: Start) -> None:
    host.market.quote("BAD")["ticker"] = 5
    host.market.quote("KO")
    start("BAD", "KO")
    assert got.wait(BadPayload).symbol == "BAD"
    got.wait(Batch, is_book("KO"))


def test_missing_quotes_and_missing_rows_are_noted_once(host: FakePolygon, got: Collector, start: Start) -> None:
    host.market.quote("KO")
    row = host.market.quote("NOQ")
    quote = row.pop("lastQuote")
    feed = start("KO", "NOQ", "ZZZ")
    got.wait(SymbolNote, lambda n: (n.symbol, n.standing) == ("NOQ", "no_quotes"))
    got.wait(SymbolNote, lambda n: (n.symbol, n.standing) == ("ZZZ", "not_found"))
    got.wait(Batch, is_book("KO"), count=5)
    assert len(got.of(SymbolNote)) == 2
    assert feed.capabilities.quotes
    row["lastQuote"] = quote
    host.market.quote("ZZZ")
    got.wait(SymbolNote, lambda n: (n.symbol, n.standing) == ("NOQ", "ok"))
    got.wait(SymbolNote, lambda n: (n.symbol, n.standing) == ("ZZZ", "ok"))


def test_a_plan_without_quotes_says_so(host: FakePolygon, got: Collector, start: Start) -> None:
    for symbol in ("KO", "SPY"):
        del host.market.quote(symbol)["lastQuote"]
    feed = start("KO")
    got.wait(SymbolNote, lambda n: n.standing == "no_quotes")
    got.wait(Batch, is_tape("KO"), count=3)
    assert not feed.capabilities.quotes


def test_a_cleared_snapshot_is_no_quote_and_no_fault(host: FakePolygon, got: Collector, start: Start) -> None:
    host.market.quotes["KO"] = {"ticker": "KO", "updated": 0, "lastQuote": {"P": 0, "S": 0, "p": 0, "s": 0, "t": 0}}
    start("KO")
    assert got.wait(SymbolNote).standing == "no_quotes"
    assert not got.of(BadPayload)


def test_symbols_come_and_go(host: FakePolygon, got: Collector, start: Start) -> None:
    for symbol in ("KO", "IBM"):
        host.market.quote(symbol)
        host.market.trade(symbol, at=time.time_ns() - 60 * NS)
    feed = start("KO")
    got.wait(Batch, is_book("KO"))
    feed.set_symbols(["IBM", "IBM"])
    assert got.wait(Batch, is_tape("IBM")).backfill
    got.wait(Batch, is_book("IBM"))
    mark = got.mark()
    got.wait(Batch, is_book("IBM"), count=3, since=mark)
    late = [m for m in got.messages[mark + 4 :] if isinstance(m, Batch) and m.symbol == "KO"]
    assert late == []
    feed.set_symbols([])


def test_unknown_sale_conditions_are_counted_and_regular(host: FakePolygon, got: Collector, start: Start) -> None:
    host.market.trade("KO", conditions=[777, 14])
    feed = start("KO")
    got.wait(Batch, is_tape("KO"), count=3)
    assert got.prints("KO")[0].flags == 7
    assert isinstance(feed, PolygonFeed)
    assert feed.unknown_conditions == {777: 1}


def test_the_snapshots_unit_is_checked_against_shares(host: FakePolygon, got: Collector, start: Start) -> None:
    row = host.market.quote("KO", 10.0, 10.01, size=3)
    row["lastQuote"]["s"] = 5
    host.market.nbbo["KO"] = {**row["lastQuote"], "S": 300, "s": 500, "T": "KO"}
    start("KO")
    note = got.wait(BadPayload, lambda b: b.quarantined)
    assert (note.symbol, note.code, note.detail) == ("KO", "LEVEL2_SIZE", "snapshot sizes are lots of 100: corrected")
    book = got.wait(Batch, lambda b: is_book("KO")(b) and shown(b).bids[0][1] == 500)
    assert shown(book).asks[0][1] == 300


def test_the_snapshots_unit_is_checked_again_every_15_minutes(
    host: FakePolygon, got: Collector, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert size_check.AGAIN_SECONDS == 900
    monkeypatch.setattr(size_check, "AGAIN_SECONDS", 0.05)
    row = host.market.quote("KO", 10.0, 10.01, size=3)
    in_shares = {"S": 300, "s": 10_300}
    host.market.nbbo["KO"] = {**row["lastQuote"], **in_shares, "T": "KO"}
    start("KO")
    got.wait(BadPayload, lambda b: b.detail == "snapshot sizes are lots of 100: corrected")
    row["lastQuote"] |= in_shares
    got.wait(BadPayload, lambda b: b.detail == "snapshot sizes are shares: corrected")


def test_the_simulators_books_have_ten_levels(host: FakePolygon, got: Collector, start: Start) -> None:
    now = time.time_ns()
    host.market.books = {
        "KO": {"ticker": "KO", "t": now, "bids": [[10.0, 100], [9.99, 200]], "asks": [[10.01, 50], [10.02, 60]]}
    }
    feed = start("KO", config=host.config(data_source="simulator", polygon_api_key=None))
    book = got.wait(Batch, is_book("KO"))
    assert len(shown(book).bids) == 2
    assert (feed.capabilities.depth_levels, feed.capabilities.source_class) == (10, "simulated")
    assert not host.asked(SNAPSHOTS)
    host.market.books = None
    host.market.quote("KO")
    got.wait(Batch, lambda b: is_book("KO")(b) and len(shown(b).bids) == 1)
    assert feed.capabilities.depth_levels == 1


def test_a_slow_budget_makes_the_round_longer(host: FakePolygon, got: Collector, start: Start) -> None:
    host.market.quote("A")
    start("A", "B", "C", config=host.config(requests_per_second=10.0))
    found = got.wait(FeedStatus, lambda s: s.cycle_seconds == 0.5)
    assert found.requests_budget == 10
    got.wait(Batch, is_tape("C"), count=3)
    at = sorted(seen.at for seen in host.seen)
    # As the server saw them, whose own delays are in it; the limiter itself is exact (test_rate_limit).
    assert all(later - earlier >= 0.9 for earlier, later in zip(at, at[10:], strict=False))


def test_a_silence_is_told_before_what_followed_it(host: FakePolygon, got: Collector, start: Start) -> None:
    skipped = threading.Event()
    host.market.quote("KO")
    start("KO", clock=lambda: time.time_ns() + (200 * NS if skipped.is_set() else 0))
    got.wait(Batch, lambda b: is_tape("KO")(b) and not b.backfill)

    def silent(handler: Handler) -> None:
        """The poll in hand tells of nothing; the next one begins when all has passed."""
        answer = host.answer(handler.seen.path, handler.seen.query)
        host.market.trade("KO", at=time.time_ns() + 100 * NS, id="meanwhile")
        skipped.set()
        handler.reply(*answer)

    mark = got.mark()
    host.script("/v3/trades/KO", silent)
    gap = got.wait(FeedGap)
    assert gap.symbol is None
    assert gap.to_ns - gap.from_ns > 190 * NS
    batch = got.wait(Batch, lambda b: any(isinstance(e, Print) for e in b.events), since=mark)
    assert batch.backfill
    assert got.messages.index(gap) < got.messages.index(batch)
    got.wait(Batch, lambda b: is_tape("KO")(b) and not b.backfill, since=got.messages.index(batch))
    assert len(got.of(FeedGap)) == 1


def test_a_feed_needs_a_key_for_the_vendor(host: FakePolygon) -> None:
    with pytest.raises(DataValidationError):
        PolygonFeed(host.config(polygon_api_key=None))


def test_stopping_ends_every_thread_and_connection(host: FakePolygon, got: Collector, start: Start) -> None:
    host.market.quote("KO")
    feed = start("KO")
    got.wait(Batch, is_book("KO"))
    feed.stop()
    assert feed.join(60)
    asked = len(host.seen)
    feed.stop()
    assert len(host.seen) == asked
