"""Reconstructed prints, blocks, recommendations, stops and figures through the whole machine of one symbol."""

from dataclasses import replace
from decimal import Decimal

import pytest

from orderflow_tui.core.model.data_models import Answer
from orderflow_tui.core.model.events import (
    AUCTION,
    OFF_EXCHANGE,
    PRICE,
    REGULAR,
    SELL,
    SIDE_GIVEN,
    VOLUME,
    Book,
    Clock,
    Gap,
    Halt,
)
from orderflow_tui.core.model.outputs import (
    AlertRaised,
    ExitAnswered,
    ExitResolved,
    ExitTriggered,
    Output,
    StatusChanged,
    StopRaised,
)
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules.rule import Profile
from tests.core.kit import NOON, Rules, Tape, alerts, exits, held, make

GUARDED = Rules(profile="guarded")
QUOTE = ([(100.00, 500)], [(100.02, 500)])


def _tape() -> Tape:
    return Tape().book(0, *QUOTE)


def test_sells_within_50_ms_at_adjoining_prices_are_one_print() -> None:
    tape = _tape()
    for number, price in enumerate((100.00, 99.99, 99.98)):
        tape.sell(1 + number * 0.02, price, 4_000)
    (seller,) = alerts(make(GUARDED).process([*tape.events, Clock(tape.at(2))]), "sell_print")
    assert seller.text.endswith(": 12,000 sold through the bids in 40 ms (3 prints)")
    assert (seller.order_size, seller.price_level, seller.severity) == (12_000, Decimal("100.00"), "critical")
    assert (seller.details["low"], seller.details["high"], seller.details["span_ms"]) == (99.98, 100.00, 40)


@pytest.mark.parametrize(
    "apart",
    [
        pytest.param([(1.0, 100.00), (1.0501, 100.00)], id="51 ms"),
        pytest.param([(1.0, 100.00), (1.01, 99.98)], id="two ticks"),
    ],
)
def test_what_lies_apart_is_not_one_print(apart: list[tuple[float, float]]) -> None:
    tape = _tape()
    for at, price in apart:
        tape.sell(at, price, 6_000)
    assert not alerts(make().process([*tape.events, Clock(tape.at(2))]), "sell_print")


def test_a_buy_between_does_not_part_the_sells() -> None:
    tape = _tape().sell(1.0, 100.00, 6_000).buy(1.01, 100.02, 100).sell(1.02, 100.00, 6_000)
    assert len(alerts(make().process([*tape.events, Clock(tape.at(2))]), "sell_print")) == 1


@pytest.mark.parametrize(("size", "price", "said"), [(10_000, 100.00, 0), (10_001, 100.00, 1), (10_001, 100.01, 0)])
def test_above_the_threshold_and_at_or_below_the_bid(size: int, price: float, said: int) -> None:
    tape = _tape().sell(1, price, size)
    assert len(alerts(make().process([*tape.events, Clock(tape.at(2))]), "sell_print")) == said


@pytest.mark.parametrize(("size", "rank"), [(14_999, 3), (15_000, 2)])
def test_from_one_and_a_half_times_the_print_ranks_higher(size: int, rank: int) -> None:
    tape = _tape().sell(1, 100.00, size)
    assert [a.rank for a in alerts(make().process([*tape.events, Clock(tape.at(2))]), "sell_print")] == [rank]


def test_each_reconstructed_print_is_an_episode() -> None:
    tape = _tape().sell(1, 100.00, 12_000).sell(2, 100.00, 12_000)
    found = alerts(make().process([*tape.events, Clock(tape.at(3))]), "sell_print")
    assert len({alert.episode_id for alert in found}) == 2


@pytest.mark.parametrize(("profile", "blocks"), [("guarded", ["block", "block", "block"]), ("plan", [])])
def test_an_off_exchange_print_is_a_block_whoever_started_it(profile: str, blocks: list[str]) -> None:
    rules = GUARDED if profile == "guarded" else Rules()
    tape = _tape()
    for at, side in enumerate((1, -1, 0), start=1):
        tape.trade(at, 100.00, 50_000, side, REGULAR | OFF_EXCHANGE)
    found = alerts(make(rules, held()).process([*tape.events, Clock(tape.at(9))]))
    assert [alert.evidence for alert in found] == blocks
    assert not any(alert.counts for alert in found)
    assert {(alert.rank, alert.severity) for alert in found} <= {(3, "warning")}


