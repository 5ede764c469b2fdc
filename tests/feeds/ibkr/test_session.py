"""One connection whose answers a test writes: silence that is noticed, and data that belongs to nothing any more."""

from __future__ import annotations

import time
from typing import cast

import pytest

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Book
from orderflow_tui.feeds.feed import ApiFault, Arrival, BadPayload, Batch, SymbolCapabilities, SymbolNote
from orderflow_tui.feeds.ibkr import outgoing, wire
from orderflow_tui.feeds.ibkr.connection import FULL_READS, READ, Connection, TroubleError
from orderflow_tui.feeds.ibkr.feed import IbkrFeed
from orderflow_tui.feeds.ibkr.historical_ticks import Pace
from orderflow_tui.feeds.ibkr.market_data_lines import MarketDataLines
from orderflow_tui.feeds.ibkr.side_checks import SideChecks
from orderflow_tui.feeds.ibkr.symbol import IbkrSymbol
from orderflow_tui.feeds.ibkr.tws_session import SILENT_SECONDS, Session
from tests.feeds.collector import Collector
from tests.feeds.ibkr.serving import Config

BASE = Capabilities("ibkr", "live", "tws", side_check="refused")
DETAILS = wire.Contract("ACME", 7, "NASDAQ", "ACME", "ACME")


class Line:
    """A connection that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[list[str]] = []

    def send(self, message: bytes) -> None:
        self.sent.append(message[4:].decode().split("\0")[:-1])

    def asked(self, kind: int) -> list[list[str]]:
        return [fields for fields in self.sent if fields[0] == str(kind)]


class Talk:
    """A session in the middle of its work, by a clock that the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        monkeypatch.setattr("orderflow_tui.feeds.ibkr.tws_session.time.monotonic", lambda: self.now)
        self.line, self.got = Line(), Collector()
        self.symbols = {"ACME": IbkrSymbol("ACME", BASE, self.got)}
        self.session = Session(
            cast("Connection", self.line), self.symbols, books=MarketDataLines(3), tapes=MarketDataLines(5), put=self.got,
            market=lambda: "open", pace=Pace(), sides=SideChecks(self.got),
        )  # fmt: skip
        self.session.sync(["ACME"], self.now)
        details = int(self.line.asked(outgoing.DETAILS)[0][2])
        self.take(wire.Details(details, DETAILS, "STK", "USD", 100), wire.DetailsEnd(details))
        self.session.sync(["ACME"], self.now)

    def take(self, *messages: wire.Message) -> None:
        self.session.take(messages, (), Arrival(int(self.now * 1e9), time.time_ns()))

    def pass_time(self, seconds: float) -> None:
        """The server goes on answering for the time, as a gateway does whose data has stopped."""
        until = self.now + seconds
        while self.now < until:
            self.now += 1.0
            self.take(wire.ServerTime(int(self.now)))
            self.session.tend(self.now)
            self.session.sync(["ACME"], self.now)

    def books(self) -> list[int]:
        return [int(fields[2]) for fields in self.line.asked(outgoing.DEPTH)]

    def row(self, request: int, price: int = 250_000) -> None:
        self.take(wire.DepthRow(request, 0, "NASDAQ", 0, bid=True, price=price, size=500))


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Talk:
    return Talk(monkeypatch)


def test_a_server_that_answers_and_brings_no_data_is_asked_again_and_then_left(talk: Talk) -> None:
    talk.row(talk.books()[0])
    talk.pass_time(SILENT_SECONDS + 2)
    assert ["no data of any symbol for 15 s" in fault.detail for fault in talk.got.of(ApiFault)] == [True]
    assert len(talk.books()) == 2
    with pytest.raises(TroubleError, match="answers but brings no data"):
        talk.pass_time(SILENT_SECONDS + 2)


def test_data_after_the_renewal_proves_the_connection(talk: Talk) -> None:
    talk.row(talk.books()[0])
    for _ in range(3):
        talk.pass_time(SILENT_SECONDS + 2)
        talk.row(talk.books()[-1])
    assert len(talk.got.of(ApiFault)) == 1  # the same words once a minute


