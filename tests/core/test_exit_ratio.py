"""The exit ratio: what bursts pass three times a session, whatever one day was like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.learning.exit_ratio import learnt_ratio, ratio_in_force

RATIOS = st.lists(st.floats(0, 60), max_size=7)


def test_without_a_lesson_it_is_the_threshold_and_grows_with_the_day() -> None:
    assert ratio_in_force((), (), 0.0, 4.0) == 4.0
    today = [9.0, 7.0, 5.0]
    found = [ratio_in_force((), today, part, 4.0) for part in (0.0, 0.3, 0.4, 0.6, 0.7, 1.0)]
    assert found == [9.0, 9.0, 7.0, 7.0, 5.0, 5.0]
    assert ratio_in_force((), [9.0], 0.5, 4.0) == 4.0


def test_a_calm_day_does_not_make_the_next_one_loud_nor_a_wild_one_deafen_it() -> None:
    usual = learnt_ratio([8.0] * 5, 4.0)
    assert usual == pytest.approx(7.5, abs=0.1)
    assert learnt_ratio([0.0, 8.0, 8.0, 8.0, 8.0], 4.0) > 0.8 * usual
    assert learnt_ratio([28.0, 8.0, 8.0, 8.0, 8.0], 4.0) < 1.4 * usual
    assert ratio_in_force([28.0], (), 0.0, 4.0) == 12.0
    assert learnt_ratio([8.0, 5.0], 4.0) > learnt_ratio([5.0, 8.0], 4.0)


@given(RATIOS, RATIOS, st.floats(0, 1.2), st.floats(1.5, 20))
def test_it_lies_between_the_threshold_and_three_times_it_four_by_today(
    earlier: list[float], today: list[float], part: float, threshold: float
) -> None:
    found = ratio_in_force(earlier, sorted(today, reverse=True), part, threshold)
    assert threshold <= found <= 4 * threshold
    assert ratio_in_force(earlier, (), part, threshold) <= 3 * threshold
    assert found >= ratio_in_force(earlier, (), part, threshold)
