from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from orderflow_tui.core.model.events import AUCTION, LATE_REPORT, OFF_EXCHANGE, REGULAR, Print
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.feeds.errors import PayloadError
from orderflow_tui.feeds.live.dedupe import SeenPrints
from orderflow_tui.feeds.polygon import wire
from orderflow_tui.feeds.polygon.normalize import (
    book_of_levels,
    book_of_quote,
    print_of,
    records_of,
    scaled,
    snapshot_of,
    time_ns,
)
from orderflow_tui.feeds.polygon.stream_wire import decode_frame

PAYLOADS = Path(__file__).parents[3] / "shared/data/polygon"
AT = 1_769_700_000 * NS
MS = 1_000_000


def payload(name: str) -> bytes:
    path = PAYLOADS / f"{name}.json"
    if not path.exists():
        pytest.skip("the recorded payloads are not here")
    return path.read_bytes()


def row(**changes: Any) -> wire.TradeRow:
    fields = {
        "price": 10.0,
        "size": 100,
        "sip_timestamp": AT,
        "sequence_number": 1,
        "exchange": 11,
        "id": "1",
        **changes,
    }
    return wire.decode_row(msgspec.json.encode(fields), wire.TradeRow)


def event(**changes: Any) -> Print:
    return print_of(row(**changes), 2 * AT)


def test_capital_letters_are_the_ask() -> None:
    page = wire.decode(payload("rest_v2_snapshot_stocks_multi"), wire.SnapshotPage)
    assert page.tickers is not None
    quote = wire.decode_row(page.tickers[0], wire.TickerRow)
    assert quote.last_quote is not None
    book = book_of_quote(quote.ticker, quote.last_quote)
    assert (book.symbol, book.bids, book.asks) == ("BCAT", ((205_000, 13),), ((206_000, 22),))
    assert book.quote_ns == 1605192959994246100


def test_single_snapshot_with_null_conditions() -> None:
    page = wire.decode(payload("rest_v2_snapshot_stock_AAPL"), wire.SingleSnapshot)
    found = wire.decode_row(page.ticker, wire.TickerRow)
    assert found.last_trade is not None
    assert (found.updated, found.last_trade.time) == (1651251948294080343, 1651251948294080343)


def test_last_nbbo_and_market_status() -> None:
    nbbo = wire.decode(payload("rest_v2_last_nbbo_AAPL"), wire.LastNbbo).results
    assert nbbo is not None
    assert (nbbo.bid, nbbo.bid_size, nbbo.ask, nbbo.ask_size) == (155.65, 1, 155.66, 14)
    assert wire.decode(payload("rest_v1_marketstatus_now"), wire.MarketStatus).market == "extended-hours"


def test_timeframes_of_the_universal_snapshot() -> None:
    rows = wire.decode(payload("rest_v3_snapshot_universal"), wire.UniversalPage).results
    assert rows is not None
    assert [item.last_quote and item.last_quote.timeframe for item in rows] == ["REAL-TIME", "REAL-TIME", None]


def test_the_vendors_own_sample_prints_are_corrected_ones() -> None:
    page = wire.decode(payload("rest_v3_trades_AAPL"), wire.RowsPage)
    rows = wire.decode_rows(page.results or [], list[wire.TradeRow])
    assert [item.correction for item in rows] == [1, 1]
    assert records_of("AAPL", rows, AT * 2) == []
    kept = [msgspec.structs.replace(item, correction=0) for item in rows]
    seen = SeenPrints()
    assert [seen.is_new(print_of(item, AT * 2)) for item in kept] == [True, True]  # one id and sequence on two venues
    assert [record.venue for record in records_of("AAPL", kept, AT * 2)] == [11, 12]


@pytest.mark.parametrize(
    "quote", [{}, {"P": 0, "S": 0, "p": 10.0, "s": 300, "t": AT}, {"P": None, "p": 10.0, "s": 300}]
)
def test_a_price_of_nothing_is_a_side_without_a_quote(quote: Any) -> None:
    found = book_of_quote("A", wire.decode_row(msgspec.json.encode(quote), wire.LastQuote))
    assert found.asks == ()
    assert found.bids == (((100_000, 300),) if quote else ())


