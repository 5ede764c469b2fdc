"""The source against its wire on loopback: nothing lost, nothing doubled, every refusal said."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from orderflow_tui.core.model.events import BUY, SELL, Book, Event, Gap, Halt, Print, TapeCovered
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.databento.delivery import SKIPPED_WORDS, SLOW_WORDS
from orderflow_tui.feeds.databento.feed import DatabentoFeed
from orderflow_tui.feeds.feed import ApiFault, Batch, FeedEnded, FeedGap, FeedStatus, SymbolNote
from orderflow_tui.feeds.simulator.faults import Fault
from orderflow_tui.feeds.simulator.market_history import FINRA_EXCHANGE
from tests.feeds.collector import Collector
from tests.feeds.databento.serving import KEY, Config, Served, listening, running, served

SIDES = {BUY: "buy", SELL: "sell"}


def events(got: Collector, symbol: str) -> list[Event]:
    return [event for batch in got.of(Batch, symbol) for event in batch.events]


def delivered(got: Collector, symbol: str, until_ns: int) -> list[tuple[int, int, int, str]]:
    return [
        (event.time_ns, event.price, event.size, SIDES.get(event.side, "none"))
        for event in events(got, symbol)
        if isinstance(event, Print) and event.time_ns < until_ns
    ]


def printed(host: Served, symbol: str, until_ns: int) -> list[tuple[int, int, int, str]]:
    market = host.served.market.get(symbol)
    assert market is not None
    rows = market.tape.prints.between(0, until_ns - 1)
    return [
        (row.sip_timestamp, row.price, row.size, row.aggressor)
        for row in rows
        if row.exchange != FINRA_EXCHANGE and row.size
    ]


def covers(symbol: str, moment_ns: int) -> object:
    return lambda batch: (
        batch.symbol == symbol
        and any(isinstance(event, TapeCovered) and event.time_ns > moment_ns for event in batch.events)
    )


def stands(status: FeedStatus) -> bool:
    return status.stream.startswith("stream")


def settle(got: Collector, symbol: str = "ACME") -> int:
    """Wait until the tape is known up to an instant, and return it."""
    until = time.time_ns()
    got.wait(Batch, covers(symbol, until))  # type: ignore[arg-type]
    return until


@pytest.mark.parametrize("kind", ["close", "reset", "cut", "duplicate", "garbage"])
def test_what_was_delivered_is_what_was_printed_through_every_break(kind: str) -> None:
    fault = Fault("stream", kind, frames=20, times=1)  # type: ignore[arg-type]
    with served(faults=[fault]) as host, running(Config(host.address), ["ACME", "BOLT"]) as (feed, got):
        settle(got)
        if kind == "duplicate":
            until = settle(got)
            got.wait(Batch, covers("ACME", until + NS))  # type: ignore[arg-type]
        else:
            got.wait(ApiFault)
            settle(got)
        for symbol in ("ACME", "BOLT"):
            until = settle(got, symbol)
            told = delivered(got, symbol, until)
            assert told == printed(host, symbol, until)
            assert {side for *_, side in told} == {"buy", "sell"}
        assert feed.capabilities.depth_label == "Nasdaq book and prints only, 10 levels"
        assert not any(isinstance(event, Gap) and event.reason != "start" for event in events(got, "ACME"))
    assert not any(KEY in repr(message) for message in got.messages)


def test_books_are_the_exchanges_ten_levels() -> None:
    with served() as host, running(Config(host.address), ["ACME"]) as (_, got):
        settle(got)
        market = host.served.market.get("ACME")
        assert market is not None
        batch = got.wait(
            Batch,
            lambda batch: any(
                isinstance(event, Book) and event.time_ns > time.time_ns() - NS for event in batch.events
            ),
        )
        book = next(event for event in batch.events if isinstance(event, Book))
        assert (len(book.bids), len(book.asks)) == (10, 10)
        assert book.bids[0][0] < book.asks[0][0]
        assert batch.vouched_ns == batch.quote_ns > 0


def test_nothing_but_three_kinds_of_line_is_ever_sent() -> None:
    with served() as host, running(Config(host.address), ["ACME"]) as (feed, got):
        settle(got)
        feed.set_symbols(["ACME", "BOLT"])
        settle(got, "BOLT")
        assert {line.partition("=")[0] for line in host.gateway.log} == {"auth", "schema", "start_session"}
        assert not any(KEY in line for line in host.gateway.log)


def test_a_symbol_that_joins_is_back_filled_and_the_others_lose_nothing() -> None:
    with served() as host, running(Config(host.address), ["ACME"]) as (feed, got):
        settle(got)
        feed.set_symbols(["ACME", "BOLT"])
        until = settle(got, "BOLT")
        assert delivered(got, "BOLT", until) == printed(host, "BOLT", until)
        until = settle(got)
        assert delivered(got, "ACME", until) == printed(host, "ACME", until)
        feed.set_symbols(["BOLT"])
        feed.set_symbols(["BOLT", "ACME"])
        mark = got.mark()
        got.wait(Batch, lambda batch: batch.symbol == "ACME" and batch.backfill, since=mark)


def test_a_quiet_symbol_is_asked_for_from_as_far_back_as_there_is() -> None:
    with served() as host:
        history = host.served.histories["BOLT"]
        old_ns = time.time_ns() - 3_600 * NS
        (first,) = [event for event in history.events if event.records.get("mbp-10")][:1]
        history.events = [type(first)(old_ns, first.records)]
        history.look = lambda market: None  # type: ignore[method-assign]
        market = host.served.market.get("BOLT")
        assert market is not None
        market._watcher = None
        with running(Config(host.address), ["ACME", "BOLT"]) as (_, got):
            got.wait(Batch, lambda batch: batch.symbol == "BOLT" and any(isinstance(e, Book) for e in batch.events))
            settle(got, "BOLT")
    asked = [line for line in host.gateway.log if line.startswith("schema=mbp-10")]
    assert any("symbols=BOLT|start=0" in line for line in asked)


def test_a_halt_and_its_end_are_told() -> None:
    with served() as host, running(Config(host.address), ["ACME"]) as (_, got):
        settle(got)
        market = host.served.market.get("ACME")
        assert market is not None
        market.halt()
        got.wait(Batch, lambda batch: any(isinstance(e, Halt) and e.halted for e in batch.events))
        assert [e.reason for e in events(got, "ACME") if isinstance(e, Halt)] == ["luld pause"]
        market.resume()
        got.wait(Batch, lambda batch: any(isinstance(e, Halt) and not e.halted for e in batch.events))


@pytest.mark.parametrize(("kind", "words"), [("slow_reader", SLOW_WORDS), ("skipped_records", SKIPPED_WORDS)])
def test_skipped_records_are_a_gap_that_is_said(kind: str, words: str) -> None:
    fault = Fault("stream", kind, frames=4)  # type: ignore[arg-type]
    with served(faults=[fault]) as host, running(Config(host.address), ["ACME"]) as (_, got):
        assert got.wait(FeedGap).reason == words
        got.wait(Batch, lambda batch: any(isinstance(e, Gap) and e.reason == words for e in batch.events))


def test_a_mute_session_is_left() -> None:
    with (
        served(faults=[Fault("stream", "silence", frames=4)]) as host,
        running(Config(host.address), ["ACME"]) as (_, got),
    ):
        got.wait(ApiFault, lambda fault: "silent for" in fault.detail)
        settle(got)


def test_a_refused_key_ends_everything() -> None:
    with (
        served() as host,
        running(replace(Config(host.address), databento_api_key="db-other00000"), ["ACME"]) as (_, got),
    ):
        assert got.wait(FeedEnded).exit_code == 1
        assert got.wait(ApiFault, lambda fault: fault.final).error_type == "401"


def test_a_dataset_that_is_not_in_the_plan_ends_and_says_so() -> None:
    with served(faults=[Fault("stream", "status")]) as host, running(Config(host.address), ["ACME"]) as (_, got):
        ended = got.wait(FeedEnded)
        assert (ended.exit_code, ended.reason) == (1, "A live data license is required to access XNAS.ITCH.")


def test_too_many_sessions_wait_and_try_again() -> None:
    taken = Fault("stream", "max_connections", times=2)
    with served(faults=[taken]) as host, running(Config(host.address), ["ACME"], pace=60) as (_, got):
        assert got.wait(ApiFault).error_type == "429"
        settle(got)


def test_a_refused_subscription_is_asked_once_without_halts_and_then_once_a_minute() -> None:
    refused = Fault("stream", "bad_subscription", times=10)
    with served(faults=[refused]) as host, running(Config(host.address), ["ACME"], pace=30) as (_, got):
        status = got.wait(FeedStatus, lambda status: "no session for 60 s: Invalid subscription" in status.stream)
        assert not status.connected or status.stream
        got.wait(ApiFault)
        starts = [line for line in host.gateway.log if line.startswith("start_session")]
        halts = [line for line in host.gateway.log if line.startswith("schema=status")]
        assert (len(starts), len(halts)) == (2, 1)


def test_a_symbol_the_dataset_does_not_have_is_named_and_the_others_go_on() -> None:
    with served() as host, running(Config(host.address), ["NOPE", "ACME"]) as (_, got):
        assert got.wait(SymbolNote).symbol == "NOPE"
        settle(got)
        assert not any(isinstance(event, TapeCovered) for event in events(got, "NOPE"))


def test_a_dataset_of_one_level_has_each_print_once() -> None:
    config = Config("", databento_dataset="EQUS.MINI")
    with served() as host, running(replace(config, databento_gateway=host.address), ["ACME"]) as (feed, got):
        until = settle(got)
        assert delivered(got, "ACME", until) == printed(host, "ACME", until)
        book = next(event for event in events(got, "ACME") if isinstance(event, Book))
        assert (len(book.bids), len(book.asks)) == (1, 1)
        assert feed.capabilities.depth_label == "EQUS.MINI: best of some venues, not the NBBO, 1 level"
        assert not feed.capabilities.single_venue


def test_start_and_stop_do_not_wait_for_a_gateway_that_says_nothing() -> None:
    async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    with listening(nothing) as address, running(Config(address), ["ACME"]) as (_, got):
        got.wait(FeedStatus)
    with running(Config("127.0.0.1:9"), ["ACME"]) as (_, got):
        got.wait(ApiFault)


def test_outside_the_session_a_quiet_symbol_is_not_asked_for_from_far_back() -> None:
    with served() as host:
        host.served.histories["BOLT"].events = []
        market = host.served.market.get("BOLT")
        assert market is not None
        market._watcher = None
        got = Collector()
        feed = DatabentoFeed(Config(host.address), pace=10.0)
        feed._market = lambda: None  # type: ignore[method-assign]
        feed._link.market = "closed"
        feed.start(["ACME", "BOLT"], got)
        try:
            settle(got)
            settle(got)
        finally:
            feed.stop()
            assert feed.join(60)
    assert len([line for line in host.gateway.log if line.startswith("schema=mbp-10")]) == 1


def test_a_gateway_that_leaves_at_the_question_is_asked_without_halts() -> None:
    async def leaves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = b""
        writer.write(b"lsg_version=0\ncram=word\n")
        await reader.readline()
        writer.write(b"success=1|session_id=1\n")
        while not asked.endswith(b"start_session=0\n"):
            asked += await reader.readline()
        sessions.append(b"schema=status" in asked)
        writer.close()

    sessions: list[bool] = []
    with listening(leaves) as address, running(Config(address), ["ACME"], pace=100) as (_, got):
        until = time.monotonic() + 60
        while len(sessions) < 3 and time.monotonic() < until:
            got.wait(ApiFault)
            time.sleep(0.01)
    assert sessions[:3] == [True, True, False]
