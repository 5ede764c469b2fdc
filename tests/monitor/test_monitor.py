"""SPEC 4.7, 6, 7: the monitor between a feed and the journal, without a screen."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest
from msgspec.structs import replace

from orderflow_tui.config.schema import OrderFlowConfig
from orderflow_tui.core.learning.learned_sizes import SessionStats
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.data_models import Answer, Position, WorkingOrder
from orderflow_tui.core.model.events import REGULAR, SELL, SIDE_GIVEN, Book, Event, Gap, Print, TapeCovered
from orderflow_tui.core.model.outputs import SideCheckRequested
from orderflow_tui.core.model.units import NS
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
from orderflow_tui.journal.recommendations import journaled_recommendations
from orderflow_tui.journal.writer import JournalWriter
from orderflow_tui.monitor.followup_store import FollowUpStore
from orderflow_tui.monitor.learned_store import LearnedStore
from orderflow_tui.monitor.monitor import Monitor
from orderflow_tui.monitor.resume import EarlierRuns
from orderflow_tui.monitor.stores import Stores
from orderflow_tui.monitor.watched_symbols import WatchedSymbols
from orderflow_tui.positions import PositionManager
from orderflow_tui.views.frozen_views import RecommendationView, SymbolView
from orderflow_tui.views.market_card import group_cards
from tests.journal.journal_tools import whole

CAPABILITIES = Capabilities("polygon", "live", "api.example", depth_levels=1)


class HandFeed:
    """A feed whose messages the test puts by hand."""

    def __init__(self, capabilities: Capabilities = CAPABILITIES) -> None:
        self.capabilities = capabilities
        self.put: Put = lambda _: None
        self.symbols: tuple[str, ...] = ()
        self.started = threading.Event()
        self.stopped = False

    def start(self, symbols: Iterable[str], put: Put) -> None:
        self.symbols, self.put = tuple(symbols), put
        self.started.set()

    def set_symbols(self, symbols: Iterable[str]) -> None:
        self.symbols = tuple(symbols)

    def request_side_check(self, asked: SideCheckRequested) -> None:
        """Nobody asks."""

    def set_urgency(self, symbols: Sequence[str]) -> None:
        pass

    def stop(self) -> None:
        self.stopped = True


class Fixed:
    """Thresholds that do not change unless the test says so."""

    def __init__(self, config: OrderFlowConfig) -> None:
        self.config = config
        self.message = ""
        self.changed = False

    def poll(self) -> bool:
        changed, self.changed = self.changed, False
        return changed

    def for_symbol(self, symbol: str) -> OrderFlowConfig:
        return self.config


class Desk:
    """A running monitor and what it wrote."""

    def __init__(self, directory: Path, *, positions: PositionManager | None = None, **settings: Any) -> None:
        self.directory = directory
        self.feed = HandFeed()
        self.positions = positions or PositionManager.fixed([Position("BAC", 1_000, Decimal("10.00"))])
        self.config = Fixed(OrderFlowConfig(data_source="replay", **settings))
        writer = JournalWriter(
            directory, data_source="polygon", source_class="live", profile=self.config.config.profile, run_id="run-1"
        )
        self.monitor = Monitor(
            self.feed,
            self.positions,
            self.config,
            writer,
            profile=self.config.config.profile,
            source_label="LIVE polygon",
            earlier=EarlierRuns(
                journaled_recommendations(directory, "live"),
                learned=LearnedStore(directory),
                followed=FollowUpStore(directory, "live"),
            ),
            publish_hz=50.0,
        )
        self.monitor.start()
        assert self.feed.started.wait(5)
        self.put(FeedStatus("open", 1.0, 5.0, 1.0, connected=True, capabilities=CAPABILITIES, arrival=Arrival.now()))

    def put(self, message: FeedMessage) -> None:
        self.feed.put(message)

    def events(self, *events: Event, symbol: str = "BAC", vouched_ns: int = 0) -> None:
        self.put(Batch(symbol, "tape", events, Arrival.now(), vouched_ns=vouched_ns or time.time_ns()))

    def records(self) -> list[dict[str, Any]]:
        lines = [
            line
            for path in sorted(self.directory.glob("*.jsonl"))
            for line in path.read_bytes().rpartition(b"\n")[0].splitlines()
        ]
        return [json.loads(line) for line in lines]

    def named(self, event: str) -> list[dict[str, Any]]:
        return [record for record in self.records() if record["event"].endswith(event)]

    def until(self, event: str, count: int = 1) -> list[dict[str, Any]]:
        """The records of a kind, once there are as many; fails after ten seconds."""
        deadline = time.monotonic() + 10
        while len(found := self.named(event)) < count:
            assert time.monotonic() < deadline, f"no {event}: {[r['event'] for r in self.records()]}"
            time.sleep(0.01)
        return found

    def view(self, chip: str, detail: str = "") -> SymbolView:
        deadline = time.monotonic() + 10
        while True:
            view = self.monitor.views().get("BAC")
            if view is not None and view.chip == chip and detail in view.chip_detail:
                return view
            assert time.monotonic() < deadline, view
            time.sleep(0.01)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "journal")
    yield desk
    desk.monitor.stop(timeout=5)
    assert desk.monitor.failure is None


def three_sellers(now_ns: int) -> list[Event]:
    """Three sells of 12,000 at one price, 31 s apart, the last just now."""
    start = now_ns - 63 * NS
    events: list[Event] = [Book(start - NS, 1, ((100_000, 500),), ((100_100, 500),))]
    for number in range(3):
        at = start + number * 31 * NS
        events.append(Print(at, number + 2, 100_000, 12_000, REGULAR | SIDE_GIVEN, SELL, 11, trade_id=str(number)))
        events.append(TapeCovered(at + NS))
    return events


def recent_sellers(now_ns: int) -> list[Event]:
    """The same inside the last 30 seconds, at three prices, so that none of it is late."""
    start = now_ns - 20 * NS
    events: list[Event] = [Book(start - NS, 1, ((100_000, 500),), ((100_100, 500),))]
    for number in range(3):
        at = start + number * 5 * NS
        price = 100_000 - 500 * number
        events.append(Print(at, number + 2, price, 12_000, REGULAR | SIDE_GIVEN, SELL, 11, trade_id=str(number)))
    events.append(TapeCovered(start + 12 * NS))
    return events


def test_the_run_is_framed_by_records(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.monitor.stop("quit", timeout=5)
    first, *_, last = desk.records()
    assert first["event"] == "order_flow.run_started"
    assert last["event"] == "order_flow.run_stopped"
    assert last["reason"] == "quit"
    assert {"count", "p50_us", "p99_us", "max_us"} <= set(last["writes"])
    assert all(isinstance(record["latency_ms"], float) and record["latency_ms"] >= 0 for record in desk.records())
    assert desk.feed.stopped


def test_a_symbol_shows_what_the_source_has_of_it_whatever_the_source_has_of_others(desk: Desk) -> None:
    own = replace(CAPABILITIES, depth_levels=8, streaming=True, shows="smart, 8 levels")
    desk.put(SymbolCapabilities("BAC", own, Arrival.now()))
    desk.put(FeedStatus("open", 1.0, 5.0, 2.0, connected=True, capabilities=CAPABILITIES, arrival=Arrival.now()))
    desk.events(*recent_sellers(time.time_ns()))
    desk.until("exit_signal_triggered")
    desk.put(SymbolNote("BAC", "no_quotes", "", Arrival.now()))
    deadline = time.monotonic() + 10
    while (view := desk.view("EXIT")).capabilities.quotes:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert view.capabilities == replace(own, quotes=False)


def test_sellers_make_alerts_an_exit_and_an_acknowledgement(desk: Desk) -> None:
    desk.events(*recent_sellers(time.time_ns()))
    (signal,) = desk.until("exit_signal_triggered")
    assert len(desk.named("order_flow_alert")) == 3
    assert signal["symbol"] == "BAC"
    assert "3 prints, 36,000 sh" in signal["reason"]
    (card,) = wait_for_cards(desk, 1)
    assert card.status == "open"
    assert desk.view("EXIT").recommendation is not None
    desk.monitor.answer(card.recommendation_id, Answer("hold", note="news [/] at ten"))
    (answered,) = desk.until("exit_acknowledged")
    assert (answered["answer"], answered["note"]) == ("hold", "news [/] at ten")
    assert answered["recommendation_id"] == signal["recommendation_id"]
    header = wait_for_cards(desk, 1, status="held")[0].header
    assert header.startswith("KEPT at 10.00 (now +0c), muted ")
    desk.monitor.answer(card.recommendation_id, Answer("take_back"))
    (taken_back,) = desk.until("exit_answer_taken_back")
    assert (taken_back["answer"], taken_back["status"]) == ("hold", "open")
    assert wait_for_cards(desk, 1)[0].recommendation_id == card.recommendation_id
    desk.monitor.answer(card.recommendation_id, Answer("exited"))
    (left,) = wait_for_cards(desk, 1, status="exited")
    assert left.answered_ns > 0
    assert desk.view("ALERT").muted


def wait_for_cards(desk: Desk, count: int, status: str = "open") -> tuple[RecommendationView, ...]:
    deadline = time.monotonic() + 10
    while True:
        cards = tuple(card for card in desk.monitor.recommendations() if card.status == status)
        if len(cards) == count:
            return cards
        assert time.monotonic() < deadline, desk.monitor.recommendations()
        time.sleep(0.01)


def test_what_is_late_is_marked_and_opens_nothing(desk: Desk) -> None:
    desk.events(*three_sellers(time.time_ns() - 600 * NS))
    alerts = desk.until("order_flow_alert", 3)
    assert all(alert["late"] for alert in alerts)
    desk.events(TapeCovered(time.time_ns()))
    desk.put(FeedGap(None, 1, 2, "network", Arrival.now()))
    desk.until("monitoring_gap")
    assert not desk.named("exit_signal_triggered")


@pytest.mark.parametrize(("older_ns", "late"), [(0, False), (1, True)])
def test_an_alert_is_late_when_it_is_more_than_thirty_seconds_old(desk: Desk, older_ns: int, late: bool) -> None:
    now = Arrival.now()
    at = now.wall_ns - 30 * NS - older_ns
    book = Book(at, 1, ((100_000, 12_000),), ((100_100, 500),))
    desk.put(Batch("BAC", "book", (book,), now, vouched_ns=now.wall_ns))
    (alert,) = desk.until("order_flow_alert")
    assert alert["late"] == late


def test_answers_survive_a_restart(tmp_path: Path) -> None:
    first = Desk(tmp_path)
    first.events(*recent_sellers(time.time_ns()))
    first.until("exit_signal_triggered")
    first.monitor.stop(timeout=5)
    second = Desk(tmp_path)
    (card,) = wait_for_cards(second, 1)
    second.monitor.answer(card.recommendation_id, Answer("exited"))
    second.until("exit_acknowledged")
    second.monitor.stop(timeout=5)
    third = Desk(tmp_path)
    third.events(*recent_sellers(time.time_ns()))
    third.until("order_flow_alert", 6)
    third.put(FeedGap(None, 1, 2, "x", Arrival.now()))
    third.until("monitoring_gap")
    assert len(third.named("exit_signal_triggered")) == 1
    third.monitor.stop(timeout=5)


def test_a_closed_position_resolves_what_a_restart_finds_open(tmp_path: Path) -> None:
    first = Desk(tmp_path)
    first.events(*recent_sellers(time.time_ns()))
    first.until("exit_signal_triggered")
    first.monitor.stop(timeout=5)
    second = Desk(tmp_path, positions=PositionManager.fixed([Position("AAPL", 5, Decimal(200))]))
    (resolved,) = second.until("exit_resolved")
    assert resolved["reason"] == "position closed"
    second.monitor.stop(timeout=5)


def test_bad_data_blinds_one_symbol_until_three_good_payloads(desk: Desk) -> None:
    desk.events(Gap(time.time_ns(), "start"))
    desk.put(BadPayload("BAC", "tape", "TAPE_PRICE", "price -3", Arrival.now()))
    (error,) = desk.until("data_validation_error")
    assert (error["error_type"], error["code"]) == ("validation", "TAPE_PRICE")
    (gap,) = desk.until("monitoring_gap")
    assert gap["holding"] == 1_000
    view = desk.view("BLIND")
    assert view.stale
    assert view.urgency == 0
    for _ in range(2):
        desk.events(TapeCovered(time.time_ns()))
    desk.put(BadPayload("BAC", "tape", "PAYLOAD_MALFORMED", "x", Arrival.now(), quarantined=True))
    assert desk.until("data_validation_error", 2)[1]["error_type"] == "malformed"
    assert not desk.named("monitoring_resumed")
    desk.events(TapeCovered(time.time_ns()))
    desk.until("monitoring_resumed")


def test_the_same_refusal_at_every_poll_is_one_record_a_minute(desk: Desk) -> None:
    now = Arrival.now()
    for second in range(61):
        later = Arrival(now.mono_ns + second * NS, now.wall_ns)
        desk.put(BadPayload("BAC", "book", "LEVEL2_CROSSED", f"at {second}", later))
    first, second_record = desk.until("data_validation_error", 2)
    assert (first["detail"], first["repeats"]) == ("at 0", 0)
    assert (second_record["detail"], second_record["repeats"]) == ("at 60", 59)
    desk.monitor.recover("BAC")
    desk.until("monitoring_resumed")
    desk.put(BadPayload("BAC", "book", "LEVEL2_CROSSED", "again", now))
    assert desk.until("data_validation_error", 3)[2]["detail"] == "again"


def test_a_key_lets_a_blind_symbol_try_again(desk: Desk) -> None:
    desk.put(BadPayload("BAC", "book", "LEVEL2_CROSSED", "x", Arrival.now()))
    desk.until("monitoring_gap")
    desk.monitor.recover("BAC")
    desk.until("monitoring_resumed")


def test_old_data_is_blindness_unless_the_market_is_closed(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.events(TapeCovered(time.time_ns()), vouched_ns=time.time_ns() - 31 * NS)
    assert "30 s" in desk.until("monitoring_gap")[0]["reason"]
    desk.events(TapeCovered(time.time_ns()))
    desk.until("monitoring_resumed")
    closed = FeedStatus("closed", 1.0, 5.0, 1.0, connected=True, capabilities=CAPABILITIES, arrival=Arrival.now())
    desk.put(closed)
    assert desk.view("CLOSED").urgency == 9
    desk.monitor.stop(timeout=5)


@pytest.mark.parametrize("turn_ns", [0, 50_000_000])
def test_every_name_is_told_the_time_however_long_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turn_ns: int
) -> None:
    monkeypatch.setattr("orderflow_tui.monitor.second_ticks._TICK_NS", turn_ns)
    monkeypatch.setattr("orderflow_tui.monitor.blindness.STALE_AFTER_S", 0.5)
    held = PositionManager.fixed([Position(name, 100, Decimal("9.90")) for name in ("BAC", "F", "KO")])
    desk = Desk(tmp_path, positions=held)
    gaps = desk.until("monitoring_gap", 3)
    assert {gap["symbol"] for gap in gaps} == {"BAC", "F", "KO"}
    desk.monitor.stop(timeout=5)


def test_what_sessions_taught_is_kept_of_every_name(tmp_path: Path) -> None:
    held = {name: Position(name, 100, Decimal("9.90")) for name in ("BAC", "F", "KO")}
    watched_symbols = WatchedSymbols(
        PositionManager.fixed(tuple(held.values())),
        Fixed(OrderFlowConfig(data_source="replay")),
        CAPABILITIES,
        Stores(LearnedStore(tmp_path), None),
        watchlist=False,
        charts=False,
    )
    watched_symbols.set_symbols()
    for watched in watched_symbols.all():
        watched.core.learning.finished.append(SessionStats(date(2026, 9, 21), "regular", 12_000))
    watched_symbols.keep_learned()
    watched_symbols.close()
    assert all(LearnedStore(tmp_path).load(name) for name in held)


def test_figures_of_another_data_set_judge_nothing_more(tmp_path: Path) -> None:
    """A key turns out to be worth IEX: what SIP has taught stays SIP's, what IEX taught is taken up."""
    store = LearnedStore(tmp_path, "alpaca")
    store.dataset = "iex"
    store.save("BAC", SessionStats(date(2026, 9, 21), "regular", 700))
    capabilities = replace(CAPABILITIES, dataset="sip")
    watched_symbols = WatchedSymbols(
        PositionManager.fixed((Position("BAC", 100, Decimal(10)),)),
        Fixed(OrderFlowConfig(data_source="replay")),
        capabilities,
        Stores(LearnedStore(tmp_path, "alpaca"), None),
        watchlist=False,
        charts=False,
    )
    watched_symbols.set_symbols()
    (watched,) = watched_symbols.all()
    assert watched.core.learning.taught == {}
    watched.core.learning.finished.append(SessionStats(date(2026, 9, 22), "regular", 12_000))
    assert watched_symbols.set_capabilities(replace(capabilities, dataset="iex"))
    assert watched.core.learning.taught["regular"].resting == 700
    watched_symbols.close()
    store.dataset = "sip"
    assert store.load("BAC")["regular"].resting == 12_000


