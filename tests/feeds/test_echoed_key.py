"""Whatever a host sends back of the key: no part of it that tells something is journaled, printed or painted."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from orderflow_tui.config.schema import OrderFlowConfig
from orderflow_tui.feeds.feed import ApiFault
from orderflow_tui.feeds.live.retry import RetryPolicy
from orderflow_tui.feeds.polygon.feed import PolygonFeed
from orderflow_tui.journal.writer import JournalWriter
from orderflow_tui.monitor.monitor import Monitor
from orderflow_tui.positions import PositionManager
from orderflow_tui.support.masking import LEAST
from tests.feeds.collector import Collector
from tests.feeds.fake_polygon import SNAPSHOTS, FakePolygon, Fault, say, status
from tests.feeds.fake_stream import FakeStream, Step, refuse

KEY = "Qm7Zx2Lp9Vw4Tn8Bk1Yc6Hd3Rs"
QUICK = RetryPolicy(base_delay=0.02, max_delay=0.1, max_retries=0)
PARTS = [KEY[at : at + LEAST] for at in range(len(KEY) - LEAST + 1)]
FILLED = "x" * 170 + " " + KEY
"""Where a message is cut lies within the key."""
LATER = 8
"""Requests after the first of its kind by which its answer has been taken up."""


def tells(text: str) -> bool:
    return any(part in text for part in PARTS)


@pytest.mark.parametrize("path", [SNAPSHOTS, "/v3/trades", "/v1/marketstatus", "/v3/snapshot", "/v3/reference"])
@pytest.mark.parametrize(
    "fault",
    [
        *(
            pytest.param(status(code, {"status": "ERROR", "message": FILLED}), id=str(code))
            for code in (400, 401, 403, 404, 418, 429, 500)
        ),
        pytest.param(status(302, b"", Location=f"http://127.0.0.1:9/{KEY}"), id="302"),
        pytest.param(status(500, f"<title>{FILLED}</title>".encode()), id="a title"),
        pytest.param(status(500, (KEY[:13] + "\n" + KEY[13:]).encode()), id="over two lines"),
        pytest.param(say({"status": FILLED, "results": KEY, "tickers": KEY}), id="a string for a list"),
        pytest.param(say({"status": FILLED, "error": FILLED}), id="an error that says 200"),
        pytest.param(say({"status": "OK", "results": [{"price": KEY}], "tickers": [{"ticker": KEY}]}), id="rows"),
        pytest.param(say(FILLED.encode()), id="no JSON"),
    ],
)
def test_a_host_that_echoes_the_key(host: FakePolygon, path: str, fault: Fault) -> None:
    got = Collector()
    host.market.quote("KO")
    host.always(path, fault)
    feed = PolygonFeed(host.config(polygon_api_key=KEY), policy=QUICK, cycle_seconds=0.05)
    feed.start(["KO"], got)
    end = time.monotonic() + 5
    asked: int | None = None
    while time.monotonic() < end and not got.of(ApiFault):
        if asked is None and host.asked(path):
            asked = len(host.seen)
        if asked is not None and len(host.seen) >= asked + LATER:
            break
        time.sleep(0.01)
    feed.stop()
    assert feed.join(60)
    assert host.asked(path)
    assert not tells(repr(got.messages))


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(refuse("error", FILLED), id="an error"),
        pytest.param(refuse("auth_failed", FILLED), id="a refusal"),
        pytest.param(refuse("max_connections", FILLED), id="too many"),
        pytest.param(lambda _, connection: connection.send(FILLED), id="no JSON"),
        pytest.param(lambda _, connection: connection.send(f'[{{"ev":"T","sym":"{KEY}","p":"{KEY}"}}]'), id="an event"),
        pytest.param(lambda _, connection: connection.close(1008, f"{'x' * 60} {KEY}"), id="a closing"),
    ],
)
def test_a_stream_that_echoes_the_key_reaches_neither_journal_nor_screen(
    host: FakePolygon, tmp_path: Path, step: Step
) -> None:
    host.market.quote("KO")
    with FakeStream(host) as stream:
        stream.script(*[step] * 50)
        settings = OrderFlowConfig(data_source="polygon", polygon_api_key=KEY)
        monitor = Monitor(
            PolygonFeed(stream.config(polygon_api_key=KEY), policy=QUICK, cycle_seconds=0.1, stream_pace=1.0),
            PositionManager.fixed([]),
            _Fixed(settings),
            JournalWriter(tmp_path, data_source="polygon", source_class="live", profile="guarded", run_id="run-1"),
            profile="guarded",
            source_label="LIVE polygon",
        )
        monitor.start()
        end = time.monotonic() + 60
        while not monitor.status().stream.startswith("poll"):
            assert time.monotonic() < end
            time.sleep(0.01)
        assert not tells(repr(monitor.status()))
        monitor.stop(timeout=60)
    journal = b"".join(path.read_bytes() for path in tmp_path.glob("*.jsonl")).decode()
    assert journal
    assert not tells(journal)


class _Fixed:
    message = ""

    def __init__(self, config: OrderFlowConfig) -> None:
        self._config = config

    def poll(self) -> bool:
        return False

    def for_symbol(self, _: str) -> OrderFlowConfig:
        return self._config
