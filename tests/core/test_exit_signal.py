"""The plan's exit rule at its boundaries, and what is one act."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.exits.counted_signals import SignalCounter, evidence_of
from orderflow_tui.core.exits.exit_rule_of_alerts import should_trigger_exit
from orderflow_tui.core.model.data_models import OrderFlowAlert
from orderflow_tui.core.model.outputs import AlertRaised, AlertUpdated
from orderflow_tui.core.model.units import NS, utc_datetime
from orderflow_tui.library.order_flow_detector import OrderFlowDetector

from .kit import NOON, Rules, act


def _seller(at: float = 0, symbol: str = "TEST", **changes: Any) -> OrderFlowAlert:
    moment = utc_datetime(NOON) + timedelta(seconds=at)
    return OrderFlowAlert(symbol, "large_seller", "critical", 12_000, Decimal(100), None, moment, **changes)


def _burst(ratio: float | None, at: float = 0, **changes: Any) -> OrderFlowAlert:
    moment = utc_datetime(NOON) + timedelta(seconds=at)
    return OrderFlowAlert("TEST", "red_burst", "critical", None, None, ratio, moment, **changes)


def _exit(*alerts: OrderFlowAlert) -> bool:
    answer = should_trigger_exit(alerts, window_seconds=120, red_burst_threshold=4.0)
    assert OrderFlowDetector(Rules()).should_trigger_exit(list(alerts)) == answer
    return answer


@pytest.mark.parametrize(
    ("times", "answer"),
    [((0, 60, 120), True), ((0, 60, 120.000001), False), ((0, 60), False), ((120, 0, 60), True), ((0, 0, 0, 0), True)],
)
def test_three_large_sellers_within_the_window_its_ends_included(times: tuple[float, ...], answer: bool) -> None:
    assert _exit(*(_seller(at) for at in times)) == answer


def test_the_window_reaches_back_from_the_newest() -> None:
    assert not _exit(_seller(0), _seller(10), _seller(20), _seller(200))


def test_nothing_is_no_exit() -> None:
    assert not _exit()


def test_the_same_episode_counts_once_and_an_unset_one_is_different() -> None:
    assert not _exit(*(_seller(at, episode_id="one") for at in range(3)))
    assert not _exit(_seller(0, episode_id="one"), _seller(1, episode_id="one"), _seller(2))
    assert _exit(_seller(0, episode_id="one"), _seller(1, episode_id="two"), _seller(2))
    assert _exit(_seller(0), _seller(1), _seller(2))


def test_three_symbols_are_no_exit() -> None:
    assert not _exit(_seller(symbol="AAA"), _seller(symbol="BBB"), _seller(symbol="CCC"))
    assert _exit(_seller(symbol="AAA"), *(_seller(at, symbol="BBB") for at in range(3)))


def test_what_does_not_count_is_not_counted() -> None:
    assert not _exit(_seller(0, counts=False), _seller(1), _seller(2))


@pytest.mark.parametrize(("ratio", "answer"), [(4.0, False), (4.0001, True), (3.5, False), (None, False)])
def test_a_burst_must_exceed_its_threshold(ratio: float | None, answer: bool) -> None:
    assert _exit(_burst(ratio)) == answer


def test_a_burst_that_is_one_print_or_out_of_the_window_is_no_exit() -> None:
    assert not _exit(_burst(9.0, single_print=True))
    assert not _exit(_burst(9.0), _seller(121))
    assert _exit(_burst(9.0), _seller(120))


def _act(
    at: float, price: int = 100, evidence: str = "sell_print", *, high: int | None = None, **changes: Any
) -> AlertRaised:
    time_ns = NOON + round(at * NS)
    return AlertRaised(_seller(at, evidence=evidence, **changes), time_ns, price, high or price, 1)


def _counted(*raised: AlertRaised) -> list[bool]:
    counter = SignalCounter(120)
    return [counter.add(one) for one in raised]


def test_three_acts_more_than_30_seconds_apart_at_one_price_are_three() -> None:
    assert _counted(_act(0), _act(30.1), _act(60.2)) == [False, False, True]
    assert _counted(_act(0), _act(30), _act(60.2)) == [False, False, False]


def test_at_one_price_within_30_seconds_any_evidence_is_one_act() -> None:
    counter = SignalCounter(120)
    for at, evidence in enumerate(("bid_wall_hit", "sell_print", "bid_wall_pulled", "bid_wall")):
        assert not counter.add(_act(at, evidence=evidence))
    assert counter.counted == 1


def test_prices_that_touch_are_one_act_and_others_are_not() -> None:
    assert _counted(_act(0, 100, high=300), _act(1, 300, high=500), _act(2, 600), _act(3, 700)) == [False] * 3 + [True]


def test_all_ask_walls_are_one_act_while_it_lasts() -> None:
    walls = [_act(at, 100 * at, "ask_wall") for at in range(5)]
    assert _counted(*walls, _act(6), _act(7, 900)) == [False] * 6 + [True]
    assert _counted(_act(0, 100, "ask_wall"), _act(121, 100, "ask_wall"), _act(122), _act(123, 900))[-1]
    short = [_act(at, 100 * at, "bid_wall", against="short") for at in range(3)]
    assert _counted(*short) == [False] * 3


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(-90, 0), st.integers(0, 60), st.integers(0, 9), st.booleans())),
    st.sampled_from([10, 120]),
)
def test_what_was_counted_nearby_is_found_whatever_came_before_it(
    steps: list[tuple[int, int, int, int, bool]], window: int
) -> None:
    """Against the rule as it is said: another act at these prices within 30 s, as long as the window holds it."""
    counter, told, now = SignalCounter(window), list[AlertRaised](), 0
    for passed, late, price, height, wall in steps:
        now += passed
        act = _act(now + late, price, "ask_wall" if wall else "sell_print", high=price + height)
        newest = max([act.time_ns, *(one.time_ns for one in told)])
        told = [one for one in told if newest - one.time_ns <= window * NS]
        alike = [one for one in told if (one.alert.evidence == "ask_wall") is wall]
        near = [one for one in alike if abs(one.time_ns - act.time_ns) <= 30 * NS]
        known = bool(alike) if wall else any(one.low <= act.high and act.low <= one.high for one in near)
        if not known and newest - act.time_ns <= window * NS:
            told.append(act)
        before = counter.counted
        enough = counter.add(act)
        assert (counter.counted - before, enough) == (int(act in told), act in told and len(told) >= 3)


def test_acts_leave_the_window_and_late_verdicts_find_their_place() -> None:
    counter = SignalCounter(120)
    assert [counter.add(_act(at, 100 * at)) for at in (0, 10, 121)] == [False, False, False]
    assert not counter.add(_act(0.5, 900))
    assert counter.add(_act(5, 901))
    assert [act.time_ns for act in counter.signals()] == [NOON + at * NS for at in (5, 10, 121)]
    counter.set_window(30)
    assert not counter.add(_act(131, 902))
    assert counter.window_seconds == 30
    assert len(counter.signals()) == 2


def test_what_is_evidence() -> None:
    time_ns = NOON
    assert evidence_of(AlertRaised(_seller(), time_ns, 1, 1))
    assert not evidence_of(AlertRaised(_seller(counts=False), time_ns, 1, 1))
    assert not evidence_of(AlertUpdated(_seller(), time_ns, journal=True))
    assert evidence_of(AlertUpdated(_burst(5.0, exit_eligible=True), time_ns, journal=True))
    assert not evidence_of(AlertRaised(_burst(3.5), time_ns, 1, 1))


BID = 1_000_000


class TestActs:
    """SPEC 5: the window's ends are inclusive, whatever the order in which verdicts come."""

    def test_both_ends_of_the_window_count(self) -> None:
        counter = SignalCounter(120)
        assert [counter.add(act(at, 100 * at)) for at in (0, 60, 120)] == [False, False, True]
        counter = SignalCounter(120)
        assert [counter.add(act(at, 100 * at)) for at in (120, 60, 0)] == [False, False, True]
        assert not counter.add(act(-0.001, 900))

    def test_an_offered_wall_between_hides_no_double(self) -> None:
        counter = SignalCounter(120)
        assert [counter.add(one) for one in (act(0, 500, "ask_wall"), act(1, 100), act(2, 100))] == [False] * 3
        assert counter.counted == 2

    def test_late_verdicts_stand_in_the_order_of_their_time(self) -> None:
        counter = SignalCounter(120)
        for at, price in ((10, 100), (20, 200), (30, 300), (40, 400), (15, 500), (10, 600)):
            counter.add(act(at, price))
        assert [(one.time_ns - NOON) // NS for one in counter.signals()] == [10, 10, 15, 20, 30, 40]
        assert [one.low for one in counter.signals()][:2] == [100, 600]

    def test_an_act_without_a_size_has_no_shares(self) -> None:
        counter = SignalCounter(120)
        counter.add(act(0, 100, order_size=None))
        counter.add(act(1, 200))
        assert [one.shares for one in counter.signals()] == [0, 12_000]