def test_snapshot_keeps_both_times() -> None:
    book = book_of_levels(
        wire.decode_row(b'{"ticker":"A","t":1769700000000,"bids":[[1.5,3],[1.4999,4]],"asks":[[1.51,7]]}', wire.BookRow)
    )
    snapshot = snapshot_of(scaled(book, 100), vouched_ns=AT + 9 * NS, depth_levels=10, source="simulator")
    assert snapshot.bids == ((Decimal("1.50"), 300), (Decimal("1.4999"), 400))
    assert snapshot.quote_time_utc is not None
    assert (snapshot.timestamp_utc - snapshot.quote_time_utc).total_seconds() == 9
    assert (snapshot.depth_levels, snapshot.source) == (10, "simulator")
    assert scaled(book, 1) is book


@pytest.mark.parametrize(("value", "found"), [(None, 0), (0, 0), (1769700000, AT), (1769700000000, AT), (AT, AT)])
def test_times_by_magnitude(value: Any, found: int) -> None:
    assert time_ns(value) == found


@pytest.mark.parametrize("value", [-1, -AT, 2**63])
def test_absurd_times(value: int) -> None:
    with pytest.raises(DataValidationError) as caught:
        time_ns(value)
    assert caught.value.code == "PAYLOAD_MALFORMED"


def test_a_print() -> None:
    found = print_of(row(price=13.8650, conditions=[14, 41], exchange=4, trf_id=202, participant_timestamp=AT - 1), AT)
    assert (found.price, found.size, found.time_ns, found.venue, found.trf) == (138_650, 100, AT, 4, 202)
    assert found.flags == REGULAR | OFF_EXCHANGE
    late = print_of(row(exchange=4, participant_timestamp=AT - 11 * NS), AT)
    assert late.flags & LATE_REPORT


@pytest.mark.parametrize("size", [0, 0.0073, 0.999])
def test_less_than_a_share_is_a_print_of_nothing(size: float) -> None:
    assert print_of(row(size=size, decimal_size="0.007300"), AT).size == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price": 0}, "TAPE_PRICE"),
        ({"price": -1.5}, "TAPE_PRICE"),
        ({"size": -1}, "TAPE_SIZE"),
        ({"sip_timestamp": 0}, "PAYLOAD_MALFORMED"),
        ({"sip_timestamp": AT + 2 * NS + 1}, "PAYLOAD_MALFORMED"),
        ({"participant_timestamp": -5}, "PAYLOAD_MALFORMED"),
    ],
)
def test_rows_that_cannot_be_prints(changes: Any, code: str) -> None:
    with pytest.raises(DataValidationError) as caught:
        print_of(row(**changes), AT)
    assert caught.value.code == code
    assert print_of(row(sip_timestamp=AT + 2 * NS), AT).time_ns == AT + 2 * NS


@pytest.mark.parametrize(
    "bad", [b'{"price":1}', b'{"price":null,"size":1,"sip_timestamp":1}', b"[]", b"{", b"\xff", b'{"price":NaN}']
)
def test_undecodable_rows(bad: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        wire.decode_row(bad, wire.TradeRow)
    with pytest.raises(PayloadError) as caught:
        wire.decode(bad, wire.TradeRow)
    assert caught.value.error_type == "malformed"


def test_records_are_sorted_and_sided_by_the_tick_test() -> None:
    rows = [
        row(sip_timestamp=AT + 3, price=10.02, id="c"),
        row(sip_timestamp=AT + 1, price=10.00, id="a"),
        row(sip_timestamp=AT + 2, price=10.01, id="b", sequence_number=9),
        row(sip_timestamp=AT + 2, price=99.0, id="bb", conditions=[53], sequence_number=5),
        row(sip_timestamp=AT + 4, price=10.02, id="d"),
        row(sip_timestamp=AT + 5, price=10.00, id="e"),
        row(sip_timestamp=AT + 6, size=0, id="f"),
        row(sip_timestamp=AT + 7, price=10.00, id="g", conditions=[17]),
        row(sip_timestamp=AT + 8, price=10.00, id="h", correction=8),
    ]
    records = records_of("A", rows, AT)
    assert [(record.trade_id, record.side) for record in records] == [
        ("a", "unknown"), ("bb", "unknown"), ("b", "buy"), ("c", "buy"), ("d", "buy"), ("e", "sell"), ("g", "unknown"),
    ]  # fmt: skip
    assert {record.side_confidence for record in records} == {0.0, 0.6}
    assert records[-1].conditions == (17,)
    auction = print_of(rows[-2], AT)
    assert auction.flags & AUCTION


def test_duplicates_by_venue_facility_id_and_new_york_date() -> None:
    seen = SeenPrints()
    assert seen.is_new(event())
    assert not seen.is_new(event(price=11.0))
    assert seen.is_new(event(exchange=12))
    assert seen.is_new(event(exchange=4, trf_id=201))
    assert seen.is_new(event(exchange=4, trf_id=202))
    assert seen.is_new(event(sip_timestamp=AT + 86_400 * NS))
    late_evening = 1_769_745_600 * NS  # 2026-01-29 23:00 in New York, already the 30th in UTC
    assert not seen.is_new(event(sip_timestamp=late_evening))
    assert seen.is_new(event(id=7))
    assert not seen.is_new(event(id="7"))


def test_prints_without_id_are_never_duplicates_of_each_other_but_an_overlap_is_not_news() -> None:
    seen = SeenPrints()
    for known in (2, 2, 3):
        seen.begin()
        fresh = [seen.is_new(event(id=None)) for _ in range(known)]
    assert fresh == [False, False, True]
    seen.begin()
    assert seen.is_new(event(id="", price=11.0))
    assert len(seen) == 4


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        ({"price": 1e306}, "TAPE_PRICE"),
        ({"price": 2e9}, "TAPE_PRICE"),
        ({"size": 1e308}, "TAPE_SIZE"),
    ],
)
def test_a_number_no_print_can_have_is_a_bad_row_and_no_defect(spoil: dict[str, float], code: str) -> None:
    with pytest.raises(DataValidationError) as refused:
        event(**spoil)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("quote", "code"),
    [
        (wire.LastQuote(ask=1e306, ask_size=1, bid=1, bid_size=1, time=AT), "LEVEL2_PRICE"),
        (wire.LastQuote(ask=2, ask_size=1e308, bid=1, bid_size=1, time=AT), "LEVEL2_SIZE"),
    ],
)
def test_a_number_no_quote_can_have_is_a_bad_row_and_no_defect(quote: wire.LastQuote, code: str) -> None:
    with pytest.raises(DataValidationError) as refused:
        book_of_quote("KO", quote)
    assert refused.value.code == code