def test_three_large_sells_at_one_price_more_than_30_seconds_apart_are_an_exit() -> None:
    tape = _tape()
    for at in (1, 32, 63):
        tape.sell(at, 100.00, 12_000)
    core = make(GUARDED, held(1_000, "101.00"))
    outputs = core.process([*tape.events, Clock(tape.at(64))])
    assert len(alerts(outputs, "sell_print")) == 3
    (leave,) = exits(outputs)
    recommendation = leave.recommendation
    assert recommendation.reason == "3 large sellers in 62 s: 3 prints, 36,000 sh"
    assert (recommendation.prints, recommendation.shares, recommendation.quantity) == (3, 36_000, 1_000)
    assert (recommendation.bid, recommendation.pnl) == (Decimal("100.00"), Decimal("-1000.00"))
    assert recommendation.exit_cost == Decimal("5.0")
    assert len(recommendation.evidence) == len(recommendation.episode_ids) == 3
    assert recommendation.recommendation_id == f"TEST:exit:{leave.time_ns}"


def test_within_30_seconds_they_are_one_act_and_no_exit() -> None:
    tape = _tape()
    for at in (1, 12, 23):
        tape.sell(at, 100.00, 12_000)
    core = make(GUARDED, held())
    assert not exits(core.process([*tape.events, Clock(tape.at(64))]))
    assert core.holding.counted_signals.counted == 1


def test_three_bid_walls_are_the_plans_exit() -> None:
    core, tape = make(Rules(), held()), Tape()
    for number, price in enumerate((100.00, 99.90, 99.80)):
        tape.book(number * 20, [(price, 12_000)], [(100.20, 100)])
    (leave,) = exits(core.process(tape.events))
    assert leave.recommendation.reason == "3 large sellers in 40 s: 36,000 resting"


def test_a_watched_symbol_gets_alerts_and_never_a_recommendation() -> None:
    tape = _tape()
    for at in (1, 32, 63):
        tape.sell(at, 100.00, 12_000)
    outputs = make(GUARDED).process([*tape.events, Clock(tape.at(64))])
    assert len(alerts(outputs, "sell_print")) == 3
    assert len(outputs) == 3


def test_delayed_data_says_so_in_its_first_words() -> None:
    tape = _tape()
    for at in (1, 32, 63):
        tape.sell(at, 100.00, 12_000)
    core = make(GUARDED, held(stop="100.50"), delay_seconds=900)
    outputs = core.process([*tape.events, Clock(tape.at(64))])
    assert {o.recommendation.reason[:16] for o in exits(outputs) + exits(outputs, "stop")} == {"DELAYED 15 MIN: "}


def test_new_evidence_joins_what_is_open() -> None:
    tape = _tape()
    for at in (1, 32, 63, 94):
        tape.sell(at, 100.00, 12_000)
    core = make(GUARDED, held())
    outputs = core.process([*tape.events, Clock(tape.at(95))])
    assert len(exits(outputs)) == 1
    assert core.holding.flow.current is not None
    assert core.holding.flow.current.prints == 4


def _answered(kind: str, tape: Tape, **changes: int) -> tuple[list[str], object]:
    """Three large sellers, an answer at 64 s, then what the tape brings."""
    core = make(GUARDED, held(1_000, stop="95.00"))
    first = _tape()
    for at in (1, 32, 63):
        first.sell(at, 100.00, 12_000)
    (leave,) = exits(core.process([*first.events, Clock(first.at(64))]))
    answer = Answer(kind, **changes)  # type: ignore[arg-type]
    output = core.answer(first.at(64), leave.recommendation.recommendation_id, answer)
    assert isinstance(output, ExitAnswered)
    return [type(o).__name__ for o in core.process(tape.events[1:])], core


def test_a_hold_resolves_after_300_quiet_seconds() -> None:
    tape = Tape()
    tape.add(Clock(tape.at(363.9))).add(Clock(tape.at(364)))
    assert _answered("hold", tape)[0] == ["ExitResolved"]


def test_a_hold_comes_back_when_the_bid_is_two_spreads_lower() -> None:
    up, down = [(99.97, 100)], [(99.96, 100)]
    ask = [(99.98, 100)]
    assert _answered("hold", Tape().book(70, up, ask))[0] == ["ExitTriggered"]
    assert _answered("hold", Tape().book(70, [(99.99, 100)], [(100.00, 100)]))[0] == []
    assert _answered("hold", Tape().book(70, down, [(100.02, 100)]))[0] == []


def test_trimmed_gives_the_figures_for_what_is_left_at_once() -> None:
    _, core = _answered("trimmed", Tape(), shares=400)
    desk = core.holding  # type: ignore[attr-defined]
    assert desk.quantity == 600
    desk.set_position(held(1_000, stop="95.00"))
    assert desk.quantity == 600
    desk.set_position(held(600, stop="95.00"))
    assert (desk.quantity, desk.trimmed) == (600, 0)