def test_faults_are_journaled_and_a_refused_key_ends_with_one(desk: Desk) -> None:
    desk.put(ApiFault("429", "slow down", Arrival.now(), status=429, endpoint="trades"))
    desk.put(SymbolNote("BAC", "not_found", "no such ticker", Arrival.now()))
    desk.put(SymbolNote("BAC", "not_found", "no such ticker", Arrival.now()))
    desk.put(ApiFault("401", "key refused", Arrival.now(), status=401, final=True))
    desk.put(FeedEnded("the key was refused", Arrival.now(), exit_code=1))
    assert [record["error_type"] for record in desk.until("api_error", 3)] == ["429", "404", "401"]
    assert desk.monitor.wait(5)
    assert desk.monitor.exit_code == 1
    assert desk.view("NO DATA", "no such ticker").urgency == 2


def quotes_of(desk: Desk, symbol: str, capabilities: Capabilities) -> None:
    """Wait until the symbol is judged by these capabilities."""
    deadline = time.monotonic() + 10
    while (view := desk.monitor.views().get(symbol)) is None or view.capabilities != capabilities:
        assert time.monotonic() < deadline, view
        time.sleep(0.01)


def test_a_name_without_quotes_is_judged_by_them_once_they_are_there(desk: Desk) -> None:
    desk.put(SymbolNote("BAC", "no_quotes", "the snapshot has no quote for it", Arrival.now()))
    quotes_of(desk, "BAC", replace(CAPABILITIES, quotes=False))
    more = replace(CAPABILITIES, side_check="refused")
    desk.put(FeedStatus("open", 1.0, 5.0, 1.0, connected=True, capabilities=more, arrival=Arrival.now()))
    quotes_of(desk, "BAC", replace(more, quotes=False))
    desk.put(SymbolNote("BAC", "ok", "", Arrival.now()))
    quotes_of(desk, "BAC", more)


