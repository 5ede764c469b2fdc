from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import ApiFault, BadPayload, Batch, FeedEnded, FeedGap, FeedStatus, SymbolNote
from orderflow_tui.feeds.live import link, poll_faults
from orderflow_tui.feeds.live.retry import RetryPolicy
from orderflow_tui.feeds.polygon import tape
from orderflow_tui.feeds.polygon.feed import PolygonFeed
from tests.feeds.collector import Collector, is_book, is_tape
from tests.feeds.fake_polygon import (
    SNAPSHOTS,
    FakePolygon,
    Handler,
    after,
    bomb,
    cut_body,
    drip_body,
    drop,
    hang,
    say,
    status,
)

QUICK = RetryPolicy(base_delay=0.02, max_delay=0.1, max_retry_after=0.3)
Start = Callable[..., PolygonFeed]


@pytest.fixture
def got() -> Collector:
    return Collector()


@pytest.fixture
def start(host: FakePolygon, got: Collector) -> Iterator[Start]:
    feeds: list[PolygonFeed] = []

    def begin(*symbols: str, **options: Any) -> PolygonFeed:
        feed = PolygonFeed(host.config(), **{"cycle_seconds": 0.05, "live_seconds": 0.4, "policy": QUICK, **options})
        feeds.append(feed)
        feed.start(symbols, got)
        return feed

    host.market.timeframe = "REAL-TIME"
    for symbol in ("SPY", "KO", "IBM"):
        host.market.quote(symbol)
    yield begin
    for feed in feeds:
        feed.stop()
    host.released.set()
    assert all(feed.join(60) for feed in feeds)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll_faults, "TELL_AFTER_SECONDS", 0.5)
    monkeypatch.setattr(tape, "BACKFILL_SECONDS", 0.3)


def test_a_refused_key_ends_the_feed_at_once(host: FakePolygon, got: Collector, start: Start) -> None:
    host.always("/", status(401, {"status": "ERROR", "error": "Unknown API Key"}))
    feed = start("KO", "IBM")
    fault = got.wait(ApiFault)
    assert (fault.error_type, fault.status, fault.final) == ("401", 401, True)
    assert "Unknown API Key" in fault.detail
    assert got.wait(FeedEnded).exit_code == 1
    assert feed.join(60)
    assert len(got.of(ApiFault)) == len(got.of(FeedEnded)) == 1
    assert len(host.seen) <= 4


def test_what_the_plan_lacks_is_named_once_and_the_rest_goes_on(
    host: FakePolygon, got: Collector, start: Start
) -> None:
    message = {"status": "NOT_AUTHORIZED", "message": "You are not entitled to this data."}
    host.always("/v3/trades", status(403, message))
    feed = start("KO", "IBM")
    fault = got.wait(ApiFault)
    assert (fault.error_type, fault.status, fault.feature, fault.symbol) == ("403", 403, "trades", None)
    got.wait(Batch, is_book("KO"), count=8)
    assert len(got.of(ApiFault)) == 1
    assert len(host.asked("/v3/trades")) == 2
    assert not feed.capabilities.trades
    assert feed.capabilities.quotes
    got.wait(FeedStatus, lambda s: s.missing_features == ("trades",))


def test_a_plan_that_gained_what_it_lacked(
    host: FakePolygon, got: Collector, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll_faults, "NOT_IN_PLAN_SECONDS", 0.2)
    host.script(SNAPSHOTS, status(403, b""))
    feed = start("KO")
    assert got.wait(ApiFault).feature == "quotes"
    got.wait(Batch, is_book("KO"))
    got.wait(Batch, is_book("KO"), since=got.mark())
    assert feed.capabilities.quotes


def test_an_unknown_symbol_says_so_and_the_others_go_on(
    host: FakePolygon, got: Collector, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll_faults, "NOT_FOUND_SECONDS", 0.1)
    host.always("/v3/trades/KO", status(404, {"status": "NOT_FOUND", "message": "Ticker not found."}))
    start("KO", "IBM")
    note = got.wait(SymbolNote)
    assert (note.symbol, note.standing) == ("KO", "not_found")
    got.wait(Batch, is_tape("IBM"), count=4)
    host.always("/v3/trades/KO", None)
    got.wait(SymbolNote, lambda n: n.standing == "ok")
    assert len(got.of(SymbolNote)) == 2
    assert not got.of(ApiFault)


@pytest.mark.parametrize("code", [400, 404])
def test_a_symbol_that_spoils_the_joint_request_is_left_out(
    host: FakePolygon, got: Collector, start: Start, code: int
) -> None:
    def picky(handler: Handler) -> None:
        names = handler.seen.query.get("tickers", handler.seen.path.rsplit("/", 1)[-1])
        if "BAD" in names:
            handler.reply(code, {"message": "bad ticker"})
        else:
            handler.reply(*handler.server.answer(handler.seen.path, handler.seen.query))

    host.always(SNAPSHOTS, picky)
    start("KO", "BAD", "IBM")
    note = got.wait(SymbolNote)
    assert (note.symbol, note.standing) == ("BAD", "not_found")
    got.wait(Batch, is_book("KO"), count=3)
    got.wait(Batch, is_book("IBM"), count=3)
    assert not got.of(ApiFault)


