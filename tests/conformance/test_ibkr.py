"""`ib_async`'s own client against the simulated TWS: what it reads is what was printed and shown."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

import pytest

from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.ibkr import wire
from orderflow_tui.feeds.ibkr.depth import BookRows
from orderflow_tui.feeds.simulator.market import Market
from tests.feeds.ibkr.serving import Served, served

ib_async = pytest.importorskip("ib_async", reason="the client is installed by make conformance")
pytestmark = pytest.mark.conformance
PATIENCE = 20.0


async def connected(host: Served) -> Any:
    client = ib_async.IB()
    fetch = ib_async.StartupFetch(0)
    await client.connectAsync("127.0.0.1", host.port, clientId=7, timeout=5, readonly=True, fetchFields=fetch)
    return client


async def contract(client: Any) -> Any:
    (found,) = await client.qualifyContractsAsync(ib_async.Stock("ACME", "SMART", "USD"))
    assert found.primaryExchange == "NYSE"
    return found


def run(work: Any) -> None:
    asyncio.run(asyncio.wait_for(work, PATIENCE))


@pytest.mark.parametrize("version", [157, 163])
def test_it_knows_the_contracts_of_an_older_gateway(version: int) -> None:
    with served(("ACME",), version=version) as host:

        async def work() -> None:
            client = await connected(host)
            await contract(client)
            client.disconnect()

        run(work())


def test_its_ticks_are_the_prints() -> None:
    with served(("ACME",)) as host:

        async def work() -> None:
            client = await connected(host)
            ticker = client.reqTickByTickData(await contract(client), "AllLast")
            seen: list[Any] = []
            ticker.updateEvent += lambda one: seen.extend(one.tickByTicks)
            await asyncio.sleep(1.0)
            from_ns = (time.time_ns() // NS) * NS
            await asyncio.sleep(3.0)
            until_ns = (time.time_ns() // NS) * NS
            await asyncio.sleep(1.0)
            client.disconnect()
            market = host.market.get("ACME")
            assert market is not None
            printed = market.tape.prints.between(0, time.time_ns())
            known = Counter((row.price, row.size) for row in printed if row.size)
            told = Counter((round(one.price * 10_000), int(one.size)) for one in seen if one.size >= 1)
            assert told
            assert not told - known
            inside = Counter(
                (row.price, row.size) for row in printed if from_ns <= row.sip_timestamp < until_ns and row.size
            )
            assert not inside - told

        run(work())


def test_its_book_messages_end_as_the_book() -> None:
    with served(("ACME",)) as host:

        async def work() -> None:
            client = await connected(host)
            rows = BookRows(40)
            ticker = client.reqMktDepth(await contract(client), numRows=40, isSmartDepth=True)

            def take(one: Any) -> None:
                for row in one.domTicks:
                    price, size = round(row.price * 10_000), int(row.size)
                    rows.apply(
                        wire.DepthRow(1, row.position, row.marketMaker, row.operation, row.side == 1, price, size)
                    )

            ticker.updateEvent += take
            await asyncio.sleep(3.0)
            while not rows.whole:
                # A change may be under way: between its messages a row stands twice.
                assert not rows.broken
                await asyncio.sleep(0.01)
            assert not rows.broken
            assert len(rows.levels()[0]) == 10
            client.cancelMktDepth(ticker.contract, isSmartDepth=True)
            client.disconnect()

        run(work())


def test_its_quotes_and_past_ticks() -> None:
    with served(("ACME",)) as host:

        async def work() -> None:
            client = await connected(host)
            stock = await contract(client)
            ticker = client.reqMktData(stock, "233")
            await asyncio.sleep(1.0)
            assert 0 < ticker.bid < ticker.ask
            assert ticker.marketDataType == 1
            end = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime())
            past = await client.reqHistoricalTicksAsync(stock, "", end, 1_000, "TRADES", useRth=False)
            assert len(past) > 50
            client.disconnect()

        run(work())


def test_its_orders_are_refused() -> None:
    with served(("ACME",)) as host:

        async def work() -> None:
            client = await connected(host)
            trade = client.placeOrder(await contract(client), ib_async.MarketOrder("BUY", 1))
            client.reqGlobalCancel()
            await asyncio.sleep(1.0)
            assert trade.orderStatus.status in ("Inactive", "Cancelled", "PendingSubmit", "ValidationError")
            assert host.gateway.shared.refused_orders == 2
            client.disconnect()

        run(work())


NEWS = {
    "book_reset": 317, "book_halt": 316, "lost": 1100, "back_kept": 1102, "competing": 10197, "farm_broken": 2103,
    "back_lost": 1101,
}  # fmt: skip


def test_it_is_told_of_every_fault_by_its_number() -> None:
    with served(("ACME", "BOLT"), books=1) as host:

        async def work() -> None:
            client, codes = await connected(host), list[int]()
            client.errorEvent += lambda _, code, *more: codes.append(code)
            gone = asyncio.Event()
            client.disconnectedEvent += gone.set
            stock = await contract(client)
            client.reqMktDepth(stock, numRows=40, isSmartDepth=True)
            client.reqTickByTickData(stock, "AllLast")
            (other,) = await client.qualifyContractsAsync(ib_async.Stock("BOLT", "SMART", "USD"))
            client.reqMktDepth(other, numRows=40, isSmartDepth=True)
            await asyncio.sleep(0.5)
            assert 309 in codes
            for kind, code in NEWS.items():
                host.hit(kind)
                await asyncio.sleep(0.3)
                assert code in codes, kind
            host.hit("close")
            await asyncio.wait_for(gone.wait(), 5)

        run(work())


def test_a_login_without_real_time_data_is_late_to_it() -> None:
    market = Market(("ACME",), seed=5, now_ns=time.time_ns(), history_ns=1_000 * NS)
    with served(("ACME",), market=market, delayed=True) as host:

        async def work() -> None:
            client = await connected(host)
            client.reqMarketDataType(3)
            ticker = client.reqMktData(await contract(client), "233")
            await asyncio.sleep(1.5)
            assert ticker.marketDataType == 3
            assert 0 < ticker.bid < ticker.ask
            client.disconnect()

        run(work())
