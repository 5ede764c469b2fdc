"""The quotes of a span are fetched once before a polled burst is told (issue: "sides unsure")."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.config import OrderFlowConfig
from orderflow_tui.core.data_models import Position
from orderflow_tui.core.events import SidesTold
from orderflow_tui.core.outputs import SidesAsked
from orderflow_tui.core.units import NS
from orderflow_tui.feeds.feed import ApiFault, Batch
from orderflow_tui.feeds.polygon.feed import PolygonFeed
from orderflow_tui.journal.writer import JournalWriter
from orderflow_tui.monitor import Monitor
from orderflow_tui.positions import PositionManager
from tests.feeds.collector import Collector, is_tape
from tests.feeds.fake_polygon import Config, FakePolygon, Fault, hang, say, status

Start = Callable[..., PolygonFeed]


@pytest.fixture
def got() -> Collector:
    return Collector()


@pytest.fixture
def feed(host: FakePolygon, got: Collector) -> Iterator[PolygonFeed]:
    now = time.time_ns()
    host.market.quote("KO")
    for age in (9, 8, 7):
        host.market.trade("KO", 10.0, 100 + age, at=now - age * NS)
    feed = PolygonFeed(host.config(), cycle_seconds=0.1)
    feed.start(["KO"], got)
    got.wait(Batch, is_tape("KO"))
    yield feed
    feed.stop()
    assert feed.join(10)


def asked(host: FakePolygon, symbol: str = "KO") -> SidesAsked:
    """About the prints of eight and seven seconds ago."""
    rows = host.market.trades[symbol]
    return SidesAsked(symbol, rows[2]["sip_timestamp"], 5, rows[1]["sip_timestamp"])


def answers(got: Collector) -> list[SidesTold]:
    return [event for batch in got.of(Batch) for event in batch.events if isinstance(event, SidesTold)]


def told(got: Collector) -> SidesTold:
    got.wait(Batch, lambda batch: any(isinstance(event, SidesTold) for event in batch.events))
    return answers(got)[-1]


def test_one_request_brings_the_quotes_in_force_and_the_prints_of_the_span(
    host: FakePolygon, got: Collector, feed: PolygonFeed
) -> None:
    question = asked(host)
    for offset, bid, ask in ((-3, 9.99, 10.0), (0, 9.99, 10.0), (0.5, 10.0, 10.01), (0.6, 0, 10.01)):
        host.market.quoted("KO", bid, ask, at=question.from_ns + round(offset * NS))
    host.market.quoted("KO", 1.0, 2.0, at=question.from_ns - 6 * NS)
    feed.tell_sides(question)
    answer = told(got)
    assert (answer.key, answer.answered, answer.time_ns) == (5, True, question.time_ns)
    assert [event.size for event in answer.prints] == [108, 107]
    # The second quote changed no price; one side is empty in the last; what lies outside the span was not asked for.
    assert [(book.bids, book.asks) for book in answer.quotes] == [
        (((99_900, 0),), ((100_000, 0),)),
        (((100_000, 0),), ((100_100, 0),)),
        ((), ((100_100, 0),)),
    ]
    (request,) = host.asked("/v3/quotes/KO")
    assert request.query == {
        "timestamp.gte": str(question.from_ns - 5 * NS), "order": "asc", "sort": "timestamp", "limit": "50000",
    }  # fmt: skip
    assert request.headers["authorization"].startswith("Bearer ")


def test_no_quotes_at_all_is_no_answer(host: FakePolygon, got: Collector, feed: PolygonFeed) -> None:
    feed.tell_sides(asked(host))
    assert not told(got).answered


@pytest.mark.parametrize(
    ("fault", "error_type"),
    [
        pytest.param(status(500), "5xx", id="500"),
        pytest.param(status(404), "404", id="404"),
        pytest.param(
            say({"status": "OK", "results": [{"sip_timestamp": "soon"}]}), "malformed", id="a row that is none"
        ),
        pytest.param(
            say({"status": "OK", "results": [{"sip_timestamp": 1, "bid_price": -1.0}]}), "malformed", id="below 0"
        ),
        pytest.param(hang, "timeout", id="hung"),
    ],
)
def test_a_request_that_fails_is_told_once_and_not_repeated(
    fault: Fault, error_type: str, host: FakePolygon, got: Collector, feed: PolygonFeed
) -> None:
    host.always("/v3/quotes/KO", fault)
    feed.tell_sides(asked(host))
    failed = got.wait(ApiFault, lambda told: told.endpoint == "quotes")
    assert (failed.error_type, failed.symbol) == (error_type, "KO")
    mark = got.mark()
    got.wait(Batch, is_tape("KO"), count=3, since=mark)
    assert len(host.asked("/v3/quotes/KO")) == 1
    assert not answers(got)
    assert feed.capabilities.side_check == "asked"


def test_a_plan_without_past_quotes_is_asked_once(host: FakePolygon, got: Collector, feed: PolygonFeed) -> None:
    host.always("/v3/quotes/KO", status(403, {"status": "NOT_AUTHORIZED", "message": "not entitled"}))
    feed.tell_sides(asked(host))
    assert got.wait(ApiFault, lambda told: told.endpoint == "quotes").error_type == "403"
    assert feed.capabilities.side_check == "refused"
    assert feed.capabilities.quotes


def test_a_symbol_that_is_gone_is_answered_without_prints(host: FakePolygon, got: Collector, feed: PolygonFeed) -> None:
    question = asked(host)
    host.market.quoted("PEP", 1.0, 1.01, at=question.from_ns)
    feed.tell_sides(SidesAsked("PEP", question.time_ns, 1, question.from_ns))
    assert told(got).prints == ()


class Watch:
    """A monitor over polls of KO: seven quiet minutes, then ten seconds of sells at the bid."""

    def __init__(self, host: FakePolygon, directory: Path) -> None:
        now = time.time_ns() // NS * NS
        self.directory = directory
        host.market.quote("KO", 10.00, 10.02)
        host.market.quoted("KO", 10.00, 10.02, at=now - 14 * NS)
        for second in range(-425, -12):
            host.market.trade("KO", 10.02, 100, at=now + second * NS + NS // 2)
        for part in range(100):
            host.market.trade("KO", 10.00, 100, at=now - 12 * NS + part * NS // 10)
        config = OrderFlowConfig(data_source="polygon", profile="plan", polygon_api_key="test-key-SECRET")
        writer = JournalWriter(directory, data_source="polygon", source_class="live", profile="plan", run_id="run-1")
        self.monitor = Monitor(
            PolygonFeed(host.config(), cycle_seconds=0.1),
            PositionManager.fixed([Position("KO", 1_000, Decimal("10.00"))]),
            _Fixed(config),
            writer,
            profile="plan",
            source_label="LIVE polygon",
        )
        self.monitor.start()

    def record(self, event: str) -> dict[str, Any]:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            for path in self.directory.glob("*.jsonl"):
                for line in path.read_bytes().rpartition(b"\n")[0].splitlines():
                    record: dict[str, Any] = json.loads(line)
                    if record["event"] == event:
                        return record
            time.sleep(0.02)
        raise AssertionError(f"no {event}")


class _Fixed:
    message = ""

    def __init__(self, config: OrderFlowConfig) -> None:
        self._config = config

    def poll(self) -> bool:
        return False

    def for_symbol(self, _: str) -> OrderFlowConfig:
        return self._config


def test_from_the_wire_to_the_journal_a_confirmed_burst_recommends_leaving(host: FakePolygon, tmp_path: Path) -> None:
    watch = Watch(host, tmp_path)
    try:
        burst = watch.record("order_flow_alert")
        assert burst["details"]["sides"] == "by quotes"
        assert watch.record("order_flow.exit_signal_triggered")["symbol"] == "KO"
    finally:
        watch.monitor.stop(timeout=5)


def test_from_the_wire_to_the_journal_an_unconfirmed_burst_is_told_unsure(host: FakePolygon, tmp_path: Path) -> None:
    host.always("/v3/quotes/KO", hang)
    watch = Watch(host, tmp_path)
    try:
        burst = watch.record("order_flow_alert")
        assert burst["text"].endswith(", sides unsure")
        assert not burst["exit_eligible"]
        assert watch.record("order_flow.api_error")["error_type"] == "timeout"
    finally:
        watch.monitor.stop(timeout=5)
    assert not any(b"exit_signal" in path.read_bytes() for path in tmp_path.glob("*.jsonl"))


def test_a_run_that_ends_tells_what_it_kept_back(host: FakePolygon, tmp_path: Path) -> None:
    host.always("/v3/quotes/KO", hang)
    watch = Watch(host, tmp_path)
    deadline = time.monotonic() + 15
    while not host.asked("/v3/quotes/KO"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    watch.monitor.stop(timeout=5)
    assert watch.record("order_flow_alert")["text"].endswith(", sides unsure")


def test_the_question_goes_before_the_polls_that_are_due(host: FakePolygon, got: Collector) -> None:
    names = [f"N{letter}" for letter in "ABCDEFGHIJKL"]
    for name in names:
        host.market.quote(name)
        host.market.trade(name, at=time.time_ns() - 2 * NS)
    feed = PolygonFeed(Config(host.url, requests_per_second=5.0))
    try:
        feed.start(names, got)
        got.wait(Batch, is_tape("NL"))
        now = time.time_ns()
        before = len(host.seen)
        feed.tell_sides(SidesAsked("NA", now, 1, now - 10 * NS))
        got.wait(Batch, lambda batch: any(isinstance(event, SidesTold) for event in batch.events))
        polled = [seen.path for seen in host.seen[before:]]
        # Four workers may have had a poll in hand already, each waiting for the budget.
        assert polled.index("/v3/quotes/NA") <= 4
    finally:
        feed.stop()
        assert feed.join(10)
