"""What was sold is followed to the end of its quarter of an hour."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from pathlib import Path

import pytest

from orderflow_tui.core.learning.outcomes import Outcomes
from orderflow_tui.core.model.data_models import Answer, Position
from orderflow_tui.core.model.events import Book, Clock
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.monitor.after_exit import SoldSymbol
from orderflow_tui.positions import PositionManager
from tests.core.kit import Rules
from tests.core.test_outcomes import raised
from tests.monitor.test_monitor import CAPABILITIES, Desk, recent_sellers

T0 = 1_760_000_000


def left(quantity: int) -> SoldSymbol:
    core = SymbolCore("BAC", Rules(), CAPABILITIES, Position("BAC", quantity, Decimal(10)))
    core.announcer.outcomes = Outcomes()
    core.process([Book(T0 * NS, 1, ((99_950, 5),), ((100_050, 5),)), Clock(T0 * NS)])
    core.announcer.outcomes.follow(raised(T0), core.market, T0 * NS)
    core.announcer.outcomes.follow(raised(T0 + 2, "two"), core.market, T0 * NS)
    return SoldSymbol(core, core.announcer.outcomes, T0 * NS)


@pytest.mark.parametrize(("quantity", "fell"), [(100, True), (-100, False)])
def test_books_alone_settle_what_is_followed_each_second(quantity: int, fell: bool) -> None:
    one = left(quantity)
    for elapsed in range(1, 901):
        price = 99_000 if elapsed >= 30 else 100_000
        book = Book((T0 + elapsed) * NS, 1, ((price - 50, 5),), ((price + 50, 5),))
        assert not one.take([book, Clock(book.time_ns)], (T0 + elapsed) * NS)
    (told,) = one.second((T0 + 901) * NS, (T0 + 901) * NS)
    assert (told.subject, told.truncated, told.gap, told.fell) == ("one", False, False, fell)
    assert told.course.mid_15m is not None
    assert abs(told.course.mid_15m) == 198_000
    assert len(one.outcomes.pending) == 1


def test_a_silent_feed_is_a_gap_and_crossed_books_are_passed_over() -> None:
    one = left(100)
    one.take([Book((T0 + 1) * NS, 1, ((100_050, 5),), ((99_950, 5),))], (T0 + 1) * NS)
    assert not one.second((T0 + 20) * NS, (T0 + 20) * NS)
    assert not any(follow.gap for follow in one.outcomes.pending)
    one.second((T0 + 60) * NS, (T0 + 60) * NS)
    assert all(follow.gap for follow in one.outcomes.pending)
    told = one.second((T0 + 5_000) * NS, (T0 + 5_000) * NS)
    assert [outcome.subject for outcome in told] == ["one", "two"]
    assert all(outcome.truncated for outcome in told)


def test_a_name_that_was_sold_is_off_the_screen_and_still_fed_until_its_outcomes_are_told(tmp_path: Path) -> None:
    path = tmp_path / "positions.toml"
    path.write_text('[[position]]\nsymbol = "BAC"\nquantity = 1000\naverage_cost = 10\n')
    desk = Desk(tmp_path / "journal", positions=PositionManager(path))
    desk.events(*recent_sellers(time.time_ns()))
    (asked,) = desk.until("exit_signal_triggered")
    desk.monitor.answer(asked["recommendation_id"], Answer("exited"))
    path.write_text('[[position]]\nsymbol = "T"\nquantity = 5\naverage_cost = 20\n')
    deadline = time.monotonic() + 10
    while "T" not in desk.feed.symbols or set(desk.monitor.views()) != {"T"}:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert desk.feed.symbols == ("T", "BAC")
    desk.events(Book(time.time_ns(), 9, ((99_000, 500),), ((99_100, 500),)))
    desk.events(Book(time.time_ns() + 1_000 * NS, 10, ((99_000, 500),), ((99_100, 500),)))
    told = desk.until("alert_outcome", 4)
    assert {record["subject"] for record in told} >= {asked["recommendation_id"]}
    while len(desk.feed.symbols) > 1:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    desk.monitor.stop("quit", timeout=5)
    assert desk.monitor.failure is None
    assert json.loads((tmp_path / "journal" / "followups.json").read_bytes()) == []
