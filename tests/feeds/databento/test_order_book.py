"""A book made of orders, and the files that hold them."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.model.events import SELL, Book, Event, Gap, Print
from orderflow_tui.core.model.outputs import AlertRaised
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.feeds.databento.order_book import OrderBook
from orderflow_tui.recordings.formats.recorded_session import RecordingError
from orderflow_tui.recordings.open_recording import open_recording
from tests.core.kit import Rules
from tests.recordings.reader_files import NS, OPEN, dbn
from tests.recordings.reader_files import dbn_order as order

LAST, SNAPSHOT, TOP, BAD_TIME, BAD_BOOK = 128, 32, 64, 8, 4
UNDEFINED = 2**63 - 1


def read(path: Path, rows: list[Any]) -> list[Event]:
    return list(open_recording(str(dbn(path / "xnas-20260109.mbo.dbn", rows, schema="mbo"))).events())


def books(events: list[Event]) -> list[tuple[Any, Any]]:
    return [(event.bids, event.asks) for event in events if isinstance(event, Book)]


FIRST = [order("A", "B", 1, 2_510, 300), order("A", "A", 2, 2_512, 200, at=1)]


def test_a_sale_takes_the_order_off_and_says_who_sold(tmp_path: Path) -> None:
    rows = [
        *FIRST,
        order("T", "A", 0, 2_510, 100, at=2, flags=0),
        order("F", "B", 1, 2_510, 100, at=2, flags=0),
        order("C", "B", 1, 2_510, 100, at=2),
    ]
    found = read(tmp_path, rows)
    (trade,) = [event for event in found if isinstance(event, Print)]
    assert (trade.side, trade.size, trade.price) == (SELL, 100, 251_000)
    assert [type(event) for event in found] == [Book, Book, Print, Book]
    assert books(found)[-1] == (((251_000, 200),), ((251_200, 200),))


def test_orders_move_grow_and_go(tmp_path: Path) -> None:
    rows = [
        *FIRST,
        order("A", "B", 3, 2_510, 50, at=2),
        order("M", "B", 1, 2_509, 500, at=3),
        order("C", "B", 3, 2_510, 50, at=4),
        order("C", "B", 99, 2_510, 50, at=5),
        order("M", "A", 7, 2_511, 10, at=6),
    ]
    assert [sides for sides, _ in books(read(tmp_path, rows))] == [
        ((251_000, 300),), ((251_000, 300),), ((251_000, 350),), ((251_000, 50), (250_900, 500)), ((250_900, 500),),
        ((250_900, 500),),
    ]  # fmt: skip


def test_what_an_event_passes_through_is_not_shown(tmp_path: Path) -> None:
    crossing = [order("A", "B", 4, 2_513, 100, at=2, flags=0), order("C", "A", 2, 2_512, 200, at=2)]
    shown = books(read(tmp_path, [*FIRST, *crossing]))
    assert len(shown) == 3
    assert shown[-1] == (((251_300, 100), (251_000, 300)), ())


def test_a_crossed_book_raises_nothing_and_the_same_sizes_uncrossed_do(tmp_path: Path) -> None:
    def raised(bid: int, flags: int) -> set[str | None]:
        rows = [
            *FIRST,
            order("A", "B", 5, bid, 90_000, at=400, flags=flags),
            order("A", "A", 6, 2_512, 80_000, at=401, flags=flags),
            order("C", "A", 6, 2_512, 80_000, at=408, flags=flags),
            order("C", "B", 5, bid, 90_000, at=409, flags=flags),
            order("A", "B", 7, 2_510, 10, at=460),
        ]
        source = open_recording(str(dbn(tmp_path / "x.mbo.dbn", rows, schema="mbo")))
        core = SymbolCore("BAC", Rules(profile="plan"), source.capabilities(), Position("BAC", 1_000, Decimal(25)))
        said = core.process([Gap(OPEN, "start of the recording"), *source.events()])
        return {one.alert.evidence for one in said if isinstance(one, AlertRaised)}

    assert raised(2_511, LAST) == {"bid_wall", "ask_wall", "bid_wall_pulled"}
    assert raised(2_520, LAST) == set()
    assert raised(2_520, LAST | BAD_BOOK) == set()


def test_a_snapshot_is_whole_with_its_last_record_and_tells_no_event(tmp_path: Path) -> None:
    snapshot = [
        order("R", "N", 0, at=2, flags=SNAPSHOT | BAD_TIME, ts_recv=OPEN),
        order("A", "B", 11, 2_508, 700, at=-900, flags=SNAPSHOT | BAD_TIME),
        order("A", "A", 12, 2_515, 800, at=-800, flags=SNAPSHOT | BAD_TIME | LAST),
    ]
    found = read(tmp_path, [*FIRST, *snapshot])
    assert books(found)[2:] == [(((250_800, 700),), ((251_500, 800),))]
    assert [event.time_ns for event in found] == [OPEN, OPEN + NS, OPEN + NS]


def test_a_cleared_book_is_empty_and_a_doubtful_one_opens_a_gap(tmp_path: Path) -> None:
    found = read(tmp_path, [*FIRST, order("R", "N", 0, at=2), order("A", "B", 5, 2_500, at=9, flags=LAST | BAD_BOOK)])
    assert [type(event) for event in found] == [Book, Book, Book, Gap, Book]
    assert books(found)[2:] == [((), ()), (((250_000, 100),), ())]


def test_a_top_of_book_record_stands_for_its_whole_side(tmp_path: Path) -> None:
    rows = [
        *FIRST,
        order("A", "B", 8, 2_507, 900, at=2, flags=LAST | TOP),
        order("A", "A", 9, at=3, flags=LAST | TOP),
    ]
    assert books(read(tmp_path, rows))[2:] == [(((250_700, 900),), ((251_200, 200),)), (((250_700, 900),), ())]


def test_an_order_without_a_price_or_a_side_is_one_line_of_error(tmp_path: Path) -> None:
    for bad in (order("A", "B", 8, at=2), order("A", "N", 8, 2_500, at=2)):
        with pytest.raises(RecordingError, match=r"record 3: (price|action A without a side)"):
            read(tmp_path, [*FIRST, bad])


def test_any_life_of_orders_is_what_a_plain_book_says() -> None:
    draw, ours, plain = random.Random(3), OrderBook(), dict[int, tuple[str, int, int]]()
    for step in range(3_000):
        action = draw.choice("AAAMCC")
        number = draw.randrange(60)
        side, cents, size = draw.choice("AB"), draw.randrange(2_480, 2_520), draw.randrange(1, 900)
        ours.apply(order(action, side, number, cents, size, at=step))
        known = plain.get(number)
        if action in "AM":
            plain[number] = (side, cents, size)
        elif known is not None:
            left = known[2] - size
            plain[number] = (known[0], known[1], left)
            if left <= 0:
                del plain[number]
        shown = []
        for letter, sign in (("B", -1), ("A", 1)):
            sizes: dict[int, int] = {}
            for one, price, left in plain.values():
                if one == letter:
                    sizes[price * 10_000_000] = sizes.get(price * 10_000_000, 0) + left
            shown.append(sorted(sizes.items(), key=lambda item: sign * item[0])[:10])
        assert list(ours.levels()) == shown
