from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orderflow_tui.core.model.events import Book, Halt, Print, TapeCovered
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import ApiFault, BadPayload, BandNote, Batch, FeedStatus
from orderflow_tui.feeds.live.retry import RetryPolicy
from orderflow_tui.feeds.polygon.feed import PolygonFeed
from orderflow_tui.feeds.polygon.stream import stream_url
from tests.feeds.collector import Collector
from tests.feeds.fake_polygon import SNAPSHOTS, Config, FakePolygon, status
from tests.feeds.fake_stream import FakeStream, deaf, evict, refuse, silent

QUICK = RetryPolicy(base_delay=0.02, max_delay=0.1)
Start = Callable[..., PolygonFeed]
VENDOR = "wss://socket.polygon.io/stocks"


@pytest.fixture
def stream(host: FakePolygon) -> Iterator[FakeStream]:
    with FakeStream(host) as server:
        yield server


@pytest.fixture
def got() -> Collector:
    return Collector()


@pytest.fixture
def start(host: FakePolygon, stream: FakeStream, got: Collector) -> Iterator[Start]:
    feeds: list[PolygonFeed] = []

    def begin(*symbols: str, **options: Any) -> PolygonFeed:
        changes = options.pop("changes", {})
        options = {"cycle_seconds": 0.1, "live_seconds": 1.0, "policy": QUICK, "stream_pace": 10.0, **options}
        feed = PolygonFeed(stream.config(**changes), **options)
        feeds.append(feed)
        feed.start(symbols, got)
        return feed

    host.market.timeframe = "REAL-TIME"
    host.market.quote("SPY", 500, 500.01)
    host.market.quote("KO", 70.0, 70.02)
    yield begin
    for feed in feeds:
        feed.stop()
    assert all(feed.join(60) for feed in feeds)


def streamed(got: Collector, symbol: str = "KO") -> list[Batch]:
    return [batch for batch in got.of(Batch, symbol) if batch.channel == "stream"]


def joined(got: Collector, stream: FakeStream, symbol: str = "KO") -> None:
    """Wait until the stream is this symbol's tape: the only thing that vouches in a tape batch."""
    got.wait(Batch, lambda b: b.symbol == symbol and b.channel == "tape" and b.vouched_ns > 0, since=got.mark())


def covers(batch: Batch) -> bool:
    """Whether it says up to when the tape is known."""
    return batch.symbol == "KO" and any(isinstance(event, TapeCovered) for event in batch.events)


def delivered(got: Collector, symbol: str = "KO") -> list[Print]:
    return [event for batch in got.of(Batch, symbol) for event in batch.events if isinstance(event, Print)]


def ids(got: Collector, symbol: str = "KO") -> list[str]:
    return [event.trade_id for event in delivered(got, symbol)]


def has(got: Collector, trade_id: str, symbol: str = "KO", since: int = 0) -> Batch:
    return got.wait(
        Batch,
        lambda b: b.symbol == symbol and any(isinstance(e, Print) and e.trade_id == trade_id for e in b.events),
        since=since,
    )


def state(got: Collector, text: str, since: int = 0) -> FeedStatus:
    return got.wait(FeedStatus, lambda s: s.stream.startswith(text), since=since)


def test_a_stream_carries_prints_quotes_and_bands_once_the_polls_have_covered_its_beginning(
    host: FakePolygon, stream: FakeStream, got: Collector, start: Start
) -> None:
    host.market.trade("KO", 70.01, 100)
    feed = start("KO")
    state(got, "stream")
    stream.until_subscribed({f"{kind}.{name}" for kind in ("T", "Q", "LULD") for name in ("KO", "SPY")})
    joined(got, stream)
    assert feed.capabilities.streaming
    asked = len(host.asked("/v3/trades/KO"))
    stream.quote("KO", 70.01, 70.03, size=500)
    stream.trade("KO", 70.01, 250, rest=False)
    batch = has(got, "2")
    (book,) = [e for b in got.of(Batch, "KO") for e in b.events if isinstance(e, Book) and e.bids[0][0] == 700_100]
    assert (book.bids, book.asks) == (((700_100, 600),), ((700_300, 500),))
    assert batch.channel == "tape"
    assert ids(got) == ["1", "2"]
    stream.send({"ev": "LULD", "T": "KO", "h": 77.0, "l": 63.0, "i": [21], "z": 3, "t": time.time_ns(), "q": 1})
    band = got.wait(BandNote)
    assert (band.symbol, band.lower, band.upper) == ("KO", 630_000, 770_000)
    joined(got, stream)
    assert len(host.asked("/v3/trades/KO")) == asked


