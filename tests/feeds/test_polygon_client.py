from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from orderflow_tui.core.model.units import NS, utc_datetime
from orderflow_tui.core.model.validators import DataValidationError, validate_level2_data, validate_tape_data
from orderflow_tui.feeds.errors import (
    AuthError,
    FeedError,
    FeedStoppedError,
    NetworkError,
    NotEntitledError,
    PayloadError,
    ServerError,
    SymbolNotFoundError,
)
from orderflow_tui.feeds.live.retry import RetryPolicy
from orderflow_tui.feeds.polygon import endpoints
from orderflow_tui.library.polygon_client import PolygonClient
from tests.feeds.fake_polygon import SNAPSHOTS, FakePolygon, bomb, cut_body, drop, say, status

QUICK = RetryPolicy(base_delay=0.001, max_delay=0.01)


@pytest.fixture
def client(host: FakePolygon) -> Iterator[PolygonClient]:
    with PolygonClient(host.config(polygon_api_key=SecretStr("k1")), policy=QUICK) as found:
        yield found


def span(seconds: float = 60) -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    return now - timedelta(seconds=seconds), now + timedelta(seconds=1)


def test_a_quiet_quote_is_vouched_for_by_the_heartbeat(host: FakePolygon, client: PolygonClient) -> None:
    now = time.time_ns()
    host.market.quote("KO", 70.10, 70.12, at=now - 600 * NS)
    host.market.quote("SPY", 500, 500.01, at=now - 1 * NS)
    snapshot = client.get_level2_snapshot("KO")
    assert snapshot.bids == ((Decimal("70.10"), 400),)
    assert snapshot.asks == ((Decimal("70.12"), 300),)
    assert snapshot.timestamp_utc == utc_datetime(now - 1 * NS)
    assert snapshot.quote_time_utc == utc_datetime(now - 600 * NS)
    validate_level2_data(snapshot)
    assert [seen.query["tickers"] for seen in host.seen] == ["KO,SPY"]
    assert host.seen[0].headers["authorization"] == "Bearer k1"


def test_the_vouched_instant_is_the_newest_of_all_times_and_never_later_than_now(
    host: FakePolygon, client: PolygonClient
) -> None:
    now = time.time_ns()
    row = host.market.quote("KO", at=now - 600 * NS)
    assert client.get_level2_snapshot("KO").timestamp_utc == utc_datetime(now - 600 * NS)
    row["updated"] = now - 50 * NS
    assert client.get_level2_snapshot("KO").timestamp_utc == utc_datetime(now - 50 * NS)
    row["lastTrade"] = {"t": now - 5 * NS, "c": None}
    assert client.get_level2_snapshot("KO").timestamp_utc == utc_datetime(now - 5 * NS)
    host.market.quote("SPY", at=time.time_ns() + NS)
    assert client.get_level2_snapshot("KO").timestamp_utc <= datetime.now(UTC)
    host.market.quote("SPY", at=time.time_ns() + 3600 * NS)
    assert client.get_level2_snapshot("KO").timestamp_utc == utc_datetime(now - 5 * NS)


def test_many_symbols_one_request(host: FakePolygon, client: PolygonClient) -> None:
    for symbol in ("AAPL", "BRK.B", "IBM"):
        host.market.quote(symbol)
    host.market.quotes["IBM"]["lastQuote"] = {"P": "ten"}
    del host.market.quote("KO")["lastQuote"]
    found = client.get_level2_snapshots(["AAPL", "BRK.B", "IBM", "KO", "ZZZ"])
    assert list(found) == ["AAPL", "BRK.B"]
    assert len(host.seen) == 1
    assert client.get_level2_snapshots([]) == {}


def test_rows_that_are_missing_or_malformed(host: FakePolygon, client: PolygonClient) -> None:
    host.market.quote("IBM")["lastQuote"]["p"] = "ten"
    with pytest.raises(DataValidationError, match="IBM") as caught:
        client.get_level2_snapshot("IBM")
    assert caught.value.code == "PAYLOAD_MALFORMED"
    with pytest.raises(SymbolNotFoundError, match="unknown"):
        client.get_level2_snapshot("ZZZ")
    del host.market.quote("KO")["lastQuote"]
    with pytest.raises(SymbolNotFoundError, match="no quotes"):
        client.get_level2_snapshot("KO")


