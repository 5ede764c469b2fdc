"""The fire drill on the screen."""

from __future__ import annotations

import pytest

from orderflow_tui.tui.look.formatting import BLANK
from orderflow_tui.tui.rows.drill_rows import drill_rows
from tests.tui.driving import press, running, screen_text, settled
from tests.tui.fake import busy_market, calm_market, symbol_view


@pytest.mark.parametrize("width", [1, 2, 20, 47, 66, 78, 79, 80, 200])
def test_no_row_is_wider_than_the_screen_where_it_can_be_read(width: int) -> None:
    rows = drill_rows(tuple(busy_market().views().values()), width)
    if width >= 66:
        assert max(len(row.plain) for row in rows) <= width


def test_the_sum_stands_first_then_each_name_with_its_table() -> None:
    text = "\n".join(row.plain for row in drill_rows(tuple(busy_market().views().values()), 100))
    assert text.startswith(" ALL  6 of 8 names priced")
    assert "now, at once" in text
    assert "over 15 min" in text
    assert "MSFT  SHORT 150  volume 18.0k/min, refill 2,400/min" in text
    assert "NVDA  LONG 500" in text
    assert "no figures: its data is old" in text
    assert "one level: only what the best price shows is priced" in text
    assert "15 of 67" in text
    assert BLANK not in text


def test_one_name_needs_no_sum_and_nothing_held_says_so() -> None:
    assert "ALL" not in drill_rows((symbol_view("BAC"),), 100)[0].plain
    assert "nothing held" in drill_rows((symbol_view("SPY", quantity=0),), 100)[0].plain


async def test_the_selected_name_comes_first_and_follows_the_market() -> None:
    monitor = calm_market(3)
    async with running(monitor, size=(100, 40)) as (app, pilot):
        await press(pilot, "2", "d")
        lines = screen_text(app).splitlines()
        assert "EXIT PLANNER" in lines[0]
        names = [line.split()[0] for line in lines if " LONG " in line]
        assert names == ["BAC", "AAPL", "MSFT"]
        monitor.put(symbol_view("BAC", stale=True))
        await settled(pilot)
        assert "its data is old" in screen_text(app)


async def test_an_open_recommendation_and_blindness_stay_in_sight() -> None:
    async with running(busy_market(), size=(80, 24)) as (app, pilot):
        await press(pilot, "d")
        lines = screen_text(app).splitlines()
        assert "NO TRUSTED DATA: NVDA" in lines[1]
        assert ">>> EXIT? BAC <<< F2 answers" in lines[2]
        await pilot.resize_terminal(30, 12)
        await settled(pilot)
        assert "now, at once" in screen_text(app)
