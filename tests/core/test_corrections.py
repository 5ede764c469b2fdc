"""SPEC 4.4: corrections and busts are learnt by re-reading; a re-read second replaces the old one where it differs."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.market.corrections import apply_correction
from orderflow_tui.core.market.state import MarketState
from orderflow_tui.core.market.volume_window import VolumeWindow
from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.model.events import (
    AUCTION,
    BUY,
    LATE_REPORT,
    PRICE,
    REGULAR,
    SELL,
    SIDE,
    SIDE_GIVEN,
    UNKNOWN,
    VOLUME,
    Book,
    Gap,
    Print,
    TapeCorrection,
)
from orderflow_tui.core.model.outputs import AlertRaised, AlertUpdated, Output
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.symbol import SymbolCore
from tests.core.kit import Rules, source

T0 = 1_700_000_000
GIVEN = REGULAR | SIDE_GIVEN


def tick(second: int, size: int, side: int = SELL, price: int = 100_000, flags: int = GIVEN) -> Print:
    return Print((T0 + second) * NS, second, price, size, flags, side)


prints = st.lists(
    st.tuples(st.integers(0, 80), st.integers(1, 5_000), st.sampled_from((BUY, SELL, UNKNOWN))), max_size=60
).map(sorted)


@given(prints, prints)
def test_a_window_read_again_equals_one_that_only_ever_saw_the_truth(
    first: list[tuple[int, int, int]], truth: list[tuple[int, int, int]]
) -> None:
    again, direct = VolumeWindow(), VolumeWindow()
    for second, size, side in first:
        again.add(T0 + second, size, side)
    for second, size, side in truth:
        direct.add(T0 + second, size, side)
    again.roll(T0 + 80)
    direct.roll(T0 + 80)
    apply_correction(again, MarketState(), T0, T0 + 80, [tick(*one) for one in truth])
    for second in range(T0, T0 + 81):
        volume, _, _, count = again.of_second(second)
        assert (volume, count) == (direct.of_second(second)[0], direct.of_second(second)[3])
    if [(s, v) for s, v, _ in first] != [(s, v) for s, v, _ in truth]:
        return
    assert again.squares(60) == direct.squares(60)


def test_a_bust_is_taken_out_and_agreeing_seconds_keep_their_sides() -> None:
    window = VolumeWindow()
    for second in range(10):
        window.add(T0 + second, 100, BUY)
    window.add(T0 + 5, 9_000, SELL)
    again = [tick(second, 100, UNKNOWN, flags=REGULAR) for second in range(10)]
    assert apply_correction(window, MarketState(), T0, T0 + 9, again) == (1, -9_000)
    assert (window.volume, window.sell, window.count) == (1_000, 0, 10)
    assert window.buy == 900
    assert window.largest(10) == 100
    assert window.squares(10) == 10 * 100 * 100


def test_a_late_delivery_is_put_in_and_signed_by_the_quote_of_its_second() -> None:
    window, market = VolumeWindow(), MarketState()
    for second in range(10):
        window.add(T0 + second, 100, BUY)
        market.shows((T0 + second) * NS, ((100_000, 5),), ((100_100, 5),))
        market.whole_second(T0 + second)
    again = [tick(3, 100, price=100_100, flags=REGULAR), tick(3, 700, price=100_000, flags=REGULAR)]
    again += [tick(second, 100, BUY) for second in range(4, 10)]
    assert apply_correction(window, market, T0 + 3, T0 + 9, again) == (1, 700)
    assert window.of_second(T0 + 3) == (800, 700, 100, 2)


def test_outside_what_is_remembered_nothing_changes() -> None:
    window = VolumeWindow()
    window.add(T0, 100, SELL)
    window.roll(T0 + 600)
    assert apply_correction(window, MarketState(), T0, T0 + 5, []) == (0, 0)
    assert window.volume == 100


def burst_tape() -> list[Print]:
    tape = [tick(second, 100) for second in range(320)]
    return tape + [tick(320, 50) for _ in range(70)]


def test_an_alert_that_rested_on_a_bust_stands_and_gets_a_note() -> None:
    core = SymbolCore("AAA", Rules(), source(sessions=False), Position("AAA", 100, Decimal(10)))
    out: list[Output] = core.process([Gap(T0 * NS, "start"), *burst_tape()])
    (raised,) = [one for one in out if isinstance(one, AlertRaised) and one.alert.alert_type == "red_burst"]
    kept = tuple(tick(second, 100) for second in range(300, 320))
    noted = core.process([TapeCorrection((T0 + 321) * NS, T0 + 300, kept)])
    (update,) = noted
    assert isinstance(update, AlertUpdated)
    assert update.journal
    assert update.alert.episode_id == raised.alert.episode_id
    assert update.alert.details["corrected"] == -3_500
    assert core.tape.corrected_seconds == 1
    assert core.process([TapeCorrection((T0 + 321) * NS, T0 + 300, kept)]) == []


def test_a_re_read_before_the_burst_leaves_it_without_a_note() -> None:
    core = SymbolCore("AAA", Rules(), source(sessions=False))
    core.process([Gap(T0 * NS, "start"), *burst_tape()])
    assert core.process([TapeCorrection((T0 + 11) * NS, T0 + 10, ())]) == []
    assert core.tape.corrected_seconds == 1


def test_a_mirrored_re_read_is_the_same() -> None:
    long, short = (
        SymbolCore("AAA", Rules(), source(sessions=False), Position("AAA", quantity, Decimal(10)))
        for quantity in (5, -5)
    )
    for core, turn in ((long, 1), (short, -1)):
        core.process([Book(T0 * NS, 0, ((100_000, 5),), ((100_100, 5),)), Gap(T0 * NS, "start")])
        core.process([tick(second, 100, turn * SELL) for second in range(5)])
        core.process([TapeCorrection((T0 + 5) * NS, T0, tuple(tick(second, 300, turn * SELL) for second in range(5)))])
    assert (long.window.volume, long.window.sell) == (short.window.volume, short.window.sell) == (1_500, 1_500)


def test_cancelled_prints_count_for_nothing() -> None:
    window = VolumeWindow()
    window.add(T0, 100, SELL)
    window.roll(T0 + 1)
    assert apply_correction(window, MarketState(), T0, T0, [tick(0, 100, flags=REGULAR & ~VOLUME)]) == (1, -100)


def test_without_a_quote_the_tick_test_signs_what_is_read_again() -> None:
    window = VolumeWindow()
    window.add(T0, 1, SELL)
    again = [
        tick(0, size, price=price, flags=flags)
        for size, price, flags in (
            (100, 100_000, REGULAR),
            (200, 100_100, REGULAR),
            (300, 100_100, REGULAR),
            (400, 90_000, VOLUME | SIDE),
            (500, 100_000, REGULAR),
            (600, 100_000, VOLUME | PRICE),
        )
    ]
    assert apply_correction(window, MarketState(), T0, T0, again) == (1, 2_099)
    assert window.of_second(T0) == (2_100, 500, 900, 6)


def test_every_second_that_differs_is_counted_and_its_change_added_up() -> None:
    window = VolumeWindow()
    for second in range(4):
        window.add(T0 + second, 100, BUY)
    again = [tick(second, size) for second, size in ((0, 150), (1, 100), (2, 30), (3, 100))]
    assert apply_correction(window, MarketState(), T0, T0 + 3, again) == (2, 50 - 70)


def test_auctions_and_late_reports_are_in_no_second_and_fractions_are_in_theirs() -> None:
    window = VolumeWindow()
    window.add(T0, 100, BUY)
    again = [tick(0, 100), tick(0, 7, flags=GIVEN | AUCTION), tick(0, 9, flags=GIVEN | LATE_REPORT)]
    again[0].time_ns += NS - 1
    assert apply_correction(window, MarketState(), T0, T0, again) == (0, 0)
    assert window.of_second(T0) == (100, 0, 100, 1)
