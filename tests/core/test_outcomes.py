"""What became of alerts, against a naive recomputation and on recordings."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.learning.outcomes import (
    AFTER_SECONDS,
    FOLLOW_SECONDS,
    MOST_FOLLOWED,
    FollowUp,
    Outcomes,
    outcome,
)
from orderflow_tui.core.market.state import MarketState
from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.model.events import Book, Clock
from orderflow_tui.core.model.outputs import AlertOutcome, AlertRaised, Controls, ExitTriggered, PricePath
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.journal.make_records import outcome_record
from tests.core.kit import Rules, Tape, make
from tests.journal.journal_tools import alert
from tests.real.sessions import BAC, BAC_LATER, events, recording
from tests.real.sessions import run as run_session

START = 1_000_000


def show(market: MarketState, second: int, mid: int | None) -> None:
    levels = ((), ()) if mid is None else (((mid - 50, 100),), ((mid + 50, 100),))
    market.shows(second * NS, *levels)


def raised(second: int, name: str = "one") -> AlertRaised:
    return AlertRaised(replace(alert(), episode_id=name, symbol="BAC"), second * NS, 0, 0)


def run(mids: list[int | None], alerts: dict[int, str], *, after: int = AFTER_SECONDS) -> list[AlertOutcome]:
    """One mid a second; an alert is told within its own second, so that its clock begins with the next one."""
    outcomes, market, told = Outcomes(after), MarketState(), list[AlertOutcome]()
    market.usual_range = 200
    for offset, mid in enumerate(mids):
        show(market, START + offset, mid)
        told += outcomes.whole_second(START + offset, market)
        if offset in alerts:
            follow(outcomes, market, START + offset, alerts[offset])
    return told + outcomes.end((START + len(mids)) * NS)


def follow(outcomes: Outcomes, market: MarketState, second: int, name: str = "one") -> None:
    """Follow an alert that is told half a second after this one."""
    outcomes.follow(raised(second, name), market, second * NS + NS // 2)


def five_minutes(mids: list[int | None], begin: int) -> list[int]:
    """Twice each mid of the 300 seconds after this one."""
    return [2 * mid for mid in mids[begin + 1 : begin + 301] if mid is not None]


def expected(mids: list[int | None], begin: int) -> PricePath:
    def twice(offset: int) -> int | None:
        mid = mids[offset] if offset < len(mids) else None
        return None if mid is None else 2 * mid

    def seen(first: int) -> list[int]:
        return five_minutes(mids, first)

    return PricePath(
        (START + begin) * NS,
        twice(begin),
        twice(begin + 60),
        twice(begin + 300),
        twice(begin + 900),
        min(seen(begin), default=None),
        len(seen(begin)),
        twice(begin + 1),
        min(seen(begin + 1), default=None),
        twice(begin + 5),
        min(seen(begin + 5), default=None),
    )


def verdict(start: int | None, worst: int | None, seen: int) -> tuple[bool | None, bool | None]:
    """Whether it fell and whether that was a success, in plain words; spread 100, usual range 200."""
    if start is None or worst is None or seen < 285:
        return None, None
    return (start - worst) / 2 >= 100, (start - worst) / 2 >= 200


@given(
    st.lists(st.one_of(st.none(), st.integers(100_000, 101_000)), min_size=40, max_size=60),
    st.integers(0, 2_400),
    st.integers(0, 59),
    st.sampled_from([0, 600, 1_800]),
)
def test_each_course_and_its_controls_are_the_naive_ones(
    block: list[int | None], at: int, shift: int, after: int
) -> None:
    mids = [block[(number * 7 + shift) % len(block)] for number in range(4_600)]
    told = run(mids, {at: "x"}, after=after)
    assert len(told) == 1
    (one,) = told
    begin = at + 1
    course = expected(mids, begin)
    assert one.course == course
    if course.start is not None:
        assert (one.fell, one.success) == verdict(course.start, course.worst_5m, course.seen)
        assert one.fell_1s == verdict(course.start_1s, course.worst_1s, course.seen)[0]
        assert one.fell_5s == verdict(course.start_5s, course.worst_5s, course.seen)[0]
        assert one.around == controls(mids, range(max(begin - 1_800, 0), begin + after + 1))
        alike = price_like(mids, begin, after)
        assert (one.alike is None) == (not alike)
        if one.alike is not None:
            assert one.alike == nearest(mids, begin, alike)
    assert not one.truncated
    assert one.gap == (None in mids[begin : begin + max(FOLLOW_SECONDS, after + 300) + 1])


def controls(mids: list[int | None], offsets: range) -> Controls | None:
    """Of these seconds those whose five minutes were seen, and after how many of them the price fell."""
    found = []
    for offset in offsets:
        start, after = mids[offset] if offset < len(mids) else None, five_minutes(mids, offset)
        fell, hit = verdict(None if start is None else 2 * start, min(after, default=None), len(after))
        if fell is not None:
            found.append((fell, hit))
    return Controls(len(found), sum(f for f, _ in found), sum(bool(h) for _, h in found)) if found else None


def nearest(mids: list[int | None], begin: int, seconds: list[int]) -> Controls | None:
    """The controls of the twenty whose change is most like that at `begin`, and of all as like as the last of them."""

    def change(at: int, back: int) -> int:
        now, then = mids[at], mids[at - back]
        assert now is not None
        assert then is not None
        return now - then

    apart = {at: sum(abs(change(at, back) - change(begin, back)) for back in (10, 60)) for at in seconds}
    last = sorted(apart.values())[:20][-1]
    found = [one for at in seconds if apart[at] <= last for one in [controls(mids, range(at, at + 1))] if one]
    return Controls(len(found), sum(one.fell for one in found), sum(one.hits or 0 for one in found))


def price_like(mids: list[int | None], begin: int, after: int) -> list[int]:
    """The seconds whose price change before them is known, at least a minute away."""

    def known(offset: int) -> bool:
        return offset >= 60 and None not in (mids[offset], mids[offset - 10], mids[offset - 60])

    if not known(begin):
        return []
    seconds = [at for at in range(max(begin - 1_800, 60), begin + after + 1) if abs(at - begin) > 60 and known(at)]
    return [at for at in seconds if controls(mids, range(at, at + 1)) is not None]


def test_a_sweep_in_one_instant_and_nothing_after_it_did_not_fall() -> None:
    """The quote that the sweep itself took away is gone before anybody could have sold."""
    core = make()
    core.announcer.outcomes = Outcomes()
    tape = Tape().book(0, [(10.00, 5_000)], [(10.01, 5_000)])
    for half in range(2, 800):
        tape.trade(half / 2, 10.00 if half % 2 else 10.01, 100)
    for number in range(60):
        tape.trade(400.25 + number / 10_000, 10.00, 150)
    tape.book(400.257, [(9.99, 5_000)], [(10.00, 5_000)])
    tape.add(Clock(tape.at(1_400)))
    told = [one for one in core.process(tape.events) if isinstance(one, AlertOutcome)]
    bursts = [one for one in told if one.evidence == "red_burst"]
    assert [(one.fell, one.course.start, one.course.worst_5m) for one in bursts] == [(False, 199_900, 199_900)]
    assert bursts[0].course.time_ns == tape.at(401)


def test_the_clock_begins_when_the_trader_can_know_of_it() -> None:
    """A large sell is told 50 ms after its first print; a poll arrives later, delayed data a quarter of an hour."""

    def begins(core: SymbolCore, at: float, *, news_from: float = 0.0) -> int:
        core.announcer.outcomes = Outcomes()
        tape = Tape().book(0, [(100.0, 500)], [(100.01, 500)]).sell(at, 100.0, 30_000).sell(at + 0.2, 99.0, 10)
        core.process(tape.events, news_from_ns=tape.at(news_from) if news_from else 0)
        (one,) = core.announcer.outcomes.pending
        return (one.begin * NS - tape.start) // NS

    assert begins(make(), 10.3) == 11
    assert begins(make(), 10.96) == 12  # told at 11.01
    assert begins(make(), 10.3, news_from=4.0 - 24.5 + 5.0) == 15  # arrived 30 s after that: at 14.5
    assert begins(make(delay_seconds=900), 10.3, news_from=-18.0) == 913


def test_success_needs_the_spread_and_a_usual_range() -> None:
    flat: list[int | None] = [100_000] * 1_000
    (quiet,) = run(flat, {0: "q"})
    assert (quiet.fell, quiet.success, quiet.truncated, quiet.gap) == (False, False, False, False)
    (fell,) = run([100_000, 100_000, *[99_900] * 998], {0: "f"})
    assert (fell.fell, fell.success, fell.fell_1s) == (True, False, False)
    (hit,) = run([100_000, *[100_000] * 299, 99_800, *[100_000] * 700], {0: "h"})
    assert (hit.fell, hit.success, hit.fell_1s, hit.fell_5s) == (True, True, True, True)
    (at_once,) = run([100_000, *[90_000] * 999], {0: "o"})
    assert (at_once.fell, at_once.success) == (False, False)
    (late,) = run([*[100_000] * 303, *[90_000] * 700], {0: "l"})
    assert (late.fell, late.success, late.fell_1s) == (False, False, False)
    (later,) = run([*[100_000] * 302, *[90_000] * 700], {0: "l"})
    assert (later.fell, later.fell_1s, later.fell_5s) == (False, True, True)
    assert late.course.mid_15m == 180_000


def test_of_seconds_that_are_as_like_none_is_preferred() -> None:
    """A price that stands, and jumps in the morning only: later seconds are no better controls than earlier ones."""
    mids: list[int | None] = [99_700 if at < 1_800 and at % 400 > 390 else 100_000 for at in range(4_600)]
    (one,) = run(mids, {2_000: "middle"}, after=1_800)
    assert one.alike is not None
    assert one.around is not None
    assert one.alike.seconds > 2_000
    assert one.alike.fell / one.alike.seconds == pytest.approx(one.around.fell / one.around.seconds, abs=0.1)


def test_the_price_only_controls_had_the_like_change() -> None:
    mids: list[int | None] = [100_000] * 3_000
    for begin in (700, 1_940):
        for offset in range(60):
            mids[begin + offset] = 100_000 - offset * 10
        for offset in range(60):
            mids[begin + 60 + offset] = 99_400 - 100 * (begin == 700)
    (one,) = run(mids, {1_998: "same"})
    assert one.alike is not None
    assert one.around is not None
    assert (one.alike.fell, one.alike.seconds) == (12, 20)
    assert one.around.fell / one.around.seconds < 0.3


def test_nothing_is_known_where_the_price_was_not_seen_nearly_throughout() -> None:
    (cut,) = run([100_000] * 100, {0: "c"})
    assert (cut.truncated, cut.fell, cut.success) == (True, None, None)
    (fell,) = run([100_000, 100_000, *[99_500] * 98], {0: "c"})
    assert (fell.truncated, fell.fell, fell.success) == (True, None, None)
    (enough,) = run([100_000] * 287, {0: "c"})
    assert (enough.truncated, enough.fell) == (True, False)
    (blind,) = run([100_000, 100_000, *[None] * 16, *[100_000] * 900], {0: "b"})
    assert (blind.truncated, blind.gap, blind.fell) == (False, True, None)


def test_a_locked_book_has_no_fall_of_nothing() -> None:
    outcomes, market = Outcomes(), MarketState()
    market.shows(0, ((100_000, 1),), ((100_000, 1),))
    follow(outcomes, market, START)
    outcomes.whole_second(START + 1, market)
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
            follow(outcomes, market, START + offset, f"at {offset}")
    (early,) = told
    assert (early.subject, early.truncated, early.fell) == ("at 599", True, None)
    (late,) = outcomes.end((START + 2_400) * NS)
    assert late.around is not None
    assert late.around.seconds == 2_400 - 285 - 600


def test_a_jump_in_time_is_a_gap_and_leaves_nothing_old_behind() -> None:
    outcomes, market = Outcomes(), MarketState()
    show(market, START, 100_000)
    outcomes.whole_second(START, market)
    follow(outcomes, market, START)
    outcomes.whole_second(START + 1, market)
    outcomes.whole_second(START + 2, market)
    assert not outcomes.pending[0].gap
    outcomes.whole_second(START + 4, market)
    assert outcomes.pending[0].gap
    assert outcomes.pending[0].course.seen == 2
    (told,) = outcomes.whole_second(START + 10_000, market)
    assert told.truncated
    assert told.around is None


def test_a_storm_is_bounded_spread_over_seconds_and_loses_nothing() -> None:
    outcomes, market = Outcomes(), MarketState()
    show(market, START, 100_000)
    for number in range(MOST_FOLLOWED + 3):
        follow(outcomes, market, START, str(number))
    told = outcomes.whole_second(START + 1, market)
    assert [one.subject for one in told] == ["0", "1", "2"]
    assert all(one.truncated for one in told)
    assert len(outcomes.pending) == MOST_FOLLOWED
    del outcomes.pending[10:]
    for offset in range(2, 910):
        show(market, START + offset, 100_000)
        told = outcomes.whole_second(START + offset, market)
        assert len(told) <= 4
    assert not outcomes.pending


@pytest.mark.untraced
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
    core.announcer.outcomes = Outcomes()
    said = core.process(events(name))
    told = [one for one in said if isinstance(one, AlertOutcome)]
    told += core.announcer.outcomes.end(core.timers.now_ns)
    assert [one for one in said if not isinstance(one, AlertOutcome)] == alone
    raised = [one for one in alone if isinstance(one, AlertRaised | ExitTriggered)]
    ids = [
        one.alert.episode_id if isinstance(one, AlertRaised) else one.recommendation.recommendation_id for one in raised
    ]
    assert sorted(one.subject for one in told) == sorted(str(one) for one in ids)
    assert len(told) > 0
    mids = mids_by_second(name, short=quantity < 0)
    last = core.timers.now_ns // NS
    for one in told:
        second = one.course.time_ns // NS
        assert second * NS > one.alert_ns
        assert one.course.start == (mids.get(second) if second <= last else None)
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
    assert (one.course.start, one.fell, one.success, one.around, one.alike) == (None, None, None, None, None)
    assert one.truncated
    assert one.gap
    outcomes, market = Outcomes(), MarketState()
    show(market, START, 100_000)
    follow(outcomes, market, START)
    outcomes.seen = False
    outcomes.whole_second(START + 2, market)
    assert outcomes.pending[0].gap
    assert outcomes.pending[0].course.worst_5m is None


def test_a_follow_up_survives_being_written_down() -> None:
    outcomes, market = Outcomes(), MarketState()
    show(market, START, 100_000)
    follow(outcomes, market, START)
    outcomes.whole_second(START + 1, market)
    show(market, START, 99_000)
    outcomes.whole_second(START + 2, market)
    (kept,) = msgspec.json.decode(msgspec.json.encode(outcomes.pending), type=list[FollowUp])
    again = Outcomes()
    again.resume([kept])
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
    follow(outcomes, market, START)
    outcomes.whole_second(START + 1, market)
    assert outcome_record(outcome(outcomes.pending[0], START * NS)).mid == Decimal("10.00")


@pytest.mark.parametrize(
    ("against", "turned", "words"),
    [
        ("long", 1, "at worst -4.0c within 5 min, +1.5c after 15; fell, less than usual"),
        ("short", -1, "at worst +4.0c within 5 min, -1.5c after 15; rose, less than usual"),
    ],
)
def test_an_outcome_in_words(against: Literal["long", "short"], turned: int, words: str) -> None:
    outcomes, market = Outcomes(), MarketState()
    market.usual_range = 900
    base = turned * 100_000
    market.shows(0, ((base - 50, 1),), ((base + 50, 1),))
    one = raised(START)
    outcomes.follow(
        msgspec.structs.replace(one, alert=replace(one.alert, against=against, evidence="sell_print")),
        market,
        START * NS,
    )
    one_followed = outcomes.pending[0]
    one_followed.spread, one_followed.lived = 100, True
    one_followed.course = PricePath(START * NS, 2 * base, None, None, 2 * base + 300, 2 * base - 800, 300)
    told = outcome_record(outcome(one_followed, START * NS)).text
    assert told == f"sell_print: {words}"
    one_followed.course, one_followed.lived = PricePath(START * NS), False
    told = outcome_record(outcome(one_followed, START * NS)).text
    assert told.startswith("sell_print: at worst not seen within 5 min, not seen after 15; not known whether it ")
    assert told.endswith(" (cut short)")


@pytest.mark.parametrize("twice", [200_000, 200_001, 200_100])
def test_half_a_tick_of_a_mid_is_kept(twice: int) -> None:
    outcomes, market = Outcomes(), MarketState()
    market.shows(0, ((100_000, 1),), ((twice - 100_000, 1),))
    follow(outcomes, market, START)
    outcomes.whole_second(START + 1, market)
    mid = outcome_record(outcome(outcomes.pending[0], START * NS)).mid
    assert mid is not None
    assert mid * 20_000 == twice