def test_trimming_all_closes_it() -> None:
    tape = Tape()
    assert _answered("trimmed", tape.add(Clock(tape.at(66))), shares=2_000)[0] == ["ExitResolved"]


def test_exited_is_silent_until_the_quantity_changes_even_there_and_back() -> None:
    def sellers(start: float) -> Tape:
        tape = Tape()
        for at in (0, 32, 64):
            tape.sell(start + at, 100.00, 12_000)
        return tape.add(Clock(tape.at(start + 66)))

    names, core = _answered("exited", sellers(300))
    assert "ExitTriggered" not in names
    desk = core.holding  # type: ignore[attr-defined]
    desk.set_position(None)
    desk.set_position(held(1_000))
    outputs = core.process(sellers(600).events[1:])  # type: ignore[attr-defined]
    assert len(exits(outputs)) == 1


def test_an_answer_to_nothing_is_nothing() -> None:
    core = make(position=held())
    assert core.answer(NOON, "TEST:exit:1", Answer("hold")) is None


def test_a_closed_position_resolves_what_is_open() -> None:
    core = make(GUARDED, held())
    tape = _tape()
    for at in (1, 32, 63):
        tape.sell(at, 100.00, 12_000)
    core.process([*tape.events, Clock(tape.at(64))])
    core.holding.set_position(None)
    (over,) = core.process([Clock(tape.at(65))])
    assert isinstance(over, ExitResolved)
    assert over.reason == "position closed"


def test_the_stop_near_then_crossed_by_the_bid_for_a_second() -> None:
    core = make(position=held(1_000, "101.00", stop="100.00"))
    tape = Tape().book(0, [(100.50, 100)], [(100.51, 100)]).book(1, [(100.02, 100)], [(100.03, 100)])
    tape.book(2.25, [(99.99, 100)], [(100.01, 100)]).sell(2.3, 99.50, 100).add(Clock(tape.at(10)))
    outputs = core.process(tape.events)
    near, crossed, leave = outputs
    assert isinstance(near, StopRaised)
    assert (near.kind, near.time_ns, near.text) == ("stop_near", tape.at(1), "Near stop: bid 100.02, 2c above 100.00")
    assert isinstance(crossed, StopRaised)
    assert (crossed.kind, crossed.time_ns) == ("stop_crossed", tape.at(3.25))
    assert crossed.text == "STOP HIT: bid 99.99 through your 100.00"
    assert isinstance(leave, ExitTriggered)
    assert (leave.kind, leave.recommendation.recommendation_id) == ("stop", f"TEST:stop:{tape.at(3.25)}")


@pytest.mark.parametrize("profile", ["plan", "guarded"])
def test_the_stop_rings_in_both_profiles_and_whatever_the_flow_was_answered(profile: Profile) -> None:
    core = make(Rules(profile=profile), held(stop="99.90"))
    tape = Tape().book(0, [(100.00, 100)], [(100.02, 100)])
    for number in range(3):
        tape.book(1 + number, [(100.15 - number / 20, 12_000)], [(100.20, 100)])
        tape.sell(1.5 + number, 100.15 - number / 20, 12_000)
    (flow,) = exits(core.process([*tape.events, Clock(tape.at(5))]))
    core.answer(tape.at(5), flow.recommendation.recommendation_id, Answer("exited"))
    fall = Tape(tape.at(10)).book(0, [(99.80, 100)], [(99.82, 100)])
    outputs = core.process([*fall.events[1:], Clock(fall.at(1))])
    (stop,) = exits(outputs, "stop")
    assert stop.recommendation.reason == "STOP HIT: bid 99.80 through your 99.90"
    assert not exits(outputs)


def test_the_last_price_through_the_stop_is_nothing() -> None:
    core = make(position=held(1_000, "101.00", stop="100.00"))
    tape = Tape().book(0, [(100.50, 100)], [(100.51, 100)]).sell(1, 99.00, 100).add(Clock(NOON + 10 * NS))
    assert not core.process(tape.events)


def test_a_shorts_stop_is_crossed_by_the_ask() -> None:
    core = make(position=held(-1_000, "99.00", stop="101.00"))
    tape = Tape().book(0, [(100.98, 100)], [(100.99, 100)]).book(1, [(100.99, 100)], [(101.01, 100)])
    tape.add(Clock(tape.at(10)))
    texts = [output.text for output in core.process(tape.events) if isinstance(output, StopRaised)]
    assert texts == ["Near stop: ask 100.99, 1c below 101.00", "STOP HIT: ask 101.01 through your 101.00"]


