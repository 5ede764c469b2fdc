"""A name whose best bid and offer have stood still for hours: its sellers are heard, streamed and polled."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.config.schema import OrderFlowConfig
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.live.retry import RetryPolicy
from orderflow_tui.feeds.polygon.feed import PolygonFeed
from orderflow_tui.journal.writer import JournalWriter
from orderflow_tui.monitor.monitor import Monitor
from orderflow_tui.positions import PositionManager
from tests.feeds.fake_polygon import SNAPSHOTS, Config, FakePolygon, Handler, hang, status
from tests.feeds.fake_stream import FakeStream

SHARES = 25_000
HOURS = 3_600 * NS
QUICK = RetryPolicy(base_delay=0.02, max_delay=0.1)
Sell = Callable[[float], None]
Spoil = Callable[[FakePolygon], None]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    # Half a minute between two signals at one price would make half a minute of each test.
    monkeypatch.setattr("orderflow_tui.core.exits.counted_signals._SIGNAL_NS", NS // 10)


@pytest.fixture
def stream(host: FakePolygon) -> Iterator[FakeStream]:
    with FakeStream(host) as server:
        yield server


@pytest.fixture(autouse=True)
def _market(host: FakePolygon) -> None:
    """KO has been bid 70.00, offered 70.02 for two hours; SPY is quoted now at every look."""
    old = time.time_ns() - 2 * HOURS
    host.market.timeframe = "REAL-TIME"
    host.market.quote("KO", 70.00, 70.02, at=old)
    host.market.quoted("KO", 69.90, 70.10, at=old - HOURS)
    host.market.quoted("KO", 70.00, 70.02, at=old)

    def fresh(handler: Handler) -> None:
        host.market.quote("SPY", 500.00, 500.01)
        seen = handler.seen
        handler.reply(*host.answer(seen.path, seen.query))

    host.always(SNAPSHOTS, fresh)


class Watch:
    """A monitor of KO, and what its journal says."""

    def __init__(self, config: Config, directory: Path, *, held: tuple[str, ...] = ("KO",)) -> None:
        self._directory = directory / "journal"
        self._positions = directory / "positions.toml"
        self.hold(*held)
        self.feed = PolygonFeed(
            config, cycle_seconds=0.1, live_seconds=1.0, policy=QUICK, stream_pace=10.0, reread_after=3_600
        )
        settings = OrderFlowConfig(data_source="polygon", profile="guarded", polygon_api_key="test-key-SECRET")
        self.monitor = Monitor(
            self.feed,
            PositionManager(self._positions),
            _Fixed(settings),
            JournalWriter(
                self._directory, data_source="polygon", source_class="live", profile="guarded", run_id="run-1"
            ),
            profile="guarded",
            source_label="LIVE polygon",
        )
        self.monitor.start()

    def hold(self, *symbols: str) -> None:
        held = (f'[[position]]\nsymbol = "{symbol}"\nquantity = 1000\naverage_cost = 70\n' for symbol in symbols)
        self._positions.write_text("".join(held))

    def records(self, event: str) -> list[dict[str, Any]]:
        lines = [line for path in self._directory.glob("*.jsonl") for line in path.read_bytes().splitlines()]
        found = (json.loads(line) for line in lines if line.endswith(b"}"))
        return [record for record in found if record["event"] == event]

    def sells(self) -> list[dict[str, Any]]:
        return [record for record in self.records("order_flow_alert") if record["evidence"] == "sell_print"]

    def until(self, done: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + 60
        while not done():
            assert time.monotonic() < end, (what, self._sides())
            time.sleep(0.02)

    def state(self, begins: str) -> None:
        self.until(lambda: self.monitor.status().stream.startswith(begins), begins)

    def hears(self, count: int, sides: str) -> None:
        """So many large sells are told, each with these words of its sides, by the alert or by what followed."""
        self.until(lambda: list(self._sides().values()) == [sides] * count, f"not {count} times {sides}")
        assert "refuted by quotes" not in json.dumps(self.records("order_flow.alert_updated"))

    def _sides(self) -> dict[str, str]:
        records = [*self.sells(), *self.records("order_flow.alert_updated")]
        return {record["episode_id"]: record["details"].get("sides", "") for record in records}

    def recommends_once(self) -> None:
        self.until(lambda: bool(self.records("order_flow.exit_signal_triggered")), "no recommendation")
        assert len(self.records("order_flow.exit_signal_triggered")) == 1


class _Fixed:
    message = ""

    def __init__(self, config: OrderFlowConfig) -> None:
        self._config = config

    def poll(self) -> bool:
        return False

    def for_symbol(self, _: str) -> OrderFlowConfig:
        return self._config


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Watch]]:
    watches: list[Watch] = []

    def begin(config: Config, **options: Any) -> Watch:
        watches.append(Watch(config, tmp_path, **options))
        return watches[-1]

    yield begin
    for one in watches:
        one.monitor.stop(timeout=60)
        assert one.feed.join(60)


def nothing(_: FakePolygon) -> None:
    """All is well."""


def no_quotes_endpoint(host: FakePolygon) -> None:
    host.always("/v3/quotes/", status(404))


def quotes_not_in_plan(host: FakePolygon) -> None:
    host.always("/v3/quotes/", status(403, {"status": "NOT_AUTHORIZED", "message": "not entitled"}))


def hung_quotes_endpoint(host: FakePolygon) -> None:
    host.always("/v3/quotes/", hang)


def untimed_snapshot(host: FakePolygon) -> None:
    del host.market.quotes["KO"]["lastQuote"]["t"]


def nobody_tells(host: FakePolygon) -> None:
    no_quotes_endpoint(host)
    untimed_snapshot(host)


def thrice(sell: Callable[[], object]) -> None:
    for _ in range(3):
        sell()
        time.sleep(0.3)  # what comes within 250 ms is one sweep


@pytest.mark.parametrize(
    "spoil", [nothing, no_quotes_endpoint, hung_quotes_endpoint, quotes_not_in_plan, untimed_snapshot]
)
def test_polled_its_three_sellers_are_three_alerts_and_one_recommendation(
    host: FakePolygon, watch: Callable[..., Watch], spoil: Spoil
) -> None:
    spoil(host)
    watched = watch(host.config())
    watched.until(lambda: bool(host.asked("/v3/trades/KO")), "never polled")
    thrice(lambda: host.market.trade("KO", 70.00, SHARES))
    watched.hears(3, "by quotes")
    watched.recommends_once()


@pytest.mark.parametrize("spoil", [nothing, no_quotes_endpoint, untimed_snapshot])
def test_streamed_its_three_sellers_are_three_alerts_and_one_recommendation(
    host: FakePolygon, stream: FakeStream, watch: Callable[..., Watch], spoil: Spoil
) -> None:
    spoil(host)
    watched = watch(stream.config())
    watched.state("stream")
    thrice(lambda: stream.trade("KO", 70.00, SHARES))
    watched.hears(3, "by quotes")
    watched.recommends_once()


def test_streamed_after_a_reconnection_the_quote_in_force_is_known_again(
    host: FakePolygon, stream: FakeStream, watch: Callable[..., Watch]
) -> None:
    watched = watch(stream.config())
    watched.state("stream")
    for _ in range(3):
        opened = stream.opened
        stream.cut()
        watched.until(lambda opened=opened: stream.opened > opened, "no reconnection")  # type: ignore[misc]
        stream.until_subscribed({f"{kind}.{name}" for kind in ("T", "Q", "LULD") for name in ("KO", "SPY")})
        stream.trade("KO", 70.00, SHARES)
        time.sleep(0.3)  # as above: sooner it would be more of the same sweep
    watched.hears(3, "by quotes")
    watched.recommends_once()


def test_a_quote_that_moved_while_nobody_streamed_is_the_one_in_force(
    host: FakePolygon, stream: FakeStream, watch: Callable[..., Watch]
) -> None:
    watched = watch(stream.config())
    watched.state("stream")
    stream.script(lambda server, connection: connection.close(1011, ""))
    stream.cut()
    moved = time.time_ns()
    host.market.quote("KO", 69.50, 69.52, at=moved)
    host.market.quoted("KO", 69.50, 69.52, at=moved)
    watched.until(lambda: stream.opened >= 3, "no reconnection")
    stream.until_subscribed({f"{kind}.{name}" for kind in ("T", "Q", "LULD") for name in ("KO", "SPY")})
    thrice(lambda: stream.trade("KO", 69.50, SHARES))
    watched.hears(3, "by quotes")
    watched.recommends_once()


def test_a_name_that_joins_is_heard_from_its_first_print(
    host: FakePolygon, stream: FakeStream, watch: Callable[..., Watch]
) -> None:
    host.market.quote("PEP", 10.00, 10.02)
    watched = watch(stream.config(), held=("PEP",))
    watched.state("stream")
    watched.hold("PEP", "KO")
    watched.until(lambda: "T.KO" in stream.subscribed(), "never joined")
    thrice(lambda: stream.trade("KO", 70.00, SHARES))
    watched.hears(3, "by quotes")
    watched.recommends_once()


@pytest.mark.parametrize("streamed", [False, True])
def test_sellers_who_come_while_it_starts_are_heard(
    host: FakePolygon, stream: FakeStream, watch: Callable[..., Watch], streamed: bool
) -> None:
    host.market.trade("KO", 70.00, SHARES, at=time.time_ns() - 5 * NS)
    watched = watch(stream.config() if streamed else host.config())
    stream.trade("KO", 70.00, SHARES)
    watched.until(lambda: bool(host.asked(SNAPSHOTS)), "never polled")
    time.sleep(0.3)  # or it would be one sweep with the one before
    stream.trade("KO", 70.00, SHARES)
    watched.hears(3, "by quotes")
    watched.recommends_once()


@pytest.mark.parametrize("streamed", [False, True])
def test_where_nobody_tells_the_quote_they_are_unsure_and_not_unheard(
    host: FakePolygon, stream: FakeStream, watch: Callable[..., Watch], streamed: bool
) -> None:
    nobody_tells(host)
    host.market.quotes["KO"]["lastQuote"] |= {"p": 0, "P": 0}
    host.always("/v2/last", status(404))
    watched = watch(stream.config() if streamed else host.config())
    watched.until(lambda: bool(host.asked("/v3/trades/KO")), "never polled")
    thrice(lambda: stream.trade("KO", 70.00, SHARES))
    watched.until(lambda: len(watched.sells()) == 3, f"{watched.sells()}")
    assert all("sides" in record["details"] and not record["counts"] for record in watched.sells())
    assert not watched.records("order_flow.exit_signal_triggered")


def test_a_seller_below_the_bid_is_told_by_the_last_price_though_it_was_made_an_hour_ago(
    host: FakePolygon, watch: Callable[..., Watch]
) -> None:
    host.market.trade("KO", 70.01, 100, at=time.time_ns() - 400 * NS)
    watched = watch(host.config())
    watched.until(lambda: bool(host.asked("/v3/trades/KO")), "never polled")
    host.market.trade("KO", 69.97, SHARES)
    watched.hears(1, "by quotes")


@pytest.mark.parametrize("streamed", [False, True])
def test_a_seller_below_the_bid_is_told_by_the_snapshots_last_price(
    host: FakePolygon, stream: FakeStream, watch: Callable[..., Watch], streamed: bool
) -> None:
    host.market.quotes["KO"]["lastTrade"] = {"t": time.time_ns() - HOURS, "p": 70.01, "s": 100, "c": [14]}
    watched = watch(stream.config() if streamed else host.config())
    watched.until(lambda: bool(host.asked("/v3/trades/KO")), "never polled")
    if streamed:
        watched.state("stream")
    thrice(lambda: (stream if streamed else host.market).trade("KO", 69.97, SHARES))
    watched.hears(3, "by quotes")


def test_buyers_are_refuted_and_no_seller_is_told(host: FakePolygon, watch: Callable[..., Watch]) -> None:
    watched = watch(host.config())
    watched.until(lambda: bool(host.asked("/v3/trades/KO")), "never polled")
    thrice(lambda: host.market.trade("KO", 70.02, SHARES))
    host.market.trade("KO", 70.00, SHARES)
    watched.hears(1, "by quotes")