def test_what_will_not_be_asked_again_is_forgotten() -> None:
    seen = SeenPrints()
    for number in range(20_001):
        seen.is_new(event(id=str(number), sip_timestamp=AT + number * MS))
    seen.is_new(event(id=None, sip_timestamp=AT - 1_000 * MS))
    seen.begin(AT + 20_000 * MS)
    assert len(seen) <= 1_000, "of the second asked for"
    assert not seen.is_new(event(id="20000", sip_timestamp=AT + 20_000 * MS))


@pytest.mark.parametrize("other", ["07", "x7", "\u0667", "7 "])
def test_ids_that_only_look_alike_are_different(other: str) -> None:
    seen = SeenPrints()
    assert seen.is_new(event(id="7"))
    assert seen.is_new(event(id=other))
    assert not seen.is_new(event(id=other))
    assert not seen.is_new(event(id="7"))


def test_what_is_remembered_of_a_long_stream_stays_in_proportion_to_its_overlap() -> None:
    seen = SeenPrints()
    most = 0
    for number in range(30_000):
        seen.prune(AT + (number - 3_000) * MS)
        assert seen.is_new(event(id=str(number), sip_timestamp=AT + number * MS), streamed=True)
        most = max(most, len(seen))
    assert most <= 2 * 4_001
    assert not seen.is_new(event(id="27000", sip_timestamp=AT + 27_000 * MS), streamed=True)


@pytest.mark.parametrize("value", [2**70, -(2**70), 2**63, 10**4_000])
@pytest.mark.parametrize(
    "name",
    [
        "sequence_number",
        "exchange",
        "id",
        "conditions",
        "correction",
        "participant_timestamp",
        "trf_id",
        "sip_timestamp",
    ],
)
def test_a_whole_number_that_no_program_keeps_is_malformed(name: str, value: int) -> None:
    shown = f"[{value}]" if name == "conditions" else str(value)
    fields = {"price": "10.0", "size": "100", "sip_timestamp": str(AT), name: shown}
    body = ",".join(f'"{key}":{text}' for key, text in fields.items())
    with pytest.raises(msgspec.ValidationError):
        wire.decode_row(f"{{{body}}}".encode(), wire.TradeRow)


def test_a_streamed_number_that_no_program_keeps_costs_its_event_alone() -> None:
    good = f'{{"ev":"T","sym":"BAC","p":10,"s":100,"t":{AT // MS},"q":5}}'
    frame = decode_frame(f"[{good},{good.replace(':5', f':{2**70}')},{good}]".encode())
    assert len(frame.events) == 2
    assert [(bad.kind, bad.symbol) for bad in frame.bad] == [("T", "BAC")]
