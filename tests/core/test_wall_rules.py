"""Walls with a life: one order is one alert, whatever the polls, the moves and the scrolling."""

import random
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from orderflow_tui.core.model.data_models import WorkingOrder
from orderflow_tui.core.model.events import OFF_EXCHANGE, REGULAR, UNKNOWN, Clock, Event, Gap, Levels, TapeCovered
from orderflow_tui.core.model.outputs import AlertRaised
from orderflow_tui.core.model.units import NS, price_units
from orderflow_tui.core.rules.alert_writer import AlertWriter
from orderflow_tui.core.rules.rule import Profile
from orderflow_tui.core.rules.wall_tracker import WallTracker
from orderflow_tui.core.symbol import SymbolCore

from .kit import NOON, Rules, Tape, alerts, exits, held, levels, make, updates, walls_of

ASKS = [(100.05, 100), (100.06, 100), (100.07, 100)]


def _bids(*sizes: int, best: float = 100.00) -> list[tuple[float, int]]:
    return [(best - 0.01 * step, size) for step, size in enumerate(sizes)]


def _said(core: SymbolCore, tape: Tape, until: float) -> list[str | None]:
    return [alert.evidence for alert in alerts(core.process([*tape.events, Clock(tape.at(until))]))]


def test_sixty_polls_of_the_same_order_are_one_alert() -> None:
    tape = Tape()
    for poll in range(60):
        tape.book(poll, _bids(12_400), ASKS)
    found = alerts(make().process(tape.events))
    assert [alert.evidence for alert in found] == ["bid_wall"]
    assert found[0].text == "Bid wall 12,400 @ 100.00 (support)"
    assert found[0].episode_id == f"TEST:bid_wall:bid:100.00:{NOON}"
    assert (found[0].order_size, found[0].severity, found[0].rank) == (12_400, "warning", 3)


@pytest.mark.parametrize(
    ("size", "severity"),
    [(10_000, None), (10_001, "warning"), (14_999, "warning"), (15_000, "critical")],
)
def test_strictly_above_the_threshold_and_critical_from_one_and_a_half_times(size: int, severity: str | None) -> None:
    bids = alerts(make().process(Tape().book(0, _bids(size), ASKS).events))
    asks = alerts(make().process(Tape().book(0, _bids(100), [(100.05, size)]).events))
    expected = [] if severity is None else [severity]
    assert [alert.severity for alert in bids] == expected
    assert [(alert.evidence, alert.severity) for alert in asks] == [("ask_wall", word) for word in expected]


def test_what_counts_is_the_profiles() -> None:
    tape = Tape().book(0, _bids(12_400), [(100.05, 12_000)])
    counted = {
        profile: {alert.evidence: alert.counts for alert in alerts(make(Rules(profile=profile)).process(tape.events))}
        for profile in PROFILES
    }
    assert counted == {
        "plan": {"bid_wall": True, "ask_wall": False},
        "guarded": {"bid_wall": False, "ask_wall": True},
    }


PROFILES: tuple[Profile, ...] = ("plan", "guarded")


def test_growth_changes_the_line_and_reaches_the_journal_at_most_once_a_minute() -> None:
    core, tape = make(), Tape()
    for second, size in (
        (0, 10_500),
        (10, 12_000),
        (20, 16_000),
        (59, 17_000),
        (60, 16_500),
        (90, 50_000),
        (120, 40_000),
    ):
        tape.book(second, _bids(size), ASKS)
    outputs = core.process(tape.events)
    assert len(alerts(outputs)) == 1
    assert [(a.order_size, a.severity) for a in updates(outputs, journal=False)] == [
        (12_000, "warning"), (16_000, "critical"), (17_000, "critical"), (50_000, "critical"),
    ]  # fmt: skip
    assert [(a.order_size, a.severity) for a in updates(outputs, journal=True)] == [
        (16_500, "critical"), (40_000, "critical"),
    ]  # fmt: skip
    assert {alert.episode_id for alert in updates(outputs)} == {alerts(outputs)[0].episode_id}


