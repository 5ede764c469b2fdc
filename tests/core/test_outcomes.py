"""What became of alerts, against a naive recomputation and on recordings."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.learning.outcomes import FOLLOW_SECONDS, MOST_FOLLOWED, FollowUp, Outcomes, outcome
from orderflow_tui.core.market.state import MarketState
from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.model.events import Book
from orderflow_tui.core.model.outputs import AlertOutcome, AlertRaised, Course, ExitTriggered
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.journal.records import outcome_fields, output_record
from tests.core.kit import Rules
from tests.journal.journal_tools import alert
from tests.real.sessions import BAC, BAC_LATER, events, recording
from tests.real.sessions import run as run_session

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
        (START + at) * NS,
        twice(at),
        twice(at + 60),
        twice(at + 300),
        twice(at + 900),
        min(seen, default=None),
        len(seen),
    )


def verdict(course: Course, spread: int = 100, usual: int = 200) -> tuple[bool | None, bool | None]:
    """Whether it fell and whether that was a success, in plain words."""
    if course.start is None or course.worst_5m is None:
        return None, None
    fall = (course.start - course.worst_5m) / 2
    otherwise = False if course.seen >= 285 else None
    return (True if fall >= spread else otherwise), (True if fall >= max(spread, usual) else otherwise)


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
    assert (one.fell, one.success) == verdict(one.course)
    for course, *judged in [*one.random, *([one.price_only] if one.price_only else [])]:
        assert at - 1_800 <= course.time_ns // NS - START < at - 900
        assert course == expected(mids, course.time_ns // NS - START)
        assert tuple(judged) == verdict(course)
    assert bool(one.price_only) == bool(price_like(mids, at))
    if one.price_only is not None:
        assert one.price_only[0].time_ns // NS - START in price_like(mids, at)
    assert one.truncated == (at + FOLLOW_SECONDS >= len(mids))
    assert one.gap == (None in mids[at + 1 : at + FOLLOW_SECONDS + 1])


def price_like(mids: list[int | None], at: int) -> list[int]:
    """The instants whose last minute's change was most like the one before the alert."""

    def change(offset: int) -> int | None:
        now, before = mids[offset], mids[offset - 60] if offset >= 60 else None
        return None if now is None or before is None else now - before

    own = change(at)
    if own is None:
        return []
    known = {offset: change(offset) for offset in range(max(at - 1_800, 0), max(at - 900, 0))}
    distances = {offset: abs(moved - own) for offset, moved in known.items() if moved is not None}
    return [offset for offset, distance in distances.items() if distance == min(distances.values())]


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


def test_that_it_did_not_fall_is_known_only_where_the_price_was_seen() -> None:
    (cut,) = run([100_000] * 100, {0: "c"})
    assert (cut.truncated, cut.fell, cut.success) == (True, None, None)
    (fell,) = run([100_000, 99_000, *[99_500] * 98], {0: "c"})
    assert (fell.truncated, fell.fell, fell.success) == (True, True, True)
    (enough,) = run([100_000] * 286, {0: "c"})
    assert (enough.truncated, enough.fell) == (True, False)
    (blind,) = run([100_000, *[None] * 16, *[100_000] * 900], {0: "b"})
    assert (blind.truncated, blind.gap, blind.fell) == (False, True, None)


def test_a_locked_book_has_no_fall_of_nothing() -> None:
    outcomes, market = Outcomes(), MarketState()
    market.shows(0, ((100_000, 1),), ((100_000, 1),))
    outcomes.follow(raised(START), market)
    assert outcomes.pending[0].spread == 100