def test_a_host_without_the_joint_snapshot(host: FakePolygon, client: PolygonClient) -> None:
    host.market.quote("KO")
    host.script(SNAPSHOTS, status(404, b"404 page not found"))
    assert client.get_level2_snapshot("KO").symbol == "KO"
    host.script(SNAPSHOTS, status(404), say({"status": "OK", "ticker": None}))
    with pytest.raises(SymbolNotFoundError):
        client.get_level2_snapshot("KO")
    host.script(SNAPSHOTS, status(403))
    with pytest.raises(NotEntitledError):
        client.get_level2_snapshot("KO")


def test_the_simulators_books_have_depth_and_fall_back(host: FakePolygon) -> None:
    now = time.time_ns()
    host.market.quote("KO")
    book = {"ticker": "KO", "t": now, "bids": [[10.0, 100], [9.99, 200]], "asks": [[10.01, 50]]}
    host.market.books = {"KO": book, "SPY": {"ticker": "SPY", "t": now, "bids": [], "asks": []}}
    with PolygonClient(host.config(data_source="simulator", polygon_api_key=None), policy=QUICK) as client:
        snapshot = client.get_level2_snapshot("KO")
        assert (len(snapshot.bids), snapshot.depth_levels, snapshot.source) == (2, 10, "simulator")
        book["bids"] = [["x"]]
        with pytest.raises(DataValidationError):
            client.get_level2_snapshot("KO")
        host.script("/sim", status(500), status(500))
        assert client.get_level2_snapshots(["SPY"]) == {}
        host.market.books = None
        assert client.get_level2_snapshot("KO").depth_levels == 1
        assert client.get_level2_snapshot("KO").depth_levels == 1
    assert len(host.asked("/sim")) == 6


@pytest.mark.parametrize(
    "body", [b"not json", [], {"tickers": 5}, {}, {"status": "ERROR", "error": "maintenance"}, b"\xff"]
)
def test_a_malformed_envelope(host: FakePolygon, client: PolygonClient, body: Any) -> None:
    host.script(SNAPSHOTS, say(body))
    with pytest.raises(PayloadError) as caught:
        client.get_level2_snapshots(["KO"])
    assert caught.value.error_type == "malformed"


def test_prints_in_order_paged_and_without_repeats(host: FakePolygon, client: PolygonClient) -> None:
    now = time.time_ns()
    for number in range(7):
        host.market.trade("KO", 10 + number / 100, at=now - (10 - number) * NS)
    host.market.trade("KO", 11.0, at=now - 4 * NS, id="3")
    host.market.trade("KO", 12.0, at=now - 3 * NS, id="3", exchange=12)
    host.market.trade("KO", 12.0, at=now - 2 * NS, size=0)
    host.market.page_size = 2
    records = client.get_time_and_sales("KO", *span())
    assert [record.price for record in records] == [
        Decimal(text) for text in ("10.00", "10.01", "10.02", "10.03", "10.04", "10.05", "10.06", "12.00")
    ]
    assert [record.side for record in records[:2]] == ["unknown", "buy"]
    validate_tape_data(records)
    first = host.seen[0].query
    assert (first["order"], first["sort"], first["limit"]) == ("asc", "timestamp", "5000")
    assert len(host.asked("/v3/trades/KO")) == 5
    assert all(seen.headers["authorization"] == "Bearer k1" for seen in host.seen)


def test_the_span_is_half_open_and_exact_in_any_zone(host: FakePolygon, client: PolygonClient) -> None:
    start = datetime(2026, 1, 29, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=-5)))
    client.get_time_and_sales("KO", start, start + timedelta(hours=1))
    query = host.seen[0].query
    assert query["timestamp.gte"] == "1769698800123456000"
    assert query["timestamp.lt"] == "1769702400123456000"
    assert query["limit"] == "50000"
    assert client.get_time_and_sales("KO", start, start) == []
    with pytest.raises(ValueError, match="aware"):
        client.get_time_and_sales("KO", datetime(2026, 1, 29), start)


@pytest.mark.parametrize(
    "body", [{"status": "OK"}, {"status": "OK", "results": None}, {"status": "DELAYED", "results": []}]
)
def test_an_empty_window_has_several_forms(host: FakePolygon, client: PolygonClient, body: Any) -> None:
    host.script("/v3", say(body))
    assert client.get_time_and_sales("KO", *span()) == []


def test_a_correction_replaces_what_it_corrects(host: FakePolygon, client: PolygonClient) -> None:
    host.market.trade("KO", 99.0, id="9", correction=1)
    host.market.trade("KO", 10.0, id="9", correction=12)
    assert [record.price for record in client.get_time_and_sales("KO", *span())] == [Decimal("10.00")]


