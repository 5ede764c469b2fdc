"""Alpaca's own client against the simulated market: what it reads there is what was printed. `make conformance`."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pytest

from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.simulator.alpaca_rows import of_feed, trade_id
from orderflow_tui.feeds.simulator.faults import Fault
from orderflow_tui.feeds.simulator.symbol_market import Step, SymbolMarket
from tests.feeds.alpaca.serving import KEY, SECRET, Served, served

pytestmark = pytest.mark.conformance
alpaca_live = pytest.importorskip("alpaca.data.live.stock", reason="needs alpaca-py: make conformance")
enums = pytest.importorskip("alpaca.data.enums")
historical = pytest.importorskip("alpaca.data.historical.stock")
requests = pytest.importorskip("alpaca.data.requests")
SYMBOL = "ACME"
PATIENCE = 30.0


class Listener:
    """The vendor's stream in a thread of its own, and what it told."""

    def __init__(self, host: Served, feed: Any) -> None:
        self.trades: list[Any] = []
        self.quotes: list[Any] = []
        self.cancels: list[Any] = []
        self.statuses: list[Any] = []
        self._news = threading.Condition()
        self._stream = alpaca_live.StockDataStream(
            KEY, SECRET, feed=feed, url_override=f"{host.url.replace('http', 'ws', 1)}/v2/{feed.value}"
        )
        self._stream.subscribe_trades(self._taker(self.trades), SYMBOL)
        self._stream.subscribe_quotes(self._taker(self.quotes), SYMBOL)
        self._stream.subscribe_trading_statuses(self._taker(self.statuses), SYMBOL)
        self._stream.register_trade_cancels(self._taker(self.cancels))
        self._thread = threading.Thread(target=self._stream.run, daemon=True)

    def _taker(self, kept: list[Any]) -> Any:
        async def take(message: Any) -> None:
            with self._news:
                kept.append(message)
                self._news.notify_all()

        return take

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.stop()
        self._thread.join(PATIENCE)

    def wait(self, kept: list[Any], count: int) -> None:
        until = time.monotonic() + PATIENCE
        with self._news:
            while len(kept) < count:
                assert self._news.wait(until - time.monotonic()), f"{len(kept)} of {count}"


def moment_ns(moment: datetime) -> int:
    """The client cuts nanoseconds to microseconds."""
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)) * 1_000


@pytest.mark.parametrize("feed", ["SIP", "IEX"])
def test_the_stream_as_messagepack(feed: str) -> None:
    with served(sip=feed == "SIP") as host, Listener(host, enums.DataFeed[feed]) as listener:
        listener.wait(listener.trades, 5)
        listener.wait(listener.quotes, 5)
        told = {(moment_ns(one.timestamp), one.id, one.size, round(one.price * 10_000)) for one in listener.trades}
        market = host.market.get(SYMBOL)
        assert market is not None
        rows = of_feed(market.tape.prints.between(0, 1 << 62), feed.lower())
        printed = {(row.sip_timestamp // 1_000 * 1_000, trade_id(row), row.size, row.price) for row in rows}
        assert told <= printed
        states = {(quote.bid_price, quote.ask_price) for quote in (market.tape.quotes.between(0, 1 << 62))}
        shown = {(round(one.bid_price * 10_000), round(one.ask_price * 10_000)) for one in listener.quotes}
        assert shown <= states


def test_a_bust_is_told() -> None:
    with served(sip=True) as host, Listener(host, enums.DataFeed.SIP) as listener:
        listener.wait(listener.trades, 5)
        market = host.market.get(SYMBOL)
        assert market is not None
        market.tape.bust_largest(time.time_ns() - 20 * NS)
        listener.wait(listener.cancels, 1)
        assert listener.cancels[0].symbol == SYMBOL


def test_history_page_by_page() -> None:
    with served(sip=True) as host:
        client = historical.StockHistoricalDataClient(KEY, SECRET, url_override=host.url)
        market = host.market.get(SYMBOL)
        assert market is not None
        newest = market.tape.prints.between(0, 1 << 62)[-1].sip_timestamp
        start, end = (datetime.fromtimestamp(newest / NS - ago, UTC) for ago in (30, 0))
        asked = requests.StockTradesRequest(
            symbol_or_symbols=SYMBOL,
            start=start,
            end=end,
            feed=enums.DataFeed.SIP,
        )
        told = [
            (moment_ns(one.timestamp), one.id, int(one.size)) for one in client.get_stock_trades(asked).data[SYMBOL]
        ]
        rows = market.tape.prints.between(moment_ns(start), moment_ns(end))
        assert told == [(row.sip_timestamp // 1_000 * 1_000, trade_id(row), row.size) for row in rows]
        quoted = client.get_stock_quotes(
            requests.StockQuotesRequest(
                symbol_or_symbols=SYMBOL, start=start, end=end, feed=enums.DataFeed.SIP, limit=7
            )
        ).data[SYMBOL]
        states = market.tape.quotes.between(moment_ns(start), moment_ns(end))
        assert [moment_ns(one.timestamp) for one in quoted] == [
            row.sip_timestamp // 1_000 * 1_000 for row in states[:7]
        ]
        latest = client.get_stock_latest_quote(
            requests.StockLatestQuoteRequest(symbol_or_symbols=SYMBOL, feed=enums.DataFeed.SIP)
        )
        assert latest[SYMBOL].bid_price < latest[SYMBOL].ask_price


def test_what_the_key_has_not_is_refused_as_the_vendor_refuses() -> None:
    with served() as host:
        client = historical.StockHistoricalDataClient(KEY, SECRET, url_override=host.url)
        asked = requests.StockLatestTradeRequest(symbol_or_symbols=SYMBOL, feed=enums.DataFeed.SIP)
        with pytest.raises(Exception, match="recent SIP data"):
            client.get_stock_latest_trade(asked)


def test_a_halt_and_its_end_are_told_and_the_client_comes_back_after_a_drop() -> None:
    drop = Fault("stream", "close", frames=8, code=1011)
    with served(sip=True, faults=[drop]) as host, Listener(host, enums.DataFeed.SIP) as listener:
        listener.wait(listener.trades, 20)
        market = host.market.get(SYMBOL)
        assert market is not None
        for act, count in ((SymbolMarket.halt, 1), (SymbolMarket.resume, 2)):
            market._next_step = Step(time.time_ns() + NS // 5, act)
            listener.wait(listener.statuses, count)
    codes = [(one.status_code, one.reason_code) for one in listener.statuses]
    assert codes == [("2", "LUDP"), ("3", "")]
    assert len({one.id for one in listener.trades}) > 10
