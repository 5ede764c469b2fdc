"""Databento's own client against the simulated gateway: what it reads is what was printed and shown."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from orderflow_tui.core.model.events import BUY, SELL, Book, Print
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.databento.normalize import SymbolRecords
from orderflow_tui.feeds.feed import Batch
from orderflow_tui.feeds.simulator.faults import Fault
from orderflow_tui.feeds.simulator.market_history import FINRA_EXCHANGE
from orderflow_tui.feeds.simulator.symbol_market import Step, SymbolMarket
from tests.feeds.databento.serving import KEY, Config, Served, running, served
from tests.feeds.databento.test_feed import settle

databento = pytest.importorskip("databento", reason="the vendor's client is installed by make conformance")
pytestmark = pytest.mark.conformance
SIDES = {"B": BUY, "A": SELL}
PATIENCE = 20.0


class Client:
    """The vendor's client, its records, and what they say by its own symbol map."""

    def __init__(self, address: str, *, key: str = KEY, reconnect: str = "none") -> None:
        host, _, port = address.partition(":")
        self.live = databento.Live(
            key=key, gateway=host, port=int(port), heartbeat_interval_s=5, reconnect_policy=reconnect
        )
        self.records: list[Any] = []
        self._news = threading.Condition()
        self.live.add_callback(self._take)

    def _take(self, record: Any) -> None:
        with self._news:
            self.records.append(record)
            self._news.notify_all()

    def wait(self, found: Callable[[Any], bool]) -> Any:
        with self._news:
            assert self._news.wait_for(lambda: any(map(found, self.records)), PATIENCE)
            return next(record for record in self.records if found(record))

    def of(self, symbol: str, kind: Any) -> list[Any]:
        with self._news:
            return [
                record
                for record in self.records
                if isinstance(record, kind) and self.live.symbology_map.get(record.instrument_id) == symbol
            ]


def start_ns() -> int:
    return time.time_ns() - 50 * NS


def printed(host: Served, symbol: str, from_ns: int, until_ns: int) -> list[tuple[int, int, int, str]]:
    market = host.served.market.get(symbol)
    assert market is not None
    rows = market.tape.prints.between(from_ns, until_ns - 1)
    return [
        (row.sip_timestamp, row.price * 100_000, row.size, "A" if row.aggressor == "sell" else "B")
        for row in rows
        if row.exchange != FINRA_EXCHANGE and row.size
    ]


def test_the_client_reads_what_was_printed_and_so_do_we() -> None:
    with served() as host, running(Config(host.address), ["ACME"]) as (_, got):
        client = Client(host.address)
        from_ns = start_ns()
        client.live.subscribe(
            dataset="XNAS.ITCH", schema="mbp-10", stype_in="raw_symbol", symbols=["ACME", "BOLT"], start=from_ns
        )
        client.live.subscribe(dataset="XNAS.ITCH", schema="status", stype_in="raw_symbol", symbols=["ACME"])
        client.live.start()
        until = settle(got)
        client.wait(lambda record: getattr(record, "ts_recv", 0) > until)
        client.live.terminate()
        for symbol in ("ACME", "BOLT"):
            rows = client.of(symbol, databento.MBP10Msg)
            trades = [
                (row.ts_recv, row.price, row.size, str(row.side))
                for row in rows
                if str(row.action) == "T" and row.ts_recv < until
            ]
            assert trades == printed(host, symbol, trades[0][0], until)
            assert trades[0][0] < from_ns + 5 * NS
        ours = [event for batch in got.of(Batch, "ACME") for event in batch.events]
        theirs = client.of("ACME", databento.MBP10Msg)
        assert [
            (event.time_ns, event.price * 100_000, event.size, event.side)
            for event in ours
            if isinstance(event, Print) and trades_span(theirs, event.time_ns, until)
        ] == [
            (row.ts_recv, row.price, row.size, SIDES[str(row.side)])
            for row in theirs
            if str(row.action) == "T" and row.ts_recv < until
        ]
        ends = {(row.ts_recv, row.levels[0].bid_px, row.levels[0].bid_sz) for row in theirs if row.flags & 128}
        live = [event for event in ours if isinstance(event, Book) and from_ns + 2 * NS < event.time_ns < until]
        assert live
        assert {(book.time_ns, book.bids[0][0] * 100_000, book.bids[0][1]) for book in live} <= ends


