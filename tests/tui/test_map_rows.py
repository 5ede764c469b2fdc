"""The map's rows: what is read with and without colour."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.look.shades import half_token, shade_style
from orderflow_tui.tui.rows.map_rows import LEAST_HEIGHT, LEAST_WIDTH, MapFrame, map_rows
from orderflow_tui.views.charts import SHADES, MapView
from tests.tui.fake import DEPTH, NBBO, TAPE_ONLY, liquidity, symbol_view

CELLS = st.binary(min_size=60 * 9, max_size=60 * 9).map(lambda raw: bytes(value % (2 * SHADES + 1) for value in raw))


def shown(
    width: int = 80, height: int = 20, *, text: bool, made: MapView | None = None, **changes: object
) -> list[str]:
    view = symbol_view("BAC", **changes)  # type: ignore[arg-type]
    rows = map_rows(view, made or liquidity(138_500), MapFrame(width, height, Zone(), text))
    return [row.plain for row in rows]


@given(CELLS, st.integers(0, 90), st.integers(0, 30), st.booleans())
def test_any_cells_fit_any_place(cells: bytes, width: int, height: int, text: bool) -> None:
    made = MapView(2, 1_700_000_000, 60, 9, 100, 138_900, 12_400, cells, ((0, 0, 5, 5, 0), (59, 8, 0, 0, 9)))
    rows = shown(width, height, text=text, made=made)
    assert len(rows) <= height
    assert all(len(row) <= width for row in rows)
    assert bool(rows) == (width >= LEAST_WIDTH and height >= LEAST_HEIGHT)


def test_without_colour_larger_sizes_are_denser_and_each_row_is_one_price() -> None:
    rows = shown(text=True)
    wall = next(row for row in rows if " 13.83" in row or "W13.83" in row or "!13.83" in row)
    assert "█" in wall
    assert "13.85<" in "\n".join(rows)
    assert "▀" not in "\n".join(rows)
    prices = [row[-10:].strip(" <") for row in rows[1:-1]]
    assert prices == sorted(prices, reverse=True)
    assert len(set(prices)) == len(prices)


def test_with_colour_a_row_is_two_prices_and_trades_are_letters() -> None:
    rows = shown(text=False)
    assert "▀" in "\n".join(rows)
    assert any("S" in row for row in rows[1:-1])
    assert "ET" in rows[-1]


def test_a_wall_is_marked_at_its_price() -> None:
    rows = shown(text=True, chip="EXIT")
    assert any("!13.83" in row for row in rows)


def test_one_level_and_none_say_so() -> None:
    assert "one level, no depth" in shown(text=False, capabilities=NBBO)[0]
    assert "LIQUIDITY MAP" in shown(text=False, capabilities=DEPTH)[0]
    bare = replace(liquidity(138_500), largest=0)
    assert shown(text=False, made=bare)[1] == " no book seen yet"
    assert shown(text=False, made=bare, capabilities=TAPE_ONLY)[1] == " no quotes, so no map"


@pytest.mark.parametrize("upper", [0, 1, SHADES, SHADES + 1, 2 * SHADES])
def test_brighter_is_further_from_the_background(upper: int) -> None:
    variables = {"background": "#000000", "bid": "#4fa3d9", "ask": "#d98a4f"}
    style = shade_style(half_token(upper, 0), variables)
    assert style.color is not None
    assert style.bgcolor is not None
    assert sum(style.bgcolor.get_truecolor()) == 0
    lower = shade_style(half_token(0, upper), variables)
    assert lower.bgcolor == style.color
    if upper and upper % SHADES:
        brighter = shade_style(half_token(upper + 1, 0), variables)
        assert brighter.color is not None
        assert sum(brighter.color.get_truecolor()) > sum(style.color.get_truecolor())