def test_a_wall_ends_below_seven_tenths_for_two_seconds() -> None:
    tape = Tape()
    for at, size in ((0, 12_000), (1, 6_999), (2.9, 7_000), (3, 12_000), (4, 6_999), (6, 6_999), (7, 12_000)):
        tape.book(at, _bids(size), ASKS)
    assert _said(make(), tape, 8) == ["bid_wall", "bid_wall_pulled", "bid_wall"]


def test_it_keeps_the_threshold_it_opened_with() -> None:
    core = make()
    core.process(Tape().book(0, _bids(12_000), ASKS).events)
    core.set_thresholds(Rules(large_order_size_threshold=50_000))
    again = Tape(NOON + 10 * NS).book(0, _bids(12_500), ASKS)
    assert [wall.threshold for wall in walls_of(core).bids.showing()] == [10_000]
    assert not alerts(core.process(again.events[1:]))


@pytest.mark.parametrize("places", [(100.01,), (99.99,), (100.01, 100.02, 100.03), (100.01, 100.00, 100.01)])
def test_one_that_steps_a_tick_with_its_size_is_the_same_wall(places: tuple[float, ...]) -> None:
    core, tape = make(depth_levels=3), Tape()
    size = 12_000
    tape.book(0, [(100.00, size), (99.95, 100), (99.90, 100)], ASKS)
    for step, price in enumerate(places, start=1):
        size -= 300
        tape.book(step * 0.5, [(price, size), (99.95, 100), (99.90, 100)], ASKS)
    assert _said(core, tape, 10) == ["bid_wall"]
    assert [wall.price for wall in walls_of(core).bids.showing()] == [price_units(places[-1])]


@pytest.mark.parametrize(
    ("price", "size", "after"),
    [(100.02, 12_000, 0.5), (100.01, 13_300, 0.5), (100.01, 10_700, 0.5), (100.01, 12_000, 1.5)],
)
def test_two_ticks_another_size_or_more_than_a_second_are_another_wall(price: float, size: int, after: float) -> None:
    tape = Tape().book(0, [(100.00, 12_000), (99.95, 100)], ASKS)
    tape.book(0.1, [(100.00, 100), (99.95, 100)], ASKS).book(0.1 + after, [(price, size), (99.95, 100)], ASKS)
    assert _said(make(depth_levels=3), tape, 0.2 + after).count("bid_wall") == 2


def test_between_two_books_of_a_slower_source_a_step_may_take_longer() -> None:
    tape = Tape().book(0, [(100.00, 12_000)], ASKS).book(4, [(100.01, 11_500)], ASKS).book(8, [(100.00, 11_900)], ASKS)
    core = make(streaming=False, joint_sequence=False)
    assert _said(core, tape, 8) == ["bid_wall"]


def test_scrolling_in_and_out_of_sight_is_one_wall_and_never_pulled() -> None:
    core, tape = make(depth_levels=3), Tape()
    for turn in range(20):
        at = turn * 4
        tape.book(at, [(100.00, 100), (99.99, 200), (99.98, 12_000)], ASKS)
        tape.book(at + 2, [(100.02, 100), (100.01, 100), (100.00, 200)], ASKS)
    assert _said(core, tape, 200) == ["bid_wall"]
    (wall,) = walls_of(core).bids.showing()
    assert not wall.in_sight


def test_the_best_bid_moving_up_pulls_nothing_on_one_level() -> None:
    tape = Tape()
    for turn in range(20):
        tape.book(turn * 4, [(100.00, 12_000)], ASKS).book(turn * 4 + 2, [(100.03, 500)], ASKS)
    assert _said(make(), tape, 100) == ["bid_wall"]


def test_out_of_sight_it_expires_silently_after_five_minutes() -> None:
    core = make(depth_levels=3)
    tape = Tape().book(0, [(100.00, 12_000)], ASKS).book(1, [(100.03, 500)], ASKS)
    assert _said(core, tape, 300) == ["bid_wall"]
    assert len(list(walls_of(core).bids.showing())) == 1
    core.process([Clock(tape.at(301))])
    assert not list(walls_of(core).bids.showing())
    back = Tape(tape.at(302)).book(0, [(100.00, 12_000)], ASKS)
    assert [alert.evidence for alert in alerts(core.process(back.events[1:]))] == ["bid_wall"]


