from orderflow_tui.core.model.units import NEVER_NS, NS
from orderflow_tui.core.rules.stops import StopWatch


def test_near_is_told_once_until_the_price_has_left_twice_the_distance() -> None:
    watch = StopWatch(1_000)
    bids = [1_101, 1_100, 1_050, 1_200, 1_100, 1_201, 1_100]
    said = [watch.on_bid(second * NS, bid, 100) for second, bid in enumerate(bids, start=1)]
    assert said == [None, "stop_near", None, None, None, None, "stop_near"]


def test_a_spread_that_flickers_does_not_tell_near_again() -> None:
    """The distance is two spreads: as the spread goes from two cents to one and back, a bid that rests is one warning."""
    watch = StopWatch(1_000)
    said = [watch.on_bid(second * NS, 1_400, 100 * (1 + second % 2) * 2) for second in range(1, 9)]
    assert said == ["stop_near", *[None] * 7]
    said = [watch.on_bid(second * NS, 1_450, near) for second, near in ((10, 400), (11, 200), (12, 400), (13, 500))]
    assert said == [None] * 4
    assert [watch.on_bid(14 * NS, 2_001, 100), watch.on_bid(15 * NS, 1_100, 100)] == [None, "stop_near"]


def test_crossed_needs_the_bid_through_it_for_a_second() -> None:
    watch = StopWatch(1_000)
    assert watch.on_bid(10 * NS, 999, 1) is None
    assert watch.wake_ns == 11 * NS
    assert watch.on_bid(11 * NS - 1, 998, 1) is None
    assert not watch.crossed
    assert watch.on_bid(11 * NS, 998, 1) == "stop_crossed"
    assert watch.crossed
    assert watch.wake_ns == NEVER_NS
    assert watch.on_bid(20 * NS, 990, 1) is None


def test_a_bid_at_the_stop_is_not_through_it() -> None:
    watch = StopWatch(1_000)
    assert watch.on_bid(NS, 1_000, 1) == "stop_near"
    assert watch.wake_ns == NEVER_NS
    assert watch.on_bid(9 * NS, 1_000, 1) is None


def test_a_moment_below_is_no_crossing_and_the_second_starts_again() -> None:
    watch = StopWatch(1_000)
    for at, bid in ((1.0, 999), (1.9, 1_000), (2.0, 999), (2.9, 999)):
        assert watch.on_bid(round(at * NS), bid, 0) != "stop_crossed"
    assert watch.on_bid(3 * NS, 999, 0) == "stop_crossed"


def test_it_is_armed_again_when_the_bid_is_back() -> None:
    watch = StopWatch(1_000)
    watch.on_bid(1 * NS, 999, 10)
    assert watch.on_bid(2 * NS, 999, 10) == "stop_crossed"
    assert watch.on_bid(3 * NS, 1_005, 10) is None
    assert not watch.crossed
    watch.on_bid(4 * NS, 999, 10)
    assert watch.on_bid(5 * NS, 999, 10) == "stop_crossed"