def test_history_rings_no_stop_and_the_present_does() -> None:
    core = make(position=held(stop="100.00"))
    tape = Tape().book(0, [(99.00, 100)], [(99.01, 100)]).add(Clock(NOON + 9 * NS))
    assert not core.process(tape.events, news_from_ns=NOON + 60 * NS)
    outputs = core.process([Clock(NOON + 61 * NS), Clock(NOON + 63 * NS)], news_from_ns=NOON + 60 * NS)
    assert [o.kind for o in outputs if isinstance(o, StopRaised)] == ["stop_crossed"]


def test_another_stop_is_watched_anew_and_none_is_none() -> None:
    core = make(position=held(stop="100.00"))
    watch = core.holding.stop_watch
    core.holding.set_position(held(900, stop="100.00"))
    assert core.holding.stop_watch is watch
    core.holding.set_position(held(stop="99.00"))
    assert core.holding.stop_watch is not watch
    core.holding.set_position(held())
    assert core.holding.stop_watch is None


def test_an_auction_has_a_price_and_no_side() -> None:
    core = make()
    core.process(Tape().trade(0, 101.00, 500_000, None, VOLUME | PRICE | AUCTION).events)
    assert (core.market.last_price, core.tape.prints, core.window.volume) == (1_010_000, 1, 0)
    assert core.tape.rows[-1][1:4] == (1_010_000, 500_000, 0)


def test_prints_that_count_for_nothing_are_counted_as_such() -> None:
    core = make()
    core.process(Tape().trade(0, 101.00, 500, None, 0).events)
    assert (core.tape.prints, core.tape.uncounted_prints, core.market.last_price) == (0, 1, None)


def test_a_late_print_leaves_the_last_price_alone() -> None:
    core = make()
    core.process(Tape().buy(5, 100.00, 100).buy(4, 101.00, 100).buy(1, 102.00, 100).events)
    assert (core.market.last_price, core.tape.late_prints) == (1_000_000, 1)


def test_a_short_sees_the_real_tape() -> None:
    core = make(position=held(-100))
    core.process(Tape().book(0, *QUOTE).sell(1, 100.00, 300).events)
    assert core.tape.rows[-1][1:4] == (1_000_000, 300, SELL)
    assert core.market.bid == -1_000_200


def test_of_a_long_silence_only_the_last_hour_is_lived_through() -> None:
    core = make(GUARDED, held())
    tape = _tape().sell(1, 100.00, 12_000)
    outputs = core.process([*tape.events, Clock(tape.at(86_400))])
    assert len(alerts(outputs, "sell_print")) == 1
    assert core.timers.now_ns == tape.at(86_400)
    assert core.learning.session is not None
    assert core.learning.session.day.day == 23


def test_a_new_session_hands_on_what_the_last_one_taught() -> None:
    core = make(GUARDED, held())
    tape = _tape()
    for second in range(0, 400, 10):
        tape.book(second, [(100.00, 60_000)], [(100.02, 60_000)])
    core.process([*tape.events, Clock(tape.at(400)), Clock(tape.at(5 * 3_600))])
    (taught,) = core.learning.finished
    assert (taught.session, taught.resting) == ("regular", core.learning.taught["regular"].resting)
    assert taught.resting >= 60_000
    core.process([Clock(tape.at(24 * 3_600))])
    assert core.learning.session is not None
    assert core.learning.session.name == "regular"
    assert core.terms.resting_threshold == taught.resting


@pytest.mark.parametrize("price", [10.00, 50.00, 61.00, 200.00])
def test_another_price_in_the_morning_is_said_and_silences_nothing(price: float) -> None:
    """A crash to half looks like a split: where nobody knows, no size is doubled, and a large sell is told."""
    tape = _tape().buy(1, 100.00, 100)
    for second in range(2, 400, 2):
        tape.book(second, [(100.00, 60_000)], [(100.02, 60_000)])
    core = make(GUARDED, held())
    core.process([*tape.events, Clock(tape.at(5 * 3_600))])
    assert core.learning.taught["regular"].resting >= 60_000
    tape = Tape().book(86_399, [(price, 500)], [(price + 0.01, 500)]).trade(86_400, price, 100)
    said = core.process(tape.events)
    text = f"price {price:.2f}, 100.00 last session, no split known: sizes and ranges of earlier sessions are forgotten"
    assert [(one.kind, one.text) for one in said if isinstance(one, StatusChanged)] == [("new_price", text)]
    assert core.terms.resting_threshold == core.terms.print_threshold == core.terms.configured_threshold
    tape.sell(86_401, price, 12_000).add(Clock(tape.at(86_403)))
    assert len(alerts(core.process(tape.events[2:]), "sell_print")) == 1