def test_a_position_that_is_gone_ends_its_recommendation_at_once(tmp_path: Path) -> None:
    path = tmp_path / "positions.toml"
    path.write_text('[[position]]\nsymbol = "BAC"\nquantity = 1000\naverage_cost = 10\n')
    desk = Desk(tmp_path / "journal", positions=PositionManager(path))
    desk.events(*recent_sellers(time.time_ns()))
    (signal,) = desk.until("exit_signal_triggered")
    path.write_text('[[position]]\nsymbol = "T"\nquantity = 5\naverage_cost = 20\n')
    (resolved,) = desk.until("exit_resolved")
    assert (resolved["recommendation_id"], resolved["reason"]) == (signal["recommendation_id"], "position closed")
    desk.monitor.stop(timeout=5)


def test_positions_and_thresholds_may_change_while_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "positions.toml"
    path.write_text('[[position]]\nsymbol = "BAC"\nquantity = 1000\naverage_cost = 10\n')
    desk = Desk(tmp_path / "journal", positions=PositionManager(path))
    path.write_text('[[position]]\nsymbol = "T"\nquantity = -5\naverage_cost = 20\n')
    deadline = time.monotonic() + 10
    while desk.feed.symbols != ("T",):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    desk.config.config = OrderFlowConfig(data_source="replay", large_order_size_threshold=50_000)
    desk.config.changed = True
    while "50,000" not in desk.monitor.views()["T"].thresholds:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    desk.monitor.stop(timeout=5)