def test_a_bad_print_is_refused(host: FakePolygon, client: PolygonClient) -> None:
    host.market.trade("KO", "ten")  # type: ignore[arg-type]
    with pytest.raises(DataValidationError) as caught:
        client.get_time_and_sales("KO", *span())
    assert caught.value.code == "PAYLOAD_MALFORMED"
    host.market.trades["KO"][0]["price"] = -1
    with pytest.raises(DataValidationError) as caught:
        client.get_time_and_sales("KO", *span())
    assert caught.value.code == "TAPE_PRICE"


def test_pages_without_end(host: FakePolygon, client: PolygonClient) -> None:
    host.always("/v3", say({"status": "OK", "results": [], "next_url": "https://h/v3/trades/KO?cursor=a"}))
    with pytest.raises(PayloadError, match="pages"):
        client.get_time_and_sales("KO", *span())
    assert len(host.seen) == 40


def test_failures_are_tried_again_and_typed(host: FakePolygon, client: PolygonClient) -> None:
    host.market.quote("KO")
    host.script(SNAPSHOTS, status(503, b"<html>"), drop, cut_body)
    assert client.get_level2_snapshot("KO").symbol == "KO"
    host.always(SNAPSHOTS, status(500))
    with pytest.raises(ServerError):
        client.get_level2_snapshot("KO")
    assert len(host.seen) == 8
    host.always(SNAPSHOTS, drop)
    with pytest.raises(NetworkError):
        client.get_level2_snapshots(["KO"])
    assert len(host.seen) == 12
    host.always(SNAPSHOTS, bomb(70))
    with pytest.raises(PayloadError):
        client.get_level2_snapshots(["KO"])
    host.always(SNAPSHOTS, status(401, {"error": "Unknown API Key k1"}))
    with pytest.raises(AuthError) as caught:
        client.get_level2_snapshots(["KO"])
    assert "k1" not in str(caught.value)
    assert len(host.seen) == 14


def test_a_refused_symbol_never_reaches_a_url(host: FakePolygon, client: PolygonClient) -> None:
    for symbol in ("../v1", "aapl", "A?x=1", "", "A B"):
        with pytest.raises(ValueError, match="ticker"):
            client.get_level2_snapshot(symbol)
        with pytest.raises(ValueError, match="ticker"):
            client.get_time_and_sales(symbol, *span())
    assert host.seen == []


def test_a_waiting_call_ends_when_stopped(host: FakePolygon) -> None:
    stop = threading.Event()
    host.always(SNAPSHOTS, status(500))
    with PolygonClient(host.config(), policy=RetryPolicy(base_delay=30), stop=stop) as client:
        timer = threading.Timer(0.1, stop.set)
        timer.start()
        with pytest.raises(FeedStoppedError):
            client.get_level2_snapshot("KO")
        timer.join()


def test_a_key_is_needed_for_the_vendor(host: FakePolygon) -> None:
    for key in (None, "", "  ", SecretStr("")):
        with pytest.raises(DataValidationError) as caught:
            PolygonClient(host.config(polygon_api_key=key))
        assert caught.value.code == "CONFIG_INVALID"


def test_the_vendors_client_never_talks_nor_logs_to_the_screen() -> None:
    request = endpoints.trades("AAPL", from_ns=1, limit=5)
    assert (request.path, request.endpoint, request.symbol) == ("/v3/trades/AAPL", "trades", "AAPL")
    assert logging.getLogger("RESTClient").handlers == []
    assert logging.getLogger("WebSocketClient").handlers == []
    with pytest.raises(ValueError, match="whole market"):
        endpoints.snapshots([])


def test_importing_the_client_does_not_import_the_vendors() -> None:
    code = (
        "import sys, orderflow_tui.feeds.polygon.feed; sys.exit('polygon' in sys.modules or 'textual' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_feed_errors_are_one_family() -> None:
    for kind in (AuthError, NotEntitledError, SymbolNotFoundError, ServerError, NetworkError, PayloadError):
        assert issubclass(kind, FeedError)


@pytest.mark.skipif(sys.platform != "linux", reason="forks only on Linux")
def test_the_vendors_client_is_asked_in_a_process_of_its_own() -> None:
    code = (
        "import sys; from orderflow_tui.feeds.polygon import endpoints; endpoints.prepare(); "
        "print(endpoints.trades('BRK.B', from_ns=5, to_ns=7, limit=9)); assert 'polygon' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == repr(endpoints.trades("BRK.B", from_ns=5, to_ns=7, limit=9))