@pytest.mark.parametrize(("shares", "cost", "price"), [(500, 20, 20.20), (150, "66.6667", 66.00), (20, 500, 490)])
@pytest.mark.parametrize("holdings_first", [True, False])
def test_a_split_of_the_holdings_is_one_of_what_was_learned(
    shares: int, cost: float | str, price: float, *, holdings_first: bool
) -> None:
    day = 24 * 3_600
    tape = _tape().buy(1, 100.00, 100)
    for second in range(2, 400, 2):
        tape.book(second, [(100.00, 60_000)], [(100.02, 60_000)])
    core = make(GUARDED, replace(held(100), average_cost=Decimal(100)))
    core.process([*tape.events, Clock(tape.at(5 * 3_600))])
    resting = core.learning.taught["regular"].resting
    assert resting >= 60_000
    split = replace(held(shares), average_cost=Decimal(cost))
    if holdings_first:
        core.set_position(split)
    tape = _tape().book(day - 1, [(price, 500)], [(price + 0.01, 500)]).trade(day, price, 100)
    said = core.process(tape.events[-2:])
    if not holdings_first:
        core.set_position(split)
        said += core.process(tape.trade(day + 1, price + 0.01, 100).events[-1:])
    kinds = [one.kind for one in said if isinstance(one, StatusChanged)]
    assert kinds[-1:] == ["split"]
    assert core.terms.resting_threshold == pytest.approx(resting * shares / 100, rel=0.01)
    core.set_position(split)
    assert not [
        one for one in core.process(tape.trade(day + 2, price, 100).events[-1:]) if isinstance(one, StatusChanged)
    ]


def test_thresholds_are_the_configured_ones_in_plan() -> None:
    core = make(Rules(large_order_size_threshold=5_000), size_scale=100)
    assert (core.terms.resting_threshold, core.terms.print_threshold, core.terms.configured_threshold) == (500_000,) * 3


def test_coverage_and_cost_are_sampled_each_second() -> None:
    core = make(GUARDED, held(250))
    tape = _tape().add(Clock(NOON + 30 * NS))
    core.process(tape.events)
    assert list(core.holding.coverage) == [2.0] * 30
    assert core.holding.costs[-1] == pytest.approx(2.5)


def test_a_wall_of_coins_is_told_in_coins() -> None:
    core = make(Rules(large_order_size_threshold=2), size_scale=100_000_000, sessions=False)
    tape = Tape().book(0, [(60_000, 250_000_000)], [(60_001, 1)])
    (wall,) = alerts(core.process(tape.events))
    assert wall.text == "Bid wall 2.5 @ 60000.00 (support)"
    assert core.learning.session is not None
    assert core.learning.session.name == "always"


def test_a_gap_alone_says_nothing() -> None:
    core = make()
    assert core.process([Gap(NOON, "start"), Halt(NOON + NS, halted=False)]) == []


def test_a_given_side_overrules_the_quote() -> None:
    tape = _tape().trade(1, 100.02, 12_000, SELL)
    assert not alerts(make().process([*tape.events, Clock(tape.at(2))]), "sell_print")
    event = tape.events[-1]
    assert event.flags & SIDE_GIVEN  # type: ignore[union-attr]
    core = make(Rules(), replace(held(), quantity=0))
    core.process(tape.events)
    assert core.window.sell == 12_000


def test_a_wall_standing_before_the_first_back_fill_is_one_alert() -> None:
    core = make(Rules(), held())
    book = Book(NOON, 1, ((1_000_000, 12_000),), ((1_000_100, 300),))
    out = core.process([book])
    out += core.process([Gap(NOON - 420 * NS, "start")])
    out += core.process([Book(NOON + second * NS, 1 + second, book.bids, book.asks) for second in range(1, 400)])
    walls = [one for one in out if isinstance(one, AlertRaised) and one.alert.evidence == "bid_wall"]
    assert len(walls) == 1


def test_each_thing_is_heard_as_soon_as_it_is_known_and_before_what_follows_from_it() -> None:
    core, heard, opened = make(Rules(), held()), list[Output](), list[bool]()

    def hear(output: Output) -> None:
        heard.append(output)
        opened.append(core.holding.flow.current is not None)

    books = [Book(NOON + n * NS, n, ((1_000_000 + 500 * n, 12_000),), ((1_000_300 + 500 * n, 300),)) for n in range(3)]
    assert core.process(books, hear=hear) == heard
    assert [type(one) for one in heard] == [AlertRaised, AlertRaised, AlertRaised, ExitTriggered]
    assert opened == [False, False, False, True]