def test_what_was_learnt_is_kept(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.events(*recent_sellers(time.time_ns()))
    desk.until("order_flow_alert", 3)
    desk.monitor.stop(timeout=5)
    taught = LearnedStore(tmp_path).load("BAC")
    assert len(taught) == 1


@pytest.mark.parametrize("broken", ["no message at all", Batch("BAC", "tape", ("no event",), Arrival(1, NS))])  # type: ignore[arg-type]
def test_a_monitor_that_fails_says_so_and_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: FeedMessage
) -> None:
    """Also where it was at work in the feed's thread, which hears nothing of it."""
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    desk = Desk(tmp_path)
    desk.put(broken)
    assert desk.monitor.wait(5)
    deadline = time.monotonic() + 5
    while desk.monitor.failure is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert desk.monitor.exit_code == 1
    assert "failed" in desk.monitor.status().ended
    desk.monitor.stop(timeout=5)


def card(
    symbol: str, opened_ns: int, *, kind: Literal["flow", "stop"] = "flow", status: Literal["open", "held"] = "open"
) -> RecommendationView:
    return RecommendationView(
        f"{symbol}:exit:{opened_ns}",
        symbol,
        kind,
        status,
        opened_ns,
        f"why {symbol}",
        (),
        "leave now: -$1",
    )


