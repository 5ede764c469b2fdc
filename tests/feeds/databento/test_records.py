"""One symbol's records as events: sides, complete books, repeats, cleared and doubtful books."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from orderflow_tui.core.model.events import (
    BUY,
    OFF_EXCHANGE,
    SELL,
    SIDE_GIVEN,
    UNKNOWN,
    Book,
    Event,
    Gap,
    Print,
)
from orderflow_tui.feeds.databento.normalize import BAD_BOOK, LAST, SymbolRecords, without_passing_books
from tests.recordings.reader_files import NS, OPEN, dbn_book, dbn_trade

BEFORE = [(251_000, 300, 251_200, 200), (250_900, 900, 0, 0)]
AFTER = [(251_000, 200, 251_200, 200), (250_900, 900, 0, 0)]
CLEARED = [(0, 0, 0, 0)] * 2


def record(action: str, levels: Sequence[tuple[int, int, int, int]] = AFTER, *, last: bool = True, **more: Any) -> Any:
    """A row of ten levels at the bid of 25.10."""
    fields = {"sequence": 9_002, "price": 251_000, "side": "B", **more}
    return dbn_book(fields.pop("at", 0.0), levels, action=action, flags=128 if last else 0, **fields)


def sold(size: int = 100, *, last: bool = False, **more: Any) -> Any:
    return record("T", BEFORE, last=last, side="A", size=size, **more)


def told(rows: Sequence[Any], records: SymbolRecords | None = None) -> list[Event]:
    reading = records or SymbolRecords(patient=False)
    return [event for seq, row in enumerate(rows) for event in reading.take(row, row.ts_recv, seq)]


def prints(events: Sequence[Event]) -> list[int]:
    return [event.size for event in events if isinstance(event, Print)]


def test_a_trade_says_who_sold_and_the_change_that_follows_says_what_is_left() -> None:
    first, trade, book = told([record("A", BEFORE), sold(), record("C")])
    assert isinstance(trade, Print)
    assert (trade.side, bool(trade.flags & SIDE_GIVEN), trade.price, trade.size) == (SELL, True, 251_000, 100)
    assert isinstance(first, Book)
    assert isinstance(book, Book)
    assert (first.bids[0], book.bids[0]) == ((251_000, 300), (251_000, 200))
    assert book.asks == ((251_200, 200),)


@pytest.mark.parametrize(("letter", "side"), [("A", SELL), ("B", BUY), ("N", UNKNOWN)])
def test_sides_are_the_aggressors(letter: str, side: int) -> None:
    (trade,) = told([record("T", BEFORE, side=letter)])
    assert isinstance(trade, Print)
    assert (trade.side, bool(trade.flags & SIDE_GIVEN)) == (side, side != UNKNOWN)


def test_a_book_is_shown_when_its_event_is_complete_and_never_from_a_trade() -> None:
    doubled = [(251_000, 12_000, 251_200, 200), (250_900, 12_000, 0, 0)]
    rows = [record("A", BEFORE), record("A", doubled, last=False, at=1), record("C", AFTER, at=1), sold(last=True)]
    books = [event for event in told(rows) if isinstance(event, Book)]
    assert [book.bids[0][1] for book in books] == [300, 200]


def test_what_is_said_twice_counts_once() -> None:
    for rows in (
        [sold(), record("C"), sold(), record("C")],
        [sold(), sold(), record("C"), record("C")],
        [sold(last=True), sold(last=True)],
    ):
        records = SymbolRecords(patient=False)
        assert prints(told(rows, records)) == [100]
        assert records.repeats == 1


def test_a_trade_said_twice_counts_once_also_where_the_book_loses_it_at_several_prices() -> None:
    lower = [(250_900, 700, 251_200, 200), (250_800, 900, 0, 0)]
    changes = [record("C", AFTER, last=False, size=300), record("C", lower, size=200, price=250_900)]
    rows = [sold(500), *changes]
    assert prints(told(rows)) == [500]
    assert prints(told([row for row in rows for _ in "ab"])) == [500]
    assert prints(told([sold(250), sold(250), *changes])) == [250, 250]


def test_two_fills_that_look_alike_are_two() -> None:
    left = [(251_000, 100, 251_200, 200), (250_900, 900, 0, 0)]
    rows = [sold(), sold(), record("C", AFTER, last=False), record("C", left)]
    assert prints(told(rows)) == [100, 100]
    assert prints(told([sold(), record("C", AFTER, last=False), sold(), record("C", left)])) == [100, 100]
    twice = [
        row for row in (*rows[:2], record("C", AFTER, last=False, size=200), record("C", left, size=0)) for _ in "ab"
    ]
    assert prints(told(twice)) == [100, 100]


def test_a_session_that_follows_repeats_nothing_and_leaves_out_nothing() -> None:
    records = SymbolRecords(patient=False)
    first = [record("A", BEFORE), sold(100), sold(50, sequence=9_003)]
    got = told(first, records)
    got += records.rest(OPEN)
    records.begin()
    again = [*first, sold(50, sequence=9_003), record("C", AFTER, at=1), record("A", BEFORE, at=-1)]
    got += told(again, records)
    assert prints(got) == [100, 50, 50]
    assert [event.bids[0][1] for event in got if isinstance(event, Book)] == [300, 200]


def test_a_cleared_book_is_empty_at_once_and_whole_again_before_it_shows() -> None:
    rows = [
        record("A", BEFORE),
        record("R", CLEARED, at=1, side="N"),
        record("A", [(250_900, 900, 0, 0), (0, 0, 0, 0)], at=1.1),
        record("A", AFTER, at=1.2),
        record("A", BEFORE, at=2.5),
    ]
    shown = [event for event in told(rows) if isinstance(event, Book)]
    assert [len(book.bids) for book in shown] == [2, 0, 2]
    records = SymbolRecords(patient=False)
    told(rows[:4], records)
    assert records.rest(OPEN + int(1.5 * NS)) == []
    (book,) = records.rest(OPEN + 3 * NS)
    assert isinstance(book, Book)
    assert book.bids[0] == (251_000, 200)


def test_a_doubtful_book_opens_one_gap() -> None:
    events = told([record("A", BEFORE), *[dbn_book(at, AFTER, flags=128 | 4, sequence=at) for at in (1, 2)]])
    assert [type(event) for event in events] == [Book, Gap, Book]


def test_a_reporting_facilitys_print_is_off_exchange() -> None:
    (trade,) = told([dbn_trade(0, side="N", publisher_id=82)])
    assert isinstance(trade, Print)
    assert trade.flags & OFF_EXCHANGE


def test_kept_back_only_the_newest_book_is_shown() -> None:
    records = SymbolRecords(patient=False)
    rows = [record("A", BEFORE), sold(at=1), record("C", AFTER, at=1), record("A", BEFORE, at=2)]
    got = [event for seq, row in enumerate(rows) for event in records.take(row, row.ts_recv, seq, thin=True)]
    assert [type(event) for event in got] == [Print]
    (book,) = records.rest(OPEN + 3 * NS)
    assert (type(book), book.time_ns) == (Book, OPEN + 2 * NS)


def test_one_level_without_the_flag_is_shown_when_the_venue_has_moved_on() -> None:
    rows = [dbn_book(at, [(251_000 - at * 100, 100, 251_200, 200)], flags=0) for at in range(3)]
    records = SymbolRecords()
    assert [type(event) for event in told(rows, records)] == [Book, Book]
    assert [type(event) for event in records.close()] == [Book]


def test_books_that_pass_within_one_read_are_left_out_and_no_print_is() -> None:
    rows = [
        *(record("A", at=at, sequence=at) for at in (1, 2, 3)),
        sold(at=4, sequence=4),
        record("C", at=4, sequence=4),
        dbn_book(5, AFTER, sequence=5, flags=LAST | BAD_BOOK),
        *(record("A", at=at, sequence=at) for at in (6, 7)),
    ]
    kept = [row.sequence for row in without_passing_books(rows)]
    # The first may end an event that began before; what a trade changed and what is doubtful stands.
    assert kept == [1, 4, 4, 5, 7]
    assert without_passing_books(rows[:1]) == rows[:1]