def test_what_both_ways_bring_is_delivered_once_and_in_order(stream: FakeStream, got: Collector, start: Start) -> None:
    start("KO")
    state(got, "stream")
    for number in range(60):
        stream.trade("KO", 70.01, 10 + number)
        time.sleep(0.05)
    joined(got, stream)
    stream.trade("KO", 70.01, 7)
    has(got, "61")
    assert ids(got) == [str(number) for number in range(1, 62)]
    assert sum(batch.duplicates for batch in got.of(Batch, "KO")) > 0


def test_after_a_drop_the_polls_fill_the_gap_and_the_stream_comes_back(
    host: FakePolygon, stream: FakeStream, got: Collector, start: Start
) -> None:
    feed = start("KO")
    joined(got, stream)
    stream.trade("KO", 70.01, 10)
    has(got, "1")
    mark = got.mark()
    stream.cut()
    host.market.trade("KO", 70.0, 20)
    has(got, "2")
    fault = got.wait(ApiFault)
    assert (fault.error_type, fault.endpoint, fault.symbol) == ("network", "stream", None)
    state(got, "stream", since=mark)
    joined(got, stream)
    stream.trade("KO", 69.99, 30, rest=False)
    has(got, "3")
    assert ids(got) == ["1", "2", "3"]
    assert stream.opened == 2
    assert feed.capabilities.streaming
    assert "auth" in stream.said


def test_told_that_another_program_streams_with_the_key_it_polls_and_says_so(
    stream: FakeStream, got: Collector, start: Start
) -> None:
    stream.script(evict, evict)
    start("KO", stream_pace=60.0)
    first = state(got, "poll for 60 s")
    assert "another program streams with this key" in first.stream
    second = state(got, "poll for 120 s")
    assert second.connected
    faults = [fault for fault in got.of(ApiFault) if fault.endpoint == "stream"]
    assert [fault.error_type for fault in faults] == ["429", "429"]
    state(got, "stream")
    assert stream.opened == 3


def test_a_plan_without_the_stream_polls_and_calls_it_a_fact(
    host: FakePolygon, stream: FakeStream, got: Collector, start: Start
) -> None:
    stream.refuse_kinds = {"T"}
    start("KO")
    state(got, "poll: the stream is not in your plan")
    host.market.trade("KO", 70.0, 20)
    has(got, "1")
    assert not got.of(ApiFault)


def test_a_stream_that_must_be_there_is_a_fault_when_it_is_not(
    stream: FakeStream, got: Collector, start: Start
) -> None:
    stream.script(refuse("auth_failed", "authentication failed"))
    start("KO", changes={"stream": "on"})
    fault = got.wait(ApiFault)
    assert (fault.error_type, fault.detail) == ("403", "stream: the stream refuses the key")


