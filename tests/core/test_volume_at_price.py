"""What traded at each price adds up to the tape, is bounded, and begins anew with the session."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.market.series import Series
from orderflow_tui.core.market.sessions import session_at
from orderflow_tui.core.market.volume_at_price import KEPT_PRINTS, KEPT_SECONDS, MOST_PRICES, VolumeAtPrice
from orderflow_tui.core.model.events import (
    AUCTION,
    BUY,
    PRICE,
    REGULAR,
    SELL,
    SIDE_GIVEN,
    UNKNOWN,
    VOLUME,
    Print,
    TapeCorrection,
)
from orderflow_tui.core.model.units import NS
from tests.core.kit import NOON, Tape, held, make

SESSION = session_at(NOON)
PRINTS = st.lists(
    st.tuples(st.integers(99_000, 101_000), st.integers(1, 50_000), st.sampled_from((BUY, SELL, UNKNOWN))), max_size=60
)


def _filled(prints: Sequence[tuple[int, int, int]]) -> VolumeAtPrice:
    traded = VolumeAtPrice()
    for at, (price, size, side) in enumerate(prints):
        traded.add(SESSION, NOON + at, price, size, side)
    return traded


def test_what_a_correction_takes_back_is_not_counted() -> None:
    traded = _filled([(100_000, 300, SELL), (100_000, 300, BUY), (100_100, 50, BUY), (100_200, 70, SELL)])
    traded.recent()
    second = NOON // NS
    # A print that stands keeps its side though it is told without one; a new one has the side it is told with.
    again = [(NOON, 100_000, 300, UNKNOWN), (NOON, 100_100, 50, UNKNOWN), (NOON, 100_100, 7, SELL)]
    traded.correct(second, second, again)
    assert traded.between(99_000, 100, 20) == ((100_000, 300, 0, 0), (100_100, 7, 50, 0))
    assert traded.recent() == [(100_100, 7, 0, 0)]
    traded.correct(second, second, again)
    assert traded.between(99_000, 100, 20) == ((100_000, 300, 0, 0), (100_100, 7, 50, 0))
    traded.correct(second, second, [])
    assert not traded.levels


def test_a_core_takes_back_what_was_cancelled_in_the_markets_own_prices() -> None:
    prints = [Print(NOON + at, at, 1_000_000, 300, REGULAR | SIDE_GIVEN, SELL) for at in (1, 2)]
    for quantity in (100, -100):
        core = make(position=held(quantity))
        core.series = Series()
        core.process([*Tape().book(0, [(100.00, 500)], [(100.01, 300)]).events, *prints])
        core.process([TapeCorrection(NOON + NS, NOON // NS, (prints[0],))])
        assert core.series.at_price.between(980_000, 100, 400) == ((1_000_000, 300, 0, 0),)


def test_only_the_last_minutes_are_corrected() -> None:
    traded = VolumeAtPrice()
    for second in range(KEPT_SECONDS + 10):
        traded.add(SESSION, NOON + second * NS, 100_000, 1, BUY)
    traded.correct(NOON // NS, NOON // NS + KEPT_SECONDS + 10, [])
    assert traded.levels[100_000].bought == 10


def test_a_flood_of_prints_is_remembered_as_far_as_there_is_room() -> None:
    traded = VolumeAtPrice()
    for second in range(20):
        for _ in range(1_000):
            traded.add(SESSION, NOON + second * NS, 100_000, 1, BUY)
    assert sum(map(len, traded._made.values())) == traded._kept <= KEPT_PRINTS
    traded.correct(NOON // NS, NOON // NS + 20, [])
    assert traded.levels[100_000].bought == 15_000
    assert traded._kept == 0


@given(PRINTS, st.integers(98_000, 102_000), st.sampled_from((1, 50, 100, 500)), st.integers(1, 41))
def test_rows_add_up_to_the_prints_between_their_bounds(
    prints: list[tuple[int, int, int]], low: int, step: int, count: int
) -> None:
    rows = _filled(prints).between(low, step, count)
    inside = [one for one in prints if low <= one[0] < low + step * count]
    for place, wanted in ((1, SELL), (2, BUY), (3, UNKNOWN)):
        assert sum(row[place] for row in rows) == sum(size for _, size, side in inside if side == wanted)
    assert [row[0] for row in rows] == sorted({price - (price - low) % step for price, _, _ in inside})


@given(PRINTS, PRINTS)
def test_what_is_recent_is_told_once(first: list[tuple[int, int, int]], then: list[tuple[int, int, int]]) -> None:
    traded = _filled(first)
    assert sum(sum(row[1:]) for row in traded.recent()) == sum(size for _, size, _ in first)
    assert traded.recent() == []
    for price, size, side in then:
        traded.add(SESSION, NOON, price, size, side)
    assert sum(sum(row[1:]) for row in traded.recent()) == sum(size for _, size, _ in then)


def test_prices_are_bounded_and_those_near_the_newest_print_stay() -> None:
    traded = _filled([(price, 100, SELL) for price in range(3 * MOST_PRICES)])
    assert len(traded.levels) <= MOST_PRICES
    assert traded.levels[3 * MOST_PRICES - 1].sold == 100
    assert len(traded.recent()) <= MOST_PRICES


def test_another_session_begins_at_nothing() -> None:
    traded = _filled([(100_000, 500, SELL)])
    after = session_at(SESSION.end_ns)
    traded.add(after, SESSION.end_ns, 100_100, 200, BUY)
    assert traded.between(0, 100, 2_000) == ((100_100, 0, 200, 0),)
    assert traded.since_ns == SESSION.end_ns


def test_a_core_counts_what_has_a_price_in_the_markets_own_sides() -> None:
    given = REGULAR | SIDE_GIVEN
    prints = [
        Print(NOON + 1, 1, 1_000_000, 300, given, SELL),
        Print(NOON + 2, 2, 1_000_100, 200, given, BUY),
        Print(NOON + 3, 3, 1_000_100, 900, VOLUME | PRICE | AUCTION),
        Print(NOON + 4, 4, 990_000, 700, VOLUME),
    ]
    for quantity in (100, -100):
        core = make(position=held(quantity))
        core.series = Series()
        core.process([*Tape().book(0, [(100.00, 500)], [(100.01, 300)]).events, *prints])
        rows = core.series.at_price.between(980_000, 100, 400)
        assert rows == ((1_000_000, 300, 0, 0), (1_000_100, 0, 200, 900))
        assert core.series.at_price.since_ns // NS == NOON // NS