def test_gone_when_it_comes_back_into_sight_is_not_pulled() -> None:
    tape = Tape().book(0, [(100.00, 12_000)], ASKS).book(1, [(100.03, 500)], ASKS).book(5, [(100.00, 500)], ASKS)
    tape.book(6, [(99.99, 500)], ASKS)
    assert _said(make(depth_levels=3), tape, 60) == ["bid_wall"]


def test_gone_while_out_of_sight_is_not_pulled() -> None:
    tape = Tape().book(0, [(100.00, 12_000)], ASKS).book(1, [(100.03, 500)], ASKS).book(5, [(99.99, 500)], ASKS)
    assert _said(make(depth_levels=3), tape, 60) == ["bid_wall"]


def test_an_empty_side_hides_a_wall_and_does_not_end_it() -> None:
    tape = Tape().book(0, _bids(12_000), ASKS).book(5, [], ASKS).book(10, _bids(12_000), ASKS)
    assert _said(make(), tape, 60) == ["bid_wall"]


def test_gone_during_a_gap_is_not_pulled() -> None:
    core, tape = make(), Tape().book(0, _bids(12_000), ASKS)
    tape.add(Gap(tape.at(60), "network gone")).book(61, _bids(100), ASKS)
    assert _said(core, tape, 120) == ["bid_wall"]


def test_a_book_that_was_away_hides_what_went_and_leaves_the_tape_alone() -> None:
    core, tape = make(), Tape().book(0, _bids(12_000), ASKS)
    core.process([*tape.events, Clock(tape.at(50))])
    known_from = core.span.covered_from
    after = Tape().add(Gap(tape.at(60), "another book", tape=False)).book(60, _bids(100), ASKS)
    assert _said(core, after, 120) == []
    assert core.span.covered_from == known_from


def test_where_sizes_may_be_lots_no_size_is_large() -> None:
    core = make(sizes_unsure="sizes in lots?")
    tape = Tape().book(0, _bids(12_400), [(100.05, 30_000)]).sell(1, 100.00, 50_000)
    assert _said(core, tape, 10) == []
    core.set_capabilities(replace(core.terms.capabilities, sizes_unsure=""))
    assert _said(core, Tape().book(11, _bids(12_400, 14_000), ASKS), 12) == ["bid_wall", "bid_wall"]


def test_pulled_says_how_much_was_traded() -> None:
    tape = Tape().book(0, _bids(12_400), ASKS).sell(1, 100.00, 300).book(2, [(99.99, 100)], ASKS)
    outputs = make(Rules(profile="guarded")).process([*tape.events, Clock(tape.at(10))])
    (pulled,) = alerts(outputs, "bid_wall_pulled")
    assert pulled.text == "Bid wall pulled: 12,400 @ 100.00, 300 of it traded"
    assert (pulled.counts, pulled.severity, pulled.rank) == (True, "critical", 2)
    assert pulled.timestamp_utc.second == 2


@pytest.mark.parametrize(("traded", "said"), [(1_199, ["bid_wall", "bid_wall_pulled"]), (1_200, ["bid_wall"])])
def test_a_tenth_traded_is_not_pulled(traded: int, said: list[str]) -> None:
    tape = Tape().book(0, _bids(12_000), ASKS).trade(1, 100.00, traded, UNKNOWN).book(2, [(99.99, 100)], ASKS)
    assert _said(make(), tape, 10) == said


@pytest.mark.parametrize(("sold", "hit"), [(3_099, False), (3_100, True)])
def test_a_quarter_of_its_peak_sold_within_30_seconds_is_a_hit(sold: int, hit: bool) -> None:
    tape = Tape().book(0, _bids(12_400), ASKS).sell(5, 100.00, 2_000).sell(13, 100.00, sold - 2_000)
    found = alerts(make(Rules(profile="guarded")).process(tape.events), "bid_wall_hit")
    assert bool(found) == hit
    if found:
        assert found[0].text == "Bid wall hit: 3,100 of 12,400 @ 100.00 in 8 s"
        assert (found[0].counts, found[0].severity, found[0].rank, found[0].order_size) == (True, "critical", 2, 3_100)


