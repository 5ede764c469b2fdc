"""Alerts about polled prints wait for the quotes of their span."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from orderflow_tui.core.market.volume_window import VolumeWindow
from orderflow_tui.core.model.events import (
    AUCTION,
    BUY,
    LATE_REPORT,
    OFF_EXCHANGE,
    PRICE,
    REGULAR,
    SELL,
    SIDE,
    UNKNOWN,
    Book,
    Clock,
    Event,
    Print,
    SideCheckResult,
)
from orderflow_tui.core.model.outputs import AlertRaised, AlertUpdated, Output, SideCheckRequested
from orderflow_tui.core.model.units import NS, price_units
from orderflow_tui.core.rules.alert_writer import AlertWriter
from orderflow_tui.core.rules.red_burst import RED_BURST
from orderflow_tui.core.rules.sell_print import SELL_PRINT
from orderflow_tui.core.rules.side_check import SideCheck, Signed, doubted, sign_seconds, signed, sold_and_bought
from orderflow_tui.core.short_as_long import mirrored
from orderflow_tui.core.symbol import SymbolCore

from .kit import NOON, Rules, Tape, alerts, burst_of, exits, held, make, updates

POLLED = {"streaming": False, "joint_sequence": False, "side_check": "asked"}
BURST_FROM, BURST_TO = 340, 350


def _core(profile: Any = "guarded", **changes: Any) -> SymbolCore:
    return make(Rules(profile=profile), held(), **{**POLLED, **changes})


def _tape(*, at: float = 100.00, start: int = NOON) -> Tape:
    """Quiet buying at the offer, polled quotes each second, then ten seconds of heavy prints at one price."""
    tape = Tape(start)
    for second in range(BURST_TO + 1):
        tape.book(second, [(100.00, 500)], [(100.02, 500)])
        if second < BURST_FROM:
            tape.trade(second + 0.5, 100.02, 100)
        else:
            for part in range(10):
                tape.trade(second + 0.05 + part / 20, at, 100)
    return tape


def _asked(outputs: list[Output]) -> SideCheckRequested:
    (asked,) = (output for output in outputs if isinstance(output, SideCheckRequested))
    return asked


def _quotes(tape: Tape, bid: float, ask: float) -> tuple[Book, ...]:
    return (Book(tape.at(300), 1, ((price_units(bid), 0),), ((price_units(ask), 0),)),)


def _told(tape: Tape, asked: SideCheckRequested, bid: float, ask: float, **changes: object) -> SideCheckResult:
    """The answer of a feed that has delivered the tape up to the question."""
    prints = tuple(e for e in tape.events if isinstance(e, Print) and asked.from_ns <= e.time_ns <= asked.time_ns)
    return replace_told(SideCheckResult(asked.time_ns, asked.key, True, prints, _quotes(tape, bid, ask)), **changes)


def replace_told(told: SideCheckResult, **changes: object) -> SideCheckResult:
    fields = {name: getattr(told, name) for name in told.__struct_fields__} | changes
    return SideCheckResult(**fields)


def _until_asked(core: SymbolCore, tape: Tape) -> tuple[SideCheckRequested, list[Event]]:
    """Feed the tape to the question; what is left of it."""
    for index, event in enumerate(tape.events):
        said = core.process([event])
        assert not alerts(said, "red_burst")
        if any(isinstance(output, SideCheckRequested) for output in said):
            return _asked(said), tape.events[index + 1 :]
    raise AssertionError("nothing was asked")


@pytest.mark.parametrize("profile", ["plan", "guarded"])
def test_a_burst_is_told_when_the_quotes_bear_it_out(profile: str) -> None:
    core, tape = _core(profile), _tape()
    asked, _ = _until_asked(core, tape)
    seconds = core.span.seconds
    second = asked.time_ns // NS
    assert asked.from_ns == (second - seconds + 1) * NS
    said = core.process([_told(tape, asked, 100.00, 100.02)])
    (burst,) = alerts(said, "red_burst")
    assert burst.details["sides"] == "by quotes"
    assert not [output for output in said if isinstance(output, SideCheckRequested)]
    assert "unsure" not in burst.text


def test_a_confirmed_burst_above_its_exit_ratio_recommends_leaving() -> None:
    core, tape = _core("plan"), _tape()
    asked, rest = _until_asked(core, tape)
    # While the question is open the burst grows beyond the exit ratio; that is told with the answer.
    grown = core.process(rest)
    assert not grown or all(isinstance(output, SideCheckRequested) for output in grown)
    said = core.process([_told(tape, replace(asked, time_ns=tape.at(BURST_TO + 1)), 100.00, 100.02)])
    (burst,) = alerts(said, "red_burst")
    (update,) = updates(said, journal=True)
    assert (burst.exit_eligible, update.exit_eligible) == (False, True)
    assert burst.details["sides"] == update.details["sides"] == "by quotes"
    assert exits(said)


def _more(tape: Tape, second: int) -> list[Event]:
    more = Tape(tape.start)
    more.book(second, [(100.00, 500)], [(100.02, 500)])
    for part in range(30):
        more.trade(second + 0.05 + part / 40, 100.00, 100)
    return more.events[1:]


def test_what_the_quotes_refute_is_never_told_and_does_not_come_back_at_once() -> None:
    core, tape = _core(), _tape()
    asked, rest = _until_asked(core, tape)
    # The bid had fallen to 99.98 by then: at 100.00 buyers paid the offer.
    said = core.process([_told(tape, asked, 99.98, 100.00)])
    assert said == []
    assert burst_of(core).open_alert is None
    assert burst_of(core).quiet_until_ns == asked.time_ns + 2 * NS
    sold = core.window.sell_through(asked.time_ns // NS) - core.window.sell_through(asked.from_ns // NS - 1)
    assert sold == 0
    again = core.process([event for event in rest if event.time_ns < asked.time_ns + 2 * NS])
    assert not [output for output in again if isinstance(output, SideCheckRequested | AlertRaised)]


def test_without_an_answer_it_is_told_unsure_and_recommends_nothing() -> None:
    core, tape = _core("plan"), _tape()
    asked, rest = _until_asked(core, tape)
    said = core.process([SideCheckResult(asked.time_ns, asked.key, answered=False)])
    (burst,) = alerts(said, "red_burst")
    assert burst.text.endswith(", sides unsure")
    assert (burst.exit_eligible, burst.rank, burst.details["sides"]) == (False, 3, "sides unsure")
    later = core.process([*rest, *_more(tape, 351)])
    assert not exits(later)
    assert not any(update.exit_eligible for update in updates(later))
    # The same question told unanswered again changes nothing.
    assert core.process([SideCheckResult(asked.time_ns, asked.key, answered=False)]) == []


def test_a_late_answer_confirms_what_was_told_unsure() -> None:
    core, tape = _core("plan"), _tape()
    asked, _ = _until_asked(core, tape)
    core.process([SideCheckResult(asked.time_ns, asked.key, answered=False)])
    said = core.process([_told(tape, asked, 100.00, 100.02)])
    (update,) = (output for output in said if isinstance(output, AlertUpdated))
    assert update.journal
    assert update.alert.details["sides"] == "by quotes"
    assert not burst_of(core).unsure
    assert "unsure" not in update.alert.text


def test_a_late_answer_refutes_what_was_told_unsure() -> None:
    core, tape = _core("plan"), _tape()
    asked, _ = _until_asked(core, tape)
    core.process([SideCheckResult(asked.time_ns, asked.key, answered=False)])
    said = core.process([_told(tape, asked, 99.98, 100.00)])
    (update,) = updates(said, journal=True)
    assert update.text.endswith(", refuted by quotes")
    assert burst_of(core).open_alert is None


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"quotes": ()}, id="no quotes"),
        pytest.param({"prints": ()}, id="the prints are not those that were counted"),
    ],
)
def test_an_answer_that_says_nothing_is_no_answer(changes: dict[str, object]) -> None:
    core, tape = _core(), _tape()
    asked, _ = _until_asked(core, tape)
    (burst,) = alerts(core.process([_told(tape, asked, 100.00, 100.02, **changes)]), "red_burst")
    assert burst.details["sides"] == "sides unsure"


def test_an_answer_nobody_waits_for_changes_nothing() -> None:
    core, tape = _core(), _tape()
    asked, _ = _until_asked(core, tape)
    told = _told(tape, asked, 100.00, 100.02)
    assert alerts(core.process([told]))
    assert core.process([told]) == []
    assert core.process([replace_told(told, key=7)]) == []


def test_a_large_sell_waits_too() -> None:
    for bid, ask, expected in ((100.00, 100.02, 1), (99.98, 100.00, 0)):
        core, tape = _core(), Tape().book(300, [(100.00, 500)], [(100.02, 500)])
        for part in range(3):
            tape.trade(301 + part / 100, 100.00, 4_000)
        tape.add(Clock(tape.at(302)))
        said = core.process(tape.events)
        assert not alerts(said)
        asked = _asked(said)
        assert asked.from_ns == tape.at(301)
        found = alerts(core.process([_told(tape, asked, bid, ask)]), "sell_print")
        assert len(found) == expected
        assert all(alert.counts and alert.details["sides"] == "by quotes" for alert in found)


def test_an_unsure_large_sell_does_not_count_until_a_late_answer_proves_it() -> None:
    core, tape = _core(), Tape().book(300, [(100.00, 500)], [(100.02, 500)])
    tape.trade(301, 100.00, 12_000).add(Clock(tape.at(302)))
    asked = _asked(core.process(tape.events))
    (seller,) = alerts(core.process([SideCheckResult(asked.time_ns, asked.key, answered=False)]))
    assert (seller.counts, seller.text.endswith(", sides unsure")) == (False, True)
    said = core.process([_told(tape, asked, 100.00, 100.02)])
    (update,) = updates(said, journal=True)
    assert update.details["sides"] == "by quotes"
    assert core.holding.counted_signals.counted == 1


def test_three_sells_told_unsure_and_proven_later_recommend_leaving_once() -> None:
    core, tape = _core(), Tape().book(300, [(100.00, 500)], [(100.02, 500)])
    said: list[Output] = []
    for number in range(3):
        tape.book(301 + 31 * number, [(100.00, 500)], [(100.02, 500)])
        tape.trade(302 + 31 * number, 100.00, 25_000).add(Clock(tape.at(303 + 31 * number)))
    asked = [output for output in core.process(tape.events) if isinstance(output, SideCheckRequested)]
    for one in asked:
        assert alerts(core.process([SideCheckResult(one.time_ns, one.key, answered=False)]), "sell_print")
    for one in asked:
        said += core.process([_told(tape, one, 100.00, 100.02)])
    assert len(exits(said)) == 1


def test_a_sell_below_the_bid_is_told_by_the_last_price_before_it_and_without_one_refuted_by_nothing() -> None:
    for before, expected in (((100.02, 100.00), "by quotes"), ((99.95, 99.90), "sides unsure"), ((), "sides unsure")):
        core, tape = _core(), Tape().book(300, [(100.00, 500)], [(100.02, 500)])
        tape.trade(300.5, 100.01, 100).trade(301, 99.98, 12_000).add(Clock(tape.at(302)))
        asked = _asked(core.process(tape.events))
        told = _told(tape, asked, 100.00, 100.02)
        earlier = tuple(Print(tape.at(300.1) + at, 0, price_units(price), 100) for at, price in enumerate(before))
        (seller,) = alerts(core.process([replace_told(told, prints=earlier + told.prints)]), "sell_print")
        assert (seller.details["sides"], seller.counts) == (expected, expected == "by quotes")


@pytest.mark.parametrize(
    ("bid", "ask"), [(99.96, 100.04), (99.995, 100.05), (100.0001, 0)], ids=["middle", "inside", "below, no tick"]
)
def test_what_is_no_proven_purchase_leaves_a_large_sell_unsure(bid: float, ask: float) -> None:
    core, tape = _core(), Tape().book(300, [(100.00, 500)], [(100.02, 500)])
    tape.trade(301, 100.00, 12_000).add(Clock(tape.at(302)))
    asked = _asked(core.process(tape.events))
    (seller,) = alerts(core.process([_told(tape, asked, bid, ask)]), "sell_print")
    assert seller.text.endswith(", sides unsure")
    assert not seller.counts


def test_of_a_large_sell_only_what_was_surely_bought_is_taken_off() -> None:
    for bought, expected in ((1_999, "sides unsure"), (2_000, None)):
        core, tape = _core(), Tape().book(300, [(100.00, 500)], [(100.02, 500)])
        tape.trade(301, 100.00, bought).trade(301.01, 100.00, 12_000 - bought).add(Clock(tape.at(302)))
        asked = _asked(core.process(tape.events))
        told = _told(tape, asked, 99.98, 100.00)
        found = alerts(core.process([replace_told(told, prints=told.prints[:1])]), "sell_print")
        assert [alert.details["sides"] for alert in found] == ([expected] if expected else [])


def test_quotes_that_do_not_cover_the_print_are_no_answer() -> None:
    core, tape = _core(), Tape().book(300, [(100.00, 500)], [(100.02, 500)])
    tape.trade(301, 100.00, 12_000).add(Clock(tape.at(302)))
    asked = _asked(core.process(tape.events))
    later = Book(tape.at(301.01), 1, ((price_units(99.98), 0),), ((price_units(100.00), 0),))
    (seller,) = alerts(core.process([_told(tape, asked, 0, 0, quotes=(later,))]), "sell_print")
    assert seller.text.endswith(", sides unsure")


def test_a_burst_whose_sides_stay_unknown_is_told_unsure_and_not_refuted() -> None:
    core, tape = _core(), _tape()
    asked, _ = _until_asked(core, tape)
    # In the middle of the quotes the tick test decides, and these prints have never changed their price.
    told = _told(tape, asked, 99.96, 100.04)
    level = tuple(one for one in told.prints if one.price == price_units(100.00))
    (burst,) = alerts(core.process([replace_told(told, prints=level)]), "red_burst")
    assert burst.details["sides"] == "sides unsure"
    assert not burst.exit_eligible
    assert burst_of(core).open_alert is not None


def test_off_exchange_prints_take_nothing_from_the_bid() -> None:
    core, tape = _core(), Tape().book(300, [(100.00, 500)], [(100.02, 500)])
    tape.trade(301, 100.00, 12_000).add(Clock(tape.at(302)))
    asked = _asked(core.process(tape.events))
    told = _told(tape, asked, 100.00, 100.02)
    hidden = tuple(Print(one.time_ns, one.seq, one.price, one.size, REGULAR | OFF_EXCHANGE) for one in told.prints)
    (seller,) = alerts(core.process([replace_told(told, prints=hidden)]))
    assert not seller.counts


def test_for_a_short_position_the_quotes_are_mirrored() -> None:
    core, tape = make(Rules(profile="guarded"), held(-1_000), **POLLED), _tape(at=100.02)
    for event in tape.events:
        if isinstance(event, Print) and event.time_ns < tape.at(BURST_FROM):
            event.price = price_units(100.00)
    asked, _ = _until_asked(core, tape)
    (burst,) = alerts(core.process([_told(tape, asked, 100.00, 100.02)]), "red_burst")
    assert burst.against == "short"
    told = _told(tape, asked, 100.00, 100.02)
    assert mirrored(mirrored(told)) == told


STREAMED: dict[str, Any] = {"streaming": True, "joint_sequence": False, "side_check": "asked"}


@pytest.mark.parametrize("polled", [True, False], ids=["polled", "streamed"])
@pytest.mark.parametrize("before", [None, 99.99, 100.01], ids=["no tick", "up tick", "down tick"])
def test_a_large_print_before_any_quote_is_asked_about_whatever_the_tick_test_says(
    before: float | None, polled: bool
) -> None:
    core = _core(**({} if polled else STREAMED))
    tape = Tape()
    if before is not None:
        tape.trade(300, before, 100)
    tape.trade(301, 100.00, 12_000).add(Clock(tape.at(302)))
    said = core.process(tape.events)
    assert not alerts(said)
    asked = _asked(said)
    confirmed = _told(tape, asked, 100.00, 100.02)
    (seller,) = alerts(core.process([confirmed]), "sell_print")
    assert (seller.counts, seller.details["sides"]) == (True, "by quotes")


@pytest.mark.parametrize("changes", [POLLED, STREAMED, {**STREAMED, "side_check": "refused"}])
def test_where_nobody_can_tell_a_large_print_without_a_quote_is_unsure_and_not_unheard(
    changes: dict[str, Any],
) -> None:
    core, tape = _core(**changes), Tape().trade(301, 100.00, 12_000)
    said = core.process([*tape.events, Clock(tape.at(302))])
    if changes["side_check"] == "asked":
        asked = _asked(said)
        said = core.process([SideCheckResult(asked.time_ns, asked.key, answered=False)])
    (seller,) = alerts(said, "sell_print")
    assert (seller.counts, seller.details["sides"]) == (False, "sides unsure")


def test_a_purchase_before_any_quote_is_refuted_when_the_quotes_are_told() -> None:
    core, tape = _core(**STREAMED), Tape().trade(301, 100.02, 12_000)
    asked = _asked(core.process([*tape.events, Clock(tape.at(302))]))
    assert core.process([_told(tape, asked, 100.00, 100.02)]) == []


def test_a_quote_of_the_same_instant_proves_nothing_and_the_print_is_asked_about() -> None:
    core, tape = _core(**STREAMED), Tape()
    tape.book(301, [(99.98, 500)], [(100.00, 500)]).trade(301, 100.00, 12_000)
    asked = _asked(core.process([*tape.events, Clock(tape.at(302))]))
    assert alerts(core.process([_told(tape, asked, 100.00, 100.02)]), "sell_print")


def test_a_streamed_large_sell_is_told_at_once_and_says_by_what() -> None:
    core, tape = _core(**STREAMED), Tape().book(300, [(100.00, 500)], [(100.02, 500)])
    tape.trade(301, 100.00, 12_000).add(Clock(tape.at(302)))
    (seller,) = alerts(core.process(tape.events), "sell_print")
    assert (seller.counts, seller.details["sides"]) == (True, "by quotes")


def test_without_quotes_in_the_plan_a_sell_by_the_tick_test_is_told_and_a_purchase_is_not() -> None:
    for before, expected in ((100.01, ["sides by tick test"]), (99.99, [])):
        core = _core(**{**POLLED, "quotes": False})
        tape = Tape().trade(300, before, 100).trade(301, 100.00, 12_000)
        said = core.process([*tape.events, Clock(tape.at(302))])
        assert [alert.details["sides"] for alert in alerts(said, "sell_print")] == expected


def test_a_polled_quote_proves_prints_from_its_own_time_on() -> None:
    core, tape = _core(), Tape()
    tape.trade(301, 100.00, 12_000)
    quote = Book(tape.at(303), 1, ((price_units(100.00), 5),), ((price_units(100.02), 5),), tape.at(-7_200))
    said = core.process([quote, *tape.events, Clock(tape.at(304))])
    assert _asked(said)
    row = core.tape.rows[-1]
    assert row[3] == SELL
    assert core.classifier.quote is not None
    assert core.classifier.quote[0] == tape.at(-7_200)


def test_history_is_told_at_once() -> None:
    core, tape = _core(), _tape()
    said = core.process(tape.events, news_from_ns=tape.at(400))
    (burst,) = alerts(said, "red_burst")
    assert burst.late
    assert not [output for output in said if isinstance(output, SideCheckRequested)]


def test_streams_and_given_sides_ask_nothing() -> None:
    for changes in ({"streaming": True}, {"sides_given": True}, {"side_check": "none"}):
        core = _core(**changes)
        assert not core.terms.capabilities.asks_sides
        assert burst_of(core).doubt == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"side_check": "refused"}, "sides unsure"), ({"quotes": False}, "sides by tick test")],
)
def test_where_no_quotes_can_be_had_it_is_told_at_once_with_the_doubt(changes: dict[str, object], words: str) -> None:
    core, tape = _core("plan", **changes), _tape()
    said = core.process([*tape.events, *_more(tape, 351)])
    (burst,) = alerts(said, "red_burst")
    assert burst.text.endswith(f", {words}")
    assert burst.details["sides"] == words
    assert not exits(said)
    large = Tape().book(300, [(100.00, 500)], [(100.02, 500)]).trade(301, 100.00, 12_000)
    (seller,) = alerts(_core("plan", **changes).process([*large.events, Clock(large.at(302))]), "sell_print")
    assert seller.text.endswith(f", {words}")


def test_of_many_questions_no_alert_that_was_not_told_is_given_up() -> None:
    core, tape = _core(), Tape().book(300, [(100.00, 500)], [(100.02, 500)])
    for number in range(12):
        tape.book(301 + number, [(100.00, 500)], [(100.02, 500)])
        tape.trade(301.5 + number, 100.00, 12_000)
    said = core.process([*tape.events, Clock(tape.at(320))])
    asked = [output for output in said if isinstance(output, SideCheckRequested)]
    assert len({one.key for one in asked}) == 12
    assert alerts(core.process([_told(tape, asked[0], 100.00, 100.02)]), "sell_print")
    for one in asked[1:]:
        assert alerts(core.process([SideCheckResult(one.time_ns, one.key, answered=False)]), "sell_print")
    # The next question makes room: of those told unsure the oldest are no longer waited for.
    tape.events.clear()
    tape.book(330, [(100.00, 500)], [(100.02, 500)]).trade(331, 100.00, 12_000).add(Clock(tape.at(332)))
    assert _asked(core.process(tape.events))
    assert core.process([_told(tape, asked[1], 100.00, 100.02)]) == []


def test_a_quote_newer_than_its_print_does_not_sign_it() -> None:
    core, tape = _core(), Tape().book(300, [(100.00, 500)], [(100.02, 500)])
    tape.trade(301, 100.00, 12_000).add(Clock(tape.at(302)))
    asked = _asked(core.process(tape.events))
    before = Book(tape.at(300.9), 1, ((price_units(99.98), 0),), ((price_units(100.00), 0),))
    after = Book(tape.at(301), 2, ((price_units(100.00), 0),), ((price_units(100.02), 0),))
    assert core.process([_told(tape, asked, 0, 0, quotes=(before, after))]) == []


SPAN = 50_000_000
SEEN = 1_761_000_000


def _one(second: int, size: int, side: int, flags: int = REGULAR) -> Signed:
    return Print((SEEN + second) * NS + NS - 1, 1, 1_000_000, size, flags), side, 1_000_000, side == BUY


def _seen(*prints: tuple[int, int]) -> VolumeWindow:
    """Prints that buyers seemed to have started."""
    window = VolumeWindow()
    for second, size in prints:
        window.add(SEEN + second, size, BUY)
    return window


def test_a_second_whose_prints_are_all_there_is_signed_anew_and_no_other() -> None:
    window = _seen((0, 10), (1, 5), (2, 10), (2, 20), (2, 30), (3, 40))
    told = [_one(0, 10, SELL), _one(1, 4, SELL), _one(2, 10, SELL), _one(2, 20, UNKNOWN), _one(2, 30, BUY)]
    told += [_one(2, 9, SELL, flag) for flag in (PRICE | SIDE, REGULAR | AUCTION, REGULAR | LATE_REPORT)]
    assert sign_seconds(window, told, SEEN)
    assert [window.of_second(SEEN + second) for second in range(4)] == [
        (10, 10, 0, 1), (5, 0, 5, 1), (60, 10, 30, 3), (40, 0, 40, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(("agreeing", "most"), [(60, False), (61, True)])
def test_most_is_more_than_half_of_the_volume_from_the_first_second_on(agreeing: int, most: bool) -> None:
    window = _seen((-1, 1_000), (0, agreeing), (1, 60))
    assert sign_seconds(window, [_one(-1, 1_000, SELL), _one(0, agreeing, SELL)], SEEN) is most
    assert window.of_second(SEEN - 1)[1] == 0


@pytest.mark.parametrize("turn", [1, -1])
def test_sold_at_the_bid_is_what_sellers_took_there_on_exchanges_in_its_span_and_prices(turn: int) -> None:
    def sold(*, at: int = 0, price: int = 0, bid: int | None = 0, side: int = SELL, flags: int = REGULAR) -> int:
        middle = turn * 1_000_000
        event = Print(NOON + at, 1, middle + price, 7, flags)
        one = (event, side, 0 if bid is None else middle + bid, False)
        bought = sold_and_bought([(*one[:3], True)], NOON, middle - 100, middle + 100)
        found, none = sold_and_bought([one], NOON, middle - 100, middle + 100)
        assert none == bought[0] == 0
        assert bought[1] or not found
        return found

    assert [sold(at=at) for at in (-1, 0, SPAN, SPAN + 1)] == [0, 7, 7, 0]
    assert [sold(price=price, bid=500) for price in (-101, -100, 100, 101)] == [0, 7, 7, 0]
    assert [sold(price=price) for price in (-1, 0, 1)] == [7, 7, 0]
    assert [sold(bid=None), sold(side=BUY), sold(side=UNKNOWN)] == [0, 0, 0]
    assert [sold(flags=REGULAR | flag) for flag in (OFF_EXCHANGE, AUCTION, LATE_REPORT)] == [0, 0, 0]


def test_each_print_has_the_bid_of_the_quote_before_it_and_is_left_out_where_there_is_none() -> None:
    early, event = Print(NOON - 3 * NS, 1, 1_000_000, 100), Print(NOON + 1, 2, 1_000_000, 100)
    quote = Book(NOON, 1, ((1_000_000, 0),), ((1_000_200, 0),))
    assert signed(SideCheckResult(NOON, 1, True, (early, event), (quote,))) == [(event, SELL, 1_000_000, False)]


@pytest.mark.parametrize(
    ("price", "bid", "ask", "bought"),
    [
        (1_000_200, 1_000_000, 1_000_200, True),
        (1_000_300, 1_000_000, 1_000_200, True),
        (1_000_140, 1_000_000, 1_000_200, True),
        (1_000_139, 1_000_000, 1_000_200, False),
        (1_000_000, 1_000_000, 1_000_200, False),
        (999_900, 1_000_000, 1_000_200, False),
        (1_000_200, 0, 1_000_200, True),
        (1_000_199, 0, 1_000_200, False),
        (1_000_200, 1_000_200, 0, False),
        (1_000_200, 1_000_200, 1_000_200, False),
    ],
)
def test_only_the_quote_proves_a_purchase(price: int, bid: int, ask: int, bought: bool) -> None:
    quote = Book(NOON, 1, ((bid, 0),) if bid else (), ((ask, 0),) if ask else ())
    event = Print(NOON + 1, 2, price, 100)
    assert [one[3] for one in signed(SideCheckResult(NOON, 1, True, (event,), (quote,)))] == [bought]


BURST = burst_of(make())
"""A rule whose alerts may wait."""


def _raised(evidence: str = "sell_print", opened_ns: int = NOON) -> AlertRaised:
    rule = {"red_burst": RED_BURST, "sell_print": SELL_PRINT}[evidence]
    alert = AlertWriter("TEST", "guarded").alert(
        rule, time_ns=NOON, price=1_000_000, opened_ns=opened_ns, severity="critical", rank=1, text="large",
        exit_eligible=True, details={"threshold": 3},
    )  # fmt: skip
    return AlertRaised(alert, NOON, 1_000_000, 1_000_000)


def test_questions_of_one_instant_have_keys_of_their_own() -> None:
    checks = SideCheck()
    asked = [checks.hold("TEST", BURST, _raised(), NOON - back, NOON - back + SPAN) for back in (5, 7)]
    assert asked == [
        SideCheckRequested("TEST", NOON, NOON, NOON - 5, NOON - 5 + SPAN),
        SideCheckRequested("TEST", NOON, NOON + 1, NOON - 7, NOON - 7 + SPAN),
    ]


def test_what_was_told_unsure_may_be_answered_and_not_left_open_again() -> None:
    checks = SideCheck()
    asked = checks.hold("TEST", BURST, _raised(), NOON, 0)
    unanswered, answered = (SideCheckResult(NOON, asked.key, answered) for answered in (False, True))
    assert checks.of(SideCheckResult(NOON, 7, True)) is None
    held_back = checks.of(unanswered)
    assert held_back is not None
    held_back.told = True
    assert checks.of(unanswered) is None
    assert checks.of(answered) is held_back


def test_news_is_kept_back_with_its_own_alert_until_that_is_told() -> None:
    checks = SideCheck()
    asked = checks.hold("TEST", BURST, _raised(), NOON, 0)
    news, other = (AlertUpdated(_raised(opened_ns=at).alert, NOON, journal=True) for at in (NOON, NOON + 1))
    assert checks.grown(news)
    assert not checks.grown(other)
    held_back = checks.of(SideCheckResult(NOON, asked.key, True))
    assert held_back is not None
    assert held_back.grown is news
    held_back.told = True
    assert not checks.grown(news)


@pytest.mark.parametrize(("evidence", "counts"), [("red_burst", True), ("sell_print", False)])
def test_what_is_doubted_recommends_nothing_and_only_a_burst_still_counts(evidence: str, counts: bool) -> None:
    before = _raised(evidence).alert
    after = doubted(before, "sides unsure")
    assert (before.counts, before.exit_eligible, before.rank) == (True, True, 1)
    assert (after.counts, after.exit_eligible, after.rank, after.text) == (counts, False, 3, "large, sides unsure")
    assert after.details == {"threshold": 3, "sides": "sides unsure"}
