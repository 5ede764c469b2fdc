"""The source against its wire on loopback: nothing lost, nothing doubled, every refusal said."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import cast

import pytest
from msgspec.structs import replace as replace_struct
from websockets.asyncio.client import ClientConnection

from orderflow_tui.core.model.events import Book, Halt, Print, SideCheckResult, TapeCorrection
from orderflow_tui.core.model.outputs import SideCheckRequested
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.alpaca.entitlement import IEX_ONLY, NO_SIP
from orderflow_tui.feeds.alpaca.feed import AlpacaFeed
from orderflow_tui.feeds.alpaca.wire import StreamError
from orderflow_tui.feeds.feed import ApiFault, BandNote, Batch, FeedEnded, FeedStatus, SymbolCapabilities
from orderflow_tui.feeds.simulator.alpaca_rows import of_feed, trade_id
from orderflow_tui.feeds.simulator.faults import Fault
from orderflow_tui.feeds.simulator.symbol_market import Step, SymbolMarket
from tests.feeds.alpaca.serving import KEY, SECRET, Config, running, served
from tests.feeds.collector import Collector, covers


def delivered(got: Collector, symbol: str, until_ns: int) -> list[tuple[int, str]]:
    """Time and id of every print that came by whatever way."""
    return [
        (event.time_ns, event.trade_id)
        for batch in got.of(Batch, symbol)
        for event in batch.events
        if isinstance(event, Print) and event.time_ns < until_ns
    ]


def is_streamed(status: FeedStatus) -> bool:
    return status.stream.startswith("stream")


@pytest.mark.parametrize("sip", [True, False])
def test_what_was_delivered_is_what_was_printed_through_a_drop(sip: bool) -> None:
    drop = Fault("stream", "close", frames=10, code=1000)
    with served(faults=[drop], sip=sip) as host, running(Config(host.url), ["ACME"]) as (feed, got):
        got.wait(FeedStatus, is_streamed)
        got.wait(ApiFault, lambda fault: "closed the stream (1000)" in fault.detail)
        mark = got.mark()
        got.wait(FeedStatus, is_streamed, since=mark)
        until = time.time_ns() + NS
        got.wait(Batch, covers("ACME", until))
        told = delivered(got, "ACME", until)
        assert len(told) == len(set(told))
        market = host.market.get("ACME")
        assert market is not None
        printed = of_feed(market.tape.prints.between(min(told)[0], until - 1), "sip" if sip else "iex")
        assert sorted(told) == sorted((row.sip_timestamp, str(trade_id(row))) for row in printed if row.size)
        assert feed.capabilities.venues == ("" if sip else IEX_ONLY)
        assert feed.capabilities.depth_label == ("NBBO, 1 level" if sip else f"{IEX_ONLY}, 1 level")
        assert feed.capabilities.streaming
        assert got.of(BandNote, "ACME") == [] or got.of(BandNote, "ACME")[0].lower > 0
    assert not any(KEY in repr(message) or SECRET in repr(message) for message in got.messages)


def test_the_quote_in_force_comes_before_the_first_print() -> None:
    with served(sip=True) as host, running(Config(host.url), ["ACME"]) as (_, got):
        got.wait(Batch, lambda batch: any(isinstance(event, Print) for event in batch.events))
        kinds = [type(event) for batch in got.of(Batch, "ACME") for event in batch.events]
        assert Book in kinds[: kinds.index(Print)]


def test_sip_that_the_key_has_not_ends_and_names_auto() -> None:
    with served() as host, running(replace(Config(host.url), alpaca_feed="sip"), ["ACME"]) as (_, got):
        ended = got.wait(FeedEnded)
    assert (ended.exit_code, ended.reason) == (1, NO_SIP)


def test_a_refused_key_ends_everything() -> None:
    refused = replace(Config(""), alpaca_key_id="PKOTHER")
    with served() as host, running(replace(refused, url=host.url), ["ACME"]) as (_, got):
        assert got.wait(FeedEnded).exit_code == 1
        assert got.wait(ApiFault, lambda fault: fault.final).error_type == "401"


def test_a_key_that_only_the_stream_refuses_ends_everything_too() -> None:
    with (
        served(faults=[Fault("stream", "auth_failed")]) as host,
        running(replace(Config(host.url), alpaca_feed="iex"), ["ACME"]) as (_, got),
    ):
        assert got.wait(FeedEnded).exit_code == 1


def test_while_another_program_streams_the_polls_have_it_and_it_is_tried_again() -> None:
    taken = Fault("stream", "max_connections", times=2)
    config = replace(Config(""), alpaca_feed="iex")
    with served(faults=[taken]) as host, running(replace(config, url=host.url), ["ACME"], pace=60) as (_, got):
        fault = got.wait(ApiFault, lambda fault: "another program" in fault.detail)
        assert fault.error_type == "429"
        got.wait(Batch, covers("ACME", time.time_ns() - NS))
        got.wait(FeedStatus, is_streamed)


def test_a_stream_with_few_places_takes_the_urgent_and_names_the_rest() -> None:
    names = ("ACME", "BOLT", "CRUX")
    with served(names, most=2) as host:
        config = replace(Config(host.url), alpaca_feed="iex")
        with running(config, ["BOLT"]) as (feed, got):
            feed.set_urgency(["CRUX", "BOLT", "ACME"])
            feed.set_symbols(names)
            got.wait(FeedStatus, lambda status: status.stream == "stream; no room for ACME: polled")
            got.wait(Batch, covers("ACME", time.time_ns()))
            got.wait(Batch, covers("CRUX", time.time_ns()))
            polled = got.wait(SymbolCapabilities, lambda told: told.symbol == "ACME").capabilities
            assert not polled.streaming, "a wall between two polls was not seen to go"
            assert polled.depth_label == "IEX only, about 3 % of the volume, 1 level, polled"


def test_a_place_goes_to_whoever_is_most_urgent_after_a_minute() -> None:
    names = ("ACME", "BOLT", "CRUX")
    with served(names, most=2) as host:
        config = replace(Config(host.url), alpaca_feed="iex")
        with running(config, names, pace=120.0) as (feed, got):
            got.wait(FeedStatus, lambda status: status.stream == "stream; no room for CRUX: polled")
            feed.set_urgency(["CRUX", "ACME", "BOLT"])
            got.wait(FeedStatus, lambda status: status.stream == "stream; no room for BOLT: polled")
            until = time.time_ns() + NS
            for name in names:
                got.wait(Batch, covers(name, until))
                told = delivered(got, name, until)
                assert len(told) == len(set(told))


def test_a_mute_stream_is_left() -> None:
    with (
        served(faults=[Fault("stream", "silence", frames=4)]) as host,
        running(replace(Config(host.url), alpaca_feed="iex"), ["ACME"], pace=20) as (_, got),
    ):
        got.wait(ApiFault, lambda fault: "silent for" in fault.detail)
        mark = got.mark()
        got.wait(FeedStatus, is_streamed, since=mark)


def test_a_bust_is_a_second_read_again() -> None:
    with served(sip=True) as host, running(Config(host.url), ["ACME"]) as (_, got):
        got.wait(FeedStatus, is_streamed)
        got.wait(Batch, covers("ACME", time.time_ns() + NS))
        market = host.market.get("ACME")
        assert market is not None
        since = max(min(delivered(got, "ACME", 1 << 62))[0], time.time_ns() - 20 * NS)
        busted = max(market.tape.prints.between(since, 1 << 62), key=lambda row: row.size)
        market.tape.bust_largest(since)
        batch = got.wait(Batch, lambda batch: any(isinstance(event, TapeCorrection) for event in batch.events))
    (again,) = batch.events
    assert isinstance(again, TapeCorrection)
    assert again.from_second == busted.sip_timestamp // NS
    assert str(trade_id(busted)) not in {event.trade_id for event in again.prints if event.venue != 4}


@pytest.mark.parametrize("asked", ["iex", "auto"])
def test_figures_of_a_feed_are_its_own_and_iex_prices_no_exit(asked: str) -> None:
    with (
        served(sip=asked == "auto") as host,
        running(replace(Config(host.url), alpaca_feed=asked), ["ACME"]) as (feed, got),
    ):
        got.wait(FeedStatus, lambda status: bool(status.capabilities.dataset))
        assert feed.capabilities.dataset == ("iex" if asked == "iex" else "sip")
        assert feed.capabilities.sizes_are_market is (asked == "auto")


@pytest.mark.parametrize("stream", ["auto", "off"])
def test_a_question_about_sides_is_answered_by_the_quotes_of_its_span(stream: str) -> None:
    with served(sip=True) as host, running(replace(Config(host.url), stream=stream), ["ACME"]) as (feed, got):
        got.wait(Batch, covers("ACME", time.time_ns()))
        prints = [one for batch in got.of(Batch, "ACME") for one in batch.events if isinstance(one, Print) and one.size]
        first, last = prints[-3], prints[-1]
        feed.request_side_check(SideCheckRequested("ACME", 7, last.time_ns, first.time_ns, last.time_ns))
        batch = got.wait(Batch, lambda batch: any(isinstance(event, SideCheckResult) for event in batch.events))
        (answer,) = batch.events
        assert isinstance(answer, SideCheckResult)
        assert answer.answered
        assert {print_.trade_id for print_ in answer.prints} >= {one.trade_id for one in prints[-3:]}
        assert answer.quotes[0].time_ns <= first.time_ns
        market = host.market.get("ACME")
        assert market is not None
        states = market.tape.quotes.between(0, last.time_ns)
        assert answer.quotes[-1].bids[0][0] == states[-1].bid_price


@pytest.mark.parametrize("stream", ["auto", "off"])
def test_a_quiet_names_tick_test_starts_from_its_last_print_though_it_was_made_an_hour_ago(stream: str) -> None:
    with (
        served(sip=True, quiet_s=3_600) as host,
        running(replace(Config(host.url), stream=stream), ["ACME"]) as (feed, got),
    ):
        market = host.market.get("ACME")
        assert market is not None
        last = market.tape.prints.between(0, 1 << 62)[-1]
        batch = got.wait(Batch, lambda batch: any(isinstance(event, Print) for event in batch.events))
        price = next(event for event in batch.events if isinstance(event, Print))
        assert (price.time_ns, price.price, price.size) == (last.sip_timestamp, last.price, 0)
        market.execute("sell", 25_000)
        sold = got.wait(Batch, lambda batch: any(isinstance(event, Print) and event.size for event in batch.events))
        first = next(event for event in sold.events if isinstance(event, Print))
        feed.request_side_check(SideCheckRequested("ACME", 7, first.time_ns, first.time_ns, first.time_ns))
        answered = got.wait(Batch, lambda batch: any(isinstance(event, SideCheckResult) for event in batch.events))
        (answer,) = answered.events
        assert isinstance(answer, SideCheckResult)
        assert answer.prints[0] == price


def test_without_the_stream_everything_is_polled() -> None:
    with served(sip=True) as host, running(replace(Config(host.url), stream="off"), ["ACME"]) as (feed, got):
        got.wait(Batch, covers("ACME", time.time_ns() + NS))
        assert not feed.capabilities.streaming
        assert not any(status.stream for status in got.of(FeedStatus))


def test_a_bust_is_found_by_polls_too() -> None:
    with (
        served(sip=True) as host,
        running(replace(Config(host.url), stream="off"), ["ACME"], pace=40.0) as (_, got),
    ):
        got.wait(Batch, covers("ACME", time.time_ns()))
        told = {trade for _, trade in delivered(got, "ACME", 1 << 62)}
        market = host.market.get("ACME")
        assert market is not None
        rows = [row for row in market.tape.prints.between(0, 1 << 62) if str(trade_id(row)) in told]
        busted = max(rows, key=lambda row: row.size)
        market.tape.prints.replace(busted, replace_struct(busted, correction=8))
        batch = got.wait(Batch, lambda batch: any(isinstance(event, TapeCorrection) for event in batch.events))
    (again,) = batch.events
    assert isinstance(again, TapeCorrection)
    assert again.from_second == busted.sip_timestamp // NS
    assert (busted.sip_timestamp, busted.size) not in {(one.time_ns, one.size) for one in again.prints}


def test_start_and_stop_do_not_wait_for_a_server_that_is_not_there() -> None:
    with running(Config("http://127.0.0.1:9"), ["ACME"]) as (_, got):
        got.wait(ApiFault)


@pytest.mark.parametrize("places", [2, 1])
def test_a_halt_its_end_and_the_bands_come_by_the_stream_for_polled_names_too(places: int) -> None:
    with (
        served(("BOLT", "ACME"), sip=True, most=places) as host,
        running(Config(host.url), ["BOLT", "ACME"]) as (feed, got),
    ):
        got.wait(FeedStatus, is_streamed)
        while places == 1 and not feed._stream._halts:
            got.wait(Batch, covers("ACME", time.time_ns()))
        market = host.market.get("ACME")
        assert market is not None
        market._next_step = Step(time.time_ns() + NS // 5, SymbolMarket.halt)
        stopped = got.wait(
            Batch, lambda batch: batch.symbol == "ACME" and any(isinstance(e, Halt) and e.halted for e in batch.events)
        )
        assert [e.reason for e in stopped.events if isinstance(e, Halt)] == ["Volatility Trading Pause"]
        band = got.wait(BandNote, lambda note: note.symbol == "ACME")
        assert 0 < band.lower < band.upper
        market._next_step = Step(time.time_ns() + NS // 5, SymbolMarket.resume)
        got.wait(Batch, lambda batch: any(isinstance(e, Halt) and not e.halted for e in batch.events))


async def test_a_server_that_tells_no_halts_of_names_without_a_place_keeps_the_others_places() -> None:
    said: list[str] = []
    stream = AlpacaFeed(Config("http://127.0.0.1:9"))._stream
    stream._hooks = replace_struct(stream._hooks, state=said.append, symbols=lambda: ("ACME", "BOLT"))
    connection = cast("ClientConnection", Kept())
    stream._most, stream._streaming = 1, {"ACME"}
    asked = await stream._ask(connection)
    assert asked == ("BOLT",)
    stream._refused(StreamError(code=405, msg="symbol limit exceeded"), asked)
    assert await stream._ask(connection) == ()
    assert (stream._most, said[-1]) == (1, "stream; no room for BOLT: polled, halts unseen")


class Kept:
    """A connection that takes what is sent."""

    async def send(self, message: str) -> None:
        assert "BOLT" in message


def test_a_tape_that_is_late_by_contract_is_whole_at_its_own_time() -> None:
    late_ns = 900 * NS
    with (
        served(sip=False, history_s=1_000) as host,
        running(replace(Config(host.url), alpaca_feed="delayed_sip"), ["ACME"]) as (feed, got),
    ):
        until = time.time_ns() - late_ns
        got.wait(Batch, covers("ACME", until))
        told = delivered(got, "ACME", until)
        market = host.market.get("ACME")
        assert market is not None
        printed = market.tape.prints.between(min(told)[0], until - 1)
        assert sorted(told) == sorted((row.sip_timestamp, str(trade_id(row))) for row in printed if row.size)
        assert max(told)[0] < time.time_ns() - late_ns
        assert (feed.capabilities.delay_seconds, feed.capabilities.single_venue) == (900, False)