def test_sells_more_than_30_seconds_apart_and_unknown_or_off_exchange_ones_make_no_hit() -> None:
    slow = Tape().book(0, _bids(12_000), ASKS).sell(1, 100.00, 2_900).sell(32, 100.00, 2_900)
    unsure = Tape().book(0, _bids(12_000), ASKS).trade(1, 100.00, 9_000, UNKNOWN).sell(2, 100.00, 100)
    dark = Tape().book(0, _bids(12_000), ASKS).sell(1, 100.00, 9_000, REGULAR | OFF_EXCHANGE).sell(2, 100.00, 100)
    bought = Tape().book(0, _bids(12_000), ASKS).buy(1, 100.00, 9_000)
    for tape in (slow, unsure, dark, bought):
        assert not alerts(make().process(tape.events), "bid_wall_hit")


def test_a_wall_is_hit_once_and_then_never_pulled() -> None:
    tape = Tape().book(0, _bids(12_000), ASKS)
    for second in range(1, 20):
        tape.sell(second, 100.00, 3_000)
    tape.book(20, [(99.99, 100)], ASKS)
    assert _said(make(), tape, 60) == ["bid_wall", "bid_wall_hit"]


def test_a_verdict_waits_until_the_tape_covers_the_instant() -> None:
    core = make(streaming=False, joint_sequence=False, depth_levels=3)
    tape = Tape().book(0, _bids(12_000), ASKS).book(4, [(99.99, 100)], ASKS).add(Clock(NOON + 10 * NS))
    assert [alert.evidence for alert in alerts(core.process(tape.events))] == ["bid_wall"]
    after: list[Event] = [TapeCovered(NOON + 12 * NS), Clock(NOON + 12 * NS)]
    assert [alert.evidence for alert in alerts(core.process(after))] == ["bid_wall_pulled"]


def test_a_sell_the_tape_brings_later_takes_the_verdict_away() -> None:
    core = make(streaming=False, joint_sequence=False, depth_levels=3)
    tape = Tape().book(0, _bids(12_000), ASKS).book(4, [(99.99, 100)], ASKS).add(Clock(NOON + 6 * NS))
    tape.sell(3, 100.00, 4_000).add(TapeCovered(NOON + 7 * NS)).add(Clock(NOON + 8 * NS))
    assert [alert.evidence for alert in alerts(core.process(tape.events))] == ["bid_wall", "bid_wall_hit"]


def test_a_verdict_the_tape_never_covers_is_dropped_after_30_seconds() -> None:
    core = make(streaming=False, joint_sequence=False, depth_levels=3)
    tape = Tape().book(0, _bids(12_000), ASKS).book(4, [(99.99, 100)], ASKS)
    for second in range(5, 40):
        tape.add(Clock(tape.at(second)))
    tape.add(TapeCovered(tape.at(40))).add(Clock(tape.at(41)))
    assert [alert.evidence for alert in alerts(core.process(tape.events))] == ["bid_wall"]


def test_polled_one_level_books_say_at_least_and_never_pulled() -> None:
    core = make(streaming=False, joint_sequence=False)
    tape = Tape().book(0, _bids(12_000), ASKS).sell(1, 100.00, 4_000).book(4, [(99.99, 100)], ASKS)
    tape.add(TapeCovered(tape.at(6))).add(Clock(tape.at(10)))
    found = alerts(core.process(tape.events))
    assert [alert.text for alert in found][1:] == ["Bid wall hit: at least 4,000 of 12,000 @ 100.00 in 1 s"]
    quiet = Tape(tape.at(100)).book(0, _bids(12_000), ASKS).book(4, [(99.99, 100)], ASKS)
    quiet.add(TapeCovered(quiet.at(6))).add(Clock(quiet.at(10)))
    assert [alert.evidence for alert in alerts(core.process(quiet.events))] == ["bid_wall"]


def test_a_stream_waits_250_ms_for_its_tape() -> None:
    core = make(joint_sequence=False, depth_levels=3)
    tape = Tape().book(0, _bids(12_000), ASKS).book(4, [(99.99, 100)], ASKS)
    assert _said(core, tape, 6) == ["bid_wall", "bid_wall_pulled"]


def test_prints_from_before_the_wall_do_not_hit_it() -> None:
    core = make(joint_sequence=False)
    tape = Tape().book(5, _bids(12_000), ASKS).sell(4.5, 100.00, 9_000)
    assert not alerts(core.process(tape.events), "bid_wall_hit")


