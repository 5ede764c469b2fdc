"""What one read of a session is told as, also when more waits than can be read."""

from __future__ import annotations

from typing import Any

import pytest
from databento_dbn import ErrorCode, ErrorMsg, Metadata, SType, SymbolMappingMsg, SystemCode, SystemMsg

from orderflow_tui.core.model.events import Book, Gap, Print, TapeCovered
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.databento.delivery import BACKFILL_NS, Delivery
from orderflow_tui.feeds.databento.wire import RecordStream
from orderflow_tui.feeds.errors import PayloadError
from orderflow_tui.feeds.feed import Arrival, BadPayload, Batch, FeedGap
from orderflow_tui.feeds.live.reconnecting import TroubleError
from tests.feeds.collector import Collector
from tests.recordings.reader_files import OPEN, dbn_book

NOW = OPEN + 100 * NS
TOP = [(251_000, 300, 251_200, 200), (250_900, 900, 0, 0)]


def arrival(at_ns: int = NOW) -> Arrival:
    return Arrival(1, at_ns)


def mapping(name: str = "BAC", number: int = 5) -> Any:
    by_id = SType.from_str("instrument_id")
    return SymbolMappingMsg(0, number, NOW, SType.from_str("raw_symbol"), name, by_id, name, 0, 0)


def book(at: float, size: int, **more: Any) -> Any:
    return dbn_book(at, [(251_000, size, 251_200, 200), (250_900, 900, 0, 0)], sequence=round(at * 1_000), **more)


def sold(at: float, **more: Any) -> Any:
    return dbn_book(at, TOP, action="T", side="A", price=251_000, sequence=round(at * 1_000), flags=0, **more)


@pytest.fixture
def got() -> Collector:
    return Collector()


@pytest.fixture
def live(got: Collector) -> Delivery:
    """A session of one symbol whose replay is over."""
    delivery = Delivery(got, "XNAS.ITCH", lambda: NOW)
    delivery.begin(["BAC"])
    delivery.take([mapping(), SystemMsg(ts_event=NOW, msg="", code=SystemCode.from_int(0))], arrival(), behind=False)
    return delivery


def test_behind_the_newest_book_is_enough_and_no_print_is_dropped(live: Delivery, got: Collector) -> None:
    rows = [book(100, 1), sold(100.1), book(100.1, 2), book(100.2, 3), sold(100.3), book(100.3, 4)]
    live.take(rows, arrival(NOW + 2 * NS), behind=True)
    (batch,) = got.of(Batch)[1:]
    assert [type(event) for event in batch.events] == [Print, Print, Book]
    assert batch.events[-1].time_ns == OPEN + round(100.3 * NS)
    assert live.thinned_ns == NOW + 2 * NS
    live.take([book(101, 1), sold(101.1), book(101.1, 2)], arrival(NOW + 2 * NS), behind=False)
    assert [type(event) for event in got.of(Batch)[-1].events] == [Book, Print, Book]


def test_a_first_session_asks_for_minutes_and_a_second_for_what_lies_between(live: Delivery, got: Collector) -> None:
    assert [asked.start_ns for asked in Delivery(got, "XNAS.ITCH", lambda: NOW).begin(["BAC"])] == [
        NOW - BACKFILL_NS,
        0,
    ]
    live.take([book(100, 1)], arrival(), behind=False)
    again = live.begin(["BAC"])
    assert again[0].start_ns == OPEN + 100 * NS - 1_000 - NS
    assert [event.reason for one in got.of(Batch) for event in one.events if isinstance(event, Gap)] == ["start"] * 2


def test_an_unknown_instrument_is_counted_and_a_new_session_maps_anew(live: Delivery, got: Collector) -> None:
    live.take([book(100, 1, instrument_id=6)], arrival(), behind=False)
    assert live.unknown == 1
    live.begin(["BAC"])
    live.take([book(100, 1)], arrival(), behind=False)
    assert live.unknown == 2


