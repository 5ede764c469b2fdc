"""Seeded bad days through the real feed, monitor and journal: nothing crashes, hangs, is lost, doubled or leaked."""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from orderflow_tui.config.schema import OrderFlowConfig
from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.model.events import Print
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Batch, FeedMessage, Put
from orderflow_tui.feeds.live.retry import RetryPolicy
from orderflow_tui.feeds.polygon.feed import PolygonFeed
from orderflow_tui.feeds.simulator.faults import Fault
from orderflow_tui.feeds.simulator.process import SimulatorProcess
from orderflow_tui.journal.writer import JournalWriter
from orderflow_tui.monitor.monitor import Monitor
from orderflow_tui.positions import PositionManager
from tests.monitor.test_monitor import Fixed

SYMBOLS = ("ACME", "BOLT")
PATIENCE = 40.0
_REST = (
    'kind = "status"\nstatus = 503', 'kind = "status"\nstatus = 429\nretry_after = 0.3',
    'kind = "status"\nstatus = 429\nempty_body = true', 'kind = "status"\nstatus = 500', 'kind = "html"\nstatus = 502',
    'kind = "hang"\nseconds = 3.0', 'kind = "cut"', 'kind = "garbage"', 'kind = "slow"\nseconds = 1.0', 'kind = "reset"',
    'kind = "bomb"',
)  # fmt: skip
_ROWS = (
    'kind = "malformed_row"',
    'kind = "negative_price"',
    'kind = "future"',
    'kind = "wrong_symbol"',
    'kind = "empty"',
)
_PAGES = ('kind = "duplicate_page"', 'kind = "reorder"', 'kind = "foreign_next"', 'kind = "endless_next"')
_STREAM = (
    'kind = "status"', 'kind = "auth_failed"', 'kind = "garbage"', 'kind = "close"\ncode = 1011', 'kind = "silence"',
    'kind = "close"\ncode = 1000', 'kind = "unknown_event"', 'kind = "duplicate"', 'kind = "max_connections"',
    'kind = "hang"\nseconds = 2.0',
)  # fmt: skip


def alone() -> Iterator[tuple[str, str]]:
    """Every kind on every endpoint it can happen to that a run asks."""
    for endpoint in ("trades", "books"):
        for rule in _REST:
            yield endpoint, rule
        for rule in _ROWS:
            if endpoint == "trades" and "wrong_symbol" in rule:
                continue
            yield endpoint, rule
    for rule in _PAGES:
        yield "trades", rule
    for endpoint, rule in (("books", 'kind = "crossed"'), ("books", 'kind = "stale"'), ("books", 'kind = "no_spy"')):
        yield endpoint, rule
    for endpoint in ("status", "universal", "nbbo", "conditions"):
        for rule in _REST[:1] + _REST[7:8] + _REST[9:10]:
            yield endpoint, rule
    yield "status", 'kind = "clock_skew"\nseconds = 7.0'
    for rule in _STREAM:
        yield "stream", rule


def rule_text(endpoint: str, rule: str, draw: random.Random) -> str:
    """One table of a fault script."""
    if endpoint == "stream":
        return f'[[fault]]\nendpoint = "stream"\n{rule}\nframes = {draw.randrange(5, 60)}\ntimes = 1\n'
    after = draw.randrange(2, 8)
    return f'[[fault]]\nendpoint = "{endpoint}"\n{rule}\nafter = {after}\ntimes = {draw.randrange(1, 4)}\n'


class Tapped:
    """The feed with what it delivers remembered on its way to the monitor."""

    def __init__(self, feed: PolygonFeed) -> None:
        self.feed = feed
        self.prints: dict[str, list[Print]] = {symbol: [] for symbol in SYMBOLS}
        self.covered: dict[str, int] = dict.fromkeys(SYMBOLS, 0)
        self.lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.feed, name)

    def start(self, symbols: Any, put: Put) -> None:
        def tapped(message: FeedMessage) -> None:
            if isinstance(message, Batch):
                with self.lock:
                    for event in message.events:
                        if isinstance(event, Print):
                            self.prints[message.symbol].append(event)
                        elif type(event).__name__ == "TapeCovered":
                            self.covered[message.symbol] = event.time_ns
            put(message)

        self.feed.start(symbols, tapped)