def test_names_that_fire_together_are_one_card() -> None:
    cards = [
        card("BAC", 10 * NS),
        card("IBM", 60 * NS),
        card("T", 1 * NS, kind="stop"),
        card("X", 5 * NS, status="held"),
    ]
    together = group_cards(cards, {})
    assert [one.kind for one in together] == ["stop", "market", "flow"]
    assert together[1].symbol == "BAC IBM"
    assert len(together[1].evidence) == 2
    apart = group_cards([card("BAC", 10 * NS), card("IBM", 71 * NS)], {})
    assert [one.symbol for one in apart] == ["BAC", "IBM"]


def test_a_third_name_that_fires_later_parts_no_card() -> None:
    cards = [card("BAC", 10 * NS), card("IBM", 60 * NS), card("T", 500 * NS)]
    assert [one.symbol for one in group_cards(cards, {})] == ["BAC IBM", "T"]
    newer = [*cards, card("X", 560 * NS)]
    assert [one.symbol for one in group_cards(newer, {})] == ["T X", "BAC", "IBM"]


def test_a_card_of_many_names_says_first_that_its_data_is_delayed() -> None:
    cards = [replace(card(name, NS), reason=f"DELAYED 15 MIN: why {name}") for name in ("BAC", "IBM")]
    assert group_cards(cards, {})[0].reason == "DELAYED 15 MIN: 2 of your positions within a minute"


