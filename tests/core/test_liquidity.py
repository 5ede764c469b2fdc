import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.market.liquidity import (
    ExitCost,
    band_size,
    exit_cost,
    minutes_to_leave,
    slice_count,
    slice_out,
    waiting_risk,
)

from .kit import levels


def test_the_cost_of_leaving_by_hand() -> None:
    """Mid 100.05: 100 at 100.00 cost 5.00, 200 at 99.98 cost 14.00; 19.00 of 30,015.00 is 6.33 bp."""
    bids = levels([(100.00, 100), (99.98, 200), (99.90, 500)])
    asks = levels([(100.10, 50)])
    cost = exit_cost(bids, asks, 300)
    assert cost is not None
    assert (cost.filled, cost.missing) == (300, 0)
    assert cost.dollars == pytest.approx(19.00)
    assert cost.basis_points == pytest.approx(19.00 / 30_015.00 * 10_000)


def test_what_the_book_cannot_take_stands_beside_it_and_is_never_priced() -> None:
    cost = exit_cost(levels([(13.86, 300)]), levels([(13.87, 100)]), 1_000)
    assert cost is not None
    assert (cost.filled, cost.missing) == (300, 700)
    assert cost.dollars == pytest.approx(300 * 0.005)


def test_no_cost_without_two_sides_or_without_a_position() -> None:
    bids, asks = levels([(10, 100)]), levels([(10.01, 100)])
    assert exit_cost((), asks, 10) is None
    assert exit_cost(bids, (), 10) is None
    assert exit_cost(bids, asks, 0) is None


def test_a_short_walks_the_mirrored_asks_at_the_same_cost() -> None:
    bids, asks = levels([(99.90, 100)]), levels([(100.10, 100), (100.20, 100)])
    mirrored_bids = tuple((-price, size) for price, size in asks)
    mirrored_asks = tuple((-price, size) for price, size in bids)
    cost = exit_cost(mirrored_bids, mirrored_asks, 200)
    assert cost is not None
    assert cost.dollars == pytest.approx(100 * 0.10 + 100 * 0.20)
    assert cost.basis_points == pytest.approx(30.0 / 20_000 * 10_000)


def test_coins_cost_what_their_parts_cost() -> None:
    bids, asks = levels([(60_000, 50_000_000)]), levels([(60_010, 50_000_000)])
    cost = exit_cost(bids, asks, 100_000_000, 100_000_000)
    assert cost is not None
    assert (cost.filled, cost.missing) == (50_000_000, 50_000_000)
    assert cost.dollars == pytest.approx(0.5 * 5.0)


@pytest.mark.parametrize(
    ("bids", "size", "at_least"),
    [
        # 10 bp of 586.00 is 58.6 cents: 585.42 lies inside, 585.41 outside.
        ([(586.00, 100), (585.42, 200), (585.41, 400)], 300, False),
        ([(586.00, 100), (585.42, 200)], 300, True),
        # Of 13.86 it is 1.4 cents, so three ticks count: 13.83 is the band's own end.
        ([(13.86, 100), (13.85, 10), (13.84, 20), (13.83, 40), (13.82, 80)], 170, False),
        ([(13.86, 100), (13.83, 40)], 140, False),
        ([(13.86, 100), (13.84, 40)], 140, True),
        ([(13.86, 100)], 100, True),
        # Of 100.05 it is 10.005 cents, cut to the price unit: 99.95 is the band's own end.
        ([(100.05, 100), (99.95, 200)], 300, False),
    ],
)
def test_the_band_is_10_bp_or_three_ticks_below_the_best_bid(
    bids: list[tuple[float, int]], size: int, at_least: bool
) -> None:
    assert band_size(levels(bids), 100) == (size, at_least)


def test_no_bids_no_band() -> None:
    assert band_size((), 100) == (0, False)


def test_minutes_to_leave_at_a_tenth_of_the_tape() -> None:
    """50,000 in five minutes are 10,000 a minute, 1,000 of them the leaver's."""
    assert minutes_to_leave(2_500, 50_000) == pytest.approx(2.5)
    assert minutes_to_leave(2_500, 0) is None


BIDS, ASKS = levels([(10.00, 100), (9.99, 100), (9.98, 100)]), levels([(10.02, 100)])


def test_slices_of_a_book_that_refills_in_between_each_pay_the_best_price() -> None:
    """Six slices of 50 against a mid of 10.01, all of it back after each: 300 shares at one cent."""
    plan = slice_out(BIDS, ASKS, 300, 1, refill_per_second=5.0)
    assert plan is not None
    assert (plan.minutes, plan.slices, plan.each, plan.filled, plan.missing, plan.behind) == (1, 6, 50, 300, 0, 0)
    assert plan.dollars == pytest.approx(3.00)
    assert plan.basis_points == pytest.approx(3.00 / 3_003.0 * 10_000)


def test_slices_of_a_book_that_never_refills_cost_what_leaving_at_once_costs() -> None:
    plan, at_once = slice_out(BIDS, ASKS, 300, 5, refill_per_second=0.0), exit_cost(BIDS, ASKS, 300)
    assert plan is not None
    assert at_once is not None
    assert plan.slices == 10
    assert plan.dollars == pytest.approx(at_once.dollars)
    assert plan.behind == 300


