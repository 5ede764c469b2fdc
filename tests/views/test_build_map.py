"""The map's cells: what rested where, bounded, and nothing where no book was seen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.market.depth_history import COLUMNS, LEVELS, MOST_PRINTS, STEP_SECONDS, DepthHistory
from orderflow_tui.core.market.series import Series
from orderflow_tui.core.model.units import NS
from orderflow_tui.views.build_ladder import LadderWindow, ladder_view
from orderflow_tui.views.build_map import ROWS, MapRecorder, map_view
from orderflow_tui.views.charts import SHADES, MapView
from tests.core.kit import NOON, Tape, held, make

SECOND = NOON // NS
CENTRE = 100_000
SIDE = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10**7)), max_size=15)
BOOKS = st.lists(st.tuples(st.integers(2, 9), SIDE, SIDE), max_size=30)


def cell(shown: MapView, column: int, price: int) -> int:
    return shown.cells[(shown.top - price) // shown.step * shown.columns + column]


@given(BOOKS)
def test_it_is_bounded_and_its_newest_column_is_the_newest_book(
    books: list[tuple[int, list[tuple[int, int]], list[tuple[int, int]]]],
) -> None:
    history, second = DepthHistory(), SECOND
    for seconds, bids, asks in books:
        second += seconds
        history.keep(
            second,
            tuple((CENTRE - 100 * away, size) for away, size in bids),
            tuple((CENTRE + 100 + 100 * away, size) for away, size in asks),
            [(CENTRE + 100 * at, 5, 5, 0) for at in range(40)],
        )
    if not books:
        return
    shown = map_view(history, 100, CENTRE)
    assert len(shown.cells) == ROWS * COLUMNS
    assert max(shown.cells) <= 2 * SHADES
    assert len(shown.prints) <= MOST_PRINTS * COLUMNS
    assert all(0 <= column < COLUMNS and 0 <= row < ROWS for column, row, *_ in shown.prints)
    _, bids, asks = books[-1]
    for away, _ in bids[:LEVELS]:
        if away <= ROWS // 2:
            assert 1 <= cell(shown, COLUMNS - 1, CENTRE - 100 * away) <= SHADES
    for away, _ in asks[:LEVELS]:
        if away < ROWS // 2:
            assert cell(shown, COLUMNS - 1, CENTRE + 100 + 100 * away) > SHADES


def test_the_largest_is_the_brightest_and_a_gap_stays_dark() -> None:
    history = DepthHistory()
    history.keep(SECOND, ((CENTRE, 12_400), (CENTRE - 100, 100)), ((CENTRE + 100, 3_100),), [])
    history.keep(SECOND + 60, ((CENTRE, 500),), (), [])
    shown = map_view(history, 100, CENTRE)
    before = COLUMNS - 1 - 60 // STEP_SECONDS
    assert (cell(shown, before, CENTRE), cell(shown, before, CENTRE - 100)) == (SHADES, 1)
    assert cell(shown, before, CENTRE + 100) == SHADES + SHADES // 2
    assert [cell(shown, column, CENTRE) for column in range(before + 1, COLUMNS - 1)] == [0] * (COLUMNS - 2 - before)
    assert shown.largest == 12_400


def test_a_book_fills_the_columns_up_to_the_next_one_that_comes_soon() -> None:
    history = DepthHistory()
    for second in (0, 3, 6):
        history.keep(SECOND + second, ((CENTRE, 100),), (), [])
    shown = map_view(history, 100, CENTRE)
    assert all(cell(shown, column, CENTRE) for column in range(COLUMNS - 4, COLUMNS))


def test_only_the_last_minutes_are_kept_and_time_that_goes_back_empties_them() -> None:
    history = DepthHistory()
    for column in range(COLUMNS + 40):
        assert history.due(SECOND + column * STEP_SECONDS)
        history.keep(SECOND + column * STEP_SECONDS, ((CENTRE, 100),), (), [])
    kept = [second for second, *_ in history.columns()]
    assert kept == [SECOND + column * STEP_SECONDS for column in range(40, COLUMNS + 40)]
    assert not history.due(history.newest + 1)
    assert history.due(SECOND)
    history.keep(SECOND, ((CENTRE, 100),), (), [])
    assert [second for second, *_ in history.columns()] == [SECOND]


def test_a_short_position_has_the_markets_own_map() -> None:
    shown = []
    for quantity in (100, -100):
        core, recorder, window = make(position=held(quantity)), MapRecorder(), LadderWindow()
        core.series = Series()
        tape = Tape().book(0, [(100.00, 500)], [(100.02, 300)])
        core.process(tape.events)
        recorder.keep(core, SECOND)
        core.process(tape.sell(1, 100.00, 400).events[-1:])
        recorder.keep(core, SECOND + 1)
        recorder.keep(core, SECOND + 2)
        assert recorder.view(window) is None
        ladder_view(core, window)
        made = recorder.view(window)
        assert made is not None
        assert recorder.view(window) is made
        shown.append(made)
    assert shown[0] == shown[1]
    assert [row[2:] for row in shown[0].prints] == [(400, 0, 0)]
