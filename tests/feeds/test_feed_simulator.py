"""The feed on the simulated market: nothing between them is faked."""

from __future__ import annotations

import time

from orderflow_tui.core.eligibility import flags_for
from orderflow_tui.core.units import NS, datetime_ns, utc_datetime
from orderflow_tui.feeds.feed import ApiFault, BadPayload, Batch, FeedGap
from orderflow_tui.feeds.polygon.client import PolygonClient
from orderflow_tui.feeds.polygon.feed import PolygonFeed
from orderflow_tui.feeds.simulator.process import SimulatorProcess
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
        assert feed.join(20)
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
