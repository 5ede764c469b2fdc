"""The feed on the simulated market: nothing between them is faked."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from orderflow_tui.config.values import VENDOR_WS_URL
from orderflow_tui.core.model.events import Print
from orderflow_tui.core.model.units import NS, datetime_ns, utc_datetime
from orderflow_tui.feeds.feed import ApiFault, BadPayload, Batch, FeedGap, FeedStatus
from orderflow_tui.feeds.polygon.feed import PolygonFeed
from orderflow_tui.feeds.polygon.sale_conditions import flags_for
from orderflow_tui.feeds.simulator.process import SimulatorProcess
from orderflow_tui.library.polygon_client import PolygonClient
from tests.feeds.collector import Collector, covers, is_book, shown
from tests.feeds.fake_polygon import Config


def test_what_the_feed_delivered_is_what_the_market_printed() -> None:
    got = Collector()
    with SimulatorProcess(seed=3, scenario="burst", symbols=("ACME", "BETA")) as market:
        config = Config(market.url, data_source="simulator", polygon_api_key=market.api_key, requests_per_second=20)
        feed = PolygonFeed(config, cycle_seconds=0.2)
        feed.start(["ACME", "BETA"], got)
        book = got.wait(Batch, is_book("ACME"))
        assert 1 < len(shown(book).bids) <= 10
        until = time.time_ns() + NS
        for symbol in ("ACME", "BETA"):
            got.wait(Batch, covers(symbol, until))
        feed.stop()
        assert feed.join(60)
        with PolygonClient(config) as client:
            for symbol in ("ACME", "BETA"):
                delivered = {
                    (event.time_ns // 1_000, event.venue, event.trade_id): event.size
                    for event in got.prints(symbol)
                    if event.time_ns < until
                }
                assert len(delivered) == sum(event.time_ns < until for event in got.prints(symbol))
                begin = min(event.time_ns for event in got.prints(symbol))
                printed = client.get_time_and_sales(symbol, utc_datetime(begin), utc_datetime(until))
                assert delivered == {
                    (datetime_ns(record.timestamp_utc) // 1_000, record.venue, record.trade_id): record.size
                    for record in printed
                    if flags_for(record.conditions)
                }
    assert not [*got.of(BadPayload), *got.of(ApiFault), *got.of(FeedGap)]


def test_streamed_and_polled_together_no_print_is_lost_or_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stream drops twice within the run; what was delivered is what the server's truth has, print by print."""
    monkeypatch.setattr("orderflow_tui.feeds.live.reconnecting.TELL_EVERY_SECONDS", 0.0)
    script = tmp_path / "faults.toml"
    script.write_text(
        '[[fault]]\nendpoint = "stream"\nkind = "close"\nframes = 25\n'
        '[[fault]]\nendpoint = "stream"\nkind = "garbage"\nframes = 30\n'
    )
    got = Collector()
    with SimulatorProcess(seed=11, scenario="mixed", faults=script) as market:
        config = Config(
            market.url,
            data_source="simulator",
            polygon_api_key=market.api_key,
            requests_per_second=50,
            stream="auto",
            polygon_ws_url=VENDOR_WS_URL,
        )
        feed = PolygonFeed(config, cycle_seconds=0.3, stream_pace=4.0)
        feed.start(["ACME", "BOLT"], got)
        try:
            got.wait(ApiFault, lambda f: f.endpoint == "stream", count=2)
            mark = got.mark()
            got.wait(FeedStatus, lambda status: status.stream.startswith("stream"), since=mark)
            until = time.time_ns() + NS
            for symbol in ("ACME", "BOLT"):
                got.wait(Batch, covers(symbol, until))
        finally:
            feed.stop()
            assert feed.join(60)
        for symbol in ("ACME", "BOLT"):
            delivered = [event for batch in got.of(Batch, symbol) for event in batch.events if isinstance(event, Print)]
            keys = [(event.venue, event.trf, event.trade_id) for event in delivered]
            assert len(keys) == len(set(keys))
            first = min(event.time_ns for event in delivered)
            truth = httpx.get(
                f"{market.url}/sim/v1/truth/{symbol}",
                params={"timestamp.gte": first, "timestamp.lt": until},
                headers={"Authorization": f"Bearer {market.api_key}"},
                trust_env=False,
            ).json()
            expected = {
                (row["exchange"], row.get("trf_id", 0), row["id"]): row["size"]
                for row in truth["prints"]
                if row["size"] and not row.get("correction")
            }
            corrected = {  # since they were delivered
                (row["exchange"], row.get("trf_id", 0), row["id"]) for row in truth["prints"] if row.get("correction")
            }
            mine = {
                key: event.size
                for key, event in zip(keys, delivered, strict=True)
                if event.time_ns < until and key not in corrected
            }
            assert mine == expected
            assert len(mine) > 300