def test_an_answer_to_a_card_of_many_names_leaves_the_stops_alone(tmp_path: Path) -> None:
    held = [Position("BAC", 1_000, Decimal("10.00"), stop=Decimal("10.50")), Position("IBM", 1_000, Decimal("10.00"))]
    desk = Desk(tmp_path, positions=PositionManager.fixed(held))
    for symbol in ("BAC", "IBM"):
        desk.events(*recent_sellers(time.time_ns()), symbol=symbol)
    desk.until("exit_signal_triggered", 3)
    stop, market = wait_for_cards(desk, 2)
    assert (stop.kind, market.kind) == ("stop", "market")
    for one in market.names:
        desk.monitor.answer(one.recommendation_id, Answer("hold"))
    answered = desk.until("exit_acknowledged", 2)
    assert wait_for_cards(desk, 1)[0].recommendation_id == stop.recommendation_id
    assert [record["recommendation_id"].split(":")[:2] for record in answered] == [["BAC", "exit"], ["IBM", "exit"]]
    desk.monitor.answer("BAC:open", Answer("hold"))
    assert desk.until("exit_acknowledged", 3)[-1]["recommendation_id"] == stop.recommendation_id
    desk.monitor.stop(timeout=5)


def test_a_card_of_many_names_is_answered_after_another_took_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orderflow_tui.views.market_card._MINUTE_NS", NS)
    held = [Position(name, 1_000, Decimal("10.00")) for name in ("BAC", "IBM", "KO", "T")]
    desk = Desk(tmp_path, positions=PositionManager.fixed(held))
    now = time.time_ns()
    for symbol in ("BAC", "IBM"):
        desk.events(*recent_sellers(now), symbol=symbol)
    (first,) = wait_for_cards(desk, 1)
    for symbol in ("KO", "T"):
        desk.events(*recent_sellers(now + 5 * NS), symbol=symbol)
    assert [card.symbol for card in wait_for_cards(desk, 3)] == ["KO T", "BAC", "IBM"]
    for each in first.names:
        desk.monitor.answer(each.recommendation_id, Answer("hold"))
    assert [one["symbol"] for one in desk.until("exit_acknowledged", 2)] == ["BAC", "IBM"]
    assert [card.symbol for card in wait_for_cards(desk, 1)] == ["KO T"]
    desk.monitor.stop(timeout=5)


