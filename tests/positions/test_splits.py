"""A split is told from a trade, and said."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from orderflow_tui.core.learning.position_split import split_ratio
from orderflow_tui.core.model.data_models import Position
from orderflow_tui.positions import PositionManager


def held(quantity: int, cost: str) -> Position:
    return Position("BAC", quantity, Decimal(cost))


@pytest.mark.parametrize(
    ("before", "now", "ratio"),
    [
        (held(100, "400"), held(400, "100"), Fraction(4)),
        (held(300, "30"), held(200, "45"), Fraction(2, 3)),
        (held(-100, "400"), held(-400, "100"), Fraction(4)),
        (held(500, "2.001"), held(20, "50.03"), Fraction(1, 25)),
        (held(100, "400"), held(200, "400"), None),
        (held(100, "400"), held(100, "200"), None),
        (held(100, "400"), held(-400, "100"), None),
        (held(100, "400"), held(399, "100"), None),
        (held(100, "0"), held(400, "0"), None),
    ],
)
def test_ratio(before: Position, now: Position, ratio: Fraction | None) -> None:
    assert split_ratio(before, now) == ratio


def test_a_split_is_said_and_the_stop_with_it(tmp_path: Path) -> None:
    path = tmp_path / "positions.toml"
    text = '[[position]]\nsymbol = "BAC"\nquantity = {}\naverage_cost = {}\nstop = 380\n'
    path.write_text(text.format(100, 400))
    manager = PositionManager(path)
    path.write_text(text.format(400, 100))
    assert manager.refresh()
    assert manager.notes == (
        "BAC: 100 at 400 became 400 at 100: a 4-for-1 split; your stop 380 was set before it, look at it",
    )
