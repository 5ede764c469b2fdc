import pytest

from orderflow_tui.core.liquidity import band_size, exit_cost, minutes_to_leave

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
