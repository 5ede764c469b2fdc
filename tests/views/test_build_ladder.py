"""The ladder stands still while the inside moves a little, and always shows the inside."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.market.series import Series
from orderflow_tui.core.model.units import NS
from orderflow_tui.views.build_ladder import ROWS_EACH_WAY, LadderWindow, ladder_view
from tests.core.kit import NOON, Tape, held, make

QUOTES = st.lists(st.tuples(st.integers(1, 9_000), st.integers(0, 400)), min_size=1, max_size=40)


@given(QUOTES, st.sampled_from((1, 100)))
def test_the_inside_is_always_in_sight(quotes: list[tuple[int, int]], step: int) -> None:
    window = LadderWindow()
    for bid, spread in quotes:
        window.follow(bid * step, (bid + spread) * step, step)
        middle = (2 * bid + spread) * step // 2
        assert abs(middle - window.centre) <= 3 * window.step
        assert spread * step <= 6 * window.step or spread > 400
        assert window.centre % window.step == 0


@given(st.lists(st.integers(-1, 1), max_size=40))
def test_it_moves_only_where_the_inside_left_its_middle(steps: list[int]) -> None:
    window, bid = LadderWindow(), 138_500
    seen = [(bid, 0)]
    for step in steps:
        bid += step * 100
        window.follow(bid, bid + 100, 100)
        seen.append((bid, window.centre))
    moves = sum(before != after for (_, before), (_, after) in pairwise(seen))
    assert moves <= 1 + sum(abs(step) for step in steps) // 2


def test_a_core_without_a_price_has_no_ladder_and_one_without_charts_no_volume() -> None:
    core = make(position=held(100))
    assert ladder_view(core, LadderWindow()) is None
    core.process(Tape().book(0, [(100.00, 500)], [(100.02, 300)]).events)
    view = ladder_view(core, LadderWindow())
    assert view is not None
    assert (view.step, view.centre, view.rows) == (100, 1_000_100, ())


def test_a_core_with_charts_shows_what_traded_around_the_inside() -> None:
    for quantity in (100, -100):
        core = make(position=held(quantity))
        core.series = Series()
        tape = Tape().book(0, [(100.00, 500)], [(100.02, 300)]).sell(1, 100.00, 400).buy(2, 100.02, 200)
        core.process([*tape.events, *tape.sell(3, 100.00 + 0.01 * (ROWS_EACH_WAY + 9), 50).events[-1:]])
        view = ladder_view(core, LadderWindow())
        assert view is not None
        assert view.rows == ((1_000_000, 400, 0, 0), (1_000_200, 0, 200, 0))
        assert view.since_ns == NOON + NS