class Run:
    """One simulated market, one real monitor on it."""

    def __init__(self, folder: Path, script: str, *, seed: int, stream: str = "auto") -> None:
        faults = folder / "faults.toml"
        faults.write_text(script)
        self.folder = folder
        self.market = SimulatorProcess(seed=seed, scenario="mixed", faults=faults, symbols=SYMBOLS).start()
        config = OrderFlowConfig(
            data_source="simulator",
            polygon_base_url=self.market.url,
            polygon_api_key=self.market.api_key,
            requests_per_second=40.0,
            stream=stream,
        )
        policy = RetryPolicy(base_delay=0.05, max_delay=0.4, max_retry_after=1.0)
        self.tap = Tapped(
            PolygonFeed(config, cycle_seconds=0.2, live_seconds=1.0, policy=policy, stream_pace=20.0, reread_after=600)
        )
        writer = JournalWriter(
            folder / "journal", data_source="simulator", source_class="simulated", profile="guarded", run_id="chaos"
        )
        positions = PositionManager.fixed([Position(symbol, 1_000, Decimal(10)) for symbol in SYMBOLS])
        self.monitor = Monitor(
            self.tap, positions, Fixed(config), writer, profile="guarded", source_label="SIMULATED", publish_hz=20.0
        )
        self.monitor.start()

    def sees(self) -> bool:
        """Whether the screen shows both names as they are: nobody blind, data fresh."""
        views = self.monitor.views()
        return len(views) == len(SYMBOLS) and all(
            view.chip not in ("BLIND", "NO DATA") and view.data_age_s is not None and view.data_age_s < 5
            for view in views.values()
        )

    def until_well(self, since_ns: int) -> None:
        """Wait until both tapes are covered beyond an instant and the screen sees; fails after `PATIENCE`."""
        deadline = time.monotonic() + PATIENCE
        while not (self.sees() and min(self.tap.covered.values()) > since_ns):
            assert time.monotonic() < deadline, (self.monitor.status(), self.monitor.views())
            assert self.monitor.failure is None
            time.sleep(0.05)

    def finish(self, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
        """Compare with the server's truth, end, and look for the key everywhere; returns the journal."""
        until = min(self.tap.covered.values())
        with self.tap.lock:
            delivered = {symbol: list(prints) for symbol, prints in self.tap.prints.items()}
        for symbol in SYMBOLS:
            mine = [event for event in delivered[symbol] if event.time_ns < until]
            keys = [(event.venue, event.trf, event.trade_id) for event in mine]
            assert len(keys) == len(set(keys)), f"{symbol}: a print was delivered twice"
            first = min(event.time_ns for event in mine)
            truth = self.truth(symbol, first, until)
            assert {key: event.size for key, event in zip(keys, mine, strict=True)} == truth
        views = self.monitor.views()
        said = f"{views} {self.monitor.status()} {self.monitor.alert_lines()}"
        self.monitor.stop("done", timeout=10)
        assert self.tap.feed.join(20)
        assert self.monitor.failure is None
        key = self.market.api_key
        self.market.close()
        written = b"".join(path.read_bytes() for path in (self.folder / "journal").rglob("*") if path.is_file())
        out = capfd.readouterr()
        for text in (said, written.decode(), caplog.text, out.out, out.err, self.market.stderr_tail):
            assert key not in text
        return [json.loads(line) for line in written.splitlines() if line.startswith(b'{"event"')]

    def truth(self, symbol: str, first_ns: int, until_ns: int) -> dict[tuple[int, int, str], int]:
        """What the server printed and what counts of it."""
        rows = httpx.get(
            f"{self.market.url}/sim/v1/truth/{symbol}",
            params={"timestamp.gte": first_ns, "timestamp.lt": until_ns, "limit": 50_000},
            headers={"Authorization": f"Bearer {self.market.api_key}"},
            trust_env=False,
            timeout=30,
        ).json()["prints"]
        return {
            (row["exchange"], row.get("trf_id", 0), row["id"]): row["size"]
            for row in rows
            if row["size"] and not row.get("correction")
        }


def play(
    tmp_path: Path,
    script: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    *,
    seed: int = 5,
    stream: str = "auto",
    seconds: float = 4.0,
) -> list[dict[str, Any]]:
    """A run of some seconds under faults, and its recovery."""
    caplog.set_level(logging.DEBUG)
    run = Run(tmp_path, script, seed=seed, stream=stream)
    try:
        time.sleep(seconds)
        run.until_well(time.time_ns() - NS)
        return run.finish(caplog, capfd)
    finally:
        run.monitor.stop("over", timeout=5)
        run.market.close()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_mixes_of_faults(
    tmp_path: Path, seed: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    draw = random.Random(seed)
    chosen = draw.sample(list(alone()), 9)
    records = play(tmp_path, "".join(rule_text(*one, draw) for one in chosen), caplog, capfd, seed=seed, seconds=6.0)
    assert records[0]["event"] == "order_flow.run_started"
    assert records[-1]["event"] == "order_flow.run_stopped"


@pytest.mark.chaos
@pytest.mark.parametrize(("endpoint", "rule"), list(alone()))
def test_each_fault_alone(
    tmp_path: Path, endpoint: str, rule: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """`make chaos`: each kind on each endpoint, polls and stream side by side."""
    stream = "auto" if endpoint == "stream" else "off"
    play(tmp_path, rule_text(endpoint, rule, random.Random(7)), caplog, capfd, stream=stream)


def test_scripts_are_valid() -> None:
    assert {endpoint for endpoint, _ in alone()} >= {"trades", "books", "stream", "status"}
    assert len(list(alone())) > 50
    assert Fault("trades", "html", status=502).kind == "html"