def test_a_joint_request_refused_for_nobodys_sake_is_a_fault(host: FakePolygon, got: Collector, start: Start) -> None:
    host.script(SNAPSHOTS, status(404, b"404 page not found"))
    start("KO")
    fault = got.wait(ApiFault)
    assert (fault.error_type, fault.status, fault.endpoint) == ("404", 404, "snapshot")
    got.wait(Batch, is_book("KO"))


def test_too_many_requests_slow_all_and_are_told_when_they_last(
    host: FakePolygon, got: Collector, start: Start
) -> None:
    host.always("/v3/trades", status(429, Retry_After="9999"))
    start("KO", "IBM")
    fault = got.wait(ApiFault)
    # Four attempts of two symbols, and one more of each that may have begun before this was looked at.
    assert len(host.asked("/v3/trades")) <= 10
    assert (fault.error_type, fault.status) == ("429", 429)
    got.wait(FeedStatus, lambda s: s.detail.startswith("rate limited"))
    host.always("/v3/trades", None)
    got.wait(Batch, is_tape("KO"))
    got.wait(Batch, is_book("IBM"), since=got.mark())


def test_a_long_hold_is_told_while_every_worker_waits_for_it(host: FakePolygon, got: Collector, start: Start) -> None:
    host.always("/v3/trades", status(429, Retry_After="30"))
    start("KO", "IBM", "A", "B", policy=RetryPolicy())
    got.wait(FeedStatus, lambda s: s.detail.startswith("rate limited, 2"), count=2)
    assert got.wait(ApiFault).error_type == "429"


def test_a_blip_is_no_fault(host: FakePolygon, got: Collector, start: Start) -> None:
    host.script("/v3/trades/KO", status(502, b"<html><title>502</title>"), status(429, b""), drop)
    host.script(SNAPSHOTS, cut_body, status(500))
    start("KO")
    got.wait(Batch, is_tape("KO"))
    got.wait(Batch, is_book("KO"))
    assert not got.of(ApiFault)


@pytest.mark.parametrize(
    "fault_and_word", [(status(502, b"<html>"), "5xx"), (drop, "network"), (drip_body, "timeout"), (hang, "timeout")]
)
def test_a_dead_symbol_holds_up_nobody(
    host: FakePolygon, got: Collector, start: Start, impatient: None, fault_and_word: tuple[Any, str]
) -> None:
    fault, word = fault_and_word
    host.always("/v3/trades/KO", fault)
    start("KO", "IBM")
    told = got.wait(ApiFault)
    assert (told.error_type, told.symbol, told.endpoint) == (word, "KO", "trades")
    mark = got.mark()
    got.wait(Batch, is_tape("IBM"), count=5, since=mark)
    got.wait(Batch, is_book("KO"), count=5, since=mark)
    host.always("/v3/trades/KO", None)
    got.wait(Batch, is_tape("KO"))


def test_a_next_page_that_is_not_there_is_no_missing_symbol(host: FakePolygon, got: Collector, start: Start) -> None:
    row = host.market.trade("KO")
    page = {"status": "OK", "results": [row], "next_url": f"{host.url}/v3/trades/KO?cursor=gone"}
    host.script("/v3/trades/KO", say(page), status(404, {"status": "NOT_FOUND", "message": "cursor"}))
    start("KO")
    told = got.wait(ApiFault)
    assert (told.error_type, told.symbol, told.endpoint) == ("malformed", "KO", "trades")
    assert "the next page is not there" in told.detail
    mark = got.mark()
    got.wait(Batch, is_tape("KO"), count=3, since=mark)
    assert [event.trade_id for event in got.prints("KO")] == ["1"]


def test_many_hung_symbols_leave_workers_for_the_others(
    host: FakePolygon, got: Collector, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tape, "BACKFILL_SECONDS", 0.5)
    names = [f"H{number}" for number in range(8)]
    for name in names:
        host.always(f"/v3/trades/{name}", hang)
    start(*names, "IBM")
    got.wait(Batch, is_tape("IBM"), count=6)
    again = sorted(seen.at for seen in host.asked("/v3/trades/H"))[len(names) :]
    assert all(later - earlier > 0.3 for earlier, later in pairwise(again))


def test_a_slow_symbol_holds_up_nobody(host: FakePolygon, got: Collector, start: Start) -> None:
    host.always("/v3/trades/KO", after(0.25))
    start("KO", "IBM")
    got.wait(Batch, is_tape("KO"), count=2)
    assert len(got.batches("IBM", "tape")) > len(got.batches("KO", "tape"))


