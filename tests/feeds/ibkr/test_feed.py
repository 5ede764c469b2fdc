"""The source against a simulated TWS: what it shows of whom, what goes wrong, and that it comes back."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orderflow_tui.core.model.events import Book, Gap, Halt, Print, TapeCovered
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.feeds.feed import ApiFault, BadPayload, Batch, FeedGap, FeedStatus, SymbolCapabilities, SymbolNote
from orderflow_tui.feeds.ibkr import outgoing
from orderflow_tui.feeds.simulator.ibkr.frames import frame
from orderflow_tui.feeds.simulator.market import Market
from tests.core.kit import Rules, alerts
from tests.feeds.collector import Collector
from tests.feeds.ibkr.serving import Config, Served, running, served

NAMES = ("ACME", "BOLT", "CRUX", "DYNO")


def books(got: Collector, symbol: str) -> list[Book]:
    return [event for batch in got.of(Batch, symbol) for event in batch.events if isinstance(event, Book)]


def is_deep(symbol: str) -> Callable[[Batch], bool]:
    return lambda batch: (
        batch.symbol == symbol and any(isinstance(event, Book) and len(event.bids) > 3 for event in batch.events)
    )


def is_vouch(batch: Batch) -> bool:
    return batch.channel == "stream" and all(isinstance(event, TapeCovered) for event in batch.events)


def shows(symbol: str, words: str) -> Callable[[SymbolCapabilities], bool]:
    return lambda told: told.symbol == symbol and words in told.capabilities.depth_label


def covered(got: Collector, symbol: str, *, after_s: float = 1.0) -> int:
    """A whole second so far ahead, once the tape is known beyond it."""
    until = (time.time_ns() // NS + round(after_s)) * NS
    got.wait(
        Batch,
        lambda batch: (
            batch.symbol == symbol
            and any(isinstance(event, TapeCovered) and event.time_ns > until for event in batch.events)
        ),
    )
    return until


def prints(got: Collector, symbol: str, until_ns: int) -> Counter[tuple[int, int, int]]:
    """Second, price and size of all that was told, by the tape's own stamps."""
    return Counter(
        (event.participant_ns // NS, event.price, event.size)
        for batch in got.of(Batch, symbol)
        for event in batch.events
        if isinstance(event, Print) and event.participant_ns < until_ns
    )


def printed(host: Served, symbol: str, from_ns: int, until_ns: int) -> Counter[tuple[int, int, int]]:
    market = host.market.get(symbol)
    assert market is not None
    rows = market.tape.prints.between(from_ns, until_ns - 1)
    return Counter((row.sip_timestamp // NS, row.price, row.size) for row in rows if row.size)


def test_three_books_and_five_tapes_for_four_names() -> None:
    with served(NAMES) as host, running(host.config, NAMES) as (feed, got):
        feed.set_urgency(("DYNO", "ACME", "BOLT", "CRUX"))
        got.wait(
            FeedStatus,
            lambda status: status.stream == "no depth line: CRUX (1 of 4 symbols)" or "DYNO" in status.stream,
        )
        got.wait(SymbolCapabilities, shows("ACME", "IBKR smart, 10 levels"))
        without = got.wait(
            SymbolCapabilities, lambda told: "IBKR L1, sampled 4 a second, no depth line" in told.capabilities.shows
        )
        assert without.capabilities.depth_levels == 1
        assert not without.capabilities.streaming
        until = covered(got, "ACME")
        assert prints(got, "ACME", until) == printed(host, "ACME", 0, until)
        market = host.market.get("ACME")
        assert market is not None
        newest = books(got, "ACME")[-1]
        assert len(newest.bids) == len(newest.asks) == 10
        assert all(size % 100 == 0 for _, size in (*newest.bids, *newest.asks))
        assert feed.capabilities.depth_levels == 10
    assert host.gateway.shared.refused_orders == 0


@pytest.mark.parametrize("kind", ["drop", "close", "cut_frame", "back_lost"])
def test_nothing_is_lost_or_doubled_through_a_break(kind: str) -> None:
    with served(("ACME",)) as host, running(host.config, ("ACME",)) as (_, got):
        covered(got, "ACME", after_s=0)
        host.hit(kind)
        got.wait(ApiFault)
        until = covered(got, "ACME")
        assert prints(got, "ACME", until) == printed(host, "ACME", 0, until)
        if kind != "back_lost":
            assert got.of(FeedGap)


def test_without_past_prints_the_start_and_a_break_are_gaps() -> None:
    with served(("ACME",), past_error=162) as host, running(host.config, ("ACME",)) as (_, got):
        covered(got, "ACME", after_s=0)
        reasons = [e.reason for b in got.of(Batch, "ACME") for e in b.events if isinstance(e, Gap)]
        assert any("no past prints: IBKR 162" in reason for reason in reasons)


def test_a_change_in_two_messages_is_never_shown_half_done() -> None:
    market = Market(("ACME",), seed=5, now_ns=time.time_ns(), history_ns=60 * NS)
    with (
        served(("ACME",), market=market, split_seconds=0.03) as host,
        running(host.config, ("ACME",)) as (_, got),
    ):
        got.wait(Batch, is_deep("ACME"), count=5)
        peak = max(size for book in books(got, "ACME") for _, size in (*book.bids, *book.asks))
    assert peak < 10_000


def test_a_book_that_is_reset_or_halted_withdraws_nothing() -> None:
    with served(("ACME",)) as host:
        symbol = host.market.get("ACME")
        assert symbol is not None
        symbol.rest("wall", "bid", 30_000, ticks_behind=3)
        with running(host.config, ("ACME",), speed=1.0) as (_, got):
            got.wait(Batch, is_deep("ACME"), count=2)
            for kind in ("book_reset", "book_halt"):
                mark = got.mark()
                host.hit(kind)
                got.wait(Batch, is_deep("ACME"), count=2, since=mark)
            core = SymbolCore("ACME", Rules(), got.of(SymbolCapabilities, "ACME")[-1].capabilities)
            events = [event for batch in got.of(Batch, "ACME") for event in batch.events]
            said = {alert.evidence for alert in alerts(core.process(events))}
    assert "bid_wall_pulled" not in said
    assert [e for e in events if isinstance(e, Gap) and not e.tape]


def test_lines_refused_lower_what_is_asked_for() -> None:
    with served(NAMES, books=1, tapes=2) as host, running(host.config, NAMES) as (_, got):
        got.wait(ApiFault, lambda fault: fault.error_type == "429" and "309" in fault.detail)
        got.wait(ApiFault, lambda fault: fault.error_type == "429" and "10190" in fault.detail)
        got.wait(FeedStatus, lambda status: "(3 of 4 symbols)" in status.stream and "tape sampled: 2" in status.stream)
        got.wait(SymbolCapabilities, lambda told: "tape sampled" in told.capabilities.depth_label)


def test_delayed_data_says_so() -> None:
    market = Market(("ACME",), seed=5, now_ns=time.time_ns(), history_ns=1_000 * NS)
    with served(("ACME",), market=market, delayed=True) as host, running(host.config, ("ACME",)) as (_, got):
        told = got.wait(SymbolCapabilities, lambda told: told.capabilities.delay_seconds == 900)
        assert "15 min late" in told.capabilities.depth_label
        got.wait(FeedStatus, lambda status: status.capabilities.delay_seconds == 900)
        book = books(got, "ACME")[0]
        assert time.time_ns() - book.time_ns > 890 * NS


def test_lots_are_noticed_and_no_size_is_judged() -> None:
    with served(("ACME",), lots=True) as host, running(host.config, ("ACME",)) as (_, got):
        told = got.wait(SymbolCapabilities, shows("ACME", "sizes in lots? untick"))
        assert told.capabilities.sizes_unsure
        got.wait(Batch, is_deep("ACME"))
        assert all(size % 100 == 0 for _, size in books(got, "ACME")[-1].bids)


def test_a_dozen_best_quotes_are_no_depth() -> None:
    with served(("ACME",), deep=("IEX",)) as host, running(host.config, ("ACME",)) as (_, got):
        told = got.wait(SymbolCapabilities, shows("ACME", "IEX deep; 8 venues best only"))
        assert not told.capabilities.whole_depth


@pytest.mark.parametrize(("option", "code"), [("depth_error", 10092), ("ticks_error", 10189), ("depth_error", 354)])
def test_what_is_not_subscribed_is_said_and_the_rest_goes_on(option: str, code: int) -> None:
    refuse: dict[str, Any] = {option: code}
    with served(("ACME",), **refuse) as host, running(host.config, ("ACME",)) as (_, got):
        got.wait(ApiFault, lambda fault: fault.error_type == "403" and str(code) in fault.detail)
        covered(got, "ACME", after_s=0)
        assert books(got, "ACME")


def test_no_quotes_at_all_and_no_such_stock() -> None:
    with served(("ACME",), quotes_error=354) as host, running(host.config, ("ACME", "NOPE")) as (_, got):
        assert "not subscribed" in got.wait(SymbolNote, lambda note: note.standing == "no_quotes").detail
        assert got.wait(SymbolNote, lambda note: note.standing == "not_found").symbol == "NOPE"


def test_a_client_id_in_use_is_changed() -> None:
    with served(("ACME",)) as host:
        host.hit("id_taken", times=2)
        with running(host.config, ("ACME",)) as (_, got):
            got.wait(ApiFault, lambda fault: "is in use: trying" in fault.detail, count=2)
            got.wait(FeedStatus, lambda status: status.connected and "was in use, now" in status.detail)


def test_another_session_has_the_data_and_it_is_tried_again() -> None:
    with served(("ACME",)) as host, running(host.config, ("ACME",), speed=30.0) as (_, got):
        got.wait(Batch, is_deep("ACME"))
        mark = got.mark()
        host.hit("competing")
        bad = got.wait(BadPayload, since=mark)
        assert "other IBKR session" in bad.detail
        got.wait(Batch, is_deep("ACME"), since=mark)


def test_a_lost_connection_blinds_at_once_and_ends() -> None:
    with served(("ACME",)) as host, running(host.config, ("ACME",)) as (_, got):
        got.wait(Batch, is_deep("ACME"))
        mark = got.mark()
        host.hit("lost")
        assert "lost its connection to IBKR" in got.wait(BadPayload, since=mark).detail
        got.wait(FeedStatus, lambda status: "lost its connection" in status.detail, since=mark)
        host.hit("back_kept")
        got.wait(Batch, is_deep("ACME"), since=mark)
        got.wait(Batch, is_vouch, count=3, since=mark)


def test_a_farm_that_comes_back_is_asked_again() -> None:
    with served(("ACME",)) as host, running(host.config, ("ACME",)) as (_, got):
        got.wait(Batch, is_deep("ACME"))
        mark = got.mark()
        host.hit("farm_broken")
        host.hit("farm_back")
        got.wait(Batch, is_deep("ACME"), count=2, since=mark)


def test_a_mute_server_is_left() -> None:
    with served(("ACME",)) as host, running(host.config, ("ACME",), speed=20.0) as (_, got):
        got.wait(Batch, is_deep("ACME"))
        mark = got.mark()
        host.hit("mute", seconds=300)
        got.wait(FeedGap, since=mark)
        got.wait(Batch, is_deep("ACME"), since=mark)


def test_the_daily_restart_is_waited_for() -> None:
    with served(("ACME",)) as host, running(host.config, ("ACME",)) as (_, got):
        got.wait(Batch, is_deep("ACME"))
        mark = got.mark()
        host.hit("restart", seconds=1.0)
        got.wait(FeedStatus, lambda status: not status.connected and "again in" in status.detail, since=mark)
        got.wait(Batch, is_deep("ACME"), since=mark)


def test_a_halt_and_its_end() -> None:
    with served(("ACME",)) as host, running(host.config, ("ACME",)) as (_, got):
        got.wait(Batch, is_deep("ACME"))
        symbol = host.market.get("ACME")
        assert symbol is not None
        host.call(symbol.halt)
        got.wait(Batch, lambda batch: any(isinstance(e, Halt) and e.halted for e in batch.events))
        host.call(symbol.resume)
        got.wait(Batch, lambda batch: any(isinstance(e, Halt) and not e.halted for e in batch.events))


@pytest.mark.parametrize(
    ("options", "words"), [({"silent": True}, "does not answer"), ({"version": 150}, "too old"), (None, "no TWS or IB")]
)
def test_what_cannot_be_talked_to_is_named(
    options: dict[str, Any] | None, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orderflow_tui.feeds.ibkr.connection.READY_SECONDS", 0.3)
    if options is None:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        with running(Config(port), ("ACME",)) as (_, got):
            assert words in got.wait(ApiFault).detail
        return
    with served(("ACME",), **options) as host, running(host.config, ("ACME",)) as (_, got):
        assert words in got.wait(ApiFault).detail


@pytest.mark.parametrize("version", [157, 163, 164, 175])
def test_an_older_gateway_names_its_contracts_in_its_own_way(version: int) -> None:
    with served(("ACME",), version=version) as host, running(host.config, ("ACME",)) as (_, got):
        assert got.wait(SymbolNote).standing == "ok"
        got.wait(Batch, is_deep("ACME"))


def test_the_server_refuses_orders() -> None:
    with served(("ACME",)) as host, socket.create_connection(("127.0.0.1", host.port), timeout=60) as client:
        client.sendall(outgoing.hello() + frame(71, 2, 7, "") + frame(3, 12, 0, "ACME", "STK") + frame(58, 1))
        heard = b""
        while heard.count(b"Read-Only") < 2:
            heard += client.recv(4_096)
        assert host.gateway.shared.refused_orders == 2


def test_symbols_come_and_go() -> None:
    with served(("ACME", "BOLT")) as host, running(host.config, ("ACME",)) as (feed, got):
        got.wait(Batch, is_deep("ACME"))
        feed.set_symbols(("BOLT",))
        got.wait(Batch, is_deep("BOLT"))
        mark = got.mark()
        covered(got, "BOLT", after_s=0)
        assert not [batch for batch in got.messages[mark:] if getattr(batch, "symbol", "") == "ACME"]


def test_a_class_share_is_asked_for_as_the_broker_writes_it() -> None:
    with served(("BRK.B",)) as host, running(replace(host.config, ibkr_books=0), ("BRK.B",)) as (_, got):
        got.wait(SymbolNote, lambda note: note.symbol == "BRK.B" and note.standing == "ok")