def test_on_delayed_data_an_answer_is_of_the_datas_time(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    late = replace(CAPABILITIES, delay_seconds=900)
    desk.put(FeedStatus("open", 1.0, 5.0, 1.0, connected=True, capabilities=late, arrival=Arrival.now()))
    desk.events(*recent_sellers(time.time_ns() - 900 * NS), vouched_ns=time.time_ns() - 900 * NS)
    (signal,) = desk.until("exit_signal_triggered")
    assert signal["reason"].startswith("DELAYED 15 MIN: ")
    desk.monitor.answer(signal["recommendation_id"], Answer("hold"))
    desk.until("exit_acknowledged")
    left = wait_for_cards(desk, 1, status="held")[0].header.split(", ")[1]
    assert left in {"muted 5:00", "muted 4:59", "muted 4:58"}
    desk.monitor.stop(timeout=5)


def moved(symbol: str, change: int | None) -> SymbolView:
    capabilities = Capabilities("polygon", "live", "h")
    return SymbolView(symbol, "CALM", "", 9, 0, capabilities, last_price=1_000_000, change_60s=change)


@pytest.mark.parametrize(
    ("own", "spy", "line"),
    [
        (-2_000, -200, "last minute -20 bp, -18 net of SPY: this name's own"),
        (-2_000, -1_800, "last minute -20 bp, -2 net of SPY: everyone's"),
        (-2_000, None, None),
        (None, -200, None),
    ],
)
def test_one_names_move_is_told_net_of_spy(own: int | None, spy: int | None, line: str | None) -> None:
    views = {"BAC": moved("BAC", own), "SPY": moved("SPY", spy)}
    (one,) = group_cards([card("BAC", 10 * NS)], views)
    assert one.evidence == (() if line is None else (line,))
    (held,) = group_cards([card("BAC", 10 * NS, status="held")], views)
    assert held.evidence == ()


def test_what_was_followed_is_followed_on_after_a_restart_and_told_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.events(*recent_sellers(time.time_ns()))
    raised = {record["episode_id"] for record in desk.until("order_flow_alert", 1)}
    desk.monitor.stop("quit", timeout=5)
    raised |= {record["episode_id"] for record in desk.named("order_flow_alert")}
    assert not desk.named("alert_outcome")
    kept = tmp_path / "followups.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    rows = json.loads(kept.read_bytes())
    assert raised <= {row["subject"] for row in rows}
    for row in rows:
        row["alert_ns"] -= 1_000 * NS
        row["begin"] -= 1_000
    kept.write_bytes(json.dumps(rows).encode())
    again = Desk(tmp_path)
    again.events(Book(time.time_ns(), 1, ((99_000, 500),), ((99_100, 500),)))
    told = again.until("alert_outcome", len(rows))
    again.monitor.stop("quit", timeout=5)
    assert {record["subject"] for record in told} == {row["subject"] for row in rows}
    assert all(record["gap"] and record["truncated"] for record in told)
    assert len(again.named("alert_outcome")) == len(rows)
    third = Desk(tmp_path, positions=PositionManager.fixed([Position("KO", 1, Decimal(1))]))
    third.monitor.stop("quit", timeout=5)
    assert len(third.named("alert_outcome")) == len(rows)


def test_alerts_a_crash_kept_off_the_list_are_found_in_the_journal(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.events(*recent_sellers(time.time_ns()))
    desk.until("exit_signal_triggered")
    desk.monitor.stop("quit", timeout=5)
    raised = {record["episode_id"] for record in desk.named("order_flow_alert")}
    raised |= {record["recommendation_id"] for record in desk.named("exit_signal_triggered")}
    kept = tmp_path / "followups.json"
    kept.write_bytes(json.dumps(json.loads(kept.read_bytes())[:1]).encode())
    again = Desk(tmp_path)
    again.events(Book(time.time_ns(), 1, ((99_000, 500),), ((99_100, 500),)))
    again.monitor.stop("quit", timeout=5)
    rows = json.loads(kept.read_bytes())
    assert {row["subject"] for row in rows} == raised
    assert len(rows) == len(raised)
    kept.unlink()
    third = Desk(tmp_path, positions=PositionManager.fixed([Position("KO", 1, Decimal(1))]))
    told = third.until("alert_outcome", len(raised))
    third.monitor.stop("quit", timeout=5)
    assert {record["subject"] for record in told} == raised
    assert all(record["gap"] and record["truncated"] and record["mid"] is None for record in told)
    fourth = Desk(tmp_path)
    fourth.monitor.stop("quit", timeout=5)
    assert len(fourth.named("alert_outcome")) == len(raised)
    assert json.loads(kept.read_bytes() if kept.exists() else b"[]") == []


def test_records_of_any_shape_stop_no_start(tmp_path: Path) -> None:
    now = datetime.now(UTC).isoformat()
    head = {"source_class": "live", "timestamp": now, "timestamp_utc": now}
    bare: dict[str, object] = whole("order_flow_alert", **head)
    odd: list[dict[str, object]] = [
        {}, {**bare, "event": ["x"]}, {**bare, "timestamp": 1}, bare,
        {**bare, "timestamp_utc": "soon", "episode_id": "a"}, {**bare, "timestamp_utc": now[:19], "episode_id": "f"}, {**bare, "episode_id": 5}, {**bare, "episode_id": "b"},
        {**bare, "episode_id": "c", "source_class": "simulated"}, {**bare, "episode_id": "d", "late": True},
        whole("order_flow.exit_signal_triggered", recommendation_id="e", **head),
    ]  # fmt: skip
    lines = [json.dumps(record) for record in odd]
    (tmp_path / f"{now[:10]}.jsonl").write_text("\n".join([*lines[:3], "{torn", *lines[3:], ""]))
    store = FollowUpStore(tmp_path, "live")
    assert [told.subject for told in store.resume_into([], {}, time.time_ns())] == ["b", "e"]


def test_an_unreadable_list_of_follow_ups_is_told_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "followups.json").write_bytes(b"{")
    desk = Desk(tmp_path)
    deadline = time.monotonic() + 10
    while "followups.json" not in desk.monitor.status().config_message:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    desk.events(*recent_sellers(time.time_ns()))
    desk.until("order_flow_alert", 1)
    desk.monitor.stop("quit", timeout=5)
    assert json.loads((tmp_path / "followups.json").read_bytes())


def test_prints_that_do_not_come_blind_a_name_whose_books_are_fresh(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orderflow_tui.monitor.blindness.STALE_AFTER_S", 1.0)
    deadline = time.monotonic() + 10
    while not (gaps := desk.named("monitoring_gap")):
        assert time.monotonic() < deadline
        desk.put(Batch("BAC", "book", (), Arrival.now(), vouched_ns=time.time_ns()))
        time.sleep(0.1)
    assert (gaps[0]["channel"], gaps[0]["holding"]) == ("tape_age", 1_000)
    desk.put(Batch("BAC", "tape", (TapeCovered(time.time_ns() + NS),), Arrival.now(), vouched_ns=time.time_ns()))
    desk.until("monitoring_resumed")


def test_orders_the_trader_calls_his_own_are_left_out_of_the_book(desk: Desk) -> None:
    def shown(bids: tuple[tuple[int, int], ...]) -> SymbolView:
        deadline = time.monotonic() + 10
        while True:
            desk.events(Book(time.time_ns(), 1, ((100_000, 500),), ((100_100, 500),)))
            view = desk.monitor.views().get("BAC")
            if view is not None and view.bids == bids:
                return view
            assert time.monotonic() < deadline, view
            time.sleep(0.02)

    shown(((100_000, 500),))
    mine = WorkingOrder("buy", Decimal("10.00"), 499)
    desk.monitor.own_orders("BAC", (mine,))
    view = shown(((100_000, 1),))
    assert view.position is not None
    assert view.position.working == (mine,)
    desk.monitor.own_orders("BAC", ())
    shown(((100_000, 500),))


def test_a_screen_that_comes_has_the_map_of_the_minutes_before(desk: Desk) -> None:
    desk.monitor.set_screens(0)
    desk.events(Book(time.time_ns(), 1, ((100_000, 500),), ((100_100, 500),)))
    deadline = time.monotonic() + 20
    watched = None
    while watched is None or not watched.recorder.history.count:
        assert time.monotonic() < deadline
        time.sleep(0.02)
        watched = desk.monitor._symbols.get("BAC")
    ((_, bids, asks, _),) = list(watched.recorder.history.columns())[-1:]
    assert (bids, asks) == ([(100_000, 500)], [(100_100, 500)])
