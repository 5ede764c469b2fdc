"""Bursts by the second: exact boundaries, warming, sessions, guards and the life of one line."""

from dataclasses import replace
from datetime import UTC, datetime
from math import log1p, sqrt

import pytest

from orderflow_tui.core.model.data_models import OrderFlowAlert
from orderflow_tui.core.model.events import (
    AUCTION,
    BUY,
    LATE_REPORT,
    PRICE,
    SELL,
    UNKNOWN,
    VOLUME,
    Clock,
    Event,
    Gap,
    Halt,
)
from orderflow_tui.core.model.outputs import AlertRaised, Output
from orderflow_tui.core.model.units import NS, datetime_ns
from orderflow_tui.core.rules.burst_figures import price_words
from orderflow_tui.core.rules.explain import wilson
from orderflow_tui.core.symbol import SymbolCore

from .kit import NOON, Rules, Tape, alerts, burst_of, exits, held, make, updates

GUARDED = Rules(profile="guarded", large_order_size_threshold=1_000_000)


def _quiet(start: int = NOON, last: int = 310) -> Tape:
    """100 shares bought in each of the seconds up to `last`: 1,000 to ten seconds."""
    return Tape(start).steady(0, last)


def _bursts(outputs: list[Output]) -> list[OrderFlowAlert]:
    return alerts(outputs, "red_burst")


@pytest.mark.parametrize(("size", "said"), [(3_000, False), (3_001, True)])
def test_exactly_three_times_is_no_burst(size: int, said: bool) -> None:
    found = _bursts(make().process(_quiet().sell(320.5, 100.0, size).events))
    assert bool(found) == said
    if found:
        (burst,) = found
        assert (burst.volume_ratio, burst.sell_ratio, burst.severity, burst.rank) == (3.001, 1.0, "critical", 3)
        assert burst.text == "Heavy selling: 3.0x usual volume in 10 s, 100% sold"
        assert (burst.details["baseline"], burst.details["prints"], burst.details["volume"]) == (1_000, 1, 3_001)
        assert burst.order_size is None


@pytest.mark.parametrize(("ratio", "eligible"), [(4.0, False), (4.001, True)])
def test_exactly_four_times_is_no_exit(ratio: float, eligible: bool) -> None:
    outputs = make(position=held()).process(_quiet().sell(320.5, 100.0, round(ratio * 1_000)).events)
    (burst,) = _bursts(outputs)
    assert (burst.exit_eligible, burst.rank) == (eligible, 1 if eligible else 3)
    assert bool(exits(outputs)) == eligible


@pytest.mark.parametrize(("sold", "other", "said"), [(3_600, BUY, False), (3_601, BUY, True), (3_600, UNKNOWN, False)])
def test_sellers_need_more_than_sixty_percent_unknown_sides_in_the_denominator(
    sold: int, other: int, said: bool
) -> None:
    tape = _quiet().trade(320.1, 100.0, 6_000 - sold, other).sell(320.5, 100.0, sold)
    assert bool(_bursts(make().process(tape.events))) == said


def test_the_window_is_the_current_second_and_the_nine_before_it() -> None:
    inside = _quiet().sell(311.5, 100.0, 2_000).sell(320.5, 100.0, 1_001)
    outside = _quiet().sell(310.9, 100.0, 2_000).sell(320.5, 100.0, 1_001)
    assert _bursts(make().process(inside.events))
    assert not _bursts(make().process(outside.events))


@pytest.mark.parametrize(("second", "said"), [(308, False), (309, True)])
def test_it_warms_for_300_seconds_and_the_window(second: int, said: bool) -> None:
    core = make()
    outputs = core.process(_quiet(last=second - 10).sell(second + 0.5, 100.0, 9_000).events)
    assert bool(_bursts(outputs)) == said
    assert core.span.warm_needed == 310
    assert core.span.warm_seconds(core.window.head) == second + 1