def test_one_fault_speaks_for_a_dead_connection_and_all_hurry_back(
    host: FakePolygon, got: Collector, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "OUTAGE_SECONDS", 0.3)
    policy = RetryPolicy(base_delay=0.05, factor=4, max_delay=60)
    start("KO", "IBM", policy=policy)
    got.wait(Batch, lambda b: is_tape("IBM")(b) and not b.backfill)
    monkeypatch.setattr(poll_faults, "TELL_AFTER_SECONDS", 0.3)
    host.always("/", drop)
    fault = got.wait(ApiFault)
    assert (fault.error_type, fault.symbol) == ("network", None)
    assert not got.wait(FeedStatus, lambda s: not s.connected).detail.startswith("rate")
    host.always("/", None)
    mark = got.mark()
    for fits in (is_book("KO"), is_tape("KO"), is_tape("IBM")):
        got.wait(Batch, fits, since=mark)
    assert not got.of(FeedGap)


def test_one_symbols_silence_is_its_own_gap(host: FakePolygon, got: Collector, start: Start) -> None:
    offset = [0]
    start("KO", "IBM", clock=lambda: time.time_ns() + offset[0])
    got.wait(Batch, lambda b: is_tape("KO")(b) and not b.backfill)
    host.always("/v3/trades/KO", status(503))
    got.wait(ApiFault, lambda f: f.symbol == "KO")
    for _ in range(3):
        offset[0] += 14 * NS
        got.wait(Batch, is_tape("IBM"), count=3, since=got.mark())
    host.always("/v3/trades/KO", None)
    gap = got.wait(FeedGap)
    assert gap.symbol == "KO"
    assert gap.to_ns - gap.from_ns > 30 * NS
    assert got.wait(Batch, is_tape("KO"), since=got.messages.index(gap)).backfill


@pytest.mark.parametrize("body", [b"not json", {}, [], {"status": "ERROR", "error": "down"}, {"results": 5}])
def test_a_malformed_envelope_counts_against_the_connection(
    host: FakePolygon, got: Collector, start: Start, body: Any
) -> None:
    host.script("/v3/trades/KO", say(body))
    start("KO")
    fault = got.wait(ApiFault)
    assert (fault.error_type, fault.status in (0, 200)) == ("malformed", True)
    got.wait(Batch, is_tape("KO"))
    assert not got.of(BadPayload)


def test_a_bomb_is_malformed_too(host: FakePolygon, got: Collector, start: Start) -> None:
    host.script(SNAPSHOTS, bomb(65))
    start("KO", live_seconds=5.0)
    assert got.wait(ApiFault).error_type == "malformed"
    got.wait(Batch, is_book("KO"))


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        ({"price": -1}, "TAPE_PRICE"),
        ({"size": -5}, "TAPE_SIZE"),
        ({"price": "ten"}, "PAYLOAD_MALFORMED"),
        ({"sip_timestamp": 4 * 10**18}, "PAYLOAD_MALFORMED"),
    ],
)
def test_a_bad_print_is_refused_twice_and_then_set_aside(
    host: FakePolygon, got: Collector, start: Start, spoil: Any, code: str
) -> None:
    host.market.trade("KO", id="good")
    host.market.trade("KO", id="bad").update(spoil)
    host.market.trade("IBM")
    start("KO", "IBM")
    got.wait(Batch, is_tape("KO"), count=3)
    bad = got.of(BadPayload)
    assert [(item.symbol, item.channel, item.code, item.quarantined) for item in bad] == [
        ("KO", "tape", code, False), ("KO", "tape", code, False), ("KO", "tape", code, True),
    ]  # fmt: skip
    assert [event.trade_id for event in got.prints("KO")] == ["good"]


def test_a_foreign_format_is_never_set_aside(host: FakePolygon, got: Collector, start: Start) -> None:
    for _ in range(20):
        host.market.trade("KO").pop("price")
    start("KO")
    assert "19 more rows" in got.wait(BadPayload, count=6).detail
    assert not [bad for bad in got.of(BadPayload) if bad.quarantined]
    assert not got.batches("KO", "tape")


def test_a_defect_in_a_poll_is_told_and_silences_nothing(
    host: FakePolygon, got: Collector, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("KO\n")

    monkeypatch.setattr("orderflow_tui.feeds.polygon.feed.BookPoller.messages", broken)
    start("KO")
    fault = got.wait(ApiFault)
    assert fault.error_type == "malformed"
    assert fault.detail == "books: ZeroDivisionError('KO\\n')"
    got.wait(Batch, is_tape("KO"), count=3)


def test_a_clock_that_is_off_is_said(host: FakePolygon, got: Collector, start: Start) -> None:
    host.market.state = "closed"
    start("KO", clock=lambda: time.time_ns() + 90 * NS)
    assert got.wait(FeedStatus, lambda s: bool(s.detail)).detail.endswith("s ahead")


def test_stop_never_waits_for_a_hung_host(host: FakePolygon, got: Collector, start: Start) -> None:
    host.always("/", hang)
    feed = start("KO")
    while not host.seen:
        threading.Event().wait(0.01)
    feed.stop()
    assert feed.join(60)
    assert not got.of(FeedEnded)