def test_a_plan_without_streamed_quotes_streams_prints_and_polls_books(
    host: FakePolygon, stream: FakeStream, got: Collector, start: Start
) -> None:
    stream.refuse_kinds = {"Q"}
    feed = start("KO")
    state(got, "stream")
    assert not feed.capabilities.streaming
    mark = got.mark()
    host.market.quote("KO", 71.0, 71.02)
    got.wait(Batch, lambda b: b.channel == "book" and any(isinstance(e, Book) for e in b.events), since=mark)
    stream.trade("KO", 71.0, 5, rest=False)
    has(got, "1")
    before = len(got.of(Batch, "KO"))
    got.wait(Batch, covers, since=got.mark())
    tape = [batch for batch in got.of(Batch, "KO")[before:] if batch.channel == "tape"]
    assert not any(batch.vouched_ns for batch in tape), "prints that stream on do not prove a polled book current"


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (silent, "no answer in time"),
        (deaf, "no answer to a subscription"),
        (refuse("error", "internal"), "error: internal"),
        (refuse("auth_timeout", "No authentication request received."), "auth_timeout"),
        (lambda server, connection: connection.send(b"\xff{garbage"), "unreadable frame"),
        (lambda server, connection: connection.close(1011, "keepalive"), "1011"),
    ],
    ids=["silent", "deaf", "error", "auth_timeout", "garbage", "1011"],
)
def test_a_connection_of_no_use_is_given_up_and_tried_again(  # noqa: PLR0917
    stream: FakeStream, got: Collector, start: Start, step: Any, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orderflow_tui.feeds.polygon.stream.ANSWER_SECONDS", 0.5)
    stream.script(step)
    start("KO")
    fault = got.wait(ApiFault)
    assert said in fault.detail
    assert fault.endpoint == "stream"
    joined(got, stream)


def test_silence_in_an_open_market_is_a_dead_stream(stream: FakeStream, got: Collector, start: Start) -> None:
    start("KO")
    state(got, "stream")
    stream.beating = False
    fault = got.wait(ApiFault)
    assert fault.error_type == "timeout"
    assert "silent for" in fault.detail


def test_a_closed_market_may_be_silent(host: FakePolygon, stream: FakeStream, got: Collector, start: Start) -> None:
    host.market.state = "closed"
    stream.beating = False
    start("KO", stream_pace=100.0)
    state(got, "stream")
    time.sleep(1.0)
    assert not got.of(ApiFault)
    assert stream.opened == 1


def test_a_garbage_frame_costs_the_connection_and_no_print(stream: FakeStream, got: Collector, start: Start) -> None:
    start("KO")
    joined(got, stream)
    stream.trade("KO", 70.0, 1)
    stream.raw("not json at all")
    fault = got.wait(ApiFault)
    assert fault.error_type == "malformed"
    stream.trade("KO", 70.0, 2)
    joined(got, stream)
    stream.trade("KO", 70.0, 3)
    has(got, "3")
    assert ids(got) == ["1", "2", "3"]
    assert not got.of(BadPayload)


def test_unknown_kinds_and_foreign_symbols_are_skipped_and_the_rest_of_the_frame_used(
    stream: FakeStream, got: Collector, start: Start
) -> None:
    start("KO")
    joined(got, stream)
    event = stream.trade("KO", 70.0, 1, rest=False) | {"i": "77"}
    strange = [{"ev": "NOI", "T": "KO", "z": 1}, {**event, "sym": "XYZ", "i": "x"}, {**event, "ev": "WHAT"}, event]
    stream.raw(json.dumps(strange))
    has(got, "77")
    assert "x" not in ids(got, "XYZ")
    assert not got.of(BadPayload)


@pytest.mark.parametrize(
    ("spoil", "code", "channel"),
    [
        ({"p": "ten"}, "PAYLOAD_MALFORMED", "tape"),
        ({"p": -1.0}, "TAPE_PRICE", "tape"),
        ({"s": -5}, "TAPE_SIZE", "tape"),
        ({"p": 1e306}, "TAPE_PRICE", "tape"),
        ({"ev": "Q", "bp": 1e306}, "LEVEL2_PRICE", "book"),
        ({"t": 4_000_000_000_000}, "PAYLOAD_MALFORMED", "tape"),
        ({"ev": "Q", "bp": -1.0}, "LEVEL2_PRICE", "book"),
        ({"ev": "Q", "bp": 1.0, "bs": -1}, "LEVEL2_SIZE", "book"),
        ({"ev": "Q", "t": 4_000_000_000_000}, "LEVEL2_FUTURE", "book"),
        ({"ev": "LULD", "T": "KO", "h": 1.0, "l": 2.0, "i": [21]}, "LEVEL2_PRICE", "book"),
    ],
)
def test_a_bad_event_blinds_its_symbol_alone_and_the_polls_fill_the_hole(  # noqa: PLR0917
    host: FakePolygon, stream: FakeStream, got: Collector, start: Start, spoil: dict[str, Any], code: str, channel: str
) -> None:
    host.market.quote("PEP")
    start("KO", "PEP")
    joined(got, stream)
    joined(got, stream, "PEP")
    event = stream.trade("KO", 70.0, 1) | {"i": "9"} | spoil
    stream.raw(json.dumps([event]))
    host.market.trade("KO", 70.0, 9, id="9")
    bad = got.wait(BadPayload)
    assert (bad.symbol, bad.code, bad.channel, bad.quarantined) == ("KO", code, channel, False)
    stream.trade("PEP", 10.0, 4, rest=False)
    has(got, "1", "PEP")
    has(got, "9")
    joined(got, stream)
    assert ids(got) == ["1", "9"]
    assert {bad.symbol for bad in got.of(BadPayload)} == {"KO"}


def test_a_crossed_quote_is_skipped_for_a_second_and_then_blinds(
    stream: FakeStream, got: Collector, start: Start
) -> None:
    start("KO")
    joined(got, stream)
    mark = got.mark()
    stream.quote("KO", 70.05, 70.04)
    stream.quote("KO", 70.03, 70.04)
    got.wait(Batch, lambda b: any(isinstance(e, Book) and e.bids[0][0] == 700_300 for e in b.events), since=mark)
    assert not got.of(BadPayload)
    stream.quote("KO", 70.05, 70.05)
    bad = got.wait(BadPayload)
    assert bad.code == "LEVEL2_CROSSED"
    assert len(got.of(BadPayload)) == 1


def test_a_halt_and_its_end_reach_the_core(stream: FakeStream, got: Collector, start: Start) -> None:
    start("KO")
    joined(got, stream)
    halt = {"ev": "LULD", "T": "KO", "h": 77.0, "l": 63.0, "i": [17], "z": 3, "t": time.time_ns(), "q": 1}
    stream.send(halt)
    got.wait(Batch, lambda b: any(isinstance(e, Halt) and e.halted for e in b.events))
    stream.send(halt | {"i": [18], "t": time.time_ns()})
    got.wait(Batch, lambda b: any(isinstance(e, Halt) and not e.halted for e in b.events))
    # Names listed elsewhere are never told to have resumed: the first price made says so.
    mark = got.mark()
    stream.send(halt | {"t": time.time_ns()})
    got.wait(Batch, lambda b: any(isinstance(e, Halt) and e.halted for e in b.events), since=mark)
    time.sleep(0.005)  # a print's time is in milliseconds
    stream.trade("KO", 69.5, 100)
    batch = has(got, "1")
    assert [type(event) for event in batch.events] == [Halt, Print]
    assert not getattr(batch.events[0], "halted", True)


def test_symbols_come_and_go_while_it_runs(host: FakePolygon, stream: FakeStream, got: Collector, start: Start) -> None:
    host.market.quote("PEP")
    feed = start("KO")
    joined(got, stream)
    feed.set_symbols(["PEP"])
    joined(got, stream, "PEP")
    stream.until_subscribed({f"{kind}.{name}" for kind in ("T", "Q", "LULD") for name in ("PEP", "SPY")})
    feed.set_symbols(["PEP", "KO"])
    joined(got, stream, "KO")
    stream.trade("KO", 70.0, 3, rest=False)
    has(got, "1")
    assert stream.opened == 1


def test_a_quiet_streamed_symbol_is_vouched_for_by_the_heartbeat(
    host: FakePolygon, stream: FakeStream, got: Collector, start: Start
) -> None:
    start("KO")
    joined(got, stream)
    mark, now = got.mark(), time.time_ns()
    beat = got.wait(Batch, lambda b: b.symbol == "KO" and b.vouched_ns >= now - NS // 100, since=mark)
    assert beat.channel == "tape"
    covered = got.wait(
        Batch, lambda b: any(isinstance(e, TapeCovered) and e.time_ns > now - NS // 2 for e in b.events), since=mark
    )
    assert not [event for event in covered.events if isinstance(event, Print)]
    rows = [seen for seen in host.asked(SNAPSHOTS) if seen.query["tickers"] == "KO,SPY"]
    assert len(rows) < 60


def test_no_redirect_of_the_handshake_is_followed(host: FakePolygon, got: Collector) -> None:
    with FakePolygon() as listener, FakePolygon() as elsewhere:
        listener.always("/stocks", status(302, b"", Location=elsewhere.url.replace("http", "ws") + "/stocks"))
        ws_url = listener.url.replace("http", "ws") + "/stocks"
        feed = PolygonFeed(host.config(stream="auto", polygon_ws_url=ws_url), policy=QUICK, stream_pace=10.0)
        feed.start(["KO"], got)
        fault = got.wait(ApiFault, lambda fault: fault.endpoint == "stream")
        feed.stop()
        assert feed.join(60)
        assert fault.detail == "stream: HTTP 302: the address points elsewhere, which is not followed"
        assert listener.asked("/stocks")
        assert not elsewhere.seen


def test_a_key_that_the_stream_echoes_is_neither_journaled_nor_painted(
    stream: FakeStream, got: Collector, start: Start
) -> None:
    stream.script(refuse("error", "x" * 170 + " test-key-SECRET"))
    start("KO", stream_pace=0.3)
    fault = got.wait(ApiFault)
    said = got.wait(FeedStatus, lambda status: "xxx" in status.stream)
    for text in (fault.detail, said.stream):
        assert not any("test-key-SECRET"[at : at + 6] in text for at in range(10))


def test_the_key_goes_into_one_message_and_no_address(stream: FakeStream, got: Collector, start: Start) -> None:
    stream.script(refuse("error", "bad key test-key-SECRET"))
    start("KO")
    fault = got.wait(ApiFault)
    assert "SECRET" not in fault.detail
    assert "SECRET" not in stream.url


@pytest.mark.parametrize(
    ("base", "ws", "source", "delayed", "expected"),
    [
        ("https://api.polygon.io", VENDOR, "polygon", False, VENDOR),
        ("https://api.polygon.io", VENDOR, "polygon", True, "wss://delayed.polygon.io/stocks"),
        ("http://127.0.0.1:81", VENDOR, "polygon", False, "ws://127.0.0.1:81/stocks"),
        ("http://localhost:81", VENDOR, "polygon", True, "ws://localhost:81/stocks"),
        ("http://sim.example:81", VENDOR, "simulator", False, "ws://sim.example:81/stocks"),
        ("https://proxy.example", VENDOR, "polygon", False, VENDOR),
        ("https://api.polygon.io", "ws://127.0.0.1:7", "polygon", True, "ws://127.0.0.1:7/stocks"),
    ],
)
def test_where_the_stream_is(base: str, ws: str, source: str, delayed: bool, expected: str) -> None:
    config = Config(base, data_source=source, polygon_ws_url=ws, stream="auto")
    assert stream_url(config, vendor=VENDOR, delayed=delayed) == expected
