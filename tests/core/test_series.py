"""The half hour kept for charts, and the refill measured from it by conservation."""

from __future__ import annotations

from itertools import pairwise

import pytest

from orderflow_tui.core.market.series import SAMPLES, STEP_SECONDS, Series
from orderflow_tui.core.model.events import Clock, Gap
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.symbol import SymbolCore
from tests.core.kit import NOON, Tape, held, make


def _core(quantity: int = 1_000) -> SymbolCore:
    core = make(position=held(quantity, "100.00"))
    core.series = Series()
    return core


def test_a_sample_every_five_seconds_and_no_more_than_half_an_hour() -> None:
    core = _core()
    core.process(Tape().book(0, [(100.00, 500)], [(100.02, 300)]).events)
    core.process([Clock(NOON + second * NS) for second in range(STEP_SECONDS * (SAMPLES + 10))])
    assert core.series is not None
    rows = core.series.rows()
    assert len(rows) == SAMPLES
    assert {b.second - a.second for a, b in pairwise(rows)} == {STEP_SECONDS}
    assert (rows[-1].bid, rows[-1].ask, rows[-1].bid_depth, rows[-1].ask_depth) == (1_000_000, 1_000_200, 500, 300)
    assert (rows[-1].last, rows[-1].volume, rows[-1].vwap) == (0, 0, 0.0)


def test_the_same_second_is_kept_once() -> None:
    core = _core()
    core.process([Clock(NOON), Clock(NOON), Clock(NOON + 1)])
    assert core.series is not None
    assert core.series.count == 1


def test_the_refill_is_what_was_taken_plus_what_the_bids_grew() -> None:
    """600 shares sold into the bids over 100 s while the bids within reach grow from 500 to 900: 10 a second."""
    core = _core()
    tape = Tape().book(-1, [(100.00, 500)], [(100.02, 300)])
    for second in range(10, 70, 10):
        tape.sell(second, 100.00, 100)
    tape.book(99, [(100.00, 900)], [(100.02, 300)])
    core.process([*tape.events, Clock(NOON + 100 * NS)])
    assert core.series is not None
    assert core.series.refill_per_second == pytest.approx((600 + 400) / 100)


def test_no_refill_before_a_minute_nor_across_a_gap() -> None:
    core = _core()
    core.process([*Tape().book(-1, [(100.00, 500)], [(100.02, 300)]).events, Clock(NOON + 55 * NS)])
    assert core.series is not None
    assert core.series.refill_per_second is None
    core.process([Clock(NOON + 60 * NS)])
    assert core.series.refill_per_second == 0.0
    core.process([Gap(NOON + 61 * NS, "network"), Clock(NOON + 100 * NS)])
    assert core.series.refill_per_second is None
    core.process([Clock(NOON + 130 * NS)])
    assert core.series.refill_per_second == 0.0


def test_bids_that_only_shrink_refill_nothing() -> None:
    core = _core()
    tape = Tape().book(0, [(100.00, 500)], [(100.02, 300)]).book(50, [(100.00, 100)], [(100.02, 300)])
    core.process([*tape.events, Clock(NOON + 80 * NS)])
    assert core.series is not None
    assert core.series.refill_per_second == 0.0


def test_without_a_book_there_is_no_refill() -> None:
    core = _core()
    core.process([Clock(NOON + second * NS) for second in range(100)])
    assert core.series is not None
    assert core.series.refill_per_second is None
    assert core.series.rows()[-1].bid == 0
