"""What became of alerts, against a naive recomputation and on recordings."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.market import MarketState
from orderflow_tui.core.outcomes import FOLLOW_SECONDS, FollowUp, Outcomes, outcome
from orderflow_tui.core.outputs import AlertOutcome, AlertRaised, Course
from orderflow_tui.core.units import NS
from orderflow_tui.journal.records import outcome_fields, output_record
from tests.journal.journal_tools import alert

START = 1_000_000


def show(market: MarketState, second: int, mid: int | None) -> None:
    levels = ((), ()) if mid is None else (((mid - 50, 100),), ((mid + 50, 100),))
    market.shows(second * NS, *levels)


def raised(second: int, name: str = "one") -> AlertRaised:
    return AlertRaised(replace(alert(), episode_id=name, symbol="BAC"), second * NS, 0, 0)


def run(mids: list[int | None], alerts: dict[int, str]) -> list[AlertOutcome]:
    """One mid a second; an alert follows the sample of its own second."""
    outcomes, market, told = Outcomes(), MarketState(), list[AlertOutcome]()
    market.usual_range = 200
    for offset, mid in enumerate(mids):
        show(market, START + offset, mid)
        told += outcomes.whole_second(START + offset, market)
        if offset in alerts:
            outcomes.follow(raised(START + offset, alerts[offset]), market)
    return told + outcomes.end((START + len(mids)) * NS)


def expected(mids: list[int | None], at: int) -> Course:
    def twice(offset: int) -> int | None:
        mid = mids[offset] if offset < len(mids) else None
        return None if mid is None else 2 * mid

    after = [twice(at + elapsed) for elapsed in range(1, 301)]
    seen = [value for value in after if value is not None]
    return Course(
        (START + at) * NS, twice(at), twice(at + 60), twice(at + 300), twice(at + 900), min(seen, default=None)
    )


@given(
    st.lists(st.one_of(st.none(), st.integers(100_000, 101_000)), min_size=40, max_size=60),
    st.integers(0, 2_400),
    st.integers(0, 59),
)
def test_each_course_is_the_naive_one(block: list[int | None], at: int, shift: int) -> None:
    mids = [block[(number * 7 + shift) % len(block)] for number in range(3_400)]
    told = run(mids, {at: "x"})
    assert len(told) == 1
    (one,) = told
    assert one.course == expected(mids, at)
    for course, _, _ in one.random:
        assert at - 1_800 <= course.time_ns // NS - START < at - 900
        assert course == expected(mids, course.time_ns // NS - START)
    if one.price_only is not None:
        course = one.price_only[0]
        assert course == expected(mids, course.time_ns // NS - START)
    assert one.truncated == (one.course.mid_15m is None)


def test_success_needs_the_spread_and_a_usual_range() -> None:
    flat: list[int | None] = [100_000] * 1_000
    (quiet,) = run(flat, {0: "q"})
    assert (quiet.fell, quiet.success, quiet.truncated, quiet.gap) == (False, False, False, False)
    (fell,) = run([100_000, *[99_900] * 999], {0: "f"})
    assert (fell.fell, fell.success) == (True, False)
    (hit,) = run([100_000, *[100_000] * 299, 99_800, *[100_000] * 700], {0: "h"})
    assert (hit.fell, hit.success) == (True, True)
    (late,) = run([*[100_000] * 302, *[90_000] * 700], {0: "l"})
    assert (late.fell, late.success) == (False, False)
    assert late.course.mid_15m == 180_000


def test_the_price_only_control_had_the_like_change_and_the_controls_are_the_same_in_every_run() -> None:
    mids: list[int | None] = [100_000] * 3_000
    for offset in range(700, 760):
        mids[offset] = 100_000 - (offset - 700) * 10
    mids[760:] = [99_400] * (3_000 - 760)
    for offset in range(1_940, 2_000):
        mids[offset] = 99_400 - (offset - 1_940) * 10
    first, second = run(mids, {2_000 - 1: "same"}), run(mids, {2_000 - 1: "same"})
    assert [outcome_fields(one) for one in first] == [outcome_fields(one) for one in second]
    assert first[0].price_only is not None
    assert first[0].price_only[0].time_ns // NS - START == 761  # the latest of equals
    assert len(first[0].random) == 3
    (other,) = run(mids, {1_999: "other"})
    assert [one[0].time_ns for one in other.random] != [one[0].time_ns for one in first[0].random]


def test_early_alerts_have_no_controls_and_an_unseen_price_is_a_gap() -> None:
    (one,) = run([None] * 5, {2: "x"})
    assert (one.course.start, one.fell, one.success, one.random, one.price_only) == (None, None, None, (), None)
    assert one.truncated
    assert one.gap
    outcomes, market = Outcomes(), MarketState()
    show(market, START, 100_000)
    outcomes.follow(raised(START), market)
    outcomes.seen = False
    outcomes.whole_second(START + 1, market)
    assert outcomes.pending[0].gap
    assert outcomes.pending[0].course.worst_5m is None


def test_a_follow_up_survives_being_written_down() -> None:
    outcomes, market = Outcomes(), MarketState()
    show(market, START, 100_000)
    outcomes.follow(raised(START), market)
    show(market, START, 99_000)
    outcomes.whole_second(START + 1, market)
    (kept,) = msgspec.json.decode(msgspec.json.encode(outcomes.pending), type=list[FollowUp])
    again = Outcomes()
    again.restore([kept])
    show(market, START, 99_500)
    (told,) = again.whole_second(START + FOLLOW_SECONDS + 40, market)
    assert told.course.worst_5m == 198_000
    assert told.truncated
    assert told.gap
    assert not again.pending
    assert again.changed


def test_a_shorts_prices_are_written_as_they_are() -> None:
    outcomes, market = Outcomes(), MarketState()
    market.shows(0, ((-100_050, 1),), ((-99_950, 1),))
    outcomes.follow(raised(START), market)
    event, _, fields = output_record(outcome(outcomes.pending[0], START * NS, truncated=True))
    assert event == "order_flow.alert_outcome"
    assert fields["mid"] == Decimal("10.00")


@pytest.mark.parametrize("twice", [200_000, 200_001, 200_100])
def test_half_a_tick_of_a_mid_is_kept(twice: int) -> None:
    outcomes, market = Outcomes(), MarketState()
    market.shows(0, ((100_000, 1),), ((twice - 100_000, 1),))
    outcomes.follow(raised(START), market)
    fields = outcome_fields(outcome(outcomes.pending[0], START * NS, truncated=True))
    assert fields["mid"] * 20_000 == twice
