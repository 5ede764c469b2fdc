"""Long and short are turned in one place: at the door and at the exit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import orderflow_tui.core
from orderflow_tui.core.model.events import BUY, REGULAR, SELL, Book, Clock, Print
from orderflow_tui.core.short_as_long import Mirror, mirrored

CORE = Path(orderflow_tui.core.__path__[0])


@pytest.mark.parametrize("short", [False, True])
def test_what_the_door_turns_the_exit_turns_back(short: bool) -> None:
    mirror = Mirror(short=short)
    sold = Print(5, 1, 1_000_000, 300, REGULAR, SELL)
    seen = mirror.event(sold)
    assert isinstance(seen, Print)
    assert (seen.price, seen.side) == ((-1_000_000, BUY) if short else (1_000_000, SELL))
    assert mirror.level(sold.price) == seen.price
    assert mirror.price(seen.price) == sold.price
    assert mirror.row((5, seen.price, 300, seen.side, REGULAR)) == (5, 1_000_000, 300, SELL, REGULAR)
    assert mirror.side("bid") == mirror.words("bid", "ask")
    assert mirror.rests_near("buy") is not short
    assert mirror.sign == (-1 if short else 1)


def test_a_book_changes_sides_and_time_does_not() -> None:
    book = Book(5, 1, ((1_000_000, 10), (999_900, 20)), ((1_000_100, 30),))
    assert mirrored(book) == Book(5, 1, ((-1_000_100, 30),), ((-1_000_000, 10), (-999_900, 20)))
    assert mirrored(mirrored(book)) == book
    assert mirrored(Clock(7)) == Clock(7)


def test_nothing_else_in_the_core_asks_which_position_is_held() -> None:
    flags = {"symbol.py", "on_tape.py"}  # whether to turn an event, and a row, at all
    found = {
        path.name
        for path in CORE.rglob("*.py")
        if re.search(r"\.short\b|\"short\"|short=", path.read_text(encoding="utf-8"))
    }
    assert found - flags == {"short_as_long.py", "data_models.py", "catalogue.py"}