def test_slices_by_hand_with_half_of_the_refill_they_need() -> None:
    """Slices of 100 each 10 s, 50 back in between: they start behind 0, 50, 100, 150, 200, 250 of a book of 300.

    Costs a share are 1, 2 and 3 cents by hundreds: 1.00, 1.50, 2.00, 2.50, 3.00 and 50 shares at 3 cents 1.50. The
    sixth finds 50 shares only.
    """
    plan = slice_out(BIDS, ASKS, 600, 1, refill_per_second=5.0)
    assert plan is not None
    assert (plan.filled, plan.missing, plan.each) == (550, 50, 100)
    assert plan.dollars == pytest.approx(11.50)


def test_longer_intervals_refill_more() -> None:
    """Ten slices of 100, one each 30 s in which 100 come back: 1,000 shares at one cent."""
    plan = slice_out(BIDS, ASKS, 1_000, 5, refill_per_second=100 / 30)
    assert plan is not None
    assert (plan.minutes, plan.filled) == (5, 1_000)
    assert plan.dollars == pytest.approx(10.00)


def test_shares_that_do_not_divide_evenly_are_all_sold() -> None:
    plan = slice_out(BIDS, ASKS, 10, 1, refill_per_second=5.0)
    assert plan is not None
    assert (plan.slices, plan.each, plan.filled, plan.missing) == (6, 2, 10, 0)
    assert plan.dollars == pytest.approx(0.10)


def test_slices_of_coins_cost_what_their_parts_cost() -> None:
    """Six slices of a twentieth of a coin, five dollars below the mid: 0.3 x 5.00."""
    bids, asks = levels([(60_000, 50_000_000)]), levels([(60_010, 50_000_000)])
    plan = slice_out(bids, asks, 30_000_000, 1, refill_per_second=0.0, size_scale=100_000_000)
    assert plan is not None
    assert plan.dollars == pytest.approx(1.50)


def test_slices_into_a_book_that_takes_nothing_cost_nothing() -> None:
    plan = slice_out(levels([(10.00, 0)]), ASKS, 5, 1, refill_per_second=0.0)
    assert plan is not None
    assert (plan.filled, plan.missing, plan.dollars, plan.basis_points) == (0, 5, 0.0, 0.0)


def test_fewer_shares_than_slices_are_one_share_each() -> None:
    plan = slice_out(BIDS, ASKS, 2, 15, refill_per_second=0.0)
    assert plan is not None
    assert (plan.slices, plan.each, plan.filled) == (2, 1, 2)


def test_nothing_to_slice() -> None:
    assert slice_out((), ASKS, 10, 1, refill_per_second=1.0) is None
    assert slice_out(BIDS, (), 10, 1, refill_per_second=1.0) is None
    assert slice_out(BIDS, ASKS, 0, 1, refill_per_second=1.0) is None


def test_slices_a_minute() -> None:
    assert [slice_count(minutes) for minutes in (1, 2, 5, 6, 15)] == [6, 4, 10, 6, 15]


def test_the_risk_of_waiting_by_hand() -> None:
    """A usual five-minute range of 16 cents is a deviation of 10.03 cents; over 15 minutes x sqrt(3 / 3)."""
    assert waiting_risk(1_000, 1_600, 15) == pytest.approx(1_000 * 0.16 / (8 / 3.141592653589793) ** 0.5)
    assert waiting_risk(1_000, 1_600, 5) == pytest.approx(waiting_risk(1_000, 1_600, 15) / 3**0.5)
    assert waiting_risk(1_000, 1_600, 0) == 0.0
    assert waiting_risk(200_000_000, 1_600, 15, 100_000_000) == pytest.approx(waiting_risk(2, 1_600, 15))


@given(
    sizes=st.lists(st.integers(1, 5_000), min_size=1, max_size=10),
    size=st.integers(1, 40_000),
    minutes=st.sampled_from([1, 5, 15]),
    refill=st.floats(0, 200),
)
def test_slicing_never_costs_more_than_leaving_at_once_nor_fills_less(
    sizes: list[int], size: int, minutes: int, refill: float
) -> None:
    bids = tuple((100_000 - 100 * index, shown) for index, shown in enumerate(sizes))
    plan = slice_out(bids, ((100_100, 10),), size, minutes, refill_per_second=refill)
    at_once = exit_cost(bids, ((100_100, 10),), size)
    assert plan is not None
    assert at_once is not None
    assert plan.filled + plan.missing == size
    assert plan.filled >= at_once.filled - plan.slices
    if not plan.missing and not at_once.missing:
        assert plan.dollars <= at_once.dollars + plan.slices * 0.1


class TestLeaving:
    """SPEC 5, what leaving costs: the least amounts count too."""

    def test_one_share_has_a_cost(self) -> None:
        cost = exit_cost(((1_000_000, 10),), ((1_000_200, 10),), 1)
        assert cost is not None
        assert (cost.filled, cost.missing, cost.dollars) == (1, 0, 0.01)
        assert cost.basis_points == pytest.approx(0.01 / 100.01 * 10_000)

    def test_a_book_that_takes_nothing_costs_nothing(self) -> None:
        assert exit_cost(((1_000_000, 0),), ((1_000_200, 10),), 5) == ExitCost(0, 5, 0.0, 0.0)

    def test_a_tape_of_one_share_has_a_length(self) -> None:
        assert minutes_to_leave(10, 1) == 500.0
        assert minutes_to_leave(10, 0) is None