def test_a_wall_that_appears_is_hit_and_goes_is_one_act() -> None:
    core = make(Rules(profile="guarded"), held(1_000))
    tape = Tape().book(0, _bids(12_000), ASKS).sell(1, 100.00, 11_000).book(2, [(99.99, 100)], ASKS)
    outputs = core.process([*tape.events, Clock(tape.at(10))])
    assert [alert.evidence for alert in alerts(outputs)] == ["bid_wall", "bid_wall_hit", "sell_print"]
    assert core.holding.counted_signals.counted == 1
    assert not exits(outputs)


@dataclass
class _Seen:
    """A level as a slow, separate reading of the rules keeps it."""

    below_ns: int | None = None
    hidden_ns: int | None = None


def _naive_openings(books: list[tuple[int, Levels]], threshold: int) -> list[tuple[int, int]]:
    """`(time, price)` of each new wall, where prices are too far apart for a wall to step from one to another."""
    walls: dict[int, _Seen] = {}
    found = []
    for time_ns, side in books:
        best, last, shown = side[0][0], side[-1][0], dict(side)
        for price, wall in list(walls.items()):
            low_for = None if wall.below_ns is None else time_ns - wall.below_ns
            hidden_for = None if wall.hidden_ns is None else time_ns - wall.hidden_ns
            if (low_for is not None and low_for >= 2 * NS) or (hidden_for is not None and hidden_for >= 300 * NS):
                del walls[price]
        for price, wall in list(walls.items()):
            if price > best:
                del walls[price]
            elif price < last:
                wall.hidden_ns = time_ns if wall.hidden_ns is None else wall.hidden_ns
                wall.below_ns = None
            else:
                wall.hidden_ns = None
                if shown.get(price, 0) * 10 >= 7 * threshold:
                    wall.below_ns = None
                elif wall.below_ns is None:
                    wall.below_ns = time_ns
        for price, size in side:
            if size > threshold and price not in walls:
                walls[price] = _Seen()
                found.append((time_ns, price))
    return found


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_the_walls_that_open_are_those_of_a_naive_reading(seed: int, depth: int) -> None:
    draw = random.Random(seed)
    tracker = WallTracker(+1, AlertWriter("TEST", "plan"), verdicts=True, pulled_rule=True)
    books: list[tuple[int, Levels]] = []
    opened = []
    time_ns, best = NOON, 1_000_000
    for _ in range(120):
        time_ns += draw.choice((NS // 10, NS, 3 * NS, 40 * NS, 400 * NS))
        best += draw.choice((-500, 0, 0, 0, 500))
        side = tuple(
            (best - 500 * step, draw.choice((100, 6_900, 7_000, 10_000, 10_100, 12_000))) for step in range(depth)
        )
        books.append((time_ns, side))
        tracker.on_clock(time_ns, time_ns)
        said = tracker.on_levels(time_ns, side, 10_000, 100) or ()
        opened += [(time_ns, output.low) for output in said if isinstance(output, AlertRaised)]
    assert opened == _naive_openings(books, 10_000)


def test_own_working_orders_are_taken_off_before_any_rule() -> None:
    mine = (WorkingOrder("sell", Decimal("100.05"), 12_000), WorkingOrder("buy", Decimal("100.00"), 400))
    core = make(position=held(working=mine))
    tape = Tape().book(0, [(100.00, 400), (99.99, 300)], [(100.05, 12_100), (100.06, 50)])
    assert not alerts(core.process(tape.events))
    assert core.market.bids == levels([(99.99, 300)])
    assert core.market.asks == levels([(100.05, 100), (100.06, 50)])


def test_a_crossed_or_locked_book_is_not_taken() -> None:
    core = make()
    tape = Tape().book(0, _bids(100), ASKS).book(1, [(100.05, 12_000)], ASKS).book(2, [(100.06, 12_000)], ASKS)
    assert not alerts(core.process(tape.events))
    assert core.book.crossed_since_ns == tape.at(1)
    core.process(Tape(tape.at(3)).book(0, _bids(100), ASKS).events[1:])
    assert core.book.crossed_since_ns == 0