def test_a_book_that_ended_is_cancelled_as_it_was_asked_for_and_what_still_comes_is_dropped(talk: Talk) -> None:
    old = talk.books()[0]
    talk.row(old)
    talk.session.renew(talk.now, "asked for again")
    assert talk.line.asked(outgoing.END_DEPTH) == [["11", "1", str(old), "1"]]
    talk.session.sync(["ACME"], talk.now)
    rows = talk.symbols["ACME"].depth.rows
    assert rows is not None
    talk.row(old, 249_000)
    assert rows.bids == []
    talk.row(talk.books()[-1])
    assert [row.price for row in rows.bids] == [250_000]


def test_a_feed_is_heard_by_any_symbol_and_a_quiet_one_is_vouched_for_by_it(talk: Talk) -> None:
    talk.row(talk.books()[0])
    talk.symbols["ACME"].alive = True
    mark = talk.got.mark()
    heartbeat = next(int(fields[2]) for fields in talk.line.asked(outgoing.QUOTES) if "SPY" in fields)
    for _ in range(5):
        talk.pass_time(10)
        talk.take(wire.Tick(heartbeat, 1, 6_000_000, 100))
    assert not talk.got.of(ApiFault)
    batches = cast("list[Batch]", talk.got.messages[mark:])
    vouched = [batch.vouched_ns for batch in batches if batch.symbol == "ACME" and batch.vouched_ns]
    assert vouched == sorted(vouched)
    assert vouched[-1] > vouched[0]


@pytest.mark.parametrize("code", [101, 309, 322])
def test_whatever_the_number_of_its_refusal_a_missing_line_lowers_them_and_is_no_missing_subscription(
    talk: Talk, code: int
) -> None:
    talk.take(wire.Failure(talk.books()[0], code, "Max number of requests has been reached"))
    fault = talk.got.of(ApiFault)[-1]
    assert (fault.error_type, fault.feature) == ("429", "book")
    talk.session.sync(["ACME"], talk.now)
    assert len(talk.books()) == 1


