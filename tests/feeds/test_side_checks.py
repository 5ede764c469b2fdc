"""The quotes of a span are fetched once before a polled burst is told (issue: "sides unsure")."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.config.schema import OrderFlowConfig
from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.model.events import SideCheckResult
from orderflow_tui.core.model.outputs import SideCheckRequested
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import ApiFault, Batch
from orderflow_tui.feeds.polygon.feed import PolygonFeed
from orderflow_tui.journal.writer import JournalWriter
from orderflow_tui.monitor.monitor import Monitor
from orderflow_tui.positions import PositionManager
from tests.feeds.collector import Collector, is_tape
from tests.feeds.fake_polygon import Config, FakePolygon, Fault, Handler, hang, say, status

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
    assert feed.join(60)


def asked(host: FakePolygon, symbol: str = "KO") -> SideCheckRequested:
    """About the prints of eight and seven seconds ago."""
    rows = host.market.trades[symbol]
    return SideCheckRequested(symbol, rows[2]["sip_timestamp"], 5, rows[1]["sip_timestamp"])


def answers(got: Collector) -> list[SideCheckResult]:
    return [event for batch in got.of(Batch) for event in batch.events if isinstance(event, SideCheckResult)]


def told(got: Collector) -> SideCheckResult:
    got.wait(Batch, lambda batch: any(isinstance(event, SideCheckResult) for event in batch.events))
    return answers(got)[-1]


def test_one_request_brings_the_quotes_in_force_and_the_prints_of_the_span(
    host: FakePolygon, got: Collector, feed: PolygonFeed
) -> None:
    question = asked(host)
    for offset, bid, ask in ((-3, 9.99, 10.0), (0, 9.99, 10.0), (0.5, 10.0, 10.01), (0.6, 0, 10.01)):
        host.market.quoted("KO", bid, ask, at=question.from_ns + round(offset * NS))
    host.market.quoted("KO", 1.0, 2.0, at=question.from_ns - 6 * NS)
    feed.request_side_check(question)
    answer = told(got)
    assert (answer.key, answer.answered, answer.time_ns) == (5, True, question.time_ns)
    # The first print is from before the span: the tick test starts from it.
    assert [event.size for event in answer.prints] == [109, 108, 107]
    # The second quote changed no price; one side is empty in the last; of those before the span only the last counts.
    assert [(book.bids, book.asks) for book in answer.quotes] == [
        (((99_900, 0),), ((100_000, 0),)),
        (((100_000, 0),), ((100_100, 0),)),
        ((), ((100_100, 0),)),
    ]
    (request,) = host.asked("/v3/quotes/KO")
    assert request.query == {
        "timestamp.lte": str(question.time_ns), "order": "desc", "sort": "timestamp", "limit": "100",
    }  # fmt: skip
    assert request.headers["authorization"].startswith("Bearer ")


def test_no_quotes_at_all_are_no_answer(host: FakePolygon, got: Collector, feed: PolygonFeed) -> None:
    feed.request_side_check(asked(host))
    mark = got.mark()
    got.wait(Batch, is_tape("KO"), count=3, since=mark)
    assert len(host.asked("/v3/quotes/KO")) == 1
    assert not any(answer.answered for answer in answers(got))


@pytest.mark.parametrize("hours", [0.1, 60])
def test_the_quote_in_force_may_be_hours_old(
    host: FakePolygon, got: Collector, feed: PolygonFeed, hours: float
) -> None:
    question = asked(host)
    host.market.quoted("KO", 9.99, 10.0, at=question.from_ns - round(hours * 3_600 * NS))
    host.market.quoted("KO", 1.00, 2.0, at=question.time_ns + 1)
    feed.request_side_check(question)
    (book,) = told(got).quotes
    assert book.bids == ((99_900, 0),)


def test_a_snapshot_whose_quote_is_older_than_the_print_proves_it_without_a_request(
    host: FakePolygon, got: Collector, feed: PolygonFeed
) -> None:
    host.market.quote("SPY")
    host.market.quote("KO", 9.99, 10.01, at=asked(host).from_ns - 3_600 * NS)
    got.wait(Batch, lambda batch: batch.symbol == "KO" and 0 < batch.quote_ns < asked(host).from_ns, since=got.mark())
    feed.request_side_check(asked(host))
    answer = told(got)
    assert [(book.bids, book.asks) for book in answer.quotes] == [(((99_900, 0),), ((100_100, 0),))]
    assert not host.asked("/v3/quotes/KO")


def test_a_snapshot_from_before_the_print_proves_nothing_and_the_next_one_does(
    host: FakePolygon, got: Collector, feed: PolygonFeed
) -> None:
    host.always("/v3/quotes", status(404))
    old = asked(host).from_ns - 3_600 * NS
    host.market.quote("KO", 9.99, 10.01, at=old)
    host.market.quote("SPY", at=asked(host).time_ns - NS)
    got.wait(Batch, lambda batch: batch.symbol == "KO" and 0 < batch.quote_ns <= old, count=2, since=got.mark())
    feed.request_side_check(asked(host))
    got.wait(ApiFault, lambda fault: fault.endpoint == "quotes")
    assert not any(answer.answered for answer in answers(got))
    host.market.quote("SPY")
    assert told(got).quotes


def test_a_busy_span_is_asked_for_again_with_all_its_quotes(
    host: FakePolygon, got: Collector, feed: PolygonFeed
) -> None:
    question = asked(host)
    host.market.quoted("KO", 9.90, 9.91, at=question.from_ns - 1)
    for number in range(150):
        host.market.quoted("KO", 9.99, 10.0 + number % 2 / 100, at=question.from_ns + number * 1_000)
    feed.request_side_check(question)
    assert len(told(got).quotes) == 151
    assert [seen.query["limit"] for seen in host.asked("/v3/quotes/KO")] == ["100", "50000"]


def test_a_host_with_small_pages_is_asked_again_and_what_it_covers_is_told(
    host: FakePolygon, got: Collector, feed: PolygonFeed
) -> None:
    question = asked(host)
    row = host.market.quoted("KO", 9.99, 10.0, at=question.from_ns + 1)
    page = {"status": "OK", "results": [row], "next_url": f"{host.url}/v3/quotes/KO?cursor=x"}
    host.always("/v3/quotes/KO", say(page))
    feed.request_side_check(question)
    assert len(told(got).quotes) == 1
    assert len(host.asked("/v3/quotes/KO")) == 2


def test_the_questions_of_one_name_share_a_request(host: FakePolygon, got: Collector, feed: PolygonFeed) -> None:
    question = asked(host)
    host.market.quoted("KO", 9.99, 10.0, at=question.from_ns - NS)
    release = threading.Event()

    def slowly(handler: Handler) -> None:
        release.wait(60)
        handler.reply(*host.answer(handler.seen.path, handler.seen.query))

    host.script("/v3/quotes/KO", slowly)
    feed.request_side_check(question)
    end = time.monotonic() + 60
    while not host.asked("/v3/quotes/KO"):
        assert time.monotonic() < end
        time.sleep(0.005)
    rows = host.market.trades["KO"]
    for key in range(6, 30):
        at = rows[key % 2 + 1]["sip_timestamp"]
        feed.request_side_check(SideCheckRequested("KO", at, key, at, at + 50_000_000))
    release.set()
    got.wait(Batch, lambda batch: any(isinstance(e, SideCheckResult) and e.key == 29 for e in batch.events))
    found = answers(got)
    assert sorted(answer.key for answer in found) == list(range(5, 30))
    assert all(len(answer.quotes) == 1 for answer in found)
    assert [[p.size for p in answer.prints][-1] for answer in found if answer.key in (6, 7)] == [108, 107]
    assert len(host.asked("/v3/quotes/KO")) == 2


def test_a_question_that_nobody_waits_for_any_more_is_dropped(
    host: FakePolygon, got: Collector, feed: PolygonFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orderflow_tui.feeds.live.side_checks.OPEN_SECONDS", 0.0)
    question = asked(host)
    host.market.quoted("KO", 9.99, 10.0, at=question.from_ns - NS)
    feed.request_side_check(question)
    got.wait(Batch, is_tape("KO"), count=3, since=got.mark())
    assert not host.asked("/v3/quotes/KO")
    assert not any(answer.answered for answer in answers(got))


def test_hung_questions_leave_the_polls_their_workers(host: FakePolygon, got: Collector) -> None:
    names = [f"N{letter}" for letter in "ABCDEFGH"]
    for name in names:
        host.market.quote(name)
        host.market.trade(name, at=time.time_ns() - 2 * NS)
    host.always("/v3/quotes", hang)
    feed = PolygonFeed(host.config(), cycle_seconds=0.05)
    try:
        feed.start(names, got)
        got.wait(Batch, is_tape("NH"))
        now = time.time_ns()
        for name in names:
            feed.request_side_check(SideCheckRequested(name, now, 1, now - 10 * NS))
        end = time.monotonic() + 60
        while len(host.asked("/v3/quotes")) < 2:
            assert time.monotonic() < end
            time.sleep(0.005)
        mark = got.mark()
        for name in names:
            got.wait(Batch, is_tape(name), count=3, since=mark)
        assert not got.of(ApiFault)
        assert len(host.asked("/v3/quotes")) == 2
    finally:
        host.released.set()
        feed.stop()
        assert feed.join(60)


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
    feed.request_side_check(asked(host))
    failed = got.wait(ApiFault, lambda told: told.endpoint == "quotes")
    assert (failed.error_type, failed.symbol) == (error_type, "KO")
    mark = got.mark()
    got.wait(Batch, is_tape("KO"), count=3, since=mark)
    assert len(host.asked("/v3/quotes/KO")) == 1
    assert not any(answer.answered for answer in answers(got))
    assert feed.capabilities.side_check == "asked"


def test_a_plan_without_past_quotes_is_asked_once(host: FakePolygon, got: Collector, feed: PolygonFeed) -> None:
    host.always("/v3/quotes/KO", status(403, {"status": "NOT_AUTHORIZED", "message": "not entitled"}))
    feed.request_side_check(asked(host))
    assert got.wait(ApiFault, lambda told: told.endpoint == "quotes").error_type == "403"
    assert feed.capabilities.quotes
    # From here on snapshots alone can tell, and they tell both: that a quote stood, and that nobody will know.
    question = asked(host)
    host.market.quote("SPY")
    unproven = SideCheckRequested("KO", question.time_ns, 6, question.from_ns)
    host.market.quote("KO", 9.99, 10.01, at=question.from_ns)
    feed.request_side_check(unproven)
    assert not told(got).answered
    host.market.quote("KO", 9.99, 10.01, at=question.from_ns - NS)
    mark = got.mark()
    got.wait(Batch, lambda batch: batch.symbol == "KO" and 0 < batch.quote_ns < question.from_ns, since=mark)
    feed.request_side_check(SideCheckRequested("KO", question.time_ns, 7, question.from_ns))
    got.wait(Batch, lambda batch: any(isinstance(e, SideCheckResult) and e.key == 7 for e in batch.events), since=mark)
    assert answers(got)[-1].answered
    assert len(host.asked("/v3/quotes/KO")) == 1
    assert len(got.of(ApiFault)) == 1


def test_a_symbol_that_is_gone_is_answered_without_prints(host: FakePolygon, got: Collector, feed: PolygonFeed) -> None:
    question = asked(host)
    host.market.quoted("PEP", 1.0, 1.01, at=question.from_ns)
    feed.request_side_check(SideCheckRequested("PEP", question.time_ns, 1, question.from_ns))
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
        deadline = time.monotonic() + 60
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
        watch.monitor.stop(timeout=60)


def test_from_the_wire_to_the_journal_an_unconfirmed_burst_is_told_unsure(host: FakePolygon, tmp_path: Path) -> None:
    host.always("/v3/quotes/KO", hang)
    watch = Watch(host, tmp_path)
    try:
        burst = watch.record("order_flow_alert")
        assert burst["text"].endswith(", sides unsure")
        assert not burst["exit_eligible"]
        assert watch.record("order_flow.api_error")["error_type"] == "timeout"
    finally:
        watch.monitor.stop(timeout=60)
    assert not any(b"exit_signal" in path.read_bytes() for path in tmp_path.glob("*.jsonl"))


def test_a_run_that_ends_tells_what_it_kept_back(host: FakePolygon, tmp_path: Path) -> None:
    host.always("/v3/quotes/KO", hang)
    watch = Watch(host, tmp_path)
    deadline = time.monotonic() + 60
    while not host.asked("/v3/quotes/KO"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    watch.monitor.stop(timeout=60)
    assert watch.record("order_flow_alert")["text"].endswith(", sides unsure")


def test_the_question_goes_before_the_polls_that_are_due(host: FakePolygon, got: Collector) -> None:
    names = [f"N{letter}" for letter in "ABCDEFGHIJKL"]
    for name in names:
        host.market.quote(name)
        host.market.trade(name, at=time.time_ns() - 2 * NS)
    feed = PolygonFeed(Config(host.url, requests_per_second=20.0))
    try:
        feed.start(names, got)
        got.wait(Batch, is_tape("NL"))
        now = time.time_ns()
        before = len(host.seen)
        host.market.quoted("NA", 9.99, 10.0, at=now - 11 * NS)
        feed.request_side_check(SideCheckRequested("NA", now, 1, now - 10 * NS))
        got.wait(Batch, lambda batch: any(isinstance(event, SideCheckResult) for event in batch.events))
        polled = [seen.path for seen in host.seen[before:]]
        # Four workers may have had a poll in hand already, each waiting for the budget.
        assert polled.index("/v3/quotes/NA") <= 4
    finally:
        feed.stop()
        assert feed.join(60)
