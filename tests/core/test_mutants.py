"""Boundaries that a mutated rule slipped through: each test names the rule it pins down."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import pytest

from orderflow_tui.core.exits.counted_signals import SignalCounter
from orderflow_tui.core.exits.exit_signal import ExitLatch, Figures, LatchKind, LatchState
from orderflow_tui.core.market.liquidity import ExitCost, exit_cost, minutes_to_leave
from orderflow_tui.core.market.sweeps import SPAN_NS, SWEEP_NS, Aggressor, Sweep, is_sweep
from orderflow_tui.core.market.trade_side import (
    CONFIDENCE_INSIDE,
    CONFIDENCE_MIDDLE,
    CONFIDENCE_OUTSIDE,
    CONFIDENCE_TOUCH,
    SideClassifier,
)
from orderflow_tui.core.market.volume_window import VolumeWindow
from orderflow_tui.core.model.data_models import Answer, ExitRecommendation, OrderFlowAlert
from orderflow_tui.core.model.events import BUY, SELL, UNKNOWN, Book, Clock, Print
from orderflow_tui.core.model.outputs import AlertRaised, ExitAnswered, ExitResolved, ExitTriggered
from orderflow_tui.core.model.units import NS, utc_datetime
from orderflow_tui.core.rules.burst_figures import price_words

from .kit import NOON, Rules, Tape, alerts, burst_of, held, make, updates

STEP = 100
BID = 1_000_000
STANDING = ExitRecommendation(
    "TEST:exit:1", "TEST", "3 large sellers", ("a", "b"), ("id-a", "id-b"), utc_datetime(NOON), prints=6, shares=45
)


def figures(*, bid: int = BID, quantity: int = 1_000) -> Figures:
    fresh = ExitRecommendation("fresh", "TEST", "fresh", (), (), utc_datetime(NOON), quantity=700)
    return Figures(quantity, bid, 400, date(2025, 10, 22), lambda: fresh)


def act(at: float, price: int, evidence: str = "sell_print", *, order_size: int | None = 12_000) -> AlertRaised:
    time_ns = NOON + round(at * NS)
    facts: dict[str, Any] = {"evidence": evidence, "episode_id": f"TEST:{evidence}:{at}"}
    moment = utc_datetime(time_ns)
    alert = OrderFlowAlert("TEST", "large_seller", "critical", order_size, Decimal(100), None, moment, **facts)
    return AlertRaised(alert, time_ns, price, price, 1)


def opened(size: int = 500, *, touching: bool = True, threshold: int = 1_000) -> Aggressor:
    aggressor = Aggressor()
    aggressor.start(SPAN_NS, 10_000, size, touching=touching, threshold=threshold)
    return aggressor


def grow(aggressor: Aggressor, after_ns: int, price: int, size: int = 100, *, touching: bool = True) -> bool:
    return aggressor.extend(SPAN_NS + after_ns, price, size, STEP, touching=touching, threshold=1_000)


class TestReconstructedPrint:
    """SPEC 4.6: same side within 50 ms, adjoining prices."""

    def test_nothing_open_is_nothing_to_extend(self) -> None:
        fresh = Aggressor()
        assert fresh.count == fresh.volume == 0
        assert not fresh.extend(0, 0, 100, STEP, touching=True, threshold=1_000)
        closed = opened()
        closed.count = 0
        assert not grow(closed, 1, 10_000)

    def test_fifty_milliseconds_from_the_first_belong_and_no_more(self) -> None:
        aggressor = opened()
        assert grow(aggressor, SPAN_NS, 10_000)
        assert not grow(aggressor, SPAN_NS + 1, 10_000)
        assert grow(aggressor, -SPAN_NS, 10_000)
        assert not grow(aggressor, -SPAN_NS - 1, 10_000)

    def test_one_step_beyond_its_prices_adjoins_and_more_does_not(self) -> None:
        aggressor = opened()
        assert not grow(aggressor, 1, 10_000 + STEP + 1)
        assert not grow(aggressor, 1, 10_000 - STEP - 1)
        assert grow(aggressor, 1, 10_000 + STEP)
        assert (aggressor.low, aggressor.high) == (10_000, 10_100)
        assert grow(aggressor, 2, 10_000 - STEP)
        assert (aggressor.low, aggressor.high) == (9_900, 10_100)
        assert grow(aggressor, 3, 10_200)
        assert grow(aggressor, 4, 9_800)
        assert (aggressor.low, aggressor.high, aggressor.first_price) == (9_800, 10_200, 10_000)

    def test_prints_and_volume_are_counted_one_by_one(self) -> None:
        aggressor = opened()
        for after in range(1, 4):
            assert grow(aggressor, after, 10_000, 10, touching=False)
        assert (aggressor.count, aggressor.volume, aggressor.at_touch) == (4, 530, 500)
        assert (aggressor.first_ns, aggressor.last_ns) == (SPAN_NS, SPAN_NS + 3)

    def test_it_is_large_above_the_threshold_at_the_touch_and_says_when_first(self) -> None:
        assert not opened(1_000).crossed_ns
        assert opened(1_001).crossed_ns == SPAN_NS
        assert not opened(1_001, touching=False).crossed_ns
        aggressor = opened()
        grow(aggressor, 1, 10_000, 500)
        assert not aggressor.crossed_ns
        grow(aggressor, 2, 10_000, 5_000, touching=False)
        assert not aggressor.crossed_ns
        grow(aggressor, 3, 10_000, 1)
        grow(aggressor, 4, 10_000, 1)
        assert aggressor.crossed_ns == SPAN_NS + 3

    def test_what_never_touched_the_bid_has_no_size_there(self) -> None:
        assert opened(touching=False).at_touch == 0

    def test_a_sweep_takes_three_levels_or_three_venues(self) -> None:
        assert [is_sweep(levels, 1) for levels in (2, 3)] == [False, True]
        assert [is_sweep(1, venues) for venues in (2, 3)] == [False, True]

    def test_a_sweep_is_what_was_taken_within_250_ms(self) -> None:
        sweep = Sweep()
        for number in range(4):
            sweep.prices[10_000 - number * STEP] = sweep.venues[number % 3] = number * SWEEP_NS // 2
        assert sweep.within(3 * SWEEP_NS // 2, STEP) == (3, 3)
        assert sweep.within(3 * SWEEP_NS // 2 + 1, STEP) == (2, 2)
        assert sweep.within(3 * SWEEP_NS // 2, 2 * STEP) == (2, 3)
        assert sweep.within(9 * SWEEP_NS, STEP) == (0, 0)

    def test_prices_between_two_steps_are_no_level_of_their_own(self) -> None:
        sweep = Sweep()
        sweep.prices[10_000] = sweep.prices[10_000 + STEP + STEP // 2] = 0
        assert sweep.within(0, STEP) == (2, 0)

    def test_a_sweeps_memory_stays_small(self) -> None:
        sweep = Sweep()
        for number in range(1_000):
            sweep.prices[number * STEP] = sweep.venues[1] = number * SWEEP_NS // 10
        sweep.forget(999 * SWEEP_NS // 10)
        assert len(sweep.prices) == 11
        assert sweep.within(999 * SWEEP_NS // 10, STEP) == (11, 1)
        sweep.prices = dict.fromkeys(range(32), 0)
        sweep.forget(9 * SWEEP_NS)
        assert len(sweep.prices) == 32
        sweep.prices[32] = 0
        sweep.forget(9 * SWEEP_NS)
        assert not sweep.prices


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


class TestLatch:
    """SPEC 5, Recommendation: what comes back carries what it stood on, and what ends says so."""

    def held(self, kind: LatchKind = "flow", *, answer: Answer | None = None) -> ExitLatch:
        latch = ExitLatch(kind)
        latch.trigger(NOON, STANDING, figures(), burst=False)
        latch.answer(NOON + NS, answer or Answer("hold"), figures())
        return latch

    def test_a_hold_that_went_wrong_comes_back_as_an_alarm_of_the_price(self) -> None:
        for kind, word in (("flow", "exit"), ("stop", "stop")):
            latch = self.held(kind)  # type: ignore[arg-type]
            (back,) = latch.on_clock(NOON + 2 * NS, figures(bid=BID - 400))
            assert isinstance(back, ExitTriggered)
            assert (back.kind, back.time_ns, back.follows) == (kind, NOON + 2 * NS, "TEST:exit:1")
            again = back.recommendation
            assert again.recommendation_id == f"TEST:{word}:{NOON + 2 * NS}"
            assert again.reason == "price alarm: bid 99.96, 4c under your answer at 100.00"
            assert (again.evidence, again.episode_ids) == ((again.reason,), ("id-a", "id-b"))
            assert again.details["basis"] == "price_alarm"
            assert again.details["silent_at"] == {"figure": "cents_since_answer", "threshold": 4.0}
            assert (again.status, again.prints, again.shares, again.quantity) == ("open", 6, 45, 700)

    def test_its_words_do_not_pile_up(self) -> None:
        latch = self.held(answer=Answer("snooze", minutes=1))
        latch.evidence(NOON + 2 * NS)
        latch.on_clock(NOON + 61 * NS, figures())
        at = NOON + 62 * NS
        for _ in range(2):
            latch.answer(at, Answer("snooze", minutes=1), figures())
            latch.evidence(at + NS)
            at += 60 * NS
            (back,) = latch.on_clock(at, figures())
            assert isinstance(back, ExitTriggered)
            assert back.recommendation.reason == "snooze is over: 3 large sellers"

    def test_it_resolves_by_name_time_and_status(self) -> None:
        latch = self.held()
        (over,) = latch.on_clock(NOON + 301 * NS, figures())
        assert over == ExitResolved(
            replace(STANDING, status="resolved"), NOON + 301 * NS, "no counted evidence for 300 s"
        )
        latch = self.held()
        (over,) = latch.on_clock(NOON + 9 * NS, figures(quantity=0))
        assert over == ExitResolved(replace(STANDING, status="resolved"), NOON + 9 * NS, "position closed")

    def test_after_a_restart_a_hold_ends_as_it_would_have(self) -> None:
        latch = ExitLatch("flow")
        latch.resume_journaled(STANDING, Answer("hold"), NOON + NS, BID, 1_000)
        latch.current = replace(STANDING, status="held")
        assert latch.quiet_until == NOON + 301 * NS
        assert not latch.on_clock(NOON + 301 * NS - 1, figures())
        assert latch.on_clock(NOON + 301 * NS, figures())

    def test_an_answer_says_what_was_answered_when_and_at_which_bid(self) -> None:
        latch = ExitLatch("flow")
        latch.trigger(NOON, STANDING, figures(), burst=False)
        said = latch.answer(NOON + NS, Answer("exited"), figures())
        assert said == ExitAnswered(replace(STANDING, status="exited"), Answer("exited"), NOON + NS, BID)
        assert (latch.current, latch.quiet_until) == (None, 0)

    @pytest.mark.parametrize("status", ["exited", "resolved"])
    def test_what_is_over_takes_no_answer(self, status: Literal["exited", "resolved"]) -> None:
        latch = ExitLatch("flow")
        latch.resume_journaled(replace(STANDING, status=status), None, 0, None, 1_000)
        assert latch.answer(NOON + NS, Answer("hold"), figures()) is None

    def test_after_a_restart_the_quiet_is_exact_to_the_nanosecond(self) -> None:
        latch = ExitLatch("flow")
        latch.resume_journaled(STANDING, Answer("hold"), NOON + 1, BID, 1_000)
        assert latch.quiet_until == NOON + 1 + 300 * NS

    def test_a_fresh_one_knows_nothing(self) -> None:
        assert ExitLatch("flow").state() == LatchState(
            current=None, signals=0, answer_ns=0, answer_bid=None, quiet_until=0, last_evidence_ns=0,
            muted_quantity=None, muted_day=None, on_walls=False,
        )  # fmt: skip

    def test_signals_are_what_came_since_the_answer(self) -> None:
        latch = ExitLatch("flow")
        latch.trigger(NOON, STANDING, figures(), burst=False)
        latch.evidence(NOON)
        assert latch.signals == 0
        latch.answer(NOON, Answer("hold"), figures())
        latch.evidence(NOON)
        latch.evidence(NOON)
        assert latch.signals == 2

    def test_the_quiet_ends_with_its_last_nanosecond(self) -> None:
        latch = self.held()
        assert latch.trigger(latch.quiet_until - 1, STANDING, figures(), burst=False) is None
        assert latch.trigger(latch.quiet_until, STANDING, figures(), burst=False) is not None

    def test_it_takes_up_all_that_another_knew(self) -> None:
        state = LatchState(
            current=STANDING, signals=2, answer_ns=3, answer_bid=4, quiet_until=5, last_evidence_ns=6,
            muted_quantity=7, muted_day=date(2025, 10, 22), on_walls=True,
        )  # fmt: skip
        latch = ExitLatch("flow")
        latch.resume(state)
        assert latch.state() == state
        assert (latch.current, latch.signals, latch.answer_bid, latch.quiet_until) == (STANDING, 2, 4, 5)
        assert latch.muted_day == date(2025, 10, 22)

    def test_evidence_without_size_or_episode_adds_neither(self) -> None:
        latch = ExitLatch("flow")
        latch.trigger(NOON, STANDING, figures(), burst=False)
        latch.attach(replace(act(0, 1).alert, order_size=None, text="c", episode_id=None), 2)
        assert latch.current is not None
        assert (latch.current.shares, latch.current.prints) == (45, 8)
        assert latch.current.episode_ids == ("id-a", "id-b", "")
        assert latch.current.evidence == ("a", "b", "c")


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


class TestSides:
    """SPEC 4.6: each side carries a confidence, by how it was found."""

    @pytest.mark.parametrize(
        ("before", "price", "side", "confidence"),
        [
            (0, 1_001_000, BUY, CONFIDENCE_TOUCH),
            (0, 1_000_700, BUY, CONFIDENCE_INSIDE),
            (0, 1_000_000, SELL, CONFIDENCE_TOUCH),
            (0, 1_000_300, SELL, CONFIDENCE_INSIDE),
            (0, 1_000_500, UNKNOWN, 0.0),
            (1_000_400, 1_000_500, BUY, CONFIDENCE_MIDDLE),
            (1_000_600, 1_000_500, SELL, CONFIDENCE_MIDDLE),
            (1_001_000, 1_001_100, BUY, CONFIDENCE_OUTSIDE),
            (0, 1_001_100, UNKNOWN, 0.0),
        ],
    )
    def test_a_quote_of_ten_cents(self, before: int, price: int, side: int, confidence: float) -> None:
        classifier = SideClassifier()
        classifier.on_book(Book(NOON, 1, ((1_000_000, 100),), ((1_001_000, 100),)))
        if before:
            classifier.classify(Print(NOON + 1, 2, before, 100))
        assert classifier.classify(Print(NOON + 2, 3, price, 100)) == side
        assert classifier.confidence == confidence

    def test_a_quote_that_changed_on_one_side_alone_is_in_force(self) -> None:
        classifier = SideClassifier()
        for seq, (bid, ask) in enumerate(((1_000_000, 1_001_000), (1_000_000, 1_000_400), (1_000_200, 1_000_400))):
            classifier.on_book(Book(NOON + seq, seq, ((bid, 100),), ((ask, 100),)))
            assert classifier.classify(Print(NOON + seq + 1, 9, ask, 100)) == BUY
            assert classifier.confidence == CONFIDENCE_TOUCH
            assert classifier.classify(Print(NOON + seq + 1, 9, bid, 100)) == SELL
            assert classifier.confidence == CONFIDENCE_TOUCH

    @pytest.mark.parametrize("quantity", [1_000, -1_000])
    def test_where_nobody_bids_nothing_is_sold_at_the_bid(self, quantity: int) -> None:
        side = ([], [(100.02, 500)]) if quantity > 0 else ([(100.00, 500)], [])
        tape = Tape().book(0, *side).trade(1, 100.01, 20_000, SELL if quantity > 0 else BUY).add(Clock(NOON + 2 * NS))
        assert not alerts(make(position=held(quantity)).process(tape.events))


class TestVolumeWindow:
    """What a second counted, late or read again, is in every total after it."""

    def test_late_prints_of_both_sides_add_to_what_was_there(self) -> None:
        window = VolumeWindow()
        for second, size, side in ((10, 100, SELL), (11, 200, BUY), (13, 50, SELL), (11, 7, SELL), (11, 9, BUY)):
            window.add(second, size, side)
        assert [window.sell_through(second) for second in (10, 11, 12, 13)] == [100, 107, 107, 157]
        assert [window.buy_through(second) for second in (10, 11, 12, 13)] == [0, 209, 209, 209]

    def test_a_second_read_again_moves_every_total_after_it(self) -> None:
        window = VolumeWindow()
        for second, size, side in ((10, 100, SELL), (11, 200, BUY), (13, 50, BUY)):
            window.add(second, size, side)
        window.replace_second(11, (500, 60, 440, 3), [60, 400, 40])
        assert [window.buy_through(second) for second in (10, 11, 12, 13)] == [0, 440, 440, 490]
        assert [window.sell_through(second) for second in (10, 11, 12, 13)] == [100, 160, 160, 160]
        assert (window.largest(3), window.squares(3)) == (400, 60**2 + 400**2 + 40**2 + 50**2)
        window.replace_second(11, (0, 0, 0, 0), [])
        assert (window.largest(3), window.squares(3)) == (50, 50**2)

    def test_nothing_printed_has_no_largest(self) -> None:
        window = VolumeWindow()
        assert (window.head, window.volume) == (-1, 0)
        window.roll(10)
        assert window.largest(1) == window.largest(60) == 0
        window.add(11, 7, BUY)
        window.roll(300)
        assert window.largest(1) == window.largest(60) == 0
        window.replace_second(300, (0, 0, 0, 0), [])
        assert window.largest(1) == 0

    def test_a_clock_that_begins_at_zero_is_counted_too(self) -> None:
        window = VolumeWindow()
        window.add(0, 100, SELL)
        window.add(1, 50, SELL)
        assert window.of_second(0) == (100, 100, 0, 1)

    def test_the_head_is_not_begun_twice(self) -> None:
        window = VolumeWindow()
        window.add(10, 100, SELL)
        window.roll(10)
        assert (window.largest(1), window.squares(1)) == (100, 100**2)


class TestBurst:
    """SPEC 5, Red burst: figures a reader of the screen and the journal relies on."""

    def test_the_baseline_is_300_seconds_before_the_window_and_0_while_warming(self) -> None:
        core = make()
        core.process(Tape().steady(0, 309).steady(310, 330, size=900).events)
        head = core.window.head
        second = head - 21
        assert core.span.baseline(second - 1) == 0.0
        assert core.span.baseline(second) == 1_000.0
        assert core.span.baseline(head) == (289 * 100 + 11 * 900) * 10 / 300

    def test_the_alert_says_where_and_how_many(self) -> None:
        tape = Tape().steady(0, 310).sell(320.1, 99.99, 1_000).sell(320.5, 100.0, 3_000)
        (raised,) = [out for out in make().process(tape.events) if isinstance(out, AlertRaised)]
        assert (raised.low, raised.high, raised.prints) == (1_000_000, 1_000_000, 2)

    def test_its_highest_ratio_is_told_once(self) -> None:
        core = make()
        core.process(Tape().steady(0, 310).sell(320.2, 100.0, 3_500).sell(320.5, 100.0, 1_500).events)
        assert core.span.peak_ratio == 5.0
        assert burst_of(core).end() == 5.0
        assert core.span.peak_ratio == burst_of(core).end() == 0.0

    def test_new_thresholds_begin_afresh(self) -> None:
        core = make(Rules(profile="guarded"))
        core.span.thin = True
        core.set_thresholds(Rules(red_burst_threshold=7.0, bucket_seconds=20))
        assert (core.terms.exit_ratio, core.span.thin, core.span.seconds) == (7.0, False, 20)

    def test_a_print_that_was_most_of_it_is_told_again_when_it_no_longer_is(self) -> None:
        rules = Rules(profile="guarded", large_order_size_threshold=10**6)
        tape = Tape().steady(0, 400, per_second=2)
        tape.sell(400.95, 100.0, 40_000)
        for step in range(500):
            tape.sell(401 + step / 250, 100.0, 400)
        outputs = make(rules).process(tape.events)
        (raised,) = alerts(outputs, "red_burst")
        assert (raised.single_print, raised.severity) == (True, "warning")
        settled = [alert for alert in updates(outputs, journal=True) if not alert.single_print]
        assert settled
        assert settled[0].severity == "critical"
        assert not settled[0].text.endswith("most of it")
        assert {one["figure"] for one in settled[0].details["why"]} == {
            "volume_ratio", "sell_ratio", "n_eff", "sell_share_low",
        }  # fmt: skip
        assert {one["figure"] for one in raised.details["why"]} == {"volume_ratio", "sell_ratio"}

    def test_for_a_short_position_it_is_a_burst_of_buying(self) -> None:
        tape = Tape().steady(0, 310, side=SELL).buy(320.5, 100.0, 3_001)
        (burst,) = alerts(make(position=held(-1_000)).process(tape.events), "red_burst")
        assert burst.text == "Heavy buying: 3.0x usual volume in 10 s, 100% bought"

    def test_the_way_the_price_went_is_the_real_markets(self) -> None:
        assert price_words(-2) == "so far -2c"
        assert price_words(-2, -1) == "so far +2c"

    def test_an_alert_for_figures_found_elsewhere_names_the_observed_window(self) -> None:
        core = make()
        core.process(Tape().steady(0, 310).sell(320.1, 100.0, 1_000).sell(320.5, 100.0, 2_000).events)
        for ratio, eligible in ((4.0, False), (4.01, True)):
            alert = burst_of(core).judge_once(core.timers.now_ns, BID, ratio, 1.0, 1_000.126)
            assert alert is not None
            assert alert.exit_eligible == eligible
            details = alert.details
            found = tuple(details[name] for name in ("volume", "baseline", "prints", "window_seconds"))
            assert found == (3_000, 1_000.13, 2, 10)

    def test_a_correction_is_noted_by_the_burst_that_rested_on_it_while_it_lives_and_after(self) -> None:
        core = make()
        tape = Tape().steady(0, 310).sell(320.5, 100.0, 3_001)
        (raised,) = alerts(core.process(tape.events), "red_burst")
        last = NOON // NS + 320
        first = last - 9
        burst = burst_of(core)
        assert burst.corrected(last + 1, last + 1, -5) is None
        assert burst.corrected(first - 3, first - 1, -5) is None
        for begin, end in ((first, first), (last, last)):
            noted = burst.corrected(begin, end, -5)
            assert noted is not None
            assert (noted.time_ns, noted.journal) == (tape.at(320.5), True)
            assert noted.alert == replace(raised, details=noted.alert.details)
            assert dict(noted.alert.details) == {**raised.details, "corrected": -5}
            assert burst.open_alert is noted.alert
        burst.end()
        assert burst.corrected(last, last, 7) is not None
        assert burst.open_alert is None