async def test_a_read_that_finds_a_queue_is_said_and_a_short_one_is_not() -> None:
    connection = Connection(lambda *_: None)
    connection._greeted = True
    connection.ready.set_result(None)
    row = outgoing.framed(b"12\x001\x007\x000\x001\x001\x0010.00\x00100\x00")
    flood = row * (FULL_READS * READ // len(row) + 1)
    for data in (row, flood[:READ], row, flood[:READ], flood[READ : 2 * READ]):
        assert connection.behind_at == 0
        connection.get_buffer(-1)[: len(data)] = data
        connection.buffer_updated(len(data))
    assert connection.behind_at > 0
    feed = IbkrFeed(Config(1))
    feed._connected = feed._behind = True
    assert "books thinned: this machine cannot keep up" in feed._lines_words(1_000.0)


def details(request: int, con_id: int, currency: str, kind: str = "STK") -> wire.Details:
    return wire.Details(request, wire.Contract("BOLT", con_id, "NYSE", "BOLT", "BOLT"), kind, currency, 100)


@pytest.mark.parametrize(
    ("matches", "found"),
    [
        ([(5, "CAD", "STK"), (6, "USD", "STK"), (7, "USD", "STK")], 6),
        ([(5, "USD", "WAR"), (6, "USD", "STK")], 6),
        ([(5, "CAD", "STK"), (0, "USD", "STK")], 0),
        ([], 0),
    ],
)
def test_of_several_contracts_the_first_us_stock_is_asked_for(
    talk: Talk, matches: list[tuple[int, str, str]], found: int
) -> None:
    talk.symbols["BOLT"] = IbkrSymbol("BOLT", BASE, talk.got)
    talk.session.sync(["ACME", "BOLT"], talk.now)
    request = int(talk.line.asked(outgoing.DETAILS)[-1][2])
    talk.take(*(details(request, *match) for match in matches), wire.DetailsEnd(request))
    talk.session.sync(["ACME", "BOLT"], talk.now)
    named = [fields[3] for fields in talk.line.asked(outgoing.QUOTES) if "BOLT" in fields]
    assert named == ([str(found)] if found else [])
    note = talk.got.of(SymbolNote)[-1]
    assert (note.symbol, note.standing) == ("BOLT", "ok" if found else "not_found")


def test_a_symbol_nobody_knows_is_named_and_not_asked_for_again(talk: Talk) -> None:
    talk.symbols["NOPE"] = IbkrSymbol("NOPE", BASE, talk.got)
    talk.session.sync(["ACME", "NOPE"], talk.now)
    request = int(talk.line.asked(outgoing.DETAILS)[-1][2])
    talk.take(wire.Failure(request, 200, "No security definition has been found for the request"))
    talk.pass_time(5)
    assert len(talk.line.asked(outgoing.DETAILS)) == 2
    note = talk.got.of(SymbolNote)[-1]
    assert (note.symbol, note.standing, note.detail) == ("NOPE", "not_found", "IBKR knows no US stock of this symbol")


def test_a_quiet_symbol_is_seen_again_when_tws_is_back_with_its_data(talk: Talk) -> None:
    quotes = int(talk.line.asked(outgoing.QUOTES)[-1][2])
    talk.take(wire.Tick(quotes, 1, 250_000, 500), wire.Tick(quotes, 2, 250_200, 500))
    talk.take(wire.Failure(-1, 1100, "Connectivity has been lost."))
    talk.pass_time(2)
    assert talk.got.of(BadPayload)
    mark = talk.got.mark()
    talk.take(wire.Failure(-1, 1102, "Connectivity has been restored - data maintained."))
    talk.pass_time(2)
    said = [message for message in talk.got.messages[mark:] if isinstance(message, Batch)]
    assert any("book" in batch.channels and batch.vouched_ns for batch in said)


def test_lots_that_one_book_proves_are_said_of_every_symbol_before_a_book_is_judged(talk: Talk) -> None:
    talk.symbols["BOLT"] = IbkrSymbol("BOLT", BASE, talk.got)
    mark = talk.got.mark()
    book = talk.books()[0]
    for place in range(2):
        for bid in (True, False):
            price = 250_000 - 100 * place if bid else 250_200 + 100 * place
            talk.take(wire.DepthRow(book, place, "NASDAQ", 0, bid=bid, price=price, size=5 + place))
    talk.now += 1.0
    talk.session.show_waiting(talk.now)
    kinds = [type(message) for message in talk.got.messages[mark:]]
    assert kinds.index(SymbolCapabilities) < kinds.index(Batch)
    assert all("lots" in symbol.capabilities().sizes_unsure for symbol in talk.symbols.values())


def test_tick_lines_bring_prints_alone_and_spare_ones_stay_free(talk: Talk) -> None:
    talk.take(wire.Failure(talk.books()[0], 354, "Requested market data is not subscribed."))
    talk.pass_time(1)
    assert [fields[14] for fields in talk.line.asked(outgoing.TICKS)] == ["AllLast"]


def test_a_book_that_is_never_quiet_is_told_4_times_a_second_and_called_thinned(talk: Talk) -> None:
    book, feed = talk.books()[0], IbkrFeed(Config(1))
    feed._symbols, feed._connected = talk.symbols, True
    for _ in range(100):
        talk.now += 0.01
        for bid in (True, False):
            price = 250_000 if bid else 250_200
            size = 500 + round(talk.now * 100) % 7 * 100
            place = wire.DepthRow(book, 0, "NASDAQ", 1, bid=bid, price=price, size=size)
            talk.take(place)
    told = [event for batch in talk.got.of(Batch) for event in batch.events if isinstance(event, Book)]
    assert 3 <= len(told) <= 5
    assert "books thinned to 4 a second: 1" in feed._lines_words(talk.now)
    assert "thinned" not in feed._lines_words(talk.now + 6)