def test_without_a_tape_there_is_nothing_to_warm() -> None:
    core = make()
    assert core.span.warm_seconds(NOON // NS) == 0
    assert core.span.baseline(NOON // NS) == 0.0


def test_silence_counts_as_covered_and_a_baseline_of_nothing_is_no_signal() -> None:
    assert not _bursts(make().process(Tape().sell(400.5, 100.0, 90_000).events))
    assert _bursts(make().process(Tape().buy(120.5, 100.0, 300).sell(400.5, 100.0, 90_000).events))


def test_auctions_late_reports_and_what_counts_for_nothing_are_in_neither() -> None:
    flags = (VOLUME | PRICE | AUCTION, VOLUME | LATE_REPORT, 0)
    for flag in flags:
        tape = _quiet()
        tape.trade(320.2, 100.0, 90_000, SELL, flag).sell(320.5, 100.0, 2_900)
        assert not _bursts(make().process(tape.events))
        loud = _quiet().trade(100.9, 100.0, 90_000, SELL, flag).sell(320.5, 100.0, 3_001)
        assert _bursts(make().process(loud.events))


def test_a_print_two_seconds_late_goes_into_its_own_second_an_older_one_nowhere() -> None:
    core = make()
    outputs = core.process(_quiet().sell(320.5, 100.0, 1_000).sell(318.5, 100.0, 2_001).events)
    assert len(_bursts(outputs)) == 1
    assert core.tape.late_prints == 0
    core = make()
    assert not _bursts(core.process(_quiet().sell(320.5, 100.0, 1_000).sell(318.499, 100.0, 2_001).events))
    assert core.tape.late_prints == 1


def _at_the_open(burst_at: float) -> list[OrderFlowAlert]:
    before = datetime_ns(datetime(2025, 10, 22, 13, 24, tzinfo=UTC))
    steady = int(burst_at) - 10
    return _bursts(make().process(_quiet(before, steady).sell(burst_at, 100.0, 9_000).events))


def test_no_baseline_crosses_the_open() -> None:
    assert _at_the_open(359.5)
    assert not _at_the_open(360.5)
    assert not _at_the_open(360 + 308.5)
    assert _at_the_open(360 + 309.5)


def test_a_gap_over_the_open_ends_where_the_tape_is_known_again() -> None:
    before = datetime_ns(datetime(2025, 10, 22, 13, 24, tzinfo=UTC))
    core, tape = make(), _quiet(before, 300)
    tape.add(Gap(tape.at(600), "network gone")).buy(700.5, 100.0, 100).sell(800.5, 100.0, 9_000)
    assert not _bursts(core.process(tape.events))
    assert core.span.covered_from == tape.at(600) // NS
    assert core.learning.session is not None
    assert core.learning.session.name == "regular"


@pytest.mark.parametrize("between", ["gap", "halt"])
def test_no_baseline_crosses_a_gap_or_a_halt(between: str) -> None:
    core, tape = make(), _quiet()
    if between == "gap":
        tape.add(Gap(tape.at(311), "network gone"))
    else:
        tape.add(Halt(tape.at(311), halted=True, reason="LUDP")).sell(320.5, 100.0, 9_000)
        tape.add(Halt(tape.at(321), halted=False))
    tape.sell(330.5, 100.0, 9_000)
    assert not _bursts(core.process(tape.events))
    assert core.terms.halted == ""
    again = Tape(tape.at(331)).steady(0, 310).sell(320.5, 100.0, 9_000)
    assert _bursts(core.process(again.events[1:]))


def test_a_halt_says_why_and_silences_the_burst() -> None:
    core = make()
    core.process([Halt(NOON, halted=True)])
    assert core.terms.halted == "halted"
    core.process([Halt(NOON + NS, halted=True, reason="T1")])
    assert core.terms.halted == "T1"


def test_a_burst_is_one_line_until_sixty_seconds_without_its_condition() -> None:
    core, tape = make(), _quiet(last=700)
    tape.events.sort(key=lambda event: event.time_ns)
    quiet = [event for event in tape.events if not 320 * NS <= event.time_ns - NOON < 500 * NS]
    busy = Tape()
    for second in range(320, 380):
        busy.sell(second + 0.5, 100.0, 800)
    events: list[Event] = sorted([*quiet, *busy.events[1:]], key=lambda event: event.time_ns)
    outputs = core.process(events)
    assert len(_bursts(outputs)) == 1
    assert burst_of(core).open_alert is None
    assert {alert.episode_id for alert in updates(outputs)} == {_bursts(outputs)[0].episode_id}
    assert any(alert.exit_eligible for alert in updates(outputs, journal=True))


def test_passing_the_exit_ratio_is_one_journaled_upgrade() -> None:
    tape = _quiet().sell(320.1, 100.0, 3_500).sell(320.2, 100.0, 600).sell(320.3, 100.0, 600)
    outputs = make(position=held()).process(tape.events)
    assert [alert.exit_eligible for alert in _bursts(outputs)] == [False]
    assert [(alert.exit_eligible, alert.volume_ratio) for alert in updates(outputs, journal=True)] == [(True, 4.1)]
    assert len(exits(outputs)) == 1


def test_doubling_is_journaled_at_most_once_a_minute() -> None:
    tape = _quiet().sell(320.1, 100.0, 4_100).sell(320.2, 100.0, 4_100).sell(320.3, 100.0, 8_200)
    outputs = make().process(tape.events)
    assert [alert.volume_ratio for alert in updates(outputs, journal=True)] == [8.2]
    assert [alert.volume_ratio for alert in updates(outputs, journal=False)] == [16.4]


def test_after_its_end_the_next_burst_is_another() -> None:
    core, tape = make(), _quiet().sell(320.5, 100.0, 9_000).buy(350.5, 100.0, 1)
    tape.add(Clock(tape.at(320.5) + 60 * NS)).add(Clock(tape.at(320.5) + 60 * NS + 1))
    outputs = core.process(tape.events[:-1])
    assert burst_of(core).open_alert is not None
    outputs += core.process(tape.events[-1:])
    assert burst_of(core).open_alert is None
    later = Tape(tape.at(400)).sell(0, 100.0, 90_000)
    assert len(_bursts(outputs + core.process(later.events[1:]))) == 2


@pytest.mark.parametrize(
    ("ticks", "short", "words"),
    [
        (None, False, ""), (0, False, "price has not moved yet"), (-2, False, "so far -2c"),
        (1, False, "so far +1c"), (-2, True, "so far +2c"),
    ],
)  # fmt: skip
def test_whether_the_price_has_moved_is_told_in_words(ticks: int | None, short: bool, words: str) -> None:
    assert price_words(ticks, -1 if short else 1) == words


def test_the_words_stand_behind_the_burst() -> None:
    tape = Tape().book(0, [(100.00, 100)], [(100.02, 100)]).steady(0, 310)
    tape.book(320.4, [(99.97, 100)], [(99.99, 100)]).sell(320.5, 99.97, 9_000)
    (burst,) = _bursts(make().process(tape.events))
    assert burst.text.endswith(", so far -3c")
    assert burst.details["ticks_moved"] == -3


def _guarded(prints: int, size: int, *, sold: int | None = None) -> list[Output]:
    """A name with a print a second (B = 30), then a second of `prints` prints, the last `sold` of them sells."""
    tape = Tape().steady(0, 330)
    for number in range(prints):
        side = SELL if sold is None or number >= prints - sold else BUY
        tape.trade(360.0 + number / 1_000, 100.0, size, side)
    return make(GUARDED, held()).process(tape.events)


def _pressed(core: SymbolCore, *steps: tuple[float, float], bid: int = 100, peaks: float = 0.0) -> list[Output]:
    """A calm five minutes at 100.00 x 100.02 with a usual range of 10 cents, then at each step the bid and 24 sells."""
    calm = Tape().book(0, [(100.00, 100)], [(100.02, 100)]).steady(0, 330, price=100.02)
    outputs = core.process(calm.events)
    core.market.start_session(1_000)
    core.learning.learner.burst_peaks = [peaks] * 3
    tape = Tape()
    for second, price in steps:
        tape.book(second - 0.1, [(price, bid)], [(price + 0.02, 100)])
        for number in range(24):
            tape.sell(second + number / 1_000, price, 1_000)
    return outputs + core.process(tape.events[1:])


@pytest.mark.parametrize(
    ("price", "bid", "basis", "rank"),
    [
        (100.00, 100, "unmoved", 1), (100.01, 99, "thin_bid", 1), (99.99, 100, "moved", 3), (99.91, 10, "moved", 3),
        (99.90, 100, "beyond_range", 1),
    ],
)  # fmt: skip
def test_a_guarded_burst_whose_price_is_already_down_recommends_nothing_by_itself(
    price: float, bid: int, basis: str, rank: int
) -> None:
    outputs = _pressed(make(GUARDED, held()), (360, price), bid=bid)
    (burst,) = _bursts(outputs)
    assert (burst.details["basis"], burst.rank, burst.exit_eligible) == (basis, rank, rank == 1)
    assert burst.text.endswith(": recommends nothing by itself") == (basis == "moved")
    told = exits(outputs)
    assert bool(told) == (basis != "moved")
    if told:
        assert told[0].recommendation.details["basis"] == basis


def test_in_plan_every_burst_above_four_recommends_whatever_the_price_did() -> None:
    outputs = _pressed(make(position=held()), (360, 99.95))
    (burst,) = _bursts(outputs)
    assert burst.details["basis"] == "moved"
    assert not any("by itself" in one.text for one in (burst, *updates(outputs)))
    assert exits(outputs)


def test_a_fall_in_steps_while_a_burst_lives_is_one_fall() -> None:
    steps = [(360 + 20 * step, 99.97 - 0.03 * step) for step in range(4)]
    outputs = _pressed(make(GUARDED, held()), *steps[:3])
    assert not exits(outputs)
    outputs = _pressed(make(GUARDED, held()), *steps)
    (told,) = exits(outputs)
    assert told.recommendation.details["basis"] == "beyond_range"


def test_an_unmoved_burst_on_a_thin_bid_stands_before_the_rest() -> None:
    for bid, rank in ((50, 2), (100, 3)):
        outputs = _pressed(make(GUARDED, held()), (360, 100.0), bid=bid, peaks=11.0)
        (burst,) = _bursts(outputs)
        assert (burst.exit_eligible, burst.rank) == (False, rank)
        assert not exits(outputs)


def test_the_guarded_window_fits_the_rate_between_thirty_and_sixty_seconds() -> None:
    for every, seconds in ((1, 30), (3, 36), (4, 48)):
        core, tape = make(GUARDED), Tape()
        for second in range(0, 500, every):
            tape.buy(second + 0.5, 100.0, 100)
        core.process(tape.events)
        assert core.span.seconds == seconds
        assert not core.span.thin
    slow = Rules(profile="guarded", bucket_seconds=45)
    assert make(slow).span.seconds == 45


def test_the_tape_is_too_thin_above_sixty_until_it_is_below_forty_eight() -> None:
    core = make(GUARDED)
    states = []
    for start, count, every in ((0, 100, 5.1), (510, 100, 4.5), (960, 100, 3.9)):
        tape = Tape(NOON + start * NS)
        for number in range(count):
            tape.buy(number * every, 100.0, 100)
        core.process(tape.events if start == 0 else tape.events[1:])
        states.append(core.span.thin)
    assert states == [True, True, False]


@pytest.mark.parametrize(("later", "thin"), [(4.0, True), (3.9, False)])
def test_at_forty_eight_it_is_not_yet_below(later: float, thin: bool) -> None:
    core = make(GUARDED)
    tape = Tape()
    for number in range(100):
        tape.buy(number * 5.1, 100.0, 100)
    for number in range(100):
        tape.buy(512 + number * later, 100.0, 100)
    core.process(tape.events)
    assert core.span.thin == thin


def test_silence_alone_makes_a_tape_too_thin() -> None:
    """A name that has not printed for five hours before the open is thin before its first print says so."""
    core = make(GUARDED)
    core.process([Gap(NOON, "start"), *(Clock(NOON + second * NS) for second in range(0, 330, 5))])
    assert not core.span.thin, "it is not known for long enough yet"
    core.process([Clock(NOON + 400 * NS)])
    assert core.span.thin
    tape = Tape(NOON + 401 * NS)
    for second in range(500):
        tape.buy(second, 100.0, 100)
    core.process(tape.events)
    assert not core.span.thin
    core.process([Clock(NOON + 1_500 * NS)])
    assert core.span.thin


def test_too_thin_a_tape_raises_no_alarm() -> None:
    tape = Tape()
    for number in range(80):
        tape.buy(number * 6, 100.0, 100)
    for number in range(40):
        tape.sell(480 + number / 100, 100.0, 1_000)
    core = make(GUARDED)
    assert not _bursts(core.process(tape.events))
    assert core.span.thin


@pytest.mark.parametrize(("prints", "said"), [(15, False), (16, True)])
def test_the_guard_wants_sixteen_effective_prints(prints: int, said: bool) -> None:
    assert bool(_bursts(_guarded(prints, 16_000 // prints))) == said


def test_the_guard_wants_wilsons_lower_bound_at_one_half() -> None:
    """17 of 24 sells: 0.5369; 15 of 24 (above 60 %): 0.4558."""
    assert bool(_bursts(_guarded(24, 500, sold=17)))
    assert not _bursts(_guarded(24, 500, sold=15))


def test_wilson_and_n_eff_stand_in_the_details() -> None:
    (burst,) = _bursts(_guarded(24, 500, sold=17))
    details = burst.details
    share, n, z = burst.sell_ratio or 0.0, details["n_eff"], 1.6448536269514722
    centre, spread = share + z * z / (2 * n), z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    assert details["sell_share_low"] == pytest.approx((centre - spread) / (1 + z * z / n), abs=2e-4)
    assert details["window_seconds"] == 30
    assert wilson(0.7, 0) == (0.0, 1.0)


def test_the_robust_z_is_told_and_is_no_condition() -> None:
    tape = Tape()
    for second in range(331):
        tape.buy(second + 0.5, 100.0, 100 + second % 60)
    for number in range(24):
        tape.sell(360.0 + number / 1_000, 100.0, 800)
    core = make(GUARDED)
    (burst,) = _bursts(core.process(tape.events))
    usual = sorted(log1p(sum(100 + at % 60 for at in range(end - 29, end + 1))) for end in range(60, 331))
    middle = usual[len(usual) // 2]
    spread = sorted(abs(one - middle) for one in usual)[len(usual) // 2]
    assert burst.details["robust_z"] == pytest.approx(
        0.6745 * (log1p(burst.details["volume"]) - middle) / spread, abs=0.01
    )
    assert "robust_z" not in {row["figure"] for row in burst.details["why"]}
    (alike,) = _bursts(_guarded(24, 500))
    assert alike.details["robust_z"] is None
    (plain,) = _bursts(make().process(_quiet().sell(320.5, 100.0, 3_001).events))
    assert "robust_z" not in plain.details
    assert make(GUARDED).span.robust_z(NOON // NS) is None


def test_one_print_that_is_most_of_it_is_marked_and_never_leaves() -> None:
    outputs = _guarded(1, 90_000)
    (burst,) = _bursts(outputs)
    assert (burst.single_print, burst.severity, burst.exit_eligible, burst.counts) == (True, "warning", False, False)
    assert burst.text == "Heavy selling: 30.0x usual volume, but one print of 90,000 is most of it"
    assert not exits(outputs)


def test_one_print_is_news_where_the_session_has_seen_none_as_large() -> None:
    tape = Tape().steady(0, 100).buy(100.2, 100.0, 50_000).steady(101, 480)
    again = Tape().steady(0, 100).buy(100.2, 100.0, 49_999).steady(101, 480)
    for one in (tape, again):
        one.sell(480.0, 100.0, 49_999)
    assert not _bursts(make(GUARDED).process(tape.events))
    (burst,) = _bursts(make(GUARDED).process(again.events))
    assert burst.single_print


def test_a_single_print_that_becomes_a_real_burst_is_upgraded() -> None:
    tape = Tape().steady(0, 330).sell(360.0, 100.0, 10_000)
    for number in range(1, 60):
        tape.sell(360 + number / 100, 100.0, 1_000)
    outputs = make(GUARDED, held()).process(tape.events)
    (burst,) = _bursts(outputs)
    assert burst.single_print
    journaled = updates(outputs, journal=True)
    assert any(not alert.single_print and alert.exit_eligible for alert in journaled)
    assert len(exits(outputs)) == 1


def test_a_block_inside_a_burst_makes_it_no_reason_to_leave() -> None:
    tape = Tape().steady(0, 330)
    for number in range(25):
        tape.sell(360 + number / 100, 100.0, 400)
    tape.sell(361.0, 100.0, 90_000)
    outputs = make(GUARDED, held()).process(tape.events)
    (burst,) = _bursts(outputs)
    assert not burst.single_print
    assert not burst.exit_eligible
    assert not any(alert.exit_eligible for alert in updates(outputs))
    assert not exits(outputs)


def test_a_history_fills_the_windows_and_opens_nothing() -> None:
    core = make(position=held())
    tape = _quiet().sell(320.5, 100.0, 9_000).buy(350.5, 100.0, 1)
    late = core.process(tape.events, news_from_ns=tape.at(330))
    (burst,) = _bursts(late)
    assert burst.late
    assert not exits(late)
    news = Tape(tape.at(400)).sell(0, 100.0, 90_000)
    (fresh,) = _bursts(core.process(news.events[1:], news_from_ns=tape.at(330)))
    assert not fresh.late


def _run(rules: Rules) -> SymbolCore:
    core = make(rules)
    core.process(_quiet(last=330).events)
    return core


def test_other_thresholds_hold_from_the_next_print_on() -> None:
    core = _run(Rules())
    core.set_thresholds(Rules(volume_spike_threshold=9.0, red_burst_threshold=9.5, bucket_seconds=20))
    assert (core.span.seconds, core.terms.exit_ratio) == (20, 9.5)
    assert not _bursts(core.process(Tape(NOON + 340 * NS).sell(0, 100.0, 9_000).events[1:]))
    core.set_thresholds(GUARDED)
    assert core.span.seconds == 30


def test_a_living_burst_keeps_its_window() -> None:
    core = _run(Rules())
    core.process(Tape(NOON + 340 * NS).sell(0, 100.0, 9_000).events[1:])
    core.set_thresholds(GUARDED)
    assert core.span.seconds == 10


BID = 1_000_000


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


def quiet() -> Tape:
    return Tape().steady(0, 310)


def said(tape: Tape) -> list[Output]:
    return make().process(tape.events)


class TestOneLine:
    """A living burst is told again for a reason only."""

    def test_more_of_the_same_is_no_news(self) -> None:
        outputs = said(quiet().sell(320.1, 100.0, 3_500).sell(320.2, 100.0, 100).sell(320.3, 100.0, 400))
        (raised,) = alerts(outputs)
        assert raised.episode_id == f"TEST:red_burst:sell:100.00:{NOON + 320_100_000_000}"
        assert not updates(outputs)

    def test_what_doubles_a_minute_later_is_journaled_again(self) -> None:
        tape = quiet().sell(320.1, 100.0, 4_100).sell(320.2, 100.0, 4_100).sell(380.2, 100.0, 17_000)
        assert [alert.details["volume"] for alert in updates(said(tape), journal=True)] == [8_200, 17_000]

    def test_the_minute_runs_from_what_was_journaled(self) -> None:
        tape = quiet().sell(320.1, 100.0, 4_100).sell(320.2, 100.0, 4_100)
        tape.sell(360.0, 100.0, 17_000).sell(381.0, 100.0, 35_000)
        outputs = said(tape)
        assert [alert.details["volume"] for alert in updates(outputs, journal=True)] == [8_200, 35_000]
        assert [alert.details["volume"] for alert in updates(outputs, journal=False)] == [17_000]

    def test_what_was_one_print_and_is_no_longer_is_journaled_at_once(self) -> None:
        rules = Rules(profile="guarded", red_burst_threshold=1_000.0, large_order_size_threshold=10**6)
        tape = Tape().steady(0, 400).sell(400.6, 100.0, 10_000).sell(400.7, 100.0, 25_000)
        for part in range(100):
            tape.sell(401 + part / 200, 100.0, 1_000)
        outputs = make(rules).process(tape.events)
        assert [alert.single_print for alert in updates(outputs, journal=True)] == [True, False]

    def test_refuted_it_is_silent_for_two_seconds(self) -> None:
        core = make()
        core.process(quiet().events)
        burst_of(core).refute(NOON + 320 * NS)
        later = Tape().sell(321.9, 100.0, 5_000).sell(322, 100.0, 1).events[1:]
        assert not alerts(core.process(later[:1]))
        assert len(alerts(core.process(later[1:]))) == 1

    def test_doubt_and_the_way_of_the_price_stand_side_by_side_until_it_ends(self) -> None:
        core = make()
        tape = Tape().book(0, [(100.00, 100)], [(100.02, 100)]).steady(0, 310)
        tape.book(320.4, [(99.97, 100)], [(99.99, 100)]).sell(320.5, 99.97, 3_100)
        core.process(tape.events)
        burst_of(core).unsure = True
        (update,) = updates(core.process(Tape().sell(320.6, 99.97, 9_000).events[1:]))
        assert update.text.endswith("100% sold, so far -3c, sides unsure")
        assert (update.details["sides"], update.exit_eligible) == ("sides unsure", False)
        burst_of(core).end()
        assert not burst_of(core).unsure

    def test_for_a_short_position_the_way_of_the_price_is_the_real_markets(self) -> None:
        tape = Tape().book(0, [(100.00, 100)], [(100.02, 100)]).steady(0, 310, side=SELL)
        tape.book(320.4, [(100.03, 100)], [(100.05, 100)]).buy(320.5, 100.05, 3_100)
        (burst,) = alerts(make(position=held(-1_000)).process(tape.events), "red_burst")
        assert burst.text.endswith("100% bought, so far +3c")
