from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from orderflow_tui.tui.look.formatting import (
    Zone,
    change_text,
    clean,
    compact,
    crop,
    left,
    right,
    shares,
    span_text,
    wrap,
)
from tests.tui.fake import NOW_NS


@given(st.text(max_size=200))
def test_nothing_unprintable_survives_cleaning(text: str) -> None:
    assert clean(text).isprintable()


def test_cleaning_drops_escapes_and_bidirectional_marks_and_keeps_words_apart() -> None:
    assert clean("a\x1b]52;c;eA==\x07b\u202ec\u2066d\x9be\nf\tg") == "a]52;c;eA==bcde f g"
    assert len(clean("x" * 10_000)) == 600


@given(st.text(max_size=80), st.integers(0, 40))
def test_aligned_texts_have_exactly_their_width(text: str, width: int) -> None:
    text = clean(text)
    assert cell_len(crop(text, width)) <= width
    assert cell_len(left(text, width)) == width
    assert cell_len(right(text, width)) == width


@given(st.text(st.characters(categories=["L", "Zs"]), max_size=200), st.integers(2, 60), st.integers(1, 4))
def test_wrapped_lines_fit(text: str, width: int, lines: int) -> None:
    wrapped = wrap(clean(text), width, lines)
    assert 1 <= len(wrapped) <= lines
    assert all(len(line) <= width for line in wrapped)


@given(st.integers(-(10**11), 10**11))
def test_a_compact_size_needs_at_most_six_cells(size: int) -> None:
    assert len(compact(size)) <= 6


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0"), (950, "950"), (1_500, "1,500"), (12_400, "12.4k"), (999_999, "1000k"), (3_100_000, "3.1M")],
)
def test_compact_sizes(size: int, words: str) -> None:
    assert compact(size) == words


def test_fractional_sizes_and_changes() -> None:
    assert (shares(25_000_000, 100_000_000), shares(12_400)) == ("0.25", "12,400")
    assert (change_text(-400), change_text(100), change_text(-150)) == ("-0.04", "+0.01", "-0.0150")
    assert (change_text(-250, 100), change_text(149, 100), change_text(-20, 100)) == ("-0.02", "+0.01", "+0.00")


def test_spans_of_time() -> None:
    assert [span_text(value) for value in (0.42, -3, 34, 130, 3_900)] == ["0.4s", "0.0s", "34s", "2:10", "1h05"]


def test_times_carry_their_zone() -> None:
    assert (Zone().clock(NOW_NS), Zone().label, Zone().clock(0)) == ("10:35:20", "ET", "--:--:--")
    assert (Zone("Europe/Berlin").clock(NOW_NS), Zone("Europe/Berlin").label) == ("16:35:20", "Berlin")
    assert Zone("Asia/Tokyo").day(NOW_NS) == "2025-10-22"