def test_what_is_stamped_in_the_future_vouches_for_nothing(live: Delivery, got: Collector) -> None:
    live.take([book(200, 1)], arrival(), behind=False)
    (bad,) = got.of(BadPayload)
    assert (bad.code, bad.channel) == ("LEVEL2_FUTURE", "book")
    live.tick(arrival(NOW + NS))
    covered = [event for one in got.of(Batch) for event in one.events if isinstance(event, TapeCovered)]
    assert all(event.time_ns <= NOW for event in covered)


def test_silence_vouches_for_nothing_new(live: Delivery, got: Collector) -> None:
    live.tick(arrival(NOW + NS))
    told = len(got.of(Batch))
    live.tick(arrival(NOW + 9 * NS))
    assert len(got.of(Batch)) == told


@pytest.mark.parametrize(
    ("code", "kind"), [(1, "key"), (2, "key"), (3, "taken"), (5, "refused"), (6, "cut"), (8, "cut")]
)
def test_an_error_that_ends_the_session(live: Delivery, got: Collector, code: int, kind: str) -> None:
    with pytest.raises(TroubleError) as ended:
        live.take([ErrorMsg(ts_event=NOW, err="why", code=ErrorCode.from_int(code))], arrival(), behind=False)
    assert ended.value.kind == kind
    assert bool(got.of(FeedGap)) is (code == 8)


def test_one_symbols_news_does_not_end_anothers_history(got: Collector) -> None:
    delivery = Delivery(got, "XNAS.ITCH", lambda: NOW)
    delivery.begin(["BAC", "ACME"])
    rows = [mapping(), mapping("ACME", 6), book(99.9, 1), book(40, 1, instrument_id=6)]
    delivery.take(rows, arrival(), behind=False)
    delivery.tick(arrival(NOW + NS // 2))

    def covered(symbol: str) -> bool:
        return any(isinstance(event, TapeCovered) for one in got.of(Batch, symbol) for event in one.events)

    assert (covered("BAC"), covered("ACME")) == (True, False)
    assert [one.backfill for one in got.of(Batch, "ACME")] == [True, True]
    done = SystemMsg(ts_event=NOW, msg="", code=SystemCode.from_int(3))
    delivery.take([done, done], arrival(NOW + NS), behind=False)
    delivery.tick(arrival(NOW + NS))
    assert covered("ACME")


def test_a_record_without_a_capture_time_has_the_exchanges(live: Delivery, got: Collector) -> None:
    live.take([sold(100.5, ts_recv=2**64 - 1), book(100.5, 1, ts_recv=0)], arrival(NOW + 2 * NS), behind=False)
    assert [type(event) for event in got.of(Batch)[-1].events] == [Print, Book]
    assert {event.time_ns // NS for event in got.of(Batch)[-1].events if isinstance(event, Print | Book)} == {
        (OPEN + 100 * NS) // NS
    }


def test_records_of_kinds_nobody_asked_for_are_left_out_and_end_no_session() -> None:
    head = Metadata(
        dataset="XNAS.ITCH", start=NOW, stype_in=None, stype_out=SType.from_str("instrument_id"), schema=None
    )
    unheard = bytes((12, 0x7E)) + b"\1" * 46
    mine = [bytes(one) for one in (mapping(), book(100, 1), book(101, 2))]
    whole = unheard.join((head.encode() + mine[0], *mine[1:], b""))
    for piece in (1, 7, 50, len(whole)):
        stream = RecordStream(others=True)
        found = [one for at in range(0, len(whole), piece) for one in stream.take(whole[at : at + piece])]
        assert [bytes(one) for one in found[1:]] == mine
        assert not stream.cut
    with pytest.raises(PayloadError, match="a record of 4 bytes and type 126"):
        RecordStream(others=True).take(head.encode() + bytes((1, 0x7E, 0, 0)))