def trades_span(rows: list[Any], at_ns: int, until_ns: int) -> bool:
    return bool(rows[0].ts_recv <= at_ns < until_ns)


def test_the_clients_records_are_read_by_our_decoder() -> None:
    with served() as host:
        client = Client(host.address)
        client.live.subscribe(
            dataset="XNAS.ITCH", schema="mbp-10", stype_in="raw_symbol", symbols=["ACME"], start=start_ns()
        )
        client.live.start()
        client.wait(lambda record: isinstance(record, databento.SystemMsg) and "replay" in record.msg)
        client.live.terminate()
        records = SymbolRecords(patient=False)
        rows = client.of("ACME", databento.MBP10Msg)
        events = [event for seq, row in enumerate(rows) for event in records.take(row, row.ts_recv, seq)]
        assert len([event for event in events if isinstance(event, Book)]) > 100
        assert records.repeats == 0


def test_a_wrong_key_is_refused_to_the_client_too() -> None:
    with served() as host:
        client = Client(host.address, key="db-unittest0000000000000000XXXXX")
        with pytest.raises(databento.BentoError, match="Authentication failed"):
            client.live.subscribe(dataset="XNAS.ITCH", schema="mbp-10", stype_in="raw_symbol", symbols=["ACME"])


def test_unknown_symbols_and_warnings_reach_the_client() -> None:
    with served(faults=[Fault("stream", "slow_reader", frames=2)]) as host:
        client = Client(host.address)
        client.live.subscribe(dataset="XNAS.ITCH", schema="mbp-10", stype_in="raw_symbol", symbols=["ACME", "NOPE"])
        client.live.start()
        refused = client.wait(lambda record: isinstance(record, databento.ErrorMsg))
        assert (int(refused.code), "NOPE" in refused.err) == (4, True)
        slow = client.wait(lambda record: isinstance(record, databento.SystemMsg) and "slow" in record.msg.lower())
        assert int(slow.code) == 2
        client.live.terminate()


def test_a_halt_and_its_end_are_status_records_to_the_client() -> None:
    with served() as host:
        client = Client(host.address)
        client.live.subscribe(dataset="XNAS.ITCH", schema="status", stype_in="raw_symbol", symbols=["ACME"], start=0)
        client.live.start()
        client.wait(lambda record: isinstance(record, databento.SystemMsg))
        market = host.served.market.get("ACME")
        assert market is not None
        for act, action in ((SymbolMarket.halt, 8), (SymbolMarket.resume, 7)):
            market._next_step = Step(time.time_ns() + NS // 5, act)
            told = client.wait(
                lambda record, action=action: isinstance(record, databento.StatusMsg) and int(record.action) == action  # type: ignore[misc]
            )
            assert client.live.symbology_map[told.instrument_id] == "ACME"
        client.live.terminate()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("kind", ["reset", "duplicate"])
def test_what_a_break_leaves_is_what_was_printed(kind: str) -> None:
    with served(faults=[Fault("stream", kind, frames=6, times=1)]) as host:  # type: ignore[arg-type]
        client = Client(host.address, reconnect="reconnect")
        client.live.subscribe(dataset="XNAS.ITCH", schema="mbp-10", stype_in="raw_symbol", symbols=["ACME"])
        client.live.start()
        until = time.time_ns() + 4 * NS
        client.wait(lambda record: getattr(record, "ts_recv", 0) > until)
        client.live.terminate()
        rows = [row for row in client.of("ACME", databento.MBP10Msg) if row.ts_recv < until]
        told = [(row.ts_recv, row.price, row.size, str(row.side)) for row in rows if str(row.action) == "T"]
        assert set(told) <= set(printed(host, "ACME", told[0][0], until))
        assert (len(rows) > len({bytes(row) for row in rows})) is (kind == "duplicate")
        del client, rows
        gc.collect()