def test_controls_are_of_the_alerts_session_and_its_end_cuts_short() -> None:
    outcomes, market = Outcomes(), MarketState()
    told: list[AlertOutcome] = []
    for offset in range(2_400):
        show(market, START + offset, 100_000)
        if offset == 600:
            told += outcomes.end((START + offset) * NS, (START + offset) * NS)
        told += outcomes.whole_second(START + offset, market)
        if offset in (599, 2_300):
            outcomes.follow(raised(START + offset, f"at {offset}"), market)
    (early,) = told
    assert (early.subject, early.truncated, early.fell) == ("at 599", True, None)
    (late,) = outcomes.end((START + 2_400) * NS)
    first = min(course.time_ns // NS - START for course, *_ in late.random)
    assert 600 <= first < 1_400
    assert late.price_only is not None
    assert late.price_only[0].time_ns // NS - START >= 660


def test_a_jump_in_time_is_a_gap_and_leaves_nothing_old_behind() -> None:
    outcomes, market = Outcomes(), MarketState()
    show(market, START, 100_000)
    outcomes.whole_second(START, market)
    outcomes.follow(raised(START), market)
    outcomes.whole_second(START + 1, market)
    assert not outcomes.pending[0].gap
    outcomes.whole_second(START + 3, market)
    assert outcomes.pending[0].gap
    assert outcomes.pending[0].course.seen == 2
    (told,) = outcomes.whole_second(START + 10_000, market)
    assert told.truncated
    outcomes.follow(raised(START + 10_000), market)
    outcomes.whole_second(START + 10_001, market)
    assert not outcomes.pending[0].random


def test_a_storm_is_bounded_and_loses_nothing() -> None:
    outcomes, market = Outcomes(), MarketState()
    show(market, START, 100_000)
    for number in range(MOST_FOLLOWED + 3):
        outcomes.follow(raised(START, str(number)), market)
    told = outcomes.whole_second(START + 1, market)
    assert [one.subject for one in told] == ["0", "1", "2"]
    assert all(one.truncated for one in told)
    assert len(outcomes.pending) == MOST_FOLLOWED


@pytest.mark.parametrize("name", [BAC, BAC_LATER])
@pytest.mark.parametrize("quantity", [1_000, -1_000])
def test_on_recordings_every_alert_and_recommendation_has_one_outcome_that_a_naive_list_of_mids_gives(
    name: str, quantity: int
) -> None:
    core, alone = run_session(name, Rules(), quantity)
    source = recording(name)
    core = SymbolCore(
        source.symbol, Rules(), source.capabilities(), Position(source.symbol, quantity, Decimal("13.86"))
    )
    core.outcomes = Outcomes()
    said = core.process(events(name))
    told = [one for one in said if isinstance(one, AlertOutcome)]
    told += core.outcomes.end(core.now_ns)
    assert [one for one in said if not isinstance(one, AlertOutcome)] == alone
    raised = [one for one in alone if isinstance(one, AlertRaised | ExitTriggered)]
    ids = [
        one.alert.episode_id if isinstance(one, AlertRaised) else one.recommendation.recommendation_id for one in raised
    ]
    assert sorted(one.subject for one in told) == sorted(str(one) for one in ids)
    assert len(told) > 0
    mids = mids_by_second(name, short=quantity < 0)
    last = core.now_ns // NS
    for one in told:
        second = one.alert_ns // NS
        assert one.course.mid_5m == (mids.get(second + 300) if second + 300 <= last else None)
        lived = [mids[at] for at in range(second + 1, min(second + 300, last) + 1) if at in mids]
        assert one.course.worst_5m == min(lived, default=None)
        assert one.truncated == (second + FOLLOW_SECONDS > last)


def mids_by_second(name: str, *, short: bool) -> dict[int, int]:
    """Twice the mid in force at each whole second, from the recording's books alone."""
    found: dict[int, int] = {}
    total, due = 0, 0
    for event in events(name):
        second = event.time_ns // NS
        while total and due <= second and due * NS <= event.time_ns:
            found[due] = -total if short else total
            due += 1
        due = max(due, second + 1)
        if isinstance(event, Book) and event.bids and event.asks:
            total = event.bids[0][0] + event.asks[0][0]
    return found


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


@pytest.mark.parametrize(
    ("against", "turned", "words"),
    [
        ("long", 1, "at worst -4.0c within 5 min, +1.5c after 15; fell, no hit"),
        ("short", -1, "at worst +4.0c within 5 min, -1.5c after 15; rose, no hit"),
    ],
)
def test_an_outcome_in_words(against: Literal["long", "short"], turned: int, words: str) -> None:
    outcomes, market = Outcomes(), MarketState()
    market.usual_range = 900
    base = turned * 100_000
    market.shows(0, ((base - 50, 1),), ((base + 50, 1),))
    one = raised(START)
    outcomes.follow(
        msgspec.structs.replace(one, alert=replace(one.alert, against=against, evidence="sell_print")), market
    )
    follow = outcomes.pending[0]
    follow.course = Course(START * NS, 2 * base, None, None, 2 * base + 300, 2 * base - 800, 300)
    told = outcome_fields(outcome(follow, START * NS, truncated=False))["text"]
    assert told == f"sell_print: {words}"
    follow.course = Course(START * NS)
    told = outcome_fields(outcome(follow, START * NS, truncated=True))["text"]
    assert told.startswith("sell_print: at worst not seen within 5 min, not seen after 15; not known whether it ")
    assert told.endswith(" (cut short)")


@pytest.mark.parametrize("twice", [200_000, 200_001, 200_100])
def test_half_a_tick_of_a_mid_is_kept(twice: int) -> None:
    outcomes, market = Outcomes(), MarketState()
    market.shows(0, ((100_000, 1),), ((twice - 100_000, 1),))
    outcomes.follow(raised(START), market)
    fields = outcome_fields(outcome(outcomes.pending[0], START * NS, truncated=True))
    assert fields["mid"] * 20_000 == twice
